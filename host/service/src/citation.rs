//! Citations in the language of the reader. Rules cite in one fixed form (`Act art. 76-2`,
//! `Order art. 29-7 para. 6 no. 2`, `Ordinance art. 12(3)`); officials read 国民健康保険法第76条の2.

use crate::language::Language;
use std::borrow::Cow;

/// The laws that rules cite by a short name.
const LAWS: [(&str, &str); 9] = [
    ("Local Autonomy Act", "地方自治法"),
    ("Civil Code", "民法"),
    ("Local Tax Act", "地方税法"),
    ("Income Tax Act", "所得税法"),
    ("Special Taxation Measures Act", "租税特別措置法"),
    // Before the short name that it begins with.
    ("Act on National Holidays", "国民の祝日に関する法律"),
    ("Act", "国民健康保険法"),
    ("Order", "国民健康保険法施行令"),
    ("Ordinance", "条例"),
];

/// The parts of a provision, each with what stands around its number.
const PARTS: [(&str, &str, &str); 7] = [
    ("arts.", "第", "条"),
    ("art.", "第", "条"),
    ("paras.", "第", "項"),
    ("para.", "第", "項"),
    ("nos.", "第", "号"),
    ("no.", "第", "号"),
    ("suppl.", "附則", ""),
];

/// A citation for a reader. What is not in the fixed form stays as it is: a municipality writes
/// its own articles in its own words.
pub fn citation(text: &str, language: Language) -> Cow<'_, str> {
    if language == Language::English {
        return Cow::Borrowed(text);
    }
    if let Some((_, law)) = LAWS.iter().find(|(en, _)| *en == text) {
        return Cow::Borrowed(law);
    }
    let found = LAWS.iter().find_map(|(en, ja)| Some((ja, text.strip_prefix(en)?.strip_prefix(' ')?)));
    match found.and_then(|(law, provision)| Some(format!("{law}{}", provision_ja(provision)?))) {
        Some(japanese) => Cow::Owned(japanese),
        None => Cow::Borrowed(text),
    }
}

/// `art. 29-7 para. 6 no. 2` as 第29条の7第6項第2号; nothing for a word that is no part.
fn provision_ja(provision: &str) -> Option<String> {
    let mut japanese = String::new();
    let mut around = None;
    for word in provision.split_whitespace() {
        if let Some((_, before, after)) = PARTS.iter().find(|(part, _, _)| *part == word) {
            if after.is_empty() {
                japanese.push_str(before);
            } else {
                around = Some((before, after));
            }
            continue;
        }
        let (before, after) = around?;
        let (number, more) = match word.strip_suffix(',') {
            Some(number) => (number, "・"),
            None => (word, ""),
        };
        let (number, paragraph) = match number.strip_suffix(')').and_then(|number| number.split_once('(')) {
            Some((number, paragraph)) => (number, Some(paragraph)),
            None => (number, None),
        };
        let mut branches = number.split('-');
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let main = branches.next().filter(|text| digits(text))?;
        japanese.push_str(&format!("{before}{main}{after}"));
        for branch in branches {
            if !digits(branch) {
                return None;
            }
            // Articles branch (29条の7); paragraphs and items run (6項から7項).
            match *after {
                "条" => japanese.push_str(&format!("の{branch}")),
                _ => japanese.push_str(&format!("から{before}{branch}{after}まで")),
            }
        }
        if let Some(paragraph) = paragraph {
            japanese.push_str(&format!("第{paragraph}項"));
        }
        japanese.push_str(more);
    }
    (!japanese.is_empty()).then_some(japanese)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_read_as_an_official_writes_them() {
        for (english, japanese) in [
            ("Act art. 76-2", "国民健康保険法第76条の2"),
            ("Act art. 76(3)", "国民健康保険法第76条第3項"),
            ("Act arts. 7, 8", "国民健康保険法第7条・第8条"),
            ("Order art. 29-7 para. 6 no. 2", "国民健康保険法施行令第29条の7第6項第2号"),
            ("Order art. 29-7 para. 6 nos. 6-7", "国民健康保険法施行令第29条の7第6項第6号から第7号まで"),
            ("Order suppl. art. 5", "国民健康保険法施行令附則第5条"),
            ("Local Tax Act art. 314-2 para. 2", "地方税法第314条の2第2項"),
            ("Ordinance", "条例"),
            ("条例第12条", "条例第12条"),
            ("Ordinance, article not found", "Ordinance, article not found"),
        ] {
            assert_eq!(citation(english, Language::Japanese), japanese);
            assert_eq!(citation(english, Language::English), english);
        }
    }
}
