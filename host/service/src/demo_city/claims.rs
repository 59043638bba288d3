//! What the federation delivers for the made-up city: a set of claims for each month, from the people the office knows.
//!
//! A person's treatment in a month follows from the seed, the person and the month alone, so a set is the same on every machine,
//! and a sample of the people claims what it claims in the whole city. Set M + 2 has the claims of month M, with what comes back of
//! earlier ones: returned a month later, replaced two months later. How often what happens is a weight of ours and no statistic;
//! institutions lie in a prefecture 99, which does not exist. What was left off a bill follows the amounts of fiscal year 2025
//! for one category, whatever the household's is. Absent here: taking the files, and any diagnosis.

use super::dice::Dice;
use crate::claims::findings::Insured;
use crate::claims::forms::{Head, INPATIENT, PHARMACY, Said, write_head, write_line};
use crate::claims::opposite;
use jorei_domain::calendar::{Date, months_after};
use jorei_domain::id::{Knowledge, Municipality, PersonId};
use jorei_store::medical_claims::{ClaimLine, ClaimStatus, Stay};
use jorei_store::{Store, StoreError};

/// The most lines of a file.
pub const FILE_LINES: usize = 20_000;
/// Months from treatment to the set.
const PROCESSED_AFTER: i32 = 2;
/// Months from there until a claim is returned, or replaced.
const RETURNED_AFTER: i32 = 1;
const REPLACED_AFTER: i32 = 2;
/// Persons that are read together.
const PERSONS_PER_PAGE: u32 = 1_000;

/// Out of ten thousand: how many claims are returned, replaced, claimed twice, caused by somebody else, paid in part by another law.
const RETURNED: i64 = 30;
const REPLACED: i64 = 40;
const TWICE: i64 = 4;
const THIRD_PARTY: i64 = 5;
const AIDED: i64 = 200;
/// Of months after the loss of a qualification, with a visit all the same.
const AFTER_LOSS: i64 = 400;
/// Of months of a person, with a stay in hospital, and with a very expensive one: one of 150, one of 2,000.
const STAY: i64 = 67;
const GREAT_STAY: i64 = 5;
/// Of persons over forty, on dialysis.
const DIALYSIS: i64 = 40;
/// What a meal, and a day in a long-term care bed, was charged in fiscal year 2025.
const MEAL_YEN: i64 = 510;
const RESIDENCE_YEN: i64 = 370;
/// What of dialysis a patient with an ordinary income pays at most in a month.
const DIALYSIS_CAP_YEN: i64 = 10_000;

/// Which sets to make up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DemoClaims {
    /// Another seed is another year.
    pub seed: u64,
    /// The first day of the first month of treatment.
    pub from: Date,
    /// How many months of treatment, and as many sets.
    pub months: i32,
    /// Only one of so many persons; 1 for all.
    pub sample: i64,
    /// The serial of the first set.
    pub serial: i64,
}

/// A person who may be treated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Patient {
    /// Who.
    pub person: PersonId,
    /// Born on; the earliest day where the office does not know it.
    pub birth: Date,
    /// Insured from a day until the day of loss.
    pub insured: Insured,
}

/// A file as the federation delivers it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DemoFile {
    /// Its name: serial, month of processing and part. Files of one set begin alike.
    pub name: String,
    /// How many claims.
    pub lines: usize,
    /// Its content, UTF-8.
    pub text: String,
}

/// Everybody who was ever insured and has a birth date, as the office knows them; in pages.
///
/// # Errors
/// A [`StoreError`].
pub async fn patients(store: &Store, municipality: Municipality, sample: i64, as_of: Knowledge) -> Result<Vec<Patient>, StoreError> {
    let (mut found, mut after) = (Vec::new(), PersonId(0));
    loop {
        let page = store.person_records(municipality, (after, PersonId(i64::MAX)), PERSONS_PER_PAGE, as_of).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = last.person;
        for record in page.iter().filter(|record| record.person.0 % sample.max(1) == 0) {
            let insured = Insured::of(record);
            if let (Some((birth, _)), false) = (insured.birth, insured.spans.is_empty()) {
                found.push(Patient { person: record.person, birth, insured });
            }
        }
    }
}

