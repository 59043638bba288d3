//! Who counts in which month: qualification, membership, ages, heads, former members, reliefs.

use crate::HouseholdFacts;
use crate::income::{Amounts, Subject};
use crate::national;
use crate::ordinance::{OwnChildRelief, Proration, Values};
use jorei_sdk::facts::{EndCause, Holder, Incomes, Row};
use jorei_sdk::*;

/// A stay in the household, half open.
#[derive(Clone, Copy)]
struct Stay {
    person: usize,
    from: Date,
    until: Date,
    head: bool,
}

/// A spell of being insured by the city: from the day of acquisition to the day of loss.
#[derive(Clone, Copy)]
struct Spell {
    person: usize,
    from: Date,
    loss: Date,
    /// Entered the late-elderly scheme, by age or before it.
    to_late_elderly: bool,
}

/// A former member (特定同一世帯所属者) while one.
#[derive(Clone, Copy)]
struct Former {
    person: usize,
    /// Day of loss of the qualification.
    from: Date,
    until: Date,
}

/// One person of the household in this fiscal year.
#[derive(Clone, Copy)]
pub(crate) struct Person<'a> {
    pub(crate) ordinal: usize,
    /// Months for which the premium is charged.
    pub(crate) insured: Months,
    /// Those with the care part.
    pub(crate) care: Months,
    /// Those cut for a birth.
    pub(crate) maternity: Months,
    /// Those in which only 30/100 of the salary counts; of the whole year, insured or not.
    pub(crate) relief: Months,
    /// A preschool child the whole year.
    pub(crate) preschool: bool,
    /// Not past the 31 March after turning 18, the whole year.
    pub(crate) minor: bool,
    /// Within the age of the city's own relief, the whole year.
    pub(crate) own_child: bool,
    /// 65 or over on 1 January of the year in which the fiscal year starts.
    elderly: bool,
    born: Date,
    row: Option<Row<'a, Incomes>>,
    /// Once read.
    pub(crate) amounts: Option<Amounts>,
    /// Levy base, full and with 30/100 of the salary; of an insured person.
    pub(crate) base: Yen,
    pub(crate) base_in_relief: Yen,
    /// Property tax, where the ordinance has an asset levy.
    pub(crate) property_tax: Yen,
}

impl<'a> Person<'a> {
    /// For the conversions of incomes.
    pub(crate) fn subject(&self, fiscal_year: FiscalYear) -> Subject<'a> {
        let born_later = self.born.year() >= fiscal_year.year();
        Subject { ordinal: self.ordinal, fiscal_year, elderly: self.elderly, born_later, row: self.row }
    }

    /// As a trace shows the person.
    pub(crate) fn shown(&self) -> Val<'static> {
        Val::Person(self.ordinal as u32)
    }

    /// The levy base that holds in a month.
    pub(crate) fn base_in(&self, month: i32) -> Yen {
        if self.relief.has(month) { self.base_in_relief } else { self.base }
    }

    /// The base of the last month insured, as a result shows it.
    pub(crate) fn last_base(&self) -> Yen {
        let last = 15 - self.insured.bits().leading_zeros() as i32;
        self.base_in(last)
    }
}

/// A household in one fiscal year.
pub(crate) struct Household<'a> {
    pub(crate) fiscal_year: FiscalYear,
    pub(crate) persons: Vec<Person<'a>>,
    /// Months in which at least one member is insured.
    pub(crate) liable: Months,
    /// Specific household: the per-household levy is halved.
    pub(crate) specific: Months,
    /// Continuing one: cut by a quarter.
    pub(crate) specific_continuing: Months,
    stays: Vec<Stay>,
    spells: Vec<Spell>,
    formers: Vec<Former>,
    head_changes: Vec<Date>,
}

/// What depends on a birth date alone, so that two possible dates can be compared.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Ages {
    /// Months before the one of the 75th birthday.
    before_75: Months,
    care: Months,
    preschool: bool,
    minor: bool,
    own_child: bool,
    elderly: bool,
}

/// The ages that the law of this year asks for.
#[derive(Clone, Copy)]
struct Limits {
    fiscal_year: FiscalYear,
    preschool: Option<i32>,
    minor: Option<i32>,
    own_child: Option<i32>,
}

