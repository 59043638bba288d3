//! A loaded rule: describe it, check settings with it, decide one case in a fresh store, answer
//! many on a warm instance.

use crate::bindings::v1::{
    self, Decision, Description, SettingsProblem, SettingsSegment, Status as WireStatus, World, WorldPre, lift_refusal, lift_table, wire,
};
use crate::compilation::CompileError;
use crate::fault::Fault;
use crate::imports::{self, Asked, Capability, Grant, NotGranted};
use crate::limits::{
    ABOUT_TEXT_BYTES, ARTICLES, BULK_CASES, BULK_SAMPLE, COLUMNS_MAX, COMPACT_BYTES, LABELS, PROBLEM_BYTES, PROBLEMS, SCHEMA_BYTES,
    SEGMENTS_OF_SETTINGS, TABLES_MAX,
};
use crate::population::Population;
use crate::reader::ReadRecords;
use crate::run_context::RunContext;
use crate::runtime::{Compiled, Runtime};
use crate::settings::{Disorder, Problem, Segment, Settings};
use crate::structure::{self, NotSound};
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Evidence, Failure, Given, Outcome, Result as NamedTable};
use jorei_domain::id::Digest;
use jorei_domain::money::Yen;
use jorei_domain::payment::{PROPOSALS, Proposal};
use jorei_domain::record::Kind;
use jorei_domain::table::{ABSENT, Table, Values};
use jorei_domain::trace;
use std::cell::LazyCell;
use std::ops::Range;
use std::sync::Arc;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Store, Trap};

/// Why a component cannot be loaded: a variant for each step of admission, in their order.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Refused for its structure.
    #[error(transparent)]
    NotSound(#[from] NotSound),
    /// Refused for its imports.
    #[error(transparent)]
    NotGranted(#[from] NotGranted),
    /// It does not compile within bounds.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// It lacks an export of its world, or has it with another type.
    #[error("the component is no rule: {0}")]
    World(String),
    /// Its description failed.
    #[error("the component's `describe` failed ({})", .0.word())]
    Describe(Failure),
    /// The machine failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A key of traces and refusals with its texts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Label {
    /// The key.
    pub key: String,
    /// For officials.
    pub ja: String,
    /// For engineers.
    pub en: String,
}

/// What a rule says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct About {
    /// Short name.
    pub id: String,
    /// What it decides, for officials.
    pub title_ja: String,
    /// What it decides, for engineers.
    pub title_en: String,
    /// Articles it applies.
    pub legal_basis: Vec<String>,
    /// Its words.
    pub labels: Vec<Label>,
    /// JSON Schema of its ordinance.
    pub settings_schema: String,
    /// JSON Schema of its outcome.
    pub outcome_schema: String,
}

/// Why an ordinance gives no settings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NoSettings {
    /// Problems of the ordinance, one or more, up to [`PROBLEMS`](crate::limits::PROBLEMS).
    Problems(Vec<Problem>),
    /// The rule broke on it, or answered what no rule may.
    Broken(String),
}

/// What is asked of every case of a call.
#[derive(Clone, Debug)]
pub struct Question {
    /// The date that picks the law.
    pub on: Date,
    /// The settings of the revision.
    pub settings: Arc<Settings>,
}

/// One run for the record.
#[derive(Clone, Debug)]
pub struct Run {
    /// What came out.
    pub outcome: Outcome,
    /// What is proposed of money, in order, and said by the results; empty where the case was not decided.
    pub proposals: Vec<Proposal>,
    /// How; empty after a failure.
    pub trace: Vec<u8>,
    /// What it was given, also after a failure.
    pub evidence: Evidence,
    /// Fuel used; the same for the same case in every fresh store.
    pub fuel: u64,
    /// Linear memory of all instances of the run when it was at its highest, in bytes. Memory never shrinks, so this is
    /// what the run ended with. What the host denied does not count; a growth that the host allowed and the component's own
    /// maximum then refused does.
    pub memory_bytes: u64,
}

/// State of a case answered in bulk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// Decided.
    Decided,
    /// Decided, not settled.
    Provisional,
    /// Refused by the rule.
    Refused,
    /// The rule failed on this case.
    Failed(Failure),
}

/// Answers for many cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// One per case.
    pub statuses: Vec<Status>,
    /// Tables over all cases; a refused or failed case has no rows.
    pub results: Vec<NamedTable>,
}

