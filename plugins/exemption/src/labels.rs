//! Texts of every key that traces and refusals use, the SDK's own left out: for officials, and for engineers.

use jorei_sdk::Label;
use jorei_sdk::rule::label;

/// The catalogue, by kind of key.
pub(crate) const LABELS: &[Label] = &[
    // Steps.
    label("exemptions", "減免", "exemptions"),
    label("fiscal_year", "賦課年度", "fiscal year"),
    label("annual_premium", "年間保険料（減免前）", "annual premium, before exemptions"),
    label("application", "減免申請", "application"),
    label("relief", "減免の種類", "relief"),
    label("limit", "減免できる額の上限", "the most that can be taken off"),
    label("requires", "減免の前提要件", "what the relief requires"),
    label("rows", "減免割合の表", "rows of the relief"),
    label("row", "行", "row"),
    label("income_year", "所得の年", "income year"),
    label("income_of_head", "世帯主の総所得金額等", "total income of the head"),
    label("income_of_insured", "被保険者の総所得金額等", "total income of an insured person"),
    label("taken_off", "減免額（端数処理前）", "taken off, before rounding"),
    label("rounded", "減免額（端数処理後）", "rounded"),
    label("amount", "減免額", "amount"),
    label("exclusion", "併給できない減免の区分", "group of reliefs that exclude each other"),
    label("open_yen", "申請日以後に納期限が到来する期別額の合計", "instalments open at the earliest application"),
    label("fact_unknown", "確認できない事項", "a fact that is not known"),
    label("months_examined", "同じ扱いの月", "months alike"),
    label("not_insured_in_the_year", "年度内に被保険者でない", "not insured in the year"),
    label("taken_off_element", "要素ごとの減免額", "taken off an element"),
    label("income_levy", "所得割額", "income levy"),
    label("per_capita", "均等割額", "per-capita levy"),
    label("per_household", "平等割額", "per-household levy"),
    label("unknown_part", "不明な賦課区分", "unknown part"),
    // Facts that rows ask for, as `axes.rs` has them.
    label("applied_on", "申請日", "day of the application"),
    label("cause", "事由", "cause, by its number in the ordinance"),
    label("cause_on", "事由発生日", "day of the damage or cause"),
    label("previous_income_yen", "前年の総所得金額等", "total income of head and insured persons in the year before"),
    label("current_income_yen", "当年の総所得金額等の見込額", "their expected total income in the year of the cause"),
    label("income_fall", "所得の減少割合", "fall of income"),
    label("non_farm_income_yen", "農業外所得", "income from other than farming"),
    label("loss_share", "損害の割合", "share of the loss"),
    label("insured_persons", "被保険者数", "persons insured in the year"),
    label("minors", "18歳以下の世帯員数", "members who have not passed the 31 March after turning 18"),
    label("reduction_level", "軽減割合（割）", "statutory reduction in tenths"),
    label("age", "申請日の年齢", "age on the day of the application"),
    label("former_dependant", "旧被扶養者", "former dependant in the month"),
    label("from_society", "国保組合の旧被扶養者", "from an NHI society"),
    label("month_of_membership", "資格取得月から数えた月数", "month of membership, that of joining is the first"),
    label("all_former_dependants", "被保険者全員が旧被扶養者", "all insured persons are former dependants in the month"),
    label("detained", "収容月", "detained in the month: from that of entry to the one before release"),
    label("detention_over", "収容の終了又は年度の経過", "released, or the year is past, on the day of the application"),
    label("detention_certified", "在所証明の確認", "the certificate of stay was seen"),
    // Formulas.
    label("sum_over_persons", "各人の額の合計", "sum over the persons"),
    label("fall_of_income", "（前年の所得－当年の所得）÷前年の所得", "(previous - current) / previous"),
    label("share_of_loss", "（損害額－補てん額）÷平年の価額", "(loss - insured) / normal"),
    label("rate_of_base", "減免の基礎額×減免割合", "base x rate"),
    label(
        "due_from_application",
        "申請日以後に納期限が到来する期別額の合計（遡る減免は年間保険料）",
        "due on the day of the application or later; the premium where the relief reaches back",
    ),
    label(
        "due_from_earliest_application",
        "最も早い申請日以後に納期限が到来する期別額の合計",
        "due on the day of the earliest application or later",
    ),
    label("at_most_limit", "上限の額まで", "at most the limit"),
    label("host_resolves", "重複する減免は順位の低い数字を優先", "the lowest rank of a group holds"),
    label("share_of_person", "本人分", "the person's share"),
    label("rate_by_months", "本人分×減免割合×月数÷賦課月数", "share x rate x months / months levied"),
    // Words.
    label("granted", "減免あり", "granted"),
    label("conditions_not_met", "要件に該当しない", "conditions not met"),
    label("not_certified", "証明書類の未確認", "documents not in order"),
    label("of_another_household", "申請日に他世帯", "of another household on the day of the application"),
    label("too_early", "申請期間前", "before the first day of applications"),
    label("too_late", "申請期限後", "after the last day of applications"),
    label("cancelled", "減免の取消", "cancelled"),
    label("no_open_instalment", "減免できる期別額がない", "nothing left to reduce"),
    label("excluded_by_reduction", "非自発的失業者の軽減を受けているため対象外", "excluded by the reduction for involuntary unemployment"),
    label("nothing_to_reduce", "減免する額がない", "nothing to take off"),
    label("repeated", "同じ減免の申請が先にある", "an earlier application for the same relief was granted"),
    label("repeated_application", "重ねてされた申請の日", "day of a repeated application"),
    label("base_annual", "年間保険料", "the annual premium"),
    label("base_open_instalments", "減免できる期別額の合計", "the instalments that can be reduced"),
    label("base_person_elements", "本人分の所得割・均等割・平等割", "the person's share of the elements"),
    label("unknown_refuse", "計算しない", "refuse"),
    label("unknown_not_met", "要件に該当しないものとする", "count as not met"),
    label("no_row", "該当する行がない", "no row applies"),
    label("otherwise_none", "該当する行がなければ減免しない", "no relief where no row applies"),
    // Sections and values of the ordinance.
    label("relief.requires", "前提要件", "what it requires"),
    label("relief.rows", "減免割合の表", "rows"),
    label("relief.rate", "減免割合", "rate of the row"),
    label("relief.otherwise", "該当する行がない場合", "where no row applies"),
    label("relief.base", "減免の基礎額", "what a rate is a share of"),
    label("relief.open_instalments_only", "納期限未到来の期別額のみ減免", "only instalments not yet due are reduced"),
    label("relief.due_after_cause", "事由発生後に納期限が到来する期別額のみ減免", "only instalments due after the cause are reduced"),
    label("relief.certificate_required", "証明書類の要否", "documents are required"),
    label("relief.apply_from", "申請の受付開始日", "first day of applications"),
    label("relief.apply_until", "申請の受付終了日の翌日", "first day on which one can no longer apply"),
    label("relief.unknown", "事実が確認できない場合", "where a fact is not known"),
    label("relief.excluded_by_unemployment", "非自発的失業者の軽減との併用不可", "not beside the reduction for involuntary unemployment"),
    label("relief.exclusion_group", "併給できない減免の区分", "exclusion group"),
    label("relief.rank", "優先順位", "rank"),
    label("relief.rounding", "端数処理", "rounding"),
    // Refusals.
    label(
        "relief_unknown",
        "{year}年度の条例に減免区分{relief}がありません。申請の減免区分を確認するか、条例設定に減免を追加してください。",
        "the ordinance of FY{year} has no relief {relief}; check the application, or add the relief to the ordinance",
    ),
    label(
        "premium_missing",
        "{year}年度の保険料が決定されていません。先に賦課を行ってください。",
        "no premium of FY{year} was assessed; assess it first",
    ),
    label("premium_unknown", "保険料が決定されていません。先に賦課を行ってください。", "no premium was assessed; assess it first"),
    label(
        "cause_unknown",
        "減免申請の事由コードが登録されていません。申請書を確認して登録してください。",
        "the application states no cause; look at it and record the cause",
    ),
    label(
        "cause_on_unknown",
        "減免申請の事由発生日が登録されていません。申請書を確認して登録してください。",
        "the application states no day of the cause; look at it and record the day",
    ),
    label(
        "current_income_unknown",
        "当年の所得見込額が登録されていません。申請書類を確認して登録してください（不明は0円ではありません）。",
        "the expected income of the year is not recorded; unknown is not zero, find it out",
    ),
    label(
        "non_farm_income_unknown",
        "農業外所得が登録されていません。申請書類を確認して登録してください（不明は0円ではありません）。",
        "the income from other than farming is not recorded; unknown is not zero, find it out",
    ),
    label("loss_unknown", "損害額が登録されていません。申請書類を確認して登録してください。", "the loss is not recorded; find it out"),
    label(
        "normal_unknown",
        "平年の価額が登録されていません。申請書類を確認して登録してください。",
        "the value before, or the normal income, is not recorded; find it out",
    ),
    label(
        "insured_unknown",
        "保険等による補てん額が登録されていません。補てんがなければ0円と登録してください。",
        "what insurance paid is not recorded; record 0 where it paid nothing",
    ),
    label(
        "stated_amount_negative",
        "減免申請の「{column}」が負の額（{yen}円）です。金額を確認してください。",
        "an amount of the application is below nil ({yen} yen, `{column}`); check it",
    ),
    label(
        "loss_above_normal",
        "損害額（補てん後{loss}円）が平年の価額（{normal}円）を超えます。金額を確認してください。",
        "the loss ({loss} yen after insurance) is more than the value before ({normal} yen); check them",
    ),
    label(
        "former_dependant_unknown",
        "旧被扶養者の記録がありません。資格の記録を確認してください。",
        "no record of a former dependant; check the qualification",
    ),
    label(
        "income_unknown",
        "世帯員{person}の{year}年の所得が登録されていません。所得を確認してください（不明は0円ではありません）。",
        "no income of {year} for person {person}; unknown is not zero, find it out",
    ),
    label(
        "income_undeclared",
        "世帯員{person}の{year}年の所得が未申告です。申告を求めてください（不明は0円ではありません）。",
        "the income of {year} of person {person} is undeclared; ask for the declaration",
    ),
    label(
        "income_pending",
        "世帯員{person}の{year}年の所得は照会中です。回答を待ってください（不明は0円ではありません）。",
        "the income of {year} of person {person} was asked for elsewhere; wait for the answer",
    ),
    label(
        "income_not_converted",
        "世帯員{person}の{year}年は収入だけが登録されています。所得の額を登録してください。",
        "only revenue of {year} is recorded for person {person}; record the income",
    ),
    label(
        "incomes_twice",
        "世帯員{person}の{year}年の所得が2件以上あります。1件に整理してください。",
        "more than one income of {year} for person {person}; keep one",
    ),
    label(
        "birth_unknown",
        "世帯員{person}の生年月日が確定しないため計算結果が定まりません。生年月日を確認してください。",
        "the birth date of person {person} is not known well enough: the answer depends on it; find it out",
    ),
    label(
        "holder_unknown",
        "世帯員{person}の離職（{on}）の受給資格者区分が不明です。雇用保険受給資格者証を確認してください。",
        "the mark on the certificate of person {person} (left work on {on}) is not known; look at the certificate",
    ),
    label(
        "two_heads",
        "{on}時点で世帯主が2人います。世帯の記録を確認してください。",
        "two heads of household on {on}; check the records of the household",
    ),
    label(
        "head_missing",
        "{on}時点で世帯主がいません。世帯の記録を確認してください。",
        "no head of household on {on}; check the records of the household",
    ),
    label(
        "composition_changed",
        "年度の途中で「{part}」の対象者が変わったため、本人分を正確に計算できません。担当者が本人分を算定してください。",
        "the persons of the part `{part}` changed within the year, so the person's share is not exact; a clerk works it out",
    ),
    label(
        "head_changed",
        "年度の途中で世帯主が変わったため、本人分を正確に計算できません。担当者が本人分を算定してください。",
        "the head changed within the year, so the person's share is not exact; a clerk works it out",
    ),
    label(
        "cap_binds",
        "「{part}」が賦課限度額に達しているため、本人分を正確に計算できません。担当者が減免額を算定してください。",
        "the cap binds in the part `{part}`, so the person's share is not exact; a clerk works it out",
    ),
    label(
        "elements_do_not_add_up",
        "「{part}」の要素の合計が保険料と一致しません（資産割や産前産後の軽減など）。担当者が減免額を算定してください。",
        "the elements of the part `{part}` do not add up to it (asset levy, birth); a clerk works it out",
    ),
    label(
        "element_missing",
        "「{part}」の要素の額が登録されていません。賦課の記録を確認してください。",
        "an element of the part `{part}` is not recorded; check the assessment",
    ),
    label(
        "per_capita_not_even",
        "「{part}」の均等割額が未就学児の軽減で人により異なるため、本人分を正確に計算できません。担当者が本人分を算定してください。",
        "per-capita levies of the part `{part}` differ because of preschool children; a clerk works it out",
    ),
];

#[cfg(test)]
mod tests {
    use super::LABELS;
    use crate::AXES;

    #[test]
    fn each_key_is_there_once_with_both_texts() {
        let mut keys: Vec<&str> = LABELS.iter().map(|label| label.key).collect();
        keys.sort_unstable();
        let twice: Vec<_> = keys.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
        assert!(LABELS.iter().all(|label| !label.ja.is_empty() && !label.en.is_empty()));
    }

    #[test]
    fn a_fact_is_called_the_same_in_traces_and_in_problems_of_an_ordinance() {
        for axis in AXES {
            let label = LABELS.iter().find(|label| label.key == axis.key).unwrap_or_else(|| panic!("{} has no text", axis.key));
            assert_eq!((label.ja, label.en), (axis.ja, axis.en), "{}", axis.key);
        }
    }
}
