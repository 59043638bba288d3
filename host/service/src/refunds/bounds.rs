//! The host's bounds: what a rule proposes is posted whole or not at all.
//!
//! Nothing here follows the rule. Each bound can be checked with the ledger, a due date and a multiplication, so that a rule
//! that errs or lies moves no yen beyond them. Absent here: what is right within them, which the law and the rule say.

use super::case::{Claim, RefundCase};
use crate::words::Words;
use jorei_domain::calendar::Date;
use jorei_domain::decision::Outcome;
use jorei_domain::ledger::Account;
use jorei_domain::money::Yen;
use jorei_domain::payment::{COLUMNS, ENTRIES, Entry, PROPOSALS, Proposal};
use jorei_domain::record::CHANNELS;
use jorei_domain::table::Table;
use jorei_store::orders::PayeeKind;
use std::collections::BTreeMap;
use std::fmt;

/// No refund interest and no delinquency charge was ever above 14.6 % a year (Local Tax Act art. 326, before its special
/// rates): thousandths.
const HIGHEST_RATE_PER_MILLE: i128 = 146;
/// Days of a year of interest, leap years too.
const DAYS_OF_A_YEAR: i128 = 365;

/// A part of an overpayment that pays something owed (充当).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Appropriation {
    /// The overpayment.
    pub overpayment: i64,
    /// The claim's number.
    pub claim: i64,
    /// The claim's account.
    pub account: Account,
    /// What is posted now: what was appropriated before under a decision that is renewed is not in it.
    pub yen: Yen,
    /// The day both sides existed (充当適状日), not after the case's day.
    pub effective: Date,
}

/// What of an overpayment is paid out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Payout {
    /// The overpayment.
    pub overpayment: i64,
    /// What goes back (還付); 0 where only interest is paid.
    pub refund: Yen,
    /// What is paid in addition (還付加算金).
    pub interest: Yen,
    /// Who is paid, by law.
    pub payee: PayeeKind,
}

/// What a rule's answer comes to within the bounds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// In the order of the proposals; none of 0 yen.
    pub appropriations: Vec<Appropriation>,
    /// In the order of the overpayments; none of 0 yen.
    pub payouts: Vec<Payout>,
    /// What can no longer be claimed, by overpayment. It stays where it stands until a clerk records the lapse.
    pub lapsed: Vec<(i64, Yen)>,
}

/// Why a rule's answer is not posted. Amounts are whole yen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OutOfBounds {
    /// A table is missing, or says something else than the proposals.
    Tables(&'static str),
    /// An overpayment that is none of the case.
    UnknownOverpayment(i64),
    /// A claim that is none of the case.
    UnknownClaim(i64),
    /// More than is open of a claim.
    MoreThanOpen {
        /// The claim.
        claim: i64,
        /// What is open.
        open: i64,
        /// What is proposed.
        proposed: i128,
    },
    /// A claim of somebody else.
    OtherPayer(i64),
    /// A claim not yet due, without a consent.
    NotDue(i64),
    /// What becomes of an overpayment is not what it was.
    NotConserved {
        /// The overpayment.
        overpayment: i64,
        /// What stands.
        yen: i64,
        /// Appropriated, refunded and lapsed together.
        used: i128,
    },
    /// Called lapsed before its day.
    NotLapsed(i64),
    /// Interest on nothing.
    InterestAlone(i64),
    /// More interest than any law ever gave.
    TooMuchInterest {
        /// The overpayment.
        overpayment: i64,
        /// The most there can be.
        most: i128,
        /// What is proposed.
        proposed: i128,
    },
    /// To be paid to somebody dead, to the heirs of somebody alive, or to a body that deducted nothing.
    Payee(i64),
    /// What was appropriated already is not part of it any more.
    Unappropriated(i64),
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutOfBounds::Tables(table) => write!(f, "the table `{table}` is missing or does not say what was proposed"),
            OutOfBounds::UnknownOverpayment(number) => write!(f, "overpayment {number} is none of the case"),
            OutOfBounds::UnknownClaim(number) => write!(f, "claim {number} is none of the case"),
            OutOfBounds::MoreThanOpen { claim, open, proposed } => write!(f, "claim {claim}: {proposed} yen proposed, {open} open"),
            OutOfBounds::OtherPayer(claim) => write!(f, "claim {claim} is not owed by whoever overpaid"),
            OutOfBounds::NotDue(claim) => write!(f, "claim {claim} is not due, and nobody consented"),
            OutOfBounds::NotConserved { overpayment, yen, used } => {
                write!(f, "overpayment {overpayment}: {used} yen of {yen} accounted for")
            }
            OutOfBounds::NotLapsed(number) => write!(f, "overpayment {number} is called lapsed before its day"),
            OutOfBounds::InterestAlone(number) => write!(f, "overpayment {number}: interest without principal"),
            OutOfBounds::TooMuchInterest { overpayment, most, proposed } => {
                write!(f, "overpayment {overpayment}: {proposed} yen of interest, at most {most} can be")
            }
            OutOfBounds::Payee(number) => write!(f, "overpayment {number}: its payee cannot be paid"),
            OutOfBounds::Unappropriated(number) => write!(f, "overpayment {number}: what was appropriated before is not part of it"),
        }
    }
}