impl DemoClaims {
    /// The months in which its sets are processed, in order.
    pub fn processed(&self) -> impl Iterator<Item = Date> + use<> {
        let first = months_after(self.from, PROCESSED_AFTER);
        (0..self.months).map(move |month| months_after(first, month))
    }

    /// The lines of the set that is processed in a month, person after person.
    pub fn lines(&self, patients: &[Patient], processed: Date) -> impl Iterator<Item = Said> {
        let treated = |earlier: i32| Some(months_after(processed, -PROCESSED_AFTER - earlier)).filter(|month| *month >= self.from);
        let (now, returned, replaced) = (treated(0), treated(RETURNED_AFTER), treated(REPLACED_AFTER));
        let seed = self.seed;
        patients.iter().flat_map(move |patient| {
            let of = |month: Option<Date>| month.map(|month| treatment(seed, patient, month)).unwrap_or_default();
            let said = |claim: ClaimLine| Said { birth: patient.birth, claim };
            let originals = of(now).into_iter().map(|(claim, _)| said(claim));
            let back = |(claim, later): (ClaimLine, Later)| (later == Later::Returned).then(|| said(opposite(&claim)));
            let anew = |(claim, later): (ClaimLine, Later)| match later {
                Later::Replaced(percent) => Some(said(anew(&claim, percent))),
                _ => None,
            };
            let lines: Vec<Said> =
                originals.chain(of(returned).into_iter().filter_map(back)).chain(of(replaced).into_iter().filter_map(anew)).collect();
            lines
        })
    }

    /// The files of the set that is processed in a month. One set is in memory, whatever the number of months.
    pub fn files(&self, municipality: Municipality, patients: &[Patient], processed: Date) -> Vec<DemoFile> {
        struct Part {
            lines: usize,
            cost_yen: i64,
            own_yen: i64,
            text: String,
        }
        let mut parts: Vec<Part> = Vec::new();
        for said in self.lines(patients, processed) {
            if parts.last().is_none_or(|part| part.lines == FILE_LINES) {
                parts.push(Part { lines: 0, cost_yen: 0, own_yen: 0, text: String::new() });
            }
            if let Some(part) = parts.last_mut() {
                part.lines += 1;
                part.cost_yen += said.claim.cost_yen;
                part.own_yen += said.claim.own_yen;
                write_line(&mut part.text, said.birth, &said.claim);
            }
        }
        if parts.is_empty() {
            // A month without a claim is a set all the same: the serials have no gap.
            parts.push(Part { lines: 0, cost_yen: 0, own_yen: 0, text: String::new() });
        }
        let first = months_after(self.from, PROCESSED_AFTER);
        let since = i64::from((processed.year() - first.year()) * 12 + processed.month() - first.month());
        let (serial, count) = (self.serial + since, parts.len() as i64);
        let file = |(at, part): (i64, Part)| {
            let head = Head {
                municipality,
                serial,
                month: processed,
                part: at,
                parts: count,
                lines: part.lines as i64,
                cost_yen: part.cost_yen,
                own_yen: part.own_yen,
            };
            let name = format!("{serial:05}-{:04}-{:02}-{at:03}.csv", processed.year(), processed.month());
            DemoFile { name, lines: part.lines, text: write_head(&head) + &part.text }
        };
        (1..).zip(parts).map(file).collect()
    }
}

/// What becomes of a claim afterwards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Later {
    Nothing,
    Returned,
    /// By another one with so many hundredths of its cost.
    Replaced(i64),
}

