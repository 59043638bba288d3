//! An answer: what became of one query.
//!
//! What was found is about a person: no `Debug` here shows any of it. Absent here: whether an account number is well formed.
//! One malformed account must not hold up the answers about everybody else, so its items stay texts until a codec of the bank's
//! reads them.

use crate::query::{Query, QueryId, What};
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An instant in UTC to the second, as `2026-11-23T07:39:09Z`. Compares as time.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Instant(String);

/// A text that is no [`Instant`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an instant is written in UTC to the second, as 2026-11-23T07:39:09Z")]
pub struct NotAnInstant;

impl Instant {
    /// Reads exactly this writing; day and time must exist (a leap second does not).
    ///
    /// # Errors
    /// [`NotAnInstant`].
    pub fn parse(text: &str) -> Result<Instant, NotAnInstant> {
        let (day, time) = text.split_once('T').ok_or(NotAnInstant)?;
        Date::parse(day).map_err(|_| NotAnInstant)?;
        let &[h1, h2, b':', m1, m2, b':', s1, s2, b'Z'] = time.as_bytes() else { return Err(NotAnInstant) };
        let below =
            |tens: u8, ones: u8, bound: u8| tens.is_ascii_digit() && ones.is_ascii_digit() && (tens - b'0') * 10 + (ones - b'0') < bound;
        if below(h1, h2, 24) && below(m1, m2, 60) && below(s1, s2, 60) { Ok(Instant(text.to_owned())) } else { Err(NotAnInstant) }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An answer to a query. The same answer may come again under another number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Its number, larger than those of all answers that came before.
    pub sequence: u64,
    /// The query it answers. The caller looks whether it ever asked that.
    pub query: QueryId,
    /// What became of it.
    pub standing: Standing,
    /// When the server had it.
    pub at: Instant,
}

/// Why an answer is none to a query.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Misfit {
    /// It names another query.
    #[error("the answer names another query")]
    Query,
    /// It says something else than what was asked.
    #[error("the answer says {found}, asked was {asked}")]
    Kind {
        /// What was asked ([`What::word`]).
        asked: &'static str,
        /// What came.
        found: &'static str,
    },
    /// It says another year's income.
    #[error("the answer is about the income of {found}, asked was {asked}")]
    Year {
        /// The year that was asked.
        asked: i32,
        /// The year that came.
        found: i32,
    },
}

impl Answer {
    /// Whether this answers that query: its id, and what was asked.
    ///
    /// # Errors
    /// [`Misfit`].
    pub fn fits(&self, query: &Query) -> Result<(), Misfit> {
        if self.query != query.id {
            return Err(Misfit::Query);
        }
        let Standing::Present(found) = &self.standing else { return Ok(()) };
        match (query.what, found) {
            (What::Income { year: asked }, Found::Income(income)) if income.year != asked => {
                Err(Misfit::Year { asked, found: income.year })
            }
            (asked, found) if asked.word() != found.word() => Err(Misfit::Kind { asked: asked.word(), found: found.word() }),
            _ => Ok(()),
        }
    }
}

/// What became of a query.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly every answer has found something, and a page lives for one transaction")]
pub enum Standing {
    /// It is known.
    Present(Found),
    /// No account is registered (登録なし).
    NotRegistered,
    /// An account is registered and must not be used now (利用停止).
    Suspended,
    /// The other body knows nothing of the person (該当なし).
    NotFound,
    /// The person has no identifier code yet (符号未取得), so nobody could be asked.
    NotLinked,
    /// The identifier code does not lead to one person.
    IdentifierError,
    /// The other body is correcting the record; ask again another day, under another id.
    UnderCorrection,
}

impl Standing {
    /// Its word, without what was found.
    pub const fn word(&self) -> &'static str {
        match self {
            Standing::Present(_) => "present",
            Standing::NotRegistered => "not_registered",
            Standing::Suspended => "suspended",
            Standing::NotFound => "not_found",
            Standing::NotLinked => "not_linked",
            Standing::IdentifierError => "identifier_error",
            Standing::UnderCorrection => "under_correction",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// An account.
    Account(AccountItems),
    /// An income.
    Income(Income),
    /// A qualification elsewhere.
    Qualification(Qualification),
    /// The loss of a dependant's standing.
    DependantLoss(DependantLoss),
    /// Leaving work.
    EmploymentInsurance(EmploymentInsurance),
}

impl Found {
    /// Its word: that of the [`What`] it answers.
    pub const fn word(&self) -> &'static str {
        match self {
            Found::Account(_) => "account",
            Found::Income(_) => "income",
            Found::Qualification(_) => "qualification",
            Found::DependantLoss(_) => "dependant_loss",
            Found::EmploymentInsurance(_) => "employment_insurance",
        }
    }