/// A person reaches an age on the day before the birthday (年齢計算ニ関スル法律); 75 counts on the birthday itself.
fn ages(birth: Date, limits: &Limits) -> Ages {
    let year = limits.fiscal_year;
    // Until the 31 March after reaching an age: all of the year that contains the day.
    let up_to = |age: Option<i32>| age.is_some_and(|age| birth.reaches(age) >= year.first_day());
    Ages {
        before_75: until_75(birth, year),
        care: care_months(birth, year),
        preschool: up_to(limits.preschool),
        minor: up_to(limits.minor),
        own_child: up_to(limits.own_child),
        elderly: is_elderly(birth, year),
    }
}

/// Act art. 6 no. 8: all parts end with the month before the one of the 75th birthday.
fn until_75(birth: Date, year: FiscalYear) -> Months {
    Months::between(0, year.month_of(birth.birthday(75)))
}

/// Act art. 76 para. 3: the care part runs from the month in which 40 is reached to the month before the
/// one in which 65 is reached.
fn care_months(birth: Date, year: FiscalYear) -> Months {
    Months::between(year.month_of(birth.reaches(40)), year.month_of(birth.reaches(65)))
}

/// Order suppl. art. 5: 65 or over on 1 January of the calendar year in which the fiscal year starts.
/// Births on 2 January do not count (assumption 7), so this is also the age on the 31 December before.
fn is_elderly(birth: Date, year: FiscalYear) -> bool {
    birth <= Date::new(year.year() - 65, 1, 1)
}

/// Act art. 8: the day of loss from the day of the event. None where the cause is not known.
fn day_of_loss(event: Date, cause: EndCause) -> Option<Date> {
    // The variants stand in the order of their codes, the unknown one behind all of them.
    jorei_sdk::day_of_loss(event, cause as i64)
}

/// Order art. 29-7-2: months for which 30/100 of the salary counts: from the month of the day after
/// leaving to the end of the next fiscal year.
fn unemployment_months(left: Date, year: FiscalYear) -> Months {
    let after = left.tomorrow();
    let end = if FiscalYear::of(after).year() + 1 >= year.year() { 12 } else { 0 };
    Months::between(year.month_of(after), end)
}

/// Order art. 29-7 para. 6: months cut for a birth: from the month before to two months after the due
/// month; three months before in a multiple pregnancy; none before January 2024.
fn maternity_months(due: Date, multiple: bool, from: Date, year: FiscalYear) -> Months {
    if due < national::MATERNITY_BIRTH_FROM {
        return Months::NONE;
    }
    let due_month = year.month_of(due);
    let before = if multiple { 3 } else { 1 };
    Months::between(due_month - before, due_month + 3).and(Months::between(year.month_of(from), 12))
}

/// The months whose first day begins something else than the month before had.
pub(crate) fn changes(months: Months) -> u16 {
    (months.bits() ^ (months.bits() << 1)) & 0x0ffe
}

/// Runs of liable months within which nothing changes. `breaks` are months that begin a new run.
pub(crate) fn runs(liable: Months, breaks: u16) -> impl Iterator<Item = Months> {
    let mut rest = liable;
    core::iter::from_fn(move || {
        let start = rest.first()?;
        let mut end = start + 1;
        while rest.has(end) && breaks & (1 << end) == 0 {
            end += 1;
        }
        let run = Months::between(start, end);
        rest = rest.without(run);
        Some(run)
    })
}

