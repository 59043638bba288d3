//! The kinds of fact that classification and benefits rest on, and the words of their codes.

use super::{Field, INCOME_STATES, Unit, field};

const YEN: Unit = Unit::Yen;

/// Words of `limit_applications.application`.
pub const LIMIT_APPLICATIONS: &[&str] = &["limit_certificate", "meal_reduction", "long_stay", "receipts_test"];
/// Words of `benefit_restrictions.restriction`.
pub const RESTRICTIONS: &[&str] = &["in_arrears", "special_care", "payment_suspended"];
/// Words of `specified_diseases.disease`.
pub const DISEASES: &[&str] = &["dialysis", "haemophilia", "hiv_infection"];
/// Words of `categories.under_70`: ア, イ, ウ, エ, オ of the Order art. 29-3.
pub const CATEGORIES_UNDER_70: &[&str] = &["category_a", "category_i", "category_u", "category_e", "category_o"];
/// Words of `categories.over_70`, the highest limit first.
pub const CATEGORIES_OVER_70: &[&str] = &["active_3", "active_2", "active_1", "general", "low_income_2", "low_income_1"];
/// Words of `medical_claims.setting`.
pub const SETTINGS: &[&str] = &["outpatient", "inpatient"];
/// Words of `medical_claims.service`.
pub const SERVICES: &[&str] = &["medical_care", "dental_care", "pharmacy", "home_nursing"];
/// Words of `high_cost_months.way`.
pub const WAYS: &[&str] = &["cash", "in_kind", "carried_over"];
/// Words of `hospital_stays.bed`.
pub const BEDS: &[&str] = &["general_bed", "long_term_care_bed"];
/// Words of `expenses.expense`.
pub const EXPENSES: &[&str] =
    &["medical_expense", "transport", "special_medical_expense", "home_nursing_expense", "mixed_care", "care_in_kind"];
/// Words of `expenses.reason`.
pub const EXPENSE_REASONS: &[&str] = &["without_card", "brace", "judo_therapy", "acupuncture", "blood", "overseas", "other_reason"];

const NUMBER: Field = field("number", Unit::Number, true, "番号", "Its number, which the results name.");
const APPLIED_ON: Field = field("applied_on", Unit::Date, false, "申請日", "The day the application came in, if one did.");

pub(super) const RESIDENT_TAXES: &[Field] = &[
    field(
        "state",
        Unit::Code(INCOME_STATES),
        true,
        "所得の状態",
        "known, not_required, undeclared, pending; `year` is the year of the income.",
    ),
    field("exempt", Unit::Flag, false, "住民税非課税", "1 where the person is exempt from residents' tax on that income."),
    field("taxable_yen", YEN, false, "課税所得（課税標準額）", "Taxable income of the municipal tax (課税標準額)."),
    field("total_income_yen", YEN, false, "総所得金額等", "Total income before the basic deduction (総所得金額等)."),
    field("receipts_yen", YEN, false, "収入金額", "Gross receipts, for the test of receipts (基準収入額適用)."),
    field("pension_revenue_yen", YEN, false, "公的年金等収入", "Revenue from public pensions, before any deduction."),
    field("other_income_yen", YEN, false, "年金以外の所得", "Income from anything but public pensions, after expenses and deductions."),
];
pub(super) const LIMIT_APPLICATIONS_FIELDS: &[Field] = &[
    field(
        "application",
        Unit::Code(LIMIT_APPLICATIONS),
        true,
        "申請の種類",
        "limit_certificate, meal_reduction, long_stay (more than 90 days), receipts_test. `on` is the day of the application.",
    ),
    field("certified", Unit::Flag, true, "証明書類", "1 where the documents were seen and found in order."),
    field("special_circumstances", Unit::Flag, false, "特別の事情", "1 where arrears have special circumstances that were recognised."),
];
pub(super) const RESTRICTIONS_FIELDS: &[Field] = &[field(
    "restriction",
    Unit::Code(RESTRICTIONS),
    true,
    "給付制限の区分",
    "in_arrears (no limit certificate), special_care (特別療養: pays all and claims it back, art. 54-3), payment_suspended (一時差止, art. 63-2). Stated of the head, for the household.",
)];
pub(super) const DISEASES_FIELDS: &[Field] =
    &[field("disease", Unit::Code(DISEASES), true, "特定疾病の種類", "dialysis, haemophilia, hiv_infection.")];
