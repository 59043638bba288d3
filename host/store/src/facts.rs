//! Facts: asserted once, read back as cases.
//!
//! For each person, kind and item the assertions lie over each other in the order in which the
//! office learnt them. Where two overlap in time the later one holds, whether it gives values or
//! says that nothing of the kind holds there. What is left, as of some knowledge, are the facts.

pub(crate) mod overlay;

use crate::rows::Insert;
use crate::{Database, Result, Store, StoreError, audit, date, learn};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::money::Yen;
use jorei_domain::record::{Case, Fact, Kind, Period, Person, Unit};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use overlay::{Piece, Timelines};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// One thing the office learnt about a person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assertion {
    /// About whom; a positive number.
    pub person: PersonId,
    /// What kind of fact.
    pub kind: Kind,
    /// Tells parallel facts of one kind apart (two births). 0 for kinds of which a person has one
    /// at a time: `persons`, `membership`, `incomes`, `property`.
    pub item: i64,
    /// The first day it holds. [`Date::MIN`] for `persons`; the first day of the calendar year for
    /// `incomes`, of the fiscal year for `property`; the day itself for an event.
    pub from: Date,
    /// The first day it no longer holds. [`Date::MAX`] for an open end, for `persons` and for
    /// events; the first day of the next year for kinds of a year.
    pub until: Date,
    /// The household, a positive number, for `membership` and for nothing else.
    pub household: Option<HouseholdId>,
    /// The values of [`Kind::fields`] in order, [`ABSENT`] for none; or `None`: nothing of this
    /// kind and item holds in the period, whatever was asserted before. For an event, the event
    /// did not take place, whatever day was given before.
    pub values: Option<Vec<i64>>,
    /// The register or document it comes from; no personal data.
    pub source: String,
}

/// A case as the facts give it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredCase {
    /// The household asked about.
    pub household: HouseholdId,
    /// Its facts.
    pub case: Case,
    /// Who its persons are, in their order. Nothing of this goes into a run.
    pub people: Vec<PersonId>,
    /// The largest knowledge number among all assertions that were considered, those that are
    /// overridden included. For one date, the same `newest` means the same case.
    pub newest: Knowledge,
}

/// New facts of one kind about people who live, or lived, in a household.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Touched {
    /// The household.
    pub household: HouseholdId,
    /// The kind of the facts.
    pub kind: Kind,
    /// The first day that any of them is about.
    pub from: Date,
    /// The first day that none of them is about any more.
    pub until: Date,
}

impl Touched {
    /// Can the facts be seen by a case on a date?
    pub fn bears_on(&self, on: Date) -> bool {
        match self.kind.period() {
            Period::Always => true,
            // A case shows whole pieces: one that reaches into its window is cut or goes on where it does not.
            Period::Span => true,
            Period::Year => {
                let window = Window::of(on);
                let year = window.year(self.kind);
                self.from <= year && year < self.until
            }
            // One may take the place of an earlier one on another day, and an application is about the year it names.
            Period::Event => true,
        }
    }
}

const INSERT_FACTS: Insert = Insert {
    head: "INSERT INTO fact (municipality, knowledge, ordinal, person, kind, item, valid_from, valid_until, household, vals, source) VALUES",
    columns: 11,
    tail: "",
};
const FACTS_OF_KNOWLEDGE: &str = "SELECT ordinal, person, kind, item, valid_from, valid_until, household, vals, source FROM fact \
     WHERE municipality = $1 AND knowledge = $2 AND ordinal > $3 ORDER BY ordinal LIMIT $4";
/// After a large load, so that the planner knows what the table has become.
const ANALYZE: &str = "ANALYZE fact";
const HOUSEHOLDS: &str = "SELECT DISTINCT household FROM fact \
     WHERE municipality = $1 AND kind = 'membership' AND household > $2 AND knowledge <= $3 ORDER BY household LIMIT $4";
const COUNT_HOUSEHOLDS: &str =
    "SELECT COUNT(DISTINCT household) FROM fact WHERE municipality = $1 AND kind = 'membership' AND knowledge <= $2";
