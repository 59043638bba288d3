//! What a municipality fixes: rates and caps by part and year, roundings, proration, levels.

use crate::national;
use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rates of the medical, support or care part (Act art. 81: fixed by ordinance).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Income levy (所得割): rate on the sum of levy bases.
    pub income_rate: Value<Rate>,
    /// Asset levy (資産割): rate on the property tax; "0%" where there is none.
    pub asset_rate: Value<Rate>,
    /// Per-capita levy (均等割), yen a year and person.
    pub per_capita_yen: Value<Yen>,
    /// Per-household levy (平等割), yen a year; 0 where there is none.
    pub per_household_yen: Value<Yen>,
    /// Cap (賦課限度額) of the part, yen a year and household; at most the national one.
    pub cap_yen: Value<Yen>,
}

/// Rates of the child-rearing support part (子ども・子育て支援納付金分), from FY2026.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChildRates {
    /// Income levy (所得割): rate on the sum of levy bases.
    pub income_rate: Value<Rate>,
    /// Asset levy (資産割): rate on the property tax; "0%" where there is none.
    pub asset_rate: Value<Rate>,
    /// Per-capita levy (均等割), yen a year and person, cut in full for minors.
    pub per_capita_yen: Value<Yen>,
    /// 18-and-over per-capita levy (18歳以上均等割), yen a year and adult.
    pub adult_per_capita_yen: Value<Yen>,
    /// Per-household levy (平等割), yen a year; 0 where there is none.
    pub per_household_yen: Value<Yen>,
    /// Cap (賦課限度額) of the part, yen a year and household; at most the national one.
    pub cap_yen: Value<Yen>,
    /// Does the half of a specific household (特定世帯) reach this part's per-household levy?
    pub specific_household_applies: Value<bool>,
}

/// What a rounding is applied to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Once, on the household's sum.
    Household,
    /// On the amount of each person.
    Person,
}

/// Which side of a reduction is rounded (軽減後の額 or 軽減額).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reduced {
    /// What is left after the reduction.
    Remainder,
    /// The amount taken off.
    Reduction,
    /// Neither: fractions are kept until the part is rounded.
    Exact,
}

/// The roundings (端数処理) of the ordinance, R1 to R4 of the reference.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Roundings {
    /// R1: is the income levy rounded per person or once?
    pub income_levy_scope: Value<Scope>,
    /// R1: rounding of the income levy.
    pub income_levy_rounding: Value<Rounding>,
    /// R1: a person's levy base is cut to this unit before the rate: 1 or 1000 yen.
    pub income_base_unit_yen: Value<Yen>,
    /// R2: which side of a reduction is rounded.
    pub reduced_amount: Value<Reduced>,
    /// R2: per person, or once for the household.
    pub reduced_amount_scope: Value<Scope>,
    /// R2: rounding of it; not read where fractions are kept.
    pub reduced_amount_rounding: Value<Rounding>,
    /// R3: is a part rounded per person or once?
    pub part_scope: Value<Scope>,
    /// R3: rounding of a part.
    pub part_rounding: Value<Rounding>,
    /// R4: rounding of the sum of the parts; down to 1 yen where there is none.
    pub total_rounding: Value<Rounding>,
}

/// How months combine with the cap and the household's elements.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// A year's premium per composition of the household, capped, then its months of twelve.
    CompositionPeriods,
    /// Each person's amounts by own months, the household's by its months; the sum is capped.
    PersonMonths,
}

/// Prorating by months (月割).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proration {
    /// The model.
    pub model: Value<Model>,
    /// Does a loss on the first of a month by joining another scheme count as the day before, so
    /// that the last month charged is one earlier?
    pub first_day_loss_counts_as_day_before: Value<bool>,
}

/// The levels of the reductions (軽減割合): 7/5/2, or 6/4 or 5/3 with no third one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reductions {
    /// Share cut at the first level, in tenths.
    pub first_rate: Value<Rate>,
    /// Share cut at the second level, in tenths.
    pub second_rate: Value<Rate>,
    /// Share cut at the third level, in tenths; left out where there is none.
    #[serde(default)]
    pub third_rate: Option<Value<Rate>>,
}

