//! Withdrawing an import: shown first, signed by two people, done by new facts.

use crate::acts::{ActsError, Proposal, based};
use crate::office::show;
use crate::officer::Now;
use jorei_domain::act::{Act, Change, Withdrawal};
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::Kind;
use jorei_store::imports::Done;
use jorei_store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Why an import is not withdrawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WithdrawalError {
    /// Nothing was imported under the number.
    #[error("nothing was imported under knowledge number {0}; `jorei import list` shows the imports")]
    NoSuchImport(Knowledge),
    /// It was withdrawn.
    #[error("import {import} is withdrawn already; knowledge number {by} restored what holds without it")]
    Withdrawn {
        /// The import.
        import: Knowledge,
        /// What restored the records.
        by: Knowledge,
    },
    /// The state it rests on.
    #[error(transparent)]
    Acts(#[from] ActsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An act of two people that withdraws an import, with what it would do in the text that is shown.
///
/// # Errors
/// A [`WithdrawalError`].
pub async fn propose_withdrawal(
    store: &Store,
    municipality: Municipality,
    import: Knowledge,
    reason: &str,
) -> Result<Proposal, WithdrawalError> {
    let stored = store.import_set(municipality, import).await?.ok_or(WithdrawalError::NoSuchImport(import))?;
    if let Some(by) = stored.withdrawn {
        return Err(WithdrawalError::Withdrawn { import, by });
    }
    let changes = based(store, municipality, vec![Change::Withdrawal(Withdrawal { import, set: stored.digest })]).await?;
    let mut shown = show(store, municipality, &changes).await?;
    let learnt = store.without_import(municipality, import).await?;
    let mut kinds: BTreeMap<Kind, (u64, u64)> = BTreeMap::new();
    let mut persons: BTreeSet<PersonId> = BTreeSet::new();
    let mut households: BTreeSet<HouseholdId> = BTreeSet::new();
    for fact in &learnt.assertions {
        persons.insert(fact.person);
        households.extend(fact.household);
        let (again, no_more) = kinds.entry(fact.kind).or_default();
        *(if fact.values.is_some() { again } else { no_more }) += 1;
    }
    persons.extend(learnt.names.iter().map(|name| name.person));
    persons.extend(learnt.addresses.iter().map(|address| address.person));
    persons.extend(learnt.contacts.iter().map(|contact| contact.person));
    let as_of = store.latest_knowledge(municipality).await?;
    for person in &persons {
        households.extend(store.households_ever_of(municipality, *person, as_of).await?);
    }
    // Writing to a string cannot fail.
    let _ = writeln!(shown, "取込 {import}（{} {}）を取り消したときの影響（作成時点）", stored.at, stored.by);
    let _ = writeln!(shown, "  対象者 {}人、世帯 {}世帯", persons.len(), households.len());
    for (kind, (again, no_more)) in kinds {
        let _ = writeln!(shown, "  {}: 取込前の内容に戻る {again}件、なくなる {no_more}件", kind.ja());
    }
    let texts = [
        ("氏名", learnt.names.len(), learnt.names.iter().filter(|name| name.name.is_empty()).count()),
        ("住所", learnt.addresses.len(), learnt.addresses.iter().filter(|address| address.address.is_empty()).count()),
        ("連絡先", learnt.contacts.len(), learnt.contacts.iter().filter(|contact| contact.is_none()).count()),
    ];
    for (word, all, none) in texts {
        if all > 0 {
            let _ = writeln!(shown, "  {word}: 取込前の内容に戻る {}件、なくなる {none}件", all - none);
        }
    }
    Ok(Proposal { changes, reason: reason.to_owned(), shown, checkers: 1, eligible: Vec::new(), emergency: false })
}

/// Does what an act in effect says of imports: writes what holds without them. To be called whenever such an act is in
/// effect; a second call finds it done. Answers each import with the number that restored the records.
///
/// # Errors
/// A [`StoreError`]; then call again.
pub async fn complete(store: &Store, act: &Act, now: &Now, by: &str) -> Result<Vec<(Knowledge, Done)>, StoreError> {
    let mut done = Vec::new();
    for based in &act.changes {
        if let Change::Withdrawal(Withdrawal { import, .. }) = &based.change {
            done.push((*import, store.withdraw(act.municipality, *import, now.today, &now.stamp(by)).await?));
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::{propose, sign};
    use crate::imports::forms::Form;
    use crate::imports::{ImportError, Source, apply, read};
    use crate::office_of_two::{OfficeOfTwo, TODAY, now, stamp};
    use jorei_domain::calendar::Date;
    use jorei_store::acts::Verdict;

    const HOME: HouseholdId = HouseholdId(10);

    #[tokio::test]
    async fn an_import_is_withdrawn_by_two_people_who_see_what_it_does() {
        let office = OfficeOfTwo::found().await;
        let (store, here) = (&office.store, office.here);
        office.resident(1, "ヤマダ タロウ", 10, "旭川市9条通9丁目1-2").await;
        let set = || {
            let text = "宛名番号,世帯番号,開始日,終了日（この日を含まない）,世帯主\n1,20,2025-04-01,,1\n2,20,2025-04-01,,0\n";
            let source = Source { name: "a.csv".into(), form: Form::Facts(Kind::Membership), stated: None, bytes: text.into() };
            read(&[source], |_| {}).unwrap()
        };
        let import = apply(store, here, TODAY, &set(), &stamp()).await.unwrap();
        let members = async |as_of| store.household_members(here, HOME, Date::new(2025, 5, 1), as_of).await.unwrap().len();
        assert_eq!(members(import).await, 0);
        let again = apply(store, here, TODAY, &set(), &stamp()).await;
        assert!(matches!(again, Err(ImportError::Already(number)) if number == import), "{again:?}");
        assert!(matches!(propose_withdrawal(store, here, Knowledge(1), "誤り").await, Err(WithdrawalError::NoSuchImport(_))));
        let proposal = propose_withdrawal(store, here, import, "別の市の記録").await.unwrap();
        assert!(proposal.shown.contains("対象者 2人、世帯 2世帯"), "{}", proposal.shown);
        assert!(proposal.shown.contains("世帯: 取込前の内容に戻る 1件、なくなる 1件"), "{}", proposal.shown);
        let act = propose(store, here, &office.tanaka, proposal, &now()).await.unwrap();
        // One person alone withdraws nothing.
        assert_eq!(members(store.latest_knowledge(here).await.unwrap()).await, 0);
        assert!(sign(store, here, &office.tanaka, act, Verdict::Approve, &now()).await.is_err());
        let signed = sign(store, here, &office.suzuki, act, Verdict::Approve, &now()).await.unwrap();
        assert!(signed.in_effect);
        let latest = store.latest_knowledge(here).await.unwrap();
        assert_eq!((members(latest).await, members(import).await), (1, 0));
        // Whoever finishes it finds it done.
        let stored = store.act(here, act).await.unwrap().unwrap();
        assert_eq!(complete(store, &stored.act, &now(), "tanaka").await.unwrap(), [(import, Done::Before(latest))]);
        assert!(matches!(
            propose_withdrawal(store, here, import, "再度").await,
            Err(WithdrawalError::Withdrawn { by, .. }) if by == latest
        ));
        assert_ne!(apply(store, here, TODAY, &set(), &stamp()).await.unwrap(), import);
        assert_eq!(store.audit_verify(here, &[], |_| {}).await.unwrap(), []);
    }
}
