//! The same money kept a second time, as one would on paper: what was accepted, added up by plain arithmetic. Accounts are
//! used as names only; no balance, posting or plan of the ledger's is used here.

use super::hall::instalments;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::HouseholdId;
use jorei_domain::ledger::{Account, AccountKind, Instalment};
use jorei_service::refunds::{Appropriation, Payout};
use std::collections::BTreeMap;

/// An instalment of a household.
pub(super) type Of = (i64, Instalment);

/// What is owed for an instalment. Whole yen.
#[derive(Clone, Debug, Default)]
pub(super) struct Owed {
    /// What it was assessed at last; none before the first time.
    pub(super) levied: Option<i64>,
    pub(super) open: i64,
    pub(super) given_up: i64,
    pub(super) charge: i64,
    pub(super) charge_levied: i64,
    pub(super) charge_given_up: i64,
    pub(super) fee: i64,
    pub(super) fee_levied: i64,
    pub(super) fee_given_up: i64,
    /// What of its payments became overpayments by lowering it, and was not taken back with a receipt.
    lowered: i64,
    /// Overpayments so far.
    serial: u16,
}

/// An overpayment from where it arose to its end. Whole yen.
#[derive(Clone, Debug)]
pub(super) struct Overpaid {
    pub(super) arose_on: Date,
    by_reduction: bool,
    pub(super) arisen: i64,
    pub(super) taken_back: i64,
    pub(super) appropriated: i64,
    pub(super) refunded: i64,
    pub(super) lapsed: i64,
}

impl Overpaid {
    pub(super) fn rest(&self) -> i64 {
        self.arisen - self.taken_back - self.appropriated - self.refunded - self.lapsed
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    Announced,
    Final,
    Revoked,
    Reversed,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Used {
    Principal(i64, Instalment),
    Charge(i64, Instalment),
    Fee(i64, Instalment),
    Overpaid(i64, i64),
}

impl Used {
    fn household(self) -> i64 {
        match self {
            Used::Principal(household, _) | Used::Charge(household, _) | Used::Fee(household, _) | Used::Overpaid(household, _) => {
                household
            }
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) channel: u8,
    pub(super) reference: String,
    /// What its slip says; none of a slip that nobody can read.
    pub(super) slip: Option<Of>,
    pub(super) paid_on: Date,
    pub(super) yen: i64,
    pub(super) stage: Stage,
    /// A clerk must look at it.
    pub(super) waits: bool,
    uses: Vec<(Used, i64)>,
}

impl Receipt {
    fn unmatched(&self) -> i64 {
        if self.stage == Stage::Final { self.yen - self.uses.iter().map(|(_, yen)| yen).sum::<i64>() } else { 0 }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) household: i64,
    /// What of which overpayment.
    pub(super) principal: BTreeMap<i64, i64>,
    pub(super) interest: i64,
    pub(super) decided_on: Date,
    /// What is payable under it.
    pub(super) open: i64,
    /// Lines in bank files so far.
    pub(super) lines: u32,
    /// Yen of the line that is out.
    pub(super) sent: Option<i64>,
    /// Yen of the line that was paid and not given back.
    pub(super) paid: Option<i64>,
    pub(super) withdrawn: bool,
}

impl Order {
    pub(super) fn whole(&self) -> i64 {
        self.principal.values().sum::<i64>() + self.interest
    }
}

/// What stands on an account: debits less credits, and what is pending on either side.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Stand {
    pub(super) debit: i64,
    pub(super) debits_pending: i64,
    pub(super) credits_pending: i64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) owed: BTreeMap<Of, Owed>,
    pub(super) overpaid: BTreeMap<(i64, i64), Overpaid>,
    /// By number, from 1.
    pub(super) receipts: BTreeMap<i64, Receipt>,
    pub(super) orders: BTreeMap<i64, Order>,
    /// By channel and day of payment.
    pub(super) collected: BTreeMap<(u8, Date), i64>,
    pub(super) bank: i64,
    reclaim: BTreeMap<(i64, i64), i64>,
    interest: BTreeMap<i32, i64>,
    lapsed: BTreeMap<i32, i64>,
}

impl Books {
    /// A decision says what each instalment comes to.
    pub(super) fn bill(&mut self, household: i64, billed: &[(Instalment, i64)], on: Date) {
        for (instalment, yen) in billed {
            let owed = self.owed.entry((household, *instalment)).or_default();
            let more = yen - owed.levied.unwrap_or(0);
            if more != 0 {
                owed.levied = Some(*yen);
            }
            if more > 0 {
                owed.open += more;
                continue;
            }
            let open = owed.open.min(-more);
            let given_up = owed.given_up.min(-more - open);
            owed.open -= open;
            owed.given_up -= given_up;
            let paid = -more - open - given_up;
            if paid > 0 {
                owed.lowered += paid;
                self.arise((household, *instalment), paid, on, true);
            }
        }
    }

