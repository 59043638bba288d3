//! Imports: files that officials already have, as complete sets or not at all, and their withdrawal by two people.
//!
//! A set is read whole before anything of it is written, and every line that is wrong is named: by file, line and
//! column, never by what stands in it. What it would do is shown first. A withdrawal is an act; once it is in effect, new
//! facts restore what the office would know without the set.
//!
//! Absent here: files and folders, which come in as bytes under their names.

pub mod forms;
mod withdrawal;

use crate::sheets::cells::{Wrong, plain};
use crate::sheets::{self, Row, report};
use forms::{Column, Form, Line};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{Kind, Period};
use jorei_store::contacts::ContactRole;
use jorei_store::facts::Assertion;
use jorei_store::imports::Done;
use jorei_store::learning::Learnt;
use jorei_store::masters::{Held, PersonRecord};
use jorei_store::{Store, StoreError};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
pub use withdrawal::{WithdrawalError, complete, propose_withdrawal};

/// The names of a control file (一覧): which files there are, on which form, with how many rows.
pub const CONTROL_FILES: [&str; 2] = ["一覧.csv", "set.csv"];
/// Its headings.
const CONTROL_HEADINGS: [(&str, &str); 3] = [("ファイル", "file"), ("様式", "form"), ("件数", "rows")];
/// The most rows of a set: what is read is held in memory whole, about a kilobyte a row.
pub const SET_ROWS: u64 = 500_000;

/// A file of a set.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name within the set.
    pub name: String,
    /// Its form.
    pub form: Form,
    /// How many rows the control file says it has.
    pub stated: Option<u64>,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A line that cannot be taken.
pub type Refused = report::Refused<Wrong>;
/// Why a set is not taken.
pub type Report = report::Report<Wrong>;

/// A household that has no head, or several, on some days of the set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeadWarning {
    /// The household.
    pub household: HouseholdId,
    /// The first day.
    pub from: Date,
    /// How many heads.
    pub heads: usize,
}

/// A set that can be imported.
#[derive(Clone, Debug)]
pub struct Set {
    /// What it says.
    pub learnt: Learnt,
    /// The digest over forms and contents, whatever the files are called.
    pub digest: Digest,
    /// The rows of each form.
    pub rows: BTreeMap<Form, u64>,
    /// What a clerk should look at; nothing is refused for it.
    pub warnings: Vec<HeadWarning>,
}

/// The files of a folder as its control file lists them.
///
/// # Errors
/// A [`Report`]: no control file, a file that is missing, not listed or listed twice, a form that is none.
pub fn listed(mut files: Vec<(String, Vec<u8>)>) -> Result<Vec<Source>, Report> {
    let mut report = Report::default();
    let Some(control) = files.iter().position(|(name, _)| CONTROL_FILES.contains(&name.as_str())) else {
        report.of_file(CONTROL_FILES[0], Wrong::NoFile);
        return Err(report);
    };
    let (control, bytes) = files.swap_remove(control);
    let rows = match sheets::read(&bytes) {
        Ok(rows) => rows,
        Err(wrong) => {
            report.of_file(&control, wrong);
            return Err(report);
        }
    };
    let mut refuse = |line, place: usize, wrong| {
        let column = place.checked_sub(1).and_then(|place| CONTROL_HEADINGS.get(place)).map(|heading| heading.0);
        report.add(Refused { file: control.clone(), line, place: Some(place), column, wrong });
    };
    let mut sources: Vec<Source> = Vec::new();
    for (number, Row { line, cells }) in rows.into_iter().enumerate() {
        let cells: Vec<String> = match cells {
            Ok(cells) => cells.iter().map(|cell| plain(cell)).collect(),
            Err((place, wrong)) => {
                refuse(line, place, wrong);
                continue;
            }
        };
        let [file, form, stated] = cells.as_slice() else {
            refuse(line, cells.len(), Wrong::Cells { headings: CONTROL_HEADINGS.len() });
            continue;
        };
        if number == 0 {
            for (place, (cell, (ja, en))) in (1..).zip(cells.iter().zip(CONTROL_HEADINGS)) {
                if cell != ja && cell != en {
                    refuse(line, place, Wrong::MissingHeading(ja));
                }
            }
            continue;
        }
        if sources.iter().any(|source| source.name == *file) {
            refuse(line, 1, Wrong::FileTwice);
            continue;
        }
        let Some(form) = Form::named(form) else {
            refuse(line, 2, Wrong::NoForm);
            continue;
        };
        let Ok(stated) = stated.replace(',', "").parse() else {
            refuse(line, 3, Wrong::NotANumber);
            continue;
        };
        // A name is as it is on the disk; a control file may print it in other widths.
        let Some(found) = files.iter().position(|(name, _)| name == file || plain(name) == *file) else {
            refuse(line, 1, Wrong::NoFile);
            continue;
        };
        let (name, bytes) = files.swap_remove(found);
        sources.push(Source { name, form, stated: Some(stated), bytes });
    }
    if report.is_empty() {
        files.iter().for_each(|(name, _)| report.of_file(name, Wrong::Unlisted));
    }
    if report.is_empty() { Ok(sources) } else { Err(report) }
}

