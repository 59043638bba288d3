//! What was charged too much for meals and living costs in hospital (入院時食事療養費・入院時生活療養費の差額支給) as a rule.
//!
//! # What it decides
//!
//! For each stay of a month: what the patient owes per meal and per day by category, disease, bed and length of stay, and what
//! of the charge goes back because the category could not be shown.
//!
//! # Legal basis
//!
//! National Health Insurance Act (国民健康保険法) arts. 52, 52-2, 110; amounts are those that the minister fixes, as settings.
//!
//! # Inputs
//!
//! Birth dates, qualification, categories of the month and of the eleven before as the host made them of the classification,
//! applications for a long stay, stays by month. The day of the case is the first of the month.
//!
//! # Output
//!
//! Tables `benefit` (one row), `benefits` (a row per stay of the month, 0 where nothing goes back), `stays`; see [`outcome`].
//!
//! # Rounding
//!
//! None: amounts per meal and day are whole yen.
//!
//! # Assumptions
//!
//! 1. What is due follows from the category alone; whether reduced meals were applied for is not asked.
//! 2. Living costs are owed in beds for long-term care from the month after that in which 65 is reached.
//! 3. A long stay is one of more than 90 days within the twelve months before the month, counted in months in which the person
//!    was オ or 低所得, a month's at most those that it has. It is recognised from the month after its application until the July
//!    after. What was charged too much in the month of the application itself, from that day on, goes back too (差額支給): a stay
//!    over that day is recorded as two.
//! 4. Where the medical need is high, or a disease is a designated one, meals in a bed for long-term care cost what they cost in
//!    any other, and residence has its own amounts.
//! 5. Who is オ or 低所得 and has a designated disease owes the lower amount, that of the category.
//! 6. The right lapses two years after the first of the next month. An application from that day on gets nothing.
//! 7. What was charged below what is due is not claimed: 0.
//!
//! # Not covered
//!
//! A patient charged for residence who owes none (refused: the institution corrects its claim); recipients of the old-age welfare
//! pension, whose living costs are lower still.

mod labels;
mod long_stay;
pub mod ordinance;
pub mod outcome;

pub use ordinance::HospitalOrdinance;
pub use outcome::HospitalOutcome;

use crate::ordinance::Values;
use crate::outcome::{ClassWord, StayRow};
use jorei_sdk::age::Age;
use jorei_sdk::benefits::{Benefit, BenefitRow, BenefitSum, Payee, bar_from};
use jorei_sdk::facts::{Bed, Categories, CategoryOver70, CategoryUnder70, HospitalStays, Row};
use jorei_sdk::trace::Off;
use jorei_sdk::*;

