//! What travels over the bank's two ports beside files: receipts and refusals, faults, and what stands on the accounts.
//!
//! Absent here: holders' names. The bank compares none; an account is its three numbers.

use jorei_bank::account::{AccountNumber, BankAccount, BankCode, BranchCode};
use jorei_bank::file::PaymentNumber;
use jorei_bank::results::Reason;
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An account by its numbers: `9801-001-1234567`. `Debug` shows bank and branch only.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountForm {
    /// 銀行番号.
    pub bank: BankCode,
    /// 支店番号.
    pub branch: BranchCode,
    /// 口座番号.
    pub number: AccountNumber,
}

impl From<&BankAccount> for AccountForm {
    fn from(account: &BankAccount) -> AccountForm {
        AccountForm { bank: account.bank, branch: account.branch, number: account.number }
    }
}

impl From<AccountForm> for String {
    fn from(account: AccountForm) -> String {
        format!("{}-{}-{}", account.bank, account.branch, account.number.digits())
    }
}

impl TryFrom<String> for AccountForm {
    type Error = &'static str;

    fn try_from(text: String) -> Result<AccountForm, &'static str> {
        let mut parts = text.split('-');
        let (Some(bank), Some(branch), Some(number), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err("an account is written 9801-001-1234567");
        };
        Ok(AccountForm {
            bank: BankCode::parse(bank).map_err(|_| "a bank has four digits")?,
            branch: BranchCode::parse(branch).map_err(|_| "a branch has three digits")?,
            number: AccountNumber::parse(number).map_err(|_| "an account has up to seven digits")?,
        })
    }
}

/// The office's number of a payment.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct PaymentForm(pub PaymentNumber);

impl From<PaymentForm> for u64 {
    fn from(payment: PaymentForm) -> u64 {
        payment.0.get()
    }
}

impl TryFrom<u64> for PaymentForm {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<PaymentForm, &'static str> {
        PaymentNumber::new(number).map(PaymentForm).ok_or("a payment's number is not 0")
    }
}

/// Why a line fails, in the word of the results: `口座なし`, or `その他：` with the bank's own words behind it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReasonForm(pub Reason);

impl From<ReasonForm> for String {
    fn from(reason: ReasonForm) -> String {
        reason.0.japanese()
    }
}

impl TryFrom<String> for ReasonForm {
    type Error = &'static str;

    fn try_from(word: String) -> Result<ReasonForm, &'static str> {
        Reason::read(&word).map(ReasonForm).ok_or("no reason for which transfers fail; write another one behind その他：")
    }
}

/// What goes wrong from now on with transfers that are not carried out yet. What is not told goes well.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Transfers to these accounts fail, for this reason; for none, the reasons take turns.
    pub fail: BTreeMap<AccountForm, Option<ReasonForm>>,
    /// So many lines in a hundred fail. Which, and why, depends on `seed` and their payments' numbers.
    pub fail_per_100: u8,
    /// Another seed makes other lines fail.
    pub seed: u64,
    /// Transfers are taken and not carried out until this is told no more: nothing is paid, nothing is told of them.
    pub hold: bool,
    /// The next so many requests take effect, and the connection closes before the reply.
    pub lose_reply: u32,
    /// The next transfer that is carried out has results of so many payments that stand in no file.
    pub unknown_line: u32,
    /// The results of the next so many lines state another amount than was paid.
    pub wrong_amount: u32,
}

/// Money of a line that was paid comes back.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// Of which payment.
    pub payment: PaymentForm,
    /// Why; absent, the reasons take turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonForm>,
    /// The day that the results state; absent, the file's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
}

/// What stands on the accounts.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Paid {
    /// By account, of those to which something was ever paid.
    pub accounts: BTreeMap<AccountForm, Credited>,
    /// Payments of which money stands on accounts more than once: an office that works has none.
    pub twice: Vec<PaymentForm>,
}

/// What stands on one account.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Credited {
    /// Lines that were paid and did not come back.
    pub count: u32,
    /// Their sum.
    pub sum_yen: Yen,
    /// Lines that came back.
    pub returned: u32,
}

/// That a bulk transfer was taken.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The SHA-256 of its bytes, in hexadecimal.
    pub id: String,
    /// How many lines.
    pub lines: u64,
    /// Their sum.
    pub sum_yen: Yen,
}

/// That something was not done.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// `token`, `day`, `file`, `other-day`, `unknown`, `held`, `not-paid`, `too-long`, `place`, `state`.
    pub code: String,
    /// Of a broken file: the number of the record, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Of a broken file: the field's number and name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong, for an engineer.
    pub text: String,
}

impl Refusal {
    /// One that concerns no record.
    pub fn new(code: &str, text: impl Into<String>) -> Refusal {
        Refusal { code: code.into(), line: None, field: None, text: text.into() }
    }
}
