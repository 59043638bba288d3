//! Kinds of fact: what the office may know of a person, column by column.
//!
//! This list is the single definition. The host's tables, the SDK's views, the JSON of a case and
//! the words of an explanation all follow it; `wit/v1/records.wit` has one function per kind, and
//! a test holds the two together.

use crate::calendar::Date;
use crate::table::{ABSENT, Column, Table, Values};

extern crate alloc;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// How a fact lies in time; decides its first columns after `person`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Period {
    /// Once and for all (a birth date). No column.
    Always,
    /// From a day until another, half open: columns `from` and `until`.
    Span,
    /// Of one calendar or fiscal year: column `year`.
    Year,
    /// On a day: column `on`.
    Event,
}

/// What the whole numbers of a column mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// Whole yen.
    Yen,
    /// A packed date.
    Date,
    /// The position of a word in the list.
    Code(&'static [&'static str]),
    /// 0 or 1.
    Flag,
    /// A number as registers print it (a reason code).
    Number,
}

/// One column of a kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Field {
    /// Its name in tables and in JSON.
    pub name: &'static str,
    /// The meaning of its numbers.
    pub unit: Unit,
    /// Must every fact of the kind carry it?
    pub required: bool,
    /// What officials call it.
    pub ja: &'static str,
    /// What it promises, for whoever writes a rule or a case.
    pub en: &'static str,
}

const fn field(name: &'static str, unit: Unit, required: bool, ja: &'static str, en: &'static str) -> Field {
    Field { name, unit, required, ja, en }
}

/// A kind of fact. Each is one function of `wit/v1/records.wit` and can be granted alone.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Birth dates; its rows are the persons of the case, and their order gives the ordinals.
    Persons,
    /// Being a member of the household, and its head or not.
    Membership,
    /// Being insured by the city (資格).
    Qualification,
    /// Having moved to the late-elderly scheme out of this household (特定同一世帯所属者).
    FormerMembership,
    /// Incomes of a calendar year.
    Incomes,
    /// Leaving work involuntarily (特例対象被保険者等).
    Unemployment,
    /// Births (出産被保険者).
    Maternity,
    /// Property tax of a fiscal year.
    Property,
}

/// Calls a macro with `function = Kind` for every kind of fact: the functions of `records.wit`,
/// once for everybody who must have one per kind.
#[macro_export]
macro_rules! each_kind {
    ($then:ident) => {
        $then!(
            persons = Persons,
            membership = Membership,
            qualification = Qualification,
            former_membership = FormerMembership,
            incomes = Incomes,
            unemployment = Unemployment,
            maternity = Maternity,
            property = Property
        );
    };
}

/// Words of `incomes.state`.
pub const INCOME_STATES: &[&str] = &["known", "not_required", "undeclared", "pending"];
/// Words of `qualification.ended_by`.
pub const END_CAUSES: &[&str] =
    &["lost_on_day", "employees_insurance", "death", "late_elderly", "moved_out", "public_assistance", "nhi_society"];
/// Words of `unemployment.holder`.
pub const HOLDERS: &[&str] = &["ordinary", "special", "elderly"];

impl Kind {
    /// Every kind, in the order of `records.wit`.
    pub const ALL: [Kind; 8] = [
        Kind::Persons,
        Kind::Membership,
        Kind::Qualification,
        Kind::FormerMembership,
        Kind::Incomes,
        Kind::Unemployment,
        Kind::Maternity,
        Kind::Property,
    ];