/// A city's own relief on the per-capita levy of children; the larger of it and the statutory preschool half holds, never both.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnChildRelief {
    /// Share taken off the per-capita levy, after the level.
    pub cut_rate: Value<Rate>,
    /// Until the 31 March after reaching this age, in years.
    pub until_age: Value<i64>,
    /// On the medical part?
    pub medical_applies: Value<bool>,
    /// On the support part?
    pub support_applies: Value<bool>,
}

/// The ordinance of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PremiumOrdinance {
    /// Whose it is.
    pub ordinance: Header,
    /// Medical part (医療分).
    pub medical: Section<Rates>,
    /// Support for the late-elderly scheme (後期高齢者支援金等分).
    pub support: Section<Rates>,
    /// Long-term care part (介護納付金分).
    pub care: Section<Rates>,
    /// Child-rearing support part, from FY2026.
    #[serde(default)]
    pub child: Section<ChildRates>,
    /// Roundings.
    pub rounding: Section<Roundings>,
    /// Prorating.
    pub proration: Section<Proration>,
    /// Levels of the reductions.
    pub reduction: Section<Reductions>,
    /// Own relief for children, where there is one.
    #[serde(default)]
    pub own_child_relief: Section<OwnChildRelief>,
}

/// The values of an ordinance on one date.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    /// Medical part.
    pub medical: Dated<Rates>,
    /// Support part.
    pub support: Dated<Rates>,
    /// Care part.
    pub care: Dated<Rates>,
    /// Child part.
    pub child: Dated<ChildRates>,
    /// Roundings.
    pub rounding: Dated<Roundings>,
    /// Prorating.
    pub proration: Dated<Proration>,
    /// Levels of the reductions.
    pub reduction: Dated<Reductions>,
    /// Own relief for children.
    pub own_child_relief: Dated<OwnChildRelief>,
}