/// A component, checked, compiled and linked.
pub struct Rule {
    runtime: Arc<Runtime>,
    world: WorldPre<RunContext>,
    digest: Digest,
    asked: Asked,
    about: About,
}

impl Rule {
    /// Loads a component: its structure and its imports from its bytes, compilation, the exports of
    /// its world, its description. Each step can be had alone: [`structure::check`],
    /// [`imports::check`], [`Runtime::compile`], [`Rule::link`].
    ///
    /// # Errors
    /// A [`LoadError`]; nothing of the component has run before its imports were found granted.
    pub fn load(runtime: &Arc<Runtime>, bytes: &[u8], grant: &Grant) -> Result<Rule, LoadError> {
        let structure = structure::check(bytes)?;
        let asked = imports::check(&structure, grant)?;
        Rule::link(runtime, runtime.compile(&structure, asked)??)
    }

    /// Links a compiled component to the interfaces of its world and lets it describe itself.
    ///
    /// # Errors
    /// [`LoadError::World`], [`LoadError::Describe`] or [`LoadError::Fault`].
    pub fn link(runtime: &Arc<Runtime>, compiled: Compiled) -> Result<Rule, LoadError> {
        let Compiled { component, digest, asked } = compiled;
        let mut linker: Linker<RunContext> = Linker::new(runtime.engine());
        World::add_to_linker::<_, HasSelf<_>>(&mut linker, |context| context).map_err(|error| LoadError::World(format!("{error:#}")))?;
        let world = linker.instantiate_pre(&component).and_then(WorldPre::new).map_err(|error| LoadError::World(format!("{error:#}")))?;
        let empty = About {
            id: String::new(),
            title_ja: String::new(),
            title_en: String::new(),
            legal_basis: Vec::new(),
            labels: Vec::new(),
            settings_schema: String::new(),
            outcome_schema: String::new(),
        };
        let mut rule = Rule { runtime: Arc::clone(runtime), world, digest, asked, about: empty };
        rule.about = rule.describe()?;
        Ok(rule)
    }