facts!(
    /// The facts that a difference rests on.
    pub struct HospitalFacts {
        persons: Persons,
        qualification: Qualification,
        limit_applications: LimitApplications,
        categories: Categories,
        hospital_stays: HospitalStays,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Hospital;

impl Rule for Hospital {
    const ABOUT: About = About {
        id: "hospital",
        title_ja: "入院時食事療養費・入院時生活療養費の差額支給",
        title_en: "Differences of meals and living costs in hospital",
        legal_basis: &["Act arts. 52, 52-2, 110"],
        labels: labels::LABELS,
    };
    type Ordinance = HospitalOrdinance;
    type Facts = HospitalFacts;
    type Outcome = HospitalOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, HospitalFacts>, values: &'a Values, t: &mut T) -> Result<HospitalOutcome, Refusal> {
        let root = t.open("hospital");
        if case.on.day() != 1 {
            return Err(Refusal::out_of_scope("not_the_first").with("on", case.on));
        }
        t.note("month", case.on);
        let (mut benefits, mut stays) = (Vec::new(), Vec::new());
        for row in case.rows(|facts| &facts.hospital_stays) {
            let (number, month) = (row.number().peek(), age::month_of(row.on().peek()));
            if month > case.on {
                return Err(Refusal::fact_impossible("stay_later").with("number", number).with("on", month));
            }
            if month < case.on {
                continue;
            }
            if stays.iter().any(|stay: &StayRow| stay.number == number) {
                return Err(Refusal::fact_impossible("stay_twice").with("number", number).article("Act art. 52"));
            }
            within_the_month(case, row.person().peek())?;
            let (benefit, stay) = decided(case, &row, values, t)?;
            benefits.push(benefit);
            stays.push(stay);
        }
        let benefit = BenefitSum::of(&benefits)?;
        t.close(root, benefit.0).article("Act art. 52");
        Ok(HospitalOutcome { benefit, benefits, stays })
    }
}

/// The stays of a person in the month fit into it: a day of moving is one of both stays, meals are three a day in all.
///
/// # Errors
/// `days_of_month_impossible`, `meals_of_month_impossible`.
fn within_the_month(case: &Case<'_, HospitalFacts>, person: i64) -> Result<(), Refusal> {
    let there = |row: &Row<'_, HospitalStays>| row.person().peek() == person && age::month_of(row.on().peek()) == case.on;
    let rows = || case.rows(|facts| &facts.hospital_stays).filter(there);
    let (moves, long) = (rows().count() as i64 - 1, case.on.days_until(age::months_after(case.on, 1)));
    let refused = |label| Refusal::fact_impossible(label).with("person", person + 1).with("month", case.on).article("Act art. 52");
    let days = rows().map(|row| row.days().peek()).fold(0, i64::saturating_add);
    if moves > 0 && days > long + moves {
        return Err(refused("days_of_month_impossible").with("days", days));
    }
    let meals = rows().map(|row| row.meals().peek()).fold(0, i64::saturating_add);
    if moves > 0 && meals > 3 * long {
        return Err(refused("meals_of_month_impossible").with("meals", meals));
    }
    Ok(())
}

/// What of a stay could not be known and may decide.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Flags {
    intractable: bool,
    high_need: bool,
    type_2: bool,
}

/// A stay's amounts: what is owed by.
#[derive(Clone, Copy)]
struct Owed {
    class: ClassWord,
    living: bool,
    long_stay: bool,
}

/// Decides one stay of the month.
fn decided<'a, T: Trace<'a>>(
    case: &Case<'a, HospitalFacts>,
    row: &Row<'a, HospitalStays>,
    values: &'a Values,
    t: &mut T,
) -> Result<(BenefitRow, StayRow), Refusal> {
    let step = t.open("stay");
    let (number, person) = (t.see(row.number()), row.person().peek());
    t.note("number", number);
    let impossible = |label| Refusal::fact_impossible(label).with("number", number).article("Act art. 52");
    let missing = |label| Refusal::fact_missing(label).with("number", number).article("Act art. 52");
    let (days, meals) = (t.see(row.days()), t.see(row.meals()));
    if !(1..=case.on.days_until(age::months_after(case.on, 1))).contains(&days) {
        return Err(impossible("days_impossible").with("days", days));
    }
    // At most three a day (Act art. 52).
    if !(0..=3 * days).contains(&meals) {
        return Err(impossible("meals_impossible").with("meals", meals).with("days", days));
    }
    let charged = t.see(row.charged_meal_yen()).ok_or_else(|| missing("charge_missing"))?;
    let charged_residence = t.see(row.charged_residence_yen());
    if charged < Yen::ZERO || charged_residence.is_some_and(|yen| yen < Yen::ZERO) {
        return Err(impossible("charge_negative"));
    }
    if !insured::in_month(case.rows(|facts| &facts.persons), case.rows(|facts| &facts.qualification), person, case.on, t)? {
        return Err(impossible("not_insured").with("on", case.on));
    }
    let class = class(case, person, case.on, t)?.ok_or_else(|| {
        Refusal::fact_missing("category_missing").with("person", person + 1).with("month", case.on).article("Act art. 52")
    })?;
    t.note("class", Val::Word(class.word()));
    let living = match t.see(row.bed()) {
        Bed::General => false,
        Bed::LongTermCare => is_65(case, person, case.on, t)?,
        Bed::Unknown => return Err(missing("bed_unknown")),
    };
    t.note("living", living).article("Act art. 52-2");
    let long_stay = class == ClassWord::LowIncome && long_stay::is_recognised(case, row, values, t)?;
    let owed = Owed { class, living, long_stay };
    let flags = flags(row, &owed, values, number, t)?;
    let (due_meal, due_residence) = due(&owed, flags, values, t)?;
    t.note("meal_charge", charged);
    t.note("meals", meals);
    t.note("meal_due", due_meal).article(if living { "Act art. 52-2" } else { "Act art. 52" });
    let meals_yen = charged.less(due_meal).times(meals)?;
    t.note("meal_refund", meals_yen).formula("charged_less_due_times");
    let residence_yen = if living {
        let charged = charged_residence.ok_or_else(|| missing("residence_missing").article("Act art. 52-2"))?;
        t.note("residence_charge", charged);
        t.note("days", days);
        t.note("residence_due", due_residence).article("Act art. 52-2");
        let yen = charged.less(due_residence).times(days)?;
        t.note("residence_refund", yen).formula("charged_less_due_times");
        yen
    } else if charged_residence.is_some_and(|yen| yen > Yen::ZERO) {
        return Err(impossible("residence_not_owed").article("Act art. 52-2"));
    } else {
        Yen::ZERO
    };
    let yen = meals_yen.plus(residence_yen)?;
    let bar_on = bar_from(age::months_after(case.on, 1));
    t.note("bar_on", bar_on).article("Act art. 110").formula("two_years_from_the_next_month");
    let lapsed = t.see(row.applied_on()).is_some_and(|applied| applied >= bar_on);
    if lapsed {
        t.note("lapsed", yen).article("Act art. 110");
    }
    let payee = if lapsed { Payee::Nobody } else { Payee::Head };
    t.close(step, yen);
    let benefit = if living { Benefit::LivingCostDifference } else { Benefit::MealDifference };
    let row = BenefitRow { benefit, number: Some(number), person: Some(person), payee, yen, bar_on: Some(bar_on) };
    let stay = StayRow {
        number,
        person,
        class,
        living,
        long_stay,
        due_meal_yen: due_meal,
        due_residence_yen: due_residence,
        meals_yen,
        residence_yen,
    };
    Ok((row, stay))
}

