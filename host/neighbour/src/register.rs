//! What the bodies behind the server know: an entry for each addressee, and made-up accounts from a seed.
//!
//! Absent here: an account that could be real. Banks that begin with 98 are no bank's; nor is a person behind any number.

use jorei_connector::wire::WhatForm;
use jorei_connector::{AccountItems, DependantLoss, EmploymentInsurance, Found, Income, Qualification, Standing};
use jorei_domain::id::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A fault of one addressee.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonFault {
    /// No identifier code: whatever is asked.
    NotLinked,
    /// The identifier code leads nowhere: whatever is asked.
    IdentifierError,
    /// The other body knows nothing: whatever is asked.
    NotFound,
    /// The record is being corrected: whatever is asked.
    UnderCorrection,
    /// The account's use is suspended.
    Suspended,
    /// No account is registered, whatever stands in the entry.
    NotRegistered,
}

/// The account becomes another one.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedAfter {
    /// After so many answers about the account.
    pub answers: u32,
    /// The account from then on; absent: the same with another number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountItems>,
}

/// What is known of one addressee. What is absent is answered `not_found`, an absent account `not_registered`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Entry {
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountItems>,
    /// Incomes, each of its own year.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub incomes: Vec<Income>,
    /// A qualification elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualification: Option<Qualification>,
    /// The loss of a dependant's standing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependant_loss: Option<DependantLoss>,
    /// Leaving work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employment_insurance: Option<EmploymentInsurance>,
    /// What goes wrong with this addressee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<PersonFault>,
    /// The account becomes another one after some answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_after: Option<ChangedAfter>,
    /// The account is held under this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

impl Entry {
    /// The answer to a question, after `before` answers about the account.
    pub fn standing(&self, what: WhatForm, before: u32) -> Standing {
        let account = what == WhatForm::Account;
        match self.fault {
            Some(PersonFault::NotLinked) => return Standing::NotLinked,
            Some(PersonFault::IdentifierError) => return Standing::IdentifierError,
            Some(PersonFault::NotFound) => return Standing::NotFound,
            Some(PersonFault::UnderCorrection) => return Standing::UnderCorrection,
            Some(PersonFault::Suspended) if account => return Standing::Suspended,
            Some(PersonFault::NotRegistered) if account => return Standing::NotRegistered,
            _ => {}
        }
        let found = match what {
            WhatForm::Account => self.account_after(before).map(Found::Account),
            WhatForm::Income { year } => self.incomes.iter().find(|income| income.year == year).cloned().map(Found::Income),
            WhatForm::Qualification => self.qualification.clone().map(Found::Qualification),
            WhatForm::DependantLoss => self.dependant_loss.clone().map(Found::DependantLoss),
            WhatForm::EmploymentInsurance => self.employment_insurance.clone().map(Found::EmploymentInsurance),
        };
        match found {
            Some(found) => Standing::Present(found),
            None if account => Standing::NotRegistered,
            None => Standing::NotFound,
        }
    }

    fn account_after(&self, before: u32) -> Option<AccountItems> {
        let mut account = self.account.clone()?;
        if let Some(change) = self.changed_after.as_ref().filter(|change| before >= change.answers) {
            account = change.account.clone().unwrap_or_else(|| renumbered(account));
        }
        if let Some(holder) = &self.holder {
            account.holder_kana.clone_from(holder);
        }
        Some(account)
    }
}

/// The same account under another number: every digit one further.
fn renumbered(mut account: AccountItems) -> AccountItems {
    let further = |digit: char| digit.to_digit(10).and_then(|value| char::from_digit((value + 1) % 10, 10)).unwrap_or(digit);
    account.number = account.number.chars().map(further).collect();
    account
}

/// A wish for made-up accounts.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// The same seed makes the same entries.
    pub seed: u64,
    /// The addressees.
    pub persons: Vec<i64>,
    /// In whose name the accounts are, where it matters.
    #[serde(default)]
    pub names: BTreeMap<i64, String>,
}

/// What a seed makes of its addressees, in hundredths; the rest of a hundred have an account and no fault.
pub const SHARES: [(&str, usize); 8] = [
    ("not_registered", 6),
    ("suspended", 2),
    ("not_found", 2),
    ("not_linked", 2),
    ("identifier_error", 2),
    ("under_correction", 2),
    ("changed_after", 2),
    ("holder", 2),
];

/// Under which name an account stands that is not the addressee's.
pub const OTHER_HOLDER: &str = "ベツジン タロウ";

impl Seed {
    /// An entry for each addressee, and how many there are of each share.
    ///
    /// Accounts depend on seed and number alone. Faults fall on fixed shares of those named together, at least one of each
    /// kind from 50 persons on; which ones depends on seed and numbers, not on their order.
    pub fn entries(&self) -> (BTreeMap<i64, Entry>, BTreeMap<&'static str, usize>) {
        let mut drawn: Vec<(Digest, i64)> = self.persons.iter().map(|person| (self.draw(*person), *person)).collect();
        drawn.sort_unstable();
        drawn.dedup();
        let (mut entries, mut counts) = (BTreeMap::new(), BTreeMap::new());
        let total = drawn.len();
        for (place, (draw, person)) in drawn.into_iter().enumerate() {
            let mut entry = Entry { account: Some(self.account(person, &draw)), ..Entry::default() };
            let share = share(place * 100 / total);
            match share {
                "not_registered" => entry.fault = Some(PersonFault::NotRegistered),
                "suspended" => entry.fault = Some(PersonFault::Suspended),
                "not_found" => entry.fault = Some(PersonFault::NotFound),
                "not_linked" => entry.fault = Some(PersonFault::NotLinked),
                "identifier_error" => entry.fault = Some(PersonFault::IdentifierError),
                "under_correction" => entry.fault = Some(PersonFault::UnderCorrection),
                "changed_after" => entry.changed_after = Some(ChangedAfter { answers: 1, account: None }),
                "holder" => entry.holder = Some(OTHER_HOLDER.into()),
                _ => {}
            }
            *counts.entry(share).or_default() += 1;
            entries.insert(person, entry);
        }
        (entries, counts)
    }

