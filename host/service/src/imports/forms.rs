//! Forms (様式): one for each register, made from the kinds of fact, and those of names, addresses and contacts.
//!
//! Absent here: files. A form says which columns there are and what a line of them says.

use crate::sheets::SheetColumn;
use crate::sheets::cells::{self, Wrong};
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_domain::record::{Field, Kind, Period, Unit};
use jorei_domain::table::ABSENT;
use jorei_store::addresses::Address;
use jorei_store::contacts::{Contact, ContactRole};
use jorei_store::facts::Assertion;
use jorei_store::masters::{Held, PersonRecord};
use jorei_store::names::Name;

/// A form: what the lines of one file are about.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Form {
    /// Facts of a kind that offices assert.
    Facts(Kind),
    /// Names (氏名).
    Names,
    /// Addresses (住所).
    Addresses,
    /// Contacts (連絡先).
    Contacts,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Column {
    /// The person's number.
    Person,
    /// The household's number.
    Household,
    /// Which of parallel facts; empty is 0.
    Item,
    /// The first day.
    From,
    /// The first day after the period; empty is open.
    Until,
    /// The calendar year or fiscal year.
    Year,
    /// The day of an event.
    On,
    /// A field of the kind, by its place.
    Field(usize),
    /// 1: nothing of it holds in the period.
    Cancelled,
    /// The register or document.
    Source,
    /// A name.
    Name,
    /// Its reading.
    Kana,
    /// In Latin letters.
    Latin,
    /// The alias.
    Alias,
    /// An address.
    Address,
    /// Its postcode.
    Postcode,
    /// What a contact is.
    Role,
}

/// What one line says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Line {
    /// A fact, or that there is none.
    Fact(Assertion),
    /// A name.
    Name(Name),
    /// An address.
    Address(Address),
    /// A contact, or that there is none.
    Contact(Contact),
}

impl Line {
    /// About whom.
    pub fn person(&self) -> PersonId {
        match self {
            Line::Fact(assertion) => assertion.person,
            Line::Name(name) => name.person,
            Line::Address(address) => address.person,
            Line::Contact(contact) => contact.person,
        }
    }
}

/// What cancels in a column of states.
const CANCELLED: &str = "取消";
/// The most characters of a source.
const SOURCE_CHARS: usize = 100;
/// The most characters of a name or address: no register prints more.
const TEXT_CHARS: usize = 200;

impl Form {
    /// Every form: those of the kinds that are asserted, then names, addresses and contacts.
    pub fn all() -> Vec<Form> {
        let kinds = Kind::ALL.into_iter().filter(|kind| !kind.is_derived()).map(Form::Facts);
        kinds.chain([Form::Names, Form::Addresses, Form::Contacts]).collect()
    }

