//! The masters (特定個人情報ファイル): views over dated facts and decisions, as the office knew them then; and the forms, as
//! they are imported.
//!
//! A page holds lines and whom they show: whoever hands a page on notes that first ([`crate::lookups`]). The address of
//! whoever is protected, and of those who live with them, is masked in a master; a form has it, for it is read back.
//!
//! Absent here: receipts; and writing files.

use crate::arrears::{ArrearsError, master_lines};
use crate::imports::forms::Form;
use crate::people::protected_on;
use crate::sheets::SheetColumn;
use crate::sheets::codes::word_ja;
use jorei_domain::calendar::{Date, FiscalYear, Months};
use jorei_domain::decision::Outcome;
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::purpose::File;
use jorei_domain::qualification::day_of_loss;
use jorei_domain::record::{BEGIN_CAUSES, END_CAUSES, INCOME_STATES, Kind};
use jorei_domain::slot::Slot;
use jorei_domain::table::{ABSENT, Table, Values};
use jorei_store::decisions::StoredDecision;
use jorei_store::masters::{Held, PersonRecord};
use jorei_store::{Store, StoreError};
use std::collections::BTreeSet;

/// What is shown page by page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum View {
    /// A master.
    Master(File),
    /// A form.
    Form(Form),
}

/// What a view is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Which view.
    pub view: View,
    /// The fiscal year, for the masters of assessments.
    pub year: Option<FiscalYear>,
    /// As of which knowledge.
    pub as_of: Knowledge,
    /// Today, by which people are protected.
    pub today: Date,
}

/// Some lines of a view.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// Cells in the order of [`columns`].
    pub lines: Vec<Vec<String>>,
    /// Everybody whom the lines show.
    pub persons: Vec<PersonId>,
    /// Every household that they do.
    pub households: Vec<HouseholdId>,
    /// Behind which number the next page begins; none on the last one.
    pub next: Option<i64>,
}

