//! Kinds of fact: what the office may know of a person, column by column.
//!
//! This list is the single definition. The host's tables, the SDK's views, the JSON of a case and
//! the words of an explanation all follow it; `wit/v1/records.wit` has one function per kind, and
//! a test holds the two together.

use crate::calendar::Date;
use crate::table::{ABSENT, Column, Table, Values};

mod benefits;

pub use benefits::{
    BEDS, CATEGORIES_OVER_70, CATEGORIES_UNDER_70, DISEASES, EXPENSE_REASONS, EXPENSES, LIMIT_APPLICATIONS, RESTRICTIONS, SERVICES,
    SETTINGS, WAYS,
};

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

/// An instalment is told apart by these three.
const YEAR_OF_INSTALMENT: Field = field("fiscal_year", Unit::Number, true, "年度", "The fiscal year of the premium.");
const COLLECTION_OF_INSTALMENT: Field =
    field("collection", Unit::Code(COLLECTIONS), true, "徴収方法", "ordinary_collection or pension_deduction.");
const NUMBER_OF_INSTALMENT: Field = field("number", Unit::Number, true, "期", "Its number within the year and way of collection.");

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
    /// Dying (死亡).
    Deaths,
    /// Being held in a prison or reformatory (Act art. 59).
    Detention,
    /// Having been the dependant of somebody who moved to the late-elderly scheme (旧被扶養者).
    FormerDependants,
    /// The pension of a fiscal year, as the pension payer tells it for deduction (特別徴収).
    Pensions,
    /// Applications for an exemption (減免申請) with what was examined of them.
    Applications,
    /// Having been in the scheme of retired members, which has ended; history only (退職被保険者).
    RetiredMembership,
    /// What was decided of the year's premium, day by day (賦課の経過); made by the host from decisions.
    Assessments,
    /// The premium of the year as it stands; made by the host from its decision.
    Premiums,
    /// The parts of that premium.
    PremiumParts,
    /// The persons of that premium.
    PremiumPersons,
    /// The instalments of the year as they stand; made by the host from their decision.
    Instalments,
    /// What is owed by instalment (収入未済); made by the host from the ledger.
    Arrears,
    /// What was credited to those instalments: receipts and appropriations; made by the host from the ledger.
    Credits,
    /// Grace and waiver of their delinquency charges (徴収猶予・延滞金減免); made by the host from what was granted.
    Graces,
    /// Money paid beyond what is owed (過誤納金); made by the host from the ledger.
    Overpayments,
    /// The payments that make an overpayment; made by the host from the ledger.
    OverpaidPayments,
    /// What the same household owes, that an overpayment may be appropriated to; made by the host from the ledger.
    Claims,
    /// What the payer agreed to (充当の同意); made by the host from the matter.
    Consents,
    /// Notices of an overpayment, and when it was claimed (還付通知・還付請求); made by the host from the matter.
    ClaimNotices,
    /// Residents' tax of a calendar year of income, and how far it is known (住民税).
    ResidentTaxes,
    /// Applications that change what is paid at the counter (限度額適用認定等の申請).
    LimitApplications,
    /// Restriction of benefits because of arrears (給付制限).
    BenefitRestrictions,
    /// Diseases that are treated for long at high cost (特定疾病).
    SpecifiedDiseases,
    /// Aid by other laws with what the patient pays (公費負担医療).
    PublicAid,
    /// Categories of a household by month; made by the host from the classification.
    Categories,
    /// Shares of payment of its persons by month; made by the host from the classification.
    Shares,
    /// Claims of institutions as they stand (レセプト); made by the host from the files of the federation.
    MedicalClaims,
    /// Months with a high-cost benefit (多数回該当); made by the host from decisions and what was handed over.
    HighCostMonths,
    /// Meals and residence in hospital by month; made by the host from claims.
    HospitalStays,
    /// What is left of own payments after the monthly benefits; made by the host from decisions.
    MonthlyRests,
    /// Own payments of long-term care of a period; made by the host from the certificate of the care side.
    CarePayments,
    /// Own payments under another insurer in the period; made by the host from certificates.
    CertifiedPayments,
    /// Care and transport that was paid and is claimed back; made by the host from applications.
    Expenses,
    /// Births for which the lump sum is claimed; made by the host from applications.
    Childbirths,
    /// Deaths for which the funeral benefit is claimed; made by the host from applications.
    Funerals,
}

