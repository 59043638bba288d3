//! Names of account holders: brought into the form that bank files have, and compared.
//!
//! Two registers write one person differently: full or half width, small kana or large, a long mark or a hyphen. Both
//! sides are normalised before they are compared, and what still differs in more than spaces and hyphens is a person's
//! matter. Absent here: companies' words (ｶ) and so on), because households are paid; kanji, which have no one reading.

use crate::characters::{Alphabet, CharacterClass, CharacterError, encode};
use core::fmt;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// How many bytes of a name a file has.
pub const FILE_BYTES: usize = 30;
/// The longest name in bytes that is kept: far beyond any in a register of residents.
pub const HOLDER_BYTES: usize = 200;

/// A holder's name (口座名義) in the form of bank files, in full: half-width, large kana, single spaces.
///
/// Never empty. `Debug` shows nothing of it, and there is no `Display`: ask for [`HolderName::text`] where it is wanted.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct HolderName(String);

/// Why a text is no holder's name. Nothing of the text is in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NameError {
    /// Nothing is left of it.
    Empty,
    /// More than [`HOLDER_BYTES`].
    TooLong,
    /// A letter that has no half-width form, or is not in the normal form that is asked for.
    Character(CharacterError),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Empty => f.write_str("holder's name: empty; write the name in kana"),
            NameError::TooLong => write!(f, "holder's name: longer than {HOLDER_BYTES} half-width characters"),
            NameError::Character(error) => write!(f, "holder's name: {error}"),
        }
    }
}

impl core::error::Error for NameError {}

impl fmt::Debug for HolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderName(..)")
    }
}

/// How far two names agree.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Agreement {
    /// Character by character.
    Exact,
    /// But for spaces and hyphens.
    SpacesAndHyphens,
    /// In what a file has of them; at least one is longer.
    FirstThirty,
    /// In none of these ways.
    Different,
}

impl Agreement {
    /// May money go out without a person's look?
    pub const fn passes(self) -> bool {
        matches!(self, Agreement::Exact | Agreement::SpacesAndHyphens)
    }

    /// In the words of officials.
    pub const fn japanese(self) -> &'static str {
        match self {
            Agreement::Exact => "一致",
            Agreement::SpacesAndHyphens => "空白・ハイフンを除いて一致",
            Agreement::FirstThirty => "先頭30文字が一致（職員の確認を要する）",
            Agreement::Different => "不一致（職員の確認を要する）",
        }
    }
}

/// Compares two holders' names.
pub fn agreement(one: &HolderName, other: &HolderName) -> Agreement {
    let bare = |name: &HolderName| name.0.replace([' ', '-'], "");
    if one == other {
        Agreement::Exact
    } else if bare(one) == bare(other) && !bare(one).is_empty() {
        Agreement::SpacesAndHyphens
    } else if one.cut() == other.cut() {
        Agreement::FirstThirty
    } else {
        Agreement::Different
    }
}

impl HolderName {
    /// Brings a name as people and registers write it into the form of bank files.
    ///
    /// Width, case, hiragana, small kana, ヲ, ヰ, ヱ, ヴ, long marks and dashes are brought to one form; marks on Latin
    /// letters go; a middle dot becomes a space; spaces become one; other punctuation goes. A letter that has no half-width
    /// form (a kanji) is refused and never dropped. Nothing is cut: see [`HolderName::cut`]. What is normal stays as it is.
    ///
    /// # Errors
    /// [`NameError`]; the place counts the characters of the text.
    pub fn normalise(text: &str) -> Result<HolderName, NameError> {
        let mut name = String::with_capacity(text.len());
        let mut space = false;
        for (place, written) in (1..).zip(text.chars()) {
            // Marks that stand alone decompose with a space before them, which would part them from their kana.
            let written = match written {
                '\u{309B}' => '\u{3099}',
                '\u{309C}' => '\u{309A}',
                other => other,
            };
            for character in core::iter::once(written).nfkd().flat_map(char::to_uppercase) {
                match half_width(character) {
                    Form::One(' ') => space = true,
                    Form::One(mark @ ('ﾞ' | 'ﾟ')) => {
                        // A mark without its kana is no letter: it goes like punctuation.
                        if !space && name.chars().next_back().is_some_and(|before| ('ｱ'..='ﾝ').contains(&before)) {
                            name.push(mark);
                        }
                    }
                    Form::One(character) => {
                        if space && !name.is_empty() {
                            name.push(' ');
                        }
                        space = false;
                        name.push(character);
                    }
                    Form::Nothing => {}
                    Form::Refused(class) => return Err(NameError::Character(CharacterError { place, class })),
                }
            }
        }
        HolderName::read(&name)
    }