/// What is known of the stay, an absent flag as no: refused where yes would make another amount due.
///
/// # Errors
/// `intractable_unknown`, `high_need_unknown`, `type_unknown`.
fn flags<'a, T: Trace<'a>>(
    row: &Row<'a, HospitalStays>,
    owed: &Owed,
    values: &'a Values,
    number: i64,
    t: &mut T,
) -> Result<Flags, Refusal> {
    let (intractable, high_need, type_2) = (row.intractable(), row.high_need(), row.type_2());
    let stated = [intractable.peek(), high_need.peek(), type_2.peek()];
    let flags = |values: [bool; 3]| Flags { intractable: values[0], high_need: values[1], type_2: values[2] };
    let amounts = |chosen: [bool; 3]| due(owed, flags(chosen), values, &mut Off::default());
    let known = stated.map(|flag| flag.unwrap_or(false));
    for (at, label) in ["intractable_unknown", "high_need_unknown", "type_unknown"].into_iter().enumerate() {
        if stated[at].is_some() {
            continue;
        }
        // Whatever else is not known, too.
        for other in 0..4 {
            let mut no = known;
            for (place, bit) in (0..3).filter(|place| *place != at).zip([1, 2]) {
                if stated[place].is_none() {
                    no[place] = other & bit != 0;
                }
            }
            let mut yes = no;
            (no[at], yes[at]) = (false, true);
            if amounts(no) != amounts(yes) {
                return Err(Refusal::fact_missing(label).with("number", number).article(if owed.living {
                    "Act art. 52-2"
                } else {
                    "Act art. 52"
                }));
            }
        }
    }
    t.see(intractable);
    if owed.living {
        t.see(high_need);
        t.see(type_2);
    }
    Ok(flags(known))
}