/// Why a view is not shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MasterError {
    /// It needs a ledger.
    #[error("{}（{}）: 収納台帳がまだないため作成できません。収納システムの記録を使ってください", file.ja(), file.word())]
    NoLedger {
        /// Which.
        file: File,
    },
    /// The ledger is not read as it was known earlier.
    #[error("{}（{}）: 現在の記録だけを作成できます（--as-of、--known-on は使えません）", file.ja(), file.word())]
    OnlyNow {
        /// Which.
        file: File,
    },
    /// It is of one fiscal year.
    #[error("{}（{}）: 年度を示してください（--year）", file.ja(), file.word())]
    NoYear {
        /// Which.
        file: File,
    },
    /// A decision whose persons are not those that are known to it.
    #[error("decision of household {0}: its persons are not those of its facts; verify the audit chain")]
    OtherPersons(HouseholdId),
    /// What is owed, or was done about it, cannot be put together.
    #[error(transparent)]
    Arrears(#[from] ArrearsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What stands for a masked address.
pub const MASKED: &str = "（秘匿）";

const INSURED: [&str; 15] = [
    "宛名番号",
    "氏名",
    "氏名カナ",
    "通称",
    "生年月日",
    "世帯番号",
    "世帯主",
    "取得年月日",
    "取得事由",
    "喪失事由発生日",
    "喪失事由",
    "喪失年月日",
    "住所",
    "郵便番号",
    "出典",
];
const RETIRED: [&str; 7] = ["宛名番号", "氏名", "氏名カナ", "生年月日", "該当年月日", "非該当年月日", "出典"];
const HOUSEHOLDS: [&str; 16] = [
    "世帯番号",
    "年度",
    "状態",
    "年間保険料",
    "医療分",
    "後期高齢者支援金等分",
    "介護納付金分",
    "子ども・子育て支援納付金分",
    "軽減割合",
    "軽減額",
    "限度超過額",
    "被保険者数",
    "決定番号",
    "版",
    "把握番号",
    "決定日時",
];
/// Columns of the outcome's table `premium` for the amounts above.
const PREMIUM: [&str; 9] = [
    "total_yen",
    "medical_yen",
    "support_yen",
    "care_yen",
    "child_yen",
    "reduction_level",
    "reduction_yen",
    "over_cap_yen",
    "insured_persons",
];
const PERSONS: [&str; 13] = [
    "世帯番号",
    "宛名番号",
    "年度",
    "状態",
    "賦課月数",
    "介護分の月数",
    "産前産後の月数",
    "賦課標準額",
    "所得の把握",
    "決定番号",
    "版",
    "把握番号",
    "決定日時",
];
const CHANGES: [&str; 13] = [
    "世帯番号",
    "年度",
    "版",
    "変更前の状態",
    "変更前の保険料",
    "変更後の状態",
    "変更後の保険料",
    "増減額",
    "変更前の決定番号",
    "変更後の決定番号",
    "変更前の把握番号",
    "変更後の把握番号",
    "決定日時",
];

/// How an instalment stands, then one step that was taken about it.
const ARREARS: [&str; 21] = [
    "世帯番号",
    "年度",
    "徴収方法",
    "期",
    "納期限",
    "調定額",
    "収納・充当額",
    "未納額",
    "延滞金調定額",
    "延滞金未納額",
    "督促手数料未納額",
    "不納欠損額",
    "督促状発付日",
    "時効完成日（未確認）",
    "記録番号",
    "経過日",
    "経過",
    "経過の内容",
    "経過の状態",
    "記録日時",
    "記録者",
];

/// The columns of a view.
///
/// # Errors
/// [`MasterError::NoLedger`].
pub fn columns(view: View) -> Result<Vec<SheetColumn>, MasterError> {
    let file = match view {
        View::Form(form) => return Ok(form.sheet()),
        View::Master(file) => file,
    };
    let headings: &[&str] = match file {
        File::Insured => &INSURED,
        File::Retired => &RETIRED,
        File::HouseholdAssessment => &HOUSEHOLDS,
        File::PersonAssessment | File::PersonAssessmentHistory => &PERSONS,
        File::AssessmentChanges => &CHANGES,
        File::Arrears => &ARREARS,
        File::Receipts => return Err(MasterError::NoLedger { file }),
    };
    let number =
        |heading: &str| heading.ends_with('額') || heading.ends_with("保険料") || heading.ends_with('分') || heading.ends_with("月数");
    Ok(headings.iter().map(|heading| SheetColumn { heading: (*heading).to_owned(), number: number(heading) }).collect())
}

/// The files that a view shows, for the note of the look-up.
pub fn files(view: View) -> &'static [File] {
    match view {
        View::Master(File::Insured) => &[File::Insured],
        View::Master(File::Retired) | View::Form(Form::Facts(Kind::RetiredMembership)) => &[File::Retired],
        View::Master(File::HouseholdAssessment) => &[File::HouseholdAssessment],
        View::Master(File::PersonAssessment) => &[File::PersonAssessment],
        View::Master(File::PersonAssessmentHistory) => &[File::PersonAssessmentHistory],
        View::Master(File::AssessmentChanges) => &[File::AssessmentChanges],
        View::Master(File::Receipts) => &[File::Receipts],
        View::Master(File::Arrears) => &[File::Arrears],
        View::Form(Form::Facts(Kind::Incomes | Kind::Property | Kind::Applications | Kind::Pensions | Kind::ResidentTaxes)) => {
            &[File::PersonAssessment]
        }
        View::Form(_) => &[File::Insured],
    }
}