    /// Takes a name that is normal already; nothing is mended.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn read(text: &str) -> Result<HolderName, NameError> {
        let bytes = encode(text, Alphabet::Name).map_err(NameError::Character)?;
        match bytes.last() {
            None => Err(NameError::Empty),
            Some(b' ') => Err(NameError::Character(CharacterError { place: bytes.len(), class: CharacterClass::Space })),
            Some(_) if bytes.len() > HOLDER_BYTES => Err(NameError::TooLong),
            Some(_) => Ok(HolderName(text.to_owned())),
        }
    }

    /// The name in full, half-width.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What a file has of it: at most [`FILE_BYTES`] characters, never a kana without its voicing mark, no space at the
    /// end.
    pub fn cut(&self) -> HolderName {
        HolderName(cut(&self.0, FILE_BYTES).to_owned())
    }
}

/// The beginning of a half-width text: no kana is parted from its voicing mark, and no space ends it.
pub(crate) fn cut(text: &str, length: usize) -> &str {
    let is_mark = |character: char| matches!(character, 'ﾞ' | 'ﾟ');
    let Some((mut end, first_left_out)) = text.char_indices().nth(length) else { return text };
    if is_mark(first_left_out) {
        end = text[..end].char_indices().next_back().map_or(0, |(at, _)| at);
    }
    text[..end].trim_end_matches(' ')
}

/// What becomes of a decomposed, upper-case character.
enum Form {
    One(char),
    Nothing,
    Refused(CharacterClass),
}

fn half_width(character: char) -> Form {
    let character = match character {
        // Hiragana lie in the same order as katakana.
        'ぁ'..='ゖ' => char::from_u32(u32::from(character) + 0x60).unwrap_or(character),
        other => other,
    };
    if let Some(place) = KATAKANA.chars().position(|kana| kana == character) {
        return HALF_WIDTH.chars().nth(place).map_or(Form::Refused(CharacterClass::Wide), Form::One);
    }
    match character {
        'A'..='Z' | '0'..='9' | '(' | ')' | '.' => Form::One(character),
        '\u{3099}' => Form::One('ﾞ'),
        '\u{309A}' => Form::One('ﾟ'),
        'ー' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2500}' | '\u{2501}' | '\u{2E3A}' | '\u{2E3B}' | '\u{30A0}' => {
            Form::One('-')
        }
        '・' | '·' | '•' => Form::One(' '),
        _ if character.is_whitespace() => Form::One(' '),
        _ if character.is_control() => Form::Refused(CharacterClass::Control),
        _ if is_combining_mark(character) => Form::Nothing,
        _ if character.is_alphanumeric() => Form::Refused(CharacterClass::Wide),
        _ => Form::Nothing,
    }
}

/// Full-width katakana without a voicing mark, each above its half-width form in [`HALF_WIDTH`]. Small ones are above large
/// ones; the last two lines are the small kana of Ainu names.
const KATAKANA: &str = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\
    ァィゥェォヵヶッャュョヮヲヰヱ\
    ㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ";
