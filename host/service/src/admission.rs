//! A package arrives: it is admitted or refused, step by step, and either is kept with its reason.
//!
//! Nothing behind the envelope is read before the signatures were found good; nothing of the
//! component is compiled before its bytes were found sound and its imports granted; nothing of it
//! runs outside a store that is thrown away. A package can cost its own admission only.

use crate::evaluate::Evaluator;
use crate::office;
use crate::ordinance::{Ordinance, OrdinanceError};
use crate::words::plain;
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Digest, Municipality};
use jorei_domain::record::Kind;
use jorei_domain::slot::Slot;
use jorei_engine::{Asked, Capability, Fault, LoadError, NoSettings, NotGranted, Rule, Runtime, Settings, imports, structure};
use jorei_package::cases::differences;
use jorei_package::manifest::{self, Contents, Manifest};
use jorei_package::{envelope, trust};
use jorei_store::admissions::Admission;
use jorei_store::{Store, StoreError};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The version of the contract that this host speaks.
const WIT: &str = "1.0.0";

/// Differences of a package's cases that a refusal names.
const DIFFERENCES_TOLD: usize = 5;

/// Characters of one difference.
const DIFFERENCE_CHARS: usize = 300;

/// Instructions that all of a package's cases may take together: some ten seconds.
const CASES_FUEL: u64 = 20_000_000_000;

/// Longest reason that is kept, in characters: what a package says of itself is not worth more.
const REASON_MAX: usize = 4_000;

/// The steps of an admission, in their order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// Size and form of the file.
    Envelope,
    /// Signatures.
    Signature,
    /// Bounds read from the component's bytes.
    Structure,
    /// What the package says of itself.
    Manifest,
    /// Imports: within the world, within the grant, as the manifest says.
    Imports,
    /// Compilation in the limited process.
    Compilation,
    /// Exports of its world, and its description.
    About,
    /// Its check of settings.
    Settings,
    /// Its own cases.
    Cases,
    /// All passed.
    Admitted,
}

impl Step {
    /// The word in records and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Step::Envelope => "envelope",
            Step::Signature => "signature",
            Step::Structure => "structure",
            Step::Manifest => "manifest",
            Step::Imports => "imports",
            Step::Compilation => "compilation",
            Step::About => "about",
            Step::Settings => "settings",
            Step::Cases => "cases",
            Step::Admitted => "admitted",
        }
    }
}

/// Why a package is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("refused at {}: {reason}", step.word())]
pub struct Refused {
    /// At which step.
    pub step: Step,
    /// Why, and what to do.
    pub reason: String,
}

/// Why it is not known whether a package can be admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine; the same package may be tried again.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Packages that are compiled and tried at a time.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Tries a package and keeps what came of it; the component too, where it was admitted. A rule is
/// not in force by that: a revision, an activation and two people are still to come.
///
/// # Errors
/// An [`AdmissionError`]: then nothing is known of the package, and nothing is kept.
pub async fn admit(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    package: &[u8],
    stamp: &Stamp,
) -> Result<Admission, AdmissionError> {
    admit_from(store, runtime, municipality, package, None, stamp).await
}

/// Tries a package of one vendor: the keys of others do not count, whatever the package says of itself.
///
/// # Errors
/// As [`admit`].
pub async fn admit_from(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    package: &[u8],
    vendor: Option<&str>,
    stamp: &Stamp,
) -> Result<Admission, AdmissionError> {
    let mut vendors = office::vendors(store, municipality).await?;
    vendors.retain(|listed| vendor.is_none_or(|own| listed.name == own));
    let mut seen = Seen::default();
    let tried = match open(package, &vendors, &mut seen) {
        Ok(contents) => {
            let grant = office::grant(store, municipality, &contents.manifest.vendor, &contents.manifest.id).await?;
            let component = seen.component.clone();
            let runtime = Arc::clone(runtime);
            // Compiling and running cases take seconds: not on a thread that answers others, and not many at a time,
            // also where whoever handed it in has hung up.
            let place = PLACES.acquire().await;
            let work = move || {
                let _place = place;
                inspect(&runtime, &component, &contents, &grant)
            };
            tokio::task::spawn_blocking(work)
                .await
                .unwrap_or_else(|_| Err(Stop::Refused(refused(Step::About, "the host's check broke on it"))))
        }
        Err(refused) => Err(Stop::Refused(refused)),
    };
    let (step, reason) = match tried {
        Ok(()) => (Step::Admitted, String::new()),
        Err(Stop::Refused(Refused { step, reason })) => (step, reason),
        Err(Stop::Fault(fault)) => return Err(fault.into()),
    };
    let admitted = step == Step::Admitted;
    let admission = Admission {
        package: Digest::of(package),
        rule: seen.rule,
        step: step.word().into(),
        admitted,
        reason: told(&reason),
        manifest: seen.manifest,
        recorded_at: stamp.at.clone(),
        by: stamp.by.clone(),
    };
    store.save_admission(municipality, &admission, admitted.then_some(&seen.component), stamp).await?;
    Ok(admission)
}

