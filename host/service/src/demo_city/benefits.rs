//! What benefits rest on in the made-up city beside claims: residents' taxes, worked out roughly from the incomes that the office has
//! of its people, and certificates of specified diseases (特定疾病療養受療証) of those whose claims say that they are on dialysis.
//!
//! A real office has taxes from the tax office's register and certificates from what it granted. Taxes agree with the incomes and
//! follow no tax law to the yen: deductions are a share of the income. Of a few patients the certificate is missing, for a clerk to
//! find. Absent here: whoever is made up, incomes themselves, and claims.

use crate::claims::findings::Insured;
use crate::demo_city::claims::on_dialysis_from;
use crate::demo_city::income::{KNOWN, NOT_REQUIRED};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Knowledge, Municipality, PersonId};
use jorei_domain::record::{DISEASES, Kind};
use jorei_domain::table::ABSENT;
use jorei_store::facts::Assertion;
use jorei_store::masters::{Held, PersonRecord};
use jorei_store::{Store, StoreError};

/// Persons per page.
const PAGE: u32 = 1_000;
/// Up to so much total income nobody is taxed here, whoever depends on them.
const EXEMPT_UP_TO: i64 = 450_000;
/// The basic deduction of residents' tax.
const BASIC_DEDUCTION: i64 = 430_000;
/// What other deductions are taken to be, in hundredths of the income.
const DEDUCTED_PERCENT: i64 = 12;

/// One of so many patients on dialysis has no certificate.
const WITHOUT_CERTIFICATE: i64 = 20;

/// The residents' tax of a person for the income of a year; none where no income of the year is known.
fn tax(record: &PersonRecord, year: i32) -> Option<Assertion> {
    let (from, until) = (Date::new(year, 1, 1), Date::new(year + 1, 1, 1));
    let income = record.facts.iter().rfind(|held| held.kind == Kind::Incomes && held.from <= from && from < held.until)?;
    let yen = |name: &str| {
        let place = Kind::Incomes.fields().iter().position(|field| field.name == name);
        place.map(|place| income.values[place]).filter(|yen| *yen != ABSENT).unwrap_or(0)
    };
    let state = income.values[0];
    let mut values = vec![state, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT];
    if state == KNOWN {
        let separate = yen("separate_yen") + (yen("land_gain_yen") - yen("land_deduction_yen")).max(0);
        let losses = yen("net_loss_carried_yen") + yen("casualty_loss_carried_yen");
        let other = yen("salary_yen") + yen("other_yen") + yen("forestry_yen") + separate;
        let total = (other + yen("pension_yen") - losses).max(0);
        let taxable = (total - BASIC_DEDUCTION - total * DEDUCTED_PERCENT / 100).max(0) / 1_000 * 1_000;
        let receipts = yen("salary_revenue_yen") + yen("pension_revenue_yen") + yen("other_yen").max(0) * 3 / 2 + separate;
        let exempt = i64::from(total <= EXEMPT_UP_TO);
        values = vec![state, exempt, taxable * (1 - exempt), total, receipts, yen("pension_revenue_yen"), other.max(0)];
    } else if state == NOT_REQUIRED {
        values[1] = 1;
    }
    Some(Assertion {
        person: record.person,
        kind: Kind::ResidentTaxes,
        item: 0,
        from,
        until,
        household: None,
        values: Some(values),
        source: format!("住民税課税台帳（{}年分）", year),
    })
}

/// The certificate of a person whose claims of a seed say that they are on dialysis, from the first such month on; none where there
/// is one already.
fn certificate(record: &PersonRecord, seed: u64) -> Option<Assertion> {
    let dialysis = DISEASES.iter().position(|word| *word == "dialysis").and_then(|place| i64::try_from(place).ok())?;
    let from = on_dialysis_from(seed, record.person, Insured::of(record).birth?.0)?;
    let certified = record.facts.iter().any(|held| held.kind == Kind::SpecifiedDiseases);
    (!certified && record.person.0 % WITHOUT_CERTIFICATE != 0).then(|| Assertion {
        person: record.person,
        kind: Kind::SpecifiedDiseases,
        item: 0,
        from,
        until: Date::MAX,
        household: None,
        values: Some(vec![dialysis]),
        source: "特定疾病療養受療証交付簿".to_owned(),
    })
}

/// Lets the office learn, on a day, the residents' taxes of years of income and the certificates of those whose claims of a seed say
/// that they are on dialysis; answers how many of either. Those that it has are left alone.
///
/// # Errors
/// A [`StoreError`]; pages that were written stay.
pub async fn learn(
    store: &Store,
    municipality: Municipality,
    (years, seed): (&[i32], u64),
    learnt_on: Date,
    stamp: &jorei_domain::audit::Stamp,
    mut progress: impl FnMut(u64),
) -> Result<(u64, u64), StoreError> {
    let as_of: Knowledge = store.latest_knowledge(municipality).await?;
    let (mut after, mut taxes, mut certificates) = (PersonId(0), 0, 0);
    loop {
        let page = store.person_records(municipality, (after, PersonId(i64::MAX)), PAGE, as_of).await?;
        let Some(last) = page.last() else { return Ok((taxes, certificates)) };
        after = last.person;
        let mut assertions = Vec::new();
        for record in &page {
            for year in years {
                let first = Date::new(*year, 1, 1);
                let holds = |held: &Held| held.from <= first && first < held.until;
                let known = |held: &Held| held.kind == Kind::ResidentTaxes && holds(held);
                if !record.facts.iter().any(known) {
                    assertions.extend(tax(record, *year));
                }
            }
        }
        taxes += assertions.len() as u64;
        let certified: Vec<Assertion> = page.iter().filter_map(|record| certificate(record, seed)).collect();
        certificates += certified.len() as u64;
        assertions.extend(certified);
        if !assertions.is_empty() {
            store.assert_facts(municipality, learnt_on, &assertions, stamp).await?;
        }
        progress(taxes + certificates);
    }
}
