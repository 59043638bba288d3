//! Slots: the questions that the law asks, one WIT world each, and which facts each may rest on.

use crate::record::Kind;

/// A question the law asks. Rules answer it; an activation says which revision answers on which dates.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Slot {
    /// 賦課: what a household owes for a year.
    Premium,
    /// 減免: what an application takes off it.
    Exemption,
    /// 期割: when it is due, and what may still be assessed.
    Instalment,
}

impl Slot {
    /// Every slot, each after those whose decisions it rests on.
    pub const ALL: [Slot; 3] = [Slot::Premium, Slot::Exemption, Slot::Instalment];

    /// Its word: in manifests, in the store, in acts.
    pub const fn word(self) -> &'static str {
        match self {
            Slot::Premium => "premium",
            Slot::Exemption => "exemption",
            Slot::Instalment => "instalment",
        }
    }

    /// The slot of a word.
    pub fn named(word: &str) -> Option<Slot> {
        Slot::ALL.into_iter().find(|slot| slot.word() == word)
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Slot::Premium => "賦課",
            Slot::Exemption => "減免",
            Slot::Instalment => "期割",
        }
    }

    /// The kinds of fact that a rule of the slot may be granted: its case holds these and no others, so
    /// that a fact it cannot read neither changes its decision nor the order of its persons.
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Slot::Premium => &[
                Kind::Persons,
                Kind::Membership,
                Kind::Qualification,
                Kind::FormerMembership,
                Kind::Incomes,
                Kind::Unemployment,
                Kind::Maternity,
                Kind::Property,
            ],
            Slot::Exemption => &[
                Kind::Persons,
                Kind::Membership,
                Kind::Qualification,
                Kind::Incomes,
                Kind::Unemployment,
                Kind::Detention,
                Kind::FormerDependants,
                Kind::Applications,
                Kind::Premiums,
                Kind::PremiumParts,
                Kind::PremiumPersons,
                Kind::Instalments,
            ],
            Slot::Instalment => &[
                Kind::Persons,
                Kind::Membership,
                Kind::Qualification,
                Kind::Deaths,
                Kind::Pensions,
                Kind::Assessments,
                Kind::PremiumPersons,
            ],
        }
    }

    /// The figure by which its decisions are summed up: table and column, in yen.
    pub const fn figure(self) -> (&'static str, &'static str) {
        match self {
            Slot::Premium => ("premium", "total_yen"),
            Slot::Exemption => ("exemption", "exempted_yen"),
            Slot::Instalment => ("schedule", "billed_yen"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_told_by_its_word() {
        for slot in Slot::ALL {
            assert_eq!(Slot::named(slot.word()), Some(slot));
        }
        assert_eq!(Slot::named("refund"), None);
    }

    #[test]
    fn the_premium_rests_on_no_decision() {
        assert!(Slot::Premium.kinds().iter().all(|kind| !kind.is_derived()));
    }
}