    /// What serde cannot see; the name of the field and what is wrong with it.
    pub(crate) fn wrong(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Found::Account(account) => account.wrong(),
            Found::Income(income) => (!(1990..=2199).contains(&income.year)).then_some(("year", "is not between 1990 and 2199")),
            Found::Qualification(elsewhere) => {
                elsewhere.lost.is_some_and(|lost| lost < elsewhere.acquired).then_some(("lost", "lies before acquired"))
            }
            Found::DependantLoss(_) | Found::EmploymentInsurance(_) => None,
        }
    }
}

/// The account as the register has it: seven items, each a text as it came, and two days if they are told.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccountItems {
    /// 金融機関コード.
    pub bank_code: String,
    /// 金融機関名（カナ）.
    pub bank_kana: String,
    /// 店番.
    pub branch_code: String,
    /// 支店名（カナ）.
    pub branch_kana: String,
    /// 預貯金種目コード; its list is not known to us (tbc).
    pub kind_code: String,
    /// 口座番号.
    pub number: String,
    /// 名義人氏名（カナ）.
    pub holder_kana: String,
    /// When it was registered, if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_on: Option<Date>,
    /// When it was last changed, if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_on: Option<Date>,
}

/// The longest item of an account, in bytes: far beyond any name, so that nobody can fill a table with one.
const ITEM_BYTES: usize = 600;

impl AccountItems {
    fn wrong(&self) -> Option<(&'static str, &'static str)> {
        let items = [
            ("bank_code", &self.bank_code),
            ("bank_kana", &self.bank_kana),
            ("branch_code", &self.branch_code),
            ("branch_kana", &self.branch_kana),
            ("kind_code", &self.kind_code),
            ("number", &self.number),
            ("holder_kana", &self.holder_kana),
        ];
        let long = items.iter().find(|(_, text)| text.len() > ITEM_BYTES).map(|(name, _)| (*name, "is longer than 600 bytes"));
        let control = items.iter().find(|(_, text)| text.chars().any(char::is_control)).map(|(name, _)| (*name, "has a control character"));
        long.or(control)
    }
}

/// The state of an income, as the premium's fact has it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IncomeState {
    /// Known, a declared nil included.
    Known,
    /// Need not be declared (申告不要).
    NotRequired,
    /// Should have been declared and was not (未申告).
    Undeclared,
    /// The other city is still finding out.
    Pending,
}

/// An income of a calendar year: the columns of the fact `incomes` (docs/reference/records.md). What is absent is unknown, not 0.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Income {
    /// The calendar year.
    pub year: i32,
    /// How well it is known.
    pub state: IncomeState,
    /// 給与収入.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salary_revenue_yen: Option<Yen>,
    /// 公的年金等収入.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pension_revenue_yen: Option<Yen>,
    /// 給与所得.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salary_yen: Option<Yen>,
    /// 公的年金等に係る雑所得.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pension_yen: Option<Yen>,
    /// その他の総合課税所得; may be negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_yen: Option<Yen>,
    /// 山林所得.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forestry_yen: Option<Yen>,
    /// 分離課税所得（申告分）.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separate_yen: Option<Yen>,
    /// 土地等の譲渡所得（特別控除前）.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub land_gain_yen: Option<Yen>,
    /// 特別控除額.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub land_deduction_yen: Option<Yen>,
    /// 純損失の繰越控除, as a positive amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net_loss_carried_yen: Option<Yen>,
    /// 雑損失の繰越控除, as a positive amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub casualty_loss_carried_yen: Option<Yen>,
    /// 専従者給与（受）.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_salary_received_yen: Option<Yen>,
    /// 専従者給与（払）.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_salary_paid_yen: Option<Yen>,
    /// 合計所得金額, where it is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate_yen: Option<Yen>,
    /// 所得金額調整控除の事由.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjustment_ground: Option<bool>,
}