    fn arise(&mut self, of: Of, yen: i64, arose_on: Date, by_reduction: bool) -> i64 {
        let owed = self.owed.entry(of).or_default();
        owed.serial += 1;
        let number = of.1.overpayment(owed.serial);
        let overpaid = Overpaid { arose_on, by_reduction, arisen: yen, taken_back: 0, appropriated: 0, refunded: 0, lapsed: 0 };
        self.overpaid.insert((of.0, number), overpaid);
        number
    }

    /// The number of a receipt by its channel and reference.
    pub(super) fn known(&self, channel: u8, reference: &str) -> Option<i64> {
        self.receipts.iter().find(|(_, receipt)| receipt.channel == channel && receipt.reference == reference).map(|(number, _)| *number)
    }

    /// A receipt that nobody told of before.
    fn new_receipt(&mut self, receipt: Receipt) -> i64 {
        let number = self.receipts.len() as i64 + 1;
        self.receipts.insert(number, receipt);
        number
    }

    fn is_levied(&self, of: Of) -> bool {
        self.owed.get(&of).is_some_and(|owed| owed.levied.is_some())
    }

    /// A channel announces a payment.
    pub(super) fn announce(&mut self, channel: u8, reference: &str, slip: Option<Of>, paid_on: Date, yen: i64) {
        match self.known(channel, reference).and_then(|number| self.receipts.get_mut(&number)) {
            Some(receipt) => receipt.waits = true,
            None => {
                let (reference, stage) = (reference.to_owned(), Stage::Announced);
                self.new_receipt(Receipt { channel, reference, slip, paid_on, yen, stage, waits: false, uses: Vec::new() });
            }
        }
    }

    /// A channel confirms a payment.
    pub(super) fn confirm(&mut self, channel: u8, reference: &str, slip: Option<Of>, paid_on: Date, yen: i64) {
        let before = self.known(channel, reference);
        let stage = before.map(|number| self.receipts[&number].stage);
        if let (Some(number), Some(Stage::Final)) = (before, stage) {
            self.receipts.get_mut(&number).unwrap().waits = true;
            return;
        }
        let fresh =
            Receipt { channel, reference: reference.to_owned(), slip, paid_on, yen, stage: Stage::Final, waits: false, uses: Vec::new() };
        let number = match before {
            Some(number) => {
                // What had been announced otherwise settles what was waiting: it was carried out as a revocation.
                let old = &self.receipts[&number];
                let otherwise = old.stage == Stage::Announced && (old.yen, old.paid_on) != (yen, paid_on);
                let waits = old.waits && !otherwise;
                self.receipts.insert(number, Receipt { waits, ..fresh });
                number
            }
            None => self.new_receipt(fresh),
        };
        *self.collected.entry((channel, paid_on)).or_default() += yen;
        match slip {
            Some(of) if stage.is_none_or(|stage| stage == Stage::Announced) && self.is_levied(of) => self.pay(number, of),
            _ => self.receipts.get_mut(&number).unwrap().waits = true,
        }
    }

