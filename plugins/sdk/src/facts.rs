//! Views over the tables of facts: rows of one case, cells that know where they stand.

use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use jorei_domain::record::Kind;
use jorei_domain::table::{ABSENT, Table, Values};

/// Where tables come from: the host's functions in a component, plain tables outside of one.
pub trait Records {
    /// Birth dates.
    fn persons(&self) -> Table;
    /// Membership of the household.
    fn membership(&self) -> Table;
    /// Qualification.
    fn qualification(&self) -> Table;
    /// Former members.
    fn former_membership(&self) -> Table;
    /// Incomes.
    fn incomes(&self) -> Table;
    /// Involuntary unemployment.
    fn unemployment(&self) -> Table;
    /// Births.
    fn maternity(&self) -> Table;
    /// Property tax.
    fn property(&self) -> Table;
    /// Deaths.
    fn deaths(&self) -> Table;
    /// Detention.
    fn detention(&self) -> Table;
    /// Former dependants.
    fn former_dependants(&self) -> Table;
    /// Pensions.
    fn pensions(&self) -> Table;
    /// Applications for exemption.
    fn applications(&self) -> Table;
    /// Former retired members.
    fn retired_membership(&self) -> Table;
    /// What was decided of the year's premium, day by day.
    fn assessments(&self) -> Table;
    /// The premium as it stands.
    fn premiums(&self) -> Table;
    /// Its parts.
    fn premium_parts(&self) -> Table;
    /// Its persons.
    fn premium_persons(&self) -> Table;
    /// The instalments as they stand.
    fn instalments(&self) -> Table;
    /// What is owed by instalment.
    fn arrears(&self) -> Table;
    /// What was credited to it.
    fn credits(&self) -> Table;
    /// Grace and waiver.
    fn graces(&self) -> Table;
    /// Money beyond what is owed.
    fn overpayments(&self) -> Table;
    /// The payments that make it.
    fn overpaid_payments(&self) -> Table;
    /// What it may be appropriated to.
    fn claims(&self) -> Table;
    /// What the payer agreed to.
    fn consents(&self) -> Table;
    /// Notices of an overpayment.
    fn claim_notices(&self) -> Table;
    /// Residents' tax of a calendar year of income, and how far it is known (住民税).
    fn resident_taxes(&self) -> Table;
    /// Applications that change what is paid at the counter (限度額適用認定等の申請).
    fn limit_applications(&self) -> Table;
    /// Restriction of benefits because of arrears (給付制限).
    fn benefit_restrictions(&self) -> Table;
    /// Diseases that are treated for long at high cost (特定疾病).
    fn specified_diseases(&self) -> Table;
    /// Aid by other laws with what the patient pays (公費負担医療).
    fn public_aid(&self) -> Table;
    /// Categories of a household by month; made by the host from the classification.
    fn categories(&self) -> Table;
    /// Shares of payment of its persons by month; made by the host from the classification.
    fn shares(&self) -> Table;
    /// Claims of institutions as they stand (レセプト); made by the host from the files of the federation.
    fn medical_claims(&self) -> Table;
    /// Months with a high-cost benefit (多数回該当); made by the host from decisions and what was handed over.
    fn high_cost_months(&self) -> Table;
    /// Meals and residence in hospital by month; made by the host from claims.
    fn hospital_stays(&self) -> Table;
    /// What is left of own payments after the monthly benefits; made by the host from decisions.
    fn monthly_rests(&self) -> Table;
    /// Own payments of long-term care of a period; made by the host from the certificate of the care side.
    fn care_payments(&self) -> Table;
    /// Own payments under another insurer in the period; made by the host from certificates.
    fn certified_payments(&self) -> Table;
    /// Care and transport that was paid and is claimed back; made by the host from applications.
    fn expenses(&self) -> Table;
    /// Births for which the lump sum is claimed; made by the host from applications.
    fn childbirths(&self) -> Table;
    /// Deaths for which the funeral benefit is claimed; made by the host from applications.
    fn funerals(&self) -> Table;
}

/// The tables that a rule reads, all cases of a call. Made by [`crate::facts!`].
pub trait Facts: Sized {
    /// Reads each table once.
    fn read(records: &impl Records) -> Self;
}

/// One case of a call.
pub struct Case<'a, F> {
    /// The tables of the call.
    pub facts: &'a F,
    /// Which case of the call.
    pub index: usize,
    /// The date that picks the law.
    pub on: Date,
}

impl<'a, F> Case<'a, F> {
    /// The rows of this case in one of the tables.
    #[inline]
    pub fn rows<V: View>(&self, table: impl FnOnce(&'a F) -> &'a V) -> Rows<'a, V> {
        let view = table(self.facts);
        let offsets = view.offsets();
        let (start, end) = match (offsets.get(self.index), offsets.get(self.index + 1)) {
            (Some(start), Some(end)) => (*start as usize, *end as usize),
            _ => (0, 0),
        };
        Rows { view, start, next: start, end }
    }
}