    fn draw(&self, person: i64) -> Digest {
        Digest::of(format!("neighbour {} {person}", self.seed).as_bytes())
    }

    fn account(&self, person: i64, draw: &Digest) -> AccountItems {
        // Branches of `host/bank/data/synthetic_banks.csv` that are open without an end.
        const BRANCHES: [(&str, &str, &str, &str); 8] = [
            ("9801", "カクウ", "001", "ホンテン"),
            ("9801", "カクウ", "002", "エキマエ"),
            ("9801", "カクウ", "004", "ミナミ"),
            ("9802", "モゾウシンキン", "001", "ホンテン"),
            ("9802", "モゾウシンキン", "013", "チュウオウ"),
            ("9802", "モゾウシンキン", "014", "ユーアイ"),
            ("9804", "ユメノウキョウ", "000", "ホンショ"),
            ("9804", "ユメノウキョウ", "101", "タンボシショ"),
        ];
        let number = |at: usize| u32::from_be_bytes([draw.0[at], draw.0[at + 1], draw.0[at + 2], draw.0[at + 3]]);
        let (bank_code, bank_kana, branch_code, branch_kana) = BRANCHES[number(0) as usize % BRANCHES.len()];
        // One account in twenty is a current account.
        let kind = if number(8).is_multiple_of(20) { "2" } else { "1" };
        AccountItems {
            bank_code: bank_code.into(),
            bank_kana: bank_kana.into(),
            branch_code: branch_code.into(),
            branch_kana: branch_kana.into(),
            kind_code: kind.into(),
            number: format!("{:07}", number(12) % 10_000_000),
            holder_kana: self.names.get(&person).cloned().unwrap_or_else(|| format!("ミホン {person}")),
            registered_on: None,
            changed_on: None,
        }
    }
}

/// The share in which a hundredth lies.
fn share(hundredth: usize) -> &'static str {
    let mut bound = 0;
    for (name, width) in SHARES {
        bound += width;
        if hundredth < bound {
            return name;
        }
    }
    "present"
}

#[cfg(test)]
mod tests {
    use super::*;
    use jorei_bank::account::BranchCode;

    #[test]
    fn a_seed_makes_the_same_city_whatever_the_order_of_its_people() {
        let seed = |seed, persons: Vec<i64>| Seed { seed, persons, names: BTreeMap::from([(7, "ジヨウレイ ハナコ".to_owned())]) };
        let (one, counts) = seed(1, (1..=200).collect()).entries();
        assert_eq!(one, seed(1, (1..=200).rev().collect()).entries().0);
        assert_ne!(one, seed(2, (1..=200).collect()).entries().0);
        for (share, hundredths) in SHARES {
            assert_eq!(counts[share], hundredths * 2, "{share}");
        }
        assert_eq!(counts["present"], 160);
        for (person, entry) in &one {
            let account = entry.account.as_ref().unwrap();
            assert!(account.bank_code.starts_with("98") && account.bank_code.len() == 4);
            assert!(BranchCode::parse(&account.branch_code).is_ok(), "{}", account.branch_code);
            assert!(account.number.len() == 7 && ["1", "2"].contains(&account.kind_code.as_str()));
            assert_eq!(account.holder_kana == "ジヨウレイ ハナコ", *person == 7);
        }
        let (few, _) = seed(1, (1..=50).collect()).entries();
        let faults: std::collections::BTreeSet<_> = few.values().filter_map(|entry| entry.fault).collect();
        assert_eq!(faults.len(), 6, "every fault occurs from 50 persons on");
        assert_eq!(few[&7].account, one[&7].account, "an account depends on seed and number alone");
    }

    #[test]
    fn an_account_changes_after_as_many_answers_as_told() {
        let (entries, _) = Seed { seed: 3, persons: vec![1], names: BTreeMap::new() }.entries();
        let account = entries[&1].account.clone().unwrap();
        let entry =
            Entry { account: Some(account.clone()), changed_after: Some(ChangedAfter { answers: 2, account: None }), ..Entry::default() };
        let told = |before| match entry.standing(WhatForm::Account, before) {
            Standing::Present(Found::Account(account)) => account,
            other => panic!("{other:?}"),
        };
        assert!(told(0) == account && told(1) == account);
        assert!(told(2).number != account.number && told(2).number.len() == 7 && told(2) == told(3));
        assert_eq!(entry.standing(WhatForm::Income { year: 2025 }, 0), Standing::NotFound);
        assert_eq!(Entry::default().standing(WhatForm::Account, 0), Standing::NotRegistered);
    }
}