    /// The digest of the component's bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What it may read.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// What it says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    fn describe(&self) -> Result<About, LoadError> {
        let description: Description =
            self.scratch(|world, store| world.jorei_rules_about().call_describe(store))?.map_err(LoadError::Describe)?;
        if !is_bearable(&description) {
            return Err(LoadError::Describe(Failure::Output));
        }
        Ok(About {
            id: description.id,
            title_ja: description.title_ja,
            title_en: description.title_en,
            legal_basis: description.legal_basis,
            labels: description.labels.into_iter().map(|label| Label { key: label.key, ja: label.ja, en: label.en }).collect(),
            settings_schema: description.settings_schema,
            outcome_schema: description.outcome_schema,
        })
    }

    /// Checks an ordinance (JSON text), by the rule itself and by its schema, and makes settings of
    /// it.
    ///
    /// # Errors
    /// In the inner result a [`NoSettings`]; outside, a [`Fault`].
    pub fn check_settings(&self, ordinance: &str) -> Result<Result<Settings, NoSettings>, Fault> {
        let broken = |what: String| Ok(Err(NoSettings::Broken(what)));
        let answer: Result<Vec<SettingsSegment>, Vec<SettingsProblem>> =
            match self.scratch(|world, store| world.jorei_rules_about().call_check_settings(store, ordinance))? {
                Ok(answer) => answer,
                Err(failure) => return broken(format!("the rule failed while it checked the ordinance ({})", failure.word())),
            };
        let segments = match answer {
            Ok(segments) => segments,
            Err(problems) => return Ok(Err(NoSettings::Problems(bounded(problems)))),
        };
        // After the rule, whose own words for what is wrong are better.
        match self.runtime.check_document(&self.about.settings_schema, ordinance)? {
            Err(error) => return broken(format!("the rule's schema of settings cannot be applied: {error}")),
            Ok(problems) if !problems.is_empty() => return Ok(Err(NoSettings::Problems(problems))),
            Ok(_) => {}
        }
        if segments.len() > SEGMENTS_OF_SETTINGS || segments.iter().map(|segment| segment.compact.len()).sum::<usize>() > COMPACT_BYTES {
            return broken(format!(
                "the rule made {} segments of settings of the ordinance; at most {SEGMENTS_OF_SETTINGS} with {COMPACT_BYTES} bytes together are kept",
                segments.len()
            ));
        }
        let date = |packed: i32| Date::from_packed(i64::from(packed));
        let segment = |segment: SettingsSegment| {
            Some(Segment { from: date(segment.from).ok()?, until: date(segment.until).ok()?, compact: segment.compact })
        };
        let Some(segments) = segments.into_iter().map(segment).collect::<Option<Vec<_>>>() else {
            return broken("the rule answered with a date that does not exist".into());
        };
        match Settings::new(segments) {
            Ok(settings) => Ok(Ok(settings)),
            Err(error @ Disorder(_)) => broken(format!("the rule answered out of order: {error}")),
        }
    }

    /// Decides one case for the record: in a fresh store, with its trace and evidence.
    ///
    /// # Errors
    /// A [`Fault`] of the machine. Everything that the rule does wrong is an [`Outcome::Failed`].
    pub fn decide(&self, question: &Question, reader: impl ReadRecords) -> Result<Run, Fault> {
        let limits = self.runtime.limits();
        let budget = limits.fuel_base.saturating_add(limits.fuel_per_person.saturating_mul(reader.persons()));
        // The persons give the budget its size, so they are evidence whether the rule asks or not.
        let persons = reader.read(Kind::Persons);
        let mut context = RunContext::new(Box::new(reader), Arc::clone(&question.settings), true, limits);
        context.evidence.given.extend(persons.map(|(table, sources)| Given { kind: Kind::Persons.name().into(), table, sources }));
        let mut store = self.store(context, budget)?;
        let answer = self.instantiate(&mut store).and_then(|world| {
            let question = v1::Question { on: packed(question.on), cases: 1 };
            world.jorei_rules_rule().call_decide(&mut store, question)
        });
        let fuel = budget.saturating_sub(store.get_fuel().unwrap_or(0));
        let (outcome, trace) = match answer {
            Ok(Ok(decision)) => match self.accept(decision, store.data()) {
                Ok((outcome, trace)) => (outcome, trace),
                Err(failure) => (Outcome::Failed(failure), Vec::new()),
            },
            Ok(Err(refusal)) => {
                let (refusal, trace) = lift_refusal(refusal);
                let accepted = if limits.admits(&refusal) { self.accept_trace(&trace) } else { Err(Failure::Output) };
                match accepted {
                    Ok(_) => (Outcome::Refused(refusal), trace),
                    Err(failure) => (Outcome::Failed(failure), Vec::new()),
                }
            }
            Err(error) => (Outcome::Failed(failure(&error, store.data())?), Vec::new()),
        };
        let memory_bytes = store.data().memory_used(limits);
        // A refused or failed case proposes nothing, whatever it asked for before.
        let proposals = match outcome {
            Outcome::Decided { .. } => std::mem::take(&mut store.data_mut().proposals),
            Outcome::Refused(_) | Outcome::Failed(_) => Vec::new(),
        };
        Ok(Run { outcome, proposals, trace, evidence: std::mem::take(&mut store.data_mut().evidence), fuel, memory_bytes })
    }

    /// A warm instance for bulk questions.
    pub fn bulk(&self) -> Bulk<'_> {
        Bulk { rule: self, warm: None, memory_bytes: 0 }
    }

    /// Holds an answer against the contract.
    fn accept(&self, decision: Decision, context: &RunContext) -> Result<(Outcome, Vec<u8>), Failure> {
        let rests_on_unsourced = self.accept_trace(&decision.trace)?;
        if rests_on_unsourced && !decision.provisional {
            return Err(Failure::Answer);
        }
        let results = accept_results(decision.results, 1, &context.reader)?;
        if !says_what_was_proposed(&results, &context.proposals, self.asked.capabilities().contains(&Capability::Payments)) {
            return Err(Failure::Answer);
        }
        if results.iter().map(|result| size(&result.table)).sum::<usize>() > self.runtime.limits().result_bytes {
            return Err(Failure::Output);
        }
        Ok((Outcome::Decided { provisional: decision.provisional, results }, decision.trace))
    }

    /// Is the trace within bounds and canonical? Says whether it names an unsourced value.
    fn accept_trace(&self, bytes: &[u8]) -> Result<bool, Failure> {
        if bytes.len() > self.runtime.limits().trace_bytes {
            return Err(Failure::Trace);
        }
        trace::names_unsourced(bytes).map_err(|_| Failure::Trace)
    }

    fn store(&self, context: RunContext, fuel: u64) -> Result<Store<RunContext>, Fault> {
        let limits = self.runtime.limits();
        let mut store = Store::new(self.runtime.engine(), context);
        store.limiter(|context| context);
        store.set_fuel(fuel).map_err(Fault::Runtime)?;
        store.set_epoch_deadline(limits.epochs);
        store.set_hostcall_fuel(limits.crossing_bytes);
        store.set_max_component_handles(limits.handles);
        Ok(store)
    }

    fn instantiate(&self, store: &mut Store<RunContext>) -> wasmtime::Result<World> {
        self.world.instantiate(store)
    }

    /// Calls an export that may read nothing, in a store that is thrown away.
    fn scratch<T>(&self, call: impl FnOnce(&World, &mut Store<RunContext>) -> wasmtime::Result<T>) -> Result<Result<T, Failure>, Fault> {
        let limits = self.runtime.limits();
        let context = RunContext::new(Box::new(Nothing), Arc::new(Settings::default()), false, limits);
        let mut store = self.store(context, limits.fuel_base)?;
        match self.instantiate(&mut store).and_then(|world| call(&world, &mut store)) {
            Ok(answer) => Ok(Ok(answer)),
            Err(error) => Ok(Err(failure(&error, store.data())?)),
        }
    }
}

