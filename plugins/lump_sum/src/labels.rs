//! Texts of every key that traces and refusals use, the SDK's own left out: for officials, and for engineers.

use jorei_sdk::Label;
use jorei_sdk::rule::label;

/// The catalogue, by kind of key.
pub(crate) const LABELS: &[Label] = &[
    // Steps.
    label("lump_sum", "支給額の合計", "lump sums in sum"),
    label("event_on", "出産日・死亡日", "day of the birth or death"),
    label("birth", "出産ごとの支給額", "for a birth"),
    label("burial", "死亡ごとの支給額", "for a death"),
    label("number", "番号", "number"),
    label("bar_on", "請求できなくなる日", "too late from"),
    label("gestation_days", "妊娠日数", "days of the pregnancy"),
    label("compensated", "産科医療補償制度の対象か", "under the compensation scheme?"),
    label("per_child", "1児当たりの額", "per child"),
    label("children", "出生数", "children"),
    label("direct", "直接支払額", "paid directly"),
    label("rest", "世帯主に支給する差額", "the rest"),
    label("head", "世帯主", "head of the household"),
    label("held_on", "葬祭を行った日", "day of the funeral"),
    label("ground", "支給の可否", "ground"),
    // Words.
    label("due", "支給", "due"),
    label("lapsed", "時効", "lapsed"),
    label("not_insured", "当日に被保険者でない", "not insured on the day"),
    label("too_short", "妊娠日数が足りない", "the pregnancy was too short"),
    label("paid_elsewhere", "他の保険から支給される", "paid by another scheme"),
    // Formulas.
    label("two_years_from_the_day_after_birth", "出産日の翌日から2年", "two years from the day after the birth"),
    label("two_years_from_the_day_after_funeral", "葬祭を行った日の翌日から2年", "two years from the day after the funeral"),
    label("cost_at_most_amount", "出産費用（支給額を限度）", "cost, at most the amount"),
    // Sections and values of the settings.
    label("childbirth.from_days", "支給の対象となる妊娠日数（以上）", "days of pregnancy from"),
    label("childbirth.amount_yen", "1児当たりの額（加算前）", "per child"),
    label("childbirth.compensated_yen", "産科医療補償制度の加算額", "more under the compensation scheme"),
    label("funeral.amount_yen", "葬祭費の額", "funeral benefit"),
    // Refusals.
    label(
        "another_day",
        "番号{number}は{on}のもので、この事案の日（{day}）のものではありません。その日の事案で判定してください。",
        "claim {number} is of {on}, not of {day}; decide it on its own day",
    ),
    label("claim_twice", "番号{number}が2件あります。番号を確認してください。", "claim {number} is there twice; check the numbers"),
    label(
        "birth_twice",
        "番号{number}は、世帯員{person}の同じ日の出産の2件目です。多胎は1件にまとめ、出生数に子の数を入力してください。",
        "claim {number} is the second for one birth of person {person}; one claim states all children of it",
    ),
    label(
        "death_twice",
        "番号{number}の死亡者について、葬祭費の申請が2件あります。申請を確認してください。",
        "claim {number} is the second for one death; check the applications",
    ),
    label(
        "children_impossible",
        "番号{number}の出生数（{children}人）が1人から9人までの範囲にありません。届出を確認してください。",
        "claim {number} has {children} children, not 1 to 9; check the notification",
    ),
    label(
        "gestation_impossible",
        "番号{number}の妊娠日数（{days}日）が0日から315日までの範囲にありません。証明書を確認してください。",
        "claim {number} has {days} days of pregnancy, not 0 to 315; check the certificate",
    ),
    label(
        "direct_negative",
        "番号{number}の直接支払額が負です。金額を確認してください。",
        "claim {number} has a negative direct payment; check it",
    ),
    label(
        "funeral_before_death",
        "番号{number}の葬祭の日（{on}）が死亡日より前です。日付を確認してください。",
        "the funeral of claim {number} on {on} lies before the death; check the days",
    ),
    label(
        "head_missing",
        "{on}の世帯主が登録されていません。世帯の異動を確認してください。",
        "nobody heads the household on {on}; check its membership",
    ),
    label(
        "two_heads",
        "{on}の世帯主が2人登録されています。世帯の異動を確認してください。",
        "two persons head the household on {on}; check its membership",
    ),
];
