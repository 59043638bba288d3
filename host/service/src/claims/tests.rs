//! Sets of claims on an office of five persons: what is read, what is refused at which place, what a clerk must look at, what
//! stands. What is expected is counted by hand or by the simplest second way.

use super::findings::Insured;
use super::forms::{COLUMNS, Head, Said, write};
use super::*;
use crate::sheets::cells::Wrong as WrongCell;
use encoding_rs::SHIFT_JIS;
use jorei_domain::ledger::AccountKind;
use jorei_domain::record::END_CAUSES;
use jorei_domain::table::ABSENT;
use jorei_store::facts::Assertion;
use jorei_store::medical_claims::{ClaimFinding, Stay};
use proptest::prelude::*;
use std::collections::BTreeMap;

const TODAY: Date = Date::new(2026, 7, 20);
const MAY: Date = Date::new(2026, 5, 1);
const BORN: Date = Date::new(1960, 2, 29);

fn here() -> Municipality {
    Municipality::parse("012041").unwrap()
}

fn stamp() -> Stamp {
    Stamp { by: "tanaka".into(), at: "2026-07-20T00:00:00Z".into() }
}

fn said(number: &str, person: i64) -> Said {
    let claim = ClaimLine {
        ordinal: 0,
        set: 0,
        part: 1,
        line: 0,
        claim: number.into(),
        status: ClaimStatus::Original,
        person: PersonId(person),
        month: MAY,
        setting: 0,
        service: 0,
        institution: 9_910_000_001,
        prescriber: None,
        days: 2,
        points: 1_000,
        cost_yen: 10_000,
        share_percent: 30,
        own_yen: 3_000,
        in_kind_yen: 0,
        in_kind_counts: false,
        category: String::new(),
        specified_disease: false,
        third_party: false,
        aid_code: None,
        stay: None,
        finding: None,
    };
    Said { birth: BORN, claim }
}

fn with(said: Said, change: impl FnOnce(&mut ClaimLine)) -> Said {
    let mut said = said;
    change(&mut said.claim);
    said
}

fn returned(of: &Said) -> Said {
    Said { claim: opposite(&of.claim), ..of.clone() }
}

fn replaced(of: &Said, cost_yen: i64) -> Said {
    with(of.clone(), |claim| (claim.status, claim.cost_yen, claim.own_yen) = (ClaimStatus::Replaced, cost_yen, cost_yen * 3 / 10))
}

/// A set of one file for each part.
fn files(serial: i64, parts: &[Vec<Said>]) -> Vec<(String, Vec<u8>)> {
    let sum = |part: &[Said], of: fn(&ClaimLine) -> i64| part.iter().map(|said| of(&said.claim)).sum();
    let file = |(at, part): (i64, &Vec<Said>)| {
        let head = Head {
            municipality: here(),
            serial,
            month: Date::new(2026, 7, 1),
            part: at,
            parts: parts.len() as i64,
            lines: part.len() as i64,
            cost_yen: sum(part, |claim| claim.cost_yen),
            own_yen: sum(part, |claim| claim.own_yen),
        };
        (format!("{serial}-{at}.csv"), write(&head, part).into_bytes())
    };
    (1..).zip(parts).map(file).collect()
}

/// A line as it is compared: where it stood in a file is another matter.
fn bare(line: &ClaimLine) -> ClaimLine {
    ClaimLine { ordinal: 0, set: 0, part: 0, line: 0, finding: None, ..line.clone() }
}

