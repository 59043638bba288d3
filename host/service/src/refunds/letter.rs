//! The notice of refund and appropriation (還付充当通知書): what it must say, and its plain text.
//!
//! Everything in it comes from the decision, its postings and the addressee; nothing is computed here. Addressed to whoever
//! paid, to the representative of heirs, or to nobody until a clerk has found one; never to somebody dead. Absent here:
//! printing and sending.

use super::RefundError;
use super::case::{Schedule, claim_number};
use crate::addressee::{Addressee, Recipient, of_person};
use crate::billing::table;
use jorei_domain::calendar::Date;
use jorei_domain::decision::Decision;
use jorei_domain::id::{DecisionId, HouseholdId, Municipality, PersonId};
use jorei_domain::ledger::{AccountKind, Event, Instalment};
use jorei_domain::money::grouped;
use jorei_domain::record::Kind;
use jorei_store::decisions::StoredDecision;
use jorei_store::orders::PaymentOrder;
use jorei_store::{Store, StoreError};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One overpayment in a notice. Amounts are whole yen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LetterItem {
    /// Its number.
    pub overpayment: i64,
    /// The instalment that was overpaid.
    pub instalment: Instalment,
    /// Why, in the words of the office.
    pub reason: &'static str,
    /// What was decided.
    pub overpaid: i64,
    /// What of it pays what: the instalment, the part and the amount.
    pub appropriated: Vec<(Instalment, &'static str, i64)>,
    /// What goes back.
    pub refund: i64,
    /// Interest on it.
    pub interest: i64,
    /// First and last day that count for interest.
    pub interest_days: Option<(Date, Date)>,
    /// What can no longer be claimed.
    pub lapsed: i64,
    /// From which day on it can no longer be claimed.
    pub bar_on: Option<Date>,
}

/// A notice of one decision. Amounts are whole yen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Letter {
    /// To whom, or why nobody yet.
    pub addressee: Addressee,
    /// The household.
    pub household: HouseholdId,
    /// The decision.
    pub decision: DecisionId,
    /// Its day.
    pub decided_on: Date,
    /// By overpayment.
    pub items: Vec<LetterItem>,
    /// The orders that pay it out.
    pub orders: Vec<i64>,
}

/// Who overpaid, or, where they have died, who represents their heirs.
pub(crate) async fn reader(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    payer: PersonId,
    on: Date,
) -> Result<Addressee, StoreError> {
    let as_of = store.latest_knowledge(municipality).await?;
    if crate::addressee::has_died(store, municipality, payer, on, as_of).await? {
        let heirs = store.heirs(municipality, household).await?;
        if let Some(heir) = heirs.iter().rfind(|heir| heir.deceased == payer && heir.declared_on <= on) {
            return Ok(match of_person(store, municipality, heir.heir, on, as_of).await? {
                Addressee::Living(recipient) => Addressee::Heirs(Recipient { about: payer, ..recipient }),
                other => other,
            });
        }
    }
    of_person(store, municipality, payer, on, as_of).await
}