const KNOWS_HOUSEHOLD: &str = "SELECT 1 FROM fact WHERE municipality = $1 AND kind = 'membership' AND household = $2 LIMIT 1";
/// The facts of everybody who ever belonged to a household in a range, as far as a condition holds for them. The sums keep
/// SQLite from reading by knowledge instead.
macro_rules! facts_where {
    ($condition:literal) => {
        concat!(
            "SELECT person, kind, item, valid_from, valid_until, household, vals, source, knowledge, ordinal FROM fact \
             WHERE municipality = $1 AND knowledge + 0 <= $2 AND person IN (SELECT person FROM fact \
                 WHERE municipality = $1 AND kind = 'membership' AND household >= $3 AND household <= $4 AND knowledge + 0 <= $2) \
             AND ",
            $condition
        )
    };
}
/// Of the kinds that repeat every year, only the years a case can show. Each half has an index of its own and says that
/// index's condition word for word, so that the other years are not even passed over. Incomes and residents' taxes begin on 1 January and
/// the other two on 1 April, so a day says of which of them it is. In no order: a sorted union reads everything in order of
/// the key.
const FACTS: &str = concat!(
    facts_where!("kind NOT IN ('incomes', 'property', 'pensions', 'resident_taxes')"),
    " UNION ALL ",
    facts_where!("kind IN ('incomes', 'property', 'pensions', 'resident_taxes') AND valid_from IN ($5, $6, $7)"),
);

/// From the few facts that are new to the households of their persons, as they were and as they are: nobody else is
/// looked at. The sum keeps SQLite, before it has counted the table, from looking memberships up by their knowledge.
const TOUCHED: &str = "SELECT m.household, f.kind, MIN(f.valid_from), MAX(f.valid_until) FROM fact f \
     JOIN fact m ON m.municipality = f.municipality AND m.person = f.person AND m.kind = 'membership' AND m.knowledge + 0 <= $3 \
     WHERE f.municipality = $1 AND f.knowledge > $2 AND f.knowledge <= $3 \
     GROUP BY m.household, f.kind ORDER BY m.household, f.kind";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[HOUSEHOLDS, COUNT_HOUSEHOLDS, KNOWS_HOUSEHOLD, FACTS, FACTS_OF_KNOWLEDGE, TOUCHED];
/// Every insert of several rows, for the same test.
#[cfg(any(test, feature = "checks"))]
pub(crate) const INSERTS: &[Insert] = &[INSERT_FACTS];

const FACTS_PER_STATEMENT: usize = 250;
const LARGE_LOAD: usize = 10_000;
const ROWS_PER_PAGE: i64 = 2_000;

impl Store {
    /// Adds what the office learnt on a day, all with one knowledge number, in the given order.
    ///
    /// # Errors
    /// [`StoreError::Assertion`] for the first assertion that cannot be a fact, and then none is
    /// added; [`StoreError::Database`].
    pub async fn assert_facts(
        &self,
        municipality: Municipality,
        learnt_on: Date,
        assertions: &[Assertion],
        stamp: &Stamp,
    ) -> Result<Knowledge> {
        check_all(assertions)?;
        let mut transaction = self.writing().await?;
        let knowledge = learn(&mut transaction, municipality, learnt_on).await?;
        let digest = insert(&mut transaction, self.database, municipality, knowledge, assertions).await?;
        append(&mut transaction, municipality, stamp, knowledge, digest).await?;
        transaction.commit().await?;
        self.after_load(assertions.len()).await?;
        Ok(knowledge)
    }

