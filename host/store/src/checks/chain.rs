//! What the audit chain promises: whatever was done to it, or to what it vouches for, is found and
//! said by its entry.

use super::acts::{literal, put_in_force, tamper};
use super::{LEARNT, born, day, desk, office, packed, some_revision, stamp};
use crate::audit::Broken;
use crate::names::Name;
use crate::{Store, StoreError};
use jorei_domain::audit::{Head, START};
use jorei_domain::calendar::Date;
use jorei_domain::decision::Failure;
use jorei_domain::id::{Digest, Municipality, PersonId};

/// Every check of this file.
pub async fn check(store: &Store) {
    check_entries(store).await;
    check_tampering(store).await;
    check_cut_tail(store).await;
    check_heads(store).await;
    check_what_it_vouches_for(store).await;
    check_activation_without_act(store).await;
    check_writers(store).await;
}

async fn verify(store: &Store, office: Municipality, heads: &[Head]) -> Vec<Broken> {
    let mut seen = Vec::new();
    let broken = store.audit_verify(office, heads, |sequence| seen.push(sequence)).await.unwrap();
    assert!(seen.is_sorted());
    broken
}

async fn head(store: &Store, office: Municipality) -> Head {
    let (sequence, link) = store.audit_head(office).await.unwrap();
    Head { municipality: office, sequence, link, stamp: stamp() }
}

/// One call of every kind, and what is broken after it: nothing.
async fn everything(store: &Store, office: Municipality) {
    let revision = some_revision(store, office).await;
    store.assert_facts(office, LEARNT, &[born(1, "1980-01-01"), born(2, "1981-01-01")], &stamp()).await.unwrap();
    let name = Name { person: PersonId(1), name: "甲野".into(), kana: "コウノ".into(), latin: None, alias: None };
    store.save_names(office, LEARNT, &[name], &stamp()).await.unwrap();
    put_in_force(store, office, revision, Date::MIN, Date::MAX).await;
    desk::fill(store, office, revision).await;
    let batch: Vec<_> = (1..=40).map(|household| packed(office, revision, household, 1, Failure::Trap, None)).collect();
    store.save_decisions(&batch, &stamp()).await.unwrap();
    assert_eq!(verify(store, office, &[head(store, office).await]).await, []);
}

