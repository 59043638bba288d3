//! The characters of bank files: half-width, one byte each (JIS X 0201 as in Shift_JIS), and which of them a name may have.
//!
//! A text of this crate holds them as half-width Unicode, so that its characters are the file's bytes one by one.
//! Absent here: EBCDIC; what some banks allow besides (`/ , ｢ ｣ \`); mending of a text, which is `names`' matter.

use core::fmt;

/// The byte of ｱ, the first of the large kana.
const KANA_FIRST: u8 = 0xB1;
/// The byte of ﾝ, the last of the kana.
const KANA_LAST: u8 = 0xDD;
/// The byte of the voicing mark ﾞ.
const VOICED: u8 = 0xDE;
/// The byte of the half-voicing mark ﾟ.
const HALF_VOICED: u8 = 0xDF;
/// How far the half-width kana lie from their bytes in Unicode: ｱ is U+FF71.
const UNICODE_FROM_BYTE: u32 = 0xFF71 - KANA_FIRST as u32;

/// Which characters a field may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Alphabet {
    /// Of holders and clients: large kana without ｦ, voicing marks, `A`-`Z`, `0`-`9`, space, `(`, `)`, `-`, `.`.
    Name,
    /// Of banks and branches: large kana without ｦ, voicing marks, `A`-`Z`, `0`-`9`, `-`.
    Bank,
}

/// What sort of character stands where it must not. Never the character itself: it is part of somebody's name.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CharacterClass {
    /// ｧ to ｯ.
    SmallKana,
    /// ｦ.
    Wo,
    /// ｰ.
    LongMark,
    /// ﾞ or ﾟ that follows no kana.
    LooseVoicing,
    /// `a` to `z`.
    LowerCase,
    /// A space before the text, or two in a row.
    Space,
    /// A punctuation mark.
    Punctuation,
    /// A control character or a byte that is no character.
    Control,
    /// A character that has no half-width form: kanji, hiragana, full-width kana and letters, other scripts.
    Wide,
}

impl CharacterClass {
    /// In the words of officials.
    pub const fn japanese(self) -> &'static str {
        match self {
            CharacterClass::SmallKana => "小さいカナ（大きいカナで書く）",
            CharacterClass::Wo => "ヲ（オで書く）",
            CharacterClass::LongMark => "長音（ハイフンで書く）",
            CharacterClass::LooseVoicing => "カナの後にない濁点・半濁点",
            CharacterClass::LowerCase => "英小文字（大文字で書く）",
            CharacterClass::Space => "余分な空白",
            CharacterClass::Punctuation => "使えない記号",
            CharacterClass::Control => "文字でないもの",
            CharacterClass::Wide => "半角にできない文字",
        }
    }

    const fn english(self) -> &'static str {
        match self {
            CharacterClass::SmallKana => "a small kana",
            CharacterClass::Wo => "the kana wo",
            CharacterClass::LongMark => "a long mark",
            CharacterClass::LooseVoicing => "a voicing mark that follows no kana",
            CharacterClass::LowerCase => "a lower-case letter",
            CharacterClass::Space => "a space too many",
            CharacterClass::Punctuation => "a punctuation mark that is not allowed",
            CharacterClass::Control => "no character",
            CharacterClass::Wide => "a character without a half-width form",
        }
    }
}

/// A character that a field may not have: where it stands and of what sort it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CharacterError {
    /// Its place, from 1.
    pub place: usize,
    /// Its sort.
    pub class: CharacterClass,
}

impl fmt::Display for CharacterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {} is {}; write large half-width kana, A-Z, 0-9 and the marks of bank files", self.place, self.class.english())
    }
}

impl core::error::Error for CharacterError {}

/// The byte of one half-width character, if the alphabet has it.
fn byte_of(character: char, alphabet: Alphabet) -> Result<u8, CharacterClass> {
    let class = match character {
        'A'..='Z' | '0'..='9' | '-' => return Ok(character as u8),
        ' ' | '(' | ')' | '.' if alphabet == Alphabet::Name => return Ok(character as u8),
        'ｱ'..='ﾟ' => return Ok(u8::try_from(u32::from(character) - UNICODE_FROM_BYTE).unwrap_or(KANA_FIRST)),
        'ｦ' => CharacterClass::Wo,
        'ｧ'..='ｯ' => CharacterClass::SmallKana,
        'ｰ' => CharacterClass::LongMark,
        'a'..='z' => CharacterClass::LowerCase,
        ' ' => CharacterClass::Space,
        _ if character.is_ascii_punctuation() || ('｡'..='･').contains(&character) => CharacterClass::Punctuation,
        _ if character.is_control() => CharacterClass::Control,
        _ => CharacterClass::Wide,
    };
    Err(class)
}

/// The character of one byte of Shift_JIS' single-byte half.
fn character_of(byte: u8) -> Option<char> {
    match byte {
        0x20..=0x7E => Some(char::from(byte)),
        0xA1..=0xDF => char::from_u32(u32::from(byte) + UNICODE_FROM_BYTE),
        _ => None,
    }
}