/// Where a line of the set came from.
#[derive(Clone, Copy)]
struct Place {
    file: usize,
    line: u64,
}

/// Reads a set whole. `progress` gets the name of each file as it is begun.
///
/// # Errors
/// A [`Report`] of every line that is wrong.
pub fn read(sources: &[Source], mut progress: impl FnMut(&str)) -> Result<Set, Report> {
    let mut report = Report::default();
    let mut lines: Vec<(Place, Line)> = Vec::new();
    let mut rows: BTreeMap<Form, u64> = BTreeMap::new();
    let mut contents: BTreeSet<(&'static str, Digest)> = BTreeSet::new();
    let mut total = 0;
    for (file, source) in sources.iter().enumerate() {
        progress(&source.name);
        if !contents.insert((source.form.word(), Digest::of(&source.bytes))) {
            report.of_file(&source.name, Wrong::FileTwice);
            continue;
        }
        let found = read_file(file, source, &mut lines, &mut report);
        *rows.entry(source.form).or_default() += found;
        total += found;
        if let Some(stated) = source.stated.filter(|stated| *stated != found) {
            report.of_file(&source.name, Wrong::Rows { stated, found });
        }
        if total > SET_ROWS {
            report.of_file(&source.name, Wrong::TooManyRows(SET_ROWS));
            return Err(report);
        }
    }
    if total == 0 && report.is_empty() {
        let name = sources.first().map_or(CONTROL_FILES[0], |source| source.name.as_str());
        report.of_file(name, Wrong::Empty);
    }
    across(sources, &lines, &mut report);
    if !report.is_empty() {
        report.refused.sort_by(|one, other| (&one.file, one.line, one.place).cmp(&(&other.file, other.line, other.place)));
        return Err(report);
    }
    let mut bytes = Vec::new();
    for (form, content) in &contents {
        bytes.extend_from_slice(form.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(&content.0);
    }
    let mut learnt = Learnt::default();
    for (_, line) in lines {
        match line {
            Line::Fact(assertion) => learnt.assertions.push(assertion),
            Line::Name(name) => learnt.names.push(name),
            Line::Address(address) => learnt.addresses.push(address),
            Line::Contact(contact) => learnt.contacts.push(contact),
        }
    }
    let warnings = heads(&learnt.assertions);
    Ok(Set { learnt, digest: Digest::of(&bytes), rows, warnings })
}

/// Reads one file's lines; answers how many there are, wrong ones included.
fn read_file(file: usize, source: &Source, lines: &mut Vec<(Place, Line)>, report: &mut Report) -> u64 {
    let rows = match sheets::read(&source.bytes) {
        Ok(rows) => rows,
        Err(wrong) => {
            report.of_file(&source.name, wrong);
            return 0;
        }
    };
    let form = source.form;
    let refused = |line, place: Option<usize>, column: Option<Column>, wrong| {
        let column = column.map(|column| form.heading(column));
        Refused { file: source.name.clone(), line, place, column, wrong }
    };
    let mut rows = rows.into_iter();
    let columns = match rows.next() {
        None => {
            report.of_file(&source.name, Wrong::Empty);
            return 0;
        }
        Some(Row { line, cells: Err((place, wrong)) }) => {
            report.add(refused(line, Some(place), None, wrong));
            return rows.count() as u64;
        }
        Some(Row { line, cells: Ok(cells) }) => match headings(form, &cells) {
            Ok(columns) => columns,
            Err(wrongs) => {
                wrongs.into_iter().for_each(|(place, wrong)| report.add(refused(line, place, None, wrong)));
                return rows.count() as u64;
            }
        },
    };
    let mut found = 0;
    for Row { line, cells } in rows {
        found += 1;
        let cells = match cells {
            Ok(cells) => cells,
            Err((place, wrong)) => {
                report.add(refused(line, Some(place), columns.get(place - 1).copied(), wrong));
                continue;
            }
        };
        if cells.len() != columns.len() {
            report.add(refused(line, Some(cells.len()), None, Wrong::Cells { headings: columns.len() }));
            continue;
        }
        let place_of = |wanted| columns.iter().position(|column| *column == wanted);
        let cell = |wanted| place_of(wanted).and_then(|place| cells.get(place)).map_or("", String::as_str);
        match form.read(cell) {
            Ok(read) => lines.push((Place { file, line }, read)),
            Err((column, wrong)) => report.add(refused(line, place_of(column).map(|place| place + 1), Some(column), wrong)),
        }
    }
    found
}

/// Which column each heading is.
fn headings(form: Form, cells: &[String]) -> Result<Vec<Column>, Vec<(Option<usize>, Wrong)>> {
    let known = form.columns();
    let (mut columns, mut wrongs) = (Vec::new(), Vec::new());
    for (place, cell) in (1..).zip(cells) {
        let text = plain(cell);
        match known.iter().find(|column| plain(form.heading(**column)) == text) {
            None => wrongs.push((Some(place), Wrong::UnknownHeading)),
            Some(column) if columns.contains(column) => wrongs.push((Some(place), Wrong::HeadingTwice)),
            Some(column) => columns.push(*column),
        }
    }
    let missing = known.iter().filter(|column| form.needs(**column) && !columns.contains(column));
    wrongs.extend(missing.map(|column| (None, Wrong::MissingHeading(form.heading(*column)))));
    if wrongs.is_empty() { Ok(columns) } else { Err(wrongs) }
}

/// What no line alone shows: the order of the lines of a set means nothing, so no two may speak of the same days.
fn across(sources: &[Source], lines: &[(Place, Line)], report: &mut Report) {
    /// Whose, what, which of several; then the first day and the first after it.
    type Said = ((PersonId, u8, Option<Kind>, i64), Date, Date, Option<HouseholdId>, Place);
    let mut said: Vec<Said> = Vec::with_capacity(lines.len());
    for (place, line) in lines {
        let person = line.person();
        said.push(match line {
            Line::Fact(fact) => {
                // An event has one day, whatever day that is.
                let from = if fact.kind.period() == Period::Event { Date::MIN } else { fact.from };
                ((person, 0, Some(fact.kind), fact.item), from, fact.until, fact.household, *place)
            }
            Line::Name(_) => ((person, 1, None, 0), Date::MIN, Date::MAX, None, *place),
            Line::Address(_) => ((person, 2, None, 0), Date::MIN, Date::MAX, None, *place),
            Line::Contact(contact) => {
                let role = ContactRole::ALL.iter().position(|role| *role == contact.role).unwrap_or(0);
                ((person, 3, None, i64::try_from(role).unwrap_or(0)), contact.from, contact.until, None, *place)
            }
        });
    }
    said.sort_by_key(|(what, from, until, _, place)| (*what, *from, *until, place.file, place.line));
    // The line that reaches furthest so far.
    let mut furthest: Option<&Said> = None;
    for next in &said {
        if let Some((what, _, until, household, place)) = furthest.filter(|last| last.0 == next.0 && next.1 < last.2) {
            let (file, line) = (sources[place.file].name.clone(), place.line);
            let two = what.2 == Some(Kind::Membership) && *household != next.3;
            let wrong = if two { Wrong::TwoHouseholds { file, line } } else { Wrong::Twice { file, line } };
            let at = next.4;
            let column = Some(if two { "世帯番号" } else { "宛名番号" });
            report.add(Refused { file: sources[at.file].name.clone(), line: at.line, place: None, column, wrong });
            if *until >= next.2 {
                continue;
            }
        }
        furthest = Some(next);
    }
}

/// Households of the set that have not exactly one head while somebody of the set lives there.
fn heads(assertions: &[Assertion]) -> Vec<HeadWarning> {
    let mut stays: BTreeMap<HouseholdId, Vec<(Date, Date, bool)>> = BTreeMap::new();
    for fact in assertions.iter().filter(|fact| fact.kind == Kind::Membership) {
        if let (Some(household), Some(values)) = (fact.household, &fact.values) {
            stays.entry(household).or_default().push((fact.from, fact.until, values.first() == Some(&1)));
        }
    }
    let mut warnings = Vec::new();
    for (household, stays) in stays {
        let mut bounds: Vec<Date> = stays.iter().flat_map(|stay| [stay.0, stay.1]).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let living = |from: Date| stays.iter().filter(move |stay| stay.0 <= from && from < stay.1);
        let wrong = bounds.into_iter().find(|from| living(*from).count() > 0 && living(*from).filter(|stay| stay.2).count() != 1);
        if let Some(from) = wrong {
            warnings.push(HeadWarning { household, from, heads: living(from).filter(|stay| stay.2).count() });
        }
    }
    warnings
}

/// What a set would do to what is known.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Change {
    /// Lines that say something where nothing was known.
    pub new: u64,
    /// Lines that say something else.
    pub changed: u64,
    /// Lines that say what is known.
    pub same: u64,
}

/// What a set would do.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Preview {
    /// By form.
    pub changes: BTreeMap<Form, Change>,
    /// How many persons it is about.
    pub persons: u64,
    /// How many households these live or would live in, on any day.
    pub households: u64,
}