struct Desk {
    store: Store,
    serial: i64,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// Persons 1 and 2 are insured, 3 until the end of April, 4 lives there uninsured, 5 is born on a day that nobody knows.
    async fn open() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("jorei.db").to_str().unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        let fact = |person: i64, kind: Kind, from: Date, until: Date, values: Vec<i64>| Assertion {
            person: PersonId(person),
            kind,
            item: 0,
            from,
            until,
            household: (kind == Kind::Membership).then_some(HouseholdId(7)),
            values: Some(values),
            source: "register".into(),
        };
        let since = Date::new(2020, 4, 1);
        let mut facts = Vec::new();
        for person in 1..=5 {
            if person < 5 {
                facts.push(fact(person, Kind::Persons, Date::MIN, Date::MAX, vec![BORN.packed(); 2]));
            }
            facts.push(fact(person, Kind::Membership, since, Date::MAX, vec![i64::from(person == 1)]));
            let (until, cause) = match person {
                3 => (Date::new(2026, 4, 30), 1),
                4 => continue,
                _ => (Date::MAX, ABSENT),
            };
            facts.push(fact(person, Kind::Qualification, since, until, vec![cause, ABSENT]));
        }
        store.assert_facts(here(), since, &facts, &stamp()).await.unwrap();
        Desk { store, serial: 0, _folder: folder }
    }

    async fn try_take(&self, files: &[(String, Vec<u8>)]) -> Result<Applied, ClaimsIntakeError> {
        apply(&self.store, here(), files, TODAY, &stamp(), |_| {}).await
    }

    async fn take(&mut self, lines: &[Said]) -> Applied {
        self.serial += 1;
        let files = files(self.serial, &[lines.to_vec()]);
        let taken = self.try_take(&files).await.unwrap_or_else(|error| panic!("{error:?}"));
        assert!(!taken.before);
        assert_eq!(self.try_take(&files).await.unwrap(), Applied { before: true, ..taken.clone() });
        taken
    }

    /// The places that are wrong with a set, which leaves nothing.
    async fn refused(&self, lines: &[Said]) -> Vec<(u64, Option<usize>, Wrong)> {
        let files = files(self.serial + 1, &[lines.to_vec()]);
        let Err(ClaimsIntakeError::Refused(report)) = self.try_take(&files).await else { panic!("expected a refusal") };
        assert_eq!(self.store.claim_sets(here(), i64::MAX, 100).await.unwrap().len() as i64, self.serial);
        report.refused.into_iter().map(|refused| (refused.line, refused.place, refused.wrong)).collect()
    }

    async fn standing(&self) -> Vec<ClaimLine> {
        let all = PersonId(1)..=PersonId(i64::MAX);
        let mut lines = Vec::new();
        for month in self.store.claim_months(here(), 0).await.unwrap() {
            lines.extend(self.store.claims_of_month(here(), month, all.clone()).await.unwrap());
        }
        lines
    }
}

fn read_back(files: &[(String, Vec<u8>)]) -> Result<ReadSet, Report> {
    open(here(), files, TODAY)?.read()
}

fn wrongs(files: &[(String, Vec<u8>)]) -> Vec<(u64, Option<usize>, Wrong)> {
    let report = read_back(files).unwrap_err();
    report.refused.into_iter().map(|refused| (refused.line, refused.place, refused.wrong)).collect()
}

