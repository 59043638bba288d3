//! What a rule is.

use crate::facts::{Case, Facts};
use crate::outcome::{Outcome, Results};
use crate::refusal::Refusal;
use crate::settings::Ordinance;
use crate::texts;
use crate::trace::{Off, On, Trace};
use jorei_domain::calendar::Date;
use jorei_domain::decision;
use jorei_domain::money::{Direction, Rounding};
use jorei_domain::table::Table;
use jorei_domain::trace::Val;

/// A key of traces and refusals with its texts.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// The key.
    pub key: &'static str,
    /// For officials.
    pub ja: &'static str,
    /// For engineers.
    pub en: &'static str,
}

/// A label, in short.
pub const fn label(key: &'static str, ja: &'static str, en: &'static str) -> Label {
    Label { key, ja, en }
}

/// A rule's description of itself.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Short name, the same in every version.
    pub id: &'static str,
    /// What it decides, for officials.
    pub title_ja: &'static str,
    /// What it decides, for engineers.
    pub title_en: &'static str,
    /// Articles it applies.
    pub legal_basis: &'static [&'static str],
    /// Every key its traces and refusals use, those of [`LABELS`] left out.
    pub labels: &'static [Label],
}

/// A rule: one body for one case as for a million.
pub trait Rule {
    /// What it is.
    const ABOUT: About;
    /// The ordinance it takes.
    type Ordinance: Ordinance;
    /// The facts it reads.
    type Facts: Facts;
    /// What comes out.
    type Outcome: Outcome;

    /// Decides one case, writing its trace while it computes.
    ///
    /// The answer may depend on the arguments alone.
    ///
    /// # Errors
    /// A [`Refusal`] when law or facts are missing. Never guess.
    fn decide<'a, T: Trace<'a>>(
        case: &Case<'a, Self::Facts>,
        values: &'a <Self::Ordinance as Ordinance>::OnDate,
        trace: &mut T,
    ) -> Result<Self::Outcome, Refusal>;
}