/// A kana that a voicing mark can follow.
const fn is_kana(byte: u8) -> bool {
    byte >= KANA_FIRST && byte <= KANA_LAST
}

/// A voicing mark: belongs to the kana before it.
const fn is_voicing(byte: u8) -> bool {
    byte == VOICED || byte == HALF_VOICED
}

/// The bytes of a text of half-width characters, one byte each.
///
/// # Errors
/// [`CharacterError`] at the first character that the alphabet does not have, at a voicing mark that follows no kana, and
/// at a space that begins the text or follows another one.
pub fn encode(text: &str, alphabet: Alphabet) -> Result<Vec<u8>, CharacterError> {
    let mut bytes = Vec::with_capacity(text.len());
    for (place, character) in (1..).zip(text.chars()) {
        let wrong = |class| CharacterError { place, class };
        let byte = byte_of(character, alphabet).map_err(wrong)?;
        let before = bytes.last().copied();
        if is_voicing(byte) && !before.is_some_and(is_kana) {
            return Err(wrong(CharacterClass::LooseVoicing));
        }
        if byte == b' ' && before.is_none_or(|before| before == b' ') {
            return Err(wrong(CharacterClass::Space));
        }
        bytes.push(byte);
    }
    Ok(bytes)
}

/// The text of bytes as [`encode`] writes them; nothing else is accepted.
///
/// # Errors
/// [`CharacterError`], as of [`encode`], and for a byte that is no character.
pub fn decode(bytes: &[u8], alphabet: Alphabet) -> Result<String, CharacterError> {
    let mut text = String::with_capacity(3 * bytes.len());
    for (place, byte) in (1..).zip(bytes) {
        text.push(character_of(*byte).ok_or(CharacterError { place, class: CharacterClass::Control })?);
    }
    encode(&text, alphabet).map(|_| text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use encoding_rs::SHIFT_JIS;

    const NAMES: &str = " ().-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝﾞﾟ";

    #[test]
    fn every_byte_is_the_one_that_shift_jis_has_for_the_character() {
        for character in NAMES.chars() {
            let text: String =
                if matches!(character, 'ﾞ' | 'ﾟ' | ' ') { ['ｱ', character].iter().collect() } else { character.to_string() };
            let (bytes, _, bad) = SHIFT_JIS.encode(&text);
            assert!(!bad);
            assert_eq!(encode(&text, Alphabet::Name).as_deref(), Ok(&*bytes), "{text}");
            assert_eq!(decode(&bytes, Alphabet::Name).as_deref(), Ok(&*text));
        }
    }

    #[test]
    fn no_byte_but_those_of_the_list_is_a_name() {
        let (allowed, _, _) = SHIFT_JIS.encode(NAMES);
        for byte in 0..=u8::MAX {
            // Behind a kana a space and a voicing mark may stand.
            assert_eq!(decode(&[0xB1, byte], Alphabet::Name).is_ok(), allowed.contains(&byte), "{byte:02x}");
            assert_eq!(decode(&[0xB1, byte], Alphabet::Bank).is_ok(), allowed.contains(&byte) && !b" ().".contains(&byte), "{byte:02x}");
        }
    }

    #[test]
    fn what_is_refused_is_named_by_its_sort_and_place() {
        for (text, place, class) in [
            ("ｱｧ", 2, CharacterClass::SmallKana),
            ("ｱｦ", 2, CharacterClass::Wo),
            ("ｱｲｰ", 3, CharacterClass::LongMark),
            ("ﾞ", 1, CharacterClass::LooseVoicing),
            ("ｶﾞﾞ", 3, CharacterClass::LooseVoicing),
            ("Aﾟ", 2, CharacterClass::LooseVoicing),
            ("a", 1, CharacterClass::LowerCase),
            (" ｱ", 1, CharacterClass::Space),
            ("ｱ  ｲ", 3, CharacterClass::Space),
            ("ｱ,", 2, CharacterClass::Punctuation),
            ("ｱ･", 2, CharacterClass::Punctuation),
            ("ｱ\n", 2, CharacterClass::Control),
            ("ア", 1, CharacterClass::Wide),
            ("山", 1, CharacterClass::Wide),
            ("Ａ", 1, CharacterClass::Wide),
        ] {
            assert_eq!(encode(text, Alphabet::Name), Err(CharacterError { place, class }), "{text}");
        }
        assert_eq!(decode(&[0xB1, 0x80], Alphabet::Name), Err(CharacterError { place: 2, class: CharacterClass::Control }));
        let shown = encode("ﾔﾏﾀﾞ ﾀﾛｳx", Alphabet::Name).unwrap_err().to_string();
        assert!(shown.contains("character 9 is a lower-case letter") && !shown.contains('x'), "{shown}");
    }
}