/// The next lines of a view behind a number (0 for the first), from at most `limit` persons or households.
///
/// # Errors
/// A [`MasterError`].
pub async fn page(store: &Store, municipality: Municipality, asked: &Asked, after: i64, limit: u32) -> Result<Page, MasterError> {
    match asked.view {
        View::Form(form) => of_form(store, municipality, form, asked.as_of, after, limit).await,
        View::Master(File::Insured) => insured_persons(store, municipality, asked, after, limit).await,
        View::Master(File::Retired) => retired_members(store, municipality, asked, after, limit).await,
        View::Master(File::HouseholdAssessment) => household_assessments(store, municipality, asked, after, limit).await,
        View::Master(File::PersonAssessment) => person_assessments(store, municipality, asked, after, limit).await,
        View::Master(File::PersonAssessmentHistory) => person_assessment_history(store, municipality, asked, after, limit).await,
        View::Master(File::AssessmentChanges) => assessment_changes(store, municipality, asked, after, limit).await,
        View::Master(File::Arrears) => arrears(store, municipality, asked, after, limit).await,
        View::Master(file @ File::Receipts) => Err(MasterError::NoLedger { file }),
    }
}

/// Persons behind a number, and where the next ones begin.
async fn records(
    store: &Store,
    municipality: Municipality,
    as_of: Knowledge,
    after: i64,
    limit: u32,
) -> Result<(Vec<PersonRecord>, Option<i64>), StoreError> {
    let records = store.person_records(municipality, (PersonId(after), PersonId(i64::MAX)), limit.max(1), as_of).await?;
    let next = records.last().map(|record| record.person.0).filter(|_| records.len() >= limit.max(1) as usize);
    Ok((records, next))
}

async fn of_form(
    store: &Store,
    municipality: Municipality,
    form: Form,
    as_of: Knowledge,
    after: i64,
    limit: u32,
) -> Result<Page, MasterError> {
    let (records, next) = records(store, municipality, as_of, after, limit).await?;
    let mut page = Page { next, ..Page::default() };
    for record in &records {
        let lines = form.write(record);
        if !lines.is_empty() {
            page.persons.push(record.person);
            page.lines.extend(lines);
        }
    }
    Ok(page)
}

/// Everybody whose address is masked on a day: the protected, who lives with them, and who is registered where they are.
async fn masked(store: &Store, municipality: Municipality, asked: &Asked) -> Result<BTreeSet<PersonId>, StoreError> {
    let mut masked = BTreeSet::new();
    let as_of = store.latest_knowledge(municipality).await?;
    for person in protected_on(store, municipality, asked.today).await?.into_keys() {
        masked.insert(person);
        for household in store.households_of(municipality, person, asked.today, as_of).await? {
            let members = store.household_members(municipality, household, asked.today, as_of).await?;
            masked.extend(members.iter().map(|member| member.person));
        }
        // Where they were registered when the view is of may still be where they are.
        for as_of in [as_of, asked.as_of] {
            if let Some(address) = store.address(municipality, person, as_of).await? {
                masked.extend(store.persons_at(municipality, &address.address, as_of).await?);
            }
        }
    }
    Ok(masked)
}

