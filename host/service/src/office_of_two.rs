//! An office with two people on a SQLite file, for tests of this crate. Every step is the real one.
#![allow(clippy::unwrap_used)]

use crate::acts::{Proposal, based, propose, sign};
use crate::officer::{Now, Officer};
use jorei_domain::act::{Account, Change, Protection};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality, PersonId};
use jorei_domain::record::Kind;
use jorei_package::signing::{SecretKey, generate};
use jorei_store::Store;
use jorei_store::acts::{Signed, Verdict};
use jorei_store::addresses::Address;
use jorei_store::admissions::Admission;
use jorei_store::facts::Assertion;
use jorei_store::names::Name;
use jorei_store::revisions::Revision;

pub(crate) const TODAY: Date = Date::new(2026, 6, 1);

pub(crate) struct OfficeOfTwo {
    pub store: Store,
    /// Goes away with the office.
    _folder: tempfile::TempDir,
    pub here: Municipality,
    pub tanaka: Officer,
    pub suzuki: Officer,
}

pub(crate) fn now() -> Now {
    Now { today: TODAY, at: "2026-06-01T00:00:00Z".into() }
}

pub(crate) fn stamp() -> Stamp {
    now().stamp("tanaka")
}

impl OfficeOfTwo {
    pub async fn found() -> OfficeOfTwo {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("jorei.db").to_str().unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        let here = Municipality::parse("012041").unwrap();
        let keys = [generate(None).unwrap(), generate(None).unwrap()];
        let (from, until) = (Date::new(2026, 4, 1), Date::MAX);
        let account = |name: &str, i: usize| Account { name: name.into(), key: keys[i].public.to_string(), from, until };
        let accounts = [account("tanaka", 0), account("suzuki", 1)];
        let officer = |i: usize| {
            let secret = SecretKey::parse(keys[i].secret_file_text(), None).unwrap();
            Officer::among(&accounts, here, secret).unwrap()
        };
        let office = OfficeOfTwo { tanaka: officer(0), suzuki: officer(1), store, _folder: folder, here };
        office.enact(accounts.iter().cloned().map(Change::Account).collect()).await;
        office
    }

    /// A revision of a slot whose rule is a name only; nothing runs it.
    pub async fn revision(&self, slot: &str, about: String) -> Digest {
        let rule = Digest::of(b"rule");
        let Stamp { by, at } = stamp();
        let admission = Admission {
            package: Digest::of(b"file"),
            rule: Some(rule),
            step: "cases".into(),
            admitted: true,
            reason: String::new(),
            manifest: String::new(),
            recorded_at: at,
            by,
        };
        self.store.save_admission(self.here, &admission, Some(b"rule"), &stamp()).await.unwrap();
        let ordinance = self.store.save_ordinance(self.here, "rate = 1", &stamp()).await.unwrap();
        let digest = Digest::of(b"revision");
        let revision = Revision { digest, slot: slot.into(), rule, ordinance, segments: Vec::new(), about };
        self.store.save_revision(self.here, &revision, TODAY, &stamp()).await.unwrap();
        digest
    }

    /// Makes changes by an act of tanaka's that suzuki signs.
    pub async fn enact(&self, changes: Vec<Change>) -> Digest {
        let changes = based(&self.store, self.here, changes).await.unwrap();
        let (reason, shown) = ("理由".into(), "内容".into());
        self.pass(Proposal { changes, reason, shown, checkers: 1, eligible: Vec::new(), emergency: false }).await
    }

    /// Both sign a proposal.
    pub async fn pass(&self, proposal: Proposal) -> Digest {
        let act = propose(&self.store, self.here, &self.tanaka, proposal, &now()).await.unwrap();
        let signed = sign(&self.store, self.here, &self.suzuki, act, Verdict::Approve, &now()).await.unwrap();
        assert_eq!(signed, Signed { in_effect: true, missing: 0 });
        act
    }

    pub async fn protect(&self, person: i64, from: Date, until: Date) {
        self.enact(vec![Change::Protection(Protection { person: PersonId(person), from, until })]).await;
    }

    /// Somebody with a name, a birth date, a household since 2000 and an address.
    pub async fn resident(&self, person: i64, kana: &str, household: i64, address: &str) {
        let id = PersonId(person);
        let about = |kind, from, until, household, values| Assertion {
            person: id,
            kind,
            item: 0,
            from,
            until,
            household,
            values: Some(values),
            source: "住民基本台帳".into(),
        };
        let birth = Date::new(1980, 5, 17).packed();
        let facts = [
            about(Kind::Persons, Date::MIN, Date::MAX, None, vec![birth, birth]),
            about(Kind::Membership, Date::new(2000, 1, 1), Date::MAX, Some(HouseholdId(household)), vec![i64::from(person % 10 == 1)]),
        ];
        self.store.assert_facts(self.here, TODAY, &facts, &stamp()).await.unwrap();
        let name = Name { person: id, name: format!("名{person}"), kana: kana.into(), latin: None, alias: None };
        self.store.save_names(self.here, TODAY, &[name], &stamp()).await.unwrap();
        let address = Address { person: id, address: address.into(), postcode: Some("070-0000".into()) };
        self.store.save_addresses(self.here, TODAY, &[address], &stamp()).await.unwrap();
    }
}
