//! A bank account (口座): where money goes to or comes from.
//!
//! What a screen or a log may have of one is [`AccountNumber::masked`]. Absent here: whose it is in the office's records,
//! whether the branch exists (`branches`), and enciphering.

use crate::characters::{Alphabet, decode, encode};
use crate::names::HolderName;
use core::fmt;

/// Which part of an account.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AccountField {
    /// 金融機関コード.
    Bank,
    /// 支店番号.
    Branch,
    /// 預金種目.
    Kind,
    /// 口座番号.
    Number,
    /// 口座名義.
    Holder,
    /// The bytes as a whole.
    Bytes,
}

impl AccountField {
    /// In Japanese.
    pub const fn japanese(self) -> &'static str {
        match self {
            AccountField::Bank => "金融機関コード",
            AccountField::Branch => "支店番号",
            AccountField::Kind => "預金種目",
            AccountField::Number => "口座番号",
            AccountField::Holder => "口座名義",
            AccountField::Bytes => "口座データ",
        }
    }

    /// What may stand there, in Japanese.
    const fn rule(self) -> &'static str {
        match self {
            AccountField::Bank => "数字4桁で入力してください",
            AccountField::Branch => "数字3桁で入力してください",
            AccountField::Kind => "1（普通）、2（当座）、4（貯蓄）、9（その他）のいずれかにしてください",
            AccountField::Number => "数字7桁以内で入力してください",
            AccountField::Holder => "使える文字で入力してください",
            AccountField::Bytes => "保存された形と違います",
        }
    }
}

/// A part of an account that cannot be what it was given as. The value is not in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AccountError {
    /// Which part.
    pub field: AccountField,
}

impl AccountError {
    /// In the words of officials.
    pub fn japanese(self) -> String {
        format!("{}：{}", self.field.japanese(), self.field.rule())
    }
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, rule) = match self.field {
            AccountField::Bank => ("bank code", "write four digits"),
            AccountField::Branch => ("branch code", "write three digits"),
            AccountField::Kind => ("kind of deposit", "write 1, 2, 4 or 9"),
            AccountField::Number => ("account number", "write up to seven digits"),
            AccountField::Holder => ("holder's name", "normalise it first"),
            AccountField::Bytes => ("account", "not the bytes of one; they were cut, or are of another version"),
        };
        write!(f, "{name} ({}): {rule}", self.field.japanese())
    }
}

impl core::error::Error for AccountError {}

fn digits(text: &str, shortest: usize, longest: usize, field: AccountField) -> Result<u32, AccountError> {
    let well_formed = (shortest..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed { text.parse().map_err(|_| AccountError { field }) } else { Err(AccountError { field }) }
}

/// A bank's number (金融機関コード): four digits.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BankCode(u16);

impl BankCode {
    /// Reads four digits.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn parse(text: &str) -> Result<BankCode, AccountError> {
        let code = digits(text, 4, 4, AccountField::Bank)?;
        BankCode::new(u64::from(code))
    }

    /// From a number below 10,000.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn new(code: u64) -> Result<BankCode, AccountError> {
        u16::try_from(code).ok().filter(|code| *code <= 9_999).map(BankCode).ok_or(AccountError { field: AccountField::Bank })
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for BankCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

/// A branch's number (支店番号): three digits, unique within its bank.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BranchCode(u16);

impl BranchCode {
    /// Reads three digits.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn parse(text: &str) -> Result<BranchCode, AccountError> {
        let code = digits(text, 3, 3, AccountField::Branch)?;
        BranchCode::new(u64::from(code))
    }

    /// From a number below 1,000.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn new(code: u64) -> Result<BranchCode, AccountError> {
        u16::try_from(code).ok().filter(|code| *code <= 999).map(BranchCode).ok_or(AccountError { field: AccountField::Branch })
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for BranchCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// A kind of deposit (預金種目).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum DepositKind {
    /// 普通.
    Ordinary,
    /// 当座.
    Current,
    /// 貯蓄.
    Savings,
    /// その他.
    Other,
}

impl DepositKind {
    /// From its code in bank files.
    ///
    /// # Errors
    /// [`AccountError`].
    pub const fn of(code: u64) -> Result<DepositKind, AccountError> {
        Ok(match code {
            1 => DepositKind::Ordinary,
            2 => DepositKind::Current,
            4 => DepositKind::Savings,
            9 => DepositKind::Other,
            _ => return Err(AccountError { field: AccountField::Kind }),
        })
    }