/// A value and the cell it came from. Read it with [`crate::Trace::see`].
#[derive(Clone, Copy, Debug)]
pub struct Cell<T> {
    pub(crate) value: T,
    pub(crate) kind: Kind,
    pub(crate) column: &'static str,
    pub(crate) row: u32,
}

impl<T: Copy> Cell<T> {
    /// The value, without a mark in the trace: for looking ahead, not for computing.
    #[inline]
    pub fn peek(&self) -> T {
        self.value
    }
}

/// A table with its columns found by name.
pub trait View: Sized {
    /// The kind of fact it shows.
    const KIND: Kind;
    /// Asks for the table of its kind, and for no other.
    fn read(records: &impl Records) -> Self;
    #[doc(hidden)]
    fn offsets(&self) -> &[u32];
}

/// For [`crate::facts!`]: texts compared while compiling.
#[doc(hidden)]
pub const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// The rows of one case.
pub struct Rows<'a, V> {
    view: &'a V,
    start: usize,
    next: usize,
    end: usize,
}

impl<'a, V> Rows<'a, V> {
    /// How many rows.
    #[inline]
    pub fn len(&self) -> usize {
        self.end - self.next
    }

    /// None?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.end == self.next
    }
}

impl<'a, V> Clone for Rows<'a, V> {
    fn clone(&self) -> Self {
        Rows { view: self.view, start: self.start, next: self.next, end: self.end }
    }
}

impl<'a, V> Iterator for Rows<'a, V> {
    type Item = Row<'a, V>;

    #[inline]
    fn next(&mut self) -> Option<Row<'a, V>> {
        if self.next == self.end {
            return None;
        }
        let index = self.next;
        self.next += 1;
        Some(Row { view: self.view, index, row: (index - self.start) as u32 })
    }
}

/// One row.
pub struct Row<'a, V> {
    view: &'a V,
    index: usize,
    row: u32,
}

impl<V> Clone for Row<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<V> Copy for Row<'_, V> {}

/// The number of the row within its case: in `Persons` the ordinal of the person.
impl<V> Row<'_, V> {
    /// See above.
    #[inline]
    pub fn place(&self) -> usize {
        self.row as usize
    }
}

/// How a column's number becomes a value.
#[doc(hidden)]
pub trait Read: Sized {
    fn read(number: i64) -> Self;
}

impl Read for Option<Yen> {
    #[inline]
    fn read(number: i64) -> Self {
        // The host checks amounts before it hands them over: out of range is a broken host.
        if number == ABSENT { None } else { Some(Yen::checked(number).expect("amount in range")) }
    }
}
impl Read for Option<i64> {
    #[inline]
    fn read(number: i64) -> Self {
        if number == ABSENT { None } else { Some(number) }
    }
}
impl Read for i64 {
    #[inline]
    fn read(number: i64) -> Self {
        number
    }
}
impl Read for bool {
    #[inline]
    fn read(number: i64) -> Self {
        number == 1
    }
}
impl Read for Option<bool> {
    #[inline]
    fn read(number: i64) -> Self {
        if number == ABSENT { None } else { Some(number == 1) }
    }
}
impl Read for Option<Date> {
    #[inline]
    fn read(number: i64) -> Self {
        if number == ABSENT { None } else { Some(Date::from_packed(number).expect("a date")) }
    }
}
impl Read for Date {
    #[inline]
    fn read(number: i64) -> Self {
        Date::from_packed(number).expect("a date")
    }
}

/// A word of a code list, with what an unknown or absent code means.
macro_rules! code {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal),* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// No code, or one that this SDK does not know.
            Unknown,
        }
        impl Read for $name {
            #[inline]
            fn read(number: i64) -> Self {
                match number { $($code => $name::$variant,)* _ => $name::Unknown }
            }
        }
    };
}