/// The reader of calls that may read nothing.
struct Nothing;

impl ReadRecords for Nothing {
    fn read(&self, _: Kind) -> Option<(Table, Vec<String>)> {
        None
    }
    fn persons(&self) -> u64 {
        0
    }
}

fn packed(date: Date) -> i32 {
    // Packed dates end at 99991231.
    i32::try_from(date.packed()).unwrap_or(i32::MAX)
}

/// Bytes that a table's cells would take at most.
fn size(table: &Table) -> usize {
    let column = |column: &jorei_domain::table::Column| match &column.values {
        Values::Integers(values) => values.len() * 9,
        Values::Texts(values) => values.iter().map(|text| text.len() + 9).sum(),
    };
    table.columns.iter().map(|named| column(named) + named.name.len()).sum()
}

/// Is a description within bounds?
fn is_bearable(description: &Description) -> bool {
    let Description { id, title_ja, title_en, legal_basis, labels, settings_schema, outcome_schema } = description;
    let of_labels = labels.iter().flat_map(|label| [&label.key, &label.ja, &label.en]);
    labels.len() <= LABELS
        && legal_basis.len() <= ARTICLES
        && [id, title_ja, title_en].into_iter().chain(legal_basis).chain(of_labels).all(|text| text.len() <= ABOUT_TEXT_BYTES)
        && [settings_schema, outcome_schema].into_iter().all(|schema| schema.len() <= SCHEMA_BYTES)
}

/// The problems that a rule found, as many and as long as can be shown.
fn bounded(problems: Vec<SettingsProblem>) -> Vec<Problem> {
    let found = problems.len();
    let short = |problem: &SettingsProblem| problem.path.len() <= PROBLEM_BYTES && problem.message.len() <= PROBLEM_BYTES;
    // What a rule says goes to a terminal.
    let plain = |text: String| text.replace(|c: char| c.is_control(), " ");
    let problem = |problem: SettingsProblem| Problem { path: plain(problem.path), message: plain(problem.message) };
    let mut shown: Vec<Problem> = problems.into_iter().filter(short).take(PROBLEMS).map(problem).collect();
    let left = found - shown.len();
    let message = match (found, left) {
        (0, _) => "the rule refused the ordinance and named no problem; tell its vendor".into(),
        (_, 0) => return shown,
        _ => format!(
            "{left} problems more were too many or too long to show (at most {PROBLEMS} of {PROBLEM_BYTES} bytes are); mend the others first"
        ),
    };
    shown.push(Problem { path: String::new(), message });
    shown
}

/// Do the results of a case say exactly what was proposed? Where nothing was, the table may be empty or not there; a rule
/// that cannot propose must not have it.
fn says_what_was_proposed(results: &[NamedTable], proposed: &[Proposal], may_propose: bool) -> bool {
    match results.iter().find(|result| result.name == PROPOSALS) {
        None => proposed.is_empty(),
        Some(_) if !may_propose => false,
        Some(result) if result.table.rows() == 0 => proposed.is_empty(),
        Some(result) => result.table == Proposal::table(proposed),
    }
}

