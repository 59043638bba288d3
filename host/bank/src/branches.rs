//! Which banks and branches there are (金融機関・支店の一覧), as data with dates.
//!
//! Branches close and merge all the time, and a transfer to a closed one comes back: a payment is held against the list on
//! the day on which money moves. An office makes the list from the public package `zengin-code` (MIT licence; banks and
//! branches as of the day in its version) with [`BranchList::from_zengin_code`] and keeps it as a sheet, or gets one from
//! its bank. Absent here: the list itself, but for a made-up one; which branch took over which.

use crate::account::{BankCode, BranchCode};
use crate::characters::{Alphabet, encode};
use crate::csv::{Encoding, cells, column, lines};
use crate::fault::{FieldName, FileError, What};
use crate::file::BankKana;
use crate::names::{HolderName, NameError};
use core::fmt;
use core::fmt::Write as _;
use jorei_domain::calendar::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The columns of the sheet, below the line that states its day.
pub const COLUMNS: [&str; 6] = ["銀行番号", "銀行名カナ", "支店番号", "支店名カナ", "開始日", "終了日"];
/// What stands before the day of the list, in its first line.
const DAY: &str = "一覧の日付";

/// Made-up banks for the demo and for tests. Their codes begin with 98, as that of no bank in `zengin-code`
/// 1.0.0-p20260824 does; their names say that they are made up.
pub const SYNTHETIC: &str = include_str!("../data/synthetic_banks.csv");

/// Banks and branches, as of a day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BranchList {
    day: Date,
    branches: BTreeMap<(BankCode, BranchCode), Vec<Stretch>>,
}

/// A branch under its names for some days.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Stretch {
    bank: String,
    branch: String,
    from: Date,
    until: Option<Date>,
}

/// The names of a bank and its branch, as a file has them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BranchNames {
    /// 銀行名.
    pub bank: BankKana,
    /// 支店名.
    pub branch: BankKana,
}

/// Why a branch cannot be paid to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WhyNot {
    /// The list has no such bank.
    UnknownBank,
    /// The list has the bank, but no such branch.
    UnknownBranch,
    /// It opens later.
    NotYet {
        /// Its first day.
        from: Date,
    },
    /// It was closed or merged.
    Closed {
        /// The first day on which it is no more.
        until: Date,
    },
}

impl WhyNot {
    /// In the words of officials, with what to do.
    pub fn japanese(self) -> String {
        match self {
            WhyNot::UnknownBank => "一覧にない金融機関コードです。通帳などで確認してください".to_owned(),
            WhyNot::UnknownBranch => "一覧にない支店番号です。通帳などで確認してください".to_owned(),
            WhyNot::NotYet { from } => format!("{from} に開店する支店です。指定日を確認してください"),
            WhyNot::Closed { until } => format!("{until} に廃止・統合された支店です。新しい支店と口座番号を本人に確認してください"),
        }
    }
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhyNot::UnknownBank => f.write_str("no bank has this code in the list; check the code, or load a newer list"),
            WhyNot::UnknownBranch => f.write_str("no branch of the bank has this code in the list; check the code, or load a newer list"),
            WhyNot::NotYet { from } => write!(f, "the branch opens on {from}"),
            WhyNot::Closed { until } => write!(f, "the branch was closed or merged on {until}; ask the payee for the new account"),
        }
    }
}

impl core::error::Error for WhyNot {}

/// The package's file, of which the readings in hiragana and Latin are left out.
#[derive(Deserialize)]
struct ZenginBank {
    code: String,
    kana: String,
    branches: BTreeMap<String, ZenginBranch>,
}

#[derive(Deserialize)]
struct ZenginBranch {
    code: String,
    kana: String,
}

