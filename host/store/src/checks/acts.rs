//! What acts promise: two people for what can hurt, and no way around them.

use super::{LEARNT, day, office, revision_named, stamp};
use crate::acts::{ActError, Signed, Verdict};
use crate::{Store, StoreError};
use jorei_domain::act::{Account, Act, Activation, Based, Change, Granted, NO_STATE, Threshold, Vendor, VendorKey};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Knowledge, Municipality};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

/// Every check of this file.
pub async fn check(store: &Store) {
    check_founding(store).await;
    check_signers(store).await;
    check_accounts(store).await;
    check_counts(store).await;
    check_bases(store).await;
    check_forms(store).await;
    check_emergency(store).await;
    check_going_back(store).await;
    check_rejection(store).await;
    check_activations(store).await;
    check_edited(store).await;
    check_races(store).await;
    check_rivals(store).await;
    check_raced_foundings(store).await;
}

pub(super) fn at(second: u32) -> Stamp {
    Stamp { by: "checks".into(), at: format!("2025-06-01T10:{:02}:{:02}Z", second / 60, second % 60) }
}

pub(super) fn account(name: &str) -> Change {
    Change::Account(Account { name: name.into(), key: format!("key of {name}"), from: day("2025-04-01"), until: day("2026-04-01") })
}

pub(super) fn grant(rule: &str, records: &[&str]) -> Change {
    let records = records.iter().map(|record| (*record).to_owned()).collect();
    Change::Grant(Granted { vendor: "v".into(), rule: rule.into(), records, capabilities: Vec::new() })
}

/// An act of tanaka's on what is in effect now.
pub(super) async fn act(store: &Store, office: Municipality, reason: &str, changes: &[Change]) -> Act {
    let mut based = Vec::new();
    for change in changes {
        let current = store.state(office, change.kind(), &change.key()).await.unwrap();
        based.push(Based { base: current.map_or(NO_STATE, |(act, _)| act), change: change.clone() });
    }
    Act {
        municipality: office,
        changes: based,
        reason: reason.into(),
        shown: "旧 → 新".into(),
        maker: "tanaka".into(),
        checkers: 1,
        eligible: Vec::new(),
        emergency: false,
        made_at: "2025-06-01T00:00:00Z".into(),
    }
}

pub(super) async fn propose(store: &Store, act: &Act) -> Result<Digest, StoreError> {
    store.propose(act, "signed by the maker", LEARNT, &stamp()).await
}

pub(super) async fn sign(store: &Store, office: Municipality, act: Digest, account: &str) -> Result<Signed, StoreError> {
    store.sign(office, act, account, Verdict::Approve, "signed", LEARNT, &stamp()).await
}

/// tanaka, suzuki and sato, if the office has no accounts yet.
pub(super) async fn found(store: &Store, office: Municipality) {
    if store.states(office, "account").await.unwrap().is_empty() {
        let founding = act(store, office, "founding", &["tanaka", "suzuki", "sato"].map(account)).await;
        let id = propose(store, &founding).await.unwrap();
        assert_eq!(sign(store, office, id, "suzuki").await.unwrap(), Signed { in_effect: true, missing: 0 });
    }
}

/// Makes the changes by an act of tanaka's that suzuki signs.
pub(super) async fn enact(store: &Store, office: Municipality, changes: &[Change]) -> Digest {
    found(store, office).await;
    let id = propose(store, &act(store, office, "enacted", changes).await).await.unwrap();
    assert!(sign(store, office, id, "suzuki").await.unwrap().in_effect);
    id
}

/// Puts a revision in force for the slot premium; answers the activation's number.
pub(super) async fn put_in_force(store: &Store, office: Municipality, revision: Digest, from: Date, until: Date) -> Knowledge {
    enact(store, office, &[Change::Activation(Activation { slot: "premium".into(), revision, from, until })]).await;
    store.latest_knowledge(office).await.unwrap()
}