/// 1 被保険者マスタ: a line for each qualification, the ended ones included. The day of loss is that of Act art. 8.
///
/// # Errors
/// A [`MasterError`].
pub async fn insured_persons(
    store: &Store,
    municipality: Municipality,
    asked: &Asked,
    after: i64,
    limit: u32,
) -> Result<Page, MasterError> {
    let masked = masked(store, municipality, asked).await?;
    let (records, next) = records(store, municipality, asked.as_of, after, limit).await?;
    let mut page = Page { next, ..Page::default() };
    for record in &records {
        let before = page.lines.len();
        for spell in of_kind(record, Kind::Qualification) {
            // The last household of the spell.
            let stays = of_kind(record, Kind::Membership).filter(|stay| stay.from < spell.until && spell.from < stay.until);
            let stay = stays.last();
            let cause = spell.values.first().copied().unwrap_or(ABSENT);
            let ended = spell.until != Date::MAX;
            let lost = day_of_loss(spell.until, cause).filter(|_| ended);
            let address = record.address.as_ref().map(|address| (address.address.clone(), address.postcode.clone().unwrap_or_default()));
            let (address, postcode) = match address {
                _ if masked.contains(&record.person) => (MASKED.to_owned(), MASKED.to_owned()),
                address => address.unwrap_or_default(),
            };
            page.households.extend(stay.and_then(|stay| stay.household));
            page.lines.push(vec![
                record.person.to_string(),
                record.name.as_ref().map(|name| name.name.clone()).unwrap_or_default(),
                record.name.as_ref().map(|name| name.kana.clone()).unwrap_or_default(),
                record.name.as_ref().and_then(|name| name.alias.clone()).unwrap_or_default(),
                birth(record),
                stay.and_then(|stay| stay.household).map(|household| household.to_string()).unwrap_or_default(),
                stay.and_then(|stay| stay.values.first()).map(ToString::to_string).unwrap_or_default(),
                spell.from.to_string(),
                code(BEGIN_CAUSES, spell.values.get(1).copied().unwrap_or(ABSENT)),
                if ended { spell.until.to_string() } else { String::new() },
                code(END_CAUSES, cause),
                lost.map(|day| day.to_string()).unwrap_or_default(),
                address,
                postcode,
                spell.source.clone(),
            ]);
        }
        if page.lines.len() > before {
            page.persons.push(record.person);
        }
    }
    page.households.sort_unstable();
    page.households.dedup();
    Ok(page)
}

/// 2 退職者マスタ: who was in the scheme of retired members, which has ended; history only.
///
/// # Errors
/// A [`MasterError`].
pub async fn retired_members(
    store: &Store,
    municipality: Municipality,
    asked: &Asked,
    after: i64,
    limit: u32,
) -> Result<Page, MasterError> {
    let (records, next) = records(store, municipality, asked.as_of, after, limit).await?;
    let mut page = Page { next, ..Page::default() };
    for record in &records {
        let before = page.lines.len();
        for spell in of_kind(record, Kind::RetiredMembership) {
            page.lines.push(vec![
                record.person.to_string(),
                record.name.as_ref().map(|name| name.name.clone()).unwrap_or_default(),
                record.name.as_ref().map(|name| name.kana.clone()).unwrap_or_default(),
                birth(record),
                spell.from.to_string(),
                if spell.until == Date::MAX { String::new() } else { spell.until.to_string() },
                spell.source.clone(),
            ]);
        }
        if page.lines.len() > before {
            page.persons.push(record.person);
        }
    }
    Ok(page)
}

/// 3 賦課マスタ: the premium of each household as it stood.
///
/// # Errors
/// A [`MasterError`].
pub async fn household_assessments(
    store: &Store,
    municipality: Municipality,
    asked: &Asked,
    after: i64,
    limit: u32,
) -> Result<Page, MasterError> {
    let (cases, year, mut page) = decisions(store, municipality, asked, after, limit).await?;
    for known in &cases {
        let Some(stored) = known.last() else { continue };
        let mut line = vec![stored.decision.household.to_string(), year.to_string(), state(stored).to_owned()];
        line.extend(PREMIUM.map(|column| stored.decision.outcome.figure("premium", column).map(|yen| yen.to_string()).unwrap_or_default()));
        line.extend(decision_cells(stored));
        page.households.push(stored.decision.household);
        page.lines.push(line);
    }
    Ok(page)
}

/// 4 賦課個人マスタ: the persons of each premium as it stood.
///
/// # Errors
/// A [`MasterError`].
pub async fn person_assessments(
    store: &Store,
    municipality: Municipality,
    asked: &Asked,
    after: i64,
    limit: u32,
) -> Result<Page, MasterError> {
    let (cases, year, mut page) = decisions(store, municipality, asked, after, limit).await?;
    for known in &cases {
        if let Some(stored) = known.last() {
            person_lines(store, municipality, stored, year, &mut page).await?;
        }
    }
    Ok(page)
}

