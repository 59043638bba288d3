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
    /// 督促・延滞金: what is owed for paying late.
    Delinquency,
    /// 還付・充当: what becomes of money paid beyond what is owed.
    Refund,
}

impl Slot {
    /// Every slot, each after those whose decisions it rests on.
    pub const ALL: [Slot; 5] = [Slot::Premium, Slot::Exemption, Slot::Instalment, Slot::Delinquency, Slot::Refund];

    /// Those that are decided for a household's fiscal year, one resting on the other (賦課).
    pub const YEARLY: [Slot; 3] = [Slot::Premium, Slot::Exemption, Slot::Instalment];

    /// Its word: in manifests, in the store, in acts.
    pub const fn word(self) -> &'static str {
        match self {
            Slot::Premium => "premium",
            Slot::Exemption => "exemption",
            Slot::Instalment => "instalment",
            Slot::Delinquency => "delinquency",
            Slot::Refund => "refund",
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
            Slot::Delinquency => "督促・延滞金",
            Slot::Refund => "還付・充当",
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
            Slot::Delinquency => &[Kind::Persons, Kind::Arrears, Kind::Credits, Kind::Graces],
            Slot::Refund => &[
                Kind::Persons,
                Kind::Membership,
                Kind::Deaths,
                Kind::Overpayments,
                Kind::OverpaidPayments,
                Kind::Claims,
                Kind::Consents,
                Kind::ClaimNotices,
            ],
        }
    }

    /// May its rules propose entries of money? The worlds of the others do not have the interface at all.
    pub const fn proposes(self) -> bool {
        matches!(self, Slot::Refund)
    }

    /// The figure by which its decisions are summed up: table and column, in yen.
    pub const fn figure(self) -> (&'static str, &'static str) {
        match self {
            Slot::Premium => ("premium", "total_yen"),
            Slot::Exemption => ("exemption", "exempted_yen"),
            Slot::Instalment => ("schedule", "billed_yen"),
            Slot::Delinquency => ("delinquency", "charge_yen"),
            Slot::Refund => ("refund", "refund_yen"),
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
        assert_eq!(Slot::named("benefit"), None);
    }

    #[test]
    fn the_premium_rests_on_no_decision() {
        assert!(Slot::Premium.kinds().iter().all(|kind| !kind.is_derived()));
    }
}
