//! The decisions of one household and year, each resting on the ones before: premium, exemption, instalments.
//!
//! A function of recorded decisions, facts, revisions and a day, so that a second run changes nothing, and one that was
//! cut short is finished by the next. Absent here: the store.

use crate::billing::{
    Assessment, Verdict, assessment_facts, assessments, enriched, instalment_facts, lives, premium_facts, verdict, withdrawn,
};
use crate::decide_case::{Cost, Day, Made, NextError, decide};
use crate::exemptions::resolve;
use crate::levy::Bill;
use crate::revisions::LiveRevision;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::{Decision, Outcome};
use jorei_domain::id::DecisionId;
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{Case, Kind};
use jorei_domain::slot::Slot;
use jorei_engine::Fault;
use jorei_store::StoreError;
use jorei_store::decisions::{NewDecision, PackedDecision, StoredDecision};
use jorei_store::facts::StoredCase;
use jorei_store::notices::{NewNotice, Notice, NoticeKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The revisions that answer a year's slots.
#[derive(Clone, Default)]
pub struct InForce {
    /// Of the premium.
    pub premium: Option<Arc<LiveRevision>>,
    /// Of exemptions.
    pub exemption: Option<Arc<LiveRevision>>,
    /// Of instalments.
    pub instalment: Option<Arc<LiveRevision>>,
    /// Instalments are not answered now, but were: limits exist, and nobody can be asked for them.
    pub limits_withheld: bool,
}

impl InForce {
    /// A digest over which revision answers which slot.
    pub fn digest(&self) -> Digest {
        let slots = [&self.premium, &self.exemption, &self.instalment];
        let bytes = slots.map(|live| live.as_ref().map_or([0; 32], |live| live.digest.0));
        Digest::of(&bytes.concat())
    }

    /// The same for an office in which nothing but the premium is answered: how far an annual assessment comes.
    pub(crate) fn premium_alone(&self) -> Digest {
        InForce { premium: self.premium.clone(), ..InForce::default() }.digest()
    }

    /// The revision of a slot.
    pub fn of(&self, slot: Slot) -> Option<&Arc<LiveRevision>> {
        match slot {
            Slot::Premium => self.premium.as_ref(),
            Slot::Exemption => self.exemption.as_ref(),
            Slot::Instalment => self.instalment.as_ref(),
            _ => None,
        }
    }
}

/// Which slots are decided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// All three, each if anything it rests on has changed.
    Chain,
    /// Exemptions and instalments, from the premiums as they stand.
    Instalments,
}

/// What is asked of a chain.
pub struct Asked {
    /// Whose office.
    pub municipality: Municipality,
    /// The year.
    pub year: FiscalYear,
    /// With what was known.
    pub as_of: Knowledge,
    /// When.
    pub day: Day,
    /// Which slots.
    pub scope: Scope,
}

/// Everything recorded of one household in one year.
#[derive(Clone, Default)]
pub struct HouseholdYear {
    /// Its case for each slot; none where nobody lives there, or the slot is not asked.
    pub premium_case: Option<StoredCase>,
    /// That of exemptions.
    pub exemption_case: Option<StoredCase>,
    /// That of instalments.
    pub instalment_case: Option<StoredCase>,
    /// Its premium decisions, the first version first.
    pub premiums: Vec<StoredDecision>,
    /// Its exemption decisions.
    pub exemptions: Vec<StoredDecision>,
    /// Its instalment decisions.
    pub instalments: Vec<StoredDecision>,
    /// The persons of the latest premium decision, where facts have come since.
    pub people_then: Option<Vec<PersonId>>,
    /// The latest notice of each slot.
    pub notices: Vec<Notice>,
}

impl HouseholdYear {
    /// The case of a slot.
    pub(super) fn case_mut(&mut self, slot: Slot) -> &mut Option<StoredCase> {
        match slot {
            Slot::Premium => &mut self.premium_case,
            Slot::Exemption => &mut self.exemption_case,
            Slot::Instalment => &mut self.instalment_case,
            _ => unreachable!("no link of a year's chain"),
        }
    }

