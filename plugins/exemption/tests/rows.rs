//! What `examine` finds in a table is what trying every point finds: over random small tables, in both directions.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_sdk::State;
use jorei_sdk::rows::{Axis, Condition, Number, Row, Scale, examine};
use proptest::prelude::*;
use std::collections::BTreeSet;

const fn axis(key: &'static str, scale: Scale, most: i64) -> Axis {
    Axis { key, ja: key, en: key, scale, least: Number::whole(0), most: Number::whole(most), source: "" }
}

/// Whole numbers 0 to 4, shares, codes.
const AXES: &[Axis] = &[axis("whole", Scale::Count(""), 4), axis("share", Scale::Share, 1), axis("code", Scale::Code(None), 0)];

/// Every point that matters: shares are tried at the bounds (quarters) and between them (odd eighths), code 4 is named by no row.
fn points() -> Vec<[Number; 3]> {
    let mut points = Vec::new();
    for whole in 0..=4 {
        for eighth in 0..=8 {
            for code in 1..=4 {
                points.push([Number::whole(whole), Number::fraction(eighth, 8).unwrap(), Number::whole(code)]);
            }
        }
    }
    points
}

fn condition() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec![">=", ">", "<=", "<", "="]);
    prop_oneof![
        (sign.clone(), 0..=4).prop_map(|(sign, bound)| format!("whole {sign} {bound}")),
        (sign, 0..=4).prop_map(|(sign, quarter)| format!("share {sign} {quarter}/4")),
        (prop::sample::select(vec!["in", "not in"]), prop::sample::subsequence(vec!["1", "2", "3"], 1..=3))
            .prop_map(|(sign, codes)| format!("code {sign} [{}]", codes.join(", "))),
    ]
}

fn parsed(texts: &[String]) -> Vec<Condition> {
    texts.iter().map(|text| Condition::parse(AXES, text).unwrap()).collect()
}

fn meets(conditions: &[Condition], point: &[Number; 3]) -> bool {
    conditions.iter().all(|condition| condition.holds(point[condition.axis()]))
}

/// The point of an example: `whole = 1, share = 37.5%`; what it leaves out does not matter.
fn example(text: &str) -> [Number; 3] {
    let mut point = [Number::whole(0), Number::whole(0), Number::whole(4)];
    for part in text.split(", ").filter(|part| part.contains(" = ")) {
        let (name, value) = part.split_once(" = ").unwrap();
        let at = AXES.iter().position(|axis| axis.key == name).unwrap();
        point[at] = if at == 1 { Number::rate(jorei_sdk::Rate::parse(value).unwrap()) } else { Number::whole(value.parse().unwrap()) };
    }
    point
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_exact_finder_agrees_with_trying_every_point(
        requires in prop::collection::vec(condition(), 0..=2),
        rows in prop::collection::vec((prop::collection::vec(condition(), 0..=3), 1..=2_i64), 1..=5),
    ) {
        let requires = parsed(&requires);
        let rows: Vec<Row<i64>> =
            rows.iter().zip(1..).map(|((when, gives), number)| Row::new(number, parsed(when), *gives, "条", State::Sourced)).collect();
        let findings = examine(AXES, &requires, &rows.iter().collect::<Vec<_>>(), true);

        let domain: Vec<[Number; 3]> = points().into_iter().filter(|point| meets(&requires, point)).collect();
        let english: Vec<&str> = findings.iter().map(|finding| finding.message.split_once(" / ").unwrap().1).collect();
        if domain.is_empty() {
            prop_assert!(english.iter().all(|message| message.contains("meets what is required")) && !english.is_empty(), "{english:?}");
            return Ok(());
        }
        let matching = |point: &[Number; 3]| -> Vec<usize> { (0..rows.len()).filter(|row| meets(&rows[*row].when, point)).collect() };
        let (mut gap, mut first, mut pairs) = (false, BTreeSet::<usize>::new(), BTreeSet::new());
        for point in &domain {
            let found = matching(point);
            gap |= found.is_empty();
            first.extend(found.first());
            for (n, later) in found.iter().enumerate() {
                pairs.extend(found[..n].iter().filter(|earlier| rows[**earlier].gives != rows[*later].gives).map(|earlier| (*earlier, *later)));
            }
        }
        // What can never come first can never match; it is not told a second time as an overlap.
        pairs.retain(|(_, later)| first.contains(later));
        let never: BTreeSet<usize> = (0..rows.len()).filter(|row| !first.contains(row)).collect();

        let told_never: BTreeSet<usize> = findings.iter().filter(|finding| finding.message.contains("can never match")).filter_map(|finding| finding.row).collect();
        prop_assert_eq!(told_never, never);
        let told_gap: Vec<&str> = english.iter().filter_map(|message| between(message, "no row for ", "; add one")).collect();
        prop_assert_eq!(!told_gap.is_empty(), gap);
        for text in told_gap {
            let point = example(text);
            prop_assert!(meets(&requires, &point) && matching(&point).is_empty(), "{text} is no gap");
        }
        let mut told_pairs = BTreeSet::new();
        for message in &english {
            let Some(numbers) = between(message, "rows ", " both match") else { continue };
            let (a, b) = numbers.split_once(" and ").unwrap();
            let (a, b) = (a.parse::<usize>().unwrap() - 1, b.parse::<usize>().unwrap() - 1);
            told_pairs.insert((a, b));
            let point = example(between(message, "for example ", "; move").unwrap());
            let found = matching(&point);
            prop_assert!(meets(&requires, &point) && found.contains(&a) && found.contains(&b), "{message} shows nothing");
        }
        prop_assert_eq!(told_pairs, pairs);
    }
}
