//! The whole chain walked again: what was edited, moved, deleted or cut off, in the chain and in
//! what it vouches for.

use super::{COUNTED, ENTRIES, Record, StoredEntry, read};
use crate::{Result, Store, decisions, facts, ledger};
use jorei_domain::audit::{Entry, Head, START};
use jorei_domain::id::{Digest, Knowledge, Municipality};
use jorei_domain::lookup::Noted;
use sqlx::{Any, Row as _, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with a chain. The texts are permanent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Broken {
    /// Entries between two others are not there.
    #[error("entry {sequence}: deleted, with every one up to entry {}", next - 1)]
    Gap {
        /// The first that is missing.
        sequence: i64,
        /// The first that is there again.
        next: i64,
    },
    /// The payload does not hash to what its entry says; the entry is what its link says.
    #[error("entry {sequence}: its payload was edited")]
    Payload {
        /// The entry.
        sequence: i64,
    },
    /// The entry does not give its link, and the next one follows the link as it is stored.
    #[error("entry {sequence}: its text was edited, or the entry before it was rewritten together with its link")]
    Entry {
        /// The entry.
        sequence: i64,
    },
    /// The entry does not give its link, but the next one follows the link that it would give.
    #[error("entry {sequence}: its link was edited")]
    Link {
        /// The entry.
        sequence: i64,
    },
    /// The last entry does not give its link, and nothing follows that would tell the two apart.
    #[error("entry {sequence}: its text or its link was edited, or the entry before it was rewritten together with its link")]
    EntryOrLink {
        /// The entry.
        sequence: i64,
    },
    /// An entry that was written at another place.
    #[error("entry {sequence}: moved here, it was written as entry {written}")]
    Moved {
        /// Where it stands.
        sequence: i64,
        /// Where it belongs.
        written: i64,
    },
    /// More entries were numbered than are there.
    #[error("entry {sequence}: cut off, with every one up to entry {counted}")]
    CutTail {
        /// The first that is missing.
        sequence: i64,
        /// The last that was numbered.
        counted: i64,
    },
    /// Fewer entries were numbered than are there.
    #[error("entry {sequence}: beyond the counter, which stands at {counted}: the counter was edited")]
    Counter {
        /// The last entry.
        sequence: i64,
        /// The last that was numbered, 0 for none.
        counted: i64,
    },
    /// A head names an entry that is not there.
    #[error("entry {sequence}: not there, though a head of {at} names it: the chain was cut, or the head is forged")]
    HeadBeyond {
        /// The entry that the head names.
        sequence: i64,
        /// When the head was exported.
        at: String,
    },
    /// A head has another link than the entry it names.
    #[error("entry {sequence}: not what a head of {at} says: the chain was rewritten, or the head is forged")]
    HeadDiffers {
        /// The entry that the head names.
        sequence: i64,
        /// When the head was exported.
        at: String,
    },
    /// Something that an entry vouches for is not there.
    #[error("entry {sequence}: {what} is not there")]
    Missing {
        /// The entry.
        sequence: i64,
        /// What is missing.
        what: String,
    },
    /// Something that an entry vouches for is not what was written.
    #[error("entry {sequence}: {what} was altered")]
    Altered {
        /// The entry.
        sequence: i64,
        /// What was altered.
        what: String,
    },
    /// A payload that hashes to what its entry says, and that no version of this program wrote.
    #[error("entry {sequence}: its payload says nothing of what its kind should")]
    Unreadable {
        /// The entry.
        sequence: i64,
    },
    /// An act, a signature, an effect, a decision or facts that no entry vouches for, or an activation
    /// without an act.
    #[error("no entry up to {sequence} has {what}: it was written past the chain, or its entry was cut off")]
    Unrecorded {
        /// The last entry.
        sequence: i64,
        /// What nobody recorded.
        what: String,
    },
}

/// Records of which every entry vouches for one row, or for those from one place to another.
const COUNTS: [(&str, &str); 52] = [
    ("rule", "SELECT COUNT(*) FROM rule WHERE municipality = $1"),
    ("ordinance", "SELECT COUNT(*) FROM ordinance WHERE municipality = $1"),
    ("revision", "SELECT COUNT(*) FROM revision WHERE municipality = $1"),
    ("admission", "SELECT COUNT(*) FROM admission WHERE municipality = $1"),
    ("draft", "SELECT COUNT(*) FROM draft WHERE municipality = $1"),
    ("pause", "SELECT COUNT(*) FROM pause WHERE municipality = $1"),
    ("notice", "SELECT COUNT(*) FROM case_notice WHERE municipality = $1"),
    ("coverage", "SELECT COUNT(*) FROM coverage WHERE municipality = $1"),
    ("shadow report", "SELECT COUNT(*) FROM shadow_report WHERE municipality = $1"),
    ("prepared act", "SELECT COUNT(*) FROM prepared_act WHERE municipality = $1"),
    ("password", "SELECT COUNT(*) FROM credential WHERE municipality = $1"),
    ("session", "SELECT COUNT(*) FROM session WHERE municipality = $1"),
    ("session end", "SELECT COUNT(*) FROM session_end WHERE municipality = $1"),
    ("log-in tried", "SELECT COUNT(*) FROM login_attempt WHERE municipality = $1 AND outcome = 'tried'"),
    ("log-in good", "SELECT COUNT(*) FROM login_attempt WHERE municipality = $1 AND outcome = 'good'"),
    ("log-in locked", "SELECT COUNT(*) FROM login_attempt WHERE municipality = $1 AND outcome = 'locked'"),
    ("job", "SELECT COUNT(*) FROM job WHERE municipality = $1"),
    ("job end", "SELECT COUNT(*) FROM job_end WHERE municipality = $1"),
    ("vault", "SELECT COUNT(*) FROM vault WHERE municipality = $1"),
    ("settlement", "SELECT COUNT(*) FROM settlement WHERE municipality = $1"),
    ("order", "SELECT COUNT(*) FROM payment_order WHERE municipality = $1"),
    ("consent", "SELECT COUNT(*) FROM consent WHERE municipality = $1"),
    ("consent withdrawal", "SELECT COUNT(*) FROM consent_withdrawal WHERE municipality = $1"),
    ("refund notice", "SELECT COUNT(*) FROM refund_notice WHERE municipality = $1"),
    ("refund claim", "SELECT COUNT(*) FROM refund_claim WHERE municipality = $1"),
    ("heir", "SELECT COUNT(*) FROM heir WHERE municipality = $1"),
    ("arrears", "SELECT COUNT(*) FROM arrears_event WHERE municipality = $1"),
    ("payee account", "SELECT COUNT(*) FROM payee_account WHERE municipality = $1"),
    ("purge", "SELECT COUNT(*) FROM purge WHERE municipality = $1"),
    ("inquiries", "SELECT COUNT(DISTINCT call) FROM inquiry WHERE municipality = $1"),
    ("inquiries sent", "SELECT COUNT(DISTINCT call) FROM inquiry_sent WHERE municipality = $1"),
    ("inquiry answers", "SELECT COUNT(DISTINCT call) FROM inquiry_answer WHERE municipality = $1"),
    ("payment batch", "SELECT COUNT(*) FROM payment_batch WHERE municipality = $1"),
    ("payment withdrawal", "SELECT COUNT(*) FROM payment_withdrawal WHERE municipality = $1"),
    ("payment file", "SELECT COUNT(*) FROM payment_file WHERE municipality = $1"),
    ("payment recall", "SELECT COUNT(*) FROM payment_recall WHERE municipality = $1"),
    ("payment results", "SELECT COUNT(*) FROM payment_results WHERE municipality = $1"),
    ("import", "SELECT COUNT(*) FROM import_set WHERE municipality = $1"),
    ("withdrawal", "SELECT COUNT(*) FROM import_withdrawal WHERE municipality = $1"),
    ("receipt file", "SELECT COUNT(*) FROM receipt_file WHERE municipality = $1"),
    ("receipt events", "SELECT COUNT(*) FROM receipt_event WHERE municipality = $1"),
    ("deliveries", "SELECT COUNT(*) FROM delivery WHERE municipality = $1"),
    ("claim set", "SELECT COUNT(*) FROM claim_set WHERE municipality = $1"),
    ("claim settlement", "SELECT COUNT(*) FROM claim_settlement WHERE municipality = $1"),
    ("high-cost handover", "SELECT COUNT(*) FROM high_cost_handover WHERE municipality = $1"),
    ("benefit application", "SELECT COUNT(*) FROM benefit_application WHERE municipality = $1"),
    ("application fact", "SELECT COUNT(*) FROM benefit_application_fact WHERE municipality = $1"),
    ("application event", "SELECT COUNT(*) FROM benefit_application_event WHERE municipality = $1"),
    ("simplified procedure", "SELECT COUNT(*) FROM simplified_procedure WHERE municipality = $1"),
    ("simplified procedure end", "SELECT COUNT(*) FROM simplified_procedure_end WHERE municipality = $1"),
    ("claim lines", "SELECT COUNT(*) FROM claim_line WHERE municipality = $1"),
    ("benefit dues", "SELECT COUNT(*) FROM benefit_due WHERE municipality = $1"),
];
const ALL_DECISIONS: &str = "SELECT id FROM decision WHERE municipality = $1 ORDER BY id";
const ALL_POSTINGS: &str = "SELECT COUNT(*) FROM posting WHERE municipality = $1";
const ALL_FACTS: &str = "SELECT DISTINCT knowledge FROM fact WHERE municipality = $1";
const ALL_ACTS: &str = "SELECT id FROM act WHERE municipality = $1";
const ALL_SIGNATURES: &str = "SELECT act, account FROM act_signature WHERE municipality = $1";
const ALL_EFFECTS: &str = "SELECT DISTINCT act FROM effect WHERE municipality = $1";
/// Those from before an office had acts have none, and smaller numbers than every effect.
const ACTIVATIONS_WITHOUT_ACT: &str = "SELECT a.knowledge, a.revision FROM activation a WHERE a.municipality = $1 \
     AND a.knowledge > (SELECT MIN(e.knowledge) FROM effect e WHERE e.municipality = $1) \
     AND NOT EXISTS (SELECT 1 FROM effect e WHERE e.municipality = $1 AND e.knowledge = a.knowledge AND e.kind = 'activation') \
     ORDER BY a.knowledge";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] =
    &[ALL_ACTS, ALL_SIGNATURES, ALL_EFFECTS, ALL_DECISIONS, ALL_FACTS, ALL_POSTINGS, ACTIVATIONS_WITHOUT_ACT];