impl OutOfBounds {
    /// For officials: what the rule proposed that the host does not post.
    pub fn ja(&self) -> String {
        match self {
            OutOfBounds::Tables(table) => format!("結果表「{table}」が提案と一致しません"),
            OutOfBounds::UnknownOverpayment(number) => format!("過誤納番号{number}は対象にありません"),
            OutOfBounds::UnknownClaim(number) => format!("債権番号{number}は対象にありません"),
            OutOfBounds::MoreThanOpen { claim, open, proposed } => {
                format!("債権番号{claim}への充当{proposed}円が未納額{open}円を超えています")
            }
            OutOfBounds::OtherPayer(claim) => format!("債権番号{claim}の納付義務者が過誤納の納付義務者と異なります"),
            OutOfBounds::NotDue(claim) => format!("債権番号{claim}は納期限前で、充当の同意がありません"),
            OutOfBounds::NotConserved { overpayment, yen, used } => {
                format!("過誤納番号{overpayment}の{yen}円に対し、充当・還付・時効の合計が{used}円です")
            }
            OutOfBounds::NotLapsed(number) => format!("過誤納番号{number}は時効の日より前に時効とされています"),
            OutOfBounds::InterestAlone(number) => format!("過誤納番号{number}に元本のない還付加算金があります"),
            OutOfBounds::TooMuchInterest { overpayment, most, proposed } => {
                format!("過誤納番号{overpayment}の還付加算金{proposed}円が上限{most}円を超えています")
            }
            OutOfBounds::Payee(number) => format!("過誤納番号{number}の支払先（世帯主・相続人・年金保険者）が事実と合いません"),
            OutOfBounds::Unappropriated(number) => format!("過誤納番号{number}の充当済みの額が含まれていません"),
        }
    }
}

/// What the rule's table says of an overpayment.
struct Row {
    yen: i64,
    appropriated: i64,
    refund: i64,
    lapsed: i64,
    interest: i64,
    payee: Option<PayeeKind>,
    bar_on: Option<Date>,
}

