//! Why somebody looks a person up: the affair and the case, stated each time.
//!
//! No acquisition outside the purpose: Act on the Use of Numbers art. 9 and the promises of the city's protection
//! assessment. A look-up without a purpose is refused before anything is read.

extern crate alloc;

use alloc::string::{String, ToString};
use core::fmt;

/// An affair of the office (事務), from the assessment's list.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Affair {
    /// 資格.
    Qualification,
    /// 賦課.
    Assessment,
    /// 収納・徴収.
    Collection,
    /// 給付.
    Benefits,
    /// オンライン資格確認.
    OnlineQualification,
}

impl Affair {
    /// Every affair.
    pub const ALL: [Affair; 5] =
        [Affair::Qualification, Affair::Assessment, Affair::Collection, Affair::Benefits, Affair::OnlineQualification];

    /// Its word in requests and in the chain.
    pub const fn word(self) -> &'static str {
        match self {
            Affair::Qualification => "qualification",
            Affair::Assessment => "assessment",
            Affair::Collection => "collection",
            Affair::Benefits => "benefits",
            Affair::OnlineQualification => "online-qualification",
        }
    }

    /// The affair of a word.
    pub fn named(word: &str) -> Option<Affair> {
        Affair::ALL.into_iter().find(|affair| affair.word() == word)
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Affair::Qualification => "資格",
            Affair::Assessment => "賦課",
            Affair::Collection => "収納・徴収",
            Affair::Benefits => "給付",
            Affair::OnlineQualification => "オンライン資格確認",
        }
    }
}

/// A file of the office (特定個人情報ファイル), by its number in the assessment.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum File {
    /// 1 被保険者マスタ.
    Insured,
    /// 2 退職者マスタ.
    Retired,
    /// 3 賦課マスタ.
    HouseholdAssessment,
    /// 4 賦課個人マスタ.
    PersonAssessment,
    /// 5 賦課個人履歴マスタ.
    PersonAssessmentHistory,
    /// 6 収納マスタ.
    Receipts,
    /// 7 賦課異動マスタ.
    AssessmentChanges,
    /// 8 滞納整理マスタ.
    Arrears,
}

impl File {
    /// Every file, by number.
    pub const ALL: [File; 8] = [
        File::Insured,
        File::Retired,
        File::HouseholdAssessment,
        File::PersonAssessment,
        File::PersonAssessmentHistory,
        File::Receipts,
        File::AssessmentChanges,
        File::Arrears,
    ];

    /// Its word in policies and tables.
    pub const fn word(self) -> &'static str {
        match self {
            File::Insured => "insured",
            File::Retired => "retired",
            File::HouseholdAssessment => "household-assessment",
            File::PersonAssessment => "person-assessment",
            File::PersonAssessmentHistory => "person-assessment-history",
            File::Receipts => "receipts",
            File::AssessmentChanges => "assessment-changes",
            File::Arrears => "arrears",
        }
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            File::Insured => "被保険者マスタ",
            File::Retired => "退職者マスタ",
            File::HouseholdAssessment => "賦課マスタ",
            File::PersonAssessment => "賦課個人マスタ",
            File::PersonAssessmentHistory => "賦課個人履歴マスタ",
            File::Receipts => "収納マスタ",
            File::AssessmentChanges => "賦課異動マスタ",
            File::Arrears => "滞納整理マスタ",
        }
    }
}

/// The reference of a case (受付番号 or the like), as the office numbers its work.
///
/// 1 to 40 of `A`-`Z`, `a`-`z`, `0`-`9`, `-`, with no run of more than nine digits: a reference stands in the
/// audit chain, and neither a personal number (12 digits) nor a telephone number may slip into it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaseReference(String);

/// A text that is no reference of a case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotAReference;

impl fmt::Display for NotAReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a reference of a case (1 to 40 letters, digits or `-`, never ten digits in a row, as R7-000123)")
    }
}

impl core::error::Error for NotAReference {}

impl CaseReference {
    /// Reads `R7-000123`.
    ///
    /// # Errors
    /// [`NotAReference`].
    pub fn parse(text: &str) -> Result<CaseReference, NotAReference> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        // Hyphens do not end a run: 1234-5678-9012 is a personal number as people write it.
        let longest = text.split(|c: char| !c.is_ascii_digit() && c != '-').map(|run| run.bytes().filter(u8::is_ascii_digit).count()).max();
        if text.is_empty() || text.len() > 40 || !plain || longest.unwrap_or(0) > 9 {
            return Err(NotAReference);
        }
        Ok(CaseReference(text.to_string()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The purpose of a look-up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Purpose {
    /// The affair it serves.
    pub affair: Affair,
    /// The case it serves.
    pub case: CaseReference,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_holds_no_long_number() {
        for good in ["R7-000123", "2025-FUKA-00017", "a", "123456789"] {
            assert_eq!(CaseReference::parse(good).map(|case| case.to_string()), Ok(good.to_string()));
        }
        let long = "a".repeat(41);
        for bad in ["", "1234567890", "1234-5678-9012", "R7 1", "山田", "a\n", &long] {
            assert_eq!(CaseReference::parse(bad), Err(NotAReference), "{bad:?}");
        }
    }
}