impl BranchList {
    /// Reads a sheet in UTF-8: a line with the list's day, [`COLUMNS`], a line for each branch and stretch of days.
    ///
    /// # Errors
    /// The first cell that is wrong.
    pub fn read(csv: &[u8]) -> Result<BranchList, FileError> {
        let file = |line, what| FileError { line, field: FieldName::FILE, what };
        let mut lines = lines(csv, Encoding::Utf8);
        let (_, first) = lines.next().transpose()?.ok_or_else(|| file(1, What::Heading))?;
        let day = first.strip_prefix(DAY).and_then(|rest| rest.strip_prefix(',')).ok_or_else(|| file(1, What::Heading))?;
        let day = Date::parse(day.trim_end_matches(',')).map_err(|_| FileError {
            line: 1,
            field: FieldName { number: Some(2), name: DAY },
            what: What::NoDate,
        })?;
        match lines.next().transpose()? {
            Some((2, heading)) if heading == COLUMNS.join(",") => {}
            _ => return Err(file(2, What::Heading)),
        }
        let mut list = BranchList { day, branches: BTreeMap::new() };
        for line in lines {
            let (line, text) = line?;
            let [bank, bank_name, branch, branch_name, from, until] = cells(line, &text, &COLUMNS)?;
            let wrong = |at, what| FileError { line, field: column(&COLUMNS, at), what };
            let kana = |at, text: String| match encode(&text, Alphabet::Bank) {
                Ok(bytes) if bytes.is_empty() => Err(wrong(at, What::Missing)),
                Ok(_) => Ok(text),
                Err(error) => Err(wrong(at, What::Character(error))),
            };
            let key = (
                BankCode::parse(&bank).map_err(|_| wrong(0, What::NotDigits))?,
                BranchCode::parse(&branch).map_err(|_| wrong(2, What::NotDigits))?,
            );
            let from = Date::parse(&from).map_err(|_| wrong(4, What::NoDate))?;
            let until = match until.as_str() {
                "" => None,
                until => Some(Date::parse(until).ok().filter(|until| *until > from).ok_or_else(|| wrong(5, What::NoDate))?),
            };
            let stretch = Stretch { bank: kana(1, bank_name)?, branch: kana(3, branch_name)?, from, until };
            let stretches = list.branches.entry(key).or_default();
            let before = |one: &Stretch, other: &Stretch| one.until.is_some_and(|until| until <= other.from);
            if stretches.iter().any(|other| !before(other, &stretch) && !before(&stretch, other)) {
                return Err(wrong(4, What::Overlap));
            }
            stretches.push(stretch);
        }
        Ok(list)
    }

    /// Makes a list of `lib/zengin-data.js` of the package `zengin-code`; every branch in it is open from `day`, the day of
    /// the package's version, because it knows of no other. Names are brought into the characters of bank files; full stops
    /// and spaces, which names of branches must not have, are left out.
    ///
    /// # Errors
    /// [`What::Structure`] with the line of the file; a name or a code that is none, with the number of its branch.
    pub fn from_zengin_code(javascript: &str, day: Date) -> Result<BranchList, FileError> {
        let wrong = |line, field, what| FileError { line, field, what };
        // The file is JSON but for what makes it a module.
        let json = javascript.trim_start().strip_prefix("module.exports =").unwrap_or(javascript).trim_end().trim_end_matches(';');
        let banks: BTreeMap<String, ZenginBank> = serde_json::from_str(json)
            .map_err(|error| wrong(u64::try_from(error.line()).unwrap_or_default(), FieldName::FILE, What::Structure))?;
        let mut list = BranchList { day, branches: BTreeMap::new() };
        let mut line = 0;
        for (code, bank) in &banks {
            for (branch_code, branch) in &bank.branches {
                line += 1;
                let at = |at| move |what| wrong(line, column(&COLUMNS, at), what);
                if *code != bank.code || *branch_code != branch.code {
                    return Err(wrong(line, FieldName::FILE, What::Structure));
                }
                let key = (
                    BankCode::parse(code).map_err(|_| at(0)(What::NotDigits))?,
                    BranchCode::parse(branch_code).map_err(|_| at(2)(What::NotDigits))?,
                );
                let stretch = Stretch {
                    bank: half_width(&bank.kana).map_err(at(1))?,
                    branch: half_width(&branch.kana).map_err(at(3))?,
                    from: day,
                    until: None,
                };
                list.branches.insert(key, vec![stretch]);
            }
        }
        Ok(list)
    }

    /// The sheet that [`BranchList::read`] reads.
    pub fn to_csv(&self) -> String {
        let mut sheet = format!("{DAY},{}\n{}\n", self.day, COLUMNS.join(","));
        for ((bank, branch), stretches) in &self.branches {
            for Stretch { bank: bank_name, branch: branch_name, from, until } in stretches {
                let until = until.map(|until| until.to_string()).unwrap_or_default();
                let _ = writeln!(sheet, "{bank},{bank_name},{branch},{branch_name},{from},{until}");
            }
        }
        sheet
    }