/// Every writing call leaves an entry, a repeated one none; pages meet; no name gets in.
async fn check_entries(store: &Store) {
    let office = office(50);
    assert_eq!(store.audit_head(office).await.unwrap(), (0, START));
    assert_eq!(verify(store, office, &[head(store, office).await]).await, []);
    everything(store, office).await;
    let entries = store.audit_entries(office, 0, 100).await.unwrap();
    let kinds: Vec<_> = entries.iter().map(|stored| stored.entry.kind.as_str()).collect();
    let expected = [
        "rule",
        "ordinance",
        "revision",
        "facts",
        "names",
        "act",
        "signature",
        "effect",
        "act",
        "signature",
        "effect",
        "rule",
        "admission",
        "draft",
        "pause",
        "shadow report",
        "decisions",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(entries.iter().map(|stored| stored.entry.sequence).collect::<Vec<_>>(), (1..18).collect::<Vec<_>>());
    assert_eq!(entries[16].payload.len(), 40 * 32);
    let (last, link) = store.audit_head(office).await.unwrap();
    assert_eq!((last, link), (17, entries[16].link));
    for stored in &entries {
        let text = format!("{} {}", stored.entry.subject, String::from_utf8_lossy(&stored.payload));
        assert!(!text.contains("甲野") && !text.contains("コウノ"), "{text}");
        assert_eq!(stored.entry.stamp, stamp());
    }
    let page = store.audit_entries(office, 5, 3).await.unwrap();
    assert_eq!(page, entries[5..8]);

    // Again, the same: nothing was done, so nothing is said.
    let revision = some_revision(store, office).await;
    let batch: Vec<_> = (1..=40).map(|household| packed(office, revision, household, 1, Failure::Trap, None)).collect();
    store.save_decisions(&batch, &stamp()).await.unwrap();
    desk_again(store, office).await;
    assert_eq!(store.audit_head(office).await.unwrap(), (last, link));
    // A batch with one new decision names that one.
    let mut more = batch[30..].to_vec();
    more.push(packed(office, revision, 41, 1, Failure::Trap, None));
    store.save_decisions(&more, &stamp()).await.unwrap();
    assert_eq!(store.audit_entries(office, last, 9).await.unwrap()[0].payload, more[10].id().0);
    // A call that fails leaves none.
    let other = packed(office, revision, 7, 1, Failure::Fuel, None);
    assert!(store.save_decisions(&[other], &stamp()).await.is_err());
    assert_eq!(store.audit_head(office).await.unwrap().0, last + 1);
}

async fn desk_again(store: &Store, office: Municipality) {
    assert_eq!(store.save_draft(office, "premium", 1, "rate = 1", &stamp()).await.unwrap(), 1);
    for act in store.acts(office).await.unwrap() {
        store.propose(&act.act, "signed again", LEARNT, &stamp()).await.unwrap();
    }
}

/// The statement that sets a column of one entry.
fn edit(office: Municipality, sequence: i64, set: &str) -> String {
    format!("UPDATE audit SET {set} WHERE municipality = {} AND sequence = {sequence}", office.number())
}

/// Each way to change the chain is found, and told from the others.
async fn check_tampering(store: &Store) {
    let bytes = literal(store, &[7; 32]);
    let five = |set: &str| vec![(5, set.to_owned())];
    // Through a place that is free, for no two may have one.
    let swap =
        |other: i64| vec![(5, "sequence = 1000".to_owned()), (other, "sequence = 5".to_owned()), (1000, format!("sequence = {other}"))];
    let cases = [
        (51, five(&format!("payload = {bytes}")), vec![Broken::Payload { sequence: 5 }]),
        (52, five("by_whom = 'mallory'"), vec![Broken::Entry { sequence: 5 }]),
        (53, five("subject = 'nothing'"), vec![Broken::Entry { sequence: 5 }]),
        (54, five(&format!("link = {bytes}")), vec![Broken::Link { sequence: 5 }]),
        (55, five(&format!("payload_hash = {bytes}")), vec![Broken::Entry { sequence: 5 }]),
        (56, vec![], vec![Broken::Gap { sequence: 5, next: 6 }]),
        (57, swap(7), vec![Broken::Moved { sequence: 5, written: 7 }, Broken::Moved { sequence: 7, written: 5 }]),
        (58, swap(6), vec![Broken::Moved { sequence: 5, written: 6 }, Broken::Moved { sequence: 6, written: 5 }]),
    ];
    for (number, edits, expected) in cases {
        let office = office(number);
        everything(store, office).await;
        if edits.is_empty() {
            tamper(store, "audit", format!("DELETE FROM audit WHERE municipality = {} AND sequence = 5", office.number())).await;
        }
        for (sequence, set) in &edits {
            tamper(store, "audit", edit(office, *sequence, set)).await;
        }
        let broken = verify(store, office, &[]).await;
        assert_eq!(broken, expected, "{edits:?}");
        assert!(broken.iter().all(|found| found.to_string().starts_with(&format!("entry {}: ", found.sequence()))));
    }
    // The last entry has nobody behind it to tell an edited text from an edited link.
    let office = office(59);
    everything(store, office).await;
    tamper(store, "audit", edit(office, 17, &format!("link = {bytes}"))).await;
    assert_eq!(verify(store, office, &[]).await, [Broken::EntryOrLink { sequence: 17 }]);
}

/// A tail that was cut is found by the counter; with the counter edited too, by a head alone.
async fn check_cut_tail(store: &Store) {
    let office = office(60);
    everything(store, office).await;
    let kept = head(store, office).await;
    let cut = format!("DELETE FROM audit WHERE municipality = {} AND sequence > 15", office.number());
    tamper(store, "audit", cut).await;
    // What the entries that are gone vouched for is missing too, and said.
    let chain = async |heads: &[Head]| {
        let mut broken = verify(store, office, heads).await;
        broken.retain(|found| !matches!(found, Broken::Unrecorded { .. }));
        broken
    };
    assert_eq!(chain(&[]).await, [Broken::CutTail { sequence: 16, counted: 17 }]);
    assert!(verify(store, office, &[]).await.len() > 1);
    // The chain is not carried on over the hole.
    assert!(matches!(store.assert_facts(office, LEARNT, &[], &stamp()).await, Err(StoreError::Damaged(_))));
    let counter = format!("UPDATE audit_counter SET next = 16 WHERE municipality = {}", office.number());
    sqlx::Executor::execute(&store.pool, sqlx::AssertSqlSafe(counter)).await.unwrap();
    assert_eq!(chain(&[]).await, []);
    let beyond = Broken::HeadBeyond { sequence: 17, at: kept.stamp.at.clone() };
    assert_eq!(chain(std::slice::from_ref(&kept)).await, [beyond]);
    // Filled up again, the chain is as long, and another one.
    for _ in 0..2 {
        store.assert_facts(office, LEARNT, &[], &stamp()).await.unwrap();
    }
    let differs = Broken::HeadDiffers { sequence: 17, at: kept.stamp.at.clone() };
    assert_eq!(chain(&[kept]).await, [differs]);
    let counter = format!("UPDATE audit_counter SET next = 10 WHERE municipality = {}", office.number());
    sqlx::Executor::execute(&store.pool, sqlx::AssertSqlSafe(counter)).await.unwrap();
    assert_eq!(chain(&[]).await, [Broken::Counter { sequence: 17, counted: 9 }]);
}

/// Heads of any age fit, of other offices are passed over, and a forged one is found.
async fn check_heads(store: &Store) {
    let office = office(61);
    let empty = head(store, office).await;
    store.save_rule(office, b"component", &stamp()).await.unwrap();
    let early = head(store, office).await;
    everything(store, office).await;
    let late = head(store, office).await;
    let elsewhere = Head { municipality: super::office(62), sequence: 99, ..late.clone() };
    assert_eq!(verify(store, office, &[late.clone(), elsewhere, empty, early.clone()]).await, []);
    let forged = Head { link: Digest::of(b"forged"), ..early };
    assert_eq!(verify(store, office, &[forged, late]).await, [Broken::HeadDiffers { sequence: 1, at: stamp().at }]);
}

/// Rows that an entry vouches for are looked up: an edited one and a missing one are found.
async fn check_what_it_vouches_for(store: &Store) {
    let cases = [
        (63, "fact", "UPDATE fact SET source = 'other' WHERE municipality = $ AND ordinal = 1", "the set of facts", false),
        (64, "fact", "DELETE FROM fact WHERE municipality = $ AND ordinal = 1", "the set of facts", false),
        (65, "decision", "DELETE FROM decision WHERE municipality = $ AND household = 7", "decision", true),
        (66, "decision", "UPDATE decision SET household = 70 WHERE municipality = $ AND household = 7", "decision", false),
        (67, "decision", "UPDATE decision SET content = id WHERE municipality = $ AND household = 7", "decision", false),
        (68, "act", "UPDATE act SET signature = 'other' WHERE municipality = $ AND ordinal = 2", "act", false),
        (69, "act", "UPDATE act SET content = id WHERE municipality = $ AND ordinal = 2", "act", false),
        (
            70,
            "act_signature",
            "DELETE FROM act_signature WHERE municipality = $ AND act = (SELECT id FROM act WHERE municipality = $ AND ordinal = 2)",
            "act",
            true,
        ),
        (
            71,
            "act_signature",
            "UPDATE act_signature SET signature = 'x' WHERE municipality = $ AND act = (SELECT id FROM act WHERE municipality = $ AND ordinal = 2)",
            "act",
            false,
        ),
        (72, "effect", "DELETE FROM effect WHERE municipality = $ AND kind = 'activation'", "the effect of act", true),
        (73, "effect", "UPDATE effect SET content = base WHERE municipality = $ AND kind = 'activation'", "the effect of act", false),
        (74, "activation", "UPDATE activation SET case_until = '2025-04-02' WHERE municipality = $", "the effect of act", false),
        (
            75,
            "rule",
            "UPDATE rule SET component = digest WHERE municipality = $ AND digest IN (SELECT rule_digest FROM revision WHERE municipality = $)",
            "rule",
            false,
        ),
        (76, "ordinance", "UPDATE ordinance SET written = 'rate = 2' WHERE municipality = $", "ordinance", false),
        (77, "revision", "UPDATE revision SET about = '[]' WHERE municipality = $", "revision", false),
        (78, "draft", "UPDATE draft SET written = 'rate = 2' WHERE municipality = $", "draft premium version 1", false),
        (79, "pause", "DELETE FROM pause WHERE municipality = $", "pause", true),
        (80, "admission", "UPDATE admission SET reason = 'x' WHERE municipality = $", "admission 1", false),
        (81, "shadow_report", "UPDATE shadow_report SET content = 'x' WHERE municipality = $", "shadow report", false),
    ];
    for (number, table, sql, what, is_missing) in cases {
        let office = office(number);
        everything(store, office).await;
        tamper(store, table, sql.replace('$', &office.number().to_string())).await;
        let mut broken = verify(store, office, &[]).await;
        // An effect that is gone leaves its activation without an act, which is said as well.
        broken.retain(|found| number != 72 || !matches!(found, Broken::Unrecorded { what, .. } if what.starts_with("activation")));
        match broken.as_slice() {
            [Broken::Missing { what: found, .. }] if is_missing => assert!(found.starts_with(what), "{sql}: {found}"),
            [Broken::Altered { what: found, .. }] if !is_missing => assert!(found.starts_with(what), "{sql}: {found}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
    // A signature that nobody gave, written past the store.
    let office = office(82);
    everything(store, office).await;
    let columns = "municipality, act, account, verdict, at, signature";
    let copy = "municipality, act, 'mallory', verdict, at, signature FROM act_signature";
    let forged = format!("INSERT INTO act_signature ({columns}) SELECT {copy} WHERE municipality = {}", office.number());
    tamper(store, "act_signature", forged).await;
    let broken = verify(store, office, &[]).await;
    assert_eq!(broken.len(), 2);
    // Decisions and a rule that the chain has never seen.
    let other = super::office(86);
    everything(store, other).await;
    let columns = "municipality, slot, case_on, household, version, id, revision, status, knowledge, fuel, amount, recorded_at, content";
    let bytes = literal(store, &[9; 32]);
    let copy =
        format!("municipality, slot, case_on, household, 2, {bytes}, revision, status, knowledge, fuel, amount, recorded_at, content");
    let forged =
        format!("INSERT INTO decision ({columns}) SELECT {copy} FROM decision WHERE municipality = {} AND household = 1", other.number());
    tamper(store, "decision", forged).await;
    let forged = format!("INSERT INTO rule (municipality, digest, component) VALUES ({}, {bytes}, {bytes})", other.number());
    tamper(store, "rule", forged).await;
    let unseen: Vec<String> = verify(store, other, &[]).await.iter().map(ToString::to_string).collect();
    assert_eq!(unseen.len(), 2, "{unseen:?}");
    assert!(unseen[0].contains("rows of kind rule") && unseen[1].contains("1 decision(s)"), "{unseen:?}");
    assert!(broken.iter().all(|found| matches!(found, Broken::Unrecorded { sequence: 17, what } if what.ends_with("signed by mallory"))));
}

/// A revision put in force past the store, by nobody's act.
async fn check_activation_without_act(store: &Store) {
    let office = office(85);
    everything(store, office).await;
    let knowledge = store.assert_facts(office, LEARNT, &[], &stamp()).await.unwrap();
    let columns = "municipality, knowledge, slot, revision, case_from, case_until, recorded_on";
    let copy = format!("municipality, {knowledge}, slot, revision, case_from, case_until, recorded_on FROM activation");
    let forged = format!("INSERT INTO activation ({columns}) SELECT {copy} WHERE municipality = {}", office.number());
    tamper(store, "activation", forged).await;
    match verify(store, office, &[]).await.as_slice() {
        [Broken::Unrecorded { what, .. }] => assert!(what.starts_with(&format!("activation {knowledge} of revision ")), "{what}"),
        other => panic!("{other:?}"),
    }
}

/// Of writers of every kind at once, each gets an entry, and the chain holds.
async fn check_writers(store: &Store) {
    let (one, two) = (office(83), office(84));
    for office in [one, two] {
        some_revision(store, office).await;
    }
    let before = store.audit_head(one).await.unwrap().0;
    let writers: Vec<_> = (0..12_i64)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let revision = Digest::of(b"revision");
                match n % 3 {
                    0 => store.assert_facts(one, day("2025-06-01"), &[born(n + 1, "1980-01-01")], &stamp()).await.map(|_| ()),
                    1 => store.save_rule(one, &n.to_be_bytes(), &stamp()).await.map(|_| ()),
                    // Both offices in one batch, in either order.
                    _ => {
                        let mut batch = [one, two].map(|office| packed(office, revision, n, 1, Failure::Trap, None));
                        if n % 2 == 0 {
                            batch.reverse();
                        }
                        store.save_decisions(&batch, &stamp()).await.map(|_| ())
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(store.audit_head(one).await.unwrap().0, before + 12);
    for office in [one, two] {
        assert_eq!(verify(store, office, &[]).await, []);
    }
}