    /// Reads the one digit of its code.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn parse(text: &str) -> Result<DepositKind, AccountError> {
        DepositKind::of(u64::from(digits(text, 1, 1, AccountField::Kind)?))
    }

    /// Its code in bank files.
    pub const fn code(self) -> u8 {
        match self {
            DepositKind::Ordinary => 1,
            DepositKind::Current => 2,
            DepositKind::Savings => 4,
            DepositKind::Other => 9,
        }
    }

    /// In Japanese.
    pub const fn japanese(self) -> &'static str {
        match self {
            DepositKind::Ordinary => "普通",
            DepositKind::Current => "当座",
            DepositKind::Savings => "貯蓄",
            DepositKind::Other => "その他",
        }
    }
}

/// An account's number (口座番号): seven digits. `Debug` shows none, and there is no `Display`.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccountNumber(u32);

impl AccountNumber {
    /// Reads up to seven digits; zeros are put before them.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn parse(text: &str) -> Result<AccountNumber, AccountError> {
        digits(text, 1, 7, AccountField::Number).map(AccountNumber)
    }

    /// From a number below 10,000,000.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn new(number: u64) -> Result<AccountNumber, AccountError> {
        u32::try_from(number)
            .ok()
            .filter(|number| *number <= 9_999_999)
            .map(AccountNumber)
            .ok_or(AccountError { field: AccountField::Number })
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// All seven digits: for the bank, and for whoever may see them.
    pub fn digits(self) -> String {
        format!("{:07}", self.0)
    }

    /// The last two digits, for screens: `*****67`.
    pub fn masked(self) -> String {
        format!("*****{:02}", self.0 % 100)
    }
}

impl fmt::Debug for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountNumber(..)")
    }
}

/// An account with its holder. `Debug` shows bank, branch and kind only.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct BankAccount {
    /// 金融機関コード.
    pub bank: BankCode,
    /// 支店番号.
    pub branch: BranchCode,
    /// 預金種目.
    pub kind: DepositKind,
    /// 口座番号.
    pub number: AccountNumber,
    /// 口座名義.
    pub holder: HolderName,
}

/// The version of [`BankAccount::to_bytes`].
const VERSION: u8 = 1;
/// Version, bank, branch, kind, number.
const HEAD: usize = 1 + 2 + 2 + 1 + 4;

impl BankAccount {
    /// Reads an account as people and registers write one: four digits, three digits, the code of the kind, up to seven
    /// digits, and the holder's name, which is normalised.
    ///
    /// # Errors
    /// [`AccountError`] with the first part that is wrong.
    pub fn parse(bank: &str, branch: &str, kind: &str, number: &str, holder: &str) -> Result<BankAccount, AccountError> {
        Ok(BankAccount {
            bank: BankCode::parse(bank)?,
            branch: BranchCode::parse(branch)?,
            kind: DepositKind::parse(kind)?,
            number: AccountNumber::parse(number)?,
            holder: HolderName::normalise(holder).map_err(|_| AccountError { field: AccountField::Holder })?,
        })
    }

    /// For screens: `9801-001 普通 *****67`. No name.
    pub fn masked(&self) -> String {
        format!("{}-{} {} {}", self.bank, self.branch, self.kind.japanese(), self.number.masked())
    }

