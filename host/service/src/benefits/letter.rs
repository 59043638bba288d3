//! The notice of a decided benefit (支給決定通知書): what it must say, and its plain text.
//!
//! Everything in it comes from what was posted, the order's payee and the addressee; nothing is computed here.
//! Absent here: the account, which is fixed when the order is paid; printing and sending.

use super::BenefitError;
use super::applications::slot_of;
use crate::addressee::Addressee;
use crate::refunds::{REMEDIES, reader, write_recipient};
use jorei_domain::calendar::Date;
use jorei_domain::id::{DecisionId, HouseholdId, Municipality, PersonId};
use jorei_domain::money::grouped;
use jorei_domain::slot::Slot;
use jorei_store::Store;
use jorei_store::benefits::{BenefitDue, BenefitKey};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One benefit in a notice. Amounts are whole yen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LetterItem {
    /// What it is about.
    pub key: BenefitKey,
    /// Due in all.
    pub due_yen: i64,
    /// Due before.
    pub before_yen: i64,
    /// What the order pays; none where nothing is to be paid.
    pub paid_yen: Option<i64>,
}

/// A notice of one case.
#[derive(Clone, Debug)]
pub struct Letter {
    /// To whom, or why nobody yet.
    pub addressee: Addressee,
    /// The household.
    pub household: HouseholdId,
    /// What it is about.
    pub slot: Slot,
    /// The date of the case.
    pub on: Date,
    /// The decision.
    pub decision: DecisionId,
    /// Its day.
    pub decided_on: Date,
    /// By benefit.
    pub items: Vec<LetterItem>,
}

/// The notice of what was posted last of a case; none where nothing was.
///
/// # Errors
/// A [`BenefitError`].
pub async fn letter(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    slot: Slot,
    case: Date,
    on: Date,
) -> Result<Option<Letter>, BenefitError> {
    let mut latest: BTreeMap<BenefitKey, BenefitDue> = BTreeMap::new();
    for due in store.benefit_dues(municipality, household, slot, case).await? {
        latest.insert(due.key, due);
    }
    let Some(last) = latest.values().max_by_key(|due| due.ordinal) else { return Ok(None) };
    let decision = last.decision;
    let Some(stored) = store.decision(municipality, decision).await? else { return Ok(None) };
    let (mut items, mut payee): (Vec<LetterItem>, Option<PersonId>) = (Vec::new(), None);
    for due in latest.values().filter(|due| due.decision == decision) {
        let order = match due.order {
            Some(number) => store.order(municipality, number).await?,
            None => None,
        };
        payee = payee.or(order.as_ref().and_then(|order| order.payee));
        let paid_yen = order.filter(|order| order.decision == decision).map(|order| order.principal.get());
        items.push(LetterItem { key: due.key, due_yen: due.due_yen, before_yen: due.before_yen, paid_yen });
    }
    if payee.is_none() {
        let applications = store.applications_of_case(municipality, household, slot, case).await?;
        payee = applications.iter().rfind(|one| slot_of(one.benefit) == Some(slot)).map(|one| one.applicant);
    }
    let addressee = match payee {
        Some(payee) => reader(store, municipality, household, payee, on).await?,
        None => crate::addressee::of_household(store, municipality, household, on, store.latest_knowledge(municipality).await?).await?,
    };
    Ok(Some(Letter { addressee, household, slot, on: case, decision, decided_on: stored.decided_on, items }))
}

impl Letter {
    /// Its plain text in Japanese.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    /// What it is about, in words.
    fn about(&self) -> String {
        match self.slot {
            Slot::LumpSum => format!("{}", self.on),
            Slot::HighCostYear | Slot::Combined => format!("{}年8月から{}年7月まで", self.on.year() - 1, self.on.year()),
            _ => format!("{}年{}月診療分", self.on.year(), self.on.month()),
        }
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        match &self.addressee {
            Addressee::Living(recipient) => write_recipient(text, recipient, "様")?,
            Addressee::Heirs(recipient) => write_recipient(text, recipient, "様（相続人代表者）")?,
            Addressee::Clerk(matter) => writeln!(text, "【発送できません】{}", matter.ja())?,
        }
        writeln!(text, "\n国民健康保険 給付支給（変更）決定通知書\n")?;
        writeln!(text, "世帯番号 {}  決定日 {}  決定番号 {}", self.household, self.decided_on, self.decision.short())?;
        writeln!(text, "次のとおり決定しましたので通知します。\n")?;
        for item in &self.items {
            writeln!(text, "{}（{}）", item.key.benefit.ja(), self.about())?;
            writeln!(text, "  支給額      {} 円", grouped(item.due_yen))?;
            if item.before_yen > 0 {
                writeln!(text, "  変更前の額  {} 円", grouped(item.before_yen))?;
            }
            match item.paid_yen {
                Some(yen) => writeln!(text, "  お支払いする額  {} 円（口座への振込み）", grouped(yen))?,
                None if item.due_yen < item.before_yen => {
                    writeln!(text, "  返していただく額又は支払を取り消す額  {} 円", grouped(item.before_yen - item.due_yen))?;
                }
                None => writeln!(text, "  お支払いする額  0 円")?,
            }
        }
        writeln!(text, "\n{REMEDIES}")
    }
}