/// The share a patient pays in a month: 20 before school, 20 or 30 from the month after the one in which 70 is reached, 30
/// otherwise (Act art. 42).
fn share(dice: &mut Dice, birth: Date, month: Date) -> i64 {
    let six = birth.reaches(6);
    let school = Date::new(six.year() + i32::from(six.month() > 3), 4, 1);
    let seventy = birth.reaches(70);
    let of_income = if dice.chance(1_000) { 30 } else { 20 };
    if month < school {
        20
    } else if month >= months_after(Date::new(seventy.year(), seventy.month(), 1), 1) {
        of_income
    } else {
        30
    }
}

/// A share of a cost in whole ten yen, half up, as institutions charge it (Act art. 42-2).
fn charged(cost_yen: i64, share_percent: i64) -> i64 {
    (cost_yen * share_percent + 500) / 1_000 * 10
}

/// What a patient pays of a bill from which the high-cost benefit was left off already.
fn capped(cost_yen: i64, share_percent: i64, elderly: bool) -> i64 {
    let cap = match elderly {
        true => 57_600,
        // Half up, in whole yen.
        false => 80_100 + ((cost_yen - 267_000).max(0) + 50) / 100,
    };
    cap.min(charged(cost_yen, share_percent))
}

/// An institution of a sort, one of so many; with a number of the patient's own among them.
fn institution(sort: i64, number: i64) -> i64 {
    9_900_000_000 + sort * 10_000_000 + number
}

const CLINIC: i64 = 1;
const DENTIST: i64 = 3;
const CHEMIST: i64 = 4;
const NURSES: i64 = 6;
const HOSPITAL: i64 = 2;

/// Points of a visit.
fn points(dice: &mut Dice) -> i64 {
    match dice.weighted(&[(0, 6_000), (1, 3_000), (2, 900), (3, 100)]) {
        0 => dice.within(290, 900),
        1 => dice.within(900, 2_000),
        2 => dice.within(2_000, 8_000),
        _ => dice.within(8_000, 40_000),
    }
}

/// From when on the claims of a seed say that a person is on dialysis; none where they never do.
pub fn on_dialysis_from(seed: u64, person: PersonId, birth: Date) -> Option<Date> {
    Dice::of_treatment(seed, person.0, Date::new(1, 1, 1)).chance(DIALYSIS).then(|| Date::new(birth.year() + 40, 1, 1))
}

/// The claims of a person for a month, and what becomes of each.
fn treatment(seed: u64, patient: &Patient, month: Date) -> Vec<(ClaimLine, Later)> {
    let insured = patient.insured.in_month(month);
    let just_left = !insured && patient.insured.in_month(months_after(month, -1));
    // From the day on which 75 is reached claims go to another insurer (Act art. 6 no. 8), but for what comes to the last one by mistake.
    let too_old = insured && patient.birth.reaches(75) <= month;
    if !insured && !just_left || too_old || patient.birth >= months_after(month, 1) {
        return Vec::new();
    }
    let of_person = &mut Dice::of_treatment(seed, patient.person.0, Date::new(1, 1, 1));
    // The first throw is the one of dialysis.
    let dialysis = on_dialysis_from(seed, patient.person, patient.birth).is_some_and(|from| from <= month);
    of_person.chance(DIALYSIS);
    let share_percent = share(of_person, patient.birth, month);
    let (clinic, chemist, dentist) = (of_person.within(1, 300), of_person.within(1, 150), of_person.within(1, 180));
    let dice = &mut Dice::of_treatment(seed, patient.person.0, month);
    let age = i64::from(month.year() - patient.birth.year());
    let elderly = age >= 70;
    let mut made = Made { patient, month, share_percent, claims: Vec::new() };
    if just_left {
        if dice.chance(AFTER_LOSS) {
            made.outpatient(dice, 0, institution(CLINIC, clinic));
        }
        return made.finish(dice);
    }
    let (visits, teeth) = match age {
        ..=5 => (6_500, 500),
        6..=39 => (3_600, 1_000),
        40..=64 => (5_200, 1_500),
        _ => (6_900, 2_000),
    };
    if dialysis {
        let claim = made.outpatient(dice, 0, institution(HOSPITAL, clinic % 9 + 1));
        claim.days = dice.within(11, 15);
        claim.points = dice.within(36_000, 42_000);
        claim.cost_yen = claim.points * 10;
        claim.own_yen = DIALYSIS_CAP_YEN;
        claim.in_kind_yen = charged(claim.cost_yen, share_percent) - DIALYSIS_CAP_YEN;
        claim.specified_disease = true;
        claim.category = "長".into();
    }
    if dice.chance(visits) {
        let first = institution(CLINIC, clinic);
        made.outpatient(dice, 0, first);
        if dice.chance(2_000) {
            // Never the first one's number: that would be the same claim twice.
            let second = institution(CLINIC, 300 + dice.within(1, 300));
            made.outpatient(dice, 0, second);
        }
        if dice.chance(6_300) {
            let claim = made.outpatient(dice, PHARMACY, institution(CHEMIST, chemist));
            claim.prescriber = Some(first);
        }
    }
    if dice.chance(teeth) {
        made.outpatient(dice, 1, institution(DENTIST, dentist));
    }
    if dice.chance(if age >= 65 { 60 } else { 15 }) {
        let claim = made.outpatient(dice, 3, institution(NURSES, dentist % 20 + 1));
        // Its fees are not in points.
        claim.points = 0;
    }
    let (stay, great) = (dice.chance(STAY), dice.chance(GREAT_STAY));
    if stay || great {
        made.stay(dice, great, elderly);
    }
    made.finish(dice)
}

