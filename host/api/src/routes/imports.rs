//! Imports: sets of files into the records, whole or not at all, and the withdrawal of one by two people.
//!
//! CSV only. A spreadsheet is an archive whose unpacked size nothing bounds before it is read; whoever has one saves it
//! as CSV, or imports it on the machine. Absent: the names of files in any answer, for they may be names of people.

use crate::action::Action;
use crate::cursor::{Page, limit};
use crate::extract::{Json, Last, Params};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::routes::acts::{Prepared, keep};
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jorei_domain::id::{HouseholdId, Knowledge, PersonId};
use jorei_domain::purpose::File;
use jorei_service::imports::forms::Form;
use jorei_service::imports::{CONTROL_FILES, ImportError, Set, Source, apply, listed, preview, propose_withdrawal, read};
use jorei_service::masters::{View, files};
use jorei_store::imports::StoredImport;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Most files of a set.
const FILES_MAX: usize = 40;
/// What a spreadsheet begins with: it is an archive.
const ARCHIVE: &[u8] = b"PK";

/// How many imports.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ImportsQuery {
    /// At most so many, 1 to 500; none: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// An import.
#[derive(Serialize, ToSchema)]
pub struct Import {
    /// The knowledge number under which it is known.
    knowledge: i64,
    /// The digest of its forms and contents.
    set: String,
    /// How many rows of each form.
    #[schema(value_type = Object)]
    forms: Value,
    /// When.
    at: String,
    /// Who.
    by: String,
    /// The knowledge number that restored what holds without it; none: it holds.
    withdrawn_by: Option<i64>,
}

/// A form.
#[derive(Serialize, ToSchema)]
pub struct ImportForm {
    /// Its word.
    form: &'static str,
    /// What officials call it.
    form_ja: &'static str,
    /// Its columns in order.
    columns: Vec<FormColumn>,
}

/// A column of a form.
#[derive(Serialize, ToSchema)]
pub struct FormColumn {
    /// The heading.
    heading: &'static str,
    /// Must a file have it?
    needed: bool,
}

/// A set of files.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportFiles {
    /// Files that each state their form; or files without, and among them a control file (一覧.csv or set.csv).
    #[schema(min_items = 1, max_items = 40)]
    files: Vec<ImportFile>,
    /// Only tell what it would do.
    #[serde(default)]
    dry_run: bool,
}

/// A file of a set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportFile {
    /// Its name, as a control file has it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The word of its form; none where a control file says it.
    #[schema(max_length = 40, example = "incomes")]
    form: Option<String>,
    /// The CSV in UTF-8 or Shift_JIS, in base64.
    content_base64: String,
}

/// What a set does to what is known.
#[derive(Serialize, ToSchema)]
pub struct ImportResult {
    /// The knowledge number; none for a dry run.
    knowledge: Option<i64>,
    /// The digest of the set.
    set: String,
    /// By form.
    forms: Vec<FormChange>,
    /// How many persons it is about.
    persons: u64,
    /// How many households these live or would live in.
    households: u64,
    /// Households that have not exactly one head.
    warnings: Vec<HeadsWarning>,
}

/// What a set does to one form.
#[derive(Serialize, ToSchema)]
pub struct FormChange {
    /// The form.
    form: &'static str,
    /// What officials call it.
    form_ja: &'static str,
    /// Rows.
    rows: u64,
    /// Rows that say something where nothing was known.
    new: u64,
    /// Rows that say something else.
    changed: u64,
    /// Rows that say what is known.
    same: u64,
}

/// A household with no head, or several.
#[derive(Serialize, ToSchema)]
pub struct HeadsWarning {
    /// The household.
    household: i64,
    /// The first day.
    from: String,
    /// How many heads.
    heads: usize,
}

/// Why an import is withdrawn.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawImport {
    /// Why, without names or addresses: it is kept for ever.
    #[schema(max_length = 500)]
    reason: String,
}

/// List the imports, the newest first.
#[utoipa::path(get, path = "/v1/offices/{municipality}/imports", tag = "imports", params(ImportsQuery),
    responses((status = 200, description = "The imports", body = Page<Import>)))]