/// Whom a fact is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// One person of the case: the table begins with `person`, but for `persons` itself.
    Person,
    /// The household as a whole: no column `person`.
    Household,
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
            property = Property,
            deaths = Deaths,
            detention = Detention,
            former_dependants = FormerDependants,
            pensions = Pensions,
            applications = Applications,
            retired_membership = RetiredMembership,
            assessments = Assessments,
            premiums = Premiums,
            premium_parts = PremiumParts,
            premium_persons = PremiumPersons,
            instalments = Instalments,
            arrears = Arrears,
            credits = Credits,
            graces = Graces,
            overpayments = Overpayments,
            overpaid_payments = OverpaidPayments,
            claims = Claims,
            consents = Consents,
            claim_notices = ClaimNotices,
            resident_taxes = ResidentTaxes,
            limit_applications = LimitApplications,
            benefit_restrictions = BenefitRestrictions,
            specified_diseases = SpecifiedDiseases,
            public_aid = PublicAid,
            categories = Categories,
            shares = Shares,
            medical_claims = MedicalClaims,
            high_cost_months = HighCostMonths,
            hospital_stays = HospitalStays,
            monthly_rests = MonthlyRests,
            care_payments = CarePayments,
            certified_payments = CertifiedPayments,
            expenses = Expenses,
            childbirths = Childbirths,
            funerals = Funerals
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
/// Words of `qualification.acquired_by`.
pub const BEGIN_CAUSES: &[&str] =
    &["moved_in", "employees_insurance_lost", "born", "public_assistance_ended", "nhi_society_left", "other_cause"];
/// Words of `assessments.act`.
pub const ASSESSMENT_ACTS: &[&str] = &["initial", "additional", "correction", "exemption", "past_year"];
/// Words of `premium_parts.part`, in the order of the premium rule.
pub const PARTS: &[&str] = &["medical", "support", "care", "child"];
/// Words of `instalments.collection`.
pub const COLLECTIONS: &[&str] = &["ordinary_collection", "pension_deduction"];
/// Words of `graces.grace`.
pub const GRACES: &[&str] = &["waiver", "collection_grace", "conversion_grace"];
/// Words of `overpayments.cause`: those before `paid_twice` are valid assessments reduced later (過納), the others money paid by
/// mistake (誤納).
pub const OVERPAYMENT_CAUSES: &[&str] =
    &["assessment_reduced", "correction_requested", "income_tax", "paid_twice", "paid_too_much", "wrong_payer"];
/// Words of `overpaid_payments.channel`.
pub const CHANNELS: &[&str] = &["counter", "convenience_store", "direct_debit", "eltax", "pension_deduction_channel"];
/// Words of `claims.part`.
pub const CLAIM_PARTS: &[&str] = &["principal", "delinquency_charge", "demand_fee"];
/// Words of `consents.consent`.
pub const CONSENTS: &[&str] = &["appropriate_before_due"];

impl Kind {
    /// Every kind, in the order of `records.wit`.
    pub const ALL: [Kind; 43] = [
        Kind::Persons,
        Kind::Membership,
        Kind::Qualification,
        Kind::FormerMembership,
        Kind::Incomes,
        Kind::Unemployment,
        Kind::Maternity,
        Kind::Property,
        Kind::Deaths,
        Kind::Detention,
        Kind::FormerDependants,
        Kind::Pensions,
        Kind::Applications,
        Kind::RetiredMembership,
        Kind::Assessments,
        Kind::Premiums,
        Kind::PremiumParts,
        Kind::PremiumPersons,
        Kind::Instalments,
        Kind::Arrears,
        Kind::Credits,
        Kind::Graces,
        Kind::Overpayments,
        Kind::OverpaidPayments,
        Kind::Claims,
        Kind::Consents,
        Kind::ClaimNotices,
        Kind::ResidentTaxes,
        Kind::LimitApplications,
        Kind::BenefitRestrictions,
        Kind::SpecifiedDiseases,
        Kind::PublicAid,
        Kind::Categories,
        Kind::Shares,
        Kind::MedicalClaims,
        Kind::HighCostMonths,
        Kind::HospitalStays,
        Kind::MonthlyRests,
        Kind::CarePayments,
        Kind::CertifiedPayments,
        Kind::Expenses,
        Kind::Childbirths,
        Kind::Funerals,
    ];