    /// Tells the planner what the table has become, after a large load.
    pub(crate) async fn after_load(&self, facts: usize) -> Result<()> {
        if facts >= LARGE_LOAD {
            sqlx::query(ANALYZE).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// The cases of the next households after one in the order of their numbers, at most `limit`.
    ///
    /// Households in which nobody lived in the window of the date are passed over, so fewer than
    /// `limit` may come; none at all means that there are no more. All cases of one call are read
    /// from one state of the database.
    ///
    /// # What a case on a date holds
    /// With *FY* the fiscal year of the date, as of the given knowledge:
    /// - persons whose membership in the household overlaps the window from 1 January before FY
    ///   starts (that of the calendar year before) to the end of FY. One whose birth date the office
    ///   does not know has a `persons` row from [`Date::MIN`] to [`Date::MAX`];
    /// - their memberships in this household (no other's), former memberships out of it, and
    ///   qualifications, as far as they overlap the window; whole, not clipped to it;
    /// - incomes of the calendar year before FY, property tax of FY;
    /// - events from 1 January of the year two before FY to seven months after the end of FY
    ///   (a due date in the next year can bear on months of this one).
    ///
    /// # Errors
    /// [`StoreError::Database`]; [`StoreError::Damaged`] for a row that no version of this crate
    /// wrote.
    pub async fn cases(
        &self,
        municipality: Municipality,
        slot: Slot,
        after: Option<HouseholdId>,
        limit: u32,
        on: Date,
        as_of: Knowledge,
    ) -> Result<Vec<StoredCase>> {
        let mut transaction = self.reading().await?;
        let mut after = after.map_or(0, |household| household.0);
        loop {
            let rows = sqlx::query(HOUSEHOLDS)
                .bind(municipality.number())
                .bind(after)
                .bind(as_of.0)
                .bind(i64::from(limit))
                .fetch_all(&mut *transaction)
                .await?;
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
                transaction.rollback().await?;
                return Ok(Vec::new());
            };
            let households = Households { first: first.try_get(0)?, last: last.try_get(0)? };
            let cases = read_cases(&mut transaction, municipality, slot, households, on, as_of).await?;
            if !cases.is_empty() {
                transaction.rollback().await?;
                return Ok(cases);
            }
            after = households.last;
        }
    }

    /// The cases of a range of households, see [`Store::cases`]; those in which nobody lived are passed over.
    ///
    /// # Errors
    /// As [`Store::cases`].
    pub async fn cases_of(
        &self,
        municipality: Municipality,
        slot: Slot,
        households: RangeInclusive<HouseholdId>,
        on: Date,
        as_of: Knowledge,
    ) -> Result<Vec<StoredCase>> {
        let mut transaction = self.reading().await?;
        let households = Households { first: households.start().0, last: households.end().0 };
        let cases = read_cases(&mut transaction, municipality, slot, households, on, as_of).await?;
        transaction.rollback().await?;
        Ok(cases)
    }

    /// The next households of which anything is known, in the order of their numbers, at most `limit`; none means that
    /// there are no more.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn households(
        &self,
        municipality: Municipality,
        after: Option<HouseholdId>,
        limit: u32,
        as_of: Knowledge,
    ) -> Result<Vec<HouseholdId>> {
        let rows = sqlx::query(HOUSEHOLDS)
            .bind(municipality.number())
            .bind(after.map_or(0, |household| household.0))
            .bind(as_of.0)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(HouseholdId(row.try_get(0)?))).collect()
    }

    /// The households that facts learnt after one number and up to another touch, by household and kind: every one in
    /// which any of the persons was ever said to live. What it costs grows with the facts, not with the city.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn touched(&self, municipality: Municipality, after: Knowledge, as_of: Knowledge) -> Result<Vec<Touched>> {
        let query = sqlx::query(TOUCHED).bind(municipality.number()).bind(after.0).bind(as_of.0);
        let read = |row: &AnyRow| {
            let name: &str = row.try_get(1)?;
            let kind = Kind::named(name).ok_or_else(|| StoreError::Damaged(format!("{name:?} is no kind of fact")))?;
            Ok(Touched { household: HouseholdId(row.try_get(0)?), kind, from: date(row.try_get(2)?)?, until: date(row.try_get(3)?)? })
        };
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// How many households anything is known of, for progress: [`Store::cases`] answers at most
    /// as many, fewer where nobody lived in one in the window.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_households(&self, municipality: Municipality, as_of: Knowledge) -> Result<u64> {
        let row = sqlx::query(COUNT_HOUSEHOLDS).bind(municipality.number()).bind(as_of.0).fetch_one(&self.pool).await?;
        Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
    }

    /// Is anything known of this household?
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn knows_household(&self, municipality: Municipality, household: HouseholdId) -> Result<bool> {
        let query = sqlx::query(KNOWS_HOUSEHOLD).bind(municipality.number()).bind(household.0);
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    /// The case of one household, see [`Store::cases`]; none if nobody lived in it in the window.
    ///
    /// # Errors
    /// As [`Store::cases`].
    pub async fn case(
        &self,
        municipality: Municipality,
        slot: Slot,
        household: HouseholdId,
        on: Date,
        as_of: Knowledge,
    ) -> Result<Option<StoredCase>> {
        let mut transaction = self.reading().await?;
        let households = Households { first: household.0, last: household.0 };
        let cases = read_cases(&mut transaction, municipality, slot, households, on, as_of).await?;
        transaction.rollback().await?;
        Ok(cases.into_iter().next())
    }
}