pub async fn list(State(host): State<Shared>, asker: Asker, Params(query): Params<ImportsQuery>) -> Answer<axum::Json<Page<Import>>> {
    let imports = host.store.imports(asker.office(), limit(query.limit)?).await?;
    Ok(axum::Json(Page::whole(imports.into_iter().map(import_body).collect())))
}

/// List the forms that can be imported, with their columns.
#[utoipa::path(get, path = "/v1/offices/{municipality}/imports/forms", tag = "imports",
    responses((status = 200, description = "The forms", body = Page<ImportForm>)))]
pub async fn forms(_asker: Asker) -> Answer<axum::Json<Page<ImportForm>>> {
    let body = |form: Form| ImportForm {
        form: form.word(),
        form_ja: form.ja(),
        columns: form
            .columns()
            .into_iter()
            .map(|column| FormColumn { heading: form.heading(column), needed: form.needs(column) })
            .collect(),
    };
    Ok(axum::Json(Page::whole(Form::all().into_iter().map(body).collect())))
}

/// Import a set of files, whole or not at all.
///
/// CSV only. Every line is read before any is written. Where lines are wrong, the problem names them by file, line and
/// column, in Japanese, and nothing is imported.
#[utoipa::path(post, path = "/v1/offices/{municipality}/imports", tag = "imports", request_body = ImportFiles,
    responses((status = 200, description = "What it would do", body = ImportResult), (status = 201, description = "It is known", body = ImportResult)))]
pub async fn import(
    State(host): State<Shared>,
    asker: Asker,
    Json(body): Json<ImportFiles>,
) -> Answer<(StatusCode, axum::Json<ImportResult>)> {
    let ImportFiles { files, dry_run } = body;
    let office = asker.office();
    let sources = sources(files)?;
    may_read(&host, &asker, &sources).await?;
    // Reading keeps one thread busy for as long as the set is large.
    let set = tokio::task::spawn_blocking(move || read(&sources, |_| {})).await;
    let set = set.map_err(|_| Problem::new(Code::Fault, "the program failed; nothing was imported"))?.map_err(Problem::from)?;
    if let Some(knowledge) = host.store.import_of(office, set.digest).await? {
        return Err(ImportError::Already(knowledge).into());
    }
    let (persons, households) = whom(&set);
    asker.looked_up(&host, &persons, &households).await?;
    let found = preview(&host.store, office, &set, |_| {}).await?;
    let knowledge = match dry_run {
        true => None,
        false => Some(apply(&host.store, office, asker.moment.now.today, &set, &asker.stamp()).await?),
    };
    let change = |(form, change): (Form, jorei_service::imports::Change)| FormChange {
        form: form.word(),
        form_ja: form.ja(),
        rows: set.rows.get(&form).copied().unwrap_or(0),
        new: change.new,
        changed: change.changed,
        same: change.same,
    };
    let warnings = set.warnings.iter().map(|warning| HeadsWarning {
        household: warning.household.0,
        from: warning.from.to_string(),
        heads: warning.heads,
    });
    let body = ImportResult {
        knowledge: knowledge.map(|knowledge| knowledge.0),
        set: set.digest.to_string(),
        forms: found.changes.into_iter().map(change).collect(),
        persons: found.persons,
        households: found.households,
        warnings: warnings.collect(),
    };
    Ok((if dry_run { StatusCode::OK } else { StatusCode::CREATED }, axum::Json(body)))
}

/// Prepare the withdrawal of an import.
///
/// New facts restore what the office would know without it, once two people have signed.
#[utoipa::path(post, path = "/v1/offices/{municipality}/imports/{knowledge}/withdrawal", tag = "imports", request_body = WithdrawImport,
    responses((status = 201, description = "The act as it will be signed", body = Prepared)))]
pub async fn withdrawal(
    State(host): State<Shared>,
    asker: Asker,
    Last(knowledge): Last<i64>,
    Json(body): Json<WithdrawImport>,
) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    if body.reason.trim().is_empty() || body.reason.chars().count() > 500 {
        return Err(Problem::invalid("reason: say in 1 to 500 characters why, without names or addresses"));
    }
    let proposal = propose_withdrawal(&host.store, asker.office(), Knowledge(knowledge), &body.reason).await?;
    keep(&host, &asker, proposal, None).await
}