/// 5 賦課個人履歴マスタ: the persons of every premium that was decided, the first one first.
///
/// # Errors
/// A [`MasterError`].
pub async fn person_assessment_history(
    store: &Store,
    municipality: Municipality,
    asked: &Asked,
    after: i64,
    limit: u32,
) -> Result<Page, MasterError> {
    let (cases, year, mut page) = decisions(store, municipality, asked, after, limit).await?;
    for stored in cases.iter().flatten() {
        person_lines(store, municipality, stored, year, &mut page).await?;
    }
    page.persons.sort_unstable();
    page.persons.dedup();
    page.households.dedup();
    Ok(page)
}

/// 7 賦課異動マスタ: each decision that took the place of another one, with the amounts before and after.
///
/// # Errors
/// A [`MasterError`].
pub async fn assessment_changes(
    store: &Store,
    municipality: Municipality,
    asked: &Asked,
    after: i64,
    limit: u32,
) -> Result<Page, MasterError> {
    let (cases, year, mut page) = decisions(store, municipality, asked, after, limit).await?;
    for known in &cases {
        for pair in known.windows(2) {
            let [before, now] = pair else { continue };
            let amount = |stored: &StoredDecision| stored.amount.map(|yen| yen.to_string()).unwrap_or_default();
            // Nobody knows the difference to what was not decided.
            let difference = now.amount.zip(before.amount).map(|(now, before)| (now - before).to_string()).unwrap_or_default();
            page.lines.push(vec![
                now.decision.household.to_string(),
                year.to_string(),
                now.version.to_string(),
                state(before).to_owned(),
                amount(before),
                state(now).to_owned(),
                amount(now),
                difference,
                before.id.to_string(),
                now.id.to_string(),
                before.knowledge.to_string(),
                now.knowledge.to_string(),
                now.recorded_at.clone(),
            ]);
        }
        page.households.extend(known.last().filter(|_| known.len() > 1).map(|stored| stored.decision.household));
    }
    Ok(page)
}

/// 8 滞納整理マスタ: each instalment that is or was in arrears by today, with a line for each step that was taken about it; of one
/// fiscal year where one is asked for.
///
/// # Errors
/// A [`MasterError`]; [`MasterError::OnlyNow`] for an earlier knowledge.
pub async fn arrears(store: &Store, municipality: Municipality, asked: &Asked, after: i64, limit: u32) -> Result<Page, MasterError> {
    if asked.as_of != store.latest_knowledge(municipality).await? {
        return Err(MasterError::OnlyNow { file: File::Arrears });
    }
    let after = (after > 0).then_some(HouseholdId(after));
    let households = store.households_in_arrears(municipality, after, limit.max(1)).await?;
    let next = households.last().map(|household| household.0).filter(|_| households.len() >= limit.max(1) as usize);
    let mut page = Page { next, ..Page::default() };
    for household in households {
        let arrears = crate::arrears::household(store, municipality, household).await?;
        let lines = master_lines(&arrears, asked.year.map(FiscalYear::year), asked.today);
        if !lines.is_empty() {
            page.households.push(household);
            page.lines.extend(lines);
        }
    }
    Ok(page)
}

/// The decisions on the premium of a year that were known, of the next households, those of each in order; an empty page
/// that says where the next one begins.
async fn decisions(
    store: &Store,
    municipality: Municipality,
    asked: &Asked,
    after: i64,
    limit: u32,
) -> Result<(Vec<Vec<StoredDecision>>, i32, Page), MasterError> {
    let file = if let View::Master(file) = asked.view { file } else { File::HouseholdAssessment };
    let year = asked.year.ok_or(MasterError::NoYear { file })?;
    let (slot, on) = (Slot::Premium.word(), year.first_day());
    let after = (after > 0).then_some(HouseholdId(after));
    let current = store.decisions_page(municipality, slot, on, after, limit.max(1)).await?;
    let next = current.last().map(|stored| stored.decision.household.0).filter(|_| current.len() >= limit.max(1) as usize);
    let latest_only = matches!(file, File::HouseholdAssessment | File::PersonAssessment);
    let mut cases = Vec::with_capacity(current.len());
    for stored in current {
        // The first version has no history, and the latest is all that such a view shows.
        if stored.version == 1 || (latest_only && stored.knowledge <= asked.as_of) {
            cases.push(Vec::from_iter((stored.knowledge <= asked.as_of).then_some(stored)));
            continue;
        }
        let mut history = store.decision_history(municipality, slot, on, stored.decision.household).await?;
        history.retain(|stored| stored.knowledge <= asked.as_of);
        cases.push(history);
    }
    Ok((cases, year.year(), Page { next, ..Page::default() }))
}