/// The SDK's own labels, which every rule has without naming them: its refusals, the words of facts,
/// and those of [`rounding_word`]. A rule gives none of these keys another text.
pub const LABELS: &[Label] = &[
    label(
        "settings_missing",
        "{on}時点の「{section}」の値が設定にありません（{why}）。該当条文の値を確認し、定まっていれば設定に追加してください。定まるまでは判定できません。",
        "no value of section `{section}` on {on} ({why}); add the values of that article to the ordinance once they are law",
    ),
    label("settings_not_reached", "設定の期間外", "beyond the dates of its blocks"),
    label(
        "settings_section_unused",
        "この計算に必要な区分が条例設定にありません。条例設定に追加してください。",
        "the ordinance lacks a section that this case needs; add it",
    ),
    label(
        "settings_out_of_reach",
        "{on}は条例設定の対象期間外です。この日の条例の値を確認し、設定に追加してください。",
        "the ordinance does not reach {on}; add the values of that date to it",
    ),
    label("amount_out_of_range", "金額が扱える範囲を超えました。入力の金額を確認してください。", "{error}; check the amounts given"),
    label(
        "age_unclear",
        "世帯員{person}の生年月日が{earliest}から{latest}までの間としか分からず、{month}の年齢区分が決まりません。生年月日を確認してください。",
        "person {person} is born between {earliest} and {latest}, which leaves the age in {month} open; find the birth date",
    ),
    label(
        "not_base_date",
        "年間の給付は基準日（7月31日）で決定します。事案の日付{on}は7月31日ではありません。計算期間の末日の7月31日を指定してください。",
        "benefits of a year are decided by its base date, and {on} is no 31 July; give the 31 July on which the year ends",
    ),
    label(
        "loss_cause_on_base_date",
        "世帯員{person}の資格が基準日{on}に終了していますが、事由が不明です。基準日に資格があるか決まりません。喪失の事由を確認してください。",
        "the qualification of person {person} ended on the base date {on} for an unknown cause, and whether it still held depends on it; find the cause",
    ),
    label(
        "loss_cause_open",
        "世帯員{person}の資格喪失の事由が不明で、{on}に被保険者であるかが決まりません。喪失事由を確認してください。",
        "the cause of the loss of person {person} on {on} is not known, which leaves open whether that day is insured; find it out",
    ),
    label("read_last", "参照した値", "values read"),
    // Words of `incomes.state`.
    label("known", "判明", "known"),
    label("not_required", "申告不要", "not required"),
    label("undeclared", "未申告", "undeclared"),
    label("pending", "照会中", "pending"),
    // Words of `qualification.acquired_by`.
    label("moved_in", "転入", "moved in"),
    label("employees_insurance_lost", "社会保険離脱", "left employees' insurance"),
    label("born", "出生", "born"),
    label("public_assistance_ended", "生活保護廃止", "public assistance ended"),
    label("nhi_society_left", "国保組合離脱", "left an NHI society"),
    label("other_cause", "その他", "other"),
    // Words of `assessments.act`.
    label("initial", "当初賦課", "first assessment"),
    label("additional", "随時賦課", "assessed later"),
    label("correction", "更正", "correction"),
    label("exemption", "減免", "exemption"),
    label("past_year", "過年度賦課", "of a past year"),
    // Words of `premium_parts.part`.
    label("medical", "医療分", "medical part"),
    label("support", "後期高齢者支援金等分", "support for the late-elderly scheme"),
    label("care", "介護納付金分", "long-term care part"),
    label("child", "子ども・子育て支援納付金分", "child-rearing support part"),
    // Words of `instalments.collection`.
    label("ordinary_collection", "普通徴収", "ordinary collection"),
    label("pension_deduction", "特別徴収", "pension deduction"),
    // Words of `graces.grace`.
    label("waiver", "延滞金の減免", "waiver of the charge"),
    label("collection_grace", "徴収の猶予", "grace of collection"),
    label("conversion_grace", "換価の猶予", "grace of conversion"),
    // Words of `overpayments.cause`.
    label("assessment_reduced", "賦課の減額（過納）", "the premium was reduced"),
    label("correction_requested", "更正の請求（過納）", "reduced on request"),
    label("income_tax", "所得税の更正・申告（過納）", "reduced after an income-tax correction"),
    label("paid_twice", "二重納付（誤納）", "paid twice"),
    label("paid_too_much", "納付額の誤り（誤納）", "paid too much"),
    label("wrong_payer", "納付者の誤り（誤納）", "paid by the wrong person"),
    // Words of `overpaid_payments.channel`.
    label("counter", "窓口・金融機関", "counter"),
    label("convenience_store", "コンビニ", "convenience store"),
    label("direct_debit", "口座振替", "direct debit"),
    label("eltax", "eL-QR", "eL-QR"),
    label("pension_deduction_channel", "年金特別徴収", "pension deduction"),
    // Words of `claims.part`.
    label("principal", "本料", "principal"),
    label("delinquency_charge", "延滞金", "delinquency charge"),
    label("demand_fee", "督促手数料", "demand fee"),
    // Words of `consents.consent`.
    label("appropriate_before_due", "納期未到来分への充当", "appropriation before the due date"),
    // Words of `qualification.ended_by`.
    label("lost_on_day", "喪失日による", "lost on the day itself"),
    label("employees_insurance", "社会保険加入", "joined employees' insurance"),
    label("death", "死亡", "death"),
    label("late_elderly", "後期高齢者医療", "entered the late-elderly scheme"),
    label("moved_out", "転出", "moved out"),
    label("public_assistance", "生活保護", "public assistance"),
    label("nhi_society", "国保組合加入", "joined an NHI society"),
    // Words of `unemployment.holder`.
    label("ordinary", "一般", "ordinary"),
    label("special", "特例", "special"),
    label("elderly", "高年齢", "elderly"),
    // Words of `limit_applications.application`.
    label("limit_certificate", "限度額適用認定", "limit certificate"),
    label("meal_reduction", "標準負担額減額認定", "reduction of the standard charge"),
    label("long_stay", "長期入院該当", "long stay in hospital"),
    label("receipts_test", "基準収入額適用", "test of gross receipts"),
    // Words of `benefit_restrictions.restriction`.
    label("in_arrears", "滞納あり", "in arrears"),
    label("special_care", "特別療養", "pays all and claims it back"),
    label("payment_suspended", "一時差止", "payment suspended"),
    // Words of `specified_diseases.disease`.
    label("dialysis", "人工透析を要する慢性腎不全", "dialysis"),
    label("haemophilia", "血友病", "haemophilia"),
    label("hiv_infection", "血液製剤によるHIV感染症", "HIV by blood products"),
    // Words of `categories`.
    label("category_a", "ア", "a"),
    label("category_i", "イ", "i"),
    label("category_u", "ウ", "u"),
    label("category_e", "エ", "e"),
    label("category_o", "オ", "o"),
    label("active_3", "現役並みⅢ", "active income III"),
    label("active_2", "現役並みⅡ", "active income II"),
    label("active_1", "現役並みⅠ", "active income I"),
    label("general", "一般", "general"),
    label("low_income_2", "低所得Ⅱ", "low income II"),
    label("low_income_1", "低所得Ⅰ", "low income I"),
    // Words of `medical_claims`.
    label("outpatient", "外来", "outpatient"),
    label("inpatient", "入院", "inpatient"),
    label("medical_care", "医科", "medical"),
    label("dental_care", "歯科", "dental"),
    label("pharmacy", "調剤", "pharmacy"),
    label("home_nursing", "訪問看護", "home nursing"),
    // Words of `high_cost_months.way`.
    label("cash", "償還払い", "paid out"),
    label("in_kind", "現物給付", "in kind"),
    label("carried_over", "他市町村からの引継ぎ", "carried over"),
    // Words of `hospital_stays.bed`.
    label("general_bed", "療養病床以外", "any other bed"),
    label("long_term_care_bed", "療養病床", "bed for long-term care"),
    // Words of `expenses.reason`.
    label("without_card", "資格確認書等の不携帯・緊急", "treated without a card"),
    label("brace", "治療用装具", "brace"),
    label("judo_therapy", "柔道整復", "judo therapy"),
    label("acupuncture", "はり・きゅう・マッサージ", "acupuncture"),
    label("blood", "生血", "blood"),
    label("overseas", "海外療養", "treated abroad"),
    label("other_reason", "その他の理由", "other reason"),
    // Benefits and who gets them.
    label("high_cost", "高額療養費", "high-cost benefit"),
    label("outpatient_year", "高額療養費（外来年間合算）", "yearly outpatient cap"),
    label("annual_cap", "高額療養費（年間上限）", "yearly cap"),
    label("combined", "高額介護合算療養費", "combined medical and care benefit"),
    label("meal_difference", "食事療養費差額", "difference of meals"),
    label("living_cost_difference", "生活療養費差額", "difference of living costs"),
    label("medical_expense", "療養費", "medical expense"),
    label("transport", "移送費", "transport"),
    label("special_medical_expense", "特別療養費", "special medical expense"),
    label("home_nursing_expense", "訪問看護療養費", "home nursing expense"),
    label("mixed_care", "保険外併用療養費", "insured part of mixed care"),
    label("care_in_kind", "療養の給付", "care in kind"),
    label("childbirth", "出産育児一時金", "childbirth lump sum"),
    label("funeral", "葬祭費", "funeral benefit"),
    label("household_head", "世帯主", "head of the household"),
    label("funeral_organiser", "葬祭を行った者", "who held the funeral"),
    label("institution", "医療機関等", "institution"),
    label("nobody", "支給なし", "nobody"),
    // What accrues by days (`stretches`).
    label("units", "端数処理の定め", "units and roundings"),
    label("units.smallest_base_yen", "計算の対象となる最低額", "smallest amount to count on"),
    label("units.tested", "最低額と比べる額", "which amount is held against it"),
    label("units.base_rounding", "計算の基礎となる額の端数処理", "rounding of the amount to count on"),
    label("units.parts", "端数処理をする期間の区切り", "what is cut to the yen by itself"),
    label("units.part_rounding", "期間ごとの額の端数処理", "rounding of a part"),
    label("units.smallest_sum_yen", "確定額の最低額", "smallest sum"),
    label("units.sum_rounding", "確定額の端数処理", "rounding of the sum"),
    label("tested_stretch", "その期間の未納額等", "what is open in the stretch"),
    label("tested_whole", "期別の全額", "the whole of it"),
    label("parts_each_year", "暦年ごと", "each calendar year"),
    label("parts_each_step", "割合の区分ごと（年をまたいで合算）", "each step, over the turn of the year"),
    label("stretch", "計算期間", "stretch"),
    label("counted_from", "計算の初日", "counted from"),
    label("days", "日数", "days"),
    label("base", "計算の基礎となる額", "amount counted on"),
    label("rate", "割合（年）", "rate of a year"),
    label("base_rate_days", "計算の基礎となる額×割合×日数÷365", "amount x rate x days / 365"),
    label("sum_of_stretches", "期間ごとの額の合計", "sum of the stretches"),
    // The order of the parts of a debt (`appropriation`).
    label("appropriation_order", "充当の順序", "order of appropriation"),
    label("appropriation_order.first", "第1順位", "paid first"),
    label("appropriation_order.second", "第2順位", "paid second"),
    label("appropriation_order.third", "第3順位", "paid third"),
    // Rows of an ordinance (`rows`).
    label("asked_at_least", "以上か", "at least?"),
    label("asked_above", "を超えるか", "above?"),
    label("asked_at_most", "以下か", "at most?"),
    label("asked_below", "未満か", "below?"),
    label("asked_one_of", "いずれかに当たるか", "one of?"),
    label("asked_none_of", "いずれにも当たらないか", "none of?"),
    label("condition_failed", "要件を満たさない", "the condition fails"),
    label("requirements_met", "前提要件を満たす", "the requirements are met"),
    label("requirements_not_met", "前提要件を満たさない", "the requirements are not met"),
    label("row_matched", "この行に当てはまる", "this row matches"),
    label("row_not_matched", "この行には当てはまらない", "this row does not match"),
    // Words of roundings.
    label("rounding_down_1", "1円未満切捨て", "down to 1 yen"),
    label("rounding_down_10", "10円未満切捨て", "down to 10 yen"),
    label("rounding_down_100", "100円未満切捨て", "down to 100 yen"),
    label("rounding_down_1000", "1,000円未満切捨て", "down to 1,000 yen"),
    label("rounding_up_1", "1円未満切上げ", "up to 1 yen"),
    label("rounding_up_10", "10円未満切上げ", "up to 10 yen"),
    label("rounding_up_100", "100円未満切上げ", "up to 100 yen"),
    label("rounding_up_1000", "1,000円未満切上げ", "up to 1,000 yen"),
    label("rounding_half_up_1", "1円未満四捨五入", "half up to 1 yen"),
    label("rounding_half_up_10", "10円未満四捨五入", "half up to 10 yen"),
    label("rounding_half_up_100", "100円未満四捨五入", "half up to 100 yen"),
    label("rounding_half_up_1000", "1,000円未満四捨五入", "half up to 1,000 yen"),
];