/// The files as the service reads them, each called by its place: a name could be somebody's.
fn sources(files: Vec<ImportFile>) -> Answer<Vec<Source>> {
    if !(1..=FILES_MAX).contains(&files.len()) {
        return Err(Problem::invalid(format!("files: send 1 to {FILES_MAX}")));
    }
    let mut read: Vec<(String, Option<Form>, Vec<u8>)> = Vec::with_capacity(files.len());
    for (at, ImportFile { name, form, content_base64 }) in files.into_iter().enumerate() {
        let wrong = |member: &str, text: &str| Problem::invalid(format!("files[{at}].{member}: {text}"));
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err(wrong("name", "give 1 to 100 characters"));
        }
        let known = || Form::all().into_iter().map(Form::word).collect::<Vec<_>>().join(", ");
        let form = form.map(|form| Form::named(&form).ok_or_else(|| wrong("form", &format!("one of {}", known())))).transpose()?;
        let bytes = STANDARD.decode(content_base64).map_err(|_| wrong("content_base64", "not base64 with its padding"))?;
        if bytes.starts_with(ARCHIVE) {
            return Err(wrong("content_base64", "a spreadsheet is not taken here: save it as CSV, or use `jorei import` on the machine"));
        }
        read.push((name, form, bytes));
    }
    let called = |at: usize| format!("{}番目のファイル", at + 1);
    let with_form = read.iter().filter(|(_, form, _)| form.is_some()).count();
    if with_form == read.len() {
        let source = |(at, (_, form, bytes)): (usize, (String, Option<Form>, Vec<u8>))| {
            form.map(|form| Source { name: called(at), form, stated: None, bytes })
        };
        return Ok(read.into_iter().enumerate().filter_map(source).collect());
    }
    if with_form > 0 || !read.iter().any(|(name, _, _)| CONTROL_FILES.contains(&name.as_str())) {
        return Err(Problem::invalid(format!(
            "files: state the form of each file, or of none and send a control file ({}) with them",
            CONTROL_FILES.join(" or ")
        )));
    }
    let names: Vec<String> = read.iter().map(|(name, _, _)| name.clone()).collect();
    let place = |name: &str| names.iter().position(|known| known == name).map_or_else(|| CONTROL_FILES[0].to_owned(), called);
    match listed(read.into_iter().map(|(name, _, bytes)| (name, bytes)).collect()) {
        Ok(sources) => Ok(sources.into_iter().map(|source| Source { name: place(&source.name), ..source }).collect()),
        Err(mut report) => {
            report.refused.iter_mut().for_each(|line| line.file = place(&line.file));
            Err(report.into())
        }
    }
}

/// A form is of a file, and its lines tell what is known there: whether a line is the same.
async fn may_read(host: &Host, asker: &Asker, sources: &[Source]) -> Answer<()> {
    for source in sources {
        let needed = match files(View::Form(source.form)) {
            [File::PersonAssessment] => Action::IncomesEnter,
            _ => Action::FactsEnter,
        };
        if !asker.may(host, needed, None) {
            asker.refused(host, needed, &[]).await?;
            return Err(Problem::new(Code::Forbidden, format!("this account's tasks do not include {}", source.form.word())));
        }
    }
    Ok(())
}

/// Everybody whom a set is about.
fn whom(set: &Set) -> (Vec<PersonId>, Vec<HouseholdId>) {
    let learnt = &set.learnt;
    let mut persons: BTreeSet<PersonId> = learnt.assertions.iter().map(|fact| fact.person).collect();
    persons.extend(learnt.names.iter().map(|name| name.person));
    persons.extend(learnt.addresses.iter().map(|address| address.person));
    persons.extend(learnt.contacts.iter().map(|contact| contact.person));
    let households: BTreeSet<HouseholdId> = learnt.assertions.iter().filter_map(|fact| fact.household).collect();
    (persons.into_iter().collect(), households.into_iter().collect())
}

fn import_body(import: StoredImport) -> Import {
    Import {
        knowledge: import.knowledge.0,
        set: import.digest.to_string(),
        forms: serde_json::from_str(&import.forms).unwrap_or_else(|_| Value::Object(Map::new())),
        at: import.at,
        by: import.by,
        withdrawn_by: import.withdrawn.map(|number| number.0),
    }
}
