//! What every rule of benefits answers alike: one row that sums up, and one row per benefit, which the host pays.
//!
//! A benefit rule moves nothing and proposes nothing. It says what is due in all for the case; the host compares that with
//! what was decided before and pays, or claims back, the difference. Absent here: the law of any benefit.

/// The name of the table of one row that sums a case up, with the column [`SUM`].
pub const BENEFIT: &str = "benefit";
/// What is due in cash, the sum of the rows of [`BENEFITS_TABLE`] that are paid to a head or an organiser; whole yen.
pub const SUM: &str = "benefit_yen";
/// The name of the table of benefits, a row each.
pub const BENEFITS_TABLE: &str = "benefits";
/// Its columns.
pub const COLUMNS: [&str; 6] = ["benefit", "number", "person", "payee", "yen", "bar_on"];

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $list:ident: $($(#[$vdoc:meta])* $variant:ident = $word:literal, $ja:literal;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$vdoc])* $variant),*
        }

        #[doc = concat!("Words of [`", stringify!($name), "`], in the order of their codes.")]
        pub const $list: &[&str] = &[$($word),*];

        impl $name {
            /// All of them, in the order of their codes.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// Its word: permanent, the store keeps it.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// What officials call it.
            pub const fn ja(self) -> &'static str {
                match self { $($name::$variant => $ja),* }
            }

            /// The one of a word.
            pub fn named(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words! {
    /// A benefit (給付).
    Benefit, BENEFITS:
    /// 高額療養費 (Act art. 57-2), of a month.
    HighCost = "high_cost", "高額療養費";
    /// 外来年間合算: the yearly cap of outpatient care at 70 to 74.
    OutpatientYear = "outpatient_year", "高額療養費（外来年間合算）";
    /// 年間上限: the yearly cap of the household.
    AnnualCap = "annual_cap", "高額療養費（年間上限）";
    /// 高額介護合算療養費 (art. 57-3).
    Combined = "combined", "高額介護合算療養費";
    /// 入院時食事療養費の差額 (art. 52).
    MealDifference = "meal_difference", "食事療養費差額";
    /// 入院時生活療養費の差額 (art. 52-2).
    LivingCostDifference = "living_cost_difference", "生活療養費差額";
    /// 療養費 (art. 54).
    MedicalExpense = "medical_expense", "療養費";
    /// 移送費 (art. 54-4).
    Transport = "transport", "移送費";
    /// 特別療養費 (art. 54-3).
    SpecialMedicalExpense = "special_medical_expense", "特別療養費";
    /// 訪問看護療養費 (art. 54-2), in kind.
    HomeNursing = "home_nursing_expense", "訪問看護療養費";
    /// 保険外併用療養費 (art. 53), in kind.
    MixedCare = "mixed_care", "保険外併用療養費";
    /// 療養の給付 (art. 36), in kind.
    CareInKind = "care_in_kind", "療養の給付";
    /// 出産育児一時金 (art. 58).
    Childbirth = "childbirth", "出産育児一時金";
    /// 葬祭費 (art. 58).
    Funeral = "funeral", "葬祭費";
}

words! {
    /// Who gets it.
    Payee, PAYEES:
    /// The head of the household (世帯主).
    Head = "household_head", "世帯主";
    /// Who held the funeral (葬祭を行った者).
    Organiser = "funeral_organiser", "葬祭を行った者";
    /// The institution, through the federation: the host pays nothing (現物給付).
    Institution = "institution", "医療機関等";
    /// Nobody: shown, lapsed or not to be paid yet.
    Nobody = "nobody", "支給なし";
}

impl Payee {
    /// Does the host pay it?
    pub const fn is_paid(self) -> bool {
        matches!(self, Payee::Head | Payee::Organiser)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_the_order_of_their_codes() {
        for (code, benefit) in Benefit::ALL.iter().enumerate() {
            assert_eq!((*benefit as usize, BENEFITS[code], Benefit::named(BENEFITS[code])), (code, benefit.word(), Some(*benefit)));
        }
        for (code, payee) in Payee::ALL.iter().enumerate() {
            assert_eq!((*payee as usize, PAYEES[code]), (code, payee.word()));
        }
    }
}