/// Can every assertion be a fact?
///
/// # Errors
/// [`StoreError::Assertion`] for the first that cannot.
pub(crate) fn check_all(assertions: &[Assertion]) -> Result<()> {
    for (index, assertion) in assertions.iter().enumerate() {
        if let Err((field, wrong)) = assertion.check() {
            return Err(StoreError::Assertion { index, kind: assertion.kind, field, wrong });
        }
    }
    Ok(())
}

/// Writes assertions that were checked under a number, in order, within a transaction that takes an
/// entry of [`append`] for the digest.
pub(crate) async fn insert(
    transaction: &mut Transaction<'static, Any>,
    database: Database,
    municipality: Municipality,
    knowledge: Knowledge,
    assertions: &[Assertion],
) -> Result<Digest> {
    let mut ordinal = 0_i64;
    let mut running = Running::default();
    for chunk in assertions.chunks(FACTS_PER_STATEMENT) {
        let mut query = sqlx::query(INSERT_FACTS.sql(chunk.len(), database));
        for assertion in chunk {
            let numbers = [ordinal, assertion.person.0, assertion.item, assertion.household.map_or(0, |household| household.0)];
            let (from, until) = (assertion.from.to_string(), assertion.until.to_string());
            let values = write_values(assertion.values.as_deref());
            running.add(numbers, [assertion.kind.name(), &from, &until, &values, &assertion.source]);
            query = query
                .bind(municipality.number())
                .bind(knowledge.0)
                .bind(ordinal)
                .bind(assertion.person.0)
                .bind(assertion.kind.name())
                .bind(assertion.item)
                .bind(from)
                .bind(until)
                .bind(numbers[3])
                .bind(values)
                .bind(assertion.source.as_str());
            ordinal += 1;
        }
        query.execute(&mut **transaction).await?;
    }
    Ok(running.0)
}

/// The entry of a set of facts.
pub(crate) async fn append(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    stamp: &Stamp,
    knowledge: Knowledge,
    digest: Digest,
) -> Result<()> {
    let payload = [&knowledge.0.to_be_bytes()[..], &digest.0].concat();
    audit::append(transaction, municipality, stamp, "facts", &format!("knowledge {knowledge}"), &payload).await
}

/// The digest over a set of facts, row by row: each row is hashed behind the digest so far, so that
/// the load of a city needs no copy of itself.
struct Running(Digest);

impl Default for Running {
    fn default() -> Running {
        Running(Digest([0; 32]))
    }
}