fn any_line() -> impl Strategy<Value = Said> {
    let text = "[0-9A-Z]{1,8}-[0-9]{1,6}";
    let stay = (0..2_u8, 0..=6_i64, 0..2_000_i64, proptest::option::of(0..900_i64));
    let stay =
        stay.prop_map(|(bed, meals, charged_meal_yen, charged_residence_yen)| Stay { bed, meals, charged_meal_yen, charged_residence_yen });
    let amounts = (0..5_000_000_i64, 0..=100_i64, 0..=100_i64, any::<[bool; 3]>());
    let codes = (1..9_999_999_999_i64, proptest::option::of(1..9_999_999_999_i64), proptest::option::of(1..=99_i64));
    (text, 1..1_000_000_i64, amounts, codes, proptest::option::of(stay), 0..4_u8, "[区長ァ-ヶ0-9]{0,6}", any::<bool>()).prop_map(
        |(number, person, (cost_yen, own, in_kind, [specified_disease, third_party, counts]), codes, stay, service, category, back)| {
            let own_yen = cost_yen * own / 100;
            let in_kind_yen = (cost_yen - own_yen) * in_kind / 100;
            let mut line = with(said(&number, person), |claim| {
                (claim.cost_yen, claim.own_yen, claim.in_kind_yen) = (cost_yen, own_yen, in_kind_yen);
                (claim.institution, claim.aid_code) = (codes.0, codes.2);
                claim.prescriber = codes.1.filter(|_| service == 2);
                (claim.specified_disease, claim.third_party) = (specified_disease, third_party);
                claim.in_kind_counts = counts && in_kind_yen > 0;
                (claim.service, claim.setting, claim.stay) = (service, u8::from(stay.is_some()), stay);
                claim.category = category;
            });
            if back {
                line = returned(&line);
            }
            line
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn what_is_written_reads_back_in_both_encodings_and_whatever_the_order_of_the_files(
        parts in proptest::collection::vec(proptest::collection::vec(any_line(), 0..6), 1..4),
        turn in 0..4_usize,
    ) {
        let mut written = files(1, &parts);
        let read = read_back(&written).unwrap();
        let lines: Vec<Said> = read.said.iter().map(|said| Said { claim: bare(&said.claim), ..said.clone() }).collect();
        let expected: Vec<Said> = parts.iter().flatten().map(|said| Said { claim: bare(&said.claim), ..said.clone() }).collect();
        prop_assert_eq!(lines, expected);
        prop_assert_eq!(read.cost_yen, parts.iter().flatten().map(|said| said.claim.cost_yen).sum::<i64>());
        prop_assert_eq!(read.own_yen, parts.iter().flatten().map(|said| said.claim.own_yen).sum::<i64>());
        let turned = turn % written.len();
        written.rotate_left(turned);
        let again = read_back(&written).unwrap();
        prop_assert_eq!((again.digest, &again.said), (read.digest, &read.said));
        let sjis: Vec<_> = written
            .iter()
            .map(|(name, bytes)| (name.clone(), SHIFT_JIS.encode(std::str::from_utf8(bytes).unwrap()).0.into_owned()))
            .collect();
        prop_assert_eq!(read_back(&sjis).unwrap().said, read.said);
    }
}

#[test]
fn a_file_with_its_columns_in_another_order_is_refused_at_the_first_that_is_elsewhere() {
    let [(name, bytes)] = &files(1, &[vec![said("A", 1)]])[..] else { panic!("one file") };
    let text = String::from_utf8(bytes.clone()).unwrap();
    // Cost and own payment change places in headings and lines alike: every cell reads, and every sum would be another.
    let turned: String = text
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if at >= 2 {
                cells.swap(11, 13);
            }
            cells.join(",") + "\r\n"
        })
        .collect();
    assert_ne!(turned, text);
    let found = wrongs(&[(name.clone(), turned.into_bytes())]);
    assert_eq!(found, [(3, Some(12), Wrong::Cell(WrongCell::MissingHeading(COLUMNS[11])))]);
}

#[test]
fn a_set_is_whole_or_refused() {
    let two = files(3, &[vec![said("A", 1)], vec![said("B", 2)]]);
    assert_eq!(wrongs(&two[..1]), [(0, None, Wrong::PartMissing { part: 2, parts: 2 })]);
    assert_eq!(wrongs(&two[1..]), [(0, None, Wrong::PartMissing { part: 1, parts: 2 })]);
    assert_eq!(wrongs(&[two[0].clone(), two[0].clone()]), [(2, Some(6), Wrong::PartTwice(1))]);
    assert_eq!(wrongs(&[]), [(0, None, Wrong::NoFile)]);
    let other = files(4, &[vec![said("A", 1)], vec![said("B", 2)]]);
    assert_eq!(wrongs(&[two[0].clone(), other[1].clone()]), [(2, Some(4), Wrong::OtherSet)]);
    assert_eq!(read_back(&two).unwrap().said.len(), 2);
}

#[test]
fn a_head_that_says_otherwise_than_the_lines_is_refused_at_its_cell() {
    let text = String::from_utf8(files(1, &[vec![said("A", 1), said("B", 2)]]).remove(0).1).unwrap();
    let told = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} in {text}");
        wrongs(&[("x".into(), text.replacen(from, to, 1).into_bytes())])
    };
    assert_eq!(told(",1,1,2,20000,6000", ",1,1,3,20000,6000"), [(2, Some(8), Wrong::Count { stated: 3, found: 2 })]);
    assert_eq!(told(",1,1,2,20000,6000", ",1,1,2,20001,6000"), [(2, Some(9), Wrong::Sum { stated: 20_001, found: 20_000 })]);
    assert_eq!(told(",1,1,2,20000,6000", ",1,1,2,20000,5999"), [(2, Some(10), Wrong::Sum { stated: 5_999, found: 6_000 })]);
    assert_eq!(told("国保連レセプト", "国保連台帳"), [(2, Some(1), Wrong::NotClaims)]);
    assert_eq!(told("レセプト,1,", "レセプト,2,"), [(2, Some(2), Wrong::Version)]);
    assert_eq!(told("012041", "131016"), [(2, Some(3), Wrong::OtherInsurer)]);
    assert_eq!(told("2026-07", "2026-08"), [(2, Some(5), Wrong::ProcessedLater)]);
    assert_eq!(told(",1,1,2,20000,6000", ",2,1,2,20000,6000"), [(2, Some(6), Wrong::PartBeyond { parts: 1 })]);
}

