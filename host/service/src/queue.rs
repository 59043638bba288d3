//! What waits for a clerk (要確認): cases that were refused or failed, and cases that nobody decides
//! because their revision is paused.

use crate::language::Language;
use crate::revisions::{PREMIUM, RevisionError, digest_in_force};
use crate::words::Words;
use jorei_domain::calendar::FiscalYear;
use jorei_domain::decision::Outcome;
use jorei_domain::id::{DecisionId, HouseholdId, Municipality};
use jorei_store::{Store, StoreError};
use std::collections::HashSet;

/// Households of one page.
const PAGE: u32 = 1_000;

/// Why a case waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Waiting {
    /// The rule declined.
    Refused,
    /// The rule broke.
    Failed,
    /// The revision in force is paused, and nothing was decided.
    Paused,
}

impl Waiting {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Waiting::Refused => "refused",
            Waiting::Failed => "failed",
            Waiting::Paused => "paused",
        }
    }

    /// What a clerk does.
    pub fn to_do(self) -> &'static str {
        match self {
            Waiting::Refused => "理由にある記録又は条例の値を補い、再度賦課計算をしてください",
            Waiting::Failed => "ルールのベンダーへ決定番号を知らせてください",
            Waiting::Paused => "改版の切戻し又は再適用の承認を待って、賦課計算をしてください",
        }
    }
}

/// One case that waits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// The household.
    pub household: HouseholdId,
    /// Why.
    pub waiting: Waiting,
    /// The reason in words.
    pub reason: String,
    /// The decision that says so, and since when.
    pub decision: Option<(DecisionId, String)>,
}

/// Everything that waits in a year, in order of household.
///
/// # Errors
/// A [`StoreError`].
pub async fn queue(store: &Store, municipality: Municipality, year: FiscalYear) -> Result<Vec<Item>, StoreError> {
    let on = year.first_day();
    let (mut items, mut decided, mut after) = (Vec::new(), HashSet::new(), None);
    loop {
        let page = store.decisions_page(municipality, PREMIUM, on, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.decision.household);
        for stored in page {
            let household = stored.decision.household;
            decided.insert(household);
            let (waiting, reason) = match &stored.decision.outcome {
                Outcome::Decided { .. } => continue,
                Outcome::Failed(failure) => (Waiting::Failed, failure.word().to_owned()),
                Outcome::Refused(refusal) => {
                    let kept = store.revision(municipality, stored.decision.revision).await?;
                    let words = kept.map_or_else(|| Words::from_json(""), |kept| Words::from_json(&kept.about));
                    (Waiting::Refused, words.sentence(refusal, Language::Japanese))
                }
            };
            items.push(Item { household, waiting, reason, decision: Some((stored.id, stored.recorded_at)) });
        }
    }
    let as_of = store.latest_knowledge(municipality).await?;
    let paused = match digest_in_force(store, municipality, on, as_of).await {
        Err(error @ RevisionError::Paused { .. }) => Some(error.to_string()),
        Err(RevisionError::Store(error)) => return Err(error),
        _ => None,
    };
    if let Some(reason) = paused {
        let mut after = None;
        loop {
            let page = store.cases(municipality, after, PAGE, on, as_of).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.household);
            for case in page.iter().filter(|case| !decided.contains(&case.household)) {
                items.push(Item { household: case.household, waiting: Waiting::Paused, reason: reason.clone(), decision: None });
            }
        }
        items.sort_by_key(|item| item.household);
    }
    Ok(items)
}