code!(
    /// How far a person's income is known; four states that are never confused.
    IncomeState {
        /// Known; a declared nil included.
        Known = 0,
        /// Need not be declared (minor, or tax dependant without income): treated as nil.
        NotRequired = 1,
        /// Must be declared and has not been.
        Undeclared = 2,
        /// Asked for elsewhere, no answer yet.
        Pending = 3
    }
);
code!(
    /// Why a qualification ended (Act art. 8).
    EndCause {
        /// The date is the day of loss itself.
        LostOnDay = 0,
        /// Joined an employees' scheme: lost the day after.
        EmployeesInsurance = 1,
        /// Died: lost the day after.
        Death = 2,
        /// Entered the late-elderly scheme: lost the day after.
        LateElderly = 3,
        /// Moved out of the city.
        MovedOut = 4,
        /// Receives public assistance: lost on the day.
        PublicAssistance = 5,
        /// Joined an NHI society: lost on the day.
        NhiSociety = 6
    }
);
code!(
    /// The mark on an employment-insurance certificate.
    Holder {
        /// None.
        Ordinary = 0,
        /// 特: excluded from the relief.
        Special = 1,
        /// 高: excluded from the relief.
        Elderly = 2
    }
);
code!(
    /// How a qualification began (Act art. 7).
    BeginCause {
        /// Moved into the city.
        MovedIn = 0,
        /// Left an employees' scheme.
        EmployeesInsuranceLost = 1,
        /// Was born.
        Born = 2,
        /// Public assistance ended.
        PublicAssistanceEnded = 3,
        /// Left an NHI society.
        NhiSocietyLeft = 4,
        /// Anything else.
        OtherCause = 5
    }
);
code!(
    /// Grace or waiver of a delinquency charge.
    Grace {
        /// No charge for these days (減免).
        Waiver = 0,
        /// Grace of collection (徴収の猶予): reduced rate.
        CollectionGrace = 1,
        /// Grace of conversion into money (換価の猶予): reduced rate.
        ConversionGrace = 2
    }
);
code!(
    /// Why money was paid beyond what is owed.
    OverpaymentCause {
        /// A decided premium was reduced (過納).
        Reduction = 0,
        /// It was reduced on the payer's request (更正の請求); of a tax only.
        CorrectionRequested = 1,
        /// It was reduced because the income tax was corrected or filed; of a tax only.
        IncomeTax = 2,
        /// The same slip was paid twice (誤納).
        PaidTwice = 3,
        /// More than the slip says was paid (誤納).
        PaidTooMuch = 4,
        /// Somebody else's slip was paid (誤納).
        WrongPayer = 5
    }
);
code!(
    /// How something was paid (収納区分).
    Channel {
        /// At a counter or bank.
        Counter = 0,
        /// In a convenience store.
        ConvenienceStore = 1,
        /// By direct debit (口座振替).
        DirectDebit = 2,
        /// By eL-QR.
        Eltax = 3,
        /// Deducted from a pension (特別徴収).
        PensionDeduction = 4
    }
);
code!(
    /// A part of what is owed.
    ClaimPart {
        /// The instalment itself (本料).
        Principal = 0,
        /// Its delinquency charge (延滞金).
        DelinquencyCharge = 1,
        /// The fee of its demand notice (督促手数料).
        DemandFee = 2
    }
);
code!(
    /// What a payer agrees to.
    Consent {
        /// Instalments not yet due may be paid with an overpayment.
        AppropriateBeforeDue = 0
    }
);
code!(
    /// What an assessment was (賦課の種類).
    AssessmentAct {
        /// The first of the year (当初賦課).
        Initial = 0,
        /// Of somebody who joined later (随時賦課).
        Additional = 1,
        /// A correction (更正).
        Correction = 2,
        /// An exemption was decided, changed or cancelled (減免).
        Exemption = 3,
        /// Of a year that is over (過年度).
        PastYear = 4
    }
);
code!(
    /// A part of the premium (賦課区分).
    PremiumPart {
        /// Medical part.
        Medical = 0,
        /// Support for the late-elderly scheme.
        Support = 1,
        /// Long-term care part.
        Care = 2,
        /// Child-rearing support part.
        Child = 3
    }
);
code!(
    /// How an instalment is collected.
    Collection {
        /// By payment slip or direct debit (普通徴収).
        Ordinary = 0,
        /// Out of a pension (特別徴収).
        PensionDeduction = 1
    }
);

code!(
    /// What an application asks for that changes what is paid at the counter.
    LimitApplication {
        /// 限度額適用認定.
        LimitCertificate = 0,
        /// 標準負担額減額認定.
        MealReduction = 1,
        /// 長期入院該当: more than 90 days.
        LongStay = 2,
        /// 基準収入額適用.
        ReceiptsTest = 3
    }
);
code!(
    /// A restriction of benefits because of arrears.
    Restriction {
        /// No limit certificate.
        InArrears = 0,
        /// 特別療養: all is paid and claimed back.
        SpecialCare = 1,
        /// 一時差止: benefits are not paid out.
        PaymentSuspended = 2
    }
);
code!(
    /// A specified disease.
    Disease {
        /// Chronic renal failure with dialysis.
        Dialysis = 0,
        /// Haemophilia.
        Haemophilia = 1,
        /// HIV by blood products.
        HivInfection = 2
    }
);
code!(
    /// A household's category by the table of those under 70.
    CategoryUnder70 {
        /// ア.
        A = 0,
        /// イ.
        I = 1,
        /// ウ.
        U = 2,
        /// エ.
        E = 3,
        /// オ: exempt from residents' tax.
        O = 4
    }
);
code!(
    /// A household's category by the table of those from 70 to 74.
    CategoryOver70 {
        /// 現役並みIII.
        Active3 = 0,
        /// 現役並みII.
        Active2 = 1,
        /// 現役並みI.
        Active1 = 2,
        /// 一般.
        General = 3,
        /// 低所得II.
        LowIncome2 = 4,
        /// 低所得I.
        LowIncome1 = 5
    }
);
code!(
    /// Outside or in hospital.
    Setting {
        /// 外来.
        Outpatient = 0,
        /// 入院.
        Inpatient = 1
    }
);
code!(
    /// Kind of service of a claim.
    Service {
        /// 医科.
        Medical = 0,
        /// 歯科.
        Dental = 1,
        /// 調剤.
        Pharmacy = 2,
        /// 訪問看護.
        HomeNursing = 3
    }
);
code!(
    /// How a month's high-cost benefit was given.
    Way {
        /// Paid out.
        Cash = 0,
        /// Left off the bill.
        InKind = 1,
        /// Carried over from another municipality.
        CarriedOver = 2
    }
);
code!(
    /// Kind of bed.
    Bed {
        /// Any but that for long-term care.
        General = 0,
        /// 療養病床.
        LongTermCare = 1
    }
);
code!(
    /// What is claimed back.
    Expense {
        /// 療養費.
        MedicalExpense = 0,
        /// 移送費.
        Transport = 1,
        /// 特別療養費.
        SpecialMedicalExpense = 2,
        /// 訪問看護療養費.
        HomeNursing = 3,
        /// 保険外併用療養費.
        MixedCare = 4,
        /// 療養の給付.
        CareInKind = 5
    }
);
code!(
    /// Why a medical expense was paid in full.
    ExpenseReason {
        /// Treated without a card in an emergency.
        WithoutCard = 0,
        /// A brace or the like.
        Brace = 1,
        /// Judo therapy.
        JudoTherapy = 2,
        /// Acupuncture, moxibustion, massage.
        Acupuncture = 3,
        /// Blood.
        Blood = 4,
        /// Treated abroad.
        Overseas = 5,
        /// Another reason.
        Other = 6
    }
);