#[test]
fn months_read_in_either_calendar_and_days_and_years_are_none() {
    let text = String::from_utf8(files(1, &[vec![said("A", 1)]]).remove(0).1).unwrap();
    let read = |month: &str| read_back(&[("x".into(), text.replacen("2026-05", month, 1).into_bytes())]).map(|set| set.said[0].claim.month);
    for month in ["2026-05", "2026/5", "202605", "R8.5", "R8.05", "令和8年5月", "２０２６－０５"] {
        assert_eq!(read(month), Ok(MAY), "{month}");
    }
    for month in ["2026-05-01", "2026", "2026-00", "2026-13", "令和8年", "令和8年5月1日", "5月", "R8"] {
        let report = read(month).unwrap_err();
        assert_eq!((report.refused[0].place, &report.refused[0].wrong), (Some(5), &Wrong::NotAMonth), "{month}");
    }
}

#[test]
fn every_line_that_cannot_be_is_refused_at_its_column() {
    let inpatient = |stay: Stay| {
        with(said("A", 1), |claim| {
            claim.setting = 1;
            claim.stay = Some(stay);
        })
    };
    let stay = Stay { bed: 0, meals: 6, charged_meal_yen: 510, charged_residence_yen: None };
    let good = [
        said("A", 1),
        with(said("A", 1), |claim| claim.own_yen = 10_000),
        with(said("A", 1), |claim| claim.in_kind_yen = 7_000),
        with(said("A", 1), |claim| claim.days = 31),
        with(said("A", 1), |claim| claim.month = Date::new(2026, 7, 1)),
        with(said("A", 1), |claim| claim.share_percent = 10),
        inpatient(stay),
        returned(&said("A", 1)),
    ];
    for line in good {
        assert!(read_back(&files(1, &[vec![line.clone()]])).is_ok(), "{line:?}");
    }
    let bad: Vec<(Said, usize, Wrong)> = vec![
        (with(said("A_1", 1), |_| {}), 1, Wrong::NotAClaim),
        (with(said("A", 1), |claim| claim.own_yen = 10_001), 14, Wrong::OwnBeyondCost),
        (with(said("A", 1), |claim| claim.in_kind_yen = 7_001), 15, Wrong::InKindBeyondCost),
        (with(said("A", 1), |claim| claim.own_yen = -1), 14, Wrong::BelowNothing),
        (with(said("A", 1), |claim| claim.points = -1), 11, Wrong::BelowNothing),
        (with(returned(&said("A", 1)), |claim| claim.points = 1), 11, Wrong::AboveNothing),
        (with(said("A", 1), |claim| claim.in_kind_counts = true), 16, Wrong::CountsNothing),
        (with(said("A", 1), |claim| claim.days = 0), 10, Wrong::Days),
        (with(said("A", 1), |claim| claim.days = 32), 10, Wrong::Days),
        (with(said("A", 1), |claim| (claim.month, claim.days) = (Date::new(2026, 6, 1), 31)), 10, Wrong::Days),
        (with(said("A", 1), |claim| claim.month = Date::new(2026, 8, 1)), 5, Wrong::TreatedLater),
        (with(said("A", 1), |claim| claim.month = Date::new(1989, 12, 1)), 5, Wrong::TreatedEarlier),
        (Said { birth: Date::new(2026, 6, 1), ..said("A", 1) }, 4, Wrong::BornLater),
        (with(said("A", 1), |claim| claim.share_percent = 0), 13, Wrong::Share),
        (with(said("A", 1), |claim| claim.institution = 99_100_000_001), 8, Wrong::NotAnInstitution),
        (with(said("A", 1), |claim| claim.prescriber = Some(9_910_000_001)), 9, Wrong::NotAPharmacy),
        (with(said("A", 1), |claim| claim.aid_code = Some(100)), 20, Wrong::NotAnAidCode),
        (with(inpatient(stay), |claim| claim.setting = 0), 21, Wrong::StayOutside),
        (inpatient(Stay { meals: 7, ..stay }), 22, Wrong::Meals),
        (inpatient(Stay { charged_meal_yen: -1, ..stay }), 23, Wrong::BelowNothing),
    ];
    for (line, place, wrong) in bad {
        assert_eq!(wrongs(&files(1, &[vec![said("Z", 2), line.clone()]])), [(5, Some(place), wrong)], "{line:?}");
    }
}

