//! The masters (特定個人情報ファイル), page by page, with the columns that officials know.
//!
//! Each master belongs to a file, and a file to the departments whose tasks read it. Absent: receipts and arrears, which
//! need a ledger; forms, which only the machine writes.

use crate::action::Action;
use crate::cursor::PageQuery;
use crate::extract::{Last, Params, date, fiscal_year};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::state::Shared;
use axum::extract::State;
use jorei_domain::id::Knowledge;
use jorei_domain::purpose::File;
use jorei_service::masters::{Asked, View, columns, page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which part of a master, as of when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MasterQuery {
    /// Fiscal year, as 2025: for the masters of assessments.
    year: Option<i32>,
    /// As the office knew it on this day (2025-04-01).
    known_on: Option<String>,
    /// As the office knew it at this number. Not together with known_on.
    knowledge: Option<i64>,
    /// The `next` of the page before; none: from the start.
    after: Option<String>,
    /// Lines of at most so many persons or households, 1 to 500; none: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A page of a master.
#[derive(Serialize, ToSchema)]
pub struct Master {
    /// The file's word.
    file: &'static str,
    /// What officials call it.
    file_ja: &'static str,
    /// As of which knowledge.
    knowledge: i64,
    /// What the cells are, in Japanese.
    columns: Vec<String>,
    /// The cells of each line, as texts.
    lines: Vec<Vec<String>>,
    /// Give this as `after` for the next part; none: there is no more.
    next: Option<String>,
}

/// See a page of a master.
///
/// Addresses of protected people are masked, whoever asks.
#[utoipa::path(get, path = "/v1/offices/{municipality}/masters/{file}", tag = "people", params(MasterQuery),
    responses((status = 200, description = "The page", body = Master)))]
pub async fn show(
    State(host): State<Shared>,
    asker: Asker,
    Last(word): Last<String>,
    Params(query): Params<MasterQuery>,
) -> Answer<axum::Json<Master>> {
    let office = asker.office();
    let named = File::ALL.into_iter().find(|file| file.word() == word);
    let file =
        named.ok_or_else(|| Problem::not_found(format!("there is no such file; known are {}", File::ALL.map(File::word).join(", "))))?;
    let action = action_of(file);
    if !asker.may(&host, action, None) {
        asker.refused(&host, action, &[]).await?;
        return Err(Problem::new(Code::Forbidden, format!("this account's tasks do not include the file {}", file.word())));
    }
    let heading = columns(View::Master(file))?;
    let as_of = match (&query.known_on, query.knowledge) {
        (Some(_), Some(_)) => return Err(Problem::invalid("give known_on or knowledge, not both")),
        (Some(day), None) => host.store.knowledge_on(office, date("known_on", day)?).await?,
        (None, Some(knowledge)) => Knowledge(knowledge),
        (None, None) => host.store.latest_knowledge(office).await?,
    };
    let year = query.year.map(|year| fiscal_year("year", year)).transpose()?;
    let part = PageQuery { after: query.after, limit: query.limit };
    let (after, limit) = (part.number()?.unwrap_or(0).max(0), part.limit()?);
    let asked = Asked { view: View::Master(file), year, as_of, today: asker.moment.now.today };
    let found = page(&host.store, office, &asked, after, limit).await?;
    asker.looked_up_as(&host, action, &found.persons, &found.households).await?;
    Ok(axum::Json(Master {
        file: file.word(),
        file_ja: file.ja(),
        knowledge: as_of.0,
        columns: heading.into_iter().map(|column| column.heading).collect(),
        lines: found.lines,
        next: found.next.map(|next| next.to_string()),
    }))
}

/// The action that stands for a file.
fn action_of(file: File) -> Action {
    match file {
        File::Insured => Action::MastersShow,
        File::Retired => Action::MastersRetired,
        File::HouseholdAssessment => Action::MastersAssessment,
        File::PersonAssessment => Action::MastersPersons,
        File::PersonAssessmentHistory => Action::MastersPersonHistory,
        File::Receipts => Action::MastersReceipts,
        File::AssessmentChanges => Action::MastersChanges,
        File::Arrears => Action::MastersArrears,
    }
}
