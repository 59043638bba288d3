//! Claims of institutions: a year of the made-up city is the same on both databases, and a set that is not what it was is refused
//! or taken as it stands, never half.

use jorei_domain::calendar::Date;
use jorei_domain::id::{Municipality, PersonId};
use jorei_service::claims::{ClaimsIntakeError, apply};
use jorei_service::demo_city::DemoCity;
use jorei_service::demo_city::claims::{DemoClaims, Patient, patients};
use jorei_store::Store;
use jorei_store::facts::Assertion;
use jorei_store::medical_claims::{ClaimFinding, ClaimLine, ClaimStatus};
use jorei_tests::office::now;
use jorei_tests::{built, length, postgresql, sqlite};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;

const TODAY: Date = Date::new(2026, 12, 1);
const FROM: Date = Date::new(2025, 8, 1);
const ALL: std::ops::RangeInclusive<PersonId> = PersonId(1)..=PersonId(i64::MAX);

fn asahikawa() -> Municipality {
    Municipality::parse("012041").unwrap()
}

/// A city's people in a store.
async fn people(store: &Store, households: u32) -> Vec<Patient> {
    let facts: Vec<Assertion> = DemoCity { seed: 5, households }.bundles().flat_map(|bundle| bundle.assertions).collect();
    let as_of = store.assert_facts(asahikawa(), Date::new(2026, 6, 1), &facts, &now().stamp("test")).await.unwrap();
    patients(store, asahikawa(), 1, as_of).await.unwrap()
}

fn year(months: i32) -> DemoClaims {
    DemoClaims { seed: 3, from: FROM, months, sample: 1, serial: 1 }
}

fn files(claims: &DemoClaims, people: &[Patient], processed: Date) -> Vec<(String, Vec<u8>)> {
    claims.files(asahikawa(), people, processed).into_iter().map(|file| (file.name, file.text.into_bytes())).collect()
}

/// What stands of some months, without who said it when.
async fn standing(store: &Store) -> Vec<ClaimLine> {
    let mut lines = Vec::new();
    for month in store.claim_months(asahikawa(), 0).await.unwrap() {
        lines.extend(store.claims_of_month(asahikawa(), month, ALL).await.unwrap());
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_claims_is_the_same_on_both_databases_and_is_what_the_federation_said_last() {
    // Some 1,500 insured; in a soak 15,000.
    let households = u32::try_from(length::of(10_000)).unwrap();
    let (sqlite, _folder) = sqlite().await;
    let mut found: Vec<Vec<ClaimLine>> = Vec::new();
    let mut expected: BTreeMap<String, ClaimLine> = BTreeMap::new();
    for store in [&sqlite, &postgresql().await] {
        let people = people(store, households).await;
        let claims = year(12);
        let (mut lines, mut months) = (0, 0);
        for processed in claims.processed() {
            months += 1;
            let set = files(&claims, &people, processed);
            let mut done = 0;
            let taken = apply(store, asahikawa(), &set, TODAY, &now().stamp("test"), |lines| done = lines).await.unwrap();
            // A second way to the sums: what was made, line after line.
            let made: Vec<ClaimLine> = claims.lines(&people, processed).map(|said| said.claim).collect();
            let sums = (made.len() as u64, made.iter().map(|line| line.cost_yen).sum(), made.iter().map(|line| line.own_yen).sum());
            assert_eq!((taken.set.lines, taken.set.cost_yen, taken.set.own_yen), sums);
            assert_eq!((taken.told.iter().map(|told| told.count).sum::<u64>(), done), (sums.0, sums.0));
            assert_eq!(taken.told.iter().map(|told| told.own_yen).sum::<i64>(), sums.2);
            expected.extend(made.into_iter().map(|line| (line.claim.clone(), line)));
            lines += taken.set.lines;
        }
        assert!(lines > 10 * length::of(10_000), "{lines} lines in {months} months");
        assert_eq!(store.audit_verify(asahikawa(), &[], |_| {}).await.unwrap(), []);
        found.push(standing(store).await);
        expected.retain(|_, line| line.status != ClaimStatus::Returned);
        let stands: BTreeMap<&str, i64> = found[found.len() - 1].iter().map(|line| (line.claim.as_str(), line.own_yen)).collect();
        assert_eq!(stands, expected.values().map(|line| (line.claim.as_str(), line.own_yen)).collect());
    }
    let [sqlite, postgresql] = found.try_into().unwrap();
    assert_eq!(sqlite.iter().zip(&postgresql).find(|(one, other)| one != other), None);
    assert_eq!(sqlite.len(), postgresql.len());
    // Nobody is unknown in a city whose people are known, and something of all the rest is there.
    let findings: BTreeSet<ClaimFinding> = sqlite.iter().filter_map(|line| line.finding).collect();
    assert_eq!(findings, [ClaimFinding::NotQualified, ClaimFinding::Duplicate, ClaimFinding::ThirdParty].into());
}

/// The dice of one set.
struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u64() % end.max(1) as u64).unwrap()
    }
}