#[test]
fn every_wrong_line_is_named_up_to_a_limit_and_the_rest_is_counted() {
    let lines: Vec<Said> = (0..10_500).map(|number| with(said(&format!("A{number}"), 1), |claim| claim.days = 0)).collect();
    let report = read_back(&files(1, &[lines])).unwrap_err();
    assert_eq!((report.refused.len(), report.more, report.len()), (10_000, 500, 10_500));
    let shown = report.to_string();
    assert!(shown.starts_with("1-1.csv 4行 10列「日数」: ") && shown.ends_with("ほかに500件\n"), "{}", &shown[..80]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_a_claim_before_binds_what_can_be_said() {
    let mut desk = Desk::open().await;
    let (one, two) = (said("A", 1), said("B", 2));
    assert_eq!(desk.refused(&[replaced(&one, 1)]).await, [(4, Some(1), Wrong::Unknown)]);
    assert_eq!(desk.refused(&[returned(&one)]).await, [(4, Some(1), Wrong::Unknown)]);
    assert_eq!(desk.refused(&[one.clone(), one.clone()]).await, [(5, Some(1), Wrong::Twice)]);
    desk.take(&[one.clone(), two.clone()]).await;
    let table = [
        (one.clone(), 1, Wrong::Known),
        (with(replaced(&one, 1), |claim| claim.person = PersonId(2)), 3, Wrong::OtherPerson),
        (with(returned(&one), |claim| claim.person = PersonId(2)), 3, Wrong::OtherPerson),
        (with(replaced(&one, 1), |claim| claim.month = Date::new(2026, 4, 1)), 5, Wrong::OtherMonth),
        (with(returned(&one), |claim| claim.cost_yen = -9_999), 12, Wrong::NotItsOpposite),
        (with(returned(&one), |claim| claim.institution = 9_910_000_002), 12, Wrong::NotItsOpposite),
    ];
    for (line, place, wrong) in table {
        // Whatever stands beside it.
        assert_eq!(desk.refused(&[said("C", 1), line, replaced(&two, 5)]).await, [(5, Some(place), wrong)]);
    }
    // Of one set, each line follows the one before.
    let again = replaced(&one, 2_000);
    assert_eq!(desk.refused(&[returned(&one), returned(&one)]).await, [(5, Some(2), Wrong::ReturnedBefore)]);
    assert_eq!(desk.refused(&[again.clone(), returned(&one)]).await, [(5, Some(12), Wrong::NotItsOpposite)]);
    desk.take(&[again.clone(), returned(&again), returned(&two)]).await;
    assert_eq!(desk.standing().await, []);
    assert_eq!(desk.refused(&[returned(&again)]).await, [(4, Some(2), Wrong::ReturnedBefore)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_was_returned_stands_again_when_it_is_replaced_and_its_history_is_kept() {
    let mut desk = Desk::open().await;
    let one = said("A", 1);
    desk.take(std::slice::from_ref(&one)).await;
    desk.take(&[returned(&one)]).await;
    assert_eq!(desk.standing().await, []);
    let taken = desk.take(&[replaced(&one, 20_000)]).await;
    assert_eq!((taken.set.serial, taken.set.lines, taken.set.cost_yen, taken.set.own_yen), (3, 1, 20_000, 6_000));
    let standing = desk.standing().await;
    assert_eq!(standing.iter().map(|line| (line.cost_yen, line.status)).collect::<Vec<_>>(), [(20_000, ClaimStatus::Replaced)]);
    let history = desk.store.claim_history(here(), "A").await.unwrap();
    assert_eq!(history.iter().map(|line| line.cost_yen).collect::<Vec<_>>(), [10_000, -10_000, 20_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_is_told_of_unknown_persons_lost_qualifications_accidents_and_claims_that_look_alike() {
    use ClaimFinding::{Duplicate, NotQualified, ThirdParty, UnknownPerson};
    let mut desk = Desk::open().await;
    let accident = |line: Said| with(line, |claim| claim.third_party = true);
    let pharmacy = |number: &str, prescriber: i64| with(said(number, 2), |claim| (claim.service, claim.prescriber) = (2, Some(prescriber)));
    let lines = vec![
        (said("A", 1), None),
        (accident(said("B", 99)), Some(UnknownPerson)),
        (Said { birth: Date::new(1960, 2, 28), ..accident(said("C", 1)) }, Some(UnknownPerson)),
        // Employed from 30 April: insured no more from 1 May (Act art. 8), and on 30 April still.
        (accident(said("D", 3)), Some(NotQualified)),
        (with(said("E", 3), |claim| (claim.month, claim.days) = (Date::new(2026, 4, 1), 1)), None),
        (said("F", 4), Some(NotQualified)),
        (said("G", 5), None),
        (accident(said("H", 1)), Some(ThirdParty)),
        // Looks like A, and like H.
        (said("I", 1), Some(Duplicate)),
        (with(said("J", 1), |claim| claim.institution += 1), None),
        (with(said("K", 1), |claim| claim.service = 1), None),
        (with(said("L", 1), |claim| claim.setting = 1), None),
        (with(said("M", 1), |claim| (claim.month, claim.days) = (Date::new(2026, 4, 1), 1)), None),
        // A pharmacy claims once for each institution that prescribed.
        (pharmacy("N", 9_910_000_001), None),
        (pharmacy("O", 9_910_000_002), None),
        (pharmacy("P", 9_910_000_002), Some(Duplicate)),
    ];
    let taken = desk.take(&lines.iter().map(|(line, _)| line.clone()).collect::<Vec<_>>()).await;
    for (line, expected) in &lines {
        let found = desk.store.claim_history(here(), &line.claim.claim).await.unwrap();
        assert_eq!(found.iter().map(|line| line.finding).collect::<Vec<_>>(), [*expected], "{}", line.claim.claim);
    }
    let told: BTreeMap<Option<ClaimFinding>, u64> = taken.told.iter().map(|told| (told.finding, told.count)).collect();
    let expected = [(None, 9), (Some(UnknownPerson), 2), (Some(NotQualified), 2), (Some(Duplicate), 2), (Some(ThirdParty), 1)];
    assert_eq!(told, expected.into_iter().collect());
    assert_eq!(desk.store.claim_findings(here(), 0, 100).await.unwrap().len(), 7);
    // A claim of an earlier set, one that the same set takes back, and one that it replaces.
    let twin = |number: &str, of: &str| {
        with(lines.iter().find(|(line, _)| line.claim.claim == of).unwrap().0.clone(), |claim| claim.claim = number.into())
    };
    let (j, k) = (twin("J", "J"), twin("K", "K"));
    desk.take(&[twin("Q", "L"), twin("R", "J"), returned(&j), replaced(&k, 500)]).await;
    for (number, expected) in [("Q", Some(Duplicate)), ("R", None), ("K", None)] {
        let history = desk.store.claim_history(here(), number).await.unwrap();
        assert_eq!(history.last().unwrap().finding, expected, "{number}");
    }
}

#[test]
fn somebody_is_insured_in_a_month_if_on_any_day_of_it() {
    let spans = |from: &str, until: &str| Insured { birth: None, spans: vec![(Date::parse(from).unwrap(), Date::parse(until).unwrap())] };
    for (from, until, expected) in [
        ("2026-05-31", "2027-01-01", true),
        ("2026-06-01", "2027-01-01", false),
        ("2020-01-01", "2026-05-02", true),
        ("2020-01-01", "2026-05-01", false),
    ] {
        assert_eq!(spans(from, until).in_month(MAY), expected, "{from} {until}");
    }
    assert_eq!(END_CAUSES[1], "employees_insurance");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_without_qualification_is_claimed_back_once_and_for_the_insurers_part() {
    let mut desk = Desk::open().await;
    let taken = desk.take(&[with(said("A", 3), |claim| claim.in_kind_yen = 100), said("B", 99), said("C", 1)]).await;
    assert_eq!(taken.told.len(), 3);
    let settle = async |line, way| settle(&desk.store, here(), line, way, "喪失後受診", TODAY, &stamp()).await;
    let done = settle(1, Way::Reclaimed).await.unwrap();
    // 10,000 of cost of which 3,000 were paid; what was left off the bill the insurer bore.
    assert_eq!(done.reclaimed, Some((HouseholdId(7), Yen::new(7_000))));
    let reclaim = desk.store.balance(here(), Account::benefit_reclaim(HouseholdId(7), 2026, 1)).await.unwrap();
    assert_eq!(reclaim.debit(), 7_000);
    let cost = desk.store.balance(here(), Account::benefits(2026, Benefit::CareInKind)).await.unwrap();
    assert_eq!(cost.credit(), 7_000);
    assert!(matches!(settle(1, Way::Reclaimed).await, Err(SettleError::Store(StoreError::Claims(ClaimsError::Settled { line: 1, .. })))));
    assert!(matches!(settle(2, Way::Reclaimed).await, Err(SettleError::Refused(2, _))));
    assert!(matches!(settle(9, Way::Counts).await, Err(SettleError::Store(StoreError::Claims(ClaimsError::NoLine(9))))));
    settle(2, Way::LeftOut).await.unwrap();
    assert_eq!(desk.store.claim_findings(here(), 0, 10).await.unwrap(), []);
    let settled = desk.store.settled_claims(here(), MAY..=MAY).await.unwrap();
    assert_eq!(settled, [(1, "reclaimed".to_owned()), (2, "left_out".to_owned())].into_iter().collect());
    let totals = desk.store.totals(here()).await.unwrap();
    assert_eq!(totals.iter().filter(|(kind, _)| *kind == AccountKind::Reclaim).count(), 1);
    assert_eq!(desk.store.check_ledger(here()).await.unwrap(), [""; 0]);
    assert_eq!(desk.store.audit_verify(here(), &[], |_| {}).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_in_the_serials_and_other_files_under_one_serial_are_refused() {
    let mut desk = Desk::open().await;
    let gap = desk.try_take(&files(2, &[vec![said("A", 1)]])).await;
    assert!(matches!(gap, Err(ClaimsIntakeError::Store(StoreError::Claims(ClaimsError::Gap { found: 2, next: 1 })))), "{gap:?}");
    desk.take(&[said("A", 1)]).await;
    let other = desk.try_take(&files(1, &[vec![said("B", 1)]])).await;
    assert!(matches!(other, Err(ClaimsIntakeError::Store(StoreError::Claims(ClaimsError::OtherContent(1))))), "{other:?}");
}

/// What is told of some claims: for each an original and what followed, each of one kind.
fn histories() -> impl Strategy<Value = (Vec<Vec<Option<i64>>>, Vec<usize>)> {
    // A return, or a replacement with a cost.
    let step = prop_oneof![Just(None), (1..9_000_i64).prop_map(Some)];
    (proptest::collection::vec(proptest::collection::vec(step, 0..4), 1..8), proptest::collection::vec(0..5_usize, 40))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn what_stands_does_not_depend_on_how_the_lines_fall_into_sets_and_files((told, cuts) in histories()) {
        let (mut lines, mut stands): (Vec<Vec<Said>>, BTreeMap<String, i64>) = (Vec::new(), BTreeMap::new());
        for (at, steps) in told.iter().enumerate() {
            let mut of_claim = vec![said(&format!("A{at}"), 1 + (at as i64 % 2))];
            for step in steps {
                let last = of_claim.last().unwrap().clone();
                match step {
                    None if last.claim.status == ClaimStatus::Returned => continue,
                    None => of_claim.push(returned(&last)),
                    Some(cost) => of_claim.push(replaced(&of_claim[0], *cost)),
                }
            }
            let last = &of_claim.last().unwrap().claim;
            if last.status != ClaimStatus::Returned {
                stands.insert(last.claim.clone(), last.cost_yen);
            }
            lines.push(of_claim);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let found = runtime.block_on(async {
            // All at once, claim after claim; and one line of each claim after the other, cut into sets as it falls.
            let mut at_once = Desk::open().await;
            at_once.take(&lines.iter().flatten().cloned().collect::<Vec<_>>()).await;
            let mut in_turn = Desk::open().await;
            let longest = lines.iter().map(Vec::len).max().unwrap();
            let turned: Vec<Said> = (0..longest).flat_map(|at| lines.iter().rev().filter_map(move |of| of.get(at).cloned())).collect();
            let (mut rest, mut cuts) = (turned.as_slice(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (set, later) = rest.split_at((1 + cuts.next().unwrap()).min(rest.len()));
                in_turn.take(set).await;
                rest = later;
            }
            let mut found = Vec::new();
            for desk in [at_once, in_turn] {
                found.push(desk.standing().await.into_iter().map(|line| (line.claim, line.cost_yen)).collect::<BTreeMap<_, _>>());
            }
            found
        });
        prop_assert_eq!(&found[0], &stands);
        prop_assert_eq!(&found[1], &stands);
    }
}