    /// Is it made by the host from what was decided and posted, and never stored as a fact or stated by anybody?
    pub const fn is_derived(self) -> bool {
        matches!(
            self,
            Kind::Assessments
                | Kind::Premiums
                | Kind::PremiumParts
                | Kind::PremiumPersons
                | Kind::Instalments
                | Kind::Arrears
                | Kind::Credits
                | Kind::Graces
                | Kind::Overpayments
                | Kind::OverpaidPayments
                | Kind::Claims
                | Kind::Consents
                | Kind::ClaimNotices
                | Kind::Categories
                | Kind::Shares
                | Kind::MedicalClaims
                | Kind::HighCostMonths
                | Kind::HospitalStays
                | Kind::MonthlyRests
                | Kind::CarePayments
                | Kind::CertifiedPayments
                | Kind::Expenses
                | Kind::Childbirths
                | Kind::Funerals
        )
    }

    /// Has a person at most one fact of it at a time? Of the others there may be several beside each other, told
    /// apart by a number.
    pub const fn is_single(self) -> bool {
        matches!(
            self,
            Kind::Persons | Kind::Membership | Kind::Incomes | Kind::Property | Kind::Pensions | Kind::Deaths | Kind::ResidentTaxes
        )
    }

    /// Whom it is about.
    pub const fn subject(self) -> Subject {
        match self {
            Kind::PremiumPersons
            | Kind::Shares
            | Kind::MedicalClaims
            | Kind::HospitalStays
            | Kind::MonthlyRests
            | Kind::CarePayments
            | Kind::CertifiedPayments
            | Kind::Expenses
            | Kind::Childbirths
            | Kind::Funerals => Subject::Person,
            _ if self.is_derived() => Subject::Household,
            _ => Subject::Person,
        }
    }

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
            Kind::Deaths => "deaths",
            Kind::Detention => "detention",
            Kind::FormerDependants => "former_dependants",
            Kind::Pensions => "pensions",
            Kind::Applications => "applications",
            Kind::RetiredMembership => "retired_membership",
            Kind::Assessments => "assessments",
            Kind::Premiums => "premiums",
            Kind::PremiumParts => "premium_parts",
            Kind::PremiumPersons => "premium_persons",
            Kind::Instalments => "instalments",
            Kind::Arrears => "arrears",
            Kind::Credits => "credits",
            Kind::Graces => "graces",
            Kind::Overpayments => "overpayments",
            Kind::OverpaidPayments => "overpaid_payments",
            Kind::Claims => "claims",
            Kind::Consents => "consents",
            Kind::ClaimNotices => "claim_notices",
            Kind::ResidentTaxes => "resident_taxes",
            Kind::LimitApplications => "limit_applications",
            Kind::BenefitRestrictions => "benefit_restrictions",
            Kind::SpecifiedDiseases => "specified_diseases",
            Kind::PublicAid => "public_aid",
            Kind::Categories => "categories",
            Kind::Shares => "shares",
            Kind::MedicalClaims => "medical_claims",
            Kind::HighCostMonths => "high_cost_months",
            Kind::HospitalStays => "hospital_stays",
            Kind::MonthlyRests => "monthly_rests",
            Kind::CarePayments => "care_payments",
            Kind::CertifiedPayments => "certified_payments",
            Kind::Expenses => "expenses",
            Kind::Childbirths => "childbirths",
            Kind::Funerals => "funerals",
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
            Kind::Deaths => "死亡",
            Kind::Detention => "刑事施設等への収容",
            Kind::FormerDependants => "旧被扶養者",
            Kind::Pensions => "年金（特別徴収）",
            Kind::Applications => "減免申請",
            Kind::RetiredMembership => "退職被保険者（経過）",
            Kind::Assessments => "賦課の経過",
            Kind::Premiums => "賦課決定",
            Kind::PremiumParts => "賦課決定（区分別）",
            Kind::PremiumPersons => "賦課決定（個人別）",
            Kind::Instalments => "期割",
            Kind::Arrears => "期別の債権",
            Kind::Credits => "収納・充当",
            Kind::Graces => "猶予・延滞金減免",
            Kind::Overpayments => "過誤納金",
            Kind::OverpaidPayments => "過誤納となった納付",
            Kind::Claims => "充当先の債権",
            Kind::Consents => "充当の同意",
            Kind::ClaimNotices => "還付通知・請求",
            Kind::ResidentTaxes => "住民税",
            Kind::LimitApplications => "限度額適用等の申請",
            Kind::BenefitRestrictions => "給付制限",
            Kind::SpecifiedDiseases => "特定疾病",
            Kind::PublicAid => "公費負担",
            Kind::Categories => "所得区分",
            Kind::Shares => "一部負担割合",
            Kind::MedicalClaims => "診療報酬明細書",
            Kind::HighCostMonths => "高額該当月",
            Kind::HospitalStays => "入院時食事・生活療養",
            Kind::MonthlyRests => "自己負担残額",
            Kind::CarePayments => "介護の自己負担額",
            Kind::CertifiedPayments => "自己負担額証明",
            Kind::Expenses => "療養費等の申請",
            Kind::Childbirths => "出産育児一時金の申請",
            Kind::Funerals => "葬祭費の申請",
        }
    }

    /// How its facts lie in time.
    pub const fn period(self) -> Period {
        match self {
            Kind::Persons => Period::Always,
            Kind::Membership
            | Kind::Qualification
            | Kind::FormerMembership
            | Kind::Detention
            | Kind::FormerDependants
            | Kind::RetiredMembership
            | Kind::BenefitRestrictions
            | Kind::SpecifiedDiseases
            | Kind::PublicAid
            | Kind::Graces => Period::Span,
            Kind::Incomes
            | Kind::Property
            | Kind::Pensions
            | Kind::Premiums
            | Kind::PremiumParts
            | Kind::PremiumPersons
            | Kind::ResidentTaxes => Period::Year,
            Kind::Unemployment
            | Kind::Maternity
            | Kind::Deaths
            | Kind::Applications
            | Kind::Assessments
            | Kind::Instalments
            | Kind::Arrears
            | Kind::Credits
            | Kind::Overpayments
            | Kind::OverpaidPayments
            | Kind::Claims
            | Kind::Consents
            | Kind::LimitApplications
            | Kind::Categories
            | Kind::Shares
            | Kind::MedicalClaims
            | Kind::HighCostMonths
            | Kind::HospitalStays
            | Kind::MonthlyRests
            | Kind::CarePayments
            | Kind::CertifiedPayments
            | Kind::Expenses
            | Kind::Childbirths
            | Kind::Funerals
            | Kind::ClaimNotices => Period::Event,
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
                    &[
                        field(
                            "ended_by",
                            Unit::Code(END_CAUSES),
                            false,
                            "喪失事由",
                            "Why it ended. `until` is then the day of that event, from which the day of loss follows (Act art. 8); with lost_on_day it is the day of loss itself.",
                        ),
                        field("acquired_by", Unit::Code(BEGIN_CAUSES), false, "取得事由", "How it began (Act art. 7); changes no amount."),
                    ]
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
            Kind::Deaths | Kind::RetiredMembership => &[],
            Kind::Detention => const { &[field("certified", Unit::Flag, true, "在所証明", "1 where the certificate of stay was seen.")] },
            Kind::FormerDependants => {
                const {
                    &[field(
                        "from_society",
                        Unit::Flag,
                        true,
                        "国保組合",
                        "1 where the scheme left was an NHI society, which gives no claim. `from` is the day of joining.",
                    )]
                }
            }
            Kind::Pensions => {
                const {
                    &[
                        field("pension_yen", YEN, true, "年金額", "The pension of the year that premiums can be deducted from."),
                        field("care_premium_yen", YEN, false, "介護保険料額", "Care insurance premium of the year deducted from it."),
                        field(
                            "february_yen",
                            YEN,
                            false,
                            "前年度2月の徴収額",
                            "What was deducted for this premium in the February before the year.",
                        ),
                        field("stopped_on", Unit::Date, false, "特別徴収の中止日", "From which day nothing more is deducted."),
                    ]
                }
            }
            Kind::Applications => {
                const {
                    &[
                        field(
                            "fiscal_year",
                            Unit::Number,
                            true,
                            "対象年度",
                            "The year whose premium it is about. `on` is the day of the application (of its postmark).",
                        ),
                        field("relief_code", Unit::Number, true, "減免区分コード", "Which relief, by its number in the ordinance."),
                        field("certified", Unit::Flag, true, "証明書類", "1 where the documents were seen and found in order."),
                        field("cause_code", Unit::Number, false, "事由コード", "The cause, by its number in the ordinance."),
                        field("cause_on", Unit::Date, false, "事由発生日", "The day of the damage, or on which the cause arose."),
                        field(
                            "current_income_yen",
                            YEN,
                            false,
                            "当年所得見込額",
                            "Expected total income of head and insured persons in the calendar year of the cause.",
                        ),
                        field("non_farm_income_yen", YEN, false, "農業外所得額", "Income of the year before from other than farming."),
                        field("loss_yen", YEN, false, "損害額", "Damage, or what the crop brought less."),
                        field("normal_yen", YEN, false, "平年の価額", "Value of the home before, or the normal crop income."),
                        field("insured_yen", YEN, false, "補てん額", "What insurance paid of it."),
                        field("cancelled_on", Unit::Date, false, "取消日", "The day from which the exemption was cancelled, where it was."),
                    ]
                }
            }
            Kind::Assessments => {
                const {
                    &[
                        field("number", Unit::Number, true, "番号", "1 for the first of the year. `on` is the day it was decided."),
                        field(
                            "act",
                            Unit::Code(ASSESSMENT_ACTS),
                            true,
                            "賦課の種類",
                            "initial, additional (joined later), correction, exemption, past_year.",
                        ),
                        field("total_yen", YEN, true, "年間保険料", "The annual premium as decided then, before exemptions."),
                        field("exempted_yen", YEN, true, "減免額", "What exemptions take off it as decided then."),
                        field(
                            "open_from",
                            Unit::Date,
                            true,
                            "未到来期の基準日",
                            "Instalments due on this day or later can change: for an exemption the day of the application.",
                        ),
                        field(
                            "loss_found_late",
                            Unit::Flag,
                            true,
                            "第110条の2第2項",
                            "1 for a reduction because employees' insurance was found late, not by the insured's fault (Act art. 110-2 para. 2).",
                        ),
                        field("provisional", Unit::Flag, true, "仮決定", "1 where the decision rests on something unconfirmed."),
                        field(
                            "liable_from",
                            Unit::Date,
                            false,
                            "賦課できる日",
                            "Where liability arose after the year's first due date: the day from which it could be charged.",
                        ),
                    ]
                }
            }
            Kind::Premiums => {
                const {
                    &[
                        field("total_yen", YEN, true, "年間保険料", "The annual premium."),
                        field("reduction_level", Unit::Number, true, "軽減割合", "Level of the first test in tenths: 7, 5, 2 or 0."),
                        field("insured_persons", Unit::Number, true, "被保険者数", "Persons insured in at least one month."),
                        field("provisional", Unit::Flag, true, "仮決定", "1 where the decision rests on something unconfirmed."),
                    ]
                }
            }
            Kind::PremiumParts => {
                const {
                    &[
                        field("part", Unit::Code(PARTS), true, "賦課区分", "Which part."),
                        field("income_levy_yen", YEN, true, "所得割額", "Income levy."),
                        field("per_capita_yen", YEN, true, "均等割額", "Per-capita levies after reductions, that of 18 and over included."),
                        field("per_household_yen", YEN, true, "平等割額", "Per-household levy after reductions."),
                        field("over_cap_yen", YEN, true, "限度超過額", "What the cap cuts off."),
                        field("premium_yen", YEN, true, "保険料額", "The premium of the part."),
                        field("months", Unit::Number, true, "賦課月数", "Months with a person liable for the part."),
                    ]
                }
            }
            Kind::PremiumPersons => {
                const {
                    &[
                        field("insured_months", Unit::Number, true, "賦課月", "Months insured as bits: April is 1, May 2, March 2048."),
                        field("care_months", Unit::Number, true, "介護分の賦課月", "Those with the care part, as bits."),
                        field(
                            "levy_base_yen",
                            YEN,
                            false,
                            "賦課標準額",
                            "Levy base of the last month insured; none for who is not insured.",
                        ),
                    ]
                }
            }
            Kind::Instalments => {
                const {
                    &[
                        field(
                            "number",
                            Unit::Number,
                            true,
                            "期",
                            "Its number within the year and way of collection. `on` is its due date.",
                        ),
                        field("collection", Unit::Code(COLLECTIONS), true, "徴収方法", "ordinary_collection or pension_deduction."),
                        field("amount_yen", YEN, true, "期別額", "What is due."),
                    ]
                }
            }
            Kind::Arrears => {
                const {
                    &[
                        YEAR_OF_INSTALMENT,
                        COLLECTION_OF_INSTALMENT,
                        NUMBER_OF_INSTALMENT,
                        field("billed_yen", YEN, true, "期別額", "What is due of it as it stands. `on` is its due date (納期限)."),
                        field("demanded_on", Unit::Date, false, "督促状の発付日", "The day its demand notice was sent, if one was."),
                    ]
                }
            }
            Kind::Credits => {
                const {
                    &[
                        YEAR_OF_INSTALMENT,
                        COLLECTION_OF_INSTALMENT,
                        NUMBER_OF_INSTALMENT,
                        field(
                            "yen",
                            YEN,
                            true,
                            "収納額（本料）",
                            "What it takes off the instalment itself. `on` is the day of payment, or for an appropriation the day both sides existed.",
                        ),
                    ]
                }
            }
            Kind::Graces => {
                const {
                    &[
                        YEAR_OF_INSTALMENT,
                        COLLECTION_OF_INSTALMENT,
                        NUMBER_OF_INSTALMENT,
                        field(
                            "grace",
                            Unit::Code(GRACES),
                            true,
                            "猶予・減免の区分",
                            "waiver: no delinquency charge for these days; the others: the reduced rate of a grace.",
                        ),
                    ]
                }
            }
            Kind::Overpayments => {
                const {
                    &[
                        field(
                            "number",
                            Unit::Number,
                            true,
                            "番号",
                            "Its number, which its payments and notices name. `on` is the day it arose: of the correction, or of the payment made by mistake.",
                        ),
                        YEAR_OF_INSTALMENT,
                        COLLECTION_OF_INSTALMENT,
                        field("instalment", Unit::Number, true, "期", "The instalment that was overpaid."),
                        field("yen", YEN, true, "過誤納額", "What is left of it to be decided."),
                        field(
                            "cause",
                            Unit::Code(OVERPAYMENT_CAUSES),
                            true,
                            "発生原因",
                            "Why. The first counted day of interest follows from it (Local Tax Act art. 17-4 para. 1).",
                        ),
                        field("requested_on", Unit::Date, false, "更正の請求日", "With correction_requested: the day of the request."),
                        field(
                            "tax_notified_on",
                            Unit::Date,
                            false,
                            "所得税の更正通知日・申告日",
                            "With income_tax: the day of the notice of the income-tax correction, or of the filing.",
                        ),
                    ]
                }
            }
            Kind::OverpaidPayments => {
                const {
                    &[
                        field("number", Unit::Number, true, "過誤納の番号", "The overpayment. `on` is the day of the payment (納付日)."),
                        field("yen", YEN, true, "うち過誤納額", "How much of that payment is overpaid; of several payments the last ones."),
                        field("channel", Unit::Code(CHANNELS), true, "収納区分", "How it was paid."),
                    ]
                }
            }
            Kind::Claims => {
                const {
                    &[
                        field("number", Unit::Number, true, "番号", "Its number, which a proposal names. `on` is its due date (納期限)."),
                        YEAR_OF_INSTALMENT,
                        COLLECTION_OF_INSTALMENT,
                        field("instalment", Unit::Number, true, "期", "The instalment that is owed, or whose charge is."),
                        field(
                            "part",
                            Unit::Code(CLAIM_PARTS),
                            true,
                            "債権の種類",
                            "principal (本料), delinquency_charge (延滞金) or demand_fee (督促手数料).",
                        ),
                        field("open_yen", YEN, true, "未納額", "What is open of it."),
                        field("same_payer", Unit::Flag, true, "納付義務者が同じ", "1 where the head who owes it is the one who overpaid."),
                    ]
                }
            }
            Kind::Consents => {
                const {
                    &[field(
                        "consent",
                        Unit::Code(CONSENTS),
                        true,
                        "同意の内容",
                        "appropriate_before_due: instalments not yet due may be paid with it. `on` is the day it was given.",
                    )]
                }
            }
            Kind::ClaimNotices => {
                const {
                    &[
                        field("number", Unit::Number, true, "過誤納の番号", "The overpayment. `on` is the day the notice was sent."),
                        field("claimed_on", Unit::Date, false, "還付請求日", "The day on which it was claimed, if it was."),
                    ]
                }
            }
            Kind::ResidentTaxes => benefits::RESIDENT_TAXES,
            Kind::LimitApplications => benefits::LIMIT_APPLICATIONS_FIELDS,
            Kind::BenefitRestrictions => benefits::RESTRICTIONS_FIELDS,
            Kind::SpecifiedDiseases => benefits::DISEASES_FIELDS,
            Kind::PublicAid => benefits::PUBLIC_AID,
            Kind::Categories => benefits::CATEGORIES,
            Kind::Shares => benefits::SHARES,
            Kind::MedicalClaims => benefits::MEDICAL_CLAIMS,
            Kind::HighCostMonths => benefits::HIGH_COST_MONTHS,
            Kind::HospitalStays => benefits::HOSPITAL_STAYS,
            Kind::MonthlyRests => benefits::MONTHLY_RESTS,
            Kind::CarePayments => benefits::CARE_PAYMENTS,
            Kind::CertifiedPayments => benefits::CERTIFIED_PAYMENTS,
            Kind::Expenses => benefits::EXPENSES_FIELDS,
            Kind::Childbirths => benefits::CHILDBIRTHS,
            Kind::Funerals => benefits::FUNERALS,
        }
    }

    /// Of the yearly kinds: is its year a calendar year? The others are about fiscal years.
    pub const fn is_of_calendar_year(self) -> bool {
        matches!(self, Kind::Incomes | Kind::ResidentTaxes)
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

    /// Does its table begin with the column `person`? Not `persons`, whose rows are they, and not what is about
    /// the household.
    pub fn has_person(self) -> bool {
        self != Kind::Persons && self.subject() == Subject::Person
    }

    /// The names of all its columns in order.
    pub fn columns(self) -> Vec<&'static str> {
        let person: &[&'static str] = if self.has_person() { &["person"] } else { &[] };
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
    /// What is about the household as a whole, in canonical order.
    household: Vec<Fact>,
}

impl Case {
    /// A case in canonical order.
    ///
    /// Facts are sorted by kind and value, persons by their facts, so that a person's ordinal
    /// says nothing about who they are, and the order in which a register lists them does not
    /// matter. Two persons with equal facts are interchangeable.
    pub fn new(on: Date, persons: Vec<Person>) -> Case {
        Case::of_people(on, persons.into_iter().map(|person| (person, ())).collect()).0
    }

    /// A case in canonical order, and whoever its persons are in that order. Persons with equal facts are
    /// interchangeable for a rule; here they keep the order of their names.
    pub fn of_people<N: Ord>(on: Date, mut people: Vec<(Person, N)>) -> (Case, Vec<N>) {
        for (person, _) in &mut people {
            person.facts.sort();
        }
        people.sort();
        let (persons, names) = people.into_iter().unzip();
        (Case { on, persons, household: Vec::new() }, names)
    }

    /// The same case with facts about the household as a whole.
    #[must_use]
    pub fn with_household(mut self, mut facts: Vec<Fact>) -> Case {
        facts.sort();
        self.household = facts;
        self
    }

    /// What is about the household as a whole, in canonical order.
    pub fn household(&self) -> &[Fact] {
        &self.household
    }

    /// The persons in canonical order.
    pub fn persons(&self) -> &[Person] {
        &self.persons
    }
}

/// The table of one kind over several cases, and the source of each row.
pub fn table(kind: Kind, cases: &[Case]) -> (Table, Vec<String>) {
    let names = kind.columns();
    let with_person = kind.has_person();
    let mut columns: Vec<Vec<i64>> = alloc::vec![Vec::new(); names.len()];
    let mut offsets = Vec::with_capacity(cases.len() + 1);
    let mut sources = Vec::new();
    offsets.push(0);
    for case in cases {
        let of_persons = (0_i64..).zip(&case.persons).flat_map(|(ordinal, person)| person.facts.iter().map(move |fact| (ordinal, fact)));
        let of_household = case.household.iter().map(|fact| (ABSENT, fact));
        for (ordinal, fact) in of_persons.chain(of_household).filter(|(_, fact)| fact.kind == kind) {
            let mut cells = columns.iter_mut();
            if with_person && let Some(cell) = cells.next() {
                cell.push(ordinal);
            }
            for (i, cell) in cells.enumerate() {
                cell.push(fact.values.get(i).copied().unwrap_or(ABSENT));
            }
            sources.push(fact.source.clone());
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
