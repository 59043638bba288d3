//! Texts of every key that traces and refusals use, the SDK's own left out: for officials, and for engineers.

use jorei_sdk::Label;
use jorei_sdk::rule::label;

/// The catalogue, by kind of key.
pub(crate) const LABELS: &[Label] = &[
    // Steps.
    label("hospital", "差額支給額の合計", "differences in sum"),
    label("month", "診療月", "month of treatment"),
    label("stay", "入院ごとの差額支給額", "difference of a stay"),
    label("number", "番号", "number"),
    label("class", "負担額の区分", "what is owed by"),
    label("living", "入院時生活療養費の対象か（65歳以上の療養病床）", "living costs?"),
    label("long_stay_applied_on", "長期入院該当の申請日", "long stay applied for on"),
    label("days_of_month", "非課税等の区分であった月の入院日数", "days of a month that counts"),
    label("days_counted", "直近12か月の入院日数", "days counted"),
    label("meal_charge", "徴収された1食の額", "charged per meal"),
    label("meals", "食数", "meals"),
    label("meal_due", "本来の1食の額", "due per meal"),
    label("meal_refund", "食費の差額", "difference of meals"),
    label("residence_charge", "徴収された1日の居住費", "charged per day"),
    label("residence_due", "本来の1日の居住費", "due per day"),
    label("residence_refund", "居住費の差額", "difference of residence"),
    label("bar_on", "請求できなくなる日", "too late from"),
    label("lapsed", "時効により支給できない額", "lapsed"),
    // Words.
    label("class_general", "一般（住民税課税）", "general"),
    label("class_low_income", "オ・低所得Ⅱ", "exempt, low income II"),
    label("class_lowest", "低所得Ⅰ", "low income I"),
    // Formulas.
    label("charged_less_due_times", "（徴収額－本来の額）×食数又は日数（負の場合は0）", "charged less due, times, not below 0"),
    label(
        "days_in_twelve_months",
        "当月前12か月の、非課税等の区分であった月の入院日数の合計",
        "days of the twelve months before in months that count",
    ),
    label("two_years_from_the_next_month", "診療月の翌月1日から2年", "two years from the first of the next month"),
    // Sections and values of the settings.
    label("general_meal", "食費（一般）", "meals, general"),
    label("general_meal.meal_yen", "食費（一般）・1食", "meals, general per meal"),
    label("intractable_meal", "食費（指定難病等）", "meals, intractable disease"),
    label("intractable_meal.meal_yen", "食費（指定難病等）・1食", "meals, intractable disease per meal"),
    label("low_income_meal", "食費（オ・低所得Ⅱ）", "meals, exempt"),
    label("low_income_meal.meal_yen", "食費（オ・低所得Ⅱ）・1食", "meals, exempt per meal"),
    label("long_stay_meal", "食費（オ・低所得Ⅱの長期入院該当）", "meals, exempt and long stay"),
    label("long_stay_meal.meal_yen", "食費（オ・低所得Ⅱの長期入院該当）・1食", "meals, exempt and long stay per meal"),
    label("lowest_meal", "食費（低所得Ⅰ）", "meals, low income I"),
    label("lowest_meal.meal_yen", "食費（低所得Ⅰ）・1食", "meals, low income I per meal"),
    label("low_income_living", "生活療養の食費（オ・低所得Ⅱ）", "living, meals, exempt"),
    label("low_income_living.meal_yen", "生活療養の食費（オ・低所得Ⅱ）・1食", "living, meals, exempt per meal"),
    label("lowest_living", "生活療養の食費（低所得Ⅰ）", "living, meals, low income I"),
    label("lowest_living.meal_yen", "生活療養の食費（低所得Ⅰ）・1食", "living, meals, low income I per meal"),
    label("general_living", "生活療養の食費（一般）", "living, meals, general"),
    label("general_living.type_1_meal_yen", "生活療養の食費（一般・Ⅰ）・1食", "living, meals, first type"),
    label("general_living.type_2_meal_yen", "生活療養の食費（一般・Ⅱ）・1食", "living, meals, second type"),
    label("residence", "居住費", "residence"),
    label("residence.day_yen", "居住費・1日", "residence per day"),
    label("residence_high_need", "居住費（医療の必要性が高い）", "residence, high need"),
    label("residence_high_need.day_yen", "居住費（医療の必要性が高い）・1日", "residence, high need per day"),
    label("residence_intractable", "居住費（指定難病等）", "residence, intractable disease"),
    label("residence_intractable.day_yen", "居住費（指定難病等）・1日", "residence, intractable disease per day"),
    label("long_stay.above_days", "長期入院となる日数（これを超える）", "a long stay above so many days"),
    // Refusals.
    label(
        "days_of_month_impossible",
        "世帯員{person}の{month}の入院日数の合計（{days}日）が暦日数を超えます。二重登録がないか確認してください。",
        "the stays of person {person} in {month} come to {days} days, more than the month has; look for one that is there twice",
    ),
    label(
        "meals_of_month_impossible",
        "世帯員{person}の{month}の食数の合計（{meals}食）が1日3食を超えます。二重登録がないか確認してください。",
        "the meals of person {person} in {month} come to {meals}, more than three a day; look for a stay that is there twice",
    ),
    label(
        "stay_over_application",
        "番号{number}の入院は{on}の申請日をまたぎます。申請日の前日までと申請日以後の2件に分けて、入院日・日数・食数を登録してください。",
        "stay {number} goes over the day of the application, {on}; record it as two, up to the day before and from that day on",
    ),
    label(
        "not_the_first",
        "{on}は月の初日ではありません。診療月の初日で判定してください。",
        "{on} is not the first of a month; ask for the first of the month of treatment",
    ),
    label(
        "stay_later",
        "入院{number}は{on}のもので、この診療月より後です。その月の事案で判定してください。",
        "stay {number} is of {on}, after the month of the case; decide it in its own month",
    ),
    label("stay_twice", "入院{number}が2件あります。番号を確認してください。", "stay {number} is there twice; check the numbers"),
    label(
        "days_impossible",
        "入院{number}の入院日数（{days}日）が診療月の日数の範囲にありません。日数を確認してください。",
        "stay {number} has {days} days, which the month does not have; check them",
    ),
    label(
        "meals_impossible",
        "入院{number}の食数（{meals}食）が入院日数（{days}日）の3倍を超えるか負です。食数を確認してください。",
        "stay {number} has {meals} meals in {days} days, more than three a day or below 0; check them",
    ),
    label(
        "charge_missing",
        "入院{number}で徴収された1食の額が登録されていません。領収書を確認してください（不明は0円ではありません）。",
        "what stay {number} was charged per meal is not recorded; look at the receipt",
    ),
    label(
        "charge_negative",
        "入院{number}で徴収された額が負です。金額を確認してください。",
        "stay {number} has a negative charge; check it",
    ),
    label(
        "not_insured",
        "入院{number}の患者は{on}の月に被保険者ではありません。資格を確認してください。",
        "the patient of stay {number} is not insured in the month of {on}; check the qualification",
    ),
    label(
        "category_missing",
        "世帯員{person}の{month}の所得区分が判定されていません。先に区分判定を行ってください。",
        "no category of person {person} for the month of {month}; classify it first",
    ),
    label(
        "categories_twice",
        "{month}の所得区分が2件あります。区分判定を確認してください。",
        "two rows of categories for the month of {month}; check the classification",
    ),
    label(
        "bed_unknown",
        "入院{number}の病床の区分が不明です。療養病床かどうかを確認してください。",
        "the bed of stay {number} is not known; find out whether it is for long-term care",
    ),
    label(
        "intractable_unknown",
        "入院{number}が指定難病等によるものかどうかが登録されておらず、負担額が決まりません。確認してください。",
        "whether stay {number} is for a designated disease is not recorded, and decides; find it out",
    ),
    label(
        "high_need_unknown",
        "入院{number}の医療の必要性（医療区分）が登録されておらず、負担額が決まりません。確認してください。",
        "whether stay {number} has a high medical need is not recorded, and decides; find it out",
    ),
    label(
        "type_unknown",
        "入院{number}の医療機関が入院時生活療養のⅠかⅡかが登録されておらず、負担額が決まりません。確認してください。",
        "the type of the hospital of stay {number} is not recorded, and decides; find it out",
    ),
    label(
        "residence_missing",
        "入院{number}で徴収された1日の居住費が登録されていません。領収書を確認してください（不明は0円ではありません）。",
        "what stay {number} was charged per day of residence is not recorded; look at the receipt",
    ),
    label(
        "residence_not_owed",
        "入院{number}は居住費の対象ではありませんが、居住費が徴収されています。医療機関に請求の訂正を求めてください。",
        "stay {number} owes no residence but was charged for it; ask the institution to correct its claim",
    ),
];