    /// Uses what is unmatched of a receipt for an instalment: principal, charge, fee, and what is more is overpaid.
    fn pay(&mut self, number: i64, of: Of) {
        let (mut left, paid_on) = (self.receipts[&number].unmatched(), self.receipts[&number].paid_on);
        let owed = self.owed.entry(of).or_default();
        let principal = left.min(owed.open);
        left -= principal;
        owed.open -= principal;
        let charge = left.min(owed.charge);
        left -= charge;
        owed.charge -= charge;
        let fee = left.min(owed.fee);
        left -= fee;
        owed.fee -= fee;
        let (household, instalment) = of;
        let mut uses = vec![
            (Used::Principal(household, instalment), principal),
            (Used::Charge(household, instalment), charge),
            (Used::Fee(household, instalment), fee),
        ];
        if left > 0 {
            uses.push((Used::Overpaid(of.0, self.arise(of, left, paid_on, false)), left));
        }
        self.receipts.get_mut(&number).unwrap().uses.extend(uses.into_iter().filter(|(_, yen)| *yen > 0));
    }

    /// Undoes every use of a receipt; answers what had been refunded or appropriated meanwhile, by household.
    fn undo(&mut self, number: i64) -> BTreeMap<i64, i64> {
        let mut uses = std::mem::take(&mut self.receipts.get_mut(&number).unwrap().uses);
        uses.sort_by_key(|(used, _)| (used.household(), *used));
        let mut gone: BTreeMap<i64, i64> = BTreeMap::new();
        for (used, yen) in uses {
            let left = match used {
                Used::Principal(household, instalment) => {
                    let owed = self.owed.get_mut(&(household, instalment)).unwrap();
                    let mut left = yen.min(owed.lowered);
                    owed.lowered -= left;
                    owed.open += yen - left;
                    let of_it = self.overpaid.iter_mut().filter(|((of, number), overpaid)| {
                        *of == household && Instalment::of_overpayment(*number) == Some(instalment) && overpaid.by_reduction
                    });
                    for (_, overpaid) in of_it.rev() {
                        let back = left.min(overpaid.rest());
                        overpaid.taken_back += back;
                        left -= back;
                    }
                    left
                }
                Used::Charge(household, instalment) => {
                    self.owed.get_mut(&(household, instalment)).unwrap().charge += yen;
                    0
                }
                Used::Fee(household, instalment) => {
                    self.owed.get_mut(&(household, instalment)).unwrap().fee += yen;
                    0
                }
                Used::Overpaid(household, number) => {
                    let overpaid = self.overpaid.get_mut(&(household, number)).unwrap();
                    let back = yen.min(overpaid.rest());
                    overpaid.taken_back += back;
                    yen - back
                }
            };
            if left > 0 {
                *gone.entry(used.household()).or_default() += left;
            }
        }
        gone
    }

    /// A channel, or a clerk for it, takes a confirmed receipt back.
    pub(super) fn reverse(&mut self, number: i64) {
        for (household, yen) in self.undo(number) {
            *self.reclaim.entry((household, number)).or_default() += yen;
        }
        let receipt = self.receipts.get_mut(&number).unwrap();
        (receipt.stage, receipt.waits) = (Stage::Reversed, false);
        *self.collected.entry((receipt.channel, receipt.paid_on)).or_default() -= receipt.yen;
    }

    /// A channel takes a payment back.
    pub(super) fn revoke(&mut self, number: i64) {
        let receipt = self.receipts.get_mut(&number).unwrap();
        match receipt.stage {
            Stage::Announced => (receipt.stage, receipt.waits) = (Stage::Revoked, false),
            Stage::Final => self.reverse(number),
            Stage::Revoked | Stage::Reversed => receipt.waits = true,
        }
    }

    /// A clerk says what a confirmed receipt pays, or that it is overpaid; false where that cannot be.
    pub(super) fn settle(&mut self, number: i64, of: Of, overpaid: bool) -> bool {
        if self.receipts.get(&number).is_none_or(|receipt| receipt.stage != Stage::Final) || !self.is_levied(of) {
            return false;
        }
        let mut tried = self.clone();
        if !tried.undo(number).is_empty() {
            return false;
        }
        *self = tried;
        let (left, paid_on) = (self.receipts[&number].unmatched(), self.receipts[&number].paid_on);
        if overpaid {
            let arisen = self.arise(of, left, paid_on, false);
            self.receipts.get_mut(&number).unwrap().uses.push((Used::Overpaid(of.0, arisen), left));
        } else {
            self.pay(number, of);
        }
        let receipt = self.receipts.get_mut(&number).unwrap();
        (receipt.slip, receipt.waits) = (Some(of), false);
        true
    }

