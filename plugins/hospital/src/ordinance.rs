//! What a patient owes for meals and living costs in hospital, by month and class of patient; whole yen. A class of its own section
//! each, because of one month some are known and others are not.

use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a patient owes per meal.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Meal {
    /// Per meal.
    pub meal_yen: Value<Yen>,
}

/// What a patient owes per meal in a bed for long-term care, by the type of the hospital.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LivingMeal {
    /// Per meal in a hospital of the first type (入院時生活療養Ⅰ).
    pub type_1_meal_yen: Value<Yen>,
    /// Per meal in one of the second (Ⅱ).
    pub type_2_meal_yen: Value<Yen>,
}

/// What a patient owes per day of residence (居住費).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Residence {
    /// Per day.
    pub day_yen: Value<Yen>,
}

/// The days after which a stay is a long one (長期入院該当).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongStay {
    /// More days than these within the twelve months before.
    pub above_days: Value<i64>,
}

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident: $type:ident,)*) => {
        /// The settings of one municipality.
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct HospitalOrdinance {
            /// Whose it is.
            pub ordinance: Header,
            $($(#[$doc])* pub $name: Section<$type>,)*
        }

        /// The settings of one month.
        #[derive(Debug, Serialize, Deserialize)]
        pub struct Values {
            $($(#[$doc])* pub $name: Dated<$type>,)*
        }

        impl HospitalOrdinance {
            fn all(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
                vec![$((stringify!($name), &self.$name)),*]
            }

            fn values(&self, date: Date) -> Values {
                Values { $($name: self.$name.at(stringify!($name), date),)* }
            }
        }
    };
}

sections! {
    /// Meals: whoever is not in another class.
    general_meal: Meal,
    /// Meals: a designated intractable disease, or a chronic disease of a child.
    intractable_meal: Meal,
    /// Meals: オ and 低所得II.
    low_income_meal: Meal,
    /// Meals: the same after a long stay.
    long_stay_meal: Meal,
    /// Meals: 低所得I.
    lowest_meal: Meal,
    /// Living costs: meals of whoever is not in another class.
    general_living: LivingMeal,
    /// Living costs: meals of オ and 低所得II.
    low_income_living: Meal,
    /// Living costs: meals of 低所得I.
    lowest_living: Meal,
    /// Living costs: residence.
    residence: Residence,
    /// Living costs: residence where the medical need is high.
    residence_high_need: Residence,
    /// Living costs: residence with a designated intractable disease.
    residence_intractable: Residence,
    /// When a stay is a long one.
    long_stay: LongStay,
}

impl Ordinance for HospitalOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        self.all()
    }

    fn on(&self, date: Date) -> Values {
        self.values(date)
    }

    fn check(&self, problems: &mut Problems) {
        for (name, section) in self.all() {
            for (i, (from, until)) in section.blocks().into_iter().enumerate() {
                if from.day() != 1 || until.day() != 1 {
                    problems.add(
                        format!("{name}[{i}]"),
                        format!("goes from {from} to {until}, not from the first of a month to the first of one"),
                    );
                }
            }
        }
        let meal = |meal: &Meal| *meal.meal_yen.peek();
        let day = |residence: &Residence| *residence.day_yen.peek();
        let (type_1, type_2) = (|living: &LivingMeal| *living.type_1_meal_yen.peek(), |living: &LivingMeal| *living.type_2_meal_yen.peek());
        // Whoever has less owes no more, in every month.
        ordered("intractable_meal", &self.intractable_meal, meal, &self.general_meal, meal, problems);
        ordered("low_income_meal", &self.low_income_meal, meal, &self.intractable_meal, meal, problems);
        ordered("long_stay_meal", &self.long_stay_meal, meal, &self.low_income_meal, meal, problems);
        ordered("lowest_meal", &self.lowest_meal, meal, &self.long_stay_meal, meal, problems);
        ordered("general_living", &self.general_living, type_2, &self.general_living, type_1, problems);
        ordered("low_income_living", &self.low_income_living, meal, &self.general_living, type_2, problems);
        ordered("lowest_living", &self.lowest_living, meal, &self.low_income_living, meal, problems);
        ordered("residence_high_need", &self.residence_high_need, day, &self.residence, day, problems);
        ordered("residence_intractable", &self.residence_intractable, day, &self.residence_high_need, day, problems);
        for (i, _, long_stay) in self.long_stay.known() {
            if !(1..=366).contains(long_stay.above_days.peek()) {
                problems
                    .add(format!("long_stay[{i}].values.above_days"), format!("is {}, not days of a year", long_stay.above_days.peek()));
            }
        }
    }
}

/// No value of the lower section lies below 0, or above one of the higher that holds in the same month.
fn ordered<L: Clone, H: Clone>(
    name: &str,
    lower: &Section<L>,
    low: impl Fn(&L) -> Yen,
    higher: &Section<H>,
    high: impl Fn(&H) -> Yen,
    problems: &mut Problems,
) {
    for (i, block, values) in lower.known() {
        let yen = low(values);
        if yen < Yen::ZERO {
            problems.add(format!("{name}[{i}].values"), format!("{yen} is below 0"));
        }
        let meets = |from: Date, until: Date| from < block.until && block.from < until;
        for (_, other, limit) in higher.known().filter(|(_, other, _)| meets(other.from, other.until)) {
            if yen > high(limit) {
                let message = format!("{yen} is more than {} of those who owe more, from {}", high(limit), block.from.max(other.from));
                problems.add(format!("{name}[{i}].values"), message);
            }
        }
    }
}