/// What is owed per meal and per day of residence.
fn due<'a, T: Trace<'a>>(owed: &Owed, flags: Flags, values: &'a Values, t: &mut T) -> Result<(Yen, Yen), Refusal> {
    let ordinary = owed.living && !flags.high_need && !flags.intractable;
    let meal = match (owed.class, ordinary) {
        (ClassWord::General, true) if flags.type_2 => &values.general_living.known()?.type_2_meal_yen,
        (ClassWord::General, true) => &values.general_living.known()?.type_1_meal_yen,
        (ClassWord::LowIncome, true) => &values.low_income_living.known()?.meal_yen,
        (ClassWord::Lowest, true) => &values.lowest_living.known()?.meal_yen,
        (ClassWord::General, false) if flags.intractable => &values.intractable_meal.known()?.meal_yen,
        (ClassWord::General, false) => &values.general_meal.known()?.meal_yen,
        (ClassWord::LowIncome, false) if owed.long_stay => &values.long_stay_meal.known()?.meal_yen,
        (ClassWord::LowIncome, false) => &values.low_income_meal.known()?.meal_yen,
        (ClassWord::Lowest, false) => &values.lowest_meal.known()?.meal_yen,
    };
    let meal = t.get(meal);
    let residence = match (owed.living, flags) {
        (false, _) => return Ok((meal, Yen::ZERO)),
        (true, Flags { intractable: true, .. }) => values.residence_intractable.known()?,
        (true, Flags { high_need: true, .. }) => values.residence_high_need.known()?,
        (true, _) => values.residence.known()?,
    };
    Ok((meal, t.get(&residence.day_yen)))
}

/// The categories of a month; a provisional one makes the answer provisional.
///
/// # Errors
/// `categories_twice`.
fn categories<'a>(case: &Case<'a, HospitalFacts>, month: Date) -> Result<Option<Row<'a, Categories>>, Refusal> {
    let mut rows = case.rows(|facts| &facts.categories).filter(|row| age::month_of(row.on().peek()) == month);
    let row = rows.next();
    if rows.next().is_some() {
        return Err(Refusal::fact_impossible("categories_twice").with("month", month).article("Act art. 52"));
    }
    Ok(row)
}

/// What a person owes by in a month: none where the category is not known.
///
/// # Errors
/// `categories_twice`, `age_unclear`.
pub(crate) fn class<'a, T: Trace<'a>>(
    case: &Case<'a, HospitalFacts>,
    person: i64,
    month: Date,
    t: &mut T,
) -> Result<Option<ClassWord>, Refusal> {
    let Some(row) = categories(case, month)? else { return Ok(None) };
    let Some(born) = case.rows(|facts| &facts.persons).find(|row| row.place() as i64 == person) else { return Ok(None) };
    t.see(born.birth_earliest());
    let elderly = matches!(age::of_person(&born, month)?, Age::Elderly | Age::Turning75);
    let class = if elderly {
        match t.see(row.over_70()) {
            CategoryOver70::LowIncome1 => ClassWord::Lowest,
            CategoryOver70::LowIncome2 => ClassWord::LowIncome,
            CategoryOver70::Unknown => return Ok(None),
            _ => ClassWord::General,
        }
    } else {
        match t.see(row.under_70()) {
            CategoryUnder70::O => ClassWord::LowIncome,
            CategoryUnder70::Unknown => return Ok(None),
            _ => ClassWord::General,
        }
    };
    if t.see(row.provisional()) {
        t.unsettled();
    }
    Ok(Some(class))
}

/// Is the person past the month in which 65 is reached (Act art. 36 para. 2 no. 2)?
///
/// # Errors
/// `age_unclear`.
fn is_65<'a, T: Trace<'a>>(case: &Case<'a, HospitalFacts>, person: i64, month: Date, t: &mut T) -> Result<bool, Refusal> {
    let Some(row) = case.rows(|facts| &facts.persons).find(|row| row.place() as i64 == person) else { return Ok(false) };
    let (earliest, latest) = (t.see(row.birth_earliest()), t.see(row.birth_latest()));
    let past = |born: Date| age::month_of(born.reaches(65)) < month;
    if past(earliest) != past(latest) {
        let refusal = Refusal::fact_missing("age_unclear").with("earliest", earliest).with("latest", latest);
        return Err(refusal.with("month", month).with("person", person + 1).article("Act art. 52-2"));
    }
    Ok(past(earliest))
}

component!(Hospital);