macro_rules! view {
    ($(#[$doc:meta])* $name:ident = $function:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        pub struct $name {
            offsets: Vec<u32>,
            $($field: Vec<i64>,)*
        }

        impl View for $name {
            const KIND: Kind = Kind::$name;
            #[inline]
            fn offsets(&self) -> &[u32] {
                &self.offsets
            }
            fn read(records: &impl Records) -> Self {
                let table: Table = records.$function();
                let mut view = $name { offsets: table.offsets, $($field: Vec::new(),)* };
                for column in table.columns {
                    match (column.name.as_ref(), column.values) {
                        $((stringify!($field), Values::Integers(values)) => view.$field = values,)*
                        // A column of a later version of the contract.
                        _ => {}
                    }
                }
                view
            }
        }

        impl Row<'_, $name> {
            $($(#[$fdoc])*
            #[inline]
            pub fn $field(&self) -> Cell<$type> {
                let number = self.view.$field.get(self.index).copied().unwrap_or(ABSENT);
                Cell { value: <$type>::read(number), kind: Kind::$name, column: stringify!($field), row: self.row }
            })*
        }
    };
}

view!(
    /// Birth dates; its rows are the persons.
    Persons = persons {
        /// Earliest possible birth date.
        birth_earliest: Date,
        /// Latest possible birth date.
        birth_latest: Date,
    }
);
view!(
    /// Who belongs to the household and who heads it.
    Membership = membership {
        /// Ordinal of the person.
        person: i64,
        /// First day.
        from: Date,
        /// First day after; none while it lasts.
        until: Option<Date>,
        /// Head of the household?
        head: bool,
    }
);
view!(
    /// Who is insured by the city.
    Qualification = qualification {
        /// Ordinal of the person.
        person: i64,
        /// Day of acquisition.
        from: Date,
        /// Day of the event that ended it; none while it lasts.
        until: Option<Date>,
        /// What ended it.
        ended_by: EndCause,
        /// How it began.
        acquired_by: BeginCause,
    }
);
view!(
    /// Who moved to the late-elderly scheme and stayed in the household.
    FormerMembership = former_membership {
        /// Ordinal of the person.
        person: i64,
        /// Day of loss of the qualification.
        from: Date,
        /// First day on which it no longer holds.
        until: Option<Date>,
    }
);
view!(
    /// Incomes by calendar year; see `docs/reference/records.md` for each amount.
    Incomes = incomes {
        /// Ordinal of the person.
        person: i64,
        /// Calendar year.
        year: i64,
        /// How far it is known.
        state: IncomeState,
        /// Salary revenue.
        salary_revenue_yen: Option<Yen>,
        /// Public pension revenue.
        pension_revenue_yen: Option<Yen>,
        /// Salary income.
        salary_yen: Option<Yen>,
        /// Public pension income.
        pension_yen: Option<Yen>,
        /// Other comprehensively taxed income.
        other_yen: Option<Yen>,
        /// Forestry income.
        forestry_yen: Option<Yen>,
        /// Declared separately taxed income but land gains.
        separate_yen: Option<Yen>,
        /// Land gains before the special deduction.
        land_gain_yen: Option<Yen>,
        /// Special deduction on them.
        land_deduction_yen: Option<Yen>,
        /// Net business loss carried forward.
        net_loss_carried_yen: Option<Yen>,
        /// Casualty loss carried forward.
        casualty_loss_carried_yen: Option<Yen>,
        /// Pay received as a family employee.
        family_salary_received_yen: Option<Yen>,
        /// Pay or deduction for family employees.
        family_salary_paid_yen: Option<Yen>,
        /// Total income for the basic deduction, where stated.
        aggregate_yen: Option<Yen>,
        /// Ground for the first adjustment deduction?
        adjustment_ground: bool,
    }
);
view!(
    /// Involuntary unemployment.
    Unemployment = unemployment {
        /// Ordinal of the person.
        person: i64,
        /// Day of leaving.
        on: Date,
        /// Leaving-reason code.
        reason_code: i64,
        /// Mark on the certificate.
        holder: Holder,
    }
);
view!(
    /// Births and due dates.
    Maternity = maternity {
        /// Ordinal of the person.
        person: i64,
        /// Due date, or birth when notified after it.
        on: Date,
        /// Multiple pregnancy?
        multiple: bool,
        /// Notified after the birth?
        after_birth: bool,
    }
);
view!(
    /// Property tax by fiscal year.
    Property = property {
        /// Ordinal of the person.
        person: i64,
        /// Fiscal year.
        year: i64,
        /// The tax.
        property_tax_yen: Option<Yen>,
    }
);
view!(
    /// Deaths.
    Deaths = deaths {
        /// Ordinal of the person.
        person: i64,
        /// The day.
        on: Date,
    }
);
view!(
    /// Detention (Act art. 59).
    Detention = detention {
        /// Ordinal of the person.
        person: i64,
        /// Day of entry.
        from: Date,
        /// Day of release; none while it lasts.
        until: Option<Date>,
        /// Was the certificate of stay seen?
        certified: bool,
    }
);
view!(
    /// Former dependants.
    FormerDependants = former_dependants {
        /// Ordinal of the person.
        person: i64,
        /// Day of joining.
        from: Date,
        /// First day on which it no longer holds.
        until: Option<Date>,
        /// From an NHI society?
        from_society: bool,
    }
);
view!(
    /// Pensions by fiscal year.
    Pensions = pensions {
        /// Ordinal of the person.
        person: i64,
        /// Fiscal year.
        year: i64,
        /// Pension of the year.
        pension_yen: Option<Yen>,
        /// Care premium of the year deducted from it.
        care_premium_yen: Option<Yen>,
        /// Deducted for this premium in the February before.
        february_yen: Option<Yen>,
        /// From which day nothing more is deducted.
        stopped_on: Option<Date>,
    }
);
view!(
    /// Applications for exemption; see `docs/reference/records.md`.
    Applications = applications {
        /// Ordinal of the person.
        person: i64,
        /// Day of the application.
        on: Date,
        /// The year whose premium it is about.
        fiscal_year: i64,
        /// Which relief, by its number in the ordinance.
        relief_code: i64,
        /// Were the documents found in order?
        certified: bool,
        /// The cause, by its number in the ordinance.
        cause_code: Option<i64>,
        /// The day of the cause.
        cause_on: Option<Date>,
        /// Expected total income of the year of the cause.
        current_income_yen: Option<Yen>,
        /// Income from other than farming.
        non_farm_income_yen: Option<Yen>,
        /// Damage.
        loss_yen: Option<Yen>,
        /// Value before.
        normal_yen: Option<Yen>,
        /// Paid by insurance.
        insured_yen: Option<Yen>,
        /// Cancelled from this day.
        cancelled_on: Option<Date>,
    }
);
view!(
    /// Former retired members.
    RetiredMembership = retired_membership {
        /// Ordinal of the person.
        person: i64,
        /// First day.
        from: Date,
        /// First day after; none while it lasts.
        until: Option<Date>,
    }
);
view!(
    /// What was decided of the year's premium, day by day. Of the household.
    Assessments = assessments {
        /// The day it was decided.
        on: Date,
        /// 1 for the first.
        number: i64,
        /// What it was.
        act: AssessmentAct,
        /// The annual premium, before exemptions.
        total_yen: Option<Yen>,
        /// Taken off by exemptions.
        exempted_yen: Option<Yen>,
        /// Instalments due on this day or later can change.
        open_from: Date,
        /// A reduction under Act art. 110-2 para. 2?
        loss_found_late: bool,
        /// Rests on something unconfirmed?
        provisional: bool,
        /// The day from which a liability that arose later could be charged.
        liable_from: Option<Date>,
    }
);
view!(
    /// The premium as it stands. Of the household.
    Premiums = premiums {
        /// Fiscal year.
        year: i64,
        /// The annual premium.
        total_yen: Option<Yen>,
        /// Level of the first test in tenths.
        reduction_level: i64,
        /// Persons insured in at least one month.
        insured_persons: i64,
        /// Rests on something unconfirmed?
        provisional: bool,
    }
);
view!(
    /// The parts of the premium. Of the household.
    PremiumParts = premium_parts {
        /// Fiscal year.
        year: i64,
        /// Which part.
        part: PremiumPart,
        /// Income levy.
        income_levy_yen: Option<Yen>,
        /// Per-capita levies after reductions.
        per_capita_yen: Option<Yen>,
        /// Per-household levy after reductions.
        per_household_yen: Option<Yen>,
        /// What the cap cuts off.
        over_cap_yen: Option<Yen>,
        /// The premium of the part.
        premium_yen: Option<Yen>,
        /// Months with a person liable for it.
        months: i64,
    }
);
view!(
    /// The persons of the premium.
    PremiumPersons = premium_persons {
        /// Ordinal of the person.
        person: i64,
        /// Fiscal year.
        year: i64,
        /// Months insured as bits, April first.
        insured_months: i64,
        /// Months of the care part as bits.
        care_months: i64,
        /// Levy base; none for who is not insured.
        levy_base_yen: Option<Yen>,
    }
);
view!(
    /// The instalments as they stand. Of the household.
    Instalments = instalments {
        /// Due date.
        on: Date,
        /// Number within the year and way of collection.
        number: i64,
        /// How it is collected.
        collection: Collection,
        /// What is due.
        amount_yen: Option<Yen>,
    }
);