const HALF_WIDTH: &str = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝ\
    ｱｲｳｴｵｶｹﾂﾔﾕﾖﾜｵｲｴ\
    ｸｼｽﾄﾇﾊﾋﾌﾍﾎﾑﾗﾘﾙﾚﾛ";

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal(text: &str) -> String {
        HolderName::normalise(text).unwrap_or_else(|error| panic!("{text}: {error}")).text().to_owned()
    }

    fn grade(one: &str, other: &str) -> Agreement {
        agreement(&HolderName::normalise(one).unwrap(), &HolderName::normalise(other).unwrap())
    }

    #[test]
    fn names_come_into_the_form_of_bank_files() {
        // Written by hand from the rules of 口座名義 in refunds.md 5.2; all names are made up.
        for (written, expected) in [
            ("ヤマダ タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("やまだ　たろう", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("  ヤマダ \t  タロウ ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            // Small kana.
            ("キョウコ", "ｷﾖｳｺ"),
            ("ｷｮｳｺ", "ｷﾖｳｺ"),
            ("ハットリ シュンイチ", "ﾊﾂﾄﾘ ｼﾕﾝｲﾁ"),
            ("ァィゥェォヵヶッャュョヮ", "ｱｲｳｴｵｶｹﾂﾔﾕﾖﾜ"),
            ("ぁぃぅぇぉゕゖっゃゅょゎ", "ｱｲｳｴｵｶｹﾂﾔﾕﾖﾜ"),
            ("ㇱㇼㇷ゚", "ｼﾘﾌﾟ"),
            // Kana that banks do not have.
            ("ヴィクトル", "ｳﾞｲｸﾄﾙ"),
            ("ゔぃくとる", "ｳﾞｲｸﾄﾙ"),
            ("ミヱ", "ﾐｴ"),
            ("ヰノウエ", "ｲﾉｳｴ"),
            ("ゐのうゑ", "ｲﾉｳｴ"),
            ("アヲイ", "ｱｵｲ"),
            ("ｱｦｲ", "ｱｵｲ"),
            ("を", "ｵ"),
            ("ヷヸヹヺ", "ﾜﾞｲﾞｴﾞｵﾞ"),
            // Long marks and dashes.
            ("ユーコ", "ﾕ-ｺ"),
            ("ﾕｰｺ", "ﾕ-ｺ"),
            ("ユ‐コ", "ﾕ-ｺ"),
            ("ユ‑コ", "ﾕ-ｺ"),
            ("ユ‒コ", "ﾕ-ｺ"),
            ("ユ–コ", "ﾕ-ｺ"),
            ("ユ—コ", "ﾕ-ｺ"),
            ("ユ―コ", "ﾕ-ｺ"),
            ("ユ−コ", "ﾕ-ｺ"),
            ("ユ─コ", "ﾕ-ｺ"),
            ("ユ－コ", "ﾕ-ｺ"),
            ("ユ﹣コ", "ﾕ-ｺ"),
            ("ユ゠コ", "ﾕ-ｺ"),
            // Middle dots and punctuation.
            ("ジョン・スミス", "ｼﾞﾖﾝ ｽﾐｽ"),
            ("ｼﾞｮﾝ･ｽﾐｽ", "ｼﾞﾖﾝ ｽﾐｽ"),
            ("ジョン·スミス", "ｼﾞﾖﾝ ｽﾐｽ"),
            ("ジョン、スミス。", "ｼﾞﾖﾝｽﾐｽ"),
            ("「ヤマダ」", "ﾔﾏﾀﾞ"),
            ("ヤマダ（タロウ）", "ﾔﾏﾀﾞ(ﾀﾛｳ)"),
            // Latin.
            ("Smith John", "SMITH JOHN"),
            ("ＳＭＩＴＨ　Ｊ．", "SMITH J."),
            ("O'Neill Zoë", "ONEILL ZOE"),
            ("Nguyễn Văn", "NGUYEN VAN"),
            ("Müller-Groß", "MULLER-GROSS"),
            ("ﬁona", "FIONA"),
            // Voicing marks, joined, apart and alone.
            ("ガギグゲゴパピプペポ", "ｶﾞｷﾞｸﾞｹﾞｺﾞﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ"),
            ("カ\u{3099}", "ｶﾞ"),
            ("カ゛ハ゜", "ｶﾞﾊﾟ"),
            ("\u{3099}カ", "ｶ"),
            ("カ ゛キ", "ｶ ｷ"),
            ("㌔", "ｷﾛ"),
            ("アパート２０３", "ｱﾊﾟ-ﾄ203"),
            ("カ\u{200B}キ\u{FE0F}", "ｶｷ"),
        ] {
            assert_eq!(normal(written), expected, "{written}");
        }
    }

    #[test]
    fn a_letter_without_a_half_width_form_is_refused_and_not_dropped() {
        let wide = |place| Err(NameError::Character(CharacterError { place, class: CharacterClass::Wide }));
        assert_eq!(HolderName::normalise("ヤマダ太郎"), wide(4));
        assert_eq!(HolderName::normalise("金 ヨンス"), wide(1));
        assert_eq!(HolderName::normalise("イワーン Иван"), wide(6));
        assert_eq!(HolderName::normalise("ミスゞ"), wide(3));
        assert_eq!(
            HolderName::normalise("ア\u{0}"),
            Err(NameError::Character(CharacterError { place: 2, class: CharacterClass::Control }))
        );
        for nothing in ["", "   ", "、。", "゛"] {
            assert_eq!(HolderName::normalise(nothing), Err(NameError::Empty), "{nothing}");
        }
        assert_eq!(HolderName::normalise(&"ア".repeat(HOLDER_BYTES + 1)), Err(NameError::TooLong));
    }

    #[test]
    fn reading_mends_nothing() {
        for text in ["ﾔﾏﾀﾞ ﾀﾛｳ ", " ﾔﾏﾀﾞ", "ﾔﾏﾀﾞ  ﾀﾛｳ", "ヤマダ", "ﾔｰ", "yamada", "ﾞ", ""] {
            assert!(HolderName::read(text).is_err(), "{text:?}");
        }
        assert_eq!(HolderName::read("ﾔﾏﾀﾞ ﾀﾛｳ"), HolderName::normalise("ヤマダ タロウ"));
    }

    #[test]
    fn a_cut_at_thirty_keeps_a_kana_with_its_voicing_mark() {
        let cut = |text: &str| HolderName::read(text).unwrap().cut().text().to_owned();
        let kana = |count: usize| "ｱ".repeat(count);
        assert_eq!(cut(&kana(30)), kana(30));
        assert_eq!(cut(&kana(31)), kana(30));
        // The 30th is ｶ, the 31st its mark: both go.
        assert_eq!(cut(&format!("{}ｶﾞｲ", kana(29))), kana(29));
        assert_eq!(cut(&format!("{}ｶﾞｲ", kana(28))), format!("{}ｶﾞ", kana(28)));
        assert_eq!(cut(&format!("{}ﾊﾟ", kana(29))), kana(29));
        // A space at the cut cannot be told from filling.
        assert_eq!(cut(&format!("{} ｲ", kana(29))), kana(29));
    }

    #[test]
    fn only_the_first_two_grades_pass() {
        for (one, other, expected) in [
            ("ヤマダ タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ", Agreement::Exact),
            ("ヤマダ タロウ", "ヤマダタロウ", Agreement::SpacesAndHyphens),
            ("ユーコ", "ユコ", Agreement::SpacesAndHyphens),
            ("ジョン・スミス", "ジョンスミス", Agreement::SpacesAndHyphens),
            ("ヤマダ タロウ", "ヤマダ シロウ", Agreement::Different),
            ("ヤマダ ハナコ", "サトウ ハナコ", Agreement::Different),
            // The order of names is not guessed at.
            ("SMITH JOHN", "JOHN SMITH", Agreement::Different),
            ("ガ", "カ", Agreement::Different),
            ("-", "--", Agreement::Different),
        ] {
            assert_eq!(grade(one, other), expected, "{one} / {other}");
            assert_eq!(grade(other, one), expected, "{other} / {one}");
            assert_eq!(expected.passes(), matches!(expected, Agreement::Exact | Agreement::SpacesAndHyphens));
        }
        let long = "アンヌマリアフランソワーズデラクルスサントスガルシアロペス";
        assert_eq!(grade(long, &format!("{long}フェルナンデス")), Agreement::FirstThirty);
        // 29 characters were cut by nobody.
        assert_eq!(grade(&"ア".repeat(29), &"ア".repeat(30)), Agreement::Different);
        let longer = format!("{long}フエルナンデス");
        let cut = HolderName::normalise(&longer).unwrap().cut();
        assert_eq!(agreement(&HolderName::normalise(&longer).unwrap(), &cut), Agreement::FirstThirty);
        assert!(!Agreement::FirstThirty.passes() && !Agreement::Different.passes());
    }

    #[test]
    fn a_name_shows_in_no_error_and_no_debug() {
        let name = HolderName::normalise("ヤマダ タロウ").unwrap();
        assert_eq!(format!("{name:?}"), "HolderName(..)");
        let error = HolderName::normalise("ヤマダ太郎").unwrap_err();
        assert!(!error.to_string().contains('太') && !format!("{error:?}").contains('太'));
    }

    fn written() -> impl Strategy<Value = String> {
        let name = proptest::char::ranges(
            vec!['ぁ'..='ゟ', '゠'..='ヿ', 'ㇰ'..='ㇿ', '｡'..='ﾟ', ' '..='~', '！'..='～', '‐'..='―', 'À'..='ÿ', '　'..='〃'].into(),
        );
        proptest::collection::vec(name, 0..60).prop_map(|characters| characters.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_normal_stays_as_it_is(text in written()) {
            if let Ok(name) = HolderName::normalise(&text) {
                prop_assert_eq!(HolderName::normalise(name.text()), Ok(name.clone()));
                prop_assert_eq!(HolderName::read(name.text()), Ok(name.clone()));
                let bytes = encode(name.text(), Alphabet::Name).unwrap();
                prop_assert_eq!(bytes.len(), name.text().chars().count());
            }
        }

        #[test]
        fn a_cut_is_a_beginning_that_splits_nothing(text in written()) {
            if let Ok(name) = HolderName::normalise(&text) {
                let cut = name.cut();
                prop_assert!(name.text().starts_with(cut.text()));
                prop_assert!(!name.text()[cut.text().len()..].starts_with(['ﾞ', 'ﾟ']));
                prop_assert!((1..=FILE_BYTES).contains(&cut.text().chars().count()));
                prop_assert!(cut.text() == name.text() || cut.text().chars().count() >= FILE_BYTES - 2);
                prop_assert_eq!(cut.cut(), cut.clone());
                prop_assert_eq!(HolderName::read(cut.text()), Ok(cut));
            }
        }
    }
}