pub(super) const PUBLIC_AID: &[Field] =
    &[field("aid_code", Unit::Number, true, "法別番号", "The number of the law that pays, as claims print it.")];
pub(super) const CATEGORIES: &[Field] = &[
    field(
        "under_70",
        Unit::Code(CATEGORIES_UNDER_70),
        false,
        "所得区分（70歳未満）",
        "Category of the household by the table of those under 70 (ア to オ). `on` is the first day of the month it is about.",
    ),
    field(
        "over_70",
        Unit::Code(CATEGORIES_OVER_70),
        false,
        "所得区分（70歳以上）",
        "Category by the table of those from 70 to 74; absent where nobody is.",
    ),
    field(
        "reduced_cap",
        Unit::Flag,
        false,
        "年間上限の低所得",
        "1 where the lower yearly cap holds, 0 where it does not; absent where nobody knows.",
    ),
    field("provisional", Unit::Flag, true, "仮判定", "1 where the classification rests on something unconfirmed."),
];
pub(super) const SHARES: &[Field] = &[
    field(
        "share_percent",
        Unit::Number,
        true,
        "一部負担金の割合（%）",
        "Share that the person pays: 20 or 30. `on` is the first day of the month.",
    ),
    field("special_care", Unit::Flag, true, "特別療養", "1 where the person pays all and claims it back (Act art. 54-3)."),
    field("provisional", Unit::Flag, true, "仮判定", "1 where the classification rests on something unconfirmed."),
];
pub(super) const MEDICAL_CLAIMS: &[Field] = &[
    NUMBER,
    field("setting", Unit::Code(SETTINGS), true, "入外", "outpatient or inpatient. `on` is the first day of the month of treatment."),
    field("service", Unit::Code(SERVICES), true, "診療種別", "medical_care, dental_care, pharmacy, home_nursing."),
    field("institution", Unit::Number, true, "医療機関", "The institution, by its code."),
    field(
        "prescriber",
        Unit::Number,
        false,
        "処方元の医療機関",
        "Of a pharmacy: the institution that prescribed; added to its outpatient care.",
    ),
    field("cost_yen", YEN, true, "費用額", "Insured cost (10割)."),
    field("own_yen", YEN, true, "一部負担金", "What the patient paid of it; an input, never computed from the cost."),
    field("in_kind_yen", YEN, false, "高額療養費（現物給付）", "High-cost benefit that the institution already left off the bill."),
    field(
        "in_kind_counts",
        Unit::Flag,
        false,
        "現物給付の多数回算入",
        "1 where that benefit was more than the outpatient cap's (counts for 多数回).",
    ),
    field("specified_disease", Unit::Flag, false, "特定疾病", "1 where the claim is for a specified disease (特記事項 長)."),
];
pub(super) const HIGH_COST_MONTHS: &[Field] = &[
    field(
        "way",
        Unit::Code(WAYS),
        true,
        "支給の方法",
        "cash, in_kind, carried_over (from another municipality). `on` is the first day of the month.",
    ),
    field("revoked", Unit::Flag, true, "取消", "1 where the month no longer counts."),
];
pub(super) const HOSPITAL_STAYS: &[Field] = &[
    NUMBER,
    field("bed", Unit::Code(BEDS), true, "病床", "general_bed or long_term_care_bed. `on` is the first day of the month."),
    field("days", Unit::Number, true, "入院日数", "Days in hospital in the month."),
    field("meals", Unit::Number, true, "食数", "Meals in the month; at most three a day."),
    field("charged_meal_yen", YEN, true, "徴収した1食の額", "What the patient was charged per meal."),
    field("charged_residence_yen", YEN, false, "徴収した1日の居住費", "What the patient was charged per day for residence."),
    field("type_2", Unit::Flag, false, "入院時生活療養（Ⅱ）", "1 where the hospital is of the second type."),
    field("intractable", Unit::Flag, false, "指定難病等", "1 for a designated intractable disease or a chronic disease of a child."),
    field("high_need", Unit::Flag, false, "医療の必要性が高い", "1 where the medical need is high."),
    APPLIED_ON,
];
pub(super) const MONTHLY_RESTS: &[Field] = &[
    field(
        "over_70",
        Unit::Code(CATEGORIES_OVER_70),
        false,
        "所得区分（70歳以上）",
        "The person's category in that month; absent under 70. `on` is the first day of the month.",
    ),
    field(
        "outpatient_yen",
        YEN,
        true,
        "外来の自己負担残額",
        "What is left of outpatient own payments at 70 to 74 after the monthly benefits; else 0.",
    ),
    field(
        "counted_yen",
        YEN,
        true,
        "合算対象の自己負担残額",
        "What is left of own payments that count together: under 70 groups of 21,000 and more.",
    ),
    field("all_yen", YEN, true, "自己負担残額", "What is left of all own payments."),
];
pub(super) const CARE_PAYMENTS: &[Field] = &[field(
    "own_yen",
    YEN,
    true,
    "介護の自己負担額",
    "Own payments of long-term care of the period after its own benefits. `on` is the base date (31 July).",
)];
pub(super) const CERTIFIED_PAYMENTS: &[Field] = &[
    field(
        "outpatient_yen",
        YEN,
        true,
        "外来の自己負担額（証明）",
        "Outpatient own payments that another insurer certifies. `on` is the base date (31 July).",
    ),
    field("counted_yen", YEN, true, "合算対象の自己負担額（証明）", "Own payments that count together that another insurer certifies."),
    field("over_70", Unit::Flag, true, "70歳以上", "1 where they were paid at 70 to 74."),
];
pub(super) const EXPENSES_FIELDS: &[Field] = &[
    NUMBER,
    field(
        "expense",
        Unit::Code(EXPENSES),
        true,
        "給付の種類",
        "medical_expense (54), transport (54-4), special_medical_expense (54-3), home_nursing_expense (54-2), mixed_care (53), care_in_kind (36). `on` is the day of treatment.",
    ),
    field("reason", Unit::Code(EXPENSE_REASONS), false, "申請の理由", "Of a medical expense: why there was no care in kind."),
    field("paid_yen", YEN, true, "支払った費用", "What was paid, 10割."),
    field("assessed_yen", YEN, false, "審査した費用", "What the insurer's tariff comes to for it, or the cheapest usual way of transport."),
    field("paid_on", Unit::Date, false, "支払日", "The day it was paid; the time bar runs from the day after."),
    APPLIED_ON,
    field("documents", Unit::Flag, true, "添付書類", "1 where receipt, details and the doctor's statement were seen."),
    field("treatment_insured", Unit::Flag, false, "適切な保険診療", "Of a transport: 1 where it was for proper insured treatment."),
    field("hardly_movable", Unit::Flag, false, "移動困難", "Of a transport: 1 where the patient could hardly move."),
    field("unavoidable", Unit::Flag, false, "緊急・やむを得ない", "Of a transport: 1 where it was urgent or unavoidable."),
];
pub(super) const CHILDBIRTHS: &[Field] = &[
    NUMBER,
    field("children", Unit::Number, true, "出生数", "Children born, stillborn ones included. `on` is the day of the birth."),
    field("gestation_days", Unit::Number, true, "妊娠日数", "Days of the pregnancy: from 85 on there is a benefit."),
    field(
        "compensated",
        Unit::Flag,
        true,
        "産科医療補償制度",
        "1 where the institution is in the compensation scheme and the birth falls under it.",
    ),
    field("other_insurer", Unit::Flag, true, "他保険の資格", "1 where a former employees' insurer pays instead."),
    field(
        "direct_yen",
        YEN,
        false,
        "直接支払額",
        "Cost that is paid to the institution directly; absent where the direct payment is not used.",
    ),
    APPLIED_ON,
];
pub(super) const FUNERALS: &[Field] = &[
    NUMBER,
    field("funeral_on", Unit::Date, true, "葬祭を行った日", "The day of the funeral. `on` is the day of the death."),
    field("paid_by_other", Unit::Flag, true, "他保険の給付", "1 where another scheme pays the same."),
    APPLIED_ON,
];