/// Claims of a person and a month as they are made.
struct Made<'p> {
    patient: &'p Patient,
    month: Date,
    share_percent: i64,
    claims: Vec<ClaimLine>,
}

impl Made<'_> {
    fn claim(&mut self, dice: &mut Dice, setting: u8, service: u8, institution: i64) -> &mut ClaimLine {
        let points = points(dice);
        let number = format!("{:04}{:02}-{}-{}", self.month.year(), self.month.month(), self.patient.person, self.claims.len() + 1);
        let at = self.claims.len();
        self.claims.push(ClaimLine {
            ordinal: 0,
            set: 0,
            part: 0,
            line: 0,
            claim: number,
            status: ClaimStatus::Original,
            person: self.patient.person,
            month: self.month,
            setting,
            service,
            institution,
            prescriber: None,
            days: dice.weighted(&[(1, 70), (2, 20), (4, 10)]),
            points,
            cost_yen: points * 10,
            share_percent: self.share_percent,
            own_yen: charged(points * 10, self.share_percent),
            in_kind_yen: 0,
            in_kind_counts: false,
            category: String::new(),
            specified_disease: false,
            third_party: dice.chance(THIRD_PARTY),
            aid_code: dice.chance(AIDED).then(|| *dice.one(&[21, 51, 54])),
            stay: None,
            finding: None,
        });
        &mut self.claims[at]
    }

    fn outpatient(&mut self, dice: &mut Dice, service: u8, institution: i64) -> &mut ClaimLine {
        self.claim(dice, 0, service, institution)
    }

    fn stay(&mut self, dice: &mut Dice, great: bool, elderly: bool) {
        let (month, share_percent) = (self.month, self.share_percent);
        let hospital = institution(HOSPITAL, dice.within(10, 40));
        let claim = self.claim(dice, INPATIENT, 0, hospital);
        claim.days = dice.within(2, month.days_until(months_after(month, 1)) + 1);
        claim.points = if great { dice.within(300_000, 1_000_000) } else { dice.within(30_000, 300_001) };
        claim.cost_yen = claim.points * 10;
        let full = charged(claim.cost_yen, share_percent);
        // Six of ten show who they are; the others pay all and get it back.
        claim.own_yen = if dice.chance(6_000) { capped(claim.cost_yen, share_percent, elderly) } else { full };
        claim.in_kind_yen = full - claim.own_yen;
        claim.in_kind_counts = claim.in_kind_yen > 0;
        if claim.in_kind_counts {
            claim.category = if elderly { "区エ" } else { "区ウ" }.into();
        }
        let long = elderly && dice.chance(1_000);
        claim.stay = Some(Stay {
            bed: u8::from(long),
            meals: claim.days * 3 - dice.within(0, 4).min(claim.days * 3),
            charged_meal_yen: MEAL_YEN,
            charged_residence_yen: long.then_some(RESIDENCE_YEN),
        });
    }

    /// Some are claimed twice; then what becomes of each.
    fn finish(mut self, dice: &mut Dice) -> Vec<(ClaimLine, Later)> {
        for at in 0..self.claims.len() {
            if dice.chance(TWICE) {
                let mut twin = self.claims[at].clone();
                twin.claim.push_str("-2");
                self.claims.push(twin);
            }
        }
        let later = |claim: ClaimLine| {
            let throw = dice.within(0, 10_000);
            let later = match throw {
                _ if throw < RETURNED => Later::Returned,
                _ if throw < RETURNED + REPLACED => Later::Replaced(dice.within(40, 130)),
                _ => Later::Nothing,
            };
            (claim, later)
        };
        self.claims.into_iter().map(later).collect()
    }
}