    /// The bank delivers, or takes back, what a channel's day holds.
    pub(super) fn deliver(&mut self, of: (u8, Date)) {
        self.bank += self.collected.insert(of, 0).unwrap_or(0);
    }

    /// So much is given up of what is open of an instalment.
    pub(super) fn give_up(&mut self, of: Of, kind: AccountKind, yen: i64) {
        let owed = self.owed.entry(of).or_default();
        let (open, given_up) = match kind {
            AccountKind::Charge => (&mut owed.charge, &mut owed.charge_given_up),
            AccountKind::Fee => (&mut owed.fee, &mut owed.fee_given_up),
            _ => (&mut owed.open, &mut owed.given_up),
        };
        *open -= yen;
        *given_up += yen;
    }

    /// Something is posted of a decision on overpayments.
    pub(super) fn appropriate(&mut self, household: i64, appropriations: &[Appropriation]) -> Result<(), String> {
        for one in appropriations {
            let instalment = one.account.instalment().ok_or("an appropriation to no instalment")?;
            let owed = self.owed.get_mut(&(household, instalment)).ok_or("an appropriation to what was never billed")?;
            let open = match one.account.kind {
                AccountKind::Receivable => &mut owed.open,
                AccountKind::Charge => &mut owed.charge,
                AccountKind::Fee => &mut owed.fee,
                other => return Err(format!("an appropriation to {}", other.word())),
            };
            *open -= one.yen.get();
            self.overpaid.get_mut(&(household, one.overpayment)).ok_or("an unknown overpayment")?.appropriated += one.yen.get();
        }
        Ok(())
    }

    /// Orders that a decision makes, with what is paid out under each.
    pub(super) fn order(&mut self, household: i64, number: i64, payouts: &[Payout], on: Date) -> Result<(), String> {
        let mut principal = BTreeMap::new();
        for payout in payouts.iter().filter(|payout| payout.refund.get() > 0) {
            principal.insert(payout.overpayment, payout.refund.get());
            let overpaid = self.overpaid.get_mut(&(household, payout.overpayment)).ok_or("an unknown overpayment")?;
            overpaid.refunded += payout.refund.get();
        }
        let interest = payouts.iter().map(|payout| payout.interest.get()).sum();
        self.new_order(household, number, principal, interest, on);
        Ok(())
    }

    fn new_order(&mut self, household: i64, number: i64, principal: BTreeMap<i64, i64>, interest: i64, decided_on: Date) {
        *self.interest.entry(FiscalYear::of(decided_on).year()).or_default() += interest;
        let open = principal.values().sum::<i64>() + interest;
        let (lines, sent, paid, withdrawn) = (0, None, None, false);
        self.orders.insert(number, Order { household, principal, interest, decided_on, open, lines, sent, paid, withdrawn });
    }

    /// An order is taken back: its principal is undecided again, its interest is not owed.
    pub(super) fn withdraw(&mut self, number: i64) {
        let order = self.orders.get_mut(&number).unwrap();
        (order.open, order.withdrawn) = (0, true);
        for (overpayment, yen) in &order.principal {
            self.overpaid.get_mut(&(order.household, *overpayment)).unwrap().refunded -= yen;
        }
        *self.interest.entry(FiscalYear::of(order.decided_on).year()).or_default() -= order.interest;
    }

    /// An order of nothing but interest takes the place of another.
    pub(super) fn reissue(&mut self, number: i64, old: i64, on: Date) {
        self.withdraw(old);
        let Order { household, interest, .. } = self.orders[&old];
        self.new_order(household, number, BTreeMap::new(), interest, on);
    }

    /// An overpayment lapses.
    pub(super) fn lapse_overpayment(&mut self, of: (i64, i64), yen: i64, on: Date) {
        self.overpaid.get_mut(&of).unwrap().lapsed += yen;
        *self.lapsed.entry(FiscalYear::of(on).year()).or_default() += yen;
    }