impl Income {
    /// A year of which nothing but its state is known.
    pub const fn bare(year: i32, state: IncomeState) -> Income {
        Income {
            year,
            state,
            salary_revenue_yen: None,
            pension_revenue_yen: None,
            salary_yen: None,
            pension_yen: None,
            other_yen: None,
            forestry_yen: None,
            separate_yen: None,
            land_gain_yen: None,
            land_deduction_yen: None,
            net_loss_carried_yen: None,
            casualty_loss_carried_yen: None,
            family_salary_received_yen: None,
            family_salary_paid_yen: None,
            aggregate_yen: None,
            adjustment_ground: None,
        }
    }
}

/// Who insures somebody elsewhere.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InsurerKind {
    /// Employees' insurance of any kind (被用者保険).
    EmployeesInsurance,
    /// A National Health Insurance society (国民健康保険組合).
    NhiSociety,
    /// Another municipality's National Health Insurance.
    Municipality,
    /// The late-elderly scheme (後期高齢者医療).
    LateElderly,
}

/// The qualification elsewhere that covers the day asked for, or the last one before it.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Qualification {
    /// Of which kind of insurer.
    pub insurer: InsurerKind,
    /// The first day (資格取得日).
    pub acquired: Date,
    /// The day of loss (資格喪失日), itself no longer covered; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Date>,
}

/// When somebody ceased to be a dependant under employees' insurance.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DependantLoss {
    /// The first day on which the person is no dependant.
    pub lost: Date,
}

/// A leaving-reason code (離職理由コード): two digits.
#[derive(Clone, Copy, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct LeavingReason(u8);

impl LeavingReason {
    /// Reads two digits.
    pub fn parse(text: &str) -> Option<LeavingReason> {
        let two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| text.parse().ok().map(LeavingReason)).flatten()
    }

    /// As the fact `unemployment` has it.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<String> for LeavingReason {
    type Error = &'static str;
    fn try_from(text: String) -> Result<LeavingReason, &'static str> {
        LeavingReason::parse(&text).ok_or("a leaving-reason code is two digits")
    }
}

impl From<LeavingReason> for String {
    fn from(reason: LeavingReason) -> String {
        format!("{:02}", reason.0)
    }
}

/// Which kind of beneficiary of employment insurance (受給資格者の区分), as the fact `unemployment` has it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Ordinary.
    Ordinary,
    /// Special (特).
    Special,
    /// Elderly (高).
    Elderly,
}

/// Leaving work, from employment insurance.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EmploymentInsurance {
    /// The day of leaving (離職年月日).
    pub left: Date,
    /// Why.
    pub reason: LeavingReason,
    /// Which kind of beneficiary, if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
}

macro_rules! redacted {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        })*
    };
}

redacted!(AccountItems, Income, Qualification, DependantLoss, LeavingReason, EmploymentInsurance);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_exists_and_is_written_one_way() {
        assert_eq!(Instant::parse("2028-02-29T23:59:59Z").unwrap().as_str(), "2028-02-29T23:59:59Z");
        for wrong in [
            "2026-02-29T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T00:60:00Z",
            "2026-11-23T23:59:60Z",
            "2026-11-23T00:00:00+09:00",
            "2026-11-23T00:00:00.5Z",
            "2026-11-23 00:00:00Z",
            "2026-11-23",
            "",
        ] {
            assert_eq!(Instant::parse(wrong), Err(NotAnInstant), "{wrong}");
        }
    }

    #[test]
    fn nothing_that_was_found_shows_in_a_log() {
        let account = AccountItems {
            bank_code: "9990".into(),
            bank_kana: "ﾐﾎﾝｷﾞﾝｺｳ".into(),
            branch_code: "001".into(),
            branch_kana: "ﾐﾎﾝｼﾃﾝ".into(),
            kind_code: "1".into(),
            number: "7654321".into(),
            holder_kana: "ﾐﾎﾝ ﾊﾅｺ".into(),
            registered_on: Some(Date::new(2025, 1, 2)),
            changed_on: None,
        };
        let answer = |found| Answer {
            sequence: 7,
            query: QueryId::new([1; 16]),
            standing: Standing::Present(found),
            at: Instant::parse("2026-11-23T07:39:09Z").unwrap(),
        };
        let mut income = Income::bare(2025, IncomeState::Known);
        income.salary_yen = Some(Yen::new(7_654_321));
        let shown = format!("{:?} {:?}", answer(Found::Account(account)), answer(Found::Income(income)));
        assert!(shown.contains("AccountItems(..)") && shown.contains("Income(..)"), "{shown}");
        for secret in ["9990", "ﾐﾎﾝ", "001", "7654321", "7_654_321", "2025"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
    }
}