impl Ordinance for PremiumOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![
            ("medical", &self.medical),
            ("support", &self.support),
            ("care", &self.care),
            ("child", &self.child),
            ("rounding", &self.rounding),
            ("proration", &self.proration),
            ("reduction", &self.reduction),
            ("own_child_relief", &self.own_child_relief),
        ]
    }

    fn on(&self, date: Date) -> Values {
        Values {
            medical: self.medical.at("medical", date),
            support: self.support.at("support", date),
            care: self.care.at("care", date),
            child: self.child.at("child", date),
            rounding: self.rounding.at("rounding", date),
            proration: self.proration.at("proration", date),
            reduction: self.reduction.at("reduction", date),
            own_child_relief: self.own_child_relief.at("own_child_relief", date),
        }
    }

    fn check(&self, problems: &mut Problems) {
        for (part, section) in [&self.medical, &self.support, &self.care].into_iter().enumerate() {
            for (i, block, rates) in section.known() {
                let at = Place { section: national::PARTS[part], block: i, from: block.from };
                at.rates(&[("income_rate", &rates.income_rate), ("asset_rate", &rates.asset_rate)], problems);
                let amounts = [("per_capita_yen", &rates.per_capita_yen), ("per_household_yen", &rates.per_household_yen)];
                at.amounts(&amounts, problems);
                at.cap(part, block.until, &rates.cap_yen, problems);
            }
        }
        for (i, block, rates) in self.child.known() {
            let at = Place { section: "child", block: i, from: block.from };
            at.rates(&[("income_rate", &rates.income_rate), ("asset_rate", &rates.asset_rate)], problems);
            let amounts = [
                ("per_capita_yen", &rates.per_capita_yen),
                ("adult_per_capita_yen", &rates.adult_per_capita_yen),
                ("per_household_yen", &rates.per_household_yen),
            ];
            at.amounts(&amounts, problems);
            if FiscalYear::of(block.from).year() < national::CHILD_PART_FROM {
                let message = format!("begins on {}, but the part exists from 2026-04-01 (Order art. 29-7 para. 1 no. 4)", block.from);
                problems.add(format!("child[{i}]"), message);
            } else {
                at.cap(3, block.until, &rates.cap_yen, problems);
            }
        }
        for (i, block, roundings) in self.rounding.known() {
            let at = Place { section: "rounding", block: i, from: block.from };
            let unit = roundings.income_base_unit_yen.peek().get();
            if unit != 1 && unit != 1000 {
                at.add("income_base_unit_yen", format!("is {unit}, not 1 or 1000 yen"), problems);
            }
            let scopes = [("income_levy_scope", &roundings.income_levy_scope), ("reduced_amount_scope", &roundings.reduced_amount_scope)];
            for (key, _) in scopes.iter().filter(|(_, scope)| *scope.peek() == Scope::Household) {
                if *roundings.part_scope.peek() == Scope::Person {
                    at.add(key, "is household, but the part is rounded per person: then this must be person too".into(), problems);
                }
            }
        }
        for (i, block, levels) in self.reduction.known() {
            let at = Place { section: "reduction", block: i, from: block.from };
            let (mut above, mut sound) = (Rate::ONE, true);
            let named = [
                ("first_rate", Some(&levels.first_rate)),
                ("second_rate", Some(&levels.second_rate)),
                ("third_rate", levels.third_rate.as_ref()),
            ];
            for (key, rate) in named.into_iter().filter_map(|(key, rate)| Some((key, *rate?.peek()))) {
                sound &= tenths(rate).is_some() && rate < above;
                if tenths(rate).is_none() {
                    at.add(key, format!("is {rate}, not a number of tenths"), problems);
                } else if rate >= above {
                    at.add(key, format!("is {rate}, not below the level before it ({above})"), problems);
                }
                above = rate;
            }
            let level = |value: &Value<Rate>| tenths(*value.peek());
            let levels_are = (level(&levels.first_rate), level(&levels.second_rate), levels.third_rate.as_ref().map(level));
            let known = [(Some(7), Some(5), Some(Some(2))), (Some(6), Some(4), None), (Some(5), Some(3), None)];
            if sound && !known.contains(&levels_are) {
                let message = "is one of levels that the Order does not know: they are 7/5/2, 6/4 or 5/3 tenths (Order art. 29-7 para. 6)";
                at.add("first_rate", message.into(), problems);
            }
        }
        for (i, block, relief) in self.own_child_relief.known() {
            let at = Place { section: "own_child_relief", block: i, from: block.from };
            at.rates(&[("cut_rate", &relief.cut_rate)], problems);
            let age = *relief.until_age.peek();
            if !(1..=30).contains(&age) {
                at.add("until_age", format!("is {age}, not an age of 1 to 30"), problems);
            }
        }
    }
}

/// A level as people call it: 7/10 is 7. None when it is no whole number of tenths.
pub(crate) fn tenths(rate: Rate) -> Option<i64> {
    let ten = rate.num() * 10;
    (ten % rate.den() == 0).then(|| ten / rate.den())
}

/// Where a problem lies.
struct Place {
    section: &'static str,
    block: usize,
    from: Date,
}

impl Place {
    fn add(&self, key: &str, message: String, problems: &mut Problems) {
        problems
            .add(format!("{}[{}].values.{key}", self.section, self.block), format!("the value of the block from {} {message}", self.from));
    }

    fn rates(&self, rates: &[(&str, &Value<Rate>)], problems: &mut Problems) {
        for (key, rate) in rates {
            if *rate.peek() > Rate::ONE {
                self.add(key, format!("is {}, more than the whole", rate.peek()), problems);
            }
        }
    }

    fn amounts(&self, amounts: &[(&str, &Value<Yen>)], problems: &mut Problems) {
        for (key, amount) in amounts {
            if *amount.peek() < Yen::ZERO {
                self.add(key, format!("is {} yen, below nil", amount.peek()), problems);
            }
        }
    }

    /// A cap may not exceed the national one of any fiscal year of the block. A year whose national
    /// cap is unknown is refused when deciding, not here.
    fn cap(&self, part: usize, until: Date, cap: &Value<Yen>, problems: &mut Problems) {
        self.amounts(&[("cap_yen", cap)], problems);
        let years = FiscalYear::of(self.from).year()..=FiscalYear::of(until.yesterday()).year();
        // Years beyond the known ones carry no ceiling: stop after the last, however far the block reaches.
        for year in years.take_while(|year| *year < 2100) {
            let Some(national) = national::cap_yen(year, part) else { continue };
            if cap.peek().get() > national {
                let message = format!(
                    "is {} yen, above the national cap of {} yen for FY{year} (Order art. 29-7, {year}-04-01)",
                    cap.peek(),
                    Yen::new(national)
                );
                self.add("cap_yen", message, problems);
            }
        }
    }
}

