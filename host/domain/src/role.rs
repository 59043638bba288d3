//! Who may do what is asked by role, and each role belongs to a department of the city.
//!
//! Source of the departments and of what each does: the city's protection assessment no. 2 (特定個人情報保護評価書,
//! 2025-12-01), "Departments"; the split of the insurance division into tasks is usual practice and to be confirmed.

/// A department of the city, or what stands outside it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Department {
    /// 国民健康保険課: qualification, assessment, benefits.
    Insurance,
    /// 納税管理課: receipts and refunds.
    Revenue,
    /// 納税推進課: collection.
    Collection,
    /// Who keeps the machine running and who examines it: no department of the affairs.
    Oversight,
    /// Not of the city: vendors, other systems.
    Outside,
}

impl Department {
    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Department::Insurance => "国民健康保険課",
            Department::Revenue => "納税管理課",
            Department::Collection => "納税推進課",
            Department::Oversight => "情報管理・監査",
            Department::Outside => "庁外・他システム",
        }
    }
}

/// What an account may do, by task. An account may have several; none of them skips a second person.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// Acquisition and loss of qualification (資格).
    Qualification,
    /// Assessment of premiums (賦課).
    Assessment,
    /// Benefits (給付).
    Benefits,
    /// Rules and ordinances: drafts, revisions, shadow runs, acts about them (制度).
    Rules,
    /// Receipts and refunds (収納・還付).
    Receipts,
    /// Arrears and enforcement (徴収).
    Collection,
    /// Keeps accounts and the machine; sees no person.
    Operator,
    /// Examines the chain; sees no person.
    Auditor,
    /// A vendor's pipeline: its own rules, and no person.
    Vendor,
    /// Another system of the city hall, which has cases decided.
    System,
}

impl Role {
    /// Every role, in the order of the tables.
    pub const ALL: [Role; 10] = [
        Role::Qualification,
        Role::Assessment,
        Role::Benefits,
        Role::Rules,
        Role::Receipts,
        Role::Collection,
        Role::Operator,
        Role::Auditor,
        Role::Vendor,
        Role::System,
    ];

    /// Its word in office files and tables.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Qualification => "qualification",
            Role::Assessment => "assessment",
            Role::Benefits => "benefits",
            Role::Rules => "rules",
            Role::Receipts => "receipts",
            Role::Collection => "collection",
            Role::Operator => "operator",
            Role::Auditor => "auditor",
            Role::Vendor => "vendor",
            Role::System => "system",
        }
    }

    /// The role of a word.
    pub fn named(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Role::Qualification => "資格担当",
            Role::Assessment => "賦課担当",
            Role::Benefits => "給付担当",
            Role::Rules => "制度担当",
            Role::Receipts => "収納・還付担当",
            Role::Collection => "徴収担当",
            Role::Operator => "システム運用担当",
            Role::Auditor => "監査担当",
            Role::Vendor => "委託先",
            Role::System => "他システム",
        }
    }

    /// Its department.
    pub const fn department(self) -> Department {
        match self {
            Role::Qualification | Role::Assessment | Role::Benefits | Role::Rules => Department::Insurance,
            Role::Receipts => Department::Revenue,
            Role::Collection => Department::Collection,
            Role::Operator | Role::Auditor => Department::Oversight,
            Role::Vendor | Role::System => Department::Outside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_by_its_word_only() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.word()), Some(role));
        }
        assert_eq!(Role::named("administrator"), None);
    }
}