/// The word under which a trace shows a rounding; every rule has its texts:
/// `t.get_as(&amounts.rounding, rounding_word)`.
pub fn rounding_word<'a>(rounding: &Rounding) -> Val<'a> {
    Val::Word(match (rounding.direction(), rounding.unit()) {
        (Direction::Down, 1) => "rounding_down_1",
        (Direction::Down, 10) => "rounding_down_10",
        (Direction::Down, 100) => "rounding_down_100",
        (Direction::Down, _) => "rounding_down_1000",
        (Direction::Up, 1) => "rounding_up_1",
        (Direction::Up, 10) => "rounding_up_10",
        (Direction::Up, 100) => "rounding_up_100",
        (Direction::Up, _) => "rounding_up_1000",
        (Direction::HalfUp, 1) => "rounding_half_up_1",
        (Direction::HalfUp, 10) => "rounding_half_up_10",
        (Direction::HalfUp, 100) => "rounding_half_up_100",
        (Direction::HalfUp, _) => "rounding_half_up_1000",
    })
}

/// The values of an ordinance on a date from their compact form.
pub(crate) fn on_date<R: Rule>(compact: Option<&[u8]>, on: Date) -> Result<<R::Ordinance as Ordinance>::OnDate, Refusal> {
    let compact = compact.ok_or_else(|| Refusal::law_unknown("settings_out_of_reach").article("Ordinance").with("on", on))?;
    // The host hands back what `check` made for this very rule: anything else is a broken host.
    Ok(texts::expand(compact).expect("settings of this rule"))
}

