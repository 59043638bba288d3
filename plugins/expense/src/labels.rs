//! Texts of every key that traces and refusals use, the SDK's own left out: for officials, and for engineers.

use jorei_sdk::Label;
use jorei_sdk::rule::label;

/// The catalogue, by kind of key.
pub(crate) const LABELS: &[Label] = &[
    // Steps.
    label("expense", "支給額の合計", "expenses in sum"),
    label("month", "診療月", "month of treatment"),
    label("claim", "申請・請求ごとの支給額", "benefit of a claim"),
    label("number", "番号", "number"),
    label("kind", "給付の種類", "which benefit"),
    label("bar_on", "請求できなくなる日", "too late from"),
    label("treatment_insured", "適切な保険診療のための移送か", "for proper insured treatment?"),
    label("hardly_movable", "移動が著しく困難か", "hardly able to move?"),
    label("unavoidable", "緊急その他やむを得ないか", "urgent or unavoidable?"),
    label("pays_all", "特別療養の対象か", "pays all and claims it back?"),
    label("share_percent", "一部負担金の割合（%）", "share in percent"),
    label("standard", "支給の基礎となる費用", "cost that counts"),
    label("insurer_yen", "保険者が負担する額", "insurer's part"),
    label("ground", "支給の可否", "ground"),
    // Words.
    label("due", "支給", "due"),
    label("lapsed", "時効", "lapsed"),
    label("not_insured", "当日に被保険者でない", "not insured on the day"),
    label("tests_failed", "移送費の要件を満たさない", "the tests of a transport fail"),
    // Formulas.
    label("two_years_from_the_day_after_payment", "支払日の翌日から2年", "two years from the day after the payment"),
    label("assessed_at_most_paid", "審査した費用（支払った費用を限度）", "assessed, at most paid"),
    label("cost_less_share", "費用×（100－一部負担金の割合）%", "cost x (100 - share) %"),
    label("without_share", "費用の全額（一部負担金なし）", "the whole cost, no share"),
    // Sections and values of the settings.
    label("insurer_part", "保険者負担額の端数処理", "rounding of the insurer's part"),
    label("insurer_part.rounding", "保険者負担額の端数処理", "rounding of the insurer's part"),
    // Refusals.
    label(
        "not_the_first",
        "{on}は月の初日ではありません。診療月の初日で判定してください。",
        "{on} is not the first of a month; ask for the first of the month of treatment",
    ),
    label(
        "another_month",
        "番号{number}は{on}の療養で、診療月（{month}）のものではありません。その月の事案で判定してください。",
        "expense {number} is of {on}, not of the month of {month}; decide it in its own month",
    ),
    label("expense_twice", "番号{number}が2件あります。番号を確認してください。", "expense {number} is there twice; check the numbers"),
    label(
        "kind_unknown",
        "番号{number}の給付の種類が不明です。申請書を確認してください。",
        "which benefit expense {number} is about is not known; look at the application",
    ),
    label(
        "paid_missing",
        "番号{number}の支払った費用が登録されていません。領収書を確認してください（不明は0円ではありません）。",
        "what was paid for expense {number} is not recorded; look at the receipt",
    ),
    label("cost_negative", "番号{number}の費用が負です。金額を確認してください。", "expense {number} has a negative cost; check it"),
    label(
        "paid_on_missing",
        "番号{number}の支払日が登録されておらず、時効が決まりません。領収書を確認してください。",
        "the day of payment of expense {number} is not recorded, which the time bar needs; look at the receipt",
    ),
    label(
        "documents_missing",
        "番号{number}の添付書類（領収書・明細書・医師の意見書等）が確認されていません。提出を求めてください。",
        "the documents of expense {number} were not seen; ask for them",
    ),
    label(
        "test_missing",
        "番号{number}の移送費の要件（保険診療・移動困難・緊急等）に未確認のものがあります。医師の意見書を確認してください。",
        "one of the tests of transport {number} is not known; look at the doctor's statement",
    ),
    label(
        "share_missing",
        "番号{number}の本人の{month}の一部負担金の割合が判定されていません。先に区分判定を行ってください。",
        "no share of the month of {month} for expense {number}; classify it first",
    ),
    label(
        "shares_twice",
        "番号{number}の本人の{month}の一部負担金の割合が2件あります。区分判定を確認してください。",
        "two shares of the month of {month} for expense {number}; check the classification",
    ),
    label(
        "share_impossible",
        "番号{number}の{month}の一部負担金の割合（{percent}%）は法定の割合ではありません。区分判定を確認してください。",
        "the share of {percent} % of expense {number} in the month of {month} is none of the Act; check the classification",
    ),
    label(
        "not_special_care",
        "番号{number}は特別療養費の申請ですが、本人は{month}に特別療養の対象ではありません。療養費として受け付けるか、区分判定を確認してください。",
        "expense {number} asks for the special expense, and the person is not restricted in the month of {month}; take it as a medical expense or check the classification",
    ),
    label(
        "special_care_instead",
        "番号{number}の本人は{month}に特別療養の対象です。特別療養費として申請を受け付けてください。",
        "the person of expense {number} is restricted in the month of {month}; take it as a special medical expense",
    ),
    label(
        "not_in_kind",
        "番号{number}の本人は{month}に特別療養の対象で、現物給付は受けられません。請求を医療機関等に返し、特別療養費の申請を案内してください。",
        "the person of expense {number} is restricted in the month of {month} and gets nothing in kind; give the claim back",
    ),
    label(
        "assessed_missing",
        "番号{number}の費用が審査されていません。審査の結果を登録してください。",
        "expense {number} is not assessed yet; record what the tariff comes to",
    ),
    label(
        "assessed_missing_overseas",
        "番号{number}の海外療養の費用が審査・換算されていません。日本円での審査の結果を登録してください。",
        "expense {number} of care abroad is not assessed and converted yet; record it in yen",
    ),
];