/// Lets something go wrong with a set, as it does on disks, lines and desks.
fn mutate(dice: &mut Dice, set: &mut Vec<(String, Vec<u8>)>) {
    let at = dice.below(set.len());
    let text = String::from_utf8(set[at].1.clone()).unwrap();
    let mut lines: Vec<String> = text.split_inclusive('\n').map(ToOwned::to_owned).collect();
    let line = dice.below(lines.len());
    let cells = |line: &str| -> Vec<String> { line.trim_end().split(',').map(ToOwned::to_owned).collect() };
    match dice.below(11) {
        0 => {
            set.remove(at);
            return;
        }
        1 => {
            let copy = set[at].clone();
            set.push(copy);
            return;
        }
        2 => {
            let end = dice.below(text.len());
            set[at].1.truncate(end);
            return;
        }
        3 => {
            let (place, bit) = (dice.below(text.len()), dice.below(8));
            set[at].1[place] ^= 1 << bit;
            return;
        }
        4 => drop(lines.remove(line)),
        5 => {
            let copy = lines[line].clone();
            lines.insert(line, copy);
        }
        6 => {
            let other = dice.below(lines.len());
            lines.swap(line, other);
        }
        kind => {
            let mut cut = cells(&lines[line]);
            let cell = dice.below(cut.len());
            match kind {
                7 => {
                    let other = dice.below(cut.len());
                    cut.swap(cell, other);
                }
                8 => drop(cut.remove(cell)),
                9 => {
                    cut[cell] = ["", "0", "-1", "9", "2026-02-30", "令和8年5月", "０１", "1e3", "99999999999999999999", "\"x"]
                        [dice.below(10)]
                    .into()
                }
                // A digit that was misread.
                _ => {
                    let digits: Vec<usize> =
                        cut[cell].bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).map(|(at, _)| at).collect();
                    if !digits.is_empty() {
                        let place = digits[dice.below(digits.len())];
                        let digit = dice.below(10).to_string();
                        cut[cell].replace_range(place..=place, &digit);
                    }
                }
            }
            lines[line] = cut.join(",") + "\r\n";
        }
    }
    set[at].1 = lines.concat().into_bytes();
}