impl<'a> Household<'a> {
    /// Act arts. 7, 8, 76-2: reads who is insured in which month.
    ///
    /// # Errors
    /// `birth_unclear` where two possible birth dates would give different months or shares;
    /// `loss_cause_missing` where the cause of a loss decides about a month;
    /// `two_heads`, `head_missing`, `incomes_twice`.
    pub(crate) fn read<T: Trace<'a>>(
        case: &Case<'a, HouseholdFacts>,
        fiscal_year: FiscalYear,
        values: &'a Values,
        t: &mut T,
    ) -> Result<Household<'a>, Refusal> {
        let relief = values.own_child_relief.optional()?;
        let limits = limits(fiscal_year, relief, t)?;
        let rows = case.rows(|facts| &facts.persons);
        let mut household = Household {
            fiscal_year,
            persons: Vec::with_capacity(rows.len()),
            liable: Months::NONE,
            specific: Months::NONE,
            specific_continuing: Months::NONE,
            stays: Vec::with_capacity(rows.len()),
            spells: Vec::with_capacity(rows.len()),
            formers: Vec::new(),
            head_changes: Vec::new(),
        };
        let group = t.open("persons");
        for row in rows {
            let ordinal = row.place();
            let open = t.open("person");
            let born = t.see(row.birth_earliest());
            household.read_stays(case, ordinal, t);
            let charged = household.read_spells(case, ordinal, born, &values.proration, t)?;
            let member = household.member_months(ordinal);
            let qualified = charged.and(member);
            let mut person = Person {
                ordinal,
                insured: Months::NONE,
                care: Months::NONE,
                maternity: Months::NONE,
                relief: Months::NONE,
                preschool: false,
                minor: false,
                own_child: false,
                elderly: false,
                born,
                row: incomes_row(case, ordinal, fiscal_year)?,
                amounts: None,
                base: Yen::ZERO,
                base_in_relief: Yen::ZERO,
                property_tax: Yen::ZERO,
            };
            let ages = ages(born, &limits);
            let latest = row.birth_latest();
            if latest.peek() != born {
                t.see(latest);
                unclear(&person, qualified, ages, self::ages(latest.peek(), &limits))?;
            }
            person.insured = qualified.and(ages.before_75);
            person.care = ages.care.and(person.insured);
            (person.preschool, person.minor, person.own_child) = (ages.preschool, ages.minor, ages.own_child);
            person.elderly = ages.elderly;
            t.note("insured_months", person.insured).formula("qualified_and_member_until_75").article("Act arts. 7, 8");
            if !person.care.is_empty() {
                t.note("care_months", person.care).formula("from_40_until_65").article("Act art. 76 para. 3");
            }
            if !person.insured.is_empty() {
                person.maternity = maternity(case, ordinal, fiscal_year, t).and(person.insured);
                if !person.maternity.is_empty() {
                    t.note("maternity_months", person.maternity).formula("around_due_month").article("Order art. 29-7 para. 6");
                }
            }
            person.relief = unemployment(case, ordinal, born, latest.peek(), fiscal_year, t)?;
            if !person.relief.is_empty() {
                t.note("unemployment_months", person.relief).formula("until_end_of_next_year").article("Order art. 29-7-2");
            }
            household.liable = household.liable.or(person.insured);
            household.read_formers(case, ordinal, born, t);
            household.persons.push(person);
            t.close(open, Val::Person(ordinal as u32));
        }
        household.find_head_changes()?;
        household.find_specific_months();
        if !household.specific.is_empty() {
            t.note("specific_months", household.specific).formula("one_insured_and_a_former_member").article("Order art. 29-7 para. 2");
        }
        if !household.specific_continuing.is_empty() {
            t.note("specific_continuing_months", household.specific_continuing)
                .formula("one_insured_and_a_former_member")
                .article("Order art. 29-7 para. 2");
        }
        t.close(group, household.liable).article("Act art. 76-2");
        Ok(household)
    }

    /// Stays of a person in the household.
    fn read_stays<T: Trace<'a>>(&mut self, case: &Case<'a, HouseholdFacts>, person: usize, t: &mut T) {
        for row in case.rows(|facts| &facts.membership).filter(|row| row.person().peek() == person as i64) {
            let until = t.see(row.until()).unwrap_or(Date::MAX);
            self.stays.push(Stay { person, from: t.see(row.from()), until, head: t.see(row.head()) });
        }
    }

    /// Act arts. 7 and 8: spells of being insured, and the months charged for them: from the month
    /// of acquiring to the month before the month of loss; never by day.
    fn read_spells<T: Trace<'a>>(
        &mut self,
        case: &Case<'a, HouseholdFacts>,
        person: usize,
        born: Date,
        proration: &'a Dated<Proration>,
        t: &mut T,
    ) -> Result<Months, Refusal> {
        let year = self.fiscal_year;
        let birthday_75 = born.birthday(75);
        let mut charged = Months::NONE;
        for row in case.rows(|facts| &facts.qualification).filter(|row| row.person().peek() == person as i64) {
            let from = t.see(row.from());
            let start = year.month_of(from);
            let Some(event) = t.see(row.until()) else {
                self.spells.push(Spell { person, from, loss: birthday_75, to_late_elderly: true });
                charged = charged.or(Months::between(start, 12));
                continue;
            };
            let cause = t.see(row.ended_by());
            let Some(loss) = day_of_loss(event, cause) else {
                let on_day = Months::between(start, year.month_of(event));
                // Not knowing the cause is no harm unless it decides about a month.
                if on_day != Months::between(start, year.month_of(event.tomorrow())) {
                    return Err(Refusal::fact_missing("loss_cause_missing")
                        .with("person", person + 1)
                        .with("on", event)
                        .article("Act art. 8"));
                }
                charged = charged.or(on_day);
                self.spells.push(Spell { person, from, loss: event.min(birthday_75), to_late_elderly: event >= birthday_75 });
                continue;
            };
            let late_elderly = cause == EndCause::LateElderly;
            let other_scheme = late_elderly || cause == EndCause::EmployeesInsurance;
            let mut last_day = loss;
            // Being born on the 1st makes no difference at 75, so the clause is left out there.
            let by_age = late_elderly && loss >= birthday_75;
            if loss.day() == 1 && other_scheme && !by_age && t.get(&proration.known()?.first_day_loss_counts_as_day_before) {
                last_day = loss.yesterday();
            }
            charged = charged.or(Months::between(start, year.month_of(last_day)));
            self.spells.push(Spell { person, from, loss: loss.min(birthday_75), to_late_elderly: late_elderly || loss >= birthday_75 });
        }
        Ok(charged)
    }

    /// Former members: as recorded, and who moves to the late-elderly scheme within the year.
    fn read_formers<T: Trace<'a>>(&mut self, case: &Case<'a, HouseholdFacts>, person: usize, born: Date, t: &mut T) {
        for row in case.rows(|facts| &facts.former_membership).filter(|row| row.person().peek() == person as i64) {
            let (from, until) = (t.see(row.from()), t.see(row.until()).unwrap_or(Date::MAX));
            self.formers.push(Former { person, from, until });
        }
        let (year, birthday_75) = (self.fiscal_year, born.birthday(75));
        for i in 0..self.spells.len() {
            let spell = self.spells[i];
            let within = year.first_day() <= spell.loss && spell.loss < year.end();
            if spell.person != person || !spell.to_late_elderly || !within || spell.from >= spell.loss {
                continue;
            }
            // Who died or left before stays no member: the stays say so.
            let recorded = self.formers.iter().any(|former| former.person == person && former.until > spell.loss);
            if !recorded && self.is_member(person, spell.loss.min(birthday_75)) {
                self.formers.push(Former { person, from: spell.loss, until: Date::MAX });
            }
        }
    }

    /// Order art. 29-7 para. 6: heads follow each other; a change of head ends former membership.
    fn find_head_changes(&mut self) -> Result<(), Refusal> {
        let year = self.fiscal_year;
        let heads = || self.stays.iter().filter(|stay| stay.head);
        let mut covered = Months::NONE;
        for (i, stay) in heads().enumerate() {
            covered = covered.or(Months::between(year.month_of(stay.from), year.month_of(stay.until)));
            for other in heads().skip(i + 1).filter(|other| other.person != stay.person) {
                let (from, until) = (stay.from.max(other.from).max(year.first_day()), stay.until.min(other.until).min(year.end()));
                if from < until {
                    return Err(Refusal::fact_impossible("two_heads").with("on", from).article("Act art. 76"));
                }
            }
        }
        if let Some(month) = self.liable.without(covered).first() {
            return Err(Refusal::fact_impossible("head_missing").with("on", self.first_of(month)).article("Act art. 76"));
        }
        if heads().nth(1).is_some() {
            let mut order: Vec<Stay> = heads().copied().collect();
            order.sort_by_key(|stay| stay.from);
            self.head_changes = order.windows(2).filter(|pair| pair[0].person != pair[1].person).map(|pair| pair[1].from).collect();
        }
        for former in &mut self.formers {
            if let Some(change) = self.head_changes.iter().find(|change| **change > former.from) {
                former.until = former.until.min(*change);
            }
        }
        Ok(())
    }

    /// Order art. 29-7 para. 2: months with exactly one insured person and a former member, within 5 and
    /// 8 years from the month of the latest loss (特定月; assumption 6).
    fn find_specific_months(&mut self) {
        if self.formers.is_empty() {
            return;
        }
        let (mut one, mut more) = (Months::NONE, Months::NONE);
        for person in &self.persons {
            more = more.or(one.and(person.insured));
            one = one.or(person.insured);
        }
        let alone = one.without(more);
        let (mut half, mut quarter) = (Months::NONE, Months::NONE);
        for former in &self.formers {
            let lost = self.fiscal_year.month_of(former.from);
            let there = Months::between(lost, self.fiscal_year.month_of(former.until)).and(self.member_months(former.person));
            half = half.or(there.and(Months::between(lost, lost + national::SPECIFIC_MONTHS)));
            quarter = quarter.or(there.and(Months::between(lost, lost + national::SPECIFIC_CONTINUING_MONTHS)));
        }
        self.specific = alone.and(half);
        self.specific_continuing = alone.and(quarter).without(half);
    }

    /// The months in which a person belongs to the household: joining includes its month, leaving does not.
    fn member_months(&self, person: usize) -> Months {
        let year = self.fiscal_year;
        let stays = self.stays.iter().filter(|stay| stay.person == person);
        stays.fold(Months::NONE, |months, stay| months.or(Months::between(year.month_of(stay.from), year.month_of(stay.until))))
    }

    fn is_member(&self, person: usize, on: Date) -> bool {
        self.stays.iter().any(|stay| stay.person == person && stay.from <= on && on < stay.until)
    }

    /// Insured by the city as a member of this household on a day?
    pub(crate) fn is_insured(&self, person: usize, on: Date) -> bool {
        self.spells.iter().any(|spell| spell.person == person && spell.from <= on && on < spell.loss) && self.is_member(person, on)
    }

    /// A former member on a day?
    pub(crate) fn is_former(&self, person: usize, on: Date) -> bool {
        self.formers.iter().any(|former| former.person == person && former.from <= on && on < former.until) && self.is_member(person, on)
    }

    /// The head on a day.
    ///
    /// # Errors
    /// `head_missing`.
    pub(crate) fn head(&self, on: Date) -> Result<usize, Refusal> {
        let head = self.stays.iter().find(|stay| stay.head && stay.from <= on && on < stay.until);
        head.map(|stay| stay.person).ok_or_else(|| Refusal::fact_impossible("head_missing").with("on", on).article("Act art. 76"))
    }

    /// Act art. 76-2: the day of the first test of a run of months: 1 April, or the day on which the
    /// household's liability begins.
    pub(crate) fn liability_begins(&self, month: i32) -> Date {
        let first = self.fiscal_year.first_day();
        let mut day = Date::MAX;
        for spell in &self.spells {
            if !self.persons[spell.person].insured.has(month) {
                continue;
            }
            for stay in self.stays.iter().filter(|stay| stay.person == spell.person) {
                let start = spell.from.max(stay.from).max(first);
                if self.fiscal_year.month_of(start) == month && start < spell.loss.min(stay.until) {
                    day = day.min(start);
                }
            }
        }
        // A gap closed by a stay elsewhere: the month is liable, no spell begins in it.
        if day == Date::MAX { self.first_of(month) } else { day }
    }

    /// The day of the last change of head in a month.
    pub(crate) fn head_change_in(&self, month: i32) -> Option<Date> {
        self.head_changes.iter().copied().filter(|day| self.fiscal_year.month_of(*day) == month).max()
    }

    /// Months in which the head changes.
    pub(crate) fn head_change_months(&self) -> Months {
        let month = |day: &Date| Months::one(self.fiscal_year.month_of(*day));
        self.head_changes.iter().fold(Months::NONE, |months, day| months.or(month(day)))
    }

    fn first_of(&self, month: i32) -> Date {
        let (year, month) = if month < 9 { (self.fiscal_year.year(), month + 4) } else { (self.fiscal_year.year() + 1, month - 8) };
        Date::new(year, month, 1)
    }
}

