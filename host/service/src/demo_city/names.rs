//! Names that nobody was asked for: combinations of common parts.

use super::dice::Dice;
use jorei_store::names::Name;

const SURNAMES: &[(&str, &str)] = &[
    ("佐藤", "サトウ"),
    ("高橋", "タカハシ"),
    ("佐々木", "ササキ"),
    ("鈴木", "スズキ"),
    ("伊藤", "イトウ"),
    ("田中", "タナカ"),
    ("吉田", "ヨシダ"),
    ("渡辺", "ワタナベ"),
    ("小林", "コバヤシ"),
    ("中村", "ナカムラ"),
    ("加藤", "カトウ"),
    ("山本", "ヤマモト"),
    ("斉藤", "サイトウ"),
    ("工藤", "クドウ"),
    ("阿部", "アベ"),
    ("山田", "ヤマダ"),
    ("三浦", "ミウラ"),
    ("千葉", "チバ"),
    ("石川", "イシカワ"),
    ("菅原", "スガワラ"),
    ("遠藤", "エンドウ"),
    ("松本", "マツモト"),
    ("木村", "キムラ"),
    ("近藤", "コンドウ"),
    ("本間", "ホンマ"),
    ("藤田", "フジタ"),
    ("長谷川", "ハセガワ"),
    ("村上", "ムラカミ"),
    ("後藤", "ゴトウ"),
    ("太田", "オオタ"),
];
const WOMEN: &[(&str, &str)] = &[
    ("和子", "カズコ"),
    ("洋子", "ヨウコ"),
    ("幸子", "サチコ"),
    ("恵子", "ケイコ"),
    ("京子", "キョウコ"),
    ("裕子", "ユウコ"),
    ("直美", "ナオミ"),
    ("由美子", "ユミコ"),
    ("真由美", "マユミ"),
    ("久美子", "クミコ"),
    ("明美", "アケミ"),
    ("智子", "トモコ"),
    ("陽菜", "ヒナ"),
    ("美咲", "ミサキ"),
    ("結衣", "ユイ"),
    ("葵", "アオイ"),
];
const MEN: &[(&str, &str)] = &[
    ("清", "キヨシ"),
    ("勇", "イサム"),
    ("隆", "タカシ"),
    ("茂", "シゲル"),
    ("博", "ヒロシ"),
    ("誠", "マコト"),
    ("浩", "ヒロシ"),
    ("修", "オサム"),
    ("健一", "ケンイチ"),
    ("和夫", "カズオ"),
    ("正", "タダシ"),
    ("豊", "ユタカ"),
    ("翔太", "ショウタ"),
    ("大輔", "ダイスケ"),
    ("蓮", "レン"),
    ("悠斗", "ユウト"),
];
/// Latin surname with its kana reading.
const FOREIGN_SURNAMES: &[(&str, &str)] = &[
    ("NGUYEN", "グエン"),
    ("TRAN", "チャン"),
    ("WANG", "ワン"),
    ("KIM", "キム"),
    ("SANTOS", "サントス"),
    ("GURUNG", "グルン"),
    ("RAHMAN", "ラーマン"),
    ("IVANOVA", "イワノワ"),
];
const FOREIGN_GIVEN: &[(&str, &str)] = &[
    ("MINH", "ミン"),
    ("THI LAN", "ティ ラン"),
    ("LI", "リー"),
    ("JISU", "ジス"),
    ("MARIA", "マリア"),
    ("ANISH", "アニシュ"),
    ("KARIM", "カリム"),
    ("ANNA", "アンナ"),
];

/// What the members of a household share of their names.
pub(super) struct Family {
    foreign: bool,
    surname: (&'static str, &'static str),
}

impl Family {
    /// A surname, in Latin letters for foreign residents.
    pub fn throw(dice: &mut Dice, foreign: bool) -> Family {
        Family { foreign, surname: *dice.one(if foreign { FOREIGN_SURNAMES } else { SURNAMES }) }
    }

    /// The family that somebody's name says.
    pub fn of(name: &Name) -> Option<Family> {
        let surname = name.name.split(' ').next()?;
        let foreign = name.latin.is_some();
        let list = if foreign { FOREIGN_SURNAMES } else { SURNAMES };
        list.iter().find(|known| known.0 == surname).map(|known| Family { foreign, surname: *known })
    }

    /// Somebody's name once they are of this family: the given name stays.
    pub fn takes(&self, name: &Name) -> Name {
        let given = |text: &str| text.split_once(' ').map_or_else(|| text.to_owned(), |(_, given)| given.to_owned());
        let (name_of, kana) = (format!("{} {}", self.surname.0, given(&name.name)), format!("{} {}", self.surname.1, given(&name.kana)));
        Name { person: name.person, name: name_of, kana, latin: name.latin.clone(), alias: name.alias.clone() }
    }

    /// The name, reading and, for foreign residents, Latin name of one member.
    pub fn member(&self, dice: &mut Dice, female: bool) -> (String, String, Option<String>) {
        let given = match (self.foreign, female) {
            (true, _) => dice.one(FOREIGN_GIVEN),
            (false, true) => dice.one(WOMEN),
            (false, false) => dice.one(MEN),
        };
        let name = format!("{} {}", self.surname.0, given.0);
        let kana = format!("{} {}", self.surname.1, given.1);
        let latin = self.foreign.then(|| name.clone());
        (name, kana, latin)
    }
}