/// A quarantined revision is not put in force, whoever asks.
pub(super) async fn check_quarantined(store: &Store, office: Municipality, revision: Digest) {
    let change = Change::Activation(Activation { slot: "premium".into(), revision, from: Date::MIN, until: Date::MAX });
    let again = act(store, office, "again", &[change]).await;
    let refused = propose(store, &again).await;
    assert!(matches!(refused, Err(StoreError::Activation { wrong: "it is quarantined", .. })), "{refused:?}");
}

/// In an emergency one person goes back to what answered all of the dates before, and to nothing
/// else: not to a paused revision, not to the one in force, not to dates that it never answered,
/// and not on the word of another emergency that nobody signed.
async fn check_going_back(store: &Store) {
    let office = office(27);
    let (first, second) = (revision_named(store, office, b"first").await, revision_named(store, office, b"second").await);
    let (from, until) = (day("2025-04-01"), day("2026-04-01"));
    let back = |revision: Digest, from: Date, until: Date| Change::Activation(Activation { slot: "premium".into(), revision, from, until });
    put_in_force(store, office, first, from, until).await;
    put_in_force(store, office, second, from, until).await;
    let emergency = async |change: Change| Act { emergency: true, ..act(store, office, "back", &[change]).await };
    let no = ActError::NoEmergency { kind: "activation", key: "premium".into() };
    for change in [back(second, from, until), back(first, from, day("2027-04-01")), back(first, day("2024-04-01"), until)] {
        assert_eq!(refusal(propose(store, &emergency(change.clone()).await).await), no, "{change:?}");
    }
    let pause = crate::pauses::Pause {
        knowledge: Knowledge(0),
        slot: "premium".into(),
        revision: second,
        reason: "traps".into(),
        last_good: Some(first),
        quarantine: false,
        recorded_on: LEARNT,
    };
    store.save_pause(office, &pause, &stamp()).await.unwrap();
    assert_eq!(refusal(propose(store, &emergency(back(second, from, until)).await).await), no);
    // Two people may put it in force again; by an act that was made before the pause they cannot.
    let second_again = act(store, office, "again", &[back(second, from, until)]).await;
    let made_after = propose(store, &second_again).await.unwrap();
    let later = crate::pauses::Pause { reason: "traps again".into(), ..pause };
    store.save_pause(office, &later, &stamp()).await.unwrap();
    let since = ActError::PausedSince { revision: second, on: LEARNT };
    assert_eq!(refusal(sign(store, office, made_after, "suzuki").await), since);
    let act_back = emergency(back(first, from, until)).await;
    let id = propose(store, &act_back).await.unwrap();
    let latest = store.latest_knowledge(office).await.unwrap();
    assert_eq!(store.active_revision(office, "premium", from, latest).await.unwrap(), Some(first));
    // Nothing more to go back to while it is in force.
    assert_eq!(refusal(propose(store, &emergency(back(first, from, until)).await).await), no);
    sign(store, office, id, "suzuki").await.unwrap();
}

fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> ActError {
    match result {
        Err(StoreError::Act(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn named(name: &str) -> String {
    name.to_owned()
}

/// The first accounts come by an act of two of them; not by one, not as an emergency, and never
/// again once there are any.
async fn check_founding(store: &Store) {
    let office = office(20);
    let one = act(store, office, "one", &[account("tanaka")]).await;
    assert_eq!(refusal(propose(store, &one).await), ActError::NoAccounts);
    let two = [account("tanaka"), account("suzuki")];
    let emergency = Act { emergency: true, ..act(store, office, "two", &two).await };
    assert_eq!(refusal(propose(store, &emergency).await), ActError::EmergencyFounding);
    let stranger = Act { maker: "mallory".into(), ..act(store, office, "two", &two).await };
    assert_eq!(refusal(propose(store, &stranger).await), ActError::NoSuchAccount { account: named("mallory") });
    // A single person with two names.
    let Change::Account(suzuki) = account("suzuki") else { unreachable!() };
    let same = [account("tanaka"), Change::Account(Account { key: "key of tanaka".into(), ..suzuki })];
    let same = act(store, office, "two", &same).await;
    assert_eq!(refusal(propose(store, &same).await), ActError::SameKey { account: named("tanaka"), other: named("suzuki") });
    assert_eq!(store.latest_knowledge(office).await.unwrap(), Knowledge(0));

    let rival = act(store, office, "rival", &[account("mallory"), account("eve")]).await;
    let rival = propose(store, &Act { maker: "mallory".into(), ..rival }).await.unwrap();
    let founding = act(store, office, "two", &two).await;
    let id = propose(store, &founding).await.unwrap();
    assert_eq!(propose(store, &founding).await.unwrap(), id);
    assert_eq!(store.acts(office).await.unwrap().iter().map(|act| act.id).collect::<Vec<_>>(), [id, rival]);
    assert_eq!(refusal(sign(store, office, id, "tanaka").await), ActError::OwnAct { account: named("tanaka"), act: id });
    assert_eq!(refusal(sign(store, office, id, "mallory").await), ActError::NoSuchAccount { account: named("mallory") });
    assert_eq!(sign(store, office, id, "suzuki").await.unwrap(), Signed { in_effect: true, missing: 0 });
    assert_eq!(store.state(office, "account", "suzuki").await.unwrap(), Some((id, account("suzuki"))));
    assert_eq!(store.states(office, "account").await.unwrap(), [(id, account("suzuki")), (id, account("tanaka"))]);
    // The other founding came too late, whoever signs it.
    assert_eq!(refusal(sign(store, office, rival, "eve").await), ActError::NoSuchAccount { account: named("eve") });
    assert_eq!(refusal(sign(store, office, rival, "suzuki").await), ActError::NoSuchAccount { account: named("mallory") });
    assert_eq!(store.states(office, "account").await.unwrap().len(), 2);

    let stored = store.act(office, id).await.unwrap().unwrap();
    assert_eq!((stored.act, stored.maker_signature.as_str()), (founding, "signed by the maker"));
    assert_eq!(stored.effect_at, Some(stamp().at));
    assert_eq!(store.act_by_prefix(office, &id.to_string()[..20]).await.unwrap().unwrap().id, id);
    assert!(matches!(store.act_by_prefix(office, "").await, Err(StoreError::Prefix { what: "act", .. })));
    assert_eq!(store.act(office, Digest::of(b"none")).await.unwrap(), None);
}

/// Nobody signs their own act, or twice, or where others are named.
async fn check_signers(store: &Store) {
    let office = office(21);
    found(store, office).await;
    let two = Act { checkers: 2, ..act(store, office, "two", &[grant("a", &[])]).await };
    let id = propose(store, &two).await.unwrap();
    assert_eq!(refusal(sign(store, office, id, "tanaka").await), ActError::OwnAct { account: named("tanaka"), act: id });
    assert_eq!(sign(store, office, id, "suzuki").await.unwrap(), Signed { in_effect: false, missing: 1 });
    for verdict in [Verdict::Approve, Verdict::Reject] {
        let again = store.sign(office, id, "suzuki", verdict, "again", LEARNT, &stamp()).await;
        assert_eq!(refusal(again), ActError::SignedAlready { account: named("suzuki"), act: id });
    }
    assert_eq!(store.state(office, "grant", "v/a").await.unwrap(), None);
    let none = Digest::of(b"none");
    assert_eq!(refusal(sign(store, office, none, "suzuki").await), ActError::NoSuchAct { act: none });

    let named_only = |eligible: &[&str]| eligible.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let for_sato = Act { eligible: named_only(&["sato"]), ..act(store, office, "sato", &[grant("b", &[])]).await };
    let id = propose(store, &for_sato).await.unwrap();
    let refused = ActError::NotEligible { account: named("suzuki"), act: id, eligible: named("sato") };
    assert_eq!(refusal(sign(store, office, id, "suzuki").await), refused);
    assert!(sign(store, office, id, "sato").await.unwrap().in_effect);
    // Names that nobody has, the maker's own, and one name twice are nobody.
    for eligible in [&["tanaka"][..], &["nobody"], &["sato", "sato"]] {
        let checkers = u32::try_from(eligible.len()).unwrap();
        let short = Act { eligible: named_only(eligible), checkers, ..act(store, office, "short", &[grant("c", &[])]).await };
        let able = u32::from(eligible.contains(&"sato"));
        assert_eq!(refusal(propose(store, &short).await), ActError::TooFewSigners { able, checkers });
    }
    let many = Act { checkers: 3, ..act(store, office, "many", &[grant("c", &[])]).await };
    assert_eq!(refusal(propose(store, &many).await), ActError::TooFewSigners { able: 2, checkers: 3 });
}

/// An account counts on its days only, and has a key of its own.
async fn check_accounts(store: &Store) {
    let office = office(22);
    found(store, office).await;
    let proposed = act(store, office, "grant", &[grant("a", &[])]).await;
    let early = store.propose(&proposed, "s", day("2025-03-31"), &stamp()).await;
    assert_eq!(refusal(early), ActError::NotYetGood { account: named("tanaka"), from: day("2025-04-01") });
    let late = store.propose(&proposed, "s", day("2026-04-01"), &stamp()).await;
    assert_eq!(refusal(late), ActError::Ended { account: named("tanaka"), until: day("2026-04-01") });
    let id = store.propose(&proposed, "s", day("2025-04-01"), &stamp()).await.unwrap();
    let late = store.sign(office, id, "suzuki", Verdict::Approve, "s", day("2026-04-01"), &stamp()).await;
    assert_eq!(refusal(late), ActError::Ended { account: named("suzuki"), until: day("2026-04-01") });

    // An account that is ended by an act signs nothing from then on.
    let Change::Account(suzuki) = account("suzuki") else { unreachable!() };
    let ended = Change::Account(Account { until: LEARNT, ..suzuki.clone() });
    enact(store, office, &[ended]).await;
    assert_eq!(refusal(sign(store, office, id, "suzuki").await), ActError::Ended { account: named("suzuki"), until: LEARNT });
    let last = Act { checkers: 2, ..act(store, office, "two", &[grant("b", &[])]).await };
    assert_eq!(refusal(propose(store, &last).await), ActError::TooFewSigners { able: 1, checkers: 2 });

    let taken = Change::Account(Account { name: "yamada".into(), key: "key of sato".into(), ..suzuki.clone() });
    let taken = act(store, office, "key", &[taken]).await;
    assert_eq!(refusal(propose(store, &taken).await), ActError::SameKey { account: named("yamada"), other: named("sato") });
    let twin = |name: &str| Change::Account(Account { name: name.into(), key: "one key".into(), ..suzuki.clone() });
    let twins = act(store, office, "key", &[twin("ito"), twin("kato")]).await;
    assert_eq!(refusal(propose(store, &twins).await), ActError::SameKey { account: named("kato"), other: named("ito") });
    // Two acts, each good by itself: the second to take effect is refused.
    let ito = propose(store, &act(store, office, "ito", &[twin("ito")]).await).await.unwrap();
    let kato = propose(store, &act(store, office, "kato", &[twin("kato")]).await).await.unwrap();
    assert!(sign(store, office, ito, "sato").await.unwrap().in_effect);
    assert_eq!(refusal(sign(store, office, kato, "sato").await), ActError::SameKey { account: named("kato"), other: named("ito") });
}

/// As many people as the act says, and no fewer than the office asks for by kind.
async fn check_counts(store: &Store) {
    let office = office(23);
    found(store, office).await;
    let none = Act { checkers: 0, ..act(store, office, "none", &[grant("a", &[])]).await };
    assert_eq!(refusal(propose(store, &none).await), ActError::TooFewCheckers { kind: "grant", needed: 1, checkers: 0 });
    let before = propose(store, &act(store, office, "before", &[grant("a", &[])]).await).await.unwrap();
    enact(store, office, &[Change::Threshold(Threshold { of: "grant".into(), checkers: 2 })]).await;
    let too_few = ActError::TooFewCheckers { kind: "grant", needed: 2, checkers: 1 };
    assert_eq!(refusal(propose(store, &act(store, office, "after", &[grant("a", &[])]).await).await), too_few);
    // Proposed under the old threshold, it cannot take effect under the new one.
    assert_eq!(refusal(sign(store, office, before, "suzuki").await), too_few);
    // Two people do not undo what takes three.
    let lower = act(store, office, "lower", &[Change::Threshold(Threshold { of: "grant".into(), checkers: 1 })]).await;
    assert_eq!(refusal(propose(store, &lower).await), ActError::TooFewCheckers { kind: "threshold", needed: 2, checkers: 1 });
    let after = Act { checkers: 2, ..act(store, office, "after", &[grant("a", &[])]).await };
    let after = propose(store, &after).await.unwrap();
    assert_eq!(sign(store, office, after, "sato").await.unwrap(), Signed { in_effect: false, missing: 1 });
    let stored = store.act(office, after).await.unwrap().unwrap();
    assert_eq!((stored.approvals(), stored.missing(), stored.is_open()), (1, 1, true));
    assert_eq!(store.state(office, "grant", "v/a").await.unwrap(), None);
    assert_eq!(sign(store, office, after, "suzuki").await.unwrap(), Signed { in_effect: true, missing: 0 });
    assert_eq!(store.state(office, "grant", "v/a").await.unwrap(), Some((after, grant("a", &[]))));
    assert!(!store.act(office, after).await.unwrap().unwrap().is_open());
    assert_eq!(refusal(sign(store, office, after, "suzuki").await), ActError::InEffect { act: after, at: stamp().at });
}

/// An act rests on what was in effect when it was made; once that has changed, it has expired.
async fn check_bases(store: &Store) {
    let office = office(24);
    found(store, office).await;
    let first = propose(store, &act(store, office, "first", &[grant("a", &["persons"])]).await).await.unwrap();
    let second = propose(store, &act(store, office, "second", &[grant("a", &["incomes"])]).await).await.unwrap();
    let stale = act(store, office, "stale", &[grant("a", &[])]).await;
    assert!(sign(store, office, second, "suzuki").await.unwrap().in_effect);
    let expired = ActError::Expired { kind: "grant", key: "v/a".into(), by: second };
    assert_eq!(refusal(sign(store, office, first, "suzuki").await), expired);
    assert_eq!(refusal(propose(store, &stale).await), expired);
    // Nothing of the refused signature is left, and it can still be rejected.
    assert_eq!(store.act(office, first).await.unwrap().unwrap().signatures, []);
    store.sign(office, first, "suzuki", Verdict::Reject, "s", LEARNT, &stamp()).await.unwrap();
    let mut unfounded = act(store, office, "unfounded", &[grant("b", &[])]).await;
    unfounded.changes[0].base = second;
    assert_eq!(refusal(propose(store, &unfounded).await), ActError::NoSuchBase { kind: "grant", key: "v/b".into(), base: second });
    let third = enact(store, office, &[grant("a", &[])]).await;
    assert_eq!(store.state(office, "grant", "v/a").await.unwrap(), Some((third, grant("a", &[]))));
}

/// An act changes something, nothing twice, and nothing into what cannot be.
async fn check_forms(store: &Store) {
    let office = office(25);
    found(store, office).await;
    let empty = act(store, office, "empty", &[]).await;
    assert_eq!(refusal(propose(store, &empty).await), ActError::Empty);
    let twice = act(store, office, "twice", &[grant("a", &[]), grant("a", &["persons"])]).await;
    assert_eq!(refusal(propose(store, &twice).await), ActError::ChangedTwice { kind: "grant", key: "v/a".into() });
    let never = Change::Threshold(Threshold { of: "grant".into(), checkers: 0 });
    let never = act(store, office, "never", &[never]).await;
    assert!(matches!(refusal(propose(store, &never).await), ActError::Impossible { kind: "threshold", .. }));
}

fn vendor(revoked: bool) -> Change {
    Change::Vendor(Vendor { name: "v".into(), keys: vec![VendorKey { key: "k".into(), revoked }], needed: 1 })
}

/// An emergency takes effect at once, for what may; it stays open until others have signed, and a
/// rejection takes nothing back.
async fn check_emergency(store: &Store) {
    let office = office(26);
    enact(store, office, &[vendor(false)]).await;
    let no_harm = Act { emergency: true, ..act(store, office, "no", &[vendor(true), grant("a", &[])]).await };
    assert_eq!(refusal(propose(store, &no_harm).await), ActError::NoEmergency { kind: "grant", key: "v/a".into() });
    // Several accounts at once are no founding any more.
    let accounts = act(store, office, "no", &[account("ito"), account("kato")]).await;
    let accounts = Act { emergency: true, ..accounts };
    assert_eq!(refusal(propose(store, &accounts).await), ActError::NoEmergency { kind: "account", key: "ito".into() });

    let stolen = Act { emergency: true, checkers: 2, ..act(store, office, "stolen", &[vendor(true)]).await };
    let id = propose(store, &stolen).await.unwrap();
    assert_eq!(store.state(office, "vendor", "v").await.unwrap(), Some((id, vendor(true))));
    let open = store.act(office, id).await.unwrap().unwrap();
    assert!(open.is_open() && open.effect_at.is_some());
    assert_eq!(refusal(sign(store, office, id, "tanaka").await), ActError::OwnAct { account: named("tanaka"), act: id });
    assert_eq!(sign(store, office, id, "suzuki").await.unwrap(), Signed { in_effect: true, missing: 1 });
    assert!(store.act(office, id).await.unwrap().unwrap().is_open());
    assert_eq!(sign(store, office, id, "sato").await.unwrap(), Signed { in_effect: true, missing: 0 });
    assert!(!store.act(office, id).await.unwrap().unwrap().is_open());

    let more = Act { emergency: true, ..act(store, office, "more", &[vendor(false)]).await };
    assert_eq!(refusal(propose(store, &more).await), ActError::NoEmergency { kind: "vendor", key: "v".into() });
    let Change::Vendor(stricter) = vendor(true) else { unreachable!("a vendor") };
    let stricter = Change::Vendor(Vendor { needed: 2, ..stricter });
    let back = Act { emergency: true, ..act(store, office, "back", std::slice::from_ref(&stricter)).await };
    let id = propose(store, &back).await.unwrap();
    let rejected = store.sign(office, id, "suzuki", Verdict::Reject, "s", LEARNT, &stamp()).await.unwrap();
    assert_eq!(rejected, Signed { in_effect: true, missing: 1 });
    let closed = store.act(office, id).await.unwrap().unwrap();
    assert!(closed.is_rejected() && !closed.is_open());
    assert_eq!(store.state(office, "vendor", "v").await.unwrap(), Some((id, stricter)));
    let sato = refusal(sign(store, office, id, "sato").await);
    assert_eq!(sato, ActError::Rejected { act: id, account: named("suzuki"), at: stamp().at });
}

/// One rejection closes an act, whoever approved it before.
async fn check_rejection(store: &Store) {
    let office = office(27);
    found(store, office).await;
    let two = Act { checkers: 2, ..act(store, office, "two", &[grant("a", &[])]).await };
    let id = propose(store, &two).await.unwrap();
    sign(store, office, id, "suzuki").await.unwrap();
    let rejected = store.sign(office, id, "sato", Verdict::Reject, "no", LEARNT, &at(1)).await.unwrap();
    assert!(!rejected.in_effect);
    let refused = refusal(sign(store, office, id, "suzuki").await);
    assert_eq!(refused, ActError::Rejected { act: id, account: named("sato"), at: at(1).at });
    assert_eq!(store.state(office, "grant", "v/a").await.unwrap(), None);
}

/// Only a stored revision of the slot goes in force, and every activation of an act has a number
/// of its own.
async fn check_activations(store: &Store) {
    let office = office(28);
    found(store, office).await;
    let revision = revision_named(store, office, b"first").await;
    let (from, until) = (day("2025-04-01"), day("2026-04-01"));
    let activation = |slot: &str, revision, until| Change::Activation(Activation { slot: slot.into(), revision, from, until });
    for (slot, revision, until) in [("refund", revision, until), ("premium", Digest::of(b"orphan"), until), ("premium", revision, from)] {
        let wrong = act(store, office, "wrong", &[activation(slot, revision, until)]).await;
        assert!(matches!(propose(store, &wrong).await, Err(StoreError::Activation { .. })), "{slot}");
    }
    let rule = store.rules(office).await.unwrap()[0];
    let ordinance = store.ordinances(office).await.unwrap()[0];
    let refund = Digest::of(b"refund");
    let stored =
        crate::revisions::Revision { digest: refund, slot: "refund".into(), rule, ordinance, segments: Vec::new(), about: "{}".into() };
    store.save_revision(office, &stored, LEARNT, &stamp()).await.unwrap();
    let before = store.latest_knowledge(office).await.unwrap();
    let changes = [grant("a", &[]), activation("premium", revision, until), grant("b", &[]), activation("refund", refund, until)];
    let proposed = propose(store, &act(store, office, "both", &changes).await).await.unwrap();
    assert_eq!(store.latest_knowledge(office).await.unwrap(), before);
    assert_eq!(store.activations(office, "premium").await.unwrap(), []);
    sign(store, office, proposed, "sato").await.unwrap();
    let numbers = |slot: &'static str| async move {
        store.activations(office, slot).await.unwrap().iter().map(|activation| activation.knowledge.0).collect::<Vec<_>>()
    };
    assert_eq!(numbers("premium").await, [before.0 + 1]);
    assert_eq!(numbers("refund").await, [before.0 + 2]);
    let now = store.latest_knowledge(office).await.unwrap();
    assert_eq!(store.active_revision(office, "refund", from, now).await.unwrap(), Some(refund));
    assert_eq!(store.states(office, "activation").await.unwrap().len(), 2);
}

/// Runs a statement against the triggers' will.
pub(super) async fn tamper(store: &Store, table: &str, sql: String) {
    let postgres = store.database == crate::Database::Postgres;
    let mut connection = store.pool.acquire().await.unwrap();
    let mut run = Vec::new();
    if postgres {
        // Also the foreign keys, which are triggers there.
        run.extend(["SET session_replication_role = replica".to_owned(), sql, "SET session_replication_role = DEFAULT".to_owned()]);
    } else {
        let definitions = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = $1";
        let triggers = sqlx::query(definitions).bind(table).fetch_all(&mut *connection).await.unwrap();
        run.push("PRAGMA foreign_keys = OFF".to_owned());
        run.extend(["no_update", "no_delete"].map(|name| format!("DROP TRIGGER {table}_{name}")));
        run.push(sql);
        run.extend(triggers.iter().map(|row| row.get::<String, _>(0)));
        run.push("PRAGMA foreign_keys = ON".to_owned());
    }
    for sql in run {
        (*connection).execute(AssertSqlSafe(sql.clone())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// Bytes as both databases write them.
pub(super) fn literal(store: &Store, bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if store.database == crate::Database::Postgres { format!("'\\x{digits}'::bytea") } else { format!("x'{digits}'") }
}

/// An act whose content was edited after it was signed does nothing, nor does an edited state.
async fn check_edited(store: &Store) {
    let office = office(29);
    found(store, office).await;
    let shown = Act { checkers: 2, ..act(store, office, "edited", &[grant("a", &["persons"])]).await };
    let id = propose(store, &shown).await.unwrap();
    sign(store, office, id, "suzuki").await.unwrap();
    let other = Act { changes: vec![Based { base: NO_STATE, change: grant("a", &["incomes"]) }], ..shown };
    let content = literal(store, &other.content());
    let edit = format!("UPDATE act SET content = {content} WHERE municipality = {} AND id = {}", office.number(), literal(store, &id.0));
    let before = store.audit_head(office).await.unwrap();
    tamper(store, "act", edit).await;
    assert!(matches!(sign(store, office, id, "sato").await, Err(StoreError::Damaged(_))));
    assert!(matches!(store.act(office, id).await, Err(StoreError::Damaged(_))));
    assert_eq!(store.state(office, "grant", "v/a").await.unwrap(), None);
    assert_eq!(store.audit_head(office).await.unwrap(), before);

    // A key slipped into an account's row: nobody is believed any more.
    let Change::Account(sato) = account("sato") else { unreachable!() };
    let content = literal(store, &Change::Account(Account { key: "key of mallory".into(), ..sato }).content());
    let edit = format!("UPDATE effect SET content = {content} WHERE municipality = {} AND key = 'sato'", office.number());
    tamper(store, "effect", edit).await;
    assert!(matches!(store.states(office, "account").await, Err(StoreError::Damaged(_))));
    let next = act(store, office, "next", &[grant("b", &[])]).await;
    assert!(matches!(propose(store, &next).await, Err(StoreError::Damaged(_))));
}

/// Of many who sign one act at once, each counts once, and exactly one of them puts it in effect.
async fn check_races(store: &Store) {
    let office = office(30);
    found(store, office).await;
    let names: Vec<String> = (0..6).map(|n| format!("person{n}")).collect();
    let people: Vec<Change> = names.iter().map(|name| account(name)).collect();
    enact(store, office, &people).await;
    let three = Act { checkers: 3, ..act(store, office, "three", &[grant("a", &[])]).await };
    let id = propose(store, &three).await.unwrap();
    // Every one of them twice.
    let signers: Vec<_> = names
        .iter()
        .chain(&names)
        .map(|name| {
            let (store, name) = (store.clone(), name.clone());
            tokio::spawn(async move { sign(&store, office, id, &name).await })
        })
        .collect();
    let (mut counted, mut effective) = (0, 0);
    for signer in signers {
        match signer.await.unwrap() {
            Ok(signed) => {
                counted += 1;
                effective += u32::from(signed.in_effect);
            }
            Err(StoreError::Act(ActError::SignedAlready { .. } | ActError::InEffect { .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((counted, effective), (3, 1));
    assert_eq!(effects(store, office, "v/a").await, 1);
    assert_eq!(store.act(office, id).await.unwrap().unwrap().approvals(), 3);
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

async fn effects(store: &Store, office: Municipality, key: &str) -> i64 {
    let count = sqlx::query("SELECT COUNT(*) FROM effect WHERE municipality = $1 AND key = $2");
    count.bind(office.number()).bind(key).fetch_one(&store.pool).await.unwrap().get(0)
}

/// Of acts on one base that are signed at once, exactly one takes effect.
async fn check_rivals(store: &Store) {
    let office = office(31);
    found(store, office).await;
    let mut acts = Vec::new();
    for n in 0..6 {
        let rival = act(store, office, &format!("rival {n}"), &[grant("a", &[]), grant(&format!("only {n}"), &[])]).await;
        acts.push(propose(store, &rival).await.unwrap());
    }
    let signers: Vec<_> = acts
        .iter()
        .flat_map(|id| ["suzuki", "sato"].map(|name| (*id, name)))
        .map(|(id, name)| {
            let store = store.clone();
            tokio::spawn(async move { sign(&store, office, id, name).await })
        })
        .collect();
    let mut effective = 0;
    for signer in signers {
        match signer.await.unwrap() {
            Ok(signed) => effective += u32::from(signed.in_effect),
            Err(StoreError::Act(ActError::Expired { .. } | ActError::InEffect { .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(effective, 1);
    assert_eq!(effects(store, office, "v/a").await, 1);
    // All or nothing: the losers left no other change behind.
    assert_eq!(store.states(office, "grant").await.unwrap().len(), 2);
    let won = store.state(office, "grant", "v/a").await.unwrap().unwrap().0;
    assert!(acts.contains(&won));
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// Of two foundings that are proposed and signed at once, in an office that nothing is known of,
/// exactly one takes effect.
async fn check_raced_foundings(store: &Store) {
    let office = office(32);
    let pairs = [("tanaka", "suzuki"), ("mallory", "eve")];
    let runs: Vec<_> = pairs
        .into_iter()
        .map(|(maker, checker)| {
            let store = store.clone();
            tokio::spawn(async move {
                let founding = act(&store, office, "founding", &[account(maker), account(checker)]).await;
                let id = propose(&store, &Act { maker: maker.into(), ..founding }).await?;
                sign(&store, office, id, checker).await
            })
        })
        .collect();
    let mut effective = 0;
    for run in runs {
        match run.await.unwrap() {
            Ok(signed) => effective += u32::from(signed.in_effect),
            Err(StoreError::Act(ActError::NoSuchAccount { .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(effective, 1);
    assert_eq!(store.states(office, "account").await.unwrap().len(), 2);
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}