/// What was found before a refusal, for the record.
#[derive(Default)]
struct Seen {
    component: Arc<[u8]>,
    rule: Option<Digest>,
    manifest: String,
}

enum Stop {
    Refused(Refused),
    Fault(Fault),
}

fn refused(step: Step, reason: impl ToString) -> Refused {
    Refused { step, reason: reason.to_string() }
}

/// The steps that read bytes only: envelope, signatures, structure, manifest.
fn open(package: &[u8], vendors: &[jorei_domain::act::Vendor], seen: &mut Seen) -> Result<Contents, Refused> {
    let envelope = envelope::open(package).map_err(|error| refused(Step::Envelope, error))?;
    let signers = trust::accept_each(&envelope, vendors).map_err(|error| refused(Step::Signature, error))?;
    seen.component = envelope.component.into();
    seen.rule = Some(Digest::of(envelope.component));
    structure::check(envelope.component).map_err(|error| refused(Step::Structure, error))?;
    let contents = manifest::read(envelope.component).map_err(|error| refused(Step::Manifest, error))?;
    seen.manifest = contents.manifest.to_json();
    let Manifest { vendor: says, slot, wit, .. } = &contents.manifest;
    let names: Vec<&str> = signers.iter().map(|vendor| vendor.name.as_str()).collect();
    let wrong = if !names.contains(&says.as_str()) {
        format!("the manifest names the vendor `{says}`, the signatures are those of `{}`", names.join("`, `"))
    } else if Slot::named(slot).is_none() {
        let known: Vec<&str> = Slot::ALL.into_iter().map(Slot::word).collect();
        format!("the manifest names the slot `{slot}`; this host has `{}`", known.join("`, `"))
    } else if let Some(word) = beyond_the_slot(&contents.manifest) {
        format!("the manifest asks for `{word}`, which no rule of the slot `{slot}` may read")
    } else if let Some(word) = proposes_without_a_world_for_it(&contents.manifest) {
        format!("the manifest asks for `{word}`, which no rule of the slot `{slot}` may use")
    } else if wit != WIT {
        format!("the manifest asks for version {wit} of the contract; this host speaks {WIT}")
    } else {
        return Ok(contents);
    };
    Err(refused(Step::Manifest, wrong))
}

/// The first kind of record that the slot's world does not have.
fn beyond_the_slot(manifest: &Manifest) -> Option<&str> {
    let slot = Slot::named(&manifest.slot)?;
    let beyond = |word: &&String| Kind::named(word).is_some_and(|kind| !slot.kinds().contains(&kind));
    manifest.records.iter().find(beyond).map(String::as_str)
}

/// The interface of proposals, where the slot's world does not have it.
fn proposes_without_a_world_for_it(manifest: &Manifest) -> Option<&'static str> {
    let slot = Slot::named(&manifest.slot)?;
    let word = Capability::Payments.word();
    (!slot.proposes() && manifest.capabilities.iter().any(|capability| capability == word)).then_some(word)
}

