//! Texts of every key that traces and refusals use, the SDK's own left out: for officials, and for engineers.

use jorei_sdk::Label;
use jorei_sdk::rule::label;

/// The catalogue, by kind of key.
pub(crate) const LABELS: &[Label] = &[
    // Steps.
    label("refund", "還付額の合計", "refund"),
    label("decided_on", "支出を決定する日", "day of the decision"),
    label("overpayment", "過誤納金", "overpayment"),
    label("number", "番号", "number"),
    label("overpaid", "過誤納額", "overpaid"),
    label("payee", "還付を受ける者", "who has the right to it"),
    label("bar_on", "請求できなくなる日", "too late from"),
    label("lapsed", "時効により還付できない額", "lapsed"),
    label("claim", "充当先の債権の番号", "claim"),
    label("appropriated", "充当額", "appropriated"),
    label("consent_before_due", "納期未到来分への充当の同意", "consent to an appropriation before the due date"),
    label("suitable_on", "充当適状日（決定日まで）", "day on which both sides existed"),
    label("refunded", "還付額", "refunded"),
    label("no_interest", "還付加算金を加算しない", "no interest"),
    label("interest", "還付加算金", "interest"),
    label("paid_on", "納付日", "paid on"),
    label("requested_on", "更正の請求日", "requested on"),
    label("tax_notified_on", "所得税の更正通知日・申告日", "notice or filing of the income tax"),
    label("first_day", "加算の初日", "first day that counts"),
    label("excluded_from", "除算期間の初日", "left out from"),
    // Words.
    label("head", "世帯主（納付者）", "the head who paid"),
    label("heirs", "相続人", "the heirs"),
    label("pension_body", "年金保険者", "the body that pays the pension"),
    label("premium", "保険料", "premium"),
    label("tax", "保険税", "tax"),
    // Formulas.
    label("years_after_it_arose", "発生日の翌日から起算して年数を経過した日", "years counted from the day after it arose have passed"),
    label("after_payment", "納付日の翌日", "the day after the payment"),
    label(
        "after_request_or_correction",
        "請求日の翌日から3月を経過する日と更正日の翌日から1月を経過する日の早い日の翌日",
        "the day after the earlier of 3 months from the day after the request and 1 month from the day after the correction",
    ),
    label(
        "month_after_tax_notice",
        "所得税の更正通知日・申告日の翌日から1月を経過する日の翌日",
        "the day after 1 month from the day after the income-tax notice or filing",
    ),
    label("month_after_payment", "納付日の翌日から1月を経過する日の翌日", "the day after 1 month from the day after the payment"),
    label("unanswered_notice", "通知後の期間を過ぎてから請求の日まで", "from the end of the days in which to claim to the claim"),
    // Sections of the ordinance.
    label("regime", "保険料・保険税の別", "premium or tax"),
    label("rates", "還付加算金の割合", "rates"),
    label("excluded_days", "除算期間", "days that are left out"),
    label("time_bar", "消滅時効", "time bars"),
    // Values of the ordinance.
    label("regime.kind", "保険料・保険税の別", "premium or tax"),
    label("rates.refund_rate", "還付加算金の割合", "rate of interest"),
    label("rates.average_rate", "平均貸付割合", "average lending rate"),
    label("excluded_days.days", "請求を待つ日数", "days in which to claim"),
    label("time_bar.principal_years", "還付金の時効（年）", "years for what was overpaid"),
    label("time_bar.interest_years", "還付加算金の時効（年）", "years for interest"),
    label("time_bar.warning_months", "時効前に注意を促す月数", "months before it for a warning"),
    label("payee.pension_after_death", "死亡後の年金特別徴収分の返還先", "where a deduction after a death goes"),
    // Refusals.
    label(
        "overpayment_twice",
        "過誤納金{number}が2件あります。収納台帳を確認してください。",
        "overpayment {number} is there twice; check the ledger",
    ),
    label(
        "overpayment_later",
        "過誤納金{number}の日付{on}が決定日より後です。収納台帳を確認してください。",
        "overpayment {number} has the day {on}, after that of the decision; check the ledger",
    ),
    label(
        "overpayment_unknown",
        "過誤納金{number}の額が不明又は負の額です。収納台帳を確認してください。",
        "the amount of overpayment {number} is not known or negative; check the ledger",
    ),
    label(
        "payments_unknown",
        "過誤納金{number}の納付額が不明又は負の額です。収納台帳を確認してください。",
        "the amount of a payment of overpayment {number} is not known or negative; check the ledger",
    ),
    label(
        "payments_too_small",
        "過誤納金{number}は{yen}円ですが、対応する納付は{paid}円しかありません。還付加算金の起算日が定まりません。納付の記録を確認してください。",
        "overpayment {number} is {yen} yen, the payments that make it only {paid}; from when interest counts is open; check the payments",
    ),
    label(
        "cause_unknown",
        "過誤納金{number}の発生原因が不明です。原因により還付加算金の起算日が異なります。原因を確認してください。",
        "why overpayment {number} arose is not known; from when interest counts depends on it; find it out",
    ),
    label(
        "request_unknown",
        "過誤納金{number}の更正の請求日が不明です。請求書を確認してください。",
        "when the correction behind overpayment {number} was requested is not known; look at the request",
    ),
    label(
        "tax_notice_unknown",
        "過誤納金{number}の所得税の更正通知日・申告日が不明です。税務の資料を確認してください。",
        "the day of the income-tax notice or filing behind overpayment {number} is not known; look at the tax records",
    ),
    label(
        "payee_mixed",
        "過誤納金{number}の一部だけが死亡後の年金からの特別徴収です。還付先ごとに分けてください。",
        "only a part of overpayment {number} was deducted from a pension after a death; split it by who is to be paid",
    ),
    label(
        "claim_twice",
        "充当先の債権{number}が2件あります。収納台帳を確認してください。",
        "claim {number} is there twice; check the ledger",
    ),
    label(
        "claim_unknown",
        "充当先の債権{number}の種類又は未納額が不明です。収納台帳を確認してください。",
        "part or open amount of claim {number} are not known; check the ledger",
    ),
];