    /// The decisions of a slot, the first version first.
    pub(super) fn history_mut(&mut self, slot: Slot) -> &mut Vec<StoredDecision> {
        match slot {
            Slot::Premium => &mut self.premiums,
            Slot::Exemption => &mut self.exemptions,
            Slot::Instalment => &mut self.instalments,
            _ => unreachable!("no link of a year's chain"),
        }
    }

    /// The latest decision of a slot.
    pub fn latest(&self, slot: Slot) -> Option<&StoredDecision> {
        match slot {
            Slot::Premium => self.premiums.last(),
            Slot::Exemption => self.exemptions.last(),
            Slot::Instalment => self.instalments.last(),
            _ => None,
        }
    }
}

/// Why something was decided anew.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Cause {
    /// It was not decided before.
    First,
    /// Another revision is in force.
    Revision,
    /// Facts of a kind have changed.
    Facts(Kind),
}

impl Cause {
    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Cause::First => "新規の賦課",
            Cause::Revision => "改版",
            Cause::Facts(kind) => kind.ja(),
        }
    }

    /// The word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Cause::First => "first",
            Cause::Revision => "revision",
            Cause::Facts(kind) => kind.name(),
        }
    }
}

/// What came of a household.
pub struct Chained {
    /// The household.
    pub household: HouseholdId,
    /// The premium, where it was decided now.
    pub premium: Option<(DecisionId, Outcome)>,
    /// Decisions to keep, each after those it rests on.
    pub decisions: Vec<PackedDecision>,
    /// Their slots and states.
    pub states: Vec<(Slot, &'static str)>,
    /// What the settled instalments among them bill.
    pub bills: Vec<Bill>,
    /// Notices to keep.
    pub notices: Vec<NewNotice>,
    /// What could not be settled, whether noted now or before.
    pub unsettled: Vec<(NoticeKind, String)>,
    /// It was decided already from this later day on: nothing of it was decided now.
    pub decided_later: Option<Date>,
    /// Why anything was decided anew.
    pub causes: BTreeSet<Cause>,
    /// The year as assessed before.
    pub before: Option<Assessment>,
    /// The year as assessed now.
    pub after: Option<Assessment>,
    /// What all runs took.
    pub cost: Cost,
}

impl Chained {
    fn nothing(household: HouseholdId) -> Chained {
        Chained {
            household,
            premium: None,
            decisions: Vec::new(),
            states: Vec::new(),
            bills: Vec::new(),
            notices: Vec::new(),
            unsettled: Vec::new(),
            decided_later: None,
            causes: BTreeSet::new(),
            before: None,
            after: None,
            cost: Cost::default(),
        }
    }

    /// A household that cannot be decided from this day on, for it was decided from a later one on.
    pub(super) fn decided_later(household: HouseholdId, decided_on: Date) -> Chained {
        Chained { decided_later: Some(decided_on), ..Chained::nothing(household) }
    }
}

/// Decides the year of one household again, as far as anything has changed.
///
/// # Errors
/// A [`NextError`]; then nothing of the household is to be kept.
pub fn chain(in_force: &InForce, asked: &Asked, household: HouseholdId, known: HouseholdYear) -> Result<Chained, NextError> {
    let before = assessments(&known.premiums, &known.exemptions, asked.year).pop();
    let chained = Chained { before, ..Chained::nothing(household) };
    let mut run = Run { in_force, asked, known, chained, people: Vec::new() };
    run.find_withdrawn();
    run.premium()?;
    run.exemption()?;
    run.chained.after = run.assessments().pop();
    run.instalments()?;
    Ok(run.chained)
}

/// One run over a household. What is decided is added to what is known.
struct Run<'r> {
    in_force: &'r InForce,
    asked: &'r Asked,
    known: HouseholdYear,
    chained: Chained,
    /// The persons of the premium that stands, in the order of its ordinals.
    people: Vec<PersonId>,
}