impl Running {
    /// Adds a row: ordinal, person, item, household; kind, first day, last day, values, source. A
    /// text stands behind its length.
    fn add(&mut self, numbers: [i64; 4], texts: [&str; 5]) {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(&self.0.0);
        for number in numbers {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        for text in texts {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        self.0 = Digest::of(&bytes);
    }
}

/// The digest over the facts with a knowledge number, as [`Store::assert_facts`] left it in the
/// chain.
pub(crate) async fn digest_of(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    knowledge: Knowledge,
) -> Result<Digest> {
    let mut running = Running::default();
    let mut after = -1_i64;
    loop {
        let query = sqlx::query(FACTS_OF_KNOWLEDGE).bind(municipality.number()).bind(knowledge.0).bind(after).bind(ROWS_PER_PAGE);
        let rows = query.fetch_all(&mut **transaction).await?;
        for row in &rows {
            after = row.try_get(0)?;
            let numbers = [after, row.try_get(1)?, row.try_get(3)?, row.try_get(6)?];
            let texts = [row.try_get(2)?, row.try_get(4)?, row.try_get(5)?, row.try_get(7)?, row.try_get(8)?];
            running.add(numbers, texts);
        }
        if rows.is_empty() {
            return Ok(running.0);
        }
    }
}

/// Households by number, both ends included.
#[derive(Clone, Copy)]
struct Households {
    first: i64,
    last: i64,
}

/// What a case on a date can show, see [`Store::cases`].
#[derive(Clone, Copy)]
struct Window {
    from: Date,
    until: Date,
    events_from: Date,
    events_until: Date,
    income_year: Date,
    tax_year: Date,
    property_year: Date,
}

impl Window {
    fn of(on: Date) -> Window {
        let fiscal = FiscalYear::of(on);
        // A case of the first years there are would reach before them.
        let year = |back: i32| (fiscal.year() - back).max(Date::MIN.year());
        Window {
            from: Date::new(year(1), 1, 1),
            until: fiscal.end(),
            events_from: Date::new(year(2), 1, 1),
            events_until: Date::new(fiscal.end().year(), 11, 1),
            income_year: Date::new(year(1), 1, 1),
            // The year that classifies a month changes in August (benefits of the Act).
            tax_year: Date::new((on.year() - if on.month() < 8 { 2 } else { 1 }).max(Date::MIN.year()), 1, 1),
            property_year: fiscal.first_day(),
        }
    }

    /// The first day of the year of a yearly kind that it shows.
    fn year(&self, kind: Kind) -> Date {
        match kind {
            Kind::Incomes => self.income_year,
            Kind::ResidentTaxes => self.tax_year,
            _ => self.property_year,
        }
    }

    fn shows(&self, kind: Kind, piece: &Piece) -> bool {
        match kind.period() {
            Period::Always => true,
            Period::Span => piece.from < self.until && piece.until > self.from,
            Period::Year => piece.from == self.year(kind),
            // Its first value is the year it is about; it may come long after.
            Period::Event if kind == Kind::Applications => piece.values.first() == Some(&i64::from(self.property_year.year())),
            Period::Event => piece.from >= self.events_from && piece.from < self.events_until,
        }
    }
}

/// Reads the cases of a range of households in one query, and lays their facts person by person, the
/// first learnt first.
async fn read_cases(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    slot: Slot,
    households: Households,
    on: Date,
    as_of: Knowledge,
) -> Result<Vec<StoredCase>> {
    let window = Window::of(on);
    let rows = sqlx::query(FACTS)
        .bind(municipality.number())
        .bind(as_of.0)
        .bind(households.first)
        .bind(households.last)
        .bind(window.income_year.to_string())
        .bind(window.property_year.to_string())
        .bind(window.tax_year.to_string())
        .fetch_all(&mut **transaction)
        .await?;
    let mut found: BTreeMap<i64, (Vec<(Person, PersonId)>, i64)> = BTreeMap::new();
    let mut rows: Vec<_> = rows.iter().map(|row| Ok(((row.try_get(0)?, row.try_get(8)?, row.try_get(9)?), row))).collect::<Result<_>>()?;
    rows.sort_unstable_by_key(|(order, _): &((i64, i64, i64), _)| *order);
    let mut rows = rows.into_iter().map(|((person, ..), row)| (person, row)).peekable();
    while let Some((person, row)) = rows.next() {
        let mut timelines = Timelines::default();
        let mut newest = lay(&mut timelines, slot, row)?;
        let mut lived_in = Vec::new();
        note_household(&mut lived_in, households, row)?;
        while let Some((_, row)) = rows.next_if(|(next, _)| *next == person) {
            newest = newest.max(lay(&mut timelines, slot, row)?);
            note_household(&mut lived_in, households, row)?;
        }
        for household in lived_in {
            let entry = found.entry(household).or_default();
            entry.1 = entry.1.max(newest);
            entry.0.extend(person_of(household, slot, &timelines, &window).map(|facts| (facts, PersonId(person))));
        }
    }
    let case = |(household, (persons, newest)): (i64, (Vec<(Person, PersonId)>, i64))| {
        let (case, people) = Case::of_people(on, persons);
        let case = StoredCase { household: HouseholdId(household), case, people, newest: Knowledge(newest) };
        (!case.people.is_empty()).then_some(case)
    };
    Ok(found.into_iter().filter_map(case).collect())
}

/// Lays one assertion over the person's earlier ones; answers its knowledge number. What the slot's rules may not
/// read is passed over, but for memberships: they say who is in the case at all.
fn lay(timelines: &mut Timelines, slot: Slot, row: &AnyRow) -> Result<i64> {
    let name: &str = row.try_get(1)?;
    let kind = Kind::named(name).ok_or_else(|| StoreError::Damaged(format!("{name:?} is no kind of fact")))?;
    if kind != Kind::Membership && !slot.kinds().contains(&kind) {
        return Ok(0);
    }
    let piece = Piece {
        from: date(row.try_get(3)?)?,
        until: date(row.try_get(4)?)?,
        household: row.try_get(5)?,
        values: Vec::new(),
        source: row.try_get(7)?,
    };
    let values = read_values(row.try_get(6)?, kind.fields().len())?;
    timelines.lay(kind, row.try_get(2)?, piece, values);
    Ok(row.try_get(8)?)
}

/// Notes a household in range that any assertion, in force or not, puts the person in.
fn note_household(lived_in: &mut Vec<i64>, households: Households, row: &AnyRow) -> Result<()> {
    let household: i64 = row.try_get(5)?;
    if household >= households.first && household <= households.last && !lived_in.contains(&household) {
        lived_in.push(household);
    }
    Ok(())
}

/// Where a person's facts came from when no register gave the birth date.
const NO_SOURCE: &str = "未登録";

/// The person's facts for the case of one household; none if they did not live in it.
fn person_of(household: i64, slot: Slot, timelines: &Timelines, window: &Window) -> Option<Person> {
    let here = |piece: &Piece| piece.household == household && window.shows(Kind::Membership, piece);
    let memberships: Vec<&Piece> = timelines.pieces(Kind::Membership).filter(|piece| here(piece)).collect();
    if memberships.is_empty() {
        return None;
    }
    let mut facts = Vec::with_capacity(8);
    for (kind, piece) in timelines.all().filter(|(kind, piece)| slot.kinds().contains(kind) && window.shows(*kind, piece)) {
        let of_this_household = match kind {
            Kind::Membership => piece.household == household,
            Kind::FormerMembership => memberships.iter().any(|at| at.from < piece.until && at.until > piece.from),
            _ => true,
        };
        if of_this_household {
            facts.push(fact(kind, piece));
        }
    }
    if !facts.iter().any(|fact| fact.kind == Kind::Persons) {
        let values = vec![Date::MIN.packed(), Date::MAX.packed()];
        facts.push(Fact { kind: Kind::Persons, values, source: NO_SOURCE.to_owned() });
    }
    Some(Person { facts })
}

/// A piece as a rule will see it.
fn fact(kind: Kind, piece: &Piece) -> Fact {
    let until = if piece.until == Date::MAX { ABSENT } else { piece.until.packed() };
    let mut values = Vec::with_capacity(2 + piece.values.len());
    match kind.period() {
        Period::Always => {}
        Period::Span => values.extend([piece.from.packed(), until]),
        Period::Year => values.push(i64::from(piece.from.year())),
        Period::Event => values.push(piece.from.packed()),
    }
    values.extend_from_slice(&piece.values);
    Fact { kind, values, source: piece.source.clone() }
}

impl Assertion {
    /// What keeps it from being a fact: the field or part, and why.
    ///
    /// # Errors
    /// The name of the field, or of the part of the assertion, and what is wrong with it.
    pub fn check(&self) -> std::result::Result<(), (&'static str, &'static str)> {
        if self.person.0 <= 0 {
            return Err(("person", "is not a positive number"));
        }
        match (self.kind, self.household) {
            (Kind::Membership, Some(household)) if household.0 > 0 => {}
            (Kind::Membership, _) => return Err(("household", "is missing or not a positive number")),
            (_, None) => {}
            (_, Some(_)) => return Err(("household", "is for membership only")),
        }
        if self.kind.is_derived() {
            return Err(("kind", "is made by the host and never asserted"));
        }
        if self.item < 0 || (self.item != 0 && self.kind.is_single()) {
            return Err(("item", "is not the number of a parallel fact of this kind"));
        }
        self.check_period()?;
        let Some(values) = &self.values else {
            return Ok(());
        };
        if values.len() != self.kind.fields().len() {
            return Err(("values", "are not as many as the kind has fields"));
        }
        for (field, value) in self.kind.fields().iter().zip(values) {
            check_value(field.unit, field.required, *value).map_err(|wrong| (field.name, wrong))?;
        }
        if self.kind == Kind::Persons && values[0] > values[1] {
            return Err(("birth_latest", "is before the earliest"));
        }
        Ok(())
    }

    fn check_period(&self) -> std::result::Result<(), (&'static str, &'static str)> {
        if self.from >= self.until {
            return Err(("until", "is not after the first day"));
        }
        let next_year = || self.until.year() == self.from.year() + 1;
        let whole_year = |month| {
            let starts = |date: Date| (date.month(), date.day()) == (month, 1);
            starts(self.from) && starts(self.until) && next_year()
        };
        match self.kind.period() {
            Period::Always if (self.from, self.until) != (Date::MIN, Date::MAX) => Err(("from", "and until must be open for this kind")),
            Period::Event if self.until != Date::MAX => Err(("until", "must be open for an event")),
            Period::Year if !whole_year(if self.kind.is_of_calendar_year() { 1 } else { 4 }) => {
                Err(("from", "and until are not one whole year"))
            }
            _ => Ok(()),
        }
    }
}

/// What keeps a number from being a value of a unit.
fn check_value(unit: Unit, required: bool, value: i64) -> std::result::Result<(), &'static str> {
    if value == ABSENT {
        return if required { Err("is missing") } else { Ok(()) };
    }
    let (fits, wrong) = match unit {
        Unit::Yen | Unit::Number => ((-Yen::MAX..=Yen::MAX).contains(&value), "is beyond the largest amount"),
        Unit::Date => (Date::from_packed(value).is_ok(), "is no date"),
        Unit::Code(words) => (usize::try_from(value).is_ok_and(|code| code < words.len()), "is no code of the list"),
        Unit::Flag => (value == 0 || value == 1, "is neither 0 nor 1"),
    };
    if fits { Ok(()) } else { Err(wrong) }
}

/// Values as stored: a JSON array without its trailing nulls, or null.
pub(crate) fn write_values(values: Option<&[i64]>) -> String {
    let Some(values) = values else {
        return "null".to_owned();
    };
    let used = values.iter().rposition(|value| *value != ABSENT).map_or(0, |last| last + 1);
    let mut text = String::with_capacity(2 + used * 8);
    text.push('[');
    for (i, value) in values[..used].iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        match *value {
            ABSENT => text.push_str("null"),
            value => text.push_str(&value.to_string()),
        }
    }
    text.push(']');
    text
}

