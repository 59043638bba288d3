//! Slots: the questions that the law asks, one WIT world each, and which facts each may rest on.

use crate::benefit::{BENEFIT, SUM};
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
    /// 区分判定: what its persons pay at the counter, and by which limits.
    Classification,
    /// 高額療養費: what a month of treatment cost beyond the limit.
    HighCost,
    /// 高額療養費（年間）: what a year of monthly rests comes to beyond the yearly caps.
    HighCostYear,
    /// 高額介護合算療養費: what medical and long-term care of a year cost beyond the limit.
    Combined,
    /// 入院時食事・生活療養費: meals and residence in hospital that were charged too high.
    Hospital,
    /// 療養費等: care and transport that was paid in full and is claimed back.
    Expense,
    /// 出産育児一時金・葬祭費: births and funerals.
    LumpSum,
}

impl Slot {
    /// Every slot, each after those whose decisions it rests on.
    pub const ALL: [Slot; 12] = [
        Slot::Premium,
        Slot::Exemption,
        Slot::Instalment,
        Slot::Delinquency,
        Slot::Refund,
        Slot::Classification,
        Slot::HighCost,
        Slot::HighCostYear,
        Slot::Combined,
        Slot::Hospital,
        Slot::Expense,
        Slot::LumpSum,
    ];

    /// Those that are decided for a household's fiscal year, one resting on the other (賦課).
    pub const YEARLY: [Slot; 3] = [Slot::Premium, Slot::Exemption, Slot::Instalment];

    /// Those of the world `benefit`: each says what is due to a household (給付).
    pub const BENEFITS: [Slot; 6] = [Slot::HighCost, Slot::HighCostYear, Slot::Combined, Slot::Hospital, Slot::Expense, Slot::LumpSum];

    /// The world of `wit/v1/worlds.wit` that its rules are written against.
    pub const fn world(self) -> &'static str {
        if self.is_benefit() { "benefit" } else { self.word() }
    }

    /// Is it one of the benefits?
    pub const fn is_benefit(self) -> bool {
        matches!(self, Slot::HighCost | Slot::HighCostYear | Slot::Combined | Slot::Hospital | Slot::Expense | Slot::LumpSum)
    }

    /// Its word: in manifests, in the store, in acts.
    pub const fn word(self) -> &'static str {
        match self {
            Slot::Premium => "premium",
            Slot::Exemption => "exemption",
            Slot::Instalment => "instalment",
            Slot::Delinquency => "delinquency",
            Slot::Refund => "refund",
            Slot::Classification => "classification",
            Slot::HighCost => "high_cost",
            Slot::HighCostYear => "high_cost_year",
            Slot::Combined => "combined",
            Slot::Hospital => "hospital",
            Slot::Expense => "expense",
            Slot::LumpSum => "lump_sum",
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
            Slot::Classification => "区分判定",
            Slot::HighCost => "高額療養費",
            Slot::HighCostYear => "高額療養費（年間）",
            Slot::Combined => "高額介護合算療養費",
            Slot::Hospital => "入院時食事・生活療養費",
            Slot::Expense => "療養費等",
            Slot::LumpSum => "出産育児一時金・葬祭費",
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
            Slot::Classification => &[
                Kind::Persons,
                Kind::Membership,
                Kind::Qualification,
                Kind::FormerMembership,
                Kind::ResidentTaxes,
                Kind::LimitApplications,
                Kind::BenefitRestrictions,
                Kind::PublicAid,
            ],
            Slot::HighCost => {
                &[Kind::Persons, Kind::Qualification, Kind::SpecifiedDiseases, Kind::Categories, Kind::MedicalClaims, Kind::HighCostMonths]
            }
            Slot::HighCostYear => {
                &[Kind::Persons, Kind::Membership, Kind::Qualification, Kind::Categories, Kind::MonthlyRests, Kind::CertifiedPayments]
            }
            Slot::Combined => &[
                Kind::Persons,
                Kind::Membership,
                Kind::Qualification,
                Kind::Categories,
                Kind::MonthlyRests,
                Kind::CarePayments,
                Kind::CertifiedPayments,
            ],
            Slot::Hospital => &[Kind::Persons, Kind::Qualification, Kind::LimitApplications, Kind::Categories, Kind::HospitalStays],
            Slot::Expense => &[Kind::Persons, Kind::Qualification, Kind::Shares, Kind::Expenses],
            Slot::LumpSum => &[Kind::Persons, Kind::Membership, Kind::Qualification, Kind::Childbirths, Kind::Funerals],
        }
    }

    /// May its rules propose entries of money? The worlds of the others do not have the interface at all.
    pub const fn proposes(self) -> bool {
        matches!(self, Slot::Refund)
    }

    /// The figure by which its decisions are summed up: table and column, in yen; of a classification its persons.
    pub const fn figure(self) -> (&'static str, &'static str) {
        match self {
            Slot::Premium => ("premium", "total_yen"),
            Slot::Exemption => ("exemption", "exempted_yen"),
            Slot::Instalment => ("schedule", "billed_yen"),
            Slot::Delinquency => ("delinquency", "charge_yen"),
            Slot::Refund => ("refund", "refund_yen"),
            // Of a classification there is nothing to add up but the persons it is about.
            Slot::Classification => ("classification", "persons"),
            Slot::HighCost | Slot::HighCostYear | Slot::Combined | Slot::Hospital | Slot::Expense | Slot::LumpSum => (BENEFIT, SUM),
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
    fn a_world_is_a_slot_of_its_own_or_that_of_benefits() {
        for slot in Slot::ALL {
            assert_eq!(Slot::BENEFITS.contains(&slot), slot.is_benefit());
            assert_eq!(slot.world() == "benefit", slot.is_benefit());
        }
    }

    #[test]
    fn the_premium_rests_on_no_decision() {
        assert!(Slot::Premium.kinds().iter().all(|kind| !kind.is_derived()));
    }
}