    /// Its name: in JSON, in the store, in traces; in WIT with `-` for `_`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Persons => "persons",
            Kind::Membership => "membership",
            Kind::Qualification => "qualification",
            Kind::FormerMembership => "former_membership",
            Kind::Incomes => "incomes",
            Kind::Unemployment => "unemployment",
            Kind::Maternity => "maternity",
            Kind::Property => "property",
        }
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Kind::Persons => "世帯員",
            Kind::Membership => "世帯",
            Kind::Qualification => "資格",
            Kind::FormerMembership => "特定同一世帯所属者",
            Kind::Incomes => "所得",
            Kind::Unemployment => "特例対象被保険者等",
            Kind::Maternity => "出産",
            Kind::Property => "固定資産税",
        }
    }

    /// How its facts lie in time.
    pub const fn period(self) -> Period {
        match self {
            Kind::Persons => Period::Always,
            Kind::Membership | Kind::Qualification | Kind::FormerMembership => Period::Span,
            Kind::Incomes | Kind::Property => Period::Year,
            Kind::Unemployment | Kind::Maternity => Period::Event,
        }
    }

    /// Its columns after `person` and those of its period.
    pub const fn fields(self) -> &'static [Field] {
        const YEN: Unit = Unit::Yen;
        match self {
            Kind::Persons => {
                const {
                    &[
                        field(
                            "birth_earliest",
                            Unit::Date,
                            true,
                            "生年月日（最も早い）",
                            "Earliest possible birth date: the birth date itself where it is fully known.",
                        ),
                        field(
                            "birth_latest",
                            Unit::Date,
                            true,
                            "生年月日（最も遅い）",
                            "Latest possible birth date. A rule that would answer differently within the two refuses.",
                        ),
                    ]
                }
            }
            Kind::Membership => const { &[field("head", Unit::Flag, true, "世帯主", "1 while this person is the head of the household.")] },
            Kind::Qualification => {
                const {
                    &[field(
                        "ended_by",
                        Unit::Code(END_CAUSES),
                        false,
                        "喪失事由",
                        "Why it ended. `until` is then the day of that event, from which the day of loss follows (Act art. 8); with lost_on_day it is the day of loss itself.",
                    )]
                }
            }
            Kind::FormerMembership => &[],
            Kind::Incomes => {
                const {
                    &[
                        field(
                            "state",
                            Unit::Code(INCOME_STATES),
                            true,
                            "所得の状態",
                            "known (a declared nil included), not_required, undeclared, pending.",
                        ),
                        field("salary_revenue_yen", YEN, false, "給与収入", "Salary revenue."),
                        field("pension_revenue_yen", YEN, false, "公的年金等収入", "Public pension revenue."),
                        field(
                            "salary_yen",
                            YEN,
                            false,
                            "給与所得",
                            "Salary income after the salary deduction and the adjustment deduction.",
                        ),
                        field("pension_yen", YEN, false, "公的年金等に係る雑所得", "Public pension income after its deduction."),
                        field(
                            "other_yen",
                            YEN,
                            false,
                            "その他の総合課税所得",
                            "All other comprehensively taxed income, business included; may be negative.",
                        ),
                        field("forestry_yen", YEN, false, "山林所得", "Forestry income."),
                        field(
                            "separate_yen",
                            YEN,
                            false,
                            "分離課税所得（申告分）",
                            "Declared separately taxed income other than land gains.",
                        ),
                        field("land_gain_yen", YEN, false, "土地等の譲渡所得（特別控除前）", "Land gains before the special deduction."),
                        field("land_deduction_yen", YEN, false, "特別控除額", "Special deduction on the land gains."),
                        field(
                            "net_loss_carried_yen",
                            YEN,
                            false,
                            "純損失の繰越控除",
                            "Net business loss carried forward, as a positive amount.",
                        ),
                        field(
                            "casualty_loss_carried_yen",
                            YEN,
                            false,
                            "雑損失の繰越控除",
                            "Casualty loss carried forward, as a positive amount.",
                        ),
                        field(
                            "family_salary_received_yen",
                            YEN,
                            false,
                            "専従者給与（受）",
                            "Part of the salary income that is pay as a family employee.",
                        ),
                        field(
                            "family_salary_paid_yen",
                            YEN,
                            false,
                            "専従者給与（払）",
                            "Pay to family employees, or the deduction for them, taken off this person's business income.",
                        ),
                        field(
                            "aggregate_yen",
                            YEN,
                            false,
                            "合計所得金額",
                            "Total income that chooses the basic deduction, where the register states it; else it follows from the parts.",
                        ),
                        field(
                            "adjustment_ground",
                            Unit::Flag,
                            false,
                            "所得金額調整控除の事由",
                            "1 where the person is specially disabled or has such a dependant or one under 23.",
                        ),
                    ]
                }
            }
            Kind::Unemployment => {
                const {
                    &[
                        field(
                            "reason_code",
                            Unit::Number,
                            true,
                            "離職理由コード",
                            "Leaving-reason code of the employment-insurance certificate.",
                        ),
                        field("holder", Unit::Code(HOLDERS), true, "受給資格者の区分", "ordinary, special (特) or elderly (高)."),
                    ]
                }
            }
            Kind::Maternity => {
                const {
                    &[
                        field("multiple", Unit::Flag, true, "多胎", "1 for a multiple pregnancy."),
                        field(
                            "after_birth",
                            Unit::Flag,
                            true,
                            "出産後の届出",
                            "0: the day is the due date. 1: notified after the birth, the day is that of the birth.",
                        ),
                    ]
                }
            }
            Kind::Property => {
                const { &[field("property_tax_yen", YEN, true, "固定資産税額", "Property tax on land and buildings in the city.")] }
            }
        }
    }

    /// The columns of its period.
    pub const fn period_columns(self) -> &'static [&'static str] {
        match self.period() {
            Period::Always => &[],
            Period::Span => &["from", "until"],
            Period::Year => &["year"],
            Period::Event => &["on"],
        }
    }

    /// The names of all its columns in order. `persons` has no column `person`: its rows are they.
    pub fn columns(self) -> Vec<&'static str> {
        let person: &[&'static str] = if self == Kind::Persons { &[] } else { &["person"] };
        person.iter().chain(self.period_columns()).copied().chain(self.fields().iter().map(|field| field.name)).collect()
    }

    /// The field of a name.
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }
}