view!(
    /// What is owed by instalment. Of the household.
    Arrears = arrears {
        /// Due date.
        on: Date,
        /// Fiscal year of the premium.
        fiscal_year: i64,
        /// How it is collected.
        collection: Collection,
        /// Number within the year and way of collection.
        number: i64,
        /// What is due of it as it stands.
        billed_yen: Option<Yen>,
        /// The day its demand notice was sent.
        demanded_on: Option<Date>,
    }
);
view!(
    /// What was credited to the instalments. Of the household.
    Credits = credits {
        /// The day it counts from.
        on: Date,
        /// Fiscal year of the premium.
        fiscal_year: i64,
        /// How it is collected.
        collection: Collection,
        /// Number within the year and way of collection.
        number: i64,
        /// What it takes off the instalment itself.
        yen: Option<Yen>,
    }
);
view!(
    /// Days for which a delinquency charge is waived or reduced. Of the household.
    Graces = graces {
        /// First day.
        from: Date,
        /// First day after; none while it lasts.
        until: Option<Date>,
        /// Fiscal year of the premium.
        fiscal_year: i64,
        /// How it is collected.
        collection: Collection,
        /// Number within the year and way of collection.
        number: i64,
        /// Which.
        grace: Grace,
    }
);
view!(
    /// Money beyond what is owed. Of the household.
    Overpayments = overpayments {
        /// The day it arose.
        on: Date,
        /// Its number.
        number: i64,
        /// Fiscal year of the premium.
        fiscal_year: i64,
        /// How it is collected.
        collection: Collection,
        /// The instalment that was overpaid.
        instalment: i64,
        /// What is left of it to be decided.
        yen: Option<Yen>,
        /// Why.
        cause: OverpaymentCause,
        /// The day of a request for correction.
        requested_on: Option<Date>,
        /// The day of the income-tax notice or filing.
        tax_notified_on: Option<Date>,
    }
);
view!(
    /// The payments that make an overpayment. Of the household.
    OverpaidPayments = overpaid_payments {
        /// The day of the payment.
        on: Date,
        /// The overpayment's number.
        number: i64,
        /// How much of the payment is overpaid.
        yen: Option<Yen>,
        /// How it was paid.
        channel: Channel,
    }
);
view!(
    /// What the household owes. Of the household.
    Claims = claims {
        /// Due date.
        on: Date,
        /// Its number.
        number: i64,
        /// Fiscal year of the premium.
        fiscal_year: i64,
        /// How it is collected.
        collection: Collection,
        /// The instalment.
        instalment: i64,
        /// Which part of the debt.
        part: ClaimPart,
        /// What is open of it.
        open_yen: Option<Yen>,
        /// Owed by who overpaid?
        same_payer: bool,
    }
);
view!(
    /// What the payer agreed to. Of the household.
    Consents = consents {
        /// The day.
        on: Date,
        /// To what.
        consent: Consent,
    }
);
view!(
    /// Notices of an overpayment. Of the household.
    ClaimNotices = claim_notices {
        /// The day it was sent.
        on: Date,
        /// The overpayment's number.
        number: i64,
        /// The day of the claim that answered it.
        claimed_on: Option<Date>,
    }
);