/// The ages that matter this year, read as law.
fn limits<'a, T: Trace<'a>>(fiscal_year: FiscalYear, relief: Option<&'a OwnChildRelief>, t: &mut T) -> Result<Limits, Refusal> {
    // Ages are at most two digits; anything else was refused when the ordinance was checked.
    let age = |age: i64| i32::try_from(age).unwrap_or(0);
    let preschool = national::preschool_age(fiscal_year)?.map(|law| age(law.read(t)));
    let child_part = fiscal_year.year() >= national::CHILD_PART_FROM;
    let minor = child_part.then(|| age(national::MINOR_AGE.read(t)));
    let own_child = relief.map(|relief| age(t.get(&relief.until_age)));
    Ok(Limits { fiscal_year, preschool, minor, own_child })
}

/// Two possible birth dates: an answer that depends on which is right is refused.
fn unclear(person: &Person<'_>, qualified: Months, earliest: Ages, latest: Ages) -> Result<(), Refusal> {
    let has_pension = person.row.is_some_and(|row| {
        row.pension_yen().peek().unwrap_or(Yen::ZERO) > Yen::ZERO || row.pension_revenue_yen().peek().unwrap_or(Yen::ZERO) > Yen::ZERO
    });
    let matters = |ages: Ages| {
        let insured = qualified.and(ages.before_75);
        let there = !insured.is_empty();
        Ages {
            before_75: insured,
            care: ages.care.and(insured),
            preschool: ages.preschool && there,
            minor: ages.minor && there,
            own_child: ages.own_child && there,
            elderly: ages.elderly && has_pension,
        }
    };
    if matters(earliest) == matters(latest) {
        return Ok(());
    }
    Err(Refusal::fact_missing("birth_unclear").with("person", person.ordinal + 1).article("Act arts. 6, 76 para. 3"))
}

