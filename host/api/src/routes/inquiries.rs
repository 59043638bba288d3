//! Inquiries (照会): what other bodies were asked through the intermediate server, and how far each is.
//!
//! An inquiry is seen under the affair that it was made for, and under no other. What is written here waits: sending it and taking
//! the answers over is `jorei inquiry run`, where the server's secret is.

use crate::cursor::{Page, PageQuery};
use crate::extract::{Json, Last, Params, day_until};
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::routes::payees::found;
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use jorei_connector::{LegalRow, Matter, What};
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_service::inquiries::{self as service, Progress, Question, ask_again};
use jorei_service::payees::Watch;
use jorei_store::inquiries::{StoredAnswer, StoredInquiry};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Years of income that can be asked for.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2199;

/// Which inquiries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InquiriesQuery {
    /// Answered ones too.
    #[serde(default)]
    all: bool,
    /// The `next` of the page before.
    after: Option<String>,
    /// At most so many, 1 to 500; none: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// An inquiry with its state and age.
#[derive(Serialize, ToSchema)]
pub struct InquiryRow {
    /// Its id.
    inquiry: String,
    /// account, income, qualification, dependant_loss or employment_insurance.
    what: String,
    /// The calendar year of an income.
    year: Option<i32>,
    /// The row of the ministerial order, or account_register.
    row: String,
    /// About whom: the person's number here.
    person: i64,
    /// In which household's case; none where it was asked without one.
    household: Option<i64>,
    /// The day it was written.
    asked_on: String,
    /// Days since then.
    days: i64,
    /// unsent, asked, timed_out, refused with why, or the word of its answer.
    state: String,
    /// What officials call the state.
    state_ja: &'static str,
    /// What the answer says that a clerk must decide on; empty where it says nothing such.
    says_ja: String,
}

/// An answer that a clerk must look at.
#[derive(Serialize, ToSchema)]
pub struct AnswerException {
    /// The server's number of it.
    sequence: i64,
    /// The inquiry that it names.
    inquiry: String,
    /// About whom; none where nobody was asked about.
    person: Option<i64>,
    /// The word of what the answer says.
    standing: String,
    /// unknown, unfit or contradicted.
    usage: &'static str,
    /// What officials call that.
    usage_ja: &'static str,
    /// Why.
    detail: String,
    /// When it was read.
    at: String,
}

/// A question about a person, under the affair and the case that the request states.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskPerson {
    /// In which household's case.
    #[schema(minimum = 1)]
    household: Option<i64>,
    /// income, qualification, dependant_loss or employment_insurance.
    #[schema(max_length = 40)]
    what: String,
    /// The calendar year, of an income.
    #[schema(example = 2024)]
    year: Option<i32>,
    /// The row of the ministerial order: 69, 70 or 71.
    #[schema(max_length = 10)]
    row: String,
    /// For what; none for premium.
    #[schema(max_length = 40)]
    matter: Option<String>,
    /// As of which day, not after today; none for today.
    on: Option<String>,
}

/// An inquiry that was written.
#[derive(Serialize, ToSchema)]
pub struct WrittenInquiry {
    /// Its id. The same question of one day is one.
    inquiry: String,
}

/// What was asked again.
#[derive(Serialize, ToSchema)]
pub struct AskedAgain {
    /// The order.
    order: i64,
    /// Inquiries that were written; 0 where today's was written before, or nobody said where the money may go.
    written: usize,
}

/// List the inquiries of the stated affair with their state and age.
///
/// A page may hold fewer than its limit; the list ends where there is no `next`.
#[utoipa::path(get, path = "/v1/offices/{municipality}/inquiries", tag = "inquiries", params(InquiriesQuery),
    responses((status = 200, description = "In the order in which they were written", body = Page<InquiryRow>)))]
pub async fn list(State(host): State<Shared>, asker: Asker, Params(query): Params<InquiriesQuery>) -> Answer<axum::Json<Page<InquiryRow>>> {
    let page = PageQuery { after: query.after, limit: query.limit };
    let (after, limit) = (page.number()?.unwrap_or(0), page.limit()?);
    let asked = host.store.inquiries(asker.office(), !query.all, after, limit + 1).await?;
    let page = Page::of(asked, limit, |one: &StoredInquiry| one.ordinal.to_string());
    let affair = asker.purpose()?.affair.word();
    let of_affair = page.items.into_iter().filter(|one| one.inquiry.affair == affair).collect();
    told(&host, &asker, Page { items: of_affair, next: page.next }).await
}

/// List what was asked for the payment of an order.
#[utoipa::path(get, path = "/v1/offices/{municipality}/payment-orders/{order}/inquiries", tag = "inquiries",
    responses((status = 200, description = "In the order in which they were written", body = Page<InquiryRow>)))]
pub async fn of_order(State(host): State<Shared>, asker: Asker, Last(order): Last<i64>) -> Answer<axum::Json<Page<InquiryRow>>> {
    let (state, today) = (found(&host, &asker, order).await?, asker.moment.now.today);
    let asked = host.store.inquiries_of_matter(asker.office(), state.matter).await?;
    let rows = asked.into_iter().map(|one| row(&Progress::of(one, today, &Watch::default())));
    Ok(axum::Json(Page::whole(rows.collect())))
}

/// List answers that a clerk must look at: to nothing that was asked, unreadable ones, and those that contradict an earlier one.
///
/// A page may hold fewer than its limit; the list ends where there is no `next`.
#[utoipa::path(get, path = "/v1/offices/{municipality}/inquiries/exceptions", tag = "inquiries", params(PageQuery),
    responses((status = 200, description = "In the order in which the server told them", body = Page<AnswerException>)))]