/// The word under which a trace shows a scope.
pub(crate) fn scope_word<'a>(scope: &Scope) -> Val<'a> {
    Val::Word(match scope {
        Scope::Household => "per_household_sum",
        Scope::Person => "per_person",
    })
}

/// The word under which a trace shows which side of a reduction is rounded.
pub(crate) fn reduced_word<'a>(reduced: &Reduced) -> Val<'a> {
    Val::Word(match reduced {
        Reduced::Remainder => "remainder_rounded",
        Reduced::Reduction => "reduction_rounded",
        Reduced::Exact => "fractions_kept",
    })
}

/// The word under which a trace shows a proration model.
pub(crate) fn model_word<'a>(model: &Model) -> Val<'a> {
    Val::Word(match model {
        Model::CompositionPeriods => "composition_periods",
        Model::PersonMonths => "person_months",
    })
}

#[cfg(test)]
mod tests {
    use crate::Premium;
    use jorei_sdk::native::Settings;
    use serde_json::{Value as Json, json};

    fn ordinance() -> Json {
        let rates = |cap: i64| json!({ "income_rate": "7.51%", "asset_rate": "0%", "per_capita_yen": 47600, "per_household_yen": 0, "cap_yen": cap });
        let block = |values: Json| json!([{ "from": "2026-04-01", "until": "2027-04-01", "article": "Ordinance art. 1", "state": "assumed", "values": values }]);
        let rounding = json!({ "unit_yen": 1, "direction": "down" });
        json!({
            "ordinance": { "municipality": "012041", "name": "test", "rule": "premium" },
            "medical": block(rates(670_000)), "support": block(rates(260_000)), "care": block(rates(170_000)),
            "rounding": block(json!({
                "income_levy_scope": "household", "income_levy_rounding": rounding, "income_base_unit_yen": 1,
                "reduced_amount": "remainder", "reduced_amount_scope": "person", "reduced_amount_rounding": rounding,
                "part_scope": "household", "part_rounding": rounding, "total_rounding": rounding
            })),
            "proration": block(json!({ "model": "composition-periods", "first_day_loss_counts_as_day_before": false })),
            "reduction": block(json!({ "first_rate": "70%", "second_rate": "50%", "third_rate": "20%" }))
        })
    }

    fn problems(change: impl FnOnce(&mut Json)) -> Vec<(String, String)> {
        let mut ordinance = ordinance();
        change(&mut ordinance);
        Settings::check::<Premium>(&ordinance.to_string()).err().unwrap_or_default()
    }

    #[test]
    fn a_sound_ordinance_has_no_problem() {
        assert_eq!(problems(|_| {}), []);
    }

    #[test]
    fn a_cap_above_the_national_one_is_named_with_both_amounts() {
        let found = problems(|ordinance| ordinance["medical"][0]["values"]["cap_yen"] = 670_001.into());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "medical[0].values.cap_yen");
        for part in ["670,001", "670,000", "Order art. 29-7", "2026-04-01"] {
            assert!(found[0].1.contains(part), "{part} in {}", found[0].1);
        }
    }

    #[test]
    fn what_cannot_be_is_a_problem_at_its_place() {
        let place = |path: &str, key: &str, value: Json| {
            let (section, key) = (path.to_owned(), key.to_owned());
            let found = problems(|ordinance| ordinance[&section][0]["values"][&key] = value);
            assert_eq!(found.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), [format!("{section}[0].values.{key}")]);
        };
        place("medical", "income_rate", "101%".into());
        place("care", "per_capita_yen", (-1).into());
        place("rounding", "income_base_unit_yen", 500.into());
        place("reduction", "first_rate", "75%".into());
        place("reduction", "second_rate", "80%".into());
        let found = problems(|ordinance| ordinance["rounding"][0]["values"]["part_scope"] = "person".into());
        assert_eq!(found[0].0, "rounding[0].values.income_levy_scope");
    }
}