    /// The day as of which the list is: what changed later is not in it.
    pub const fn day(&self) -> Date {
        self.day
    }

    /// How many branches it has.
    pub fn len(&self) -> usize {
        self.branches.len()
    }

    /// Has it none?
    pub fn is_empty(&self) -> bool {
        self.branches.is_empty()
    }

    /// The names of a branch that is open on a day.
    ///
    /// # Errors
    /// [`WhyNot`].
    pub fn on(&self, bank: BankCode, branch: BranchCode, day: Date) -> Result<BranchNames, WhyNot> {
        let Some(stretches) = self.branches.get(&(bank, branch)) else {
            let mut of_bank = self.branches.keys().skip_while(|(other, _)| *other < bank);
            let is_known = of_bank.next().is_some_and(|(other, _)| *other == bank);
            return Err(if is_known { WhyNot::UnknownBranch } else { WhyNot::UnknownBank });
        };
        let open = |stretch: &&Stretch| stretch.from <= day && stretch.until.is_none_or(|until| day < until);
        match stretches.iter().find(open) {
            // What is in the list was encoded when it was read.
            Some(stretch) => Ok(BranchNames {
                bank: BankKana::cut(&stretch.bank).unwrap_or_default(),
                branch: BankKana::cut(&stretch.branch).unwrap_or_default(),
            }),
            None => Err(match stretches.iter().filter_map(|stretch| stretch.until).filter(|until| *until <= day).max() {
                Some(until) => WhyNot::Closed { until },
                None => WhyNot::NotYet { from: stretches.iter().map(|stretch| stretch.from).min().unwrap_or(Date::MAX) },
            }),
        }
    }
}