    /// An order lapses, or its principal does.
    pub(super) fn lapse_order(&mut self, number: i64, yen: i64, on: Date) {
        self.orders.get_mut(&number).unwrap().open -= yen;
        *self.lapsed.entry(FiscalYear::of(on).year()).or_default() += yen;
    }

    /// What every account must stand at.
    pub(super) fn stands(&self) -> BTreeMap<Account, Stand> {
        let mut found: BTreeMap<Account, Stand> = BTreeMap::new();
        let mut debit = |account: Account, yen: i64| found.entry(account).or_default().debit += yen;
        for ((household, instalment), owed) in &self.owed {
            let account = |kind| Account::of_instalment(kind, HouseholdId(*household), *instalment);
            debit(account(AccountKind::Receivable), owed.open);
            debit(account(AccountKind::Levied), -owed.levied.unwrap_or(0));
            debit(account(AccountKind::Charge), owed.charge);
            debit(account(AccountKind::ChargeLevied), -owed.charge_levied);
            debit(account(AccountKind::Fee), owed.fee);
            debit(account(AccountKind::FeeLevied), -owed.fee_levied);
            debit(account(AccountKind::WrittenOff), owed.given_up + owed.charge_given_up + owed.fee_given_up);
        }
        for ((household, number), overpaid) in &self.overpaid {
            debit(Account::overpaid(HouseholdId(*household), *number), -overpaid.rest());
        }
        for (number, receipt) in &self.receipts {
            debit(Account::unmatched(*number), -receipt.unmatched());
        }
        for ((channel, day), yen) in &self.collected {
            debit(Account::collected(*channel, *day), *yen);
        }
        for (number, order) in &self.orders {
            debit(Account::payable(HouseholdId(order.household), *number), -order.open);
        }
        for ((household, receipt), yen) in &self.reclaim {
            debit(Account::reclaim(HouseholdId(*household), *receipt), *yen);
        }
        for (year, yen) in &self.interest {
            debit(Account::interest(*year), *yen);
        }
        for (year, yen) in &self.lapsed {
            debit(Account::lapsed(*year), -yen);
        }
        debit(Account::bank(), self.bank);
        for (number, receipt) in self.receipts.iter().filter(|(_, receipt)| receipt.stage == Stage::Announced) {
            found.entry(Account::collected(receipt.channel, receipt.paid_on)).or_default().debits_pending += receipt.yen;
            found.entry(Account::unmatched(*number)).or_default().credits_pending += receipt.yen;
        }
        for (number, order) in &self.orders {
            let sent = order.sent.unwrap_or(0);
            found.entry(Account::payable(HouseholdId(order.household), *number)).or_default().debits_pending += sent;
            found.entry(Account::bank()).or_default().credits_pending += sent;
        }
        found.retain(|_, stand| *stand != Stand::default());
        found
    }

    /// What an overpayment of a household pays before anything goes back: the oldest overpayment first, the oldest instalment
    /// first, of each the principal before charge and fee; what is not due only with a consent.
    pub(super) fn appropriations(&self, household: i64, on: Date, consent: bool) -> Vec<(i64, Account, i64)> {
        let mut claims = Vec::new();
        for late in [false, true] {
            for (instalment, due) in instalments() {
                if (due > on) != late || (late && !consent) {
                    continue;
                }
                let Some(owed) = self.owed.get(&(household, instalment)) else { continue };
                let account = |kind| Account::of_instalment(kind, HouseholdId(household), instalment);
                claims.push((account(AccountKind::Receivable), owed.open));
                claims.push((account(AccountKind::Charge), owed.charge));
                claims.push((account(AccountKind::Fee), owed.fee));
            }
        }
        let mine = self.overpaid.iter().filter(|((of, _), overpaid)| *of == household && overpaid.rest() > 0);
        let mut mine: Vec<(Date, i64, i64)> = mine.map(|((_, number), overpaid)| (overpaid.arose_on, *number, overpaid.rest())).collect();
        mine.sort_unstable();
        let mut found = Vec::new();
        for (_, number, mut rest) in mine {
            for (account, open) in &mut claims {
                let part = rest.min(*open);
                if part > 0 {
                    rest -= part;
                    *open -= part;
                    found.push((number, *account, part));
                }
            }
        }
        found
    }
}