/// What a set says, read in the simplest way: number, person, cost and own payment of each line, in order of the files' parts.
fn plainly(set: &[(String, Vec<u8>)]) -> Vec<(String, i64, i64, i64)> {
    // Full-width digits are digits.
    let narrow = |c: char| char::from_digit(u32::from(c).wrapping_sub(u32::from('０')), 10).unwrap_or(c);
    let whole = |cell: &str| -> i64 { cell.chars().map(narrow).collect::<String>().trim().parse().unwrap() };
    let mut parts: Vec<(i64, Vec<_>)> = Vec::new();
    for (_, bytes) in set {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let mut lines = text.lines().filter(|line| !line.replace(',', "").is_empty());
        let part = whole(lines.nth(1).unwrap().split(',').nth(5).unwrap());
        let read = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0].to_owned(), whole(cells[2]), whole(cells[11]), whole(cells[13]))
        };
        parts.push((part, lines.skip(1).map(read).collect()));
    }
    parts.sort();
    parts.into_iter().flat_map(|(_, lines)| lines).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_something_happened_to_is_refused_or_taken_as_it_stands_never_half() {
    let (store, _folder) = sqlite().await;
    let people = people(&store, 30).await;
    let (mut taken, mut refused, mut lines) = (0, 0, 0);
    for attempt in 0..length::of(2_000) {
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(attempt));
        // Two parts, each a city of its own half of the people, under numbers that no earlier set used.
        let claims = DemoClaims { seed: attempt, serial: taken + 1, ..year(1) };
        let processed = claims.processed().next().unwrap();
        let (some, others) = people.split_at(people.len() / 2);
        let mut set = Vec::new();
        for (part, half) in [(1, some), (2, others)] {
            for (name, bytes) in files(&claims, half, processed) {
                let text = String::from_utf8(bytes)
                    .unwrap()
                    .replacen(",1,1,", &format!(",{part},2,"), 1)
                    .replace("\n202508-", &format!("\nT{attempt}-"));
                set.push((format!("{part}-{name}"), text.into_bytes()));
            }
        }
        for _ in 0..dice.below(3) {
            if set.is_empty() || set.iter().any(|(_, bytes)| bytes.is_empty() || String::from_utf8(bytes.clone()).is_err()) {
                break;
            }
            mutate(&mut dice, &mut set);
        }
        let done = apply(&store, asahikawa(), &set, TODAY, &now().stamp("test"), |_| {}).await;
        match done {
            Ok(applied) if applied.before => panic!("attempt {attempt}: nothing like it was taken before"),
            Ok(applied) => {
                let plain = plainly(&set);
                taken += 1;
                assert_eq!((applied.set.serial, applied.set.lines), (taken, plain.len() as u64), "attempt {attempt}");
                for (at, (claim, person, cost_yen, own_yen)) in (lines + 1..).zip(&plain) {
                    let line = store.claim_line(asahikawa(), at).await.unwrap().unwrap();
                    let found = (&line.claim, line.person.0, line.cost_yen, line.own_yen);
                    assert_eq!(found, (claim, *person, *cost_yen, *own_yen), "attempt {attempt}");
                }
                lines += plain.len() as i64;
            }
            Err(ClaimsIntakeError::Refused(report)) => {
                refused += 1;
                assert!(!report.is_empty() && !report.to_string().is_empty());
            }
            // A digit of the serial.
            Err(ClaimsIntakeError::Store(error)) => {
                refused += 1;
                assert!(matches!(error, jorei_store::StoreError::Claims(_)), "attempt {attempt}: {error}");
            }
        }
        assert_eq!(store.claim_sets(asahikawa(), i64::MAX, 1).await.unwrap().first().map_or(0, |set| set.serial), taken);
        assert_eq!(store.claim_line(asahikawa(), lines + 1).await.unwrap(), None, "attempt {attempt}");
    }
    assert!(taken > 20 && refused > 50, "{taken} taken, {refused} refused");
    assert_eq!(store.audit_verify(asahikawa(), &[], |_| {}).await.unwrap(), []);
}

fn office(database: &Path, words: &[&str]) -> Output {
    let mut command = built::jorei();
    command.args(words).env("JOREI_MUNICIPALITY", "012041").env("JOREI_DATABASE", format!("sqlite://{}", database.display()));
    command.output().unwrap()
}

#[test]
fn a_clerk_takes_sets_of_which_a_file_is_missing_only_when_it_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("office.db");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert!(office(&database, &["demo-city", "--households", "40"]).status.success());
    let out = folder.path().join("claims");
    let made = office(&database, &["demo-claims", "--from", "2025-08", "--months", "2", "--out", out.to_str().unwrap()]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let mut names: Vec<String> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect();
    names.sort();
    assert_eq!(names.len(), 2);
    // The first set says that it has a second file.
    let whole = std::fs::read_to_string(&names[0]).unwrap();
    std::fs::write(&names[0], whole.replacen(",1,1,", ",1,2,", 1)).unwrap();
    let apply =
        |names: &[String]| office(&database, &[&["claims", "apply"], &names.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat());
    let missing = apply(&names);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stdout).contains("一式2ファイルのうち2番がありません"), "{}", text(&missing.stdout));
    // The later one waits for the earlier one, and says so.
    let gap = apply(&names[1..]);
    assert!(!gap.status.success() && text(&gap.stderr).contains("set 2: set 1 is missing"), "{}", text(&gap.stderr));
    assert_eq!(text(&office(&database, &["claims", "list", "--json"]).stdout).trim(), "[]");
    std::fs::write(&names[0], whole).unwrap();
    let turned: Vec<String> = names.iter().rev().cloned().collect();
    let taken = apply(&turned);
    assert!(taken.status.success(), "{}", text(&taken.stderr));
    let again = text(&apply(&names).stdout);
    assert_eq!(again.matches("取込済みの一式です").count(), 2, "{again}");
    let sets: serde_json::Value = serde_json::from_slice(&office(&database, &["claims", "list", "--json"]).stdout).unwrap();
    assert_eq!((&sets[0]["serial"], &sets[1]["serial"]), (&2.into(), &1.into()));
    let shown = text(&office(&database, &["claims", "show", "1"]).stdout);
    assert!(shown.contains("診療年月: 2025-08") && shown.contains("状態: 原審"), "{shown}");
}