/// A name of a bank or branch in half-width characters.
fn half_width(kana: &str) -> Result<String, What> {
    let name = HolderName::normalise(kana).map_err(|error| match error {
        NameError::Empty => What::Missing,
        NameError::TooLong => What::TooLong,
        NameError::Character(error) => What::Character(error),
    })?;
    let name = name.text().replace([' ', '.', '(', ')'], "");
    if name.is_empty() { Err(What::Missing) } else { Ok(name) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;

    fn list() -> BranchList {
        BranchList::read(SYNTHETIC.as_bytes()).unwrap()
    }

    fn on(bank: &str, branch: &str, day: &str) -> Result<(String, String), WhyNot> {
        let (bank, branch) = (BankCode::parse(bank).unwrap(), BranchCode::parse(branch).unwrap());
        list().on(bank, branch, Date::parse(day).unwrap()).map(|names| (names.bank.text().to_owned(), names.branch.text().to_owned()))
    }

    #[test]
    fn a_branch_has_its_names_on_a_day_or_a_reason_why_not() {
        let names = |bank: &str, branch: &str| Ok((bank.to_owned(), branch.to_owned()));
        assert_eq!(on("9801", "001", "2026-12-25"), names("ｶｸｳ", "ﾎﾝﾃﾝ"));
        assert_eq!(on("9899", "001", "2026-12-25"), Err(WhyNot::UnknownBank));
        assert_eq!(on("9800", "001", "2026-12-25"), Err(WhyNot::UnknownBank));
        assert_eq!(on("9801", "999", "2026-12-25"), Err(WhyNot::UnknownBranch));
        // Half open: on the day of its end a branch is no more.
        let merged = Date::new(2026, 7, 1);
        assert_eq!(on("9801", "003", "2026-06-30"), names("ｶｸｳ", "ﾋｶﾞｼ"));
        assert_eq!(on("9801", "003", "2026-07-01"), Err(WhyNot::Closed { until: merged }));
        assert_eq!(on("9801", "005", "2027-03-31"), Err(WhyNot::NotYet { from: Date::new(2027, 4, 1) }));
        assert_eq!(on("9801", "005", "2027-04-01"), names("ｶｸｳ", "ｷﾀ1"));
        // A branch that changed its name.
        assert_eq!(on("9803", "001", "2025-09-30"), names("ﾂｸﾘｼﾝｸﾐ", "ﾎﾝﾃﾝ"));
        assert_eq!(on("9803", "001", "2025-10-01"), names("ﾂｸﾘｼﾝｸﾐ", "ｼﾝﾎﾝﾃﾝ"));
    }

    #[test]
    fn the_made_up_list_has_made_up_codes_only_and_is_written_as_it_was_read() {
        assert!(SYNTHETIC.lines().skip(2).all(|line| line.starts_with("98")));
        assert_eq!(list().to_csv(), SYNTHETIC);
        assert_eq!((list().len(), list().day()), (11, Date::new(2026, 10, 1)));
    }

    #[test]
    fn a_sheet_that_is_wrong_is_refused_by_line_and_column() {
        let head = format!("{DAY},2026-10-01\n{}\n", COLUMNS.join(","));
        for (line, column, what) in [
            ("980,ｶｸｳ,001,ﾎﾝﾃﾝ,2000-04-01,", 1, What::NotDigits),
            ("9801,,001,ﾎﾝﾃﾝ,2000-04-01,", 2, What::Missing),
            ("9801,ｶｸｳ,1,ﾎﾝﾃﾝ,2000-04-01,", 3, What::NotDigits),
            ("9801,ｶｸｳ,001,ﾎﾝﾃﾝ,,", 5, What::NoDate),
            ("9801,ｶｸｳ,001,ﾎﾝﾃﾝ,2000-04-01,2000-04-01", 6, What::NoDate),
            ("9801,ｶｸｳ,001,ﾎﾝﾃﾝ,2000-04-01,2000-02-30", 6, What::NoDate),
            ("9801,ｶｸｳ,001,ﾎﾝﾃﾝ,2000-04-01,\n9801,ｶｸｳ,001,ﾎﾝﾃﾝ,2020-04-01,", 5, What::Overlap),
        ] {
            let error = BranchList::read(format!("{head}{line}\n").as_bytes()).unwrap_err();
            assert_eq!((error.field.number, error.what), (Some(column), what), "{line}");
        }
        let error = BranchList::read(format!("{head}9801,カクウ,001,ﾎﾝﾃﾝ,2000-04-01,\n").as_bytes()).unwrap_err();
        assert!(matches!(error.what, What::Character(_)) && error.line == 3 && error.field.name == "銀行名カナ");
        for other in ["", "一覧の日付,2026-10-01\n", "銀行番号\n", "一覧の日付,いつか\n"] {
            assert!(BranchList::read(other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn the_public_package_becomes_a_list() {
        // In the form of zengin-code 1.0.0-p20260824, lib/zengin-data.js, with made-up banks.
        let javascript = r#"module.exports = {
  "9801": {
    "code": "9801", "name": "架空", "kana": "カクウ", "hira": "かくう", "roma": "kakuu",
    "branches": {
      "001": { "code": "001", "name": "オホーツク", "kana": "オホ－ツク", "hira": "おほ－つく", "roma": "oho-tsuku" },
      "002": { "code": "002", "name": "A．B 長い名前の支店", "kana": "Ａ．Ｂ　ガギグゲゴヴザジズ", "hira": "", "roma": "" }
    }
  }
};
"#;
        let day = Date::new(2026, 8, 24);
        let list = BranchList::from_zengin_code(javascript, day).unwrap();
        let csv = list.to_csv();
        assert_eq!(
            csv,
            format!("{DAY},2026-08-24\n{}\n9801,ｶｸｳ,001,ｵﾎ-ﾂｸ,2026-08-24,\n9801,ｶｸｳ,002,ABｶﾞｷﾞｸﾞｹﾞｺﾞｳﾞｻﾞｼﾞｽﾞ,2026-08-24,\n", COLUMNS.join(","))
        );
        assert_eq!(BranchList::read(csv.as_bytes()).as_ref(), Ok(&list));
        // In a file the name has 15 characters, and no kana without its mark.
        let names = list.on(BankCode::parse("9801").unwrap(), BranchCode::parse("002").unwrap(), day).unwrap();
        assert_eq!(names.branch.text(), "ABｶﾞｷﾞｸﾞｹﾞｺﾞｳﾞ");
        let other = javascript.replace("\"code\": \"001\"", "\"code\": \"003\"");
        assert_eq!(BranchList::from_zengin_code(&other, day).unwrap_err().what, What::Structure);
        assert_eq!(BranchList::from_zengin_code("module.exports = [", day).unwrap_err().what, What::Structure);
    }
}