/// The line that takes a claim's place after a second look at it: another cost, and what follows from it.
fn anew(claim: &ClaimLine, percent: i64) -> ClaimLine {
    let cost_yen = claim.cost_yen * percent / 1_000 * 10;
    let full = charged(cost_yen, claim.share_percent);
    let own_yen = if claim.in_kind_yen > 0 { claim.own_yen.min(full) } else { full };
    let points = if claim.points == 0 { 0 } else { cost_yen / 10 };
    let in_kind_yen = full - own_yen;
    ClaimLine {
        status: ClaimStatus::Replaced,
        points,
        cost_yen,
        own_yen,
        in_kind_yen,
        in_kind_counts: claim.in_kind_counts && in_kind_yen > 0,
        ..claim.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::forms::open;
    use std::collections::{BTreeMap, HashMap};

    const FROM: Date = Date::new(2025, 8, 1);
    const YEAR: DemoClaims = DemoClaims { seed: 1, from: FROM, months: 12, sample: 1, serial: 1 };

    fn here() -> Municipality {
        Municipality::parse("012041").unwrap()
    }

    /// Persons of every age under 75, insured for long but for every fiftieth, who leaves at the end of the year.
    fn people(count: i64) -> Vec<Patient> {
        let patient = |person: i64| {
            let birth = Date::new(2024 - i32::try_from(person * 7 % 74).unwrap(), 1 + i32::try_from(person % 12).unwrap(), 2);
            let until = if person % 50 == 0 { Date::new(2026, 1, 1) } else { Date::MAX };
            Patient {
                person: PersonId(person),
                birth,
                insured: Insured { birth: Some((birth, birth)), spans: vec![(Date::new(2010, 4, 1), until)] },
            }
        };
        (1..=count).map(patient).collect()
    }

    #[test]
    fn a_person_claims_the_same_in_every_city_and_another_seed_is_another_year() {
        let lines = |claims: DemoClaims, people: &[Patient]| -> Vec<Said> {
            claims.processed().flat_map(|month| claims.lines(people, month)).collect()
        };
        let all = people(400);
        let some: Vec<Patient> = all.iter().filter(|patient| patient.person.0 % 7 == 0).cloned().collect();
        let of_some: Vec<Said> = lines(YEAR, &all).into_iter().filter(|said| said.claim.person.0 % 7 == 0).collect();
        assert_eq!(of_some, lines(YEAR, &some));
        assert_ne!(of_some, lines(DemoClaims { seed: 2, ..YEAR }, &some));
    }

    #[test]
    fn a_year_has_about_what_a_city_has_and_some_of_everything() {
        let people = people(3_000);
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        let mut last: HashMap<String, ClaimLine> = HashMap::new();
        for said in YEAR.processed().flat_map(|month| YEAR.lines(&people, month)) {
            let claim = said.claim;
            let mut count = |what: &'static str, is: bool| *seen.entry(what).or_default() += u64::from(is);
            let original = claim.status == ClaimStatus::Original;
            count("original", original);
            count("stay", original && claim.stay.is_some());
            count("great stay", original && claim.cost_yen > 3_000_010);
            count("in kind", original && claim.in_kind_counts);
            count("dialysis", original && claim.specified_disease);
            count("pharmacy", original && claim.prescriber.is_some());
            count("dentist", original && claim.service == 1);
            count("nurses", original && claim.service == 3);
            count("accident", original && claim.third_party);
            count("aided", original && claim.aid_code.is_some());
            count("twice", original && claim.claim.ends_with("-2") && claim.claim.matches('-').count() == 3);
            count("after loss", original && claim.person.0 % 50 == 0 && claim.month >= Date::new(2026, 1, 1));
            count("returned", claim.status == ClaimStatus::Returned);
            count("replaced", claim.status == ClaimStatus::Replaced);
            match claim.status {
                ClaimStatus::Original => assert!(!last.contains_key(&claim.claim)),
                ClaimStatus::Returned => assert_eq!(last[&claim.claim].cost_yen, -claim.cost_yen),
                ClaimStatus::Replaced => assert_ne!(last[&claim.claim].status, ClaimStatus::Returned),
            }
            last.insert(claim.claim.clone(), claim);
        }
        let rare: Vec<_> = seen.iter().filter(|(_, count)| **count == 0).collect();
        assert!(rare.is_empty(), "{rare:?} in {seen:?}");
        // 3,000 persons for twelve months: 1.1 claims each, a stay in one of some 140.
        assert!((35_000..45_000).contains(&seen["original"]), "{seen:?}");
        assert!((200..320).contains(&seen["stay"]), "{seen:?}");
    }

    #[test]
    fn its_files_are_what_the_form_asks_for_in_parts_without_a_gap() {
        let people = people(900);
        let mut serial = 0;
        for processed in YEAR.processed() {
            serial += 1;
            let files = YEAR.files(here(), &people, processed);
            let given: Vec<(String, Vec<u8>)> = files.iter().map(|file| (file.name.clone(), file.text.clone().into_bytes())).collect();
            let set = open(here(), &given, Date::new(2026, 12, 1)).and_then(|opened| opened.read());
            let set = set.unwrap_or_else(|report| panic!("{report}"));
            assert_eq!((set.serial, set.month, set.said.len()), (serial, processed, files.iter().map(|file| file.lines).sum()));
        }
        // Nobody claims anything.
        assert_eq!(YEAR.files(here(), &[], months_after(FROM, 2)).len(), 1);
    }

    #[test]
    fn own_payments_round_to_ten_yen_half_up_and_shares_turn_with_school_and_seventy() {
        // 30 % of 1,350 yen are 405, 20 % of 1,220 are 244.
        assert_eq!((charged(1_350, 30), charged(1_220, 20), charged(12_340, 30)), (410, 240, 3_700));
        let dice = || Dice::of(1, 1);
        for (birth, month, expected) in [
            ("2019-04-01", "2025-03-01", 20),
            ("2019-04-01", "2025-04-01", 30),
            ("2019-04-02", "2025-04-01", 20),
            ("1955-08-01", "2025-07-01", 30),
            ("1955-08-01", "2025-08-01", 20),
            ("1955-08-02", "2025-08-01", 30),
            ("1955-08-02", "2025-09-01", 20),
        ] {
            let day = |text| Date::parse(text).unwrap();
            assert_eq!(share(&mut dice(), day(birth), day(month)), expected, "{birth} {month}");
        }
    }
}