impl Plan {
    /// Holds a rule's answer against the case.
    ///
    /// For every overpayment: appropriated, refunded and lapsed together are what stands; nothing lapses before its day.
    /// Appropriations go to claims of the case that the same payer owes and that are due or consented to, and never exceed
    /// what is open. Interest comes with principal and is at most 14.6 % a year of it, from the first payment to the case's
    /// day. Nobody dead is paid. The tables say what was proposed.
    ///
    /// # Errors
    /// The first [`OutOfBounds`].
    pub fn of(case: &RefundCase, outcome: &Outcome, words: &Words) -> Result<Plan, OutOfBounds> {
        let proposals = proposals(outcome)?;
        let rows = rows(outcome, words)?;
        let on = case.case.on;
        let sum = |entry: Entry, overpayment: Option<i64>| -> i128 {
            let of = |proposal: &&Proposal| proposal.entry == entry && overpayment.is_none_or(|number| number == proposal.overpayment);
            proposals.iter().filter(of).map(|proposal| i128::from(proposal.yen.get())).sum()
        };
        for proposal in &proposals {
            if !case.standing.iter().any(|standing| standing.overpayment.number == proposal.overpayment) {
                return Err(OutOfBounds::UnknownOverpayment(proposal.overpayment));
            }
        }
        claims_bear(case, &proposals)?;
        let mut plan = Plan { appropriations: appropriations(case, &proposals)?, ..Plan::default() };
        let mut lapsed_in_all = 0;
        for standing in &case.standing {
            let number = standing.overpayment.number;
            let row = rows.get(&number).ok_or(OutOfBounds::Tables("overpayments"))?;
            let [used, refund, interest] = Entry::ALL.map(|entry| sum(entry, Some(number)));
            let said = [row.yen, row.appropriated, row.refund, row.interest].map(i128::from);
            if said != [i128::from(standing.yen.get()), used, refund, interest] || row.lapsed < 0 {
                return Err(OutOfBounds::Tables("overpayments"));
            }
            let accounted = used + refund + i128::from(row.lapsed);
            if accounted != i128::from(standing.yen.get()) {
                return Err(OutOfBounds::NotConserved { overpayment: number, yen: standing.yen.get(), used: accounted });
            }
            if row.lapsed > 0 && row.bar_on.is_none_or(|bar_on| on < bar_on) {
                return Err(OutOfBounds::NotLapsed(number));
            }
            interest_bears(standing.payments.iter().map(|payment| payment.paid_on).min(), on, number, used + refund, interest)?;
            lapsed_in_all += i128::from(row.lapsed);
            if let Some(lapsed) = positive(i128::from(row.lapsed)) {
                plan.lapsed.push((number, lapsed));
            }
            if refund + interest > 0 {
                let deducted = || standing.payments.iter().any(|payment| CHANNELS[usize::from(payment.channel)] == PENSION_DEDUCTION);
                let payee = row.payee.filter(|payee| match payee {
                    PayeeKind::Head => case.payer_died.is_none(),
                    PayeeKind::Heirs => case.payer_died.is_some(),
                    PayeeKind::PensionBody => case.payer_died.is_some() && deducted(),
                });
                let payee = payee.ok_or(OutOfBounds::Payee(number))?;
                let whole = |yen| Yen::checked(i64::try_from(yen).unwrap_or(i64::MAX)).map_err(|_| OutOfBounds::Tables(PROPOSALS));
                plan.payouts.push(Payout { overpayment: number, refund: whole(refund)?, interest: whole(interest)?, payee });
            }
        }
        if rows.len() != case.standing.len() {
            return Err(OutOfBounds::Tables("overpayments"));
        }
        let [used, refund, interest] = Entry::ALL.map(|entry| sum(entry, None));
        let overpaid: i128 = case.standing.iter().map(|standing| i128::from(standing.yen.get())).sum();
        let figure = |column: &str| outcome.figure("refund", column).map(i128::from);
        let sums = ["overpaid_yen", "appropriated_yen", "refund_yen", "interest_yen", "lapsed_yen"].map(figure);
        if sums != [overpaid, used, refund, interest, lapsed_in_all].map(Some) {
            return Err(OutOfBounds::Tables("refund"));
        }
        Ok(plan)
    }

    /// Does it move nothing?
    pub fn is_empty(&self) -> bool {
        self.appropriations.is_empty() && self.payouts.is_empty()
    }
}

/// The word of the channel by which pensions are deducted from.
const PENSION_DEDUCTION: &str = "pension_deduction_channel";

fn positive(yen: i128) -> Option<Yen> {
    i64::try_from(yen).ok().filter(|yen| *yen > 0).and_then(|yen| Yen::checked(yen).ok())
}

/// Is everything that is paid a claim of the case that may be paid, and no more than is open?
fn claims_bear(case: &RefundCase, proposals: &[Proposal]) -> Result<(), OutOfBounds> {
    let mut paid: BTreeMap<i64, i128> = BTreeMap::new();
    for Proposal { claim, yen, .. } in proposals {
        if let Some(claim) = claim {
            *paid.entry(*claim).or_default() += i128::from(yen.get());
        }
    }
    for (number, proposed) in paid {
        let claim = claim_of(case, number)?;
        if !claim.same_payer {
            return Err(OutOfBounds::OtherPayer(number));
        }
        if claim.due > case.case.on && !case.before_due {
            return Err(OutOfBounds::NotDue(number));
        }
        if proposed > i128::from(claim.open_yen) {
            return Err(OutOfBounds::MoreThanOpen { claim: number, open: claim.open_yen, proposed });
        }
    }
    Ok(())
}

fn claim_of(case: &RefundCase, number: i64) -> Result<&Claim, OutOfBounds> {
    case.claims.iter().find(|claim| claim.number == number).ok_or(OutOfBounds::UnknownClaim(number))
}

