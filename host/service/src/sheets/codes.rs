//! Codes: the word that officials write and read for each.
//!
//! Absent here: which codes a column may hold, which its unit says.

/// The officials' word of a code's word: what a form shows and takes. The labels of the SDK have the same.
pub fn word_ja(word: &str) -> Option<&'static str> {
    Some(match word {
        "known" => "判明",
        "not_required" => "申告不要",
        "undeclared" => "未申告",
        "pending" => "照会中",
        "moved_in" => "転入",
        "employees_insurance_lost" => "社会保険離脱",
        "born" => "出生",
        "public_assistance_ended" => "生活保護廃止",
        "nhi_society_left" => "国保組合離脱",
        "other_cause" => "その他",
        "lost_on_day" => "喪失日による",
        "employees_insurance" => "社会保険加入",
        "death" => "死亡",
        "late_elderly" => "後期高齢者医療",
        "moved_out" => "転出",
        "public_assistance" => "生活保護",
        "nhi_society" => "国保組合加入",
        "ordinary" => "一般",
        "special" => "特例",
        "elderly" => "高年齢",
        "limit_certificate" => "限度額適用認定",
        "meal_reduction" => "標準負担額減額認定",
        "long_stay" => "長期入院該当",
        "receipts_test" => "基準収入額適用",
        "in_arrears" => "滞納あり",
        "special_care" => "特別療養",
        "payment_suspended" => "一時差止",
        "dialysis" => "人工透析を要する慢性腎不全",
        "haemophilia" => "血友病",
        "hiv_infection" => "血液製剤によるHIV感染症",
        _ => return None,
    })
}
