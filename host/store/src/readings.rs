//! How names and addresses are compared: without the differences that people type and registers
//! print, and that mean nothing.
//!
//! Absent here: reading kanji. A name is searched for by its reading.

use unicode_normalization::UnicodeNormalization as _;

/// A reading as it is searched for: full-width katakana, no spaces and no middle dots. Small kana
/// stay small: キヨウ is not キョウ. A text in Latin letters comes back as [`latin_key`] gives it.
///
/// `ﾔﾏﾀﾞ はなこ` becomes `ヤマダハナコ`.
pub fn kana_key(text: &str) -> String {
    let katakana = |c: char| match c {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => u32::from(c).checked_add(0x60).and_then(char::from_u32).unwrap_or(c),
        c => c,
    };
    let key: String = text.nfkc().filter(|c| !c.is_whitespace() && *c != '・').map(katakana).collect();
    if is_latin(&key) { latin_key(&key) } else { key }
}

/// A name in Latin letters as it is searched for: capitals, no spaces, hyphens or apostrophes.
pub fn latin_key(text: &str) -> String {
    let kept = |c: &char| !c.is_whitespace() && !matches!(c, '-' | '\'' | '’' | '・' | '‐');
    text.nfkc().filter(kept).flat_map(char::to_uppercase).collect()
}

/// Is a key one of Latin letters, to be looked for among the Latin names? Kana and kanji lie beyond.
pub fn is_latin(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| u32::from(c) < 0x250)
}

/// Is a key made of kana only, so that a reading can begin with it?
pub fn is_kana(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| matches!(c, 'ァ'..='ヿ'))
}

/// An address without spaces, widths and kinds of hyphen.
pub(crate) fn address_key(text: &str) -> String {
    let plain = |c: char| if matches!(c, '‐' | '‑' | '–' | '—' | '−' | '―' | 'ー') { '-' } else { c };
    text.nfkc().filter(|c| !c.is_whitespace()).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_the_same_however_it_is_typed() {
        for typed in ["ヤマダ ハナコ", "やまだ　はなこ", "ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ・ハナコ", "ヤマタ\u{3099}ハナコ"]
        {
            assert_eq!(kana_key(typed), "ヤマダハナコ", "{typed}");
        }
        assert_eq!(kana_key("りー ゔぃ"), "リーヴィ");
        assert_ne!(kana_key("キョウコ"), kana_key("キヨウコ"));
        assert_eq!(kana_key("ｎｇｕｙｅｎ Thi-Lan"), "NGUYENTHILAN");
        assert_eq!(latin_key("O'Brien"), "OBRIEN");
        assert!(is_latin("NGUYEN") && !is_latin("ヤマダ") && !is_latin(""));
        assert!(is_kana("ヤマダ") && !is_kana("山田") && !is_kana("ヤマダ%"));
    }

    #[test]
    fn an_address_is_the_same_however_its_number_is_printed() {
        assert_eq!(address_key("旭川市９条通９丁目 １２－３"), address_key("旭川市9条通9丁目12-3"));
        assert_ne!(address_key("旭川市9条通9丁目12-3"), address_key("旭川市9条通9丁目1-23"));
    }
}