    /// Its word on the command line and in control files.
    pub fn word(self) -> &'static str {
        match self {
            Form::Facts(kind) => kind.name(),
            Form::Names => "names",
            Form::Addresses => "addresses",
            Form::Contacts => "contacts",
        }
    }

    /// What officials call it.
    pub fn ja(self) -> &'static str {
        match self {
            Form::Facts(kind) => kind.ja(),
            Form::Names => "氏名",
            Form::Addresses => "住所",
            Form::Contacts => "連絡先",
        }
    }

    /// The form of a word or of the officials' name.
    pub fn named(text: &str) -> Option<Form> {
        let text = cells::plain(text);
        Form::all().into_iter().find(|form| form.word() == text || cells::plain(form.ja()) == text)
    }

    /// Its columns in order.
    pub fn columns(self) -> Vec<Column> {
        let mut columns = vec![Column::Person];
        match self {
            Form::Facts(kind) => {
                if kind == Kind::Membership {
                    columns.push(Column::Household);
                }
                if !kind.is_single() {
                    columns.push(Column::Item);
                }
                match kind.period() {
                    Period::Always => {}
                    Period::Span => columns.extend([Column::From, Column::Until]),
                    Period::Year => columns.push(Column::Year),
                    Period::Event => columns.push(Column::On),
                }
                columns.extend((0..kind.fields().len()).map(Column::Field));
                columns.extend([Column::Cancelled, Column::Source]);
            }
            Form::Names => columns.extend([Column::Name, Column::Kana, Column::Latin, Column::Alias]),
            Form::Addresses => columns.extend([Column::Address, Column::Postcode]),
            Form::Contacts => columns.extend([
                Column::Role,
                Column::Name,
                Column::Address,
                Column::Postcode,
                Column::From,
                Column::Until,
                Column::Cancelled,
            ]),
        }
        columns
    }

    /// The heading of a column.
    pub fn heading(self, column: Column) -> &'static str {
        match column {
            Column::Person => "宛名番号",
            Column::Household => "世帯番号",
            Column::Item => "枝番",
            Column::From => "開始日",
            Column::Until => "終了日（この日を含まない）",
            Column::Year if matches!(self, Form::Facts(kind) if kind.is_of_calendar_year()) => "年",
            Column::Year => "年度",
            Column::On => "年月日",
            Column::Field(place) => self.field(place).map_or("", |field| field.ja),
            Column::Cancelled => "取消",
            Column::Source => "出典",
            Column::Name => "氏名",
            Column::Kana => "氏名カナ",
            Column::Latin => "氏名（ローマ字）",
            Column::Alias => "通称",
            Column::Address => "住所",
            Column::Postcode => "郵便番号",
            Column::Role => "連絡先の区分",
        }
    }

    /// Must a file have the column?
    pub fn needs(self, column: Column) -> bool {
        match column {
            Column::Item | Column::Until | Column::Cancelled | Column::Source | Column::Latin | Column::Alias | Column::Postcode => false,
            // Born on a day that is known whole: one column is enough.
            Column::Field(place) => self.field(place).is_some_and(|field| field.required && field.name != "birth_latest"),
            _ => true,
        }
    }

    /// Is a cell of the column a number that a spreadsheet may add up?
    fn is_number(self, column: Column) -> bool {
        matches!(column, Column::Field(place) if self.field(place).is_some_and(|field| matches!(field.unit, Unit::Yen | Unit::Number)))
    }

    /// Its columns as a sheet that is written has them.
    pub fn sheet(self) -> Vec<SheetColumn> {
        let column = |column| SheetColumn { heading: self.heading(column).to_owned(), number: self.is_number(column) };
        self.columns().into_iter().map(column).collect()
    }

    fn field(self, place: usize) -> Option<&'static Field> {
        match self {
            Form::Facts(kind) => kind.fields().get(place),
            _ => None,
        }
    }

    /// Reads a line. `cell` gives the text of a column, empty where the file does not have it.
    ///
    /// # Errors
    /// The first column that is wrong, and why.
    pub fn read<'c>(self, cell: impl Fn(Column) -> &'c str) -> Result<Line, (Column, Wrong)> {
        let at = |column| move |wrong| (column, wrong);
        let person = PersonId(cells::number_of(cell(Column::Person)).map_err(at(Column::Person))?);
        let text = |column, needed| cells::text(cell(column), TEXT_CHARS, needed).map_err(at(column));
        let optional = |column| text(column, false).map(|text| (!text.is_empty()).then_some(text));
        let postcode = || cells::postcode(cell(Column::Postcode)).map_err(at(Column::Postcode));
        let cancelled = cells::cancelled(cell(Column::Cancelled)).map_err(at(Column::Cancelled))?;
        Ok(match self {
            Form::Names => Line::Name(Name {
                person,
                name: text(Column::Name, true)?,
                kana: text(Column::Kana, true)?,
                latin: optional(Column::Latin)?,
                alias: optional(Column::Alias)?,
            }),
            Form::Addresses => Line::Address(Address { person, address: text(Column::Address, true)?, postcode: postcode()? }),
            Form::Contacts => {
                let role = cells::plain(cell(Column::Role));
                let role = ContactRole::ALL.into_iter().find(|known| known.ja() == role);
                let words = ContactRole::ALL.map(ContactRole::ja).to_vec();
                let role = role.ok_or((Column::Role, Wrong::NotAWord(words)))?;
                let (name, address, postcode) = (text(Column::Name, !cancelled)?, text(Column::Address, !cancelled)?, postcode()?);
                if cancelled && !(name.is_empty() && address.is_empty() && postcode.is_none()) {
                    return Err((Column::Cancelled, Wrong::CancelledWithValues));
                }
                let (from, until) = span(&cell)?;
                Line::Contact(Contact { person, role, name, address, postcode, from, until })
            }
            Form::Facts(kind) => Line::Fact(self.read_fact(kind, person, cancelled, cell)?),
        })
    }

    fn read_fact<'c>(
        self,
        kind: Kind,
        person: PersonId,
        mut cancelled: bool,
        cell: impl Fn(Column) -> &'c str,
    ) -> Result<Assertion, (Column, Wrong)> {
        let at = |column| move |wrong| (column, wrong);
        let household = match kind {
            Kind::Membership => Some(HouseholdId(cells::number_of(cell(Column::Household)).map_err(at(Column::Household))?)),
            _ => None,
        };
        let item = cells::item(cell(Column::Item)).map_err(at(Column::Item))?;
        let (from, until) = match kind.period() {
            Period::Always => (Date::MIN, Date::MAX),
            Period::Span => span(&cell)?,
            Period::Event => (cells::date(cell(Column::On)).map_err(at(Column::On))?, Date::MAX),
            Period::Year => {
                let year = cells::year(cell(Column::Year)).map_err(at(Column::Year))?;
                let month = if kind.is_of_calendar_year() { 1 } else { 4 };
                (Date::new(year, month, 1), Date::new(year + 1, month, 1))
            }
        };
        let is_state = |place: usize| kind.is_of_calendar_year() && kind.fields()[place].name == "state";
        for place in 0..kind.fields().len() {
            cancelled |= is_state(place) && cells::plain(cell(Column::Field(place))) == CANCELLED;
        }
        let source = cells::text(cell(Column::Source), SOURCE_CHARS, false).map_err(at(Column::Source))?;
        let source = if source.is_empty() { format!("取込（{}）", kind.ja()) } else { source };
        let mut values = None;
        if cancelled {
            let filled = |place: &usize| {
                let text = cells::plain(cell(Column::Field(*place)));
                !(text.is_empty() || is_state(*place) && text == CANCELLED)
            };
            if let Some(place) = (0..kind.fields().len()).find(filled) {
                return Err((Column::Field(place), Wrong::CancelledWithValues));
            }
        } else {
            values = Some(read_fields(kind, &cell)?);
        }
        let assertion = Assertion { person, kind, item, from, until, household, values, source };
        // The store looks again; here a line and a column can be named.
        assertion.check().map_err(|(name, wrong)| {
            let place = kind.fields().iter().position(|field| field.name == name);
            let column = match name {
                "item" => Column::Item,
                "household" => Column::Household,
                "person" => Column::Person,
                "until" => Column::Until,
                _ => place.map_or(Column::Person, Column::Field),
            };
            (column, Wrong::Assertion(wrong))
        })?;
        Ok(assertion)
    }

    /// A person's lines on the form, each with the text of every column in order.
    pub fn write(self, record: &PersonRecord) -> Vec<Vec<String>> {
        let person = record.person.to_string();
        match self {
            Form::Facts(kind) => record.facts.iter().filter(|fact| fact.kind == kind).map(|fact| self.write_fact(&person, fact)).collect(),
            Form::Names => {
                let name = record.name.iter();
                name.map(|name| {
                    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
                    vec![person.clone(), name.name.clone(), name.kana.clone(), optional(&name.latin), optional(&name.alias)]
                })
                .collect()
            }
            Form::Addresses => {
                let address = record.address.iter();
                address.map(|address| vec![person.clone(), address.address.clone(), address.postcode.clone().unwrap_or_default()]).collect()
            }
            Form::Contacts => {
                let contacts = record.contacts.iter();
                contacts
                    .map(|contact| {
                        let Contact { role, name, address, postcode, from, until, .. } = contact;
                        let (from, until) = (from.to_string(), cells::until(*until));
                        let postcode = postcode.clone().unwrap_or_default();
                        vec![person.clone(), role.ja().to_owned(), name.clone(), address.clone(), postcode, from, until, String::new()]
                    })
                    .collect()
            }
        }
    }

    fn write_fact(self, person: &str, fact: &Held) -> Vec<String> {
        let cell = |column| match column {
            Column::Person => person.to_owned(),
            Column::Household => fact.household.map(|household| household.to_string()).unwrap_or_default(),
            Column::Item => fact.item.to_string(),
            Column::From | Column::On => fact.from.to_string(),
            Column::Until => cells::until(fact.until),
            Column::Year => fact.from.year().to_string(),
            Column::Field(place) => {
                let value = fact.values.get(place).copied().unwrap_or(ABSENT);
                self.field(place).map(|field| cells::value(field.unit, value)).unwrap_or_default()
            }
            Column::Source => fact.source.clone(),
            _ => String::new(),
        };
        self.columns().into_iter().map(cell).collect()
    }
}