/// Persons that are compared at once.
const PERSONS_PER_PAGE: usize = 500;

/// What a set would do to what the office knows. `progress` gets the number of persons compared.
///
/// # Errors
/// A [`StoreError`].
pub async fn preview(
    store: &Store,
    municipality: Municipality,
    set: &Set,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Preview, StoreError> {
    let as_of = store.latest_knowledge(municipality).await?;
    let mut assertions: BTreeMap<PersonId, Vec<&Assertion>> = BTreeMap::new();
    set.learnt.assertions.iter().for_each(|fact| assertions.entry(fact.person).or_default().push(fact));
    let mut persons: BTreeSet<PersonId> = assertions.keys().copied().collect();
    persons.extend(set.learnt.names.iter().map(|name| name.person));
    persons.extend(set.learnt.addresses.iter().map(|address| address.person));
    persons.extend(set.learnt.contacts.iter().map(|contact| contact.person));
    let mut preview = Preview { persons: persons.len() as u64, ..Preview::default() };
    let mut households: BTreeSet<HouseholdId> = set.learnt.assertions.iter().filter_map(|fact| fact.household).collect();
    let mut known: BTreeMap<PersonId, PersonRecord> = BTreeMap::new();
    let ids: Vec<PersonId> = persons.into_iter().collect();
    let mut done = 0;
    for chunk in ids.chunks(PERSONS_PER_PAGE) {
        known.clear();
        let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { break };
        let mut after = PersonId(first.0 - 1);
        loop {
            let page = store.person_records(municipality, (after, *last), PERSONS_PER_PAGE as u32, as_of).await?;
            let Some(end) = page.last() else { break };
            after = end.person;
            known.extend(
                page.into_iter().filter(|record| chunk.binary_search(&record.person).is_ok()).map(|record| (record.person, record)),
            );
        }
        for record in known.values() {
            households.extend(record.facts.iter().filter_map(|fact| fact.household));
        }
        for person in chunk {
            let held = known.get(person).map_or(&[][..], |record| record.facts.as_slice());
            for fact in assertions.get(person).into_iter().flatten() {
                count(preview.changes.entry(Form::Facts(fact.kind)).or_default(), compare(fact, held));
            }
        }
        let of_chunk = |person: &PersonId| chunk.binary_search(person).is_ok();
        for name in set.learnt.names.iter().filter(|name| of_chunk(&name.person)) {
            let before = known.get(&name.person).and_then(|record| record.name.as_ref());
            count(preview.changes.entry(Form::Names).or_default(), before.map(|before| before == name));
        }
        for address in set.learnt.addresses.iter().filter(|address| of_chunk(&address.person)) {
            let before = known.get(&address.person).and_then(|record| record.address.as_ref());
            count(preview.changes.entry(Form::Addresses).or_default(), before.map(|before| before == address));
        }
        for contact in set.learnt.contacts.iter().filter(|contact| of_chunk(&contact.person)) {
            let before = known.get(&contact.person).map_or(&[][..], |record| record.contacts.as_slice());
            let of_role = |known: &&jorei_store::contacts::Contact| {
                known.role == contact.role && known.from < contact.until && contact.from < known.until
            };
            let some = before.iter().any(|known| of_role(&known));
            let same = before.contains(contact) || (!some && contact.is_none());
            count(preview.changes.entry(Form::Contacts).or_default(), (some || same).then_some(same));
        }
        done += chunk.len() as u64;
        progress(done);
    }
    preview.households = households.len() as u64;
    Ok(preview)
}

/// Counts a line: none where nothing was known, else whether it was the same.
fn count(change: &mut Change, same: Option<bool>) {
    match same {
        None => change.new += 1,
        Some(true) => change.same += 1,
        Some(false) => change.changed += 1,
    }
}

/// Is what a line says known already? None where nothing is. Where it came from makes no difference.
fn compare(fact: &Assertion, held: &[Held]) -> Option<bool> {
    let event = fact.kind.period() == Period::Event;
    let overlaps = |held: &&Held| event || held.from < fact.until && fact.from < held.until;
    let known: Vec<&Held> = held.iter().filter(|held| (held.kind, held.item) == (fact.kind, fact.item)).filter(overlaps).collect();
    let Some(values) = &fact.values else {
        return Some(known.is_empty());
    };
    if known.is_empty() {
        return None;
    }
    let says_it = |held: &&&Held| held.values == *values && held.household == fact.household;
    if event {
        return Some(known.iter().all(|held| says_it(&held) && held.from == fact.from));
    }
    // Pieces are in order: they must say the same and leave no day out.
    let mut reached = fact.from;
    for held in known.iter().take_while(says_it) {
        if held.from > reached {
            break;
        }
        reached = reached.max(held.until);
    }
    Some(known.iter().all(|held| says_it(&held)) && reached >= fact.until)
}

/// Why a set is not imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It was, and not withdrawn since.
    #[error("this set was imported under knowledge number {0} already; withdraw that import first, or import another set")]
    Already(Knowledge),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports a set whole, under one knowledge number.
///
/// # Errors
/// An [`ImportError`]; then nothing of it was written.
pub async fn apply(store: &Store, municipality: Municipality, learnt_on: Date, set: &Set, stamp: &Stamp) -> Result<Knowledge, ImportError> {
    let rows: Map<String, Value> = set.rows.iter().map(|(form, rows)| (form.word().to_owned(), Value::from(*rows))).collect();
    let forms = Value::Object(rows).to_string();
    match store.import(municipality, learnt_on, (set.digest, &forms), &set.learnt, stamp).await? {
        Done::Now(knowledge) => Ok(knowledge),
        Done::Before(knowledge) => Err(ImportError::Already(knowledge)),
    }
}
