//! Texts of every key that traces and refusals use, the SDK's own left out: for officials, and for engineers.

use jorei_sdk::Label;
use jorei_sdk::rule::label;

/// The catalogue, by kind of key.
pub(crate) const LABELS: &[Label] = &[
    // Steps.
    label("high_cost_year", "高額療養費（年間）の支給額", "high-cost benefit of the year"),
    label("base_date", "基準日", "base date"),
    label("outpatient_of_year", "外来年間合算の支給額", "outpatient care of the year"),
    label("person", "世帯員", "person"),
    label("own_of_year", "外来の自己負担残額（対象月の合計）", "outpatient care left in the months that count"),
    label("certified", "他の保険者の証明額", "certified by another insurer"),
    label("cap", "年間の上限額", "cap of the year"),
    label("cap_unknown", "年間の上限額が決まらない（所得区分又は低所得の別が不明）", "the cap is not known"),
    label("over_cap", "上限額を超える額", "beyond the cap"),
    label("standing", "外来年間合算の対象", "standing"),
    label("annual_rest", "世帯の自己負担残額（合算対象）", "what counts of the household's year"),
    label("all_rest", "世帯の自己負担残額（全額）", "all that was left in the year"),
    label("over_shown", "年間上限を超える額（参考）", "beyond the yearly cap, shown"),
    // Words.
    label("capped", "対象", "held against a cap"),
    label("without_cap", "上限額の定めなし", "no cap"),
    label("active_income", "基準日に現役並み所得のため対象外", "active income on the base date"),
    label("not_covered", "基準日にこの世帯の被保険者でないため対象外", "not insured here on the base date"),
    label("general_or_low_income", "一般・低所得であった月", "months at general or low income"),
    // Formulas.
    label("sum_of_persons", "対象者ごとの支給額の合計", "sum of the persons"),
    label("sum_beyond_cap", "自己負担残額と証明額の合計－上限額", "what was left and certified, less the cap"),
    label("over_in_full", "上限額を超える額の全額", "all that is beyond the cap"),
    label(
        "over_in_proportion",
        "上限額を超える額×この保険者の自己負担残額÷合計",
        "what is beyond the cap in proportion to what was left here",
    ),
    label(
        "shown_and_not_paid",
        "国民健康保険の取扱いが未確認のため、表示のみで支給しない",
        "shown only: its law for National Health Insurance is not confirmed",
    ),
    // Values of the ordinance; its sections have the names of their benefits.
    label("outpatient_year.counted", "合算する月と対象者", "months and persons that count"),
    label("outpatient_year.general_yen", "一般の年間上限額（外来）", "general: outpatient care of a year"),
    label("outpatient_year.low_income_2_yen", "低所得Ⅱの年間上限額（外来）", "low income II: outpatient care of a year"),
    label("outpatient_year.low_income_1_yen", "低所得Ⅰの年間上限額（外来）", "low income I: outpatient care of a year"),
    label("outpatient_year.share_rounding", "按分した額の端数処理", "rounding of a part"),
    label("annual_cap.exists", "年間上限の有無", "is there a yearly cap"),
    label("annual_cap.category_a_yen", "区分アの年間上限", "a: yearly cap"),
    label("annual_cap.category_i_yen", "区分イの年間上限", "i: yearly cap"),
    label("annual_cap.category_u_yen", "区分ウの年間上限", "u: yearly cap"),
    label("annual_cap.category_e_yen", "区分エの年間上限", "e: yearly cap"),
    label("annual_cap.category_o_yen", "区分オの年間上限", "o: yearly cap"),
    label("annual_cap.active_3_yen", "現役並みⅢの年間上限", "active III: yearly cap"),
    label("annual_cap.active_2_yen", "現役並みⅡの年間上限", "active II: yearly cap"),
    label("annual_cap.active_1_yen", "現役並みⅠの年間上限", "active I: yearly cap"),
    label("annual_cap.general_yen", "一般の年間上限", "general: yearly cap"),
    label("annual_cap.low_income_2_yen", "低所得Ⅱの年間上限", "low income II: yearly cap"),
    label("annual_cap.low_income_1_yen", "低所得Ⅰの年間上限", "low income I: yearly cap"),
    label("annual_cap.reduced_yen", "区分エ・一般のうち低所得の年間上限", "the lower yearly cap"),
    // Refusals.
    label(
        "category_missing",
        "基準日の属する{month}の所得区分が判定されていません。区分判定を行ってから決定してください。",
        "no category of {month}, the month of the base date; classify the household first",
    ),
    label(
        "category_twice",
        "基準日の属する{month}の所得区分が2件以上あります。区分判定の結果を確認してください。",
        "more than one category of {month}, the month of the base date; check the classification",
    ),
    label(
        "category_over_70_missing",
        "基準日の属する{month}の所得区分（70歳以上）が判定されていません。区分判定を行ってから決定してください。",
        "no category of {month} by the table from 70 to 74; classify the household first",
    ),
    label(
        "rest_outside",
        "世帯員{person}の{month}の自己負担残額は、基準日{base}の計算期間（前年8月から7月まで）の外です。月ごとの決定を確認してください。",
        "the rest of person {person} in {month} lies outside of the year that ends on {base}; check the decisions of the months",
    ),
    label(
        "rest_twice",
        "世帯員{person}の{month}の自己負担残額が2件あります。月ごとの決定を確認してください。",
        "the rest of person {person} in {month} is there twice; check the decisions of the months",
    ),
    label(
        "rest_unknown",
        "世帯員{person}の{month}の自己負担残額が不明です。月ごとの決定を先に行ってください。",
        "the rest of person {person} in {month} is not known; decide the month first",
    ),
    label(
        "rest_impossible",
        "世帯員{person}の{month}の自己負担残額が矛盾しています（負の額、外来が合算対象を超える、合算対象が全額を超える、又は70歳未満の外来がある）。月ごとの決定を確認してください。",
        "the rests of person {person} in {month} contradict each other (negative, outpatient above counted, counted above all, or outpatient under 70); check the decision of the month",
    ),
    label(
        "certificate_date",
        "世帯員{person}の自己負担額証明の日付{on}が基準日{base}と異なります。証明書の計算期間を確認してください。",
        "the certificate of person {person} is of {on}, not of the base date {base}; check which year it certifies",
    ),
    label(
        "certificate_unknown",
        "世帯員{person}の自己負担額証明の外来の額が不明です。証明書を確認してください。",
        "the outpatient payments of the certificate of person {person} are not known; look at the certificate",
    ),
    label(
        "certificate_negative",
        "世帯員{person}の自己負担額証明に負の額があります。証明書を確認してください。",
        "the certificate of person {person} has a negative amount; look at the certificate",
    ),
];