/// The person's incomes of the calendar year before.
fn incomes_row<'a>(case: &Case<'a, HouseholdFacts>, person: usize, fiscal_year: FiscalYear) -> Result<Option<Row<'a, Incomes>>, Refusal> {
    let year = i64::from(fiscal_year.year() - 1);
    let mut rows = case.rows(|facts| &facts.incomes).filter(|row| row.person().peek() == person as i64 && row.year().peek() == year);
    let row = rows.next();
    if rows.next().is_some() {
        return Err(Refusal::fact_impossible("incomes_twice")
            .with("person", person + 1)
            .with("year", year)
            .article("Order art. 29-7 para. 2"));
    }
    Ok(row)
}

/// Order art. 29-7 para. 6: the months cut for births of a person.
fn maternity<'a, T: Trace<'a>>(case: &Case<'a, HouseholdFacts>, person: usize, year: FiscalYear, t: &mut T) -> Months {
    let mut months = Months::NONE;
    for row in case.rows(|facts| &facts.maternity).filter(|row| row.person().peek() == person as i64) {
        let (due, multiple) = (t.see(row.on()), t.see(row.multiple()));
        t.see(row.after_birth());
        months = months.or(maternity_months(due, multiple, national::MATERNITY_FROM.read(t), year));
    }
    months
}

