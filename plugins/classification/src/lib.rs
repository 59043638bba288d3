//! What the persons of a household pay at the counter in a month, and by which limits (区分判定). Other rules take it as facts.
//!
//! # What it decides
//!
//! For a household and a month: the share of each insured person (一部負担金の割合), with the decision at 70 to 74 and its exits; the
//! categories of the tables of limits, under 70 and from 70 to 74; whether the lower yearly cap holds; whom a restriction by arrears
//! makes pay all (特別療養); what becomes of applications for limit certificates.
//!
//! # Legal basis
//!
//! National Health Insurance Act (国民健康保険法) arts. 42, 54-3, 57-2; its Order (施行令) arts. 27-2, 29-3; Local Tax Act (地方税法)
//! art. 314-2 for the basic deduction.
//!
//! # Inputs
//!
//! Birth dates, membership, qualification, former members, residents' tax by year of income, applications, restrictions, aid by
//! other laws. The day of the case is the first of the month. Months from January to July rest on the income of the year before
//! last, those from August on that of last year.
//!
//! # Output
//!
//! Tables `classification` (one row), `shares` (a row per insured person), `certificates` (a row per application); see [`outcome`].
//!
//! # Rounding
//!
//! None: thresholds are whole yen.
//!
//! # States of income
//!
//! `pending`, or no row at all, of anybody whose income decides: refused, a clerk waits for the answer. `not_required`: nil and
//! exempt. `undeclared`: ア, no 低所得, and none of the exits of 30 %, until it is declared; that is lawful, so not provisional.
//! An amount that is absent is refused where the answer depends on it. Who was born after the year of the income had none.
//!
//! # Assumptions
//!
//! 1. Insured in a month is who is insured on any day of it, is in the household that day, and is not 75 before.
//! 2. The head is the head of the month's last day; where the household ends before, of its last day. An uninsured head
//!    (擬制世帯主) counts for exemption from tax and for what is undeclared, not for income.
//! 3. Whoever is exempt from residents' tax has no taxable income; for the sum of incomes and for receipts the amounts are needed.
//! 4. The basic deduction is chosen by 総所得金額等, which is all that the facts have; it differs from 合計所得金額 only where losses
//!    are carried forward.
//! 5. An undeclared judged member has no taxable income until it is declared.
//! 6. The adjustment for children asks who heads the household in the month, and who is insured below the age on 31 December of the
//!    year of the income. A child whose income is undeclared does not count.
//! 7. The exit by 旧ただし書き所得 is for everybody: it asks for somebody born from 1945-01-02 on, and who is under 75 is.
//! 8. An application for the test of receipts, by whomever of the household, works from the month after; one from the July before
//!    works from August on. It ends with the year of classification.
//! 9. A former member counts beside the only judged member where former and in the household on any day of the month, and not
//!    judged in it.
//! 10. A restriction counts for a month if it holds on its first day; so does arrears for certificates, which special care and
//!     suspension are too. Aid by another law spares if it is there on any day of the month.
//! 11. A limit or meal certificate begins on the first of the month of its application, the long-stay one a month later; all end
//!     with the year of classification, at 70 in the sense of shares, or on the 75th birthday.
//! 12. Arrears do not stand in the way of the reduction of meals.
//!
//! # Not covered
//!
//! The 10 % of those born up to 1944-04-01, all over 75 now; the bands from August 2027, whose thresholds are not law; relief of
//! shares in disasters (Act art. 44).

mod certificates;
mod elderly;
mod household;
mod labels;
pub mod ordinance;
pub mod outcome;
mod taxes;

pub use ordinance::ClassificationOrdinance;
pub use outcome::ClassificationOutcome;

use crate::elderly::Judgement;
use crate::household::Household;
use crate::ordinance::Values;
use crate::outcome::{AgeWord, ClassificationRow, ShareRow, Under70};
use crate::taxes::Taxes;
use jorei_sdk::age::Age;
use jorei_sdk::*;

