//! Texts of every key that traces and refusals use, the SDK's own left out: for officials, and for engineers.

use jorei_sdk::Label;
use jorei_sdk::rule::label;

/// The catalogue, by kind of key.
pub(crate) const LABELS: &[Label] = &[
    // Steps.
    label("base_date", "基準日", "base date"),
    label("payments_of_person", "世帯員の自己負担額", "what a person paid"),
    label("person", "世帯員", "person"),
    label("one_side_only", "医療・介護の一方の自己負担額がないため支給なし", "nothing was paid on one of the sides"),
    label("step_over_70", "70歳以上の合算の支給額", "step of those from 70 on"),
    label("step_household", "世帯全体の合算の支給額", "step of the household"),
    label("total", "自己負担額の合計", "payments in all"),
    label("limit", "合算の限度額", "limit"),
    label("excess", "限度額を超える額", "beyond the limit"),
    label("paid_by_all", "医療保険・介護保険の支給額の合計", "benefit of all insurers"),
    label("part_of_care", "介護保険の支給分", "part of the long-term-care insurance"),
    label("part_of_others", "他の医療保険者の支給分", "part of other medical insurers"),
    // Words.
    label("national_health_insurance", "国民健康保険", "National Health Insurance"),
    label("other_medical_insurer", "他の医療保険者（証明額）", "other medical insurer"),
    label("long_term_care_insurance", "介護保険", "long-term-care insurance"),
    label("elderly_first", "70歳以上を先に合算", "those from 70 on first"),
    label("largest_part", "端数は最も大きい部分に加える", "to the largest part"),
    // Formulas.
    label("not_covered", "基準日にこの世帯の被保険者でないため対象外", "not insured here on the base date"),
    label("paid_over_70", "70歳以上の自己負担額", "paid from 70 on"),
    label("paid_under_70", "70歳未満の自己負担額", "paid under 70"),
    label(
        "excess_in_full",
        "超える額が支給基準額以下であれば支給なし、それ以外は超える額の全額",
        "nothing up to the smallest sum, else all of the excess",
    ),
    label(
        "in_proportion_to_payments",
        "段階（70歳以上・世帯全体）ごとの支給額×国民健康保険の自己負担額÷その段階の自己負担額の合計",
        "benefit of each step in proportion to what was paid under each insurer in it",
    ),
    // Sections of the ordinance.
    label("under_70", "合算の限度額（70歳未満がいる世帯）", "limits with payments under 70"),
    label("over_70", "合算の限度額（70歳以上）", "limits from 70 on"),
    label("counting", "支給基準額・按分の定め", "how it is worked out and divided"),
    // Values of the ordinance.
    label("under_70.category_a_yen", "区分アの限度額", "a: limit"),
    label("under_70.category_i_yen", "区分イの限度額", "i: limit"),
    label("under_70.category_u_yen", "区分ウの限度額", "u: limit"),
    label("under_70.category_e_yen", "区分エの限度額", "e: limit"),
    label("under_70.category_o_yen", "区分オの限度額", "o: limit"),
    label("over_70.active_3_yen", "現役並みⅢの限度額", "active III: limit"),
    label("over_70.active_2_yen", "現役並みⅡの限度額", "active II: limit"),
    label("over_70.active_1_yen", "現役並みⅠの限度額", "active I: limit"),
    label("over_70.general_yen", "一般の限度額", "general: limit"),
    label("over_70.low_income_2_yen", "低所得Ⅱの限度額", "low income II: limit"),
    label("over_70.low_income_1_yen", "低所得Ⅰの限度額", "low income I: limit"),
    label("counting.smallest_yen", "支給基準額", "smallest sum"),
    label("counting.order", "合算の順序", "order of the steps"),
    label("counting.remainder", "按分の端数の扱い", "what rounding leaves"),
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
        "category_under_70_missing",
        "基準日の属する{month}の所得区分（70歳未満）が判定されていません。区分判定を行ってから決定してください。",
        "no category of {month} by the table under 70; classify the household first",
    ),
    label(
        "category_over_70_missing",
        "基準日の属する{month}の所得区分（70歳以上）が判定されていません。区分判定を行ってから決定してください。",
        "no category of {month} by the table from 70 to 74; classify the household first",
    ),
    label(
        "low_income_care_users",
        "低所得Ⅰの世帯に介護サービスの利用者が{users}人います。介護保険側の限度額が異なるため計算できません。担当者が計算してください。",
        "{users} persons of a household at low income I are in long-term care, where the limit of that side is another one; work it out by hand",
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
        "世帯員{person}の{month}の自己負担残額（合算対象）が不明です。月ごとの決定を先に行ってください。",
        "the rest of person {person} in {month} is not known; decide the month first",
    ),
    label(
        "rest_negative",
        "世帯員{person}の{month}の自己負担残額が負の額です。月ごとの決定を確認してください。",
        "the rest of person {person} in {month} is negative; check the decision of the month",
    ),
    label(
        "payment_date",
        "世帯員{person}の介護又は他の保険者の自己負担額の日付{on}が基準日{base}と異なります。証明書の計算期間を確認してください。",
        "payments of long-term care or of another insurer of person {person} are of {on}, not of the base date {base}; check which year is certified",
    ),
    label(
        "payment_unknown",
        "世帯員{person}の介護又は他の保険者の自己負担額が不明です。証明書を確認してください。",
        "payments of long-term care or of another insurer of person {person} are not known; look at the certificate",
    ),
    label(
        "payment_negative",
        "世帯員{person}の介護又は他の保険者の自己負担額が負の額です。証明書を確認してください。",
        "payments of long-term care or of another insurer of person {person} are negative; look at the certificate",
    ),
];