/// Holds result tables against their shape and against the world they speak of.
fn accept_results(results: Vec<wire::NamedTable>, cases: usize, reader: &dyn ReadRecords) -> Result<Vec<NamedTable>, Failure> {
    // Before anything that compares names with each other.
    if results.len() > TABLES_MAX || results.iter().any(|result| result.table.columns.len() > COLUMNS_MAX) {
        return Err(Failure::Output);
    }
    let results: Vec<NamedTable> = results.into_iter().map(lift_table).collect();
    for (i, result) in results.iter().enumerate() {
        let twice = results[..i].iter().any(|other| other.name == result.name);
        if twice || result.table.check(cases).is_err() {
            return Err(Failure::Answer);
        }
    }
    // Only where a table names persons.
    let persons = LazyCell::new(|| reader.persons_by_case());
    if results.iter().all(|result| is_of_this_world(&result.table, &persons)) { Ok(results) } else { Err(Failure::Answer) }
}

/// Are amounts amounts, and persons persons of their case? One pass over the columns whose names
/// say so.
fn is_of_this_world(table: &Table, persons: &LazyCell<Vec<usize>, impl FnOnce() -> Vec<usize>>) -> bool {
    table.columns.iter().all(|column| match (&*column.name, &column.values) {
        (PERSON, Values::Integers(ordinals)) => {
            // None where a row is about nobody in particular, as a relief of the whole premium.
            let is_one_of =
                |ordinal: &i64, count: usize| *ordinal == ABSENT || usize::try_from(*ordinal).is_ok_and(|ordinal| ordinal < count);
            (0..table.cases()).all(|case| {
                let count = persons.get(case).copied().unwrap_or(0);
                ordinals[table.rows_of(case)].iter().all(|ordinal| is_one_of(ordinal, count))
            })
        }
        // A premium, its parts and what is taken off them are all zero or more.
        (name, Values::Integers(amounts)) if name.ends_with(IN_YEN) => {
            amounts.iter().all(|amount| (0..=Yen::MAX).contains(amount) || *amount == ABSENT)
        }
        (name, Values::Texts(_)) => name != PERSON && !name.ends_with(IN_YEN),
        _ => true,
    })
}

/// The column of a person's ordinal, and the end of the name of a column of amounts.
const PERSON: &str = "person";
const IN_YEN: &str = "_yen";

/// Tells a rule's failure from a fault of the machine. Faults come first: what the clock or the
/// operating system did is never recorded as the rule's.
fn failure(error: &wasmtime::Error, context: &RunContext) -> Result<Failure, Fault> {
    let trap = error.downcast_ref::<Trap>();
    if matches!(trap, Some(Trap::Interrupt)) {
        return Err(Fault::Clock);
    }
    if context.machine_failed || error.is::<wasmtime::PoolConcurrencyLimitError>() || error.is::<std::io::Error>() {
        return Err(Fault::Runtime(wasmtime::Error::msg(format!("{error:#}"))));
    }
    if context.memory_denied {
        return Ok(Failure::Memory);
    }
    if context.calls_denied {
        return Ok(Failure::Output);
    }
    // wasmtime gives this error no public type either.
    if format!("{error:#}").contains("handle limit exceeded") {
        return Ok(Failure::Memory);
    }
    match trap {
        Some(Trap::OutOfFuel) => Ok(Failure::Fuel),
        Some(Trap::StackOverflow) => Ok(Failure::Stack),
        Some(Trap::AllocationTooLarge) => Ok(Failure::Memory),
        Some(_) => Ok(Failure::Trap),
        // wasmtime gives this error no public type; a test keeps the words in step.
        None if format!("{error:#}").contains("allocated for hostcalls has been exhausted") => Ok(Failure::Output),
        // What is left are answers that the component model itself refuses: a list beyond the
        // memory, a text that is not UTF-8, a discriminant that does not exist.
        None => Ok(Failure::Answer),
    }
}

/// A number below a bound that a rule cannot foresee. It decides what is looked at, never what is
/// answered.
fn unforeseen(bound: usize) -> usize {
    use std::hash::BuildHasher as _;
    let number = std::hash::RandomState::new().hash_one(());
    usize::try_from(number % bound.max(1) as u64).unwrap_or(0)
}