view!(
    /// Residents' tax by year of the income.
    ResidentTaxes = resident_taxes {
        /// Ordinal of the person.
        person: i64,
        /// Calendar year.
        year: i64,
        /// known, not_required, undeclared, pending; `year` is the year of the income.
        state: IncomeState,
        /// 1 where the person is exempt from residents' tax on that income.
        exempt: Option<bool>,
        /// Taxable income of the municipal tax (課税標準額).
        taxable_yen: Option<Yen>,
        /// Total income before the basic deduction (総所得金額等).
        total_income_yen: Option<Yen>,
        /// Gross receipts, for the test of receipts (基準収入額適用).
        receipts_yen: Option<Yen>,
        /// Revenue from public pensions, before any deduction.
        pension_revenue_yen: Option<Yen>,
        /// Income from anything but public pensions, after expenses and deductions.
        other_income_yen: Option<Yen>,
    }
);
view!(
    /// Applications that change what is paid at the counter.
    LimitApplications = limit_applications {
        /// Ordinal of the person.
        person: i64,
        /// The day; of a month its first.
        on: Date,
        /// limit_certificate, meal_reduction, long_stay (more than 90 days), receipts_test.
        application: LimitApplication,
        /// 1 where the documents were seen and found in order.
        certified: bool,
        /// 1 where arrears have special circumstances that were recognised.
        special_circumstances: Option<bool>,
    }
);
view!(
    /// Restriction of benefits because of arrears.
    BenefitRestrictions = benefit_restrictions {
        /// Ordinal of the person.
        person: i64,
        /// First day.
        from: Date,
        /// First day after; none while it lasts.
        until: Option<Date>,
        /// in_arrears (no limit certificate), special_care (特別療養: pays all and claims it back, art. 54-3), payment_suspended (一時差止, art. 63-2). Stated of the head, for the household.
        restriction: Restriction,
    }
);
view!(
    /// Specified diseases.
    SpecifiedDiseases = specified_diseases {
        /// Ordinal of the person.
        person: i64,
        /// First day.
        from: Date,
        /// First day after; none while it lasts.
        until: Option<Date>,
        /// dialysis, haemophilia, hiv_infection.
        disease: Disease,
    }
);
view!(
    /// Aid by other laws.
    PublicAid = public_aid {
        /// Ordinal of the person.
        person: i64,
        /// First day.
        from: Date,
        /// First day after; none while it lasts.
        until: Option<Date>,
        /// The number of the law that pays, as claims print it.
        aid_code: i64,
    }
);
view!(
    /// Categories by month. Of the household.
    Categories = categories {
        /// The day; of a month its first.
        on: Date,
        /// Category of the household by the table of those under 70 (ア to オ).
        under_70: CategoryUnder70,
        /// Category by the table of those from 70 to 74; absent where nobody is.
        over_70: CategoryOver70,
        /// 1 where the lower yearly cap holds, 0 where it does not; absent where nobody knows.
        reduced_cap: Option<bool>,
        /// 1 where the classification rests on something unconfirmed.
        provisional: bool,
    }
);
view!(
    /// Shares of payment by month.
    Shares = shares {
        /// Ordinal of the person.
        person: i64,
        /// The day; of a month its first.
        on: Date,
        /// Share that the person pays: 20 or 30.
        share_percent: i64,
        /// 1 where the person pays all and claims it back (Act art. 54-3).
        special_care: bool,
        /// 1 where the classification rests on something unconfirmed.
        provisional: bool,
    }
);
view!(
    /// Claims of institutions as they stand.
    MedicalClaims = medical_claims {
        /// Ordinal of the person.
        person: i64,
        /// The day; of a month its first.
        on: Date,
        /// Its number, which the results name.
        number: i64,
        /// outpatient or inpatient.
        setting: Setting,
        /// medical_care, dental_care, pharmacy, home_nursing.
        service: Service,
        /// The institution, by its code.
        institution: i64,
        /// Of a pharmacy: the institution that prescribed; added to its outpatient care.
        prescriber: Option<i64>,
        /// Insured cost (10割).
        cost_yen: Option<Yen>,
        /// What the patient paid of it; an input, never computed from the cost.
        own_yen: Option<Yen>,
        /// High-cost benefit that the institution already left off the bill.
        in_kind_yen: Option<Yen>,
        /// 1 where that benefit was more than the outpatient cap's (counts for 多数回).
        in_kind_counts: Option<bool>,
        /// 1 where the claim is for a specified disease (特記事項 長).
        specified_disease: Option<bool>,
    }
);
view!(
    /// Months with a high-cost benefit. Of the household.
    HighCostMonths = high_cost_months {
        /// The day; of a month its first.
        on: Date,
        /// cash, in_kind, carried_over (from another municipality).
        way: Way,
        /// 1 where the month no longer counts.
        revoked: bool,
    }
);
view!(
    /// Meals and residence in hospital by month.
    HospitalStays = hospital_stays {
        /// Ordinal of the person.
        person: i64,
        /// The day; of a month its first.
        on: Date,
        /// Its number, which the results name.
        number: i64,
        /// general_bed or long_term_care_bed.
        bed: Bed,
        /// Days in hospital in the month.
        days: i64,
        /// Meals in the month; at most three a day.
        meals: i64,
        /// What the patient was charged per meal.
        charged_meal_yen: Option<Yen>,
        /// What the patient was charged per day for residence.
        charged_residence_yen: Option<Yen>,
        /// 1 where the hospital is of the second type.
        type_2: Option<bool>,
        /// 1 for a designated intractable disease or a chronic disease of a child.
        intractable: Option<bool>,
        /// 1 where the medical need is high.
        high_need: Option<bool>,
        /// The day the application came in, if one did.
        applied_on: Option<Date>,
    }
);
view!(
    /// What is left of own payments after the monthly benefits.
    MonthlyRests = monthly_rests {
        /// Ordinal of the person.
        person: i64,
        /// The day; of a month its first.
        on: Date,
        /// The person's category in that month; absent under 70.
        over_70: CategoryOver70,
        /// What is left of outpatient own payments at 70 to 74 after the monthly benefits; else 0.
        outpatient_yen: Option<Yen>,
        /// What is left of own payments that count together: under 70 groups of 21,000 and more.
        counted_yen: Option<Yen>,
        /// What is left of all own payments.
        all_yen: Option<Yen>,
    }
);
view!(
    /// Own payments of long-term care of a period.
    CarePayments = care_payments {
        /// Ordinal of the person.
        person: i64,
        /// The day; of a month its first.
        on: Date,
        /// Own payments of long-term care of the period after its own benefits.
        own_yen: Option<Yen>,
    }
);
view!(
    /// Own payments under another insurer in the period.
    CertifiedPayments = certified_payments {
        /// Ordinal of the person.
        person: i64,
        /// The day; of a month its first.
        on: Date,
        /// Outpatient own payments that another insurer certifies.
        outpatient_yen: Option<Yen>,
        /// Own payments that count together that another insurer certifies.
        counted_yen: Option<Yen>,
        /// 1 where they were paid at 70 to 74.
        over_70: bool,
    }
);
view!(
    /// Care and transport that is claimed back.
    Expenses = expenses {
        /// Ordinal of the person.
        person: i64,
        /// The day; of a month its first.
        on: Date,
        /// Its number, which the results name.
        number: i64,
        /// medical_expense (54), transport (54-4), special_medical_expense (54-3), home_nursing_expense (54-2), mixed_care (53), care_in_kind (36).
        expense: Expense,
        /// Of a medical expense: why there was no care in kind.
        reason: ExpenseReason,
        /// What was paid, 10割.
        paid_yen: Option<Yen>,
        /// What the insurer's tariff comes to for it, or the cheapest usual way of transport.
        assessed_yen: Option<Yen>,
        /// The day it was paid; the time bar runs from the day after.
        paid_on: Option<Date>,
        /// The day the application came in, if one did.
        applied_on: Option<Date>,
        /// 1 where receipt, details and the doctor's statement were seen.
        documents: bool,
        /// Of a transport: 1 where it was for proper insured treatment.
        treatment_insured: Option<bool>,
        /// Of a transport: 1 where the patient could hardly move.
        hardly_movable: Option<bool>,
        /// Of a transport: 1 where it was urgent or unavoidable.
        unavoidable: Option<bool>,
    }
);
view!(
    /// Births.
    Childbirths = childbirths {
        /// Ordinal of the person.
        person: i64,
        /// The day; of a month its first.
        on: Date,
        /// Its number, which the results name.
        number: i64,
        /// Children born, stillborn ones included.
        children: i64,
        /// Days of the pregnancy: from 85 on there is a benefit.
        gestation_days: i64,
        /// 1 where the institution is in the compensation scheme and the birth falls under it.
        compensated: bool,
        /// 1 where a former employees' insurer pays instead.
        other_insurer: bool,
        /// Cost that is paid to the institution directly; absent where the direct payment is not used.
        direct_yen: Option<Yen>,
        /// The day the application came in, if one did.
        applied_on: Option<Date>,
    }
);
view!(
    /// Deaths for which the funeral benefit is claimed.
    Funerals = funerals {
        /// Ordinal of the person.
        person: i64,
        /// The day; of a month its first.
        on: Date,
        /// Its number, which the results name.
        number: i64,
        /// The day of the funeral.
        funeral_on: Date,
        /// 1 where another scheme pays the same.
        paid_by_other: bool,
        /// The day the application came in, if one did.
        applied_on: Option<Date>,
    }
);

/// Declares the tables a rule reads: `facts!(pub struct Household { persons: Persons, incomes: Incomes });`
///
/// The field is the kind's name, the type its view; a field under another name does not compile:
///
/// ```compile_fail,E0080
/// jorei_sdk::facts!(pub struct Household { incomes: Persons });
/// ```
///
/// A kind that is not named here does not appear among the component's imports.
#[macro_export]
macro_rules! facts {
    ($(#[$doc:meta])* $vis:vis struct $name:ident { $($field:ident: $view:ident),* $(,)? }) => {
        $(#[$doc])*
        $vis struct $name {
            $(#[doc = stringify!($view)] $vis $field: $crate::facts::$view,)*
        }
        $(const _: () = assert!(
            $crate::facts::same(stringify!($field), <$crate::facts::$view as $crate::facts::View>::KIND.name()),
            concat!("facts!: the field `", stringify!($field), "` is not the name of the kind that `", stringify!($view), "` shows"),
        );)*
        impl $crate::Facts for $name {
            fn read(records: &impl $crate::facts::Records) -> Self {
                $name { $($field: $crate::facts::View::read(records),)* }
            }
        }
    };
}