impl Run<'_> {
    fn assessments(&self) -> Vec<Assessment> {
        assessments(&self.known.premiums, &self.known.exemptions, self.asked.year)
    }

    /// Where nobody lives any more, the persons of the decision that stands take the place of the case.
    fn find_withdrawn(&mut self) {
        if self.known.premium_case.is_some() {
            return;
        }
        let people = self.known.people_then.as_deref().unwrap_or_default();
        self.known.premium_case = self.known.premiums.last().and_then(|latest| withdrawn(latest, people));
        self.known.instalment_case.clone_from(&self.known.premium_case);
    }

    /// Is what was decided before still true, without a look at the rule?
    fn is_true(&self, live: &LiveRevision, case: &StoredCase, latest: &StoredDecision) -> bool {
        // What was decided knowing more is not superseded by what was known before.
        latest.knowledge > self.asked.as_of
            || (case.newest <= latest.knowledge && latest.decision.revision == live.digest && self.known.people_then.is_none())
    }

    /// The premium, unless the law does not let it be changed any more.
    fn premium(&mut self) -> Result<(), NextError> {
        let Some(case) = self.known.premium_case.clone() else { return Ok(()) };
        let latest = self.known.premiums.last();
        // Who the ordinals of the decision that stands are.
        self.people = match latest {
            Some(latest) if case.newest > latest.knowledge => self.known.people_then.clone().unwrap_or_else(|| case.people.clone()),
            _ => case.people.clone(),
        };
        let Some(live) = self.in_force.premium.as_ref().filter(|_| self.asked.scope == Scope::Chain) else { return Ok(()) };
        if latest.is_some_and(|latest| self.is_true(live, &case, latest)) {
            return self.notify(Slot::Premium, self.vanished(&case.case));
        }
        let made = decide(live, self.asked.municipality, case.household, case.case.clone(), latest.map(|latest| latest.id))?;
        let Some((stored, packed)) = self.changed(Slot::Premium, made)? else {
            return self.notify(Slot::Premium, self.vanished(&case.case));
        };
        let before = std::mem::replace(&mut self.people, case.people.clone());
        self.chained.causes.extend(causes(self.known.premiums.last(), &stored.decision));
        self.known.premiums.push(stored);
        if let Some(notice) = self.held(Slot::Premium)? {
            self.known.premiums.pop();
            self.people = before;
            return self.notify(Slot::Premium, Some(notice));
        }
        self.chained.premium = self.known.premiums.last().map(|stored| (stored.id, stored.decision.outcome.clone()));
        self.keep(Slot::Premium, packed);
        self.notify(Slot::Premium, self.vanished(&case.case))
    }

    /// What a clerk is told of a household in which nobody lives any more and which still owes something.
    fn vanished(&self, case: &Case) -> Option<(NoticeKind, String)> {
        let owes = self.known.premiums.last().is_some_and(|stored| stored.decision.outcome.figure("premium", "total_yen") != Some(0));
        let detail = "世帯に世帯員がいなくなりましたが、保険料が0円と決定されませんでした。異動の記録を確認してください";
        (!lives(case) && owes).then(|| (NoticeKind::Vanished, detail.to_owned()))
    }

    /// Why the premium or exemption just decided is not to be kept: nothing of the year may be assessed any more, or nobody
    /// knows whether it may.
    ///
    /// An office whose slot of instalments was never in force has nobody to ask: there it is kept. Where the slot had a
    /// revision that is paused now, or not in force any more, nothing is kept once the year is over.
    fn held(&mut self, slot: Slot) -> Result<Option<(NoticeKind, String)>, NextError> {
        let Some(id) = self.known.latest(slot).map(|candidate| candidate.id) else { return Ok(None) };
        let rows = self.assessments();
        // A refusal or a failure is no assessment.
        let Some((now, earlier)) = rows.split_last().filter(|(row, _)| row.source.ends_with(&id.to_string())) else { return Ok(None) };
        let before = earlier.last().map_or((0, 0), |row| (row.total_yen, row.exempted_yen));
        // Who owes it may be told at any time: no amount changes.
        if !earlier.is_empty() && before == (now.total_yen, now.exempted_yen) {
            return Ok(None);
        }
        let past_year = now.on >= self.asked.year.end();
        let (what, amounts) = match slot {
            Slot::Exemption => ("減免額", (before.1, now.exempted_yen)),
            _ => ("年間保険料", (before.0, now.total_yen)),
        };
        let amounts = format!("現在 {} 円、変更後 {} 円", amounts.0, amounts.1);
        let Some(live) = self.in_force.instalment.clone() else {
            let detail =
                || format!("期割のルールが停止しているか、効力がなくなったため、期間制限を確認できず、{what}を変更していません。{amounts}");
            return Ok((past_year && self.in_force.limits_withheld).then(|| (NoticeKind::LimitUnknown, detail())));
        };
        let outcome = self.schedule(&live, &rows)?;
        let found = verdict(&outcome, rows.len() as i64, &live.words);
        Ok(match found {
            Some(Verdict { standing, limit_on }) if standing == "barred" => {
                let limit = limit_on.map_or_else(String::new, |limit| format!("（{limit}以後は賦課決定をすることができません）"));
                let detail = format!("国民健康保険法第110条の2の期間制限により、{what}を変更できません{limit}。{amounts}");
                Some((NoticeKind::Barred, detail))
            }
            // Para. 2 asks that it was found late without the insured's fault. No fact says so, so that a clerk has to.
            Some(Verdict { standing, limit_on }) if standing == "excepted" => {
                let limit = limit_on.map_or_else(String::new, |limit| format!("（期限 {limit}）"));
                let detail = format!(
                    "期間制限を過ぎていますが、被用者保険の適用による減額です{limit}。届出が遅れたことが被保険者の責めに帰することができない事由に\
                     よるか（国民健康保険法第110条の2第2項）を確認してください。確認できるまで{what}を変更しません。{amounts}"
                );
                Some((NoticeKind::Barred, detail))
            }
            // Within the fiscal year no limit of the Act ends.
            None if past_year => {
                let detail = format!("期割のルールが期間制限に答えないため、{what}を変更していません。{amounts}");
                Some((NoticeKind::LimitUnknown, detail))
            }
            _ => None,
        })
    }

    /// The instalment rule's answer to some assessments; nothing of it is recorded.
    fn schedule(&mut self, live: &LiveRevision, rows: &[Assessment]) -> Result<Outcome, Fault> {
        let Some(case) = self.instalment_case(rows) else {
            return Ok(Outcome::Decided { provisional: false, results: Vec::new() });
        };
        let run = live.rule.decide(&live.question(case.on), jorei_engine::Cases(vec![case]))?;
        self.spent(run.fuel, run.memory_bytes);
        Ok(run.outcome)
    }

    /// The case of the instalments with the assessments and the persons of the premium that stands.
    fn instalment_case(&self, rows: &[Assessment]) -> Option<Case> {
        let stored = self.known.instalment_case.as_ref()?;
        let persons = match (self.standing_premium(), &self.in_force.premium) {
            (Some(premium), Some(live)) => premium_facts(premium, &self.people, self.asked.year, &live.words).1,
            (Some(premium), None) => premium_facts(premium, &self.people, self.asked.year, &crate::words::Words::from_json("")).1,
            (None, _) => BTreeMap::new(),
        };
        Some(enriched(stored, persons, assessment_facts(rows)))
    }

    /// The latest premium decision, if it came to an amount.
    fn standing_premium(&self) -> Option<&StoredDecision> {
        self.known.premiums.last().filter(|latest| matches!(latest.decision.outcome, Outcome::Decided { .. }))
    }

    /// What applications take off the premium that stands.
    fn exemption(&mut self) -> Result<(), NextError> {
        let (Some(live), Some(billing)) = (self.in_force.exemption.clone(), self.in_force.instalment.clone()) else { return Ok(()) };
        let applied =
            |case: &StoredCase| case.case.persons().iter().flat_map(|person| &person.facts).any(|fact| fact.kind == Kind::Applications);
        let Some(stored) = self.known.exemption_case.take().filter(|case| applied(case) || !self.known.exemptions.is_empty()) else {
            return self.notify(Slot::Exemption, None);
        };
        let (Some(premium), Some(rule)) = (self.standing_premium(), &self.in_force.premium) else { return Ok(()) };
        if self.known.exemptions.last().is_some_and(|latest| latest.knowledge > self.asked.as_of) {
            return Ok(());
        }
        let (mut household, persons) = premium_facts(premium, &self.people, self.asked.year, &rule.words);
        // What was open without any exemption: else granting one would change what it rests on.
        let source = format!("賦課決定 {}の期割", premium.id);
        let rows = assessments(&self.known.premiums, &[], self.asked.year);
        let outcome = self.schedule(&billing, &rows)?;
        let Outcome::Decided { .. } = outcome else { return Ok(()) };
        household.extend(instalment_facts(&outcome, &billing.words, &source));
        let case = enriched(&stored, persons, household);
        let supersedes = self.known.exemptions.last().map(|latest| latest.id);
        let made = decide(&live, self.asked.municipality, self.chained.household, case, supersedes)?;
        let conflict = resolve(&made.decision.outcome).and_then(|resolution| {
            let conflict = resolution.conflicts.first()?;
            let reliefs: Vec<String> = conflict.reliefs.iter().map(ToString::to_string).collect();
            let detail = format!(
                "併用できない減免（減免区分 {}）の順位が同じため、適用を決められません。一方の申請を取り消してください",
                reliefs.join("・")
            );
            Some((NoticeKind::Conflict, detail))
        });
        if let Some((stored, packed)) = self.changed(Slot::Exemption, made)? {
            let mut causes = causes(self.known.exemptions.last(), &stored.decision);
            // The first exemption is not the first assessment: somebody applied.
            for cause in causes.iter_mut().filter(|cause| **cause == Cause::First) {
                *cause = Cause::Facts(Kind::Applications);
            }
            self.known.exemptions.push(stored);
            if let Some(notice) = self.held(Slot::Exemption)? {
                self.known.exemptions.pop();
                return self.notify(Slot::Exemption, Some(notice));
            }
            self.chained.causes.extend(causes);
            self.keep(Slot::Exemption, packed);
        }
        self.notify(Slot::Exemption, conflict)
    }

    /// The instalments from all assessments.
    fn instalments(&mut self) -> Result<(), NextError> {
        let Some(live) = self.in_force.instalment.clone() else { return Ok(()) };
        let latest = self.known.instalments.last();
        if latest.is_some_and(|latest| latest.knowledge > self.asked.as_of) {
            return Ok(());
        }
        // A premium that came to no amount says nothing of what is to be paid: what was billed stands until it does.
        if !self.known.premiums.is_empty() && self.standing_premium().is_none() {
            return Ok(());
        }
        let rows = self.assessments();
        let Some(case) = self.instalment_case(&rows) else { return Ok(()) };
        let made = decide(&live, self.asked.municipality, self.chained.household, case, latest.map(|latest| latest.id))?;
        // Before anything is assessed, only who has something to pay already (仮徴収) has instalments.
        let due = crate::billing::table(&made.decision, "instalments").map_or(0, jorei_domain::table::Table::rows);
        if rows.is_empty() && latest.is_none() && due == 0 {
            self.spent(made.fuel, made.memory_bytes);
            return Ok(());
        }
        if let Some((stored, packed)) = self.changed(Slot::Instalment, made)? {
            self.chained.bills.extend(Bill::of(&stored, &live.words));
            self.keep(Slot::Instalment, packed);
        }
        Ok(())
    }

    /// A decision as it will be kept, unless the latest one of its slot says the same.
    fn changed(&mut self, slot: Slot, made: Made) -> Result<Option<(StoredDecision, PackedDecision)>, NextError> {
        self.spent(made.fuel, made.memory_bytes);
        let latest = self.known.latest(slot);
        let Made { decision, fuel, .. } = made;
        if let Some(latest) = latest {
            let same = Decision { supersedes: latest.decision.supersedes, ..decision.clone() };
            if same == latest.decision {
                return Ok(None);
            }
            if latest.decided_on > self.asked.day.decided_on {
                let (household, on, decided_on) = (decision.household, decision.on, latest.decided_on);
                return Err(StoreError::DecidedLater { household, on, decided_on }.into());
            }
        }
        let amount = match slot {
            Slot::Exemption => resolve(&decision.outcome).and_then(|resolution| resolution.exempted_yen()),
            _ => decision.outcome.figure(slot.figure().0, slot.figure().1),
        };
        let version = latest.map_or(1, |latest| latest.version + 1);
        let (knowledge, Day { decided_on, recorded_at }) = (self.asked.as_of, self.asked.day.clone());
        let status = decision.outcome.word().to_owned();
        let new =
            NewDecision { decision: decision.clone(), version, knowledge, decided_on, fuel, amount, recorded_at: recorded_at.clone() };
        let packed = new.pack()?;
        let id: DecisionId = packed.id();
        Ok(Some((StoredDecision { decision, id, version, knowledge, decided_on, fuel, amount, recorded_at, status }, packed)))
    }

    fn keep(&mut self, slot: Slot, packed: PackedDecision) {
        self.chained.states.push((slot, packed.state()));
        self.chained.decisions.push(packed);
    }

    /// Notes what could not be settled in a slot, or that what was noted holds no more. The same is not noted twice.
    fn notify(&mut self, slot: Slot, wanted: Option<(NoticeKind, String)>) -> Result<(), NextError> {
        let latest = self.known.latest(slot);
        let version = latest.map_or(0, |latest| latest.version);
        // What was noted knowing more is not taken back by what was known before.
        if self.known.notices.iter().any(|notice| notice.slot == slot.word() && notice.knowledge > self.asked.as_of) {
            return Ok(());
        }
        let open = self
            .known
            .notices
            .iter()
            .find(|notice| notice.slot == slot.word() && notice.version == version && notice.kind != NoticeKind::Cleared);
        let (kind, detail) = match (&wanted, open) {
            (None, None) => return Ok(()),
            (Some((kind, detail)), Some(open)) if (open.kind, &open.detail) == (*kind, detail) => {
                self.chained.unsettled.extend(wanted);
                return Ok(());
            }
            (Some((kind, detail)), _) => (*kind, detail.clone()),
            (None, Some(_)) => (NoticeKind::Cleared, String::new()),
        };
        self.chained.notices.push(NewNotice {
            municipality: self.asked.municipality,
            slot: slot.word(),
            on: self.asked.year.first_day(),
            household: self.chained.household,
            kind,
            detail,
            version,
            knowledge: self.asked.as_of,
        });
        self.chained.unsettled.extend(wanted);
        Ok(())
    }

    fn spent(&mut self, fuel: u64, memory_bytes: u64) {
        let cost = &mut self.chained.cost;
        cost.fuel += fuel;
        cost.memory_bytes = cost.memory_bytes.max(memory_bytes);
    }
}

/// Why a decision differs from the one before: the kinds of fact that differ, the revision.
fn causes(before: Option<&StoredDecision>, now: &Decision) -> Vec<Cause> {
    let Some(StoredDecision { decision: before, .. }) = before else { return vec![Cause::First] };
    let mut causes = Vec::new();
    if before.revision != now.revision {
        causes.push(Cause::Revision);
    }
    for kind in Kind::ALL.into_iter().filter(|kind| !kind.is_derived()) {
        let rows = |decision: &Decision| {
            let given = decision.evidence.given.iter().find(|given| given.kind == kind.name())?;
            let mut rows = crate::billing::rows(&given.table);
            rows.sort();
            Some(rows)
        };
        if rows(before) != rows(now) {
            causes.push(Cause::Facts(kind));
        }
    }
    causes
}
