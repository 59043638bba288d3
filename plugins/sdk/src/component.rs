//! The component around a rule: generated bindings and their only crossing.

use crate::facts::{Facts as _, Records};
use crate::payments::{Entry, OfResults as _, Proposal};
use crate::rule::{self, LABELS, Rule, Status, decide_all, decide_one, on_date};
use crate::{outcome, settings};
use jorei_domain::calendar::Date;
use jorei_domain::decision::Reason;
use jorei_domain::table::{Column, Table, Values};
use std::borrow::Cow;

#[allow(missing_docs, clippy::all, unused_qualifications, unsafe_op_in_unsafe_fn, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        // The world that has every interface: what a rule does not call is not among its imports, whatever the world.
        world: "refund",
        pub_export_macro: true,
        export_macro_name: "export_rule",
        default_bindings_module: "jorei_sdk::component::bindings",
    });
}

use bindings::exports::jorei::rules::about::{Description, Label, SettingsProblem, SettingsSegment};
use bindings::exports::jorei::rules::rule::{Answers, Argument, Decision, Question, Refusal, RefusalReason, Status as WireStatus};
use bindings::jorei::rules::types::{self as wire, ColumnValues};
use bindings::jorei::rules::{ordinance, payments, records};

/// A population is answered by many small allocations; the default allocator of Wasm made half of its cost.
#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The host's functions as records. Each method is compiled in only where a rule calls it.
struct Imports;

macro_rules! imports {
    ($($function:ident = $kind:ident),*) => {
        impl Records for Imports {
            $(fn $function(&self) -> Table {
                table(records::$function())
            })*
        }
    };
}
jorei_domain::each_kind!(imports);

fn table(table: wire::Table) -> Table {
    let column = |column: wire::Column| Column {
        name: Cow::Owned(column.name),
        values: match column.values {
            ColumnValues::Integers(values) => Values::Integers(values),
            ColumnValues::Texts(values) => Values::Texts(values),
        },
    };
    Table { offsets: table.offsets, columns: table.columns.into_iter().map(column).collect() }
}