/// One fact as a rule will see it: the values of its period's columns and of its fields in order,
/// [`ABSENT`] for none, and where it came from.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Fact {
    /// Its kind.
    pub kind: Kind,
    /// Period columns, then fields.
    pub values: Vec<i64>,
    /// The register or document, for the evidence; no personal data.
    pub source: String,
}

/// The facts of one person within a case.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Person {
    /// In canonical order once the case is.
    pub facts: Vec<Fact>,
}

/// Everything a question about one household rests on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Case {
    /// The date that picks the law.
    pub on: Date,
    /// The persons in canonical order.
    persons: Vec<Person>,
}

impl Case {
    /// A case in canonical order.
    ///
    /// Facts are sorted by kind and value, persons by their facts, so that a person's ordinal
    /// says nothing about who they are, and the order in which a register lists them does not
    /// matter. Two persons with equal facts are interchangeable.
    pub fn new(on: Date, mut persons: Vec<Person>) -> Case {
        for person in &mut persons {
            person.facts.sort();
        }
        persons.sort();
        Case { on, persons }
    }

    /// The persons in canonical order.
    pub fn persons(&self) -> &[Person] {
        &self.persons
    }
}

/// The table of one kind over several cases, and the source of each row.
pub fn table(kind: Kind, cases: &[Case]) -> (Table, Vec<String>) {
    let names = kind.columns();
    let with_person = kind != Kind::Persons;
    let mut columns: Vec<Vec<i64>> = alloc::vec![Vec::new(); names.len()];
    let mut offsets = Vec::with_capacity(cases.len() + 1);
    let mut sources = Vec::new();
    offsets.push(0);
    for case in cases {
        for (ordinal, person) in (0_i64..).zip(&case.persons) {
            for fact in person.facts.iter().filter(|fact| fact.kind == kind) {
                let mut cells = columns.iter_mut();
                if with_person && let Some(cell) = cells.next() {
                    cell.push(ordinal);
                }
                for (i, cell) in cells.enumerate() {
                    cell.push(fact.values.get(i).copied().unwrap_or(ABSENT));
                }
                sources.push(fact.source.clone());
            }
        }
        offsets.push(u32::try_from(sources.len()).unwrap_or(u32::MAX));
    }
    let columns = names
        .into_iter()
        .zip(columns)
        .map(|(name, values)| Column { name: Cow::Borrowed(name), values: Values::Integers(values) })
        .collect();
    (Table { offsets, columns }, sources)
}