/// Reads what [`write_values`] wrote. A row from before a kind gained its last fields has fewer
/// values; the rest are absent.
pub(crate) fn read_values(text: &str, fields: usize) -> Result<Option<Vec<i64>>> {
    if text == "null" {
        return Ok(None);
    }
    let damaged = || StoreError::Damaged(format!("{text:?} are no values"));
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(damaged)?;
    let mut values = Vec::with_capacity(fields);
    if !inner.is_empty() {
        for part in inner.split(',') {
            values.push(if part == "null" { ABSENT } else { part.parse().map_err(|_| damaged())? });
        }
    }
    if values.len() > fields {
        return Err(damaged());
    }
    values.resize(fields, ABSENT);
    Ok(Some(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind of a year that the statement took for a lasting one would be read with all its years.
    #[test]
    fn the_statement_and_its_indexes_read_by_year_what_lies_by_year() {
        let yearly: Vec<_> = Kind::ALL.into_iter().filter(|kind| !kind.is_derived() && kind.period() == Period::Year).collect();
        assert_eq!(yearly, [Kind::Incomes, Kind::Property, Kind::Pensions, Kind::ResidentTaxes]);
        let list = format!("('{}')", yearly.iter().map(|kind| kind.name()).collect::<Vec<_>>().join("', '"));
        for text in [FACTS, crate::SQLITE_MIGRATIONS[19], crate::POSTGRES_MIGRATIONS[19]] {
            for condition in ["kind NOT IN", "kind IN"] {
                assert_eq!(text.matches(&format!("{condition} {list}")).count(), 1, "{condition} in {text}");
            }
        }
    }

    #[test]
    fn values_read_as_they_were_written() {
        for values in [vec![], vec![0, ABSENT, -5], vec![ABSENT, ABSENT], vec![7]] {
            let mut padded = values.clone();
            padded.resize(3, ABSENT);
            assert_eq!(read_values(&write_values(Some(&values)), 3).unwrap(), Some(padded));
        }
        assert_eq!(write_values(Some(&[1, ABSENT])), "[1]");
        assert_eq!(read_values(&write_values(None), 3).unwrap(), None);
        for bad in ["", "[", "[1,]", "[1,2,3,4]", "1", "[x]"] {
            assert!(read_values(bad, 3).is_err(), "{bad}");
        }
    }
}