facts!(
    /// The facts that a classification rests on.
    pub struct ClassificationFacts {
        persons: Persons,
        membership: Membership,
        qualification: Qualification,
        former_membership: FormerMembership,
        resident_taxes: ResidentTaxes,
        limit_applications: LimitApplications,
        benefit_restrictions: BenefitRestrictions,
        public_aid: PublicAid,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Classification;

/// The month of a case and the year that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Month {
    pub(crate) first: Date,
    pub(crate) next: Date,
    /// The year whose income counts.
    pub(crate) income_year: i32,
    /// First day of the year of classification (1 August).
    pub(crate) year_from: Date,
}

impl Month {
    /// # Errors
    /// `not_the_first` for any other day.
    fn of(on: Date) -> Result<Month, Refusal> {
        if on.day() != 1 {
            return Err(Refusal::out_of_scope("not_the_first").with("on", on));
        }
        // August begins a year of classification, resting on the income of the year before it.
        let began = on.year() - i32::from(on.month() < 8);
        let next = age::months_after(on, 1);
        Ok(Month { first: on, next, income_year: began - 1, year_from: Date::new(began, 8, 1) })
    }

    /// The last day of the year of the income.
    pub(crate) fn income_year_end(&self) -> Date {
        Date::new(self.income_year, 12, 31)
    }
}

impl Rule for Classification {
    const ABOUT: About = About {
        id: "classification",
        title_ja: "一部負担金の割合・所得区分の判定",
        title_en: "Shares and categories of a month of National Health Insurance",
        legal_basis: &["Act arts. 42, 54-3, 57-2", "Order arts. 27-2, 29-3"],
        labels: labels::LABELS,
    };
    type Ordinance = ClassificationOrdinance;
    type Facts = ClassificationFacts;
    type Outcome = ClassificationOutcome;

    fn decide<'a, T: Trace<'a>>(
        case: &Case<'a, ClassificationFacts>,
        values: &'a Values,
        t: &mut T,
    ) -> Result<ClassificationOutcome, Refusal> {
        let root = t.open("classification");
        let month = Month::of(case.on)?;
        t.note("month", month.first);
        t.note("income_year", i64::from(month.income_year)).formula("august_to_july");
        let household = Household::of(case, month, t)?;
        if household.insured.is_empty() {
            t.close(root, 0_i64).article("Act art. 42");
            let classification =
                ClassificationRow { persons: 0, under_70: None, over_70: None, reduced_cap: None, income_yen: None, undeclared: false };
            return Ok(ClassificationOutcome { classification, shares: Vec::new(), certificates: Vec::new() });
        }
        // A month for which there are no bands is refused for that, whatever else its law lacks.
        values.limits.known()?;
        let taxes = Taxes::of(case, month, &household, t)?;
        let sum = taxes.sum(household.insured.iter().map(|person| person.ordinal), values, t)?;
        let under_70 = under_70(&taxes, sum, values, t)?;
        let judgement = if household.insured.iter().any(|person| person.age.is_elderly()) {
            Some(elderly::judge(case, month, &household, &taxes, values, t)?)
        } else {
            None
        };
        let over_70 = judgement.as_ref().map(|judgement| judgement.category);
        let reduced_cap = reduced_cap(&taxes, sum.ok(), under_70, values, t)?;
        let shares = shares(case, month, &household, judgement.as_ref(), values, t)?;
        let certificates = certificates::of(case, month, &household, taxes.undeclared, (under_70, over_70), values, t)?;
        let persons = household.insured.len() as i64;
        t.close(root, persons).article("Act art. 42");
        let classification = ClassificationRow {
            persons,
            under_70: Some(under_70),
            over_70,
            reduced_cap,
            income_yen: sum.ok(),
            undeclared: taxes.undeclared,
        };
        Ok(ClassificationOutcome { classification, shares, certificates })
    }
}

/// The category by the table of those under 70: オ first, then by the sum of incomes.
///
/// # Errors
/// `total_income_missing` of the first person whose income the sum lacks.
fn under_70<'a, T: Trace<'a>>(taxes: &Taxes, sum: Result<Yen, taxes::Lack>, values: &'a Values, t: &mut T) -> Result<Under70, Refusal> {
    const ARTICLE: &str = "Order art. 29-3 para. 1";
    let step = t.open("category_under_70");
    let limits = values.limits.known()?;
    t.note("all_exempt", taxes.exempt);
    let category = if taxes.exempt {
        Under70::O
    } else if taxes.undeclared {
        t.note("undeclared", true);
        Under70::A
    } else {
        let sum = sum.map_err(|lack| lack.refusal())?;
        if sum > t.get(&limits.above_for_a_yen) {
            Under70::A
        } else if sum > t.get(&limits.above_for_i_yen) {
            Under70::I
        } else if sum > t.get(&limits.above_for_u_yen) {
            Under70::U
        } else {
            Under70::E
        }
    };
    t.close(step, Val::Word(category.word())).article(ARTICLE);
    Ok(category)
}

/// Does the lower yearly cap hold? None before there is one, and while an income is undeclared.
fn reduced_cap<'a, T: Trace<'a>>(
    taxes: &Taxes,
    sum: Option<Yen>,
    under_70: Under70,
    values: &'a Values,
    t: &mut T,
) -> Result<Option<bool>, Refusal> {
    let Some(cap) = &values.limits.known()?.reduced_cap_up_to_yen else { return Ok(None) };
    if taxes.undeclared {
        return Ok(None);
    }
    // 一般 of 70 to 74 with so low an income is エ too: nobody is exempt or undeclared, and エ goes further up than the cap.
    let holds = under_70 == Under70::E && sum.is_some_and(|sum| sum <= t.get(cap));
    t.note("reduced_cap", holds).article("Order art. 29-3");
    Ok(Some(holds))
}

/// The shares of the insured.
fn shares<'a, T: Trace<'a>>(
    case: &Case<'a, ClassificationFacts>,
    month: Month,
    household: &Household<'a>,
    judgement: Option<&Judgement>,
    values: &'a Values,
    t: &mut T,
) -> Result<Vec<ShareRow>, Refusal> {
    let group = t.open("shares");
    let share = values.share.known()?;
    let restricted = household.head_is_restricted(case, facts::Restriction::SpecialCare, month.first, t);
    let mut rows = Vec::with_capacity(household.insured.len());
    for person in &household.insured {
        let step = t.open("person");
        let (percent, age) = match (person.age, judgement) {
            (Age::Elderly | Age::Turning75, Some(judgement)) => {
                let age = if person.age == Age::Elderly { AgeWord::From70 } else { AgeWord::Turning75 };
                (if judgement.active { &share.active_percent } else { &share.from_70_percent }, age)
            }
            (Age::Preschool, _) => (&share.preschool_percent, AgeWord::Preschool),
            _ => (&share.under_70_percent, AgeWord::Under70),
        };
        let share_percent = t.get(percent);
        t.note("age", Val::Word(age.word()));
        t.note("share_percent", share_percent).article("Act art. 42 para. 1");
        let special_care = restricted && !household.is_spared(case, person, month, values.restriction.known()?, t)?;
        if restricted {
            t.note("special_care", special_care).article("Act art. 54-3");
        }
        t.close(step, Val::Person(person.ordinal as u32));
        rows.push(ShareRow { person: person.ordinal as i64, share_percent, special_care, age });
    }
    t.close(group, rows.len() as i64).article("Act art. 42");
    Ok(rows)
}

component!(Classification);