/// What is to be appropriated beyond what was before.
fn appropriations(case: &RefundCase, proposals: &[Proposal]) -> Result<Vec<Appropriation>, OutOfBounds> {
    let mut before = case.appropriated.clone();
    let mut found = Vec::new();
    for proposal in proposals {
        let Some(number) = proposal.claim else { continue };
        let claim = claim_of(case, number)?;
        let known = before.entry((proposal.overpayment, number)).or_default();
        let again = proposal.yen.get().min(*known);
        *known -= again;
        let arose_on = case.standing.iter().find(|standing| standing.overpayment.number == proposal.overpayment);
        let arose_on = arose_on.map_or(case.case.on, |standing| standing.overpayment.arose_on);
        if let Some(yen) = positive(i128::from(proposal.yen.get() - again)) {
            // One that is not due exists as a debt that can be paid from the day it was consented to be; that is today.
            let effective = arose_on.max(claim.due).min(case.case.on);
            found.push(Appropriation { overpayment: proposal.overpayment, claim: number, account: claim.account, yen, effective });
        }
    }
    match before.iter().find(|(_, left)| **left > 0) {
        Some(((overpayment, _), _)) => Err(OutOfBounds::Unappropriated(*overpayment)),
        None => Ok(found),
    }
}

/// Can there be so much interest on a principal that was paid on a day?
fn interest_bears(paid_on: Option<Date>, on: Date, overpayment: i64, principal: i128, interest: i128) -> Result<(), OutOfBounds> {
    if interest == 0 {
        return Ok(());
    }
    if principal == 0 {
        return Err(OutOfBounds::InterestAlone(overpayment));
    }
    let days = paid_on.map_or(0, |paid_on| i128::from(paid_on.days_until(on)) + 1).max(0);
    let most = principal * HIGHEST_RATE_PER_MILLE * days / (1_000 * DAYS_OF_A_YEAR);
    if interest > most { Err(OutOfBounds::TooMuchInterest { overpayment, most, proposed: interest }) } else { Ok(()) }
}

fn result<'o>(outcome: &'o Outcome, name: &str) -> Option<&'o Table> {
    let Outcome::Decided { results, .. } = outcome else { return None };
    results.iter().find(|result| result.name == name).map(|result| &result.table)
}

/// What was proposed. A rule that proposes nothing may leave the table out.
fn proposals(outcome: &Outcome) -> Result<Vec<Proposal>, OutOfBounds> {
    let Some(table) = result(outcome, PROPOSALS) else { return Ok(Vec::new()) };
    let wrong = OutOfBounds::Tables(PROPOSALS);
    let columns: Option<Vec<&[i64]>> = COLUMNS.iter().map(|name| table.integers(name)).collect();
    let columns = columns.ok_or(wrong.clone())?;
    let row = |row: usize| {
        let entry = usize::try_from(columns[0][row]).ok().filter(|code| *code < ENTRIES.len()).map(|code| Entry::ALL[code])?;
        Proposal::of(entry, columns[1][row], columns[2][row], columns[3][row])
    };
    (0..table.rows()).map(|at| row(at).ok_or(wrong.clone())).collect()
}

fn rows(outcome: &Outcome, words: &Words) -> Result<BTreeMap<i64, Row>, OutOfBounds> {
    let wrong = || OutOfBounds::Tables("overpayments");
    let table = result(outcome, "overpayments").ok_or_else(wrong)?;
    let column = |name: &str| table.integers(name).ok_or_else(wrong);
    let numbers = column("number")?;
    let [yen, appropriated, refund] = [column("yen")?, column("appropriated_yen")?, column("refund_yen")?];
    let [lapsed, interest, payee, bar_on] = [column("lapsed_yen")?, column("interest_yen")?, column("payee")?, column("bar_on")?];
    let mut rows = BTreeMap::new();
    for (at, number) in numbers.iter().enumerate() {
        let word = words.cell("overpayments", "payee", payee[at]);
        let row = Row {
            yen: yen[at],
            appropriated: appropriated[at],
            refund: refund[at],
            lapsed: lapsed[at],
            interest: interest[at],
            payee: PayeeKind::ALL.into_iter().find(|kind| word == kind.word()),
            bar_on: Date::from_packed(bar_on[at]).ok(),
        };
        if rows.insert(*number, row).is_some() {
            return Err(wrong());
        }
    }
    Ok(rows)
}
