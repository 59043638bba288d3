//! Texts of every key that traces and refusals use, the SDK's own left out: for officials, and for engineers.

use jorei_sdk::Label;
use jorei_sdk::rule::label;

/// The catalogue, by kind of key.
pub(crate) const LABELS: &[Label] = &[
    // Steps.
    label("delinquency", "延滞金の合計", "charges of the household"),
    label("calculated_on", "計算日（納付日又は当日）", "day of the calculation"),
    label("instalment_charge", "期別の延滞金", "charge of an instalment"),
    label("fiscal_year", "賦課年度", "fiscal year"),
    label("collection", "徴収方法", "collection"),
    label("number", "期", "number"),
    label("due", "納期限", "due"),
    label("paid_in_time", "納期限までの納付額", "paid by the due date"),
    label("first_period_until", "低い割合が適用される期間の翌日", "first day after the first period"),
    label("open_yen", "未納額（本料）", "open of the instalment"),
    label("demand_by", "督促状の発付期限", "last day for the demand notice"),
    label("demand_fee_yen", "督促手数料の額", "fee of the demand notice"),
    label("seizable_from", "督促状の発付日から起算して10日を経過した日", "day after ten days counted from the notice"),
    // Values of national law that the rule carries.
    label("seizure_days", "差押えまでの日数", "days from the notice to a seizure"),
    // Formulas.
    label("months_after_due", "納期限の翌日から起算した月数", "months counted from the day after the due date"),
    label("days_after_due", "納期限の翌日から起算した日数", "days counted from the day after the due date"),
    label("days_from_notice", "督促状の発付日から起算した日数", "days counted from the day of the notice"),
    // Sections of the ordinance.
    label("rates", "延滞金の割合", "rates"),
    label("first_period", "低い割合が適用される期間", "first period"),
    label("demand", "督促", "demand notices"),
    // Values of the ordinance.
    label("rates.low_rate", "納期限の翌日から一定期間の割合", "rate in the first period"),
    label("rates.high_rate", "一定期間経過後の割合", "rate after the first period"),
    label("rates.grace_rate", "猶予特例基準割合", "rate while a grace holds"),
    label("rates.average_rate", "平均貸付割合", "average lending rate"),
    label("first_period.months", "低い割合が適用される月数", "months of the first period"),
    label("demand.within_days", "督促状を発する日数", "days within which a notice is sent"),
    label("demand.fee_yen", "督促手数料", "fee of a notice"),
    // Refusals.
    label(
        "instalment_twice",
        "{year}年度第{number}期の債権が2件あります。収納台帳を確認してください。",
        "instalment {number} of {year} is there twice; check the ledger",
    ),
    label(
        "billed_unknown",
        "{year}年度第{number}期の期別額が不明です。収納台帳を確認してください。",
        "what is due of instalment {number} of {year} is not known; check the ledger",
    ),
    label(
        "credit_unknown",
        "{year}年度第{number}期の{on}の収納額が不明又は負の額です。収納台帳を確認してください。",
        "the credit of {on} to instalment {number} of {year} is not known or negative; check the ledger",
    ),
    label(
        "collection_unknown",
        "徴収方法が不明な期（{year}年度第{number}期）があります。収納台帳を確認してください。",
        "how instalment {number} of {year} is collected is not known; check the ledger",
    ),
    label(
        "grace_unknown",
        "{year}年度第{number}期の猶予・減免の区分が不明です。登録内容を確認してください。",
        "the kind of a grace of instalment {number} of {year} is not known; check what was granted",
    ),
    label(
        "grace_rate_missing",
        "{year}年の猶予特例基準割合が条例設定にありません。割合を確認し、設定に追加してください。",
        "the ordinance has no rate for a grace in {year}; find out the rate and add it",
    ),
];
