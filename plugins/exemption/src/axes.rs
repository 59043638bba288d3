//! The facts that rows of an ordinance may ask for: their names, units and bounds, and from which records each comes.
//! How each is computed is in `examination.rs`. What is not here cannot be asked.

use jorei_sdk::rows::{Axis, Number, Scale};
use jorei_sdk::{Date, Yen};

/// A fact, by its place in [`AXES`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fact {
    AppliedOn,
    Cause,
    CauseOn,
    PreviousIncome,
    CurrentIncome,
    IncomeFall,
    NonFarmIncome,
    LossShare,
    InsuredPersons,
    Minors,
    ReductionLevel,
    Age,
    FormerDependant,
    FromSociety,
    MonthOfMembership,
    AllFormerDependants,
    Detained,
    DetentionOver,
    DetentionCertified,
}

/// Every fact in the order of [`AXES`].
pub(crate) const FACTS: [Fact; 19] = [
    Fact::AppliedOn,
    Fact::Cause,
    Fact::CauseOn,
    Fact::PreviousIncome,
    Fact::CurrentIncome,
    Fact::IncomeFall,
    Fact::NonFarmIncome,
    Fact::LossShare,
    Fact::InsuredPersons,
    Fact::Minors,
    Fact::ReductionLevel,
    Fact::Age,
    Fact::FormerDependant,
    Fact::FromSociety,
    Fact::MonthOfMembership,
    Fact::AllFormerDependants,
    Fact::Detained,
    Fact::DetentionOver,
    Fact::DetentionCertified,
];

impl Fact {
    /// Its place in [`AXES`].
    pub(crate) const fn axis(self) -> usize {
        self as usize
    }

    /// Does it differ from month to month, so that only the elements of a person can rest on it?
    pub(crate) const fn is_monthly(self) -> bool {
        matches!(self, Fact::FormerDependant | Fact::FromSociety | Fact::MonthOfMembership | Fact::AllFormerDependants | Fact::Detained)
    }
}

const fn axis(key: &'static str, ja: &'static str, en: &'static str, scale: Scale, most: i64, source: &'static str) -> Axis {
    Axis { key, ja, en, scale, least: Number::whole(0), most: Number::whole(most), source }
}

const fn date(key: &'static str, ja: &'static str, en: &'static str, source: &'static str) -> Axis {
    let (least, most) = (Number::whole(Date::MIN.packed()), Number::whole(Date::MAX.packed()));
    Axis { key, ja, en, scale: Scale::Date, least, most, source }
}

const fn flag(key: &'static str, ja: &'static str, en: &'static str, source: &'static str) -> Axis {
    axis(key, ja, en, Scale::Flag, 1, source)
}

/// The axes on offer.
pub const AXES: &[Axis] = &[
    date("applied_on", "申請日", "day of the application", "applications.on"),
    axis("cause", "事由", "cause, by its number in the ordinance", Scale::Code(None), 0, "applications.cause_code"),
    date("cause_on", "事由発生日", "day of the damage or cause", "applications.cause_on"),
    axis(
        "previous_income_yen",
        "前年の総所得金額等",
        "total income of head and insured persons in the year before",
        Scale::Yen,
        Yen::MAX,
        "incomes of the calendar year before the fiscal year, of the head and of those insured on the day of the application",
    ),
    axis(
        "current_income_yen",
        "当年の総所得金額等の見込額",
        "their expected total income in the year of the cause",
        Scale::Yen,
        Yen::MAX,
        "applications.current_income_yen",
    ),
    axis(
        "income_fall",
        "所得の減少割合",
        "fall of income",
        Scale::Share,
        1,
        "(previous - current) / previous; nil where the income did not fall",
    ),
    axis("non_farm_income_yen", "農業外所得", "income from other than farming", Scale::Yen, Yen::MAX, "applications.non_farm_income_yen"),
    axis(
        "loss_share",
        "損害の割合",
        "share of the loss",
        Scale::Share,
        1,
        "(loss_yen - insured_yen) / normal_yen of the application; nil where insurance paid all",
    ),
    axis("insured_persons", "被保険者数", "persons insured in the year", Scale::Count("人"), 99, "premiums.insured_persons"),
    axis(
        "minors",
        "18歳以下の世帯員数",
        "members who have not passed the 31 March after turning 18",
        Scale::Count("人"),
        99,
        "persons and membership on the day of the application",
    ),
    axis(
        "reduction_level",
        "軽減割合（割）",
        "statutory reduction in tenths",
        Scale::Code(Some(&[0, 2, 3, 4, 5, 6, 7])),
        7,
        "premiums.reduction_level",
    ),
    axis("age", "申請日の年齢", "age on the day of the application", Scale::Count("歳"), 150, "persons of the application"),
    flag("former_dependant", "旧被扶養者", "former dependant in the month", "former_dependants, by month"),
    flag("from_society", "国保組合の旧被扶養者", "from an NHI society", "former_dependants.from_society"),
    axis(
        "month_of_membership",
        "資格取得月から数えた月数",
        "month of membership, that of joining is the first",
        Scale::Count("か月目"),
        1_800,
        "former_dependants.from, by month",
    ),
    flag(
        "all_former_dependants",
        "被保険者全員が旧被扶養者",
        "all insured persons are former dependants in the month",
        "former_dependants and premium_persons, by month",
    ),
    flag("detained", "収容月", "detained in the month: from that of entry to the one before release", "detention, by month"),
    flag(
        "detention_over",
        "収容の終了又は年度の経過",
        "released, or the year is past, on the day of the application",
        "detention and applications.on",
    ),
    flag("detention_certified", "在所証明の確認", "the certificate of stay was seen", "detention.certified of every stay in the year"),
];