async fn person_lines(
    store: &Store,
    municipality: Municipality,
    stored: &StoredDecision,
    year: i32,
    page: &mut Page,
) -> Result<(), MasterError> {
    let decision = &stored.decision;
    let Outcome::Decided { results, .. } = &decision.outcome else { return Ok(()) };
    let Some(table) = results.iter().find(|result| result.name == "persons").map(|result| &result.table) else { return Ok(()) };
    // Who is which ordinal follows from the facts that the decision was made from.
    let case = store.case(municipality, Slot::Premium, decision.household, decision.on, stored.knowledge).await?;
    // Decided from nobody, because nobody lives there any more: no person has a line.
    let Some(people) = case.map(|case| case.people) else { return Ok(()) };
    page.households.push(decision.household);
    for row in 0..table.rows() {
        let number = |column| table.integers(column).and_then(|values| values.get(row)).copied().unwrap_or(ABSENT);
        let person = usize::try_from(number("person")).ok().and_then(|ordinal| people.get(ordinal)).copied();
        let person = person.ok_or(MasterError::OtherPersons(decision.household))?;
        let months = |column| u16::try_from(number(column)).map(|bits| Months::from_bits(bits).count().to_string()).unwrap_or_default();
        page.persons.push(person);
        let mut line = vec![decision.household.to_string(), person.to_string(), year.to_string(), state(stored).to_owned()];
        line.extend(["insured_months", "care_months", "maternity_months"].map(months));
        line.push(if number("levy_base_yen") == ABSENT { String::new() } else { number("levy_base_yen").to_string() });
        line.push(income(table, row));
        line.extend(decision_cells(stored));
        page.lines.push(line);
    }
    Ok(())
}

/// How far an income was known: the word of the outcome, by its code or as a text.
fn income(table: &Table, row: usize) -> String {
    match table.columns.iter().find(|column| column.name == "income").map(|column| &column.values) {
        Some(Values::Integers(codes)) => code(INCOME_STATES, codes.get(row).copied().unwrap_or(ABSENT)),
        Some(Values::Texts(words)) => words.get(row).and_then(|word| word_ja(word)).unwrap_or_default().to_owned(),
        None => String::new(),
    }
}

/// Decision number, version, knowledge, moment.
fn decision_cells(stored: &StoredDecision) -> [String; 4] {
    [stored.id.to_string(), stored.version.to_string(), stored.knowledge.to_string(), stored.recorded_at.clone()]
}

fn state(stored: &StoredDecision) -> &'static str {
    match stored.status.as_str() {
        "decided" => "決定",
        "provisional" => "仮決定",
        "refused" => "計算不能",
        _ => "ルールの障害",
    }
}

fn of_kind(record: &PersonRecord, kind: Kind) -> impl Iterator<Item = &Held> {
    record.facts.iter().filter(move |fact| fact.kind == kind)
}

/// The birth date; where it is known in part, the first and the last day that it may be.
fn birth(record: &PersonRecord) -> String {
    let day = |packed: &i64| Date::from_packed(*packed).map(|day| day.to_string()).unwrap_or_default();
    match of_kind(record, Kind::Persons).last().map(|fact| fact.values.as_slice()) {
        Some([earliest, latest]) if earliest == latest => day(earliest),
        Some([earliest, latest]) => format!("{}～{}", day(earliest), day(latest)),
        _ => String::new(),
    }
}