/// Order art. 29-7-2: the months of a person after involuntary unemployment, if under 65 on the day
/// of leaving, with a code of the list, and an ordinary certificate.
fn unemployment<'a, T: Trace<'a>>(
    case: &Case<'a, HouseholdFacts>,
    person: usize,
    earliest: Date,
    latest: Date,
    year: FiscalYear,
    t: &mut T,
) -> Result<Months, Refusal> {
    let mut months = Months::NONE;
    for row in case.rows(|facts| &facts.unemployment).filter(|row| row.person().peek() == person as i64) {
        let (left, code, holder) = (t.see(row.on()), t.see(row.reason_code()), t.see(row.holder()));
        let relief = unemployment_months(left, year);
        if relief.is_empty() || !national::UNEMPLOYMENT_CODES.contains(&code) {
            continue;
        }
        match holder {
            Holder::Ordinary => {}
            Holder::Special | Holder::Elderly => continue,
            Holder::Unknown => {
                return Err(Refusal::fact_missing("holder_unknown")
                    .with("person", person + 1)
                    .with("on", left)
                    .article("Order art. 29-7-2"));
            }
        }
        let under_65 = |birth: Date| left < birth.reaches(65);
        if under_65(earliest) != under_65(latest) {
            return Err(Refusal::fact_missing("birth_unclear").with("person", person + 1).article("Order art. 29-7-2"));
        }
        if under_65(earliest) {
            months = months.or(relief);
        }
    }
    Ok(months)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn year(year: i32) -> FiscalYear {
        FiscalYear::new(year).unwrap()
    }

    fn list(months: Months) -> Vec<i32> {
        months.iter().map(|month| if month < 9 { month + 4 } else { month - 8 }).collect()
    }

    #[test]
    fn care_begins_with_the_month_of_the_day_before_the_birthday() {
        assert_eq!(care_months(day("1984-05-01"), year(2024)), Months::ALL);
        assert_eq!(list(care_months(day("1984-05-02"), year(2024)))[0], 5);
        assert_eq!(care_months(day("1985-04-01"), year(2024)), Months::one(11), "reached on 31 March");
        assert_eq!(care_months(day("1985-04-02"), year(2024)), Months::NONE);
    }

    #[test]
    fn care_ends_before_the_month_in_which_65_is_reached() {
        assert_eq!(list(care_months(day("1958-10-15"), year(2023))).last(), Some(&9));
        assert_eq!(list(care_months(day("1958-10-01"), year(2023))).last(), Some(&8), "born on the 1st: two months before");
        assert_eq!(care_months(day("1958-04-01"), year(2023)), Months::NONE);
    }

    #[test]
    fn at_75_the_birthday_itself_counts() {
        for birth in ["1948-11-01", "1948-11-20", "1948-11-30"] {
            assert_eq!(list(until_75(day(birth), year(2023))), [4, 5, 6, 7, 8, 9, 10], "{birth}");
        }
        assert_eq!(until_75(day("1948-04-01"), year(2023)), Months::NONE);
        assert_eq!(until_75(day("1949-04-01"), year(2023)), Months::ALL);
    }

    #[test]
    fn children_by_the_31_march_after_their_birthday() {
        let ages = |birth: &str, fiscal_year: i32| {
            ages(day(birth), &Limits { fiscal_year: year(fiscal_year), preschool: Some(6), minor: Some(18), own_child: None })
        };
        assert!(ages("2019-04-02", 2025).preschool && !ages("2019-04-01", 2025).preschool);
        assert!(ages("2020-04-02", 2026).preschool && !ages("2020-04-01", 2026).preschool);
        assert!(ages("2008-04-02", 2026).minor && !ages("2008-04-01", 2026).minor);
        assert!(ages("1961-01-01", 2026).elderly && !ages("1961-01-02", 2026).elderly);
    }

    #[test]
    fn maternity_around_the_due_month() {
        let from = Date::new(2024, 1, 1);
        assert_eq!(list(maternity_months(day("2024-07-10"), false, from, year(2024))), [6, 7, 8, 9]);
        assert_eq!(list(maternity_months(day("2024-07-10"), true, from, year(2024))), [4, 5, 6, 7, 8, 9]);
        assert_eq!(list(maternity_months(day("2023-11-05"), false, from, year(2023))), [1], "the scheme begins with January 2024");
        assert_eq!(maternity_months(day("2023-10-31"), true, from, year(2023)), Months::NONE);
        assert_eq!(list(maternity_months(day("2025-03-20"), false, from, year(2024))), [2, 3]);
        assert_eq!(list(maternity_months(day("2025-03-20"), false, from, year(2025))), [4, 5], "the rest lies in the next year");
    }

    #[test]
    fn unemployment_until_the_end_of_the_next_year() {
        assert_eq!(list(unemployment_months(day("2025-09-30"), year(2025))), [10, 11, 12, 1, 2, 3]);
        assert_eq!(unemployment_months(day("2025-09-30"), year(2026)), Months::ALL);
        assert_eq!(unemployment_months(day("2025-09-30"), year(2027)), Months::NONE);
        assert_eq!(unemployment_months(day("2025-03-31"), year(2024)), Months::NONE);
        assert_eq!(unemployment_months(day("2025-03-31"), year(2026)), Months::ALL, "the day after lies in FY2025");
    }

    #[test]
    fn the_day_of_loss_by_cause() {
        let event = day("2026-03-31");
        assert_eq!(day_of_loss(event, EndCause::EmployeesInsurance), Some(day("2026-04-01")));
        assert_eq!(day_of_loss(event, EndCause::PublicAssistance), Some(event));
        assert_eq!(day_of_loss(event, EndCause::Unknown), None);
    }

    #[test]
    fn runs_cut_the_year_at_changes_and_gaps() {
        let all: Vec<Months> = runs(Months::ALL, changes(Months::between(3, 12))).collect();
        assert_eq!(all, [Months::between(0, 3), Months::between(3, 12)]);
        let gap = Months::between(0, 2).or(Months::between(5, 12));
        assert_eq!(runs(gap, 0).collect::<Vec<_>>(), [Months::between(0, 2), Months::between(5, 12)]);
        assert_eq!(runs(Months::NONE, 0).count(), 0);
    }
}