/// Why bulk answers cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// A sampled case came out otherwise when it was decided singly: the rule must be
    /// quarantined, its bulk answers are worth nothing.
    #[error(
        "a case is decided otherwise singly than in bulk: the rule keeps something between cases, or answers otherwise when it thinks nobody looks"
    )]
    Differs {
        /// Which case of the call.
        case: usize,
    },
    /// The machine failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A warm instance of a rule, for questions about populations. Its answers are never recorded.
pub struct Bulk<'r> {
    rule: &'r Rule,
    warm: Option<(Store<RunContext>, World)>,
    memory_bytes: u64,
}

impl Bulk<'_> {
    /// Answers cases of one date, [`BULK_CASES`] a call. A call that fails is decided again case
    /// by case, so that a failure costs its own case only; of every [`BULK_SAMPLE`] cases one is
    /// decided singly and compared.
    ///
    /// # Errors
    /// [`BulkError::Differs`] when a sampled case differs; [`BulkError::Fault`].
    pub fn answer<P: Population + ?Sized>(&mut self, question: &Question, population: &P) -> Result<Answers, BulkError> {
        let mut all = Answers { statuses: Vec::with_capacity(population.len()), results: Vec::new() };
        for start in (0..population.len()).step_by(BULK_CASES) {
            let cases = start..(start + BULK_CASES).min(population.len());
            // A stop by the clock too: one case may have taken the time of all.
            let called = match self.call(question, population.reader(cases.clone()), cases.len()) {
                Ok(called) => called.ok().filter(|answers| alike(&all, answers)),
                Err(Fault::Clock) => None,
                Err(fault) => return Err(fault.into()),
            };
            let answers = match called {
                Some(answers) => {
                    // Places that no rule can know beforehand, so that it cannot be honest there
                    // only; and always the last case, the one that has the most others before it.
                    let strides = (0..cases.len()).step_by(BULK_SAMPLE);
                    let sample: Vec<usize> =
                        strides.map(|stride| stride + unforeseen(BULK_SAMPLE)).filter(|case| *case < cases.len()).collect();
                    for case in sample.into_iter().chain([cases.len() - 1]) {
                        let single = self.one(question, population.reader(alone(start + case)))?;
                        if single != cut(&answers, case) {
                            return Err(BulkError::Differs { case: start + case });
                        }
                    }
                    answers
                }
                None => {
                    let mut singles = Answers { statuses: Vec::new(), results: Vec::new() };
                    for case in cases {
                        append(&mut singles, self.one(question, population.reader(alone(case)))?);
                    }
                    singles
                }
            };
            append(&mut all, answers);
        }
        Ok(all)
    }

    /// One call into the warm instance, compared with nothing.
    ///
    /// # Errors
    /// In the inner result the rule's failure, after which the next call starts a new instance;
    /// outside, a [`Fault`].
    pub fn call(&mut self, question: &Question, reader: Box<dyn ReadRecords>, cases: usize) -> Result<Result<Answers, Failure>, Fault> {
        let limits = self.rule.runtime.limits();
        let budget = limits.fuel_base.saturating_add(limits.fuel_per_bulk_case.saturating_mul(cases as u64));
        let (mut store, world) = match self.warm.take() {
            Some((mut store, world)) => {
                store.set_fuel(budget).map_err(Fault::Runtime)?;
                store.set_epoch_deadline(limits.epochs);
                store.data_mut().renew(reader, limits);
                store.data_mut().settings = Arc::clone(&question.settings);
                (store, world)
            }
            None => {
                let context = RunContext::new(reader, Arc::clone(&question.settings), false, limits);
                let mut store = self.rule.store(context, budget)?;
                let world = match self.rule.instantiate(&mut store) {
                    Ok(world) => world,
                    Err(error) => return Ok(Err(failure(&error, store.data())?)),
                };
                (store, world)
            }
        };
        let asked = v1::Question { on: packed(question.on), cases: u32::try_from(cases).unwrap_or(u32::MAX) };
        let answered = world.jorei_rules_rule().call_decide_many(&mut store, asked);
        self.memory_bytes = self.memory_bytes.max(store.data().memory_used(limits));
        match answered {
            Ok(answers) => match accept_answers(answers, cases, &store.data().reader) {
                Ok(answers) => {
                    self.warm = Some((store, world));
                    Ok(Ok(answers))
                }
                Err(failure) => Ok(Err(failure)),
            },
            Err(error) => Ok(Err(failure(&error, store.data())?)),
        }
    }

    /// Linear memory of the largest warm instance so far, in bytes; cases decided singly do not count.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    fn one(&self, question: &Question, reader: Box<dyn ReadRecords>) -> Result<Answers, Fault> {
        let run = self.rule.decide(question, reader)?;
        let (status, results) = match run.outcome {
            Outcome::Decided { provisional: false, results } => (Status::Decided, results),
            Outcome::Decided { provisional: true, results } => (Status::Provisional, results),
            Outcome::Refused(_) => (Status::Refused, Vec::new()),
            Outcome::Failed(failure) => (Status::Failed(failure), Vec::new()),
        };
        Ok(Answers { statuses: vec![status], results })
    }
}