    /// The one encoding of an account, for sealing: a version, the codes big-endian, the name one byte a character. Equal
    /// accounts have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + 64);
        bytes.push(VERSION);
        bytes.extend(self.bank.0.to_be_bytes());
        bytes.extend(self.branch.0.to_be_bytes());
        bytes.push(self.kind.code());
        bytes.extend(self.number.0.to_be_bytes());
        // A holder's name encodes: nothing else becomes one.
        bytes.extend(encode(self.holder.text(), Alphabet::Name).unwrap_or_default());
        bytes
    }

    /// Reads what [`BankAccount::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<BankAccount, AccountError> {
        let whole = AccountError { field: AccountField::Bytes };
        let (head, name) = bytes.split_at_checked(HEAD).ok_or(whole)?;
        let &[VERSION, bank_high, bank_low, branch_high, branch_low, kind, a, b, c, d] = head else { return Err(whole) };
        let name = decode(name, Alphabet::Name).map_err(|_| AccountError { field: AccountField::Holder })?;
        Ok(BankAccount {
            bank: BankCode::new(u64::from(u16::from_be_bytes([bank_high, bank_low])))?,
            branch: BranchCode::new(u64::from(u16::from_be_bytes([branch_high, branch_low])))?,
            kind: DepositKind::of(u64::from(kind))?,
            number: AccountNumber::new(u64::from(u32::from_be_bytes([a, b, c, d])))?,
            holder: HolderName::read(&name).map_err(|_| AccountError { field: AccountField::Holder })?,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;

    fn account() -> BankAccount {
        BankAccount::parse("9801", "001", "1", "123467", "ヤマダ タロウ").unwrap()
    }

    #[test]
    fn the_first_part_that_is_wrong_is_named() {
        let parts = ["9801", "001", "1", "123467", "ヤマダ タロウ"];
        let fields = [AccountField::Bank, AccountField::Branch, AccountField::Kind, AccountField::Number, AccountField::Holder];
        for (place, field) in fields.into_iter().enumerate() {
            let mut given = parts;
            given[place] = "山田";
            let [bank, branch, kind, number, holder] = given;
            assert_eq!(BankAccount::parse(bank, branch, kind, number, holder), Err(AccountError { field }));
        }
        assert_eq!(BankAccount::parse("9801", "001", "3", "1", "ア"), Err(AccountError { field: AccountField::Kind }));
    }

    #[test]
    fn only_digits_of_the_right_length_are_codes() {
        for text in ["", "123", "12345", "12a4", "１２３４", "+123", " 123"] {
            assert_eq!(BankCode::parse(text), Err(AccountError { field: AccountField::Bank }), "{text}");
        }
        for text in ["", "12", "1234", "-12"] {
            assert_eq!(BranchCode::parse(text), Err(AccountError { field: AccountField::Branch }), "{text}");
        }
        for text in ["", "12345678", "123 456", "７"] {
            assert_eq!(AccountNumber::parse(text), Err(AccountError { field: AccountField::Number }), "{text}");
        }
        assert_eq!(AccountNumber::parse("12").map(AccountNumber::digits).as_deref(), Ok("0000012"));
        assert_eq!(BankCode::parse("0033").map(|code| code.to_string()).as_deref(), Ok("0033"));
        let kinds: Vec<u64> = (0..20).filter(|code| DepositKind::of(*code).is_ok()).collect();
        assert_eq!(kinds, [1, 2, 4, 9]);
        for code in kinds {
            assert_eq!(DepositKind::of(code).map(|kind| u64::from(kind.code())), Ok(code));
        }
    }

    #[test]
    fn an_error_names_the_field_and_never_the_value() {
        let error = AccountNumber::parse("98765432").unwrap_err();
        assert_eq!(error.japanese(), "口座番号：数字7桁以内で入力してください");
        for shown in [error.to_string(), format!("{error:?}"), error.japanese()] {
            assert!(!shown.contains("9876"), "{shown}");
        }
    }

    #[test]
    fn number_and_holder_show_on_no_screen_and_in_no_log() {
        let account = account();
        assert_eq!(account.masked(), "9801-001 普通 *****67");
        let shown = format!("{account:?} {:?} {:?}", account.number, account.holder);
        assert!(!shown.contains("1234") && !shown.contains("ﾔﾏ"), "{shown}");
    }

    #[test]
    fn the_bytes_of_an_account_are_read_back_and_no_others() {
        let account = account();
        // Written by hand: version 1, 9801 = 0x2649, branch 1, kind 1, 123467 = 0x0001e24b, the name in Shift_JIS.
        let expected =
            [&[0x01, 0x26, 0x49, 0x00, 0x01, 0x01, 0x00, 0x01, 0xe2, 0x4b][..], &[0xd4, 0xcf, 0xc0, 0xde, 0x20, 0xc0, 0xdb, 0xb3]].concat();
        let bytes = account.to_bytes();
        assert_eq!(bytes, expected);
        assert_eq!(BankAccount::from_bytes(&bytes), Ok(account));
        for length in 0..=HEAD {
            assert!(BankAccount::from_bytes(&bytes[..length]).is_err(), "{length}");
        }
        for place in 0..bytes.len() {
            for byte in 0..=u8::MAX {
                let mut other = bytes.clone();
                other[place] = byte;
                if let Ok(account) = BankAccount::from_bytes(&other) {
                    assert_eq!(account.to_bytes(), other);
                }
            }
        }
    }
}