/// The notice of a decision, to be sent on a day. None for one that posted nothing: nobody is told of what was not decided for
/// good.
///
/// # Errors
/// A [`RefundError`] of the store.
pub async fn letter(store: &Store, municipality: Municipality, stored: &StoredDecision, on: Date) -> Result<Option<Letter>, RefundError> {
    let (decision, household) = (&stored.decision, stored.decision.household);
    let mut appropriated: BTreeMap<i64, Vec<(Instalment, &'static str, i64)>> = BTreeMap::new();
    let ids = store.postings_of_decision(municipality, stored.id).await?;
    if ids.is_empty() {
        return Ok(None);
    }
    for id in ids {
        let Some(posting) = store.posting(municipality, id).await?.map(|stored| stored.posting) else { continue };
        if posting.event != Event::Appropriated {
            continue;
        }
        for transfer in posting.transfers {
            let (Some(instalment), Some(_)) = (transfer.credit.instalment(), claim_number(&transfer.credit)) else { continue };
            let part = match transfer.credit.kind {
                AccountKind::Charge => "延滞金",
                AccountKind::Fee => "督促手数料",
                _ => "保険料",
            };
            appropriated.entry(transfer.debit.item).or_default().push((instalment, part, transfer.yen.get()));
        }
    }
    let items = items(decision, &mut appropriated);
    let first = items.first().map(|item| item.instalment);
    let payer = match first {
        Some(instalment) => Schedule::read(store, municipality, household, instalment.year).await?.payer(instalment),
        None => None,
    };
    let number = items.first().map_or(0, |item| item.overpayment);
    let unknown = || RefundError::Blocked { household, reasons: vec![super::Blocked::PayerUnknown(number)] };
    let addressee = reader(store, municipality, household, payer.ok_or_else(unknown)?, on).await?;
    let orders = store.orders_of(municipality, household).await?;
    let orders = orders.iter().filter(|order: &&PaymentOrder| order.decision == stored.id).map(|order| order.number).collect();
    let decided_on = stored.decided_on;
    Ok(Some(Letter { addressee, household, decision: stored.id, decided_on, items, orders }))
}

/// Why money was overpaid, for whoever reads the notice: in the order of the causes.
const REASONS: [&str; 6] = [
    "保険料の減額（更正・資格の異動・減免）による過納",
    "更正の請求に基づく減額による過納",
    "所得税の更正等に伴う減額による過納",
    "二重納付による誤納",
    "納付すべき額を超えた納付による誤納",
    "納付義務者以外の方による誤納",
];

fn items(decision: &Decision, appropriated: &mut BTreeMap<i64, Vec<(Instalment, &'static str, i64)>>) -> Vec<LetterItem> {
    let Some(rows) = table(decision, "overpayments") else { return Vec::new() };
    let column = |name: &str| rows.integers(name).unwrap_or_default();
    let given = decision.evidence.given.iter().find(|given| given.kind == Kind::Overpayments.name());
    let cause = |number: i64| {
        let table = &given?.table;
        let at = table.integers("number")?.iter().position(|found| *found == number)?;
        REASONS.get(usize::try_from(table.integers("cause")?[at]).ok()?).copied()
    };
    let cell = |name: &str, at: usize| column(name).get(at).copied().unwrap_or(0);
    let day = |name: &str, at: usize| column(name).get(at).and_then(|day| Date::from_packed(*day).ok());
    let item = |(at, number): (usize, &i64)| {
        Some(LetterItem {
            overpayment: *number,
            instalment: Instalment::of_overpayment(*number)?,
            reason: cause(*number).unwrap_or("過誤納"),
            overpaid: cell("yen", at),
            appropriated: appropriated.remove(number).unwrap_or_default(),
            refund: cell("refund_yen", at),
            interest: cell("interest_yen", at),
            interest_days: day("first_day", at).zip(day("last_day", at)),
            lapsed: cell("lapsed_yen", at),
            bar_on: day("bar_on", at),
        })
    };
    column("number").iter().enumerate().filter_map(item).collect()
}

impl Letter {
    /// What is paid out in all, interest included.
    pub fn payout(&self) -> i64 {
        self.items.iter().map(|item| item.refund + item.interest).sum()
    }

    /// Its plain text in Japanese.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        match &self.addressee {
            Addressee::Living(recipient) => write_recipient(text, recipient, "様")?,
            Addressee::Heirs(recipient) => write_recipient(text, recipient, "様（相続人代表者）")?,
            Addressee::Clerk(matter) => writeln!(text, "【発送できません】{}", matter.ja())?,
        }
        writeln!(text, "\n国民健康保険料 過誤納金還付充当通知書\n")?;
        writeln!(text, "世帯番号 {}  決定日 {}  決定番号 {}", self.household, self.decided_on, self.decision.short())?;
        writeln!(text, "納め過ぎ又は誤って納付された保険料について、次のとおり決定しましたので通知します。\n")?;
        for item in &self.items {
            writeln!(text, "{}（過誤納番号 {}）", item.instalment, item.overpayment)?;
            writeln!(text, "  発生理由    {}", item.reason)?;
            writeln!(text, "  過誤納額    {} 円", grouped(item.overpaid))?;
            for (instalment, part, yen) in &item.appropriated {
                writeln!(text, "  充当額      {} 円  {instalment} {part}へ充当", grouped(*yen))?;
            }
            writeln!(text, "  還付額      {} 円", grouped(item.refund))?;
            write!(text, "  還付加算金  {} 円", grouped(item.interest))?;
            match item.interest_days.filter(|_| item.interest > 0) {
                Some((first, last)) => writeln!(text, "  （計算期間 {first} から {last} まで）")?,
                None => writeln!(text)?,
            }
            if item.lapsed > 0 {
                writeln!(text, "  時効額      {} 円  請求できる期間を過ぎたため還付できません", grouped(item.lapsed))?;
            }
        }
        let sum = |of: fn(&LetterItem) -> i64| grouped(self.items.iter().map(of).sum());
        let used: i64 = self.items.iter().flat_map(|item| &item.appropriated).map(|(_, _, yen)| yen).sum();
        writeln!(text, "\n合計  過誤納額 {} 円、充当額 {} 円", sum(|item| item.overpaid), grouped(used))?;
        writeln!(
            text,
            "      還付額 {} 円、還付加算金 {} 円、お支払いする額 {} 円\n",
            sum(|item| item.refund),
            sum(|item| item.interest),
            grouped(self.payout())
        )?;
        if self.payout() > 0 {
            writeln!(text, "請求の方法")?;
            writeln!(text, "  同封の還付請求書に振込先を記入して返送するか、電子申請により請求してください。")?;
            writeln!(text, "  公金受取口座への振込みを希望される方は、請求の際にその旨を申し出てください。")?;
            if let Some(bar_on) = self.items.iter().filter(|item| item.refund > 0).filter_map(|item| item.bar_on).min() {
                writeln!(text, "  {bar_on} 以後は、時効により請求できません。")?;
            }
            writeln!(text)?;
        }
        writeln!(text, "{REMEDIES}")
    }
}

/// Act arts. 91, 99, 103; the Administrative Case Litigation Act art. 14. The wording of the office's own form is to be
/// confirmed.
pub(crate) const REMEDIES: &str = "不服の申立て
  この決定に不服があるときは、決定があったことを知った日の翌日から起算して3か月以内に、都道府県の国民健康保険審査会に
  審査請求をすることができます（国民健康保険法第91条、第99条）。
  決定の取消しの訴えは、審査請求に対する裁決を経た後、裁決があったことを知った日の翌日から起算して6か月以内に、市を被告として
  提起することができます（同法第103条、行政事件訴訟法第14条）。";

/// An addressee as it stands on the sheet.
pub(crate) fn write_recipient(text: &mut String, recipient: &Recipient, title: &str) -> std::fmt::Result {
    if let Some(postcode) = &recipient.postcode {
        writeln!(text, "〒{postcode}")?;
    }
    writeln!(text, "{}", recipient.address)?;
    writeln!(text, "{} {title}", recipient.name)
}