fn code(words: &[&str], code: i64) -> String {
    let word = usize::try_from(code).ok().and_then(|place| words.get(place)).copied().unwrap_or_default();
    word_ja(word).unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office_of_two::{OfficeOfTwo, TODAY, stamp};
    use jorei_domain::decision::{Decision, Evidence, Result as Named};
    use jorei_domain::id::Digest;
    use jorei_domain::table::Column;
    use jorei_store::admissions::Admission;
    use jorei_store::decisions::NewDecision;
    use jorei_store::facts::Assertion;
    use jorei_store::revisions::Revision;

    const ON: Date = Date::new(2025, 4, 1);

    async fn lines(office: &OfficeOfTwo, file: File, as_of: Knowledge) -> Vec<Vec<String>> {
        let asked = Asked { view: View::Master(file), year: FiscalYear::new(2025).ok(), as_of, today: TODAY };
        let (mut lines, mut after) = (Vec::new(), 0);
        loop {
            let page = page(&office.store, office.here, &asked, after, 1).await.unwrap();
            let width = columns(asked.view).unwrap().len();
            assert!(page.lines.iter().all(|line| line.len() == width), "{file:?}");
            lines.extend(page.lines);
            match page.next {
                Some(next) => after = next,
                None => return lines,
            }
        }
    }

    fn qualification(person: i64, from: Date, until: Date, cause: i64) -> Assertion {
        let (person, values) = (PersonId(person), Some(vec![cause, 0]));
        Assertion { person, kind: Kind::Qualification, item: 0, from, until, household: None, values, source: "資格".into() }
    }

    #[tokio::test]
    async fn the_insured_master_shows_the_day_of_loss_of_article_8_and_hides_the_protected() {
        let office = OfficeOfTwo::found().await;
        office.resident(1, "ヤマダ タロウ", 10, "旭川市9条通9丁目1-2").await;
        office.resident(2, "サトウ ハナコ", 20, "旭川市1条通1丁目1-1").await;
        let days = (Date::new(2024, 4, 1), Date::new(2025, 3, 31));
        // Moved out on the day: lost the day after. Public assistance: on the day.
        let facts = [qualification(1, days.0, days.1, 4), qualification(2, days.0, days.1, 5)];
        let before = office.store.assert_facts(office.here, TODAY, &facts, &stamp()).await.unwrap();
        let place = |heading| INSURED.iter().position(|known| *known == heading).unwrap();
        let shown = async |as_of| {
            let lines = lines(&office, File::Insured, as_of).await;
            lines.into_iter().map(|line| (line[place("喪失年月日")].clone(), line[place("住所")].clone())).collect::<Vec<_>>()
        };
        let expected = [("2025-04-01", "旭川市9条通9丁目1-2"), ("2025-03-31", "旭川市1条通1丁目1-1")];
        assert_eq!(shown(before).await, expected.map(|(day, address)| (day.to_owned(), address.to_owned())));
        // Corrected later: the cause was another one. The earlier knowledge stays as it was.
        let corrected = [qualification(1, days.0, Date::MAX, ABSENT)];
        let after = office.store.assert_facts(office.here, TODAY, &corrected, &stamp()).await.unwrap();
        assert_eq!((shown(before).await[0].0.as_str(), shown(after).await[0].0.as_str()), ("2025-04-01", ""));
        office.protect(1, TODAY, Date::new(2027, 6, 1)).await;
        assert_eq!((shown(before).await[0].1.as_str(), shown(before).await[1].1.as_str()), (MASKED, "旭川市1条通1丁目1-1"));
    }

    /// Keeps a premium of household 10 with one person insured for some months.
    async fn decide(
        office: &OfficeOfTwo,
        version: i64,
        total: i64,
        months: i64,
        knowledge: Knowledge,
        supersedes: Option<Digest>,
    ) -> Digest {
        let store = &office.store;
        let revision = Digest::of(b"revision");
        if version == 1 {
            let rule = Digest::of(b"component");
            let admission = Admission {
                package: Digest::of(b"package"),
                rule: Some(rule),
                step: "cases".into(),
                admitted: true,
                reason: String::new(),
                manifest: String::new(),
                recorded_at: "2026-06-01T00:00:00Z".into(),
                by: "tanaka".into(),
            };
            store.save_admission(office.here, &admission, Some(b"component"), &stamp()).await.unwrap();
            let ordinance = store.save_ordinance(office.here, "rate = 1", &stamp()).await.unwrap();
            let kept = Revision { digest: revision, slot: "premium".into(), rule, ordinance, segments: vec![1], about: "{}".into() };
            store.save_revision(office.here, &kept, TODAY, &stamp()).await.unwrap();
        }
        let table = |name: &str, columns: &[(&'static str, i64)]| {
            let column = |(name, value): &(&'static str, i64)| Column { name: (*name).into(), values: Values::Integers(vec![*value]) };
            Named { name: name.into(), table: Table { offsets: vec![0, 1], columns: columns.iter().map(column).collect() } }
        };
        let results = vec![
            table("premium", &[("total_yen", total), ("insured_persons", 1)]),
            table("persons", &[("person", 0), ("insured_months", months), ("care_months", 0), ("levy_base_yen", ABSENT)]),
        ];
        let decision = Decision {
            municipality: office.here,
            slot: "premium".into(),
            household: HouseholdId(10),
            on: ON,
            revision,
            evidence: Evidence::default(),
            outcome: Outcome::Decided { provisional: false, results },
            trace: Vec::new(),
            supersedes,
        };
        let id = decision.id();
        let recorded_at = format!("2026-06-0{version}T00:00:00Z");
        let kept =
            NewDecision { decision, version, knowledge, fuel: 1, amount: Some(total), recorded_at, decided_on: Date::new(2025, 6, 1) }
                .pack()
                .unwrap();
        store.save_decisions(&[kept], &stamp()).await.unwrap();
        id
    }

    #[tokio::test]
    async fn the_masters_of_assessments_show_what_was_decided_as_it_was_known() {
        let office = OfficeOfTwo::found().await;
        office.resident(1, "ヤマダ タロウ", 10, "旭川市9条通9丁目1-2").await;
        let first = office.store.latest_knowledge(office.here).await.unwrap();
        let one = decide(&office, 1, 120_000, 0b1111_1111_1111, first, None).await;
        let second = office.store.assert_facts(office.here, TODAY, &[qualification(1, ON, Date::MAX, ABSENT)], &stamp()).await.unwrap();
        let two = decide(&office, 2, 90_000, 0b0001_1111_1111, second, Some(one)).await;
        let premium = async |as_of| {
            lines(&office, File::HouseholdAssessment, as_of).await.into_iter().map(|line| line[3].clone()).collect::<Vec<_>>()
        };
        assert_eq!((premium(first).await, premium(second).await), (vec!["120000".to_owned()], vec!["90000".to_owned()]));
        let persons = lines(&office, File::PersonAssessment, second).await;
        assert_eq!(persons.iter().map(|line| (line[1].as_str(), line[4].as_str())).collect::<Vec<_>>(), [("1", "9")]);
        let history = lines(&office, File::PersonAssessmentHistory, second).await;
        assert_eq!(history.iter().map(|line| line[4].as_str()).collect::<Vec<_>>(), ["12", "9"]);
        let changes = lines(&office, File::AssessmentChanges, second).await;
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0][4..10], ["120000", "決定", "90000", "-30000", &one.to_string(), &two.to_string()].map(str::to_owned));
        assert_eq!(lines(&office, File::AssessmentChanges, first).await.len(), 0);
        assert!(matches!(columns(View::Master(File::Receipts)), Err(MasterError::NoLedger { .. })));
    }
}