/// The steps from the imports on.
fn inspect(runtime: &Arc<Runtime>, component: &[u8], contents: &Contents, grant: &jorei_engine::Grant) -> Result<(), Stop> {
    let stop = |step, reason: String| Stop::Refused(Refused { step, reason });
    let manifest = &contents.manifest;
    let structure = structure::check(component).map_err(|error| stop(Step::Structure, error.to_string()))?;
    let asked = imports::check(&structure, grant).map_err(|error| {
        let hint = match error {
            NotGranted::Record(..) | NotGranted::Capability(..) => {
                format!("; a grant for {}/{} is an act of two people (jorei office change)", manifest.vendor, manifest.id)
            }
            _ => String::new(),
        };
        stop(Step::Imports, format!("{error}{hint}"))
    })?;
    as_declared(&asked, manifest).map_err(|reason| stop(Step::Imports, reason))?;
    let rule = Rule::load(runtime, component, grant).map_err(|error| match error {
        LoadError::Fault(fault) => Stop::Fault(fault),
        error => stop(step_of(&error), error.to_string()),
    })?;
    if rule.about().id != manifest.id {
        let reason = format!("the manifest calls the rule `{}`, the rule itself says `{}`", manifest.id, plain(&rule.about().id));
        return Err(stop(Step::About, reason));
    }
    let mut settings: HashMap<&str, Settings> = HashMap::new();
    for (name, text) in contents.cases.iter().flat_map(|cases| &cases.ordinances) {
        let ordinance = Ordinance::check(&rule, text).map_err(|error| match error {
            OrdinanceError::Fault(fault) => Stop::Fault(fault),
            error => stop(Step::Settings, format!("its own ordinance {name}: {error}")),
        })?;
        settings.insert(name, ordinance.settings);
    }
    // A document that is nobody's ordinance must be answered, with problems or without.
    if let Err(NoSettings::Broken(what)) = rule.check_settings("{}").map_err(Stop::Fault)? {
        return Err(stop(Step::Settings, what));
    }
    run_cases(&rule, contents, &settings)
}

/// Runs the package's own cases, each as the city would decide it.
fn run_cases(rule: &Rule, contents: &Contents, settings: &HashMap<&str, Settings>) -> Result<(), Stop> {
    let Some(cases) = &contents.cases else { return Ok(()) };
    let (mut wrong, mut fuel) = (Vec::new(), 0_u64);
    for case in &cases.cases {
        let Some(settings) = settings.get(case.ordinance.as_str()) else {
            let reason = format!("its case {} names the ordinance {}, which is not in the package", case.name, case.ordinance);
            return Err(Stop::Refused(refused(Step::Cases, reason)));
        };
        let answer = Evaluator::new(rule, settings.clone(), false).document(&case.case);
        if answer["status"] == "fault" {
            return Err(Stop::Fault(Fault::Clock));
        }
        fuel = fuel.saturating_add(answer["fuel"].as_u64().unwrap_or(0));
        if fuel > CASES_FUEL {
            return Err(Stop::Refused(refused(Step::Cases, format!("its own cases take more than {CASES_FUEL} instructions; ship fewer"))));
        }
        // Why it was not decided, where that is not expected.
        let why = [&answer["error"], &answer["failure"]["reason"], &answer["refusal"]["label"]].into_iter().find_map(Value::as_str);
        let why = why.map_or_else(String::new, |why| format!(" ({why})"));
        for difference in differences(&answer, &case.expect) {
            let difference: String = difference.chars().take(DIFFERENCE_CHARS).collect();
            wrong.push(format!("{}: {difference}{why}", case.name));
        }
        if wrong.len() > DIFFERENCES_TOLD {
            break;
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let more = if wrong.len() > DIFFERENCES_TOLD { "\n  and more" } else { "" };
    wrong.truncate(DIFFERENCES_TOLD);
    Err(Stop::Refused(refused(Step::Cases, format!("its own cases come out otherwise:\n  {}{more}", wrong.join("\n  ")))))
}

/// Does the component import what the manifest says, no more and no less?
fn as_declared(asked: &Asked, manifest: &Manifest) -> Result<(), String> {
    let kinds: Vec<&str> = asked.kinds().iter().map(|kind: &Kind| kind.name()).collect();
    let capabilities: Vec<&str> = asked.capabilities().iter().map(|capability: &Capability| capability.word()).collect();
    for (what, mut imported, declared) in [("records", kinds, &manifest.records), ("capabilities", capabilities, &manifest.capabilities)] {
        let mut declared: Vec<&str> = declared.iter().map(String::as_str).collect();
        imported.sort_unstable();
        declared.sort_unstable();
        if imported != declared {
            return Err(format!("the manifest declares the {what} {}, the component imports {}", list(&declared), list(&imported)));
        }
    }
    Ok(())
}

fn list(words: &[&str]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn step_of(error: &LoadError) -> Step {
    match error {
        LoadError::NotSound(_) => Step::Structure,
        LoadError::NotGranted(_) => Step::Imports,
        LoadError::World(_) | LoadError::Describe(_) => Step::About,
        _ => Step::Compilation,
    }
}

/// A reason as it is kept: bounded, and without control characters but line ends.
fn told(reason: &str) -> String {
    reason.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).take(REASON_MAX).collect()
}