/// One case as a stretch.
fn alone(case: usize) -> Range<usize> {
    case..case + 1
}

fn accept_answers(answers: v1::Answers, cases: usize, reader: &dyn ReadRecords) -> Result<Answers, Failure> {
    if answers.statuses.len() != cases {
        return Err(Failure::Answer);
    }
    let refused = |case: &usize| answers.statuses[*case] == WireStatus::Refused;
    let has_rows = |case: usize, named: &wire::NamedTable| named.table.offsets.get(case) != named.table.offsets.get(case + 1);
    if (0..cases).filter(refused).any(|case| answers.results.iter().any(|named| has_rows(case, named))) {
        return Err(Failure::Answer);
    }
    let status = |status: &WireStatus| match status {
        WireStatus::Decided => Status::Decided,
        WireStatus::Provisional => Status::Provisional,
        WireStatus::Refused => Status::Refused,
    };
    Ok(Answers { statuses: answers.statuses.iter().map(status).collect(), results: accept_results(answers.results, cases, reader)? })
}

/// One case of bulk answers in the form of a single one.
fn cut(answers: &Answers, case: usize) -> Answers {
    let status = answers.statuses[case];
    let results = match status {
        Status::Refused | Status::Failed(_) => Vec::new(),
        _ => answers.results.iter().map(|result| NamedTable { name: result.name.clone(), table: result.table.case(case) }).collect(),
    };
    Answers { statuses: vec![status], results }
}

/// Have tables of one name the same columns? Others could not be put behind each other.
fn alike(all: &Answers, more: &Answers) -> bool {
    more.results.iter().all(|result| {
        let known = all.results.iter().find(|known| known.name == result.name);
        known.is_none_or(|known| known.table.like(0) == result.table.like(0))
    })
}