/// Entries per query.
const PAGE: i64 = 200;
/// Beyond so many entries that do not give their links the chain was not merely put out of order,
/// and comparing each with each would take for ever.
const LARGEST_DISORDER: usize = 200;

/// An entry that does not give its link from the link stored before it.
struct Suspect {
    stored: StoredEntry,
    /// The link stored before it.
    previous: Digest,
}

impl Store {
    /// Hashes the chain again from its first entry, in one state of the database, and looks up
    /// what the entries vouch for: facts, decisions, rules, ordinances, revisions, acts, their
    /// signatures and effects, admissions, drafts, pauses, shadow reports, prepared acts, passwords,
    /// log-ins, sessions, jobs, entries of the vault, imports and their withdrawals, notices, settlements, postings, orders, receipts and deliveries, consents,
    /// notices and claims of refunds, heirs, claims of institutions, applications for benefits and what is due, steps about arrears, accounts, inquiries and payments. Names,
    /// addresses and contacts are not looked at.
    ///
    /// `heads` are heads that were kept elsewhere, whose signatures the caller has verified; those
    /// of other municipalities are passed over. Only they find a tail that was cut off together
    /// with the counter. `progress` gets the place of every entry that is done.
    ///
    /// Answers what is broken, in the order of the entries; nothing means that the chain holds.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`]; [`crate::StoreError::Damaged`] for a digest in the chain
    /// that is none.
    pub async fn audit_verify(
        &self,
        municipality: Municipality,
        heads: &[Head],
        mut progress: impl FnMut(i64) + Send,
    ) -> Result<Vec<Broken>> {
        let mut transaction = self.reading().await?;
        let mut heads: Vec<&Head> = heads.iter().filter(|head| head.municipality == municipality).collect();
        heads.sort_by_key(|head| head.sequence);
        let mut walk = Walk {
            heads,
            next_head: 0,
            broken: Vec::new(),
            suspects: Vec::new(),
            recorded: BTreeSet::new(),
            decisions: BTreeSet::new(),
            postings: 0,
            facts: BTreeSet::new(),
            counts: BTreeMap::new(),
        };
        let (mut last, mut previous) = (0, START);
        walk.compare_heads(0, START);
        loop {
            let query = sqlx::query(ENTRIES).bind(municipality.number()).bind(last).bind(PAGE);
            let rows = query.fetch_all(&mut *transaction).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let stored = read(municipality, row)?;
                walk.step(&mut transaction, &stored, last, previous).await?;
                (last, previous) = (stored.entry.sequence, stored.link);
                progress(last);
            }
        }
        let counted = sqlx::query(COUNTED).bind(municipality.number()).fetch_optional(&mut *transaction).await?;
        let counted: i64 = counted.map_or(Ok(0), |row| row.try_get(0))?;
        if counted > last {
            walk.broken.push(Broken::CutTail { sequence: last + 1, counted });
        } else if counted < last {
            walk.broken.push(Broken::Counter { sequence: last, counted });
        }
        walk.heads_beyond();
        walk.unrecorded(&mut transaction, municipality, last).await?;
        transaction.rollback().await?;
        Ok(walk.finish(last))
    }
}

