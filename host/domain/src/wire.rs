//! serde and JSON Schema for money, rates, roundings, dates and states, as ordinances write them.
//!
//! Human-readable formats carry texts (`"8.47%"`, `"2025-04-01"`), compact ones bare numbers.

extern crate alloc;

use crate::basis::State;
use crate::calendar::Date;
use crate::money::{Direction, Rate, Rounding, Yen};
use alloc::borrow::Cow;
use alloc::string::ToString;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

impl Serialize for Yen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.get())
    }
}

impl<'de> Deserialize<'de> for Yen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Yen, D::Error> {
        Yen::checked(i64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl JsonSchema for Yen {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Yen".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": -Yen::MAX, "maximum": Yen::MAX, "description": "Whole yen." })
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&self.to_string())
        } else {
            (self.num(), self.den()).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
        if deserializer.is_human_readable() {
            let text = <Cow<'_, str>>::deserialize(deserializer)?;
            Rate::parse(&text).map_err(|_| D::Error::custom(alloc::format!("`{text}` is not a rate (write \"8.47%\" or \"847/10000\")")))
        } else {
            let (num, den) = Deserialize::deserialize(deserializer)?;
            Rate::checked(num, den).map_err(D::Error::custom)
        }
    }
}

impl JsonSchema for Rate {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\s*([0-9]+(\.[0-9]+)?\s*%?|[0-9]+\s*/\s*[0-9]+)\s*$",
            "description": "An exact rate: \"8.47%\", \"847/10000\" or \"0.0847\"."
        })
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum DirectionWord {
    Down,
    Up,
    HalfUp,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RoundingForm {
    /// 1, 10, 100 or 1000.
    unit_yen: i64,
    /// down (切捨て), up (切上げ) or half-up (四捨五入).
    direction: DirectionWord,
}

impl Serialize for Rounding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let direction = match self.direction() {
            Direction::Down => DirectionWord::Down,
            Direction::Up => DirectionWord::Up,
            Direction::HalfUp => DirectionWord::HalfUp,
        };
        RoundingForm { unit_yen: self.unit(), direction }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Rounding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rounding, D::Error> {
        let form = RoundingForm::deserialize(deserializer)?;
        let direction = match form.direction {
            DirectionWord::Down => Direction::Down,
            DirectionWord::Up => Direction::Up,
            DirectionWord::HalfUp => Direction::HalfUp,
        };
        Rounding::checked(form.unit_yen, direction)
            .map_err(|_| D::Error::custom(alloc::format!("unit_yen is {}, not 1, 10, 100 or 1000", form.unit_yen)))
    }
}

impl JsonSchema for Rounding {
    fn schema_name() -> Cow<'static, str> {
        "Rounding".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        RoundingForm::json_schema(generator)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.packed()) }
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        if deserializer.is_human_readable() {
            let text = <Cow<'_, str>>::deserialize(deserializer)?;
            Date::parse(&text).map_err(|_| D::Error::custom(alloc::format!("`{text}` is not a date (write YYYY-MM-DD)")))
        } else {
            Date::from_packed(i64::deserialize(deserializer)?).map_err(D::Error::custom)
        }
    }
}

impl JsonSchema for Date {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.serialize_str(self.word()) } else { serializer.serialize_u8(self.code()) }
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<State, D::Error> {
        if deserializer.is_human_readable() {
            let text = <Cow<'_, str>>::deserialize(deserializer)?;
            State::ALL
                .into_iter()
                .find(|state| state.word() == text)
                .ok_or_else(|| D::Error::custom(alloc::format!("`{text}` is no state (write sourced, second-hand or assumed)")))
        } else {
            State::from_code(u8::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("no such state"))
        }
    }
}

impl JsonSchema for State {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "State".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": ["sourced", "second-hand", "assumed"], "description": "How well the value is known." })
    }
}