pub async fn exceptions(
    State(host): State<Shared>,
    asker: Asker,
    Params(page): Params<PageQuery>,
) -> Answer<axum::Json<Page<AnswerException>>> {
    let (after, limit) = (page.number()?.unwrap_or(0), page.limit()?);
    let found = host.store.answer_exceptions(asker.office(), after, limit + 1).await?;
    let page = Page::of(found, limit, |one: &StoredAnswer| one.sequence.to_string());
    let affair = asker.purpose()?.affair.word();
    let (mut items, mut persons, mut households) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for answer in page.items {
        let asked = host.store.inquiry(asker.office(), &answer.inquiry).await?.map(|stored| stored.inquiry);
        if asked.as_ref().is_some_and(|asked| asked.affair != affair) {
            continue;
        }
        persons.extend(asked.as_ref().map(|asked| asked.person));
        households.extend(asked.as_ref().and_then(|asked| asked.household));
        items.push(AnswerException {
            sequence: answer.sequence,
            inquiry: answer.inquiry,
            person: asked.map(|asked| asked.person.0),
            standing: answer.standing,
            usage: answer.usage.word(),
            usage_ja: answer.usage.ja(),
            detail: answer.detail,
            at: answer.at,
        });
    }
    asker.looked_up(&host, &Vec::from_iter(persons), &Vec::from_iter(households)).await?;
    Ok(axum::Json(Page { items, next: page.next }))
}

/// Write a question about a person, on the ground of row 69, 70 or 71; `jorei inquiry run` sends it.
///
/// It is asked for the affair and the case that the request states. The same question of one day is one.
#[utoipa::path(post, path = "/v1/offices/{municipality}/people/{person}/inquiries", tag = "inquiries", request_body = AskPerson,
    responses((status = 201, description = "It is written", body = WrittenInquiry)))]
pub async fn ask(
    State(host): State<Shared>,
    asker: Asker,
    Last(person): Last<i64>,
    Json(body): Json<AskPerson>,
) -> Answer<(StatusCode, axum::Json<WrittenInquiry>)> {
    let (office, today, person) = (asker.office(), asker.moment.now.today, PersonId(person));
    let what = match (body.what.as_str(), body.year) {
        ("income", Some(year)) if YEARS.contains(&year) => What::Income { year },
        ("qualification", None) => What::Qualification,
        ("dependant_loss", None) => What::DependantLoss,
        ("employment_insurance", None) => What::EmploymentInsurance,
        ("income", _) => return Err(Problem::invalid("year: give the calendar year of the income, 1990 to 2199")),
        ("qualification" | "dependant_loss" | "employment_insurance", Some(_)) => {
            return Err(Problem::invalid("year: only an income has one"));
        }
        _ => return Err(Problem::invalid("what: one of income, qualification, dependant_loss, employment_insurance")),
    };
    let legal_row = LegalRow::parse(&body.row).ok().filter(|row| *row != LegalRow::AccountRegister);
    let legal_row = legal_row.ok_or_else(|| Problem::invalid("row: one of 69, 70, 71"))?;
    let matter = Matter::parse(body.matter.as_deref().unwrap_or("premium"))?;
    let on = day_until("on", body.on.as_deref(), today)?;
    let purpose = asker.purpose()?.clone();
    let household = body.household.map(HouseholdId);
    let knows_person = host.store.knows_person(office, person).await?;
    let knows_household = match household {
        Some(household) => host.store.knows_household(office, household).await?,
        None => true,
    };
    let known = |known: bool| usize::from(known);
    let households: Vec<HouseholdId> = household.into_iter().take(known(knows_household)).collect();
    asker.looked_up(&host, &[person][..known(knows_person)], &households).await?;
    if !knows_household {
        return Err(Problem::invalid("household: no household has this number here"));
    }
    let question = Question { person, household, what, legal_row, matter, affair: purpose.affair, case: purpose.case, on };
    let inquiry = service::ask(&host.store, office, &question, today, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(WrittenInquiry { inquiry })))
}

/// Ask the account register again for an order whose last inquiry came to nothing; `jorei inquiry run` sends it.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-orders/{order}/inquiries", tag = "inquiries",
    responses((status = 201, description = "It is written", body = AskedAgain)))]
pub async fn again(State(host): State<Shared>, asker: Asker, Last(order): Last<i64>) -> Answer<(StatusCode, axum::Json<AskedAgain>)> {
    found(&host, &asker, order).await?;
    let (today, watch) = (asker.moment.now.today, Watch::default());
    let written = ask_again(&host.store, asker.office(), order, today, &watch, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(AskedAgain { order, written })))
}

async fn told(host: &Host, asker: &Asker, page: Page<StoredInquiry>) -> Answer<axum::Json<Page<InquiryRow>>> {
    let persons: BTreeSet<PersonId> = page.items.iter().map(|one| one.inquiry.person).collect();
    let households: BTreeSet<HouseholdId> = page.items.iter().filter_map(|one| one.inquiry.household).collect();
    asker.looked_up(host, &Vec::from_iter(persons), &Vec::from_iter(households)).await?;
    let today = asker.moment.now.today;
    let rows = page.items.into_iter().map(|one| row(&Progress::of(one, today, &Watch::default())));
    Ok(axum::Json(Page { items: rows.collect(), next: page.next }))
}

fn row(progress: &Progress) -> InquiryRow {
    let inquiry = &progress.inquiry.inquiry;
    InquiryRow {
        inquiry: inquiry.id.clone(),
        what: inquiry.what.clone(),
        year: inquiry.year,
        row: inquiry.legal_row.clone(),
        person: inquiry.person.0,
        household: inquiry.household.map(|household| household.0),
        asked_on: inquiry.asked_on.to_string(),
        days: progress.days,
        state: progress.state.clone(),
        state_ja: progress.ja(),
        says_ja: progress.says().to_owned(),
    }
}