fn results(results: Vec<(&'static str, Table)>) -> Vec<wire::NamedTable> {
    let column = |column: Column| wire::Column {
        name: column.name.into_owned(),
        values: match column.values {
            Values::Integers(values) => ColumnValues::Integers(values),
            Values::Texts(values) => ColumnValues::Texts(values),
        },
    };
    results
        .into_iter()
        .map(|(name, table)| wire::NamedTable {
            name: name.into(),
            table: wire::Table { offsets: table.offsets, columns: table.columns.into_iter().map(column).collect() },
        })
        .collect()
}

fn date(packed: i32) -> Date {
    // The host passes dates: anything else is a broken host.
    Date::from_packed(i64::from(packed)).expect("a date")
}

fn packed(date: Date) -> i32 {
    date.packed() as i32
}

fn refusal(refusal: jorei_domain::decision::Refusal, trace: Vec<u8>) -> Refusal {
    Refusal {
        reason: match refusal.reason {
            Reason::LawUnknown => RefusalReason::LawUnknown,
            Reason::FactMissing => RefusalReason::FactMissing,
            Reason::FactImpossible => RefusalReason::FactImpossible,
            Reason::OutOfScope => RefusalReason::OutOfScope,
        },
        label: refusal.label,
        article: refusal.article,
        arguments: refusal.arguments.into_iter().map(|(name, value)| Argument { name, value }).collect(),
        trace,
    }
}

pub fn describe<R: Rule>() -> Description {
    let about = R::ABOUT;
    let label = |label: &rule::Label| Label { key: label.key.into(), ja: label.ja.into(), en: label.en.into() };
    Description {
        id: about.id.into(),
        title_ja: about.title_ja.into(),
        title_en: about.title_en.into(),
        legal_basis: about.legal_basis.iter().map(|article| (*article).into()).collect(),
        labels: about.labels.iter().chain(LABELS).map(label).collect(),
        settings_schema: schemars::schema_for!(R::Ordinance).as_value().to_string(),
        outcome_schema: outcome::schema::<R::Outcome>().to_string(),
    }
}

pub fn check_settings<R: Rule>(ordinance: &str) -> Result<Vec<SettingsSegment>, Vec<SettingsProblem>> {
    let segment =
        |segment: settings::Segment| SettingsSegment { from: packed(segment.from), until: packed(segment.until), compact: segment.compact };
    let problem = |(path, message)| SettingsProblem { path, message };
    match settings::check::<R::Ordinance>(R::ABOUT.id, ordinance) {
        Ok(segments) => Ok(segments.into_iter().map(segment).collect()),
        Err(problems) => Err(problems.0.into_iter().map(problem).collect()),
    }
}

pub fn decide<R: Rule>(question: Question) -> Result<Decision, Refusal> {
    decided::<R>(question).map(decision)
}

/// As [`decide`], and proposes what the decision's results say.
pub fn decide_and_propose<R: Rule>(question: Question) -> Result<Decision, Refusal> {
    let decided = decided::<R>(question)?;
    let proposals: Vec<payments::Proposal> = Proposal::of_results(&decided.results).iter().map(proposal).collect();
    if !proposals.is_empty() {
        // The host takes what is within its bounds; more is a failure of this case.
        payments::propose(&proposals).expect("proposals that the host takes");
    }
    Ok(decision(decided))
}

fn proposal(proposal: &Proposal) -> payments::Proposal {
    payments::Proposal {
        entry: match proposal.entry {
            Entry::Appropriation => payments::Entry::Appropriation,
            Entry::Refund => payments::Entry::Refund,
            Entry::Interest => payments::Entry::Interest,
        },
        overpayment: proposal.overpayment,
        claim: proposal.claim.unwrap_or(0),
        yen: proposal.yen.get(),
    }
}

fn decision(decided: rule::Decided) -> Decision {
    Decision { provisional: decided.provisional, results: results(decided.results), trace: decided.trace }
}

fn decided<R: Rule>(question: Question) -> Result<rule::Decided, Refusal> {
    let on = date(question.on);
    let values = on_date::<R>(ordinance::settings(question.on).as_deref(), on).map_err(|error| refusal(error.into_inner(), vec![0x80]))?;
    decide_one::<R>(&R::Facts::read(&Imports), on, &values).map_err(|(error, trace)| refusal(error, trace))
}

pub fn decide_many<R: Rule>(question: Question) -> Answers {
    let on = date(question.on);
    let cases = question.cases as usize;
    let Ok(values) = on_date::<R>(ordinance::settings(question.on).as_deref(), on) else {
        return Answers { statuses: vec![WireStatus::Refused; cases], results: results(outcome::Results::none::<R::Outcome>(cases)) };
    };
    let answers = decide_all::<R>(&R::Facts::read(&Imports), on, cases, &values);
    let status = |status: Status| match status {
        Status::Decided => WireStatus::Decided,
        Status::Provisional => WireStatus::Provisional,
        Status::Refused => WireStatus::Refused,
    };
    Answers { statuses: answers.statuses.into_iter().map(status).collect(), results: results(answers.results) }
}

/// Makes a rule the content of its component: `jorei_sdk::component!(Premium);`, or `jorei_sdk::component!(Refund, proposes);`
/// for one whose outcome has a table of [`Proposal`](crate::payments::Proposal)s: what stands there is proposed to the host
/// before the rule answers. A rule without that word does not import `payments`.
///
/// Does nothing outside of Wasm, so that the same crate can be tested natively.
#[macro_export]
macro_rules! component {
    ($rule:ty) => {
        $crate::component!(@ $rule, decide);
    };
    ($rule:ty, proposes) => {
        $crate::component!(@ $rule, decide_and_propose);
    };
    (@ $rule:ty, $decide:ident) => {
        #[cfg(target_family = "wasm")]
        mod exported {
            use super::*;
            use $crate::component::bindings::exports::jorei::rules::{about, rule};

            struct Component;

            impl about::Guest for Component {
                fn describe() -> about::Description {
                    $crate::component::describe::<$rule>()
                }
                fn check_settings(ordinance: String) -> Result<Vec<about::SettingsSegment>, Vec<about::SettingsProblem>> {
                    $crate::component::check_settings::<$rule>(&ordinance)
                }
            }

            impl rule::Guest for Component {
                fn decide(question: rule::Question) -> Result<rule::Decision, rule::Refusal> {
                    $crate::component::$decide::<$rule>(question)
                }
                fn decide_many(question: rule::Question) -> rule::Answers {
                    $crate::component::decide_many::<$rule>(question)
                }
            }

            $crate::component::bindings::export_rule!(Component with_types_in $crate::component::bindings);
        }
    };
}