struct Walk<'h> {
    heads: Vec<&'h Head>,
    next_head: usize,
    broken: Vec<Broken>,
    suspects: Vec<Suspect>,
    /// Kind and key of every act, signature and effect that an entry vouches for.
    recorded: BTreeSet<(&'static str, Digest, String)>,
    /// Every decision that an entry vouches for.
    decisions: BTreeSet<Digest>,
    /// How many postings entries vouch for.
    postings: i64,
    /// Knowledge number of every set of facts that an entry vouches for.
    facts: BTreeSet<i64>,
    /// Entries of each kind.
    counts: BTreeMap<String, i64>,
}

impl Walk<'_> {
    /// One entry, after the one at `last` whose stored link is `previous`.
    async fn step(&mut self, transaction: &mut Transaction<'static, Any>, stored: &StoredEntry, last: i64, previous: Digest) -> Result<()> {
        let sequence = stored.entry.sequence;
        let payload = Digest::of(&stored.payload);
        let mut fits = payload == stored.entry.payload;
        if sequence != last + 1 {
            // What it followed is gone, so its own link cannot be tried.
            self.broken.push(Broken::Gap { sequence: last + 1, next: sequence });
        } else if stored.entry.link(previous) != stored.link {
            if !fits && (Entry { payload, ..stored.entry.clone() }).link(previous) == stored.link {
                // The payload is what was written, and the hash beside it is not.
                self.broken.push(Broken::Entry { sequence });
                fits = true;
            } else {
                self.suspects.push(Suspect { stored: stored.clone(), previous });
            }
        }
        self.compare_heads(sequence, stored.link);
        if fits {
            self.look_up(transaction, stored).await
        } else {
            self.broken.push(Broken::Payload { sequence });
            Ok(())
        }
    }

    /// Compares the heads up to a place with its link.
    fn compare_heads(&mut self, sequence: i64, link: Digest) {
        while let Some(head) = self.heads.get(self.next_head).filter(|head| head.sequence <= sequence) {
            let at = head.stamp.at.clone();
            if head.sequence < sequence {
                self.broken.push(Broken::HeadBeyond { sequence: head.sequence, at });
            } else if head.link != link {
                self.broken.push(Broken::HeadDiffers { sequence, at });
            }
            self.next_head += 1;
        }
    }

    fn heads_beyond(&mut self) {
        for head in &self.heads[self.next_head..] {
            self.broken.push(Broken::HeadBeyond { sequence: head.sequence, at: head.stamp.at.clone() });
        }
    }

    /// Compares what is stored with what an entry vouches for.
    async fn look_up(&mut self, transaction: &mut Transaction<'static, Any>, stored: &StoredEntry) -> Result<()> {
        let StoredEntry { entry: Entry { municipality, sequence, kind, subject, .. }, payload, .. } = stored;
        let (municipality, sequence) = (*municipality, *sequence);
        *self.counts.entry(kind.clone()).or_default() += 1;
        match kind.as_str() {
            // What a name, an address or a contact was is no business of the chain.
            "names" | "addresses" | "contacts" => {}
            "lookup" | "alarm" => {
                if Noted::decode(kind, payload).is_err() {
                    self.broken.push(Broken::Unreadable { sequence });
                }
            }
            "decisions" => {
                let (ids, rest) = payload.as_chunks::<32>();
                self.decisions.extend(ids.iter().map(|id| Digest(*id)));
                if ids.is_empty() || !rest.is_empty() {
                    self.broken.push(Broken::Unreadable { sequence });
                }
                for (id, intact) in decisions::intact(transaction, municipality, subject, ids).await? {
                    let what = format!("decision {id}");
                    match intact {
                        Some(true) => {}
                        Some(false) => self.broken.push(Broken::Altered { sequence, what }),
                        None => self.broken.push(Broken::Missing { sequence, what }),
                    }
                }
            }
            "postings" => {
                let (pairs, rest) = payload.as_chunks::<64>();
                if pairs.is_empty() || !rest.is_empty() {
                    self.broken.push(Broken::Unreadable { sequence });
                }
                for (id, content) in pairs.iter().filter_map(|pair| pair.split_first_chunk::<32>()) {
                    let Ok(content) = content.try_into().map(Digest) else { continue };
                    let id = Digest(*id);
                    self.postings += 1;
                    let what = format!("posting {id}");
                    match ledger::intact(transaction, municipality, id, content).await? {
                        Some(true) => {}
                        Some(false) => self.broken.push(Broken::Altered { sequence, what }),
                        None => self.broken.push(Broken::Missing { sequence, what }),
                    }
                }
            }
            "facts" => {
                let Some((number, digest)) = payload.split_first_chunk::<8>().filter(|(_, digest)| digest.len() == 32) else {
                    self.broken.push(Broken::Unreadable { sequence });
                    return Ok(());
                };
                let knowledge = Knowledge(i64::from_be_bytes(*number));
                self.facts.insert(knowledge.0);
                if facts::digest_of(transaction, municipality, knowledge).await?.0 != digest {
                    self.broken.push(Broken::Altered { sequence, what: format!("the set of facts with knowledge number {knowledge}") });
                }
            }
            kind => {
                let Some((record, digest)) = Record::parse(kind, payload) else {
                    self.broken.push(Broken::Unreadable { sequence });
                    return Ok(());
                };
                match record {
                    Record::Act(act) | Record::Effect(act) => self.recorded.insert((record.kind(), act, String::new())),
                    Record::ReceiptEvents(first, last)
                    | Record::Deliveries(first, last)
                    | Record::ClaimLines(first, last)
                    | Record::BenefitDues(first, last) => {
                        *self.counts.entry(kind.to_owned()).or_default() += last - first;
                        true
                    }
                    Record::Signature(act, account) => self.recorded.insert((record.kind(), act, account.to_owned())),
                    _ => false,
                };
                let what = if kind == "effect" { format!("the effect of {record}") } else { record.to_string() };
                match record.digest(transaction, municipality).await? {
                    Some(found) if found == digest => {}
                    Some(_) => self.broken.push(Broken::Altered { sequence, what }),
                    None => self.broken.push(Broken::Missing { sequence, what }),
                }
            }
        }
        Ok(())
    }

    /// Acts, signatures, effects, decisions and facts that no entry vouches for, and activations
    /// without an act.
    async fn unrecorded(&mut self, transaction: &mut Transaction<'static, Any>, municipality: Municipality, last: i64) -> Result<()> {
        for sql in [ALL_ACTS, ALL_SIGNATURES, ALL_EFFECTS] {
            for row in sqlx::query(sql).bind(municipality.number()).fetch_all(&mut **transaction).await? {
                let act = crate::digest(&row, 0)?;
                let account: String = if sql == ALL_SIGNATURES { row.try_get(1)? } else { String::new() };
                let (kind, what) = match sql {
                    ALL_ACTS => ("act", format!("act {act}")),
                    ALL_EFFECTS => ("effect", format!("the effect of act {act}")),
                    _ => ("signature", format!("act {act} signed by {account}")),
                };
                if !self.recorded.contains(&(kind, act, account)) {
                    self.broken.push(Broken::Unrecorded { sequence: last, what });
                }
            }
        }
        for (kind, sql) in COUNTS {
            let rows: i64 = sqlx::query(sql).bind(municipality.number()).fetch_one(&mut **transaction).await?.try_get(0)?;
            let recorded = self.counts.get(kind).copied().unwrap_or(0);
            if rows > recorded {
                let what = format!("{} of {rows} rows of kind {kind}", rows - recorded);
                self.broken.push(Broken::Unrecorded { sequence: last, what });
            }
        }
        let posted: i64 = sqlx::query(ALL_POSTINGS).bind(municipality.number()).fetch_one(&mut **transaction).await?.try_get(0)?;
        if posted > self.postings {
            let what = format!("{} of {posted} postings", posted - self.postings);
            self.broken.push(Broken::Unrecorded { sequence: last, what });
        }
        let mut decided = Vec::new();
        for row in sqlx::query(ALL_DECISIONS).bind(municipality.number()).fetch_all(&mut **transaction).await? {
            decided.push(crate::digest(&row, 0)?);
        }
        decided.retain(|id| !self.decisions.contains(id));
        if let Some(first) = decided.first() {
            let what = format!("{} decision(s), of which the first is {first}", decided.len());
            self.broken.push(Broken::Unrecorded { sequence: last, what });
        }
        for row in sqlx::query(ALL_FACTS).bind(municipality.number()).fetch_all(&mut **transaction).await? {
            let knowledge: i64 = row.try_get(0)?;
            if !self.facts.contains(&knowledge) {
                let what = format!("the set of facts with knowledge number {knowledge}");
                self.broken.push(Broken::Unrecorded { sequence: last, what });
            }
        }
        for row in sqlx::query(ACTIVATIONS_WITHOUT_ACT).bind(municipality.number()).fetch_all(&mut **transaction).await? {
            let what = format!("activation {} of revision {}", row.try_get::<i64, _>(0)?, crate::digest(&row, 1)?);
            self.broken.push(Broken::Unrecorded { sequence: last, what });
        }
        Ok(())
    }

    /// Says of every suspect what became of it. The links that the entries had when they were
    /// written are found from left to right: each suspect is tried again behind the true link.
    fn finish(mut self, last: i64) -> Vec<Broken> {
        let mut true_links: BTreeMap<i64, Digest> = BTreeMap::new();
        let movable = if self.suspects.len() <= LARGEST_DISORDER { self.suspects.as_slice() } else { &[] };
        for (index, suspect) in self.suspects.iter().enumerate() {
            let StoredEntry { entry, link, .. } = &suspect.stored;
            let sequence = entry.sequence;
            let previous = true_links.get(&(sequence - 1)).copied().unwrap_or(suspect.previous);
            let given = entry.link(previous);
            if given == *link {
                continue;
            }
            let belongs_here =
                movable.iter().find(|other| Entry { sequence, ..other.stored.entry.clone() }.link(previous) == other.stored.link);
            if let Some(other) = belongs_here {
                true_links.insert(sequence, other.stored.link);
                self.broken.push(Broken::Moved { sequence: other.stored.entry.sequence, written: sequence });
                continue;
            }
            let next = self.suspects.get(index + 1).filter(|next| next.stored.entry.sequence == sequence + 1);
            if next.is_some_and(|next| next.stored.entry.link(given) == next.stored.link) {
                true_links.insert(sequence, given);
                self.broken.push(Broken::Link { sequence });
            } else if sequence == last {
                self.broken.push(Broken::EntryOrLink { sequence });
            } else {
                self.broken.push(Broken::Entry { sequence });
            }
        }
        // A place whose own entry was moved away holds the moved one, and is said by that.
        self.broken.sort_by_key(Broken::sequence);
        self.broken
    }
}

impl Broken {
    /// The entry it is about; for [`Broken::Unrecorded`] the last one.
    pub fn sequence(&self) -> i64 {
        match self {
            Broken::Gap { sequence, .. }
            | Broken::Payload { sequence }
            | Broken::Entry { sequence }
            | Broken::Link { sequence }
            | Broken::EntryOrLink { sequence }
            | Broken::Moved { sequence, .. }
            | Broken::CutTail { sequence, .. }
            | Broken::Counter { sequence, .. }
            | Broken::HeadBeyond { sequence, .. }
            | Broken::HeadDiffers { sequence, .. }
            | Broken::Missing { sequence, .. }
            | Broken::Altered { sequence, .. }
            | Broken::Unreadable { sequence }
            | Broken::Unrecorded { sequence, .. } => *sequence,
        }
    }
}
