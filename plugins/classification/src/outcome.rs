//! What comes out: one row for the household, one per insured person, one per application for a certificate.

use jorei_sdk::*;

words!(
    /// Category by the table of those under 70 (Order art. 29-3).
    pub enum Under70 {
        /// ア.
        A = "category_a",
        /// イ.
        I = "category_i",
        /// ウ.
        U = "category_u",
        /// エ.
        E = "category_e",
        /// オ.
        O = "category_o",
    }
);

words!(
    /// Category by the table of those from 70 to 74.
    pub enum Over70 {
        /// 現役並みIII.
        Active3 = "active_3",
        /// 現役並みII.
        Active2 = "active_2",
        /// 現役並みI.
        Active1 = "active_1",
        /// 一般.
        General = "general",
        /// 低所得II.
        LowIncome2 = "low_income_2",
        /// 低所得I.
        LowIncome1 = "low_income_1",
    }
);

words!(
    /// A category of either table, as a certificate shows it.
    pub enum Shown {
        /// ア.
        A = "category_a",
        /// イ.
        I = "category_i",
        /// ウ.
        U = "category_u",
        /// エ.
        E = "category_e",
        /// オ.
        O = "category_o",
        /// 現役並みIII.
        Active3 = "active_3",
        /// 現役並みII.
        Active2 = "active_2",
        /// 現役並みI.
        Active1 = "active_1",
        /// 一般.
        General = "general",
        /// 低所得II.
        LowIncome2 = "low_income_2",
        /// 低所得I.
        LowIncome1 = "low_income_1",
    }
);

impl From<Under70> for Shown {
    fn from(category: Under70) -> Shown {
        match category {
            Under70::A => Shown::A,
            Under70::I => Shown::I,
            Under70::U => Shown::U,
            Under70::E => Shown::E,
            Under70::O => Shown::O,
        }
    }
}

impl From<Over70> for Shown {
    fn from(category: Over70) -> Shown {
        match category {
            Over70::Active3 => Shown::Active3,
            Over70::Active2 => Shown::Active2,
            Over70::Active1 => Shown::Active1,
            Over70::General => Shown::General,
            Over70::LowIncome2 => Shown::LowIncome2,
            Over70::LowIncome1 => Shown::LowIncome1,
        }
    }
}

words!(
    /// A person's age as shares ask for it.
    pub enum AgeWord {
        /// Before school.
        Preschool = "preschool",
        /// From school to 69.
        Under70 = "under_70",
        /// From 70 to 74.
        From70 = "from_70",
        /// In the month of the 75th birthday.
        Turning75 = "turning_75",
    }
);

words!(
    /// What an application for the counter asks for.
    pub enum CertificateWord {
        /// 限度額適用認定.
        Limit = "limit_certificate",
        /// 標準負担額減額認定.
        MealReduction = "meal_reduction",
        /// 長期入院該当.
        LongStay = "long_stay",
    }
);

words!(
    /// Why a certificate is granted or not.
    pub enum Ground {
        /// It is.
        Granted = "granted",
        /// The documents were not found in order.
        Uncertified = "uncertified",
        /// Somebody's income is not declared.
        Undeclared = "undeclared",
        /// The household is in arrears.
        InArrears = "in_arrears",
        /// The category needs none: the institution asks for its limit anyway.
        NotNeeded = "not_needed",
        /// The household is not exempt from residents' tax.
        NotExempt = "not_exempt",
        /// The category has no further reduction for a long stay.
        NoFurtherReduction = "no_further_reduction",
    }
);

row!(
    /// The household in the month.
    pub struct ClassificationRow = "classification" {
        /// Persons insured in it.
        persons: i64,
        /// Category by the table of those under 70; absent where nobody is insured.
        under_70: Option<Under70>,
        /// Category by the table of those from 70 to 74; absent where nobody insured is.
        over_70: Option<Over70>,
        /// Does the lower yearly cap hold? Absent before there is a yearly cap, and where somebody's income is undeclared.
        reduced_cap: Option<bool>,
        /// 旧ただし書き所得 of the insured; absent where an exempt or undeclared person's is not known.
        income_yen: Option<Yen>,
        /// Is the income of the head or of somebody insured undeclared?
        undeclared: bool,
    }
);

row!(
    /// What a person pays in the month.
    pub struct ShareRow = "shares" {
        /// Ordinal of the person.
        person: i64,
        /// Share in percent.
        share_percent: i64,
        /// Pays all and claims it back (特別療養)?
        special_care: bool,
        /// Age.
        age: AgeWord,
    }
);

row!(
    /// An application for the counter that touches the month.
    pub struct CertificateRow = "certificates" {
        /// Ordinal of the person.
        person: i64,
        /// Which.
        certificate: CertificateWord,
        /// The category that it shows.
        category: Shown,
        /// First day.
        from: Date,
        /// First day after.
        until: Date,
        /// Granted?
        granted: bool,
        /// Why, or why not.
        ground: Ground,
    }
);

/// All tables of one case.
#[derive(Clone, Debug)]
pub struct ClassificationOutcome {
    /// The household.
    pub classification: ClassificationRow,
    /// Its insured persons, in the order of their ordinals.
    pub shares: Vec<ShareRow>,
    /// Applications in the order of the facts.
    pub certificates: Vec<CertificateRow>,
}

impl Outcome for ClassificationOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row;
        vec![ClassificationRow::SHAPE, ShareRow::SHAPE, CertificateRow::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.classification);
        self.shares.iter().for_each(|row| results.push(1, row));
        self.certificates.iter().for_each(|row| results.push(2, row));
    }
}