/// A decided case.
pub struct Decided {
    /// Rests on something unsettled?
    pub provisional: bool,
    /// Its tables.
    pub results: Vec<(&'static str, Table)>,
    /// Its trace.
    pub trace: Vec<u8>,
}

/// Decides one case with its trace.
///
/// # Errors
/// The refusal, and the trace up to it.
pub fn decide_one<R: Rule>(
    facts: &R::Facts,
    on: Date,
    values: &<R::Ordinance as Ordinance>::OnDate,
) -> Result<Decided, (decision::Refusal, Vec<u8>)> {
    let mut trace = On::new();
    match R::decide(&Case { facts, index: 0, on }, values, &mut trace) {
        Ok(outcome) => {
            let mut results = Results::new::<R::Outcome>(1);
            outcome.write(&mut results);
            results.end_case();
            Ok(Decided { provisional: trace.is_provisional(), results: results.finish(), trace: trace.finish() })
        }
        Err(refusal) => Err((refusal.into_inner(), trace.finish())),
    }
}

/// State of a case answered in bulk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// Decided.
    Decided,
    /// Decided, but not settled.
    Provisional,
    /// Refused; [`decide_one`] says why.
    Refused,
}

/// Answers for many cases.
pub struct Answers {
    /// One per case.
    pub statuses: Vec<Status>,
    /// Tables over all cases.
    pub results: Vec<(&'static str, Table)>,
}

/// Answers every case of the call, without traces.
pub fn decide_all<R: Rule>(facts: &R::Facts, on: Date, cases: usize, values: &<R::Ordinance as Ordinance>::OnDate) -> Answers {
    let mut statuses = Vec::with_capacity(cases);
    let mut results = Results::new::<R::Outcome>(cases);
    for index in 0..cases {
        let mut trace = Off::default();
        statuses.push(match R::decide(&Case { facts, index, on }, values, &mut trace) {
            Ok(outcome) => {
                outcome.write(&mut results);
                if trace.is_provisional() { Status::Provisional } else { Status::Decided }
            }
            Err(_) => Status::Refused,
        });
        results.end_case();
    }
    Answers { statuses, results: results.finish() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jorei_domain::benefit::{BENEFITS, PAYEES};
    use jorei_domain::record::{Kind, Unit};

    #[test]
    fn each_key_is_there_once_with_both_texts() {
        let mut keys: Vec<&str> = LABELS.iter().map(|label| label.key).collect();
        keys.sort_unstable();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(LABELS.iter().all(|label| !label.ja.is_empty() && !label.en.is_empty()));
    }

    #[test]
    fn every_word_of_a_fact_and_every_rounding_has_a_label() {
        let has = |word: &str| assert!(LABELS.iter().any(|label| label.key == word), "{word} has no label");
        for field in Kind::ALL.into_iter().flat_map(Kind::fields) {
            if let Unit::Code(words) = field.unit {
                words.iter().copied().for_each(has);
            }
        }
        BENEFITS.iter().chain(PAYEES).copied().for_each(has);
        for direction in [Direction::Down, Direction::Up, Direction::HalfUp] {
            for unit in [1, 10, 100, 1000] {
                let Val::Word(word) = rounding_word(&Rounding::new(unit, direction)) else { panic!("no word") };
                assert!(word.ends_with(&format!("_{unit}")), "{word} for {unit}");
                has(word);
            }
        }
    }
}