/// Adds cases behind others. Where one side has no tables (all its cases refused or failed), its
/// cases get no rows.
fn append(all: &mut Answers, more: Answers) {
    for result in &more.results {
        if !all.results.iter().any(|known| known.name == result.name) {
            let table = result.table.like(all.statuses.len());
            all.results.push(NamedTable { name: result.name.clone(), table });
        }
    }
    for known in &mut all.results {
        match more.results.iter().find(|result| result.name == known.name) {
            Some(result) => known.table.append(&result.table),
            None => known.table.append_empty(more.statuses.len()),
        }
    }
    all.statuses.extend(more.statuses);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use crate::reader::Cases;
    use jorei_domain::payment::Entry;
    use jorei_domain::record::{Case, Fact, Person};

    /// A case of two persons and one of one.
    fn cases() -> Cases {
        let person = |birth| Person { facts: vec![Fact { kind: Kind::Persons, values: vec![birth, birth], source: String::new() }] };
        let on = Date::new(2025, 4, 1);
        Cases(vec![Case::new(on, vec![person(19500101), person(19800101)]), Case::new(on, vec![person(19900101)])])
    }

    fn accepted(offsets: &[u32], name: &str, values: wire::ColumnValues) -> bool {
        let columns = vec![wire::Column { name: name.into(), values }];
        let result = wire::NamedTable { name: "t".into(), table: wire::Table { offsets: offsets.to_vec(), columns } };
        accept_results(vec![result], 2, &cases()).is_ok()
    }

    #[test]
    fn an_amount_that_cannot_be_a_premium_is_no_answer() {
        let yen = |amount| accepted(&[0, 1, 1], "total_yen", wire::ColumnValues::Integers(vec![amount]));
        for amount in [0, 1, Yen::MAX, ABSENT] {
            assert!(yen(amount), "{amount}");
        }
        for amount in [-1, Yen::MAX + 1, i64::MAX, ABSENT + 1] {
            assert!(!yen(amount), "{amount}");
        }
        assert!(accepted(&[0, 1, 1], "change", wire::ColumnValues::Integers(vec![-1])), "only amounts are amounts");
        assert!(!accepted(&[0, 1, 1], "total_yen", wire::ColumnValues::Texts(vec!["1".into()])));
    }

    #[test]
    fn results_must_say_what_was_proposed_and_nothing_else() {
        let refund = |yen| Proposal::of(Entry::Refund, 1, 0, yen).unwrap();
        let appropriation = Proposal::of(Entry::Appropriation, 1, 7, 500).unwrap();
        let says = |said: &[Proposal], proposed: &[Proposal]| {
            let result = NamedTable { name: PROPOSALS.into(), table: Proposal::table(said) };
            says_what_was_proposed(&[result], proposed, true)
        };
        assert!(says(&[refund(1), appropriation], &[refund(1), appropriation]));
        assert!(says(&[], &[]));
        assert!(says_what_was_proposed(&[], &[], true) && says_what_was_proposed(&[], &[], false));
        for (said, proposed) in [
            (&[][..], &[refund(1)][..]),
            (&[refund(1)], &[]),
            (&[refund(1)], &[refund(2)]),
            (&[refund(1), appropriation], &[appropriation, refund(1)]),
            (&[refund(1)], &[refund(1), refund(1)]),
        ] {
            assert!(!says(said, proposed), "{said:?} is not {proposed:?}");
        }
        assert!(!says_what_was_proposed(&[], &[refund(1)], true), "no table says nothing");
        let empty = NamedTable { name: PROPOSALS.into(), table: Proposal::table(&[]) };
        assert!(!says_what_was_proposed(&[empty], &[], false), "a rule that cannot propose has no such table");
    }

    #[test]
    fn a_person_who_is_not_of_the_case_is_no_answer() {
        let persons = |offsets: &[u32], ordinals: &[i64]| accepted(offsets, "person", wire::ColumnValues::Integers(ordinals.to_vec()));
        assert!(persons(&[0, 2, 3], &[0, 1, 0]));
        assert!(!persons(&[0, 2, 3], &[0, 1, 1]), "the second case has one person");
        assert!(!persons(&[0, 1, 1], &[2]));
        assert!(!persons(&[0, 1, 1], &[-1]));
        assert!(persons(&[0, 1, 1], &[ABSENT]), "a row may be about nobody in particular");
        assert!(!accepted(&[0, 1, 1], "person", wire::ColumnValues::Texts(vec!["0".into()])));
    }

    #[test]
    fn what_a_rule_says_of_itself_is_bounded() {
        let honest = || Description {
            id: "x".into(),
            title_ja: "x".into(),
            title_en: "x".into(),
            legal_basis: Vec::new(),
            labels: Vec::new(),
            settings_schema: "{}".into(),
            outcome_schema: "{}".into(),
        };
        assert!(is_bearable(&honest()));
        assert!(!is_bearable(&Description { id: "x".repeat(ABOUT_TEXT_BYTES + 1), ..honest() }));
        assert!(!is_bearable(&Description { legal_basis: vec![String::new(); ARTICLES + 1], ..honest() }));
        assert!(!is_bearable(&Description { outcome_schema: " ".repeat(SCHEMA_BYTES + 1), ..honest() }));
    }

    #[test]
    fn problems_are_shown_up_to_a_bound_and_the_rest_is_counted() {
        let problem = |message: &str| SettingsProblem { path: "a".into(), message: message.into() };
        assert_eq!(bounded(vec![problem("x")]), [Problem { path: "a".into(), message: "x".into() }]);
        assert_eq!(bounded(Vec::new()).len(), 1);
        let many = bounded((0..PROBLEMS + 5).map(|_| problem("x")).collect());
        assert_eq!(many.len(), PROBLEMS + 1);
        assert!(many[PROBLEMS].message.starts_with("5 problems more"), "{}", many[PROBLEMS].message);
        assert_eq!(bounded(vec![problem(&"x".repeat(PROBLEM_BYTES + 1))]).len(), 1);
    }
}