/// Columns `From` and `Until`.
fn span<'c>(cell: &impl Fn(Column) -> &'c str) -> Result<(Date, Date), (Column, Wrong)> {
    let from = cells::date(cell(Column::From)).map_err(|wrong| (Column::From, wrong))?;
    let until = match cells::plain(cell(Column::Until)).as_str() {
        "" => Date::MAX,
        text => cells::date(text).map_err(|wrong| (Column::Until, wrong))?,
    };
    if from < until { Ok((from, until)) } else { Err((Column::Until, Wrong::EndBeforeStart)) }
}

fn read_fields<'c>(kind: Kind, cell: &impl Fn(Column) -> &'c str) -> Result<Vec<i64>, (Column, Wrong)> {
    if kind == Kind::Persons {
        return births(cell);
    }
    let fields = kind.fields().iter().enumerate();
    fields
        .map(|(place, field)| {
            let column = Column::Field(place);
            cells::read_value(field.unit, field.required, cell(column)).map_err(|wrong| (column, wrong))
        })
        .collect()
}

/// The two ends of a birth date. Where the second is empty, the first says both: a date that is known in part is a stretch.
fn births<'c>(cell: &impl Fn(Column) -> &'c str) -> Result<Vec<i64>, (Column, Wrong)> {
    let (first, second) = (Column::Field(0), Column::Field(1));
    let (earliest, mut latest) = cells::dates(cell(first)).map_err(|wrong| (first, wrong))?;
    if !cells::plain(cell(second)).is_empty() {
        latest = cells::dates(cell(second)).map_err(|wrong| (second, wrong))?.1;
    }
    if earliest > latest {
        return Err((second, Wrong::BirthOrder));
    }
    Ok(vec![earliest.packed(), latest.packed()])
}
