//! The server's memory: which queries it took, which answers it gave under which number, and what goes wrong meanwhile.
//!
//! Whatever depends on time gets it as an argument. Absent here: connections, files, the clock.

use crate::control::{Asked, Count, Faults, Garbage, GarbageKind};
use crate::register::{Entry, Seed};
use jorei_connector::wire::{AnswerForm, BATCH_QUERIES, PAGE_ANSWERS, ProblemForm, QueryForm, WhatForm};
use jorei_connector::{Query, QueryId, Standing};
use jorei_domain::id::Digest;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// All that outlives the process, if it is told to keep it.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    faults: Faults,
    register: BTreeMap<i64, Entry>,
    queries: BTreeMap<String, QueryForm>,
    open: Vec<Open>,
    answers: Vec<AnswerForm>,
    /// Answers about an addressee's account.
    told: BTreeMap<i64, u32>,
    known: u64,
    lost: BTreeMap<String, u64>,
    /// Something is not written yet.
    #[serde(skip)]
    pub(crate) changed: bool,
}

#[derive(Debug, Deserialize, Serialize)]
struct Open {
    query: String,
    /// After a restart the delay begins anew.
    #[serde(skip, default = "Instant::now")]
    since: Instant,
}

/// Why queries were not taken.
#[derive(Debug)]
pub struct NotTaken {
    /// The HTTP status.
    pub status: u16,
    /// What is told.
    pub problem: ProblemForm,
}

fn not_taken(status: u16, code: &str, query: Option<&str>) -> NotTaken {
    NotTaken { status, problem: ProblemForm { code: code.into(), query: query.map(str::to_owned), until: None } }
}

/// What becomes of one answer of the server on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Delivery {
    /// In pieces, with this pause between them; none is in one piece.
    Whole {
        /// The pause.
        pause: Duration,
    },
    /// Never.
    Hangs,
    /// The connection closes halfway.
    Cut,
}

impl Desk {
    /// The line's faults.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Tells other faults.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
        self.changed = true;
    }

    /// Puts an entry in the place of the one before.
    pub fn register(&mut self, addressee: i64, entry: Entry) {
        self.register.insert(addressee, entry);
        self.changed = true;
    }

    /// Forgets an addressee, who is then answered `not_found`.
    pub fn forget(&mut self, addressee: i64) {
        self.register.remove(&addressee);
        self.changed = true;
    }

    /// Fills in what a seed makes; how many there are of each share.
    pub fn seed(&mut self, seed: &Seed) -> BTreeMap<String, usize> {
        let (entries, counts) = seed.entries();
        self.register.extend(entries);
        self.changed = true;
        counts.into_iter().map(|(share, count)| (share.to_owned(), count)).collect()
    }

    /// Takes queries: all or none. The ids of those that are new, and of those that are known.
    ///
    /// # Errors
    /// [`NotTaken`]: too many, a form that is wrong, an id twice, an id with other content than before.
    pub fn take(&mut self, queries: Vec<QueryForm>, now: Instant) -> Result<(Vec<String>, Vec<String>), NotTaken> {
        if queries.len() > BATCH_QUERIES {
            return Err(not_taken(413, "too-many", None));
        }
        let mut ids = BTreeSet::new();
        for form in &queries {
            if Query::try_from(form).is_err() || !ids.insert(&form.id) {
                return Err(not_taken(400, "form", QueryId::parse(&form.id).ok().map(|_| form.id.as_str())));
            }
            if self.queries.get(&form.id).is_some_and(|before| before != form) {
                return Err(not_taken(409, "other-content", Some(&form.id)));
            }
        }
        let (mut new, mut known) = (Vec::new(), Vec::new());
        self.changed = true;
        for form in queries {
            if self.queries.contains_key(&form.id) {
                self.known += 1;
                known.push(form.id);
                continue;
            }
            new.push(form.id.clone());
            if self.loses(&form.id) {
                *self.lost.entry(form.id).or_default() += 1;
                continue;
            }
            self.open.push(Open { query: form.id.clone(), since: now });
            self.queries.insert(form.id.clone(), form);
        }
        Ok((new, known))
    }

    fn loses(&mut self, id: &str) -> bool {
        if self.faults.lose > 0 {
            self.faults.lose -= 1;
            return true;
        }
        // Asked again, a lost query has another draw: losing some must not be losing them for ever.
        let times = self.lost.get(id).copied().unwrap_or_default();
        let draw = Digest::of(format!("lose {id} {times}").as_bytes());
        u16::from_be_bytes([draw.0[0], draw.0[1]]) % 100 < u16::from(self.faults.lose_per_100)
    }

    /// Queries without an answer.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// When the next answer is due, if one is.
    pub fn due(&self) -> Option<Instant> {
        let first = self.open.iter().map(|open| open.since).min()?;
        (!self.faults.hold).then(|| first + Duration::from_millis(self.faults.delay_ms))
    }

    /// Gives every answer that is due its number. Whether there was one.
    pub fn deliver(&mut self, now: Instant, at: &str) -> bool {
        if self.faults.hold {
            return false;
        }
        let delay = Duration::from_millis(self.faults.delay_ms);
        let (due, open) = std::mem::take(&mut self.open).into_iter().partition::<Vec<_>, _>(|open| open.since + delay <= now);
        self.open = open;
        let mut ids: Vec<String> = due.into_iter().map(|open| open.query).collect();
        if self.faults.shuffle {
            ids.sort_by_cached_key(|id| Digest::of(id.as_bytes()));
        }
        let mut standings = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(query) = self.queries.get(&id) else { continue };
            let before = self.told.get(&query.subject).copied().unwrap_or_default();
            let standing = self.register.get(&query.subject).map_or(Standing::NotFound, |entry| entry.standing(query.what, before));
            if query.what == WhatForm::Account {
                *self.told.entry(query.subject).or_default() += 1;
            }
            standings.push((id, standing));
        }
        for _ in 0..if self.faults.repeat { 2 } else { 1 } {
            for (id, standing) in &standings {
                self.number(id.clone(), standing.clone(), at);
            }
        }
        !standings.is_empty()
    }

    fn number(&mut self, query: String, standing: Standing, at: &str) {
        let sequence = self.answers.len() as u64 + 1;
        self.changed = true;
        self.answers.push(AnswerForm { sequence, query, standing, at: at.to_owned() });
    }

    /// The lowest answers after a number, and what garbage they become.
    ///
    /// # Errors
    /// [`NotTaken`]: none or too many are asked for.
    pub fn page(&mut self, after: u64, limit: u16, at: &str) -> Result<(Vec<AnswerForm>, Option<GarbageKind>), NotTaken> {
        if limit == 0 || limit > PAGE_ANSWERS {
            return Err(not_taken(400, "too-many", None));
        }
        let garbage = match &mut self.faults.garbage {
            Some(Garbage { kind, times }) if *times > 0 => {
                *times -= 1;
                self.changed = true;
                Some(*kind)
            }
            _ => None,
        };
        if garbage == Some(GarbageKind::OtherQuery) {
            // It has a number of its own, so that no answer to somebody's query is lost by it.
            let stray = Digest::of(format!("stray {}", self.answers.len()).as_bytes()).to_string();
            self.number(stray[..32].to_owned(), Standing::NotFound, at);
        }
        let from = usize::try_from(after).unwrap_or(usize::MAX).min(self.answers.len());
        let until = from.saturating_add(usize::from(limit)).min(self.answers.len());
        let mut page = self.answers[from..until].to_vec();
        if self.faults.shuffle {
            page.sort_by_cached_key(|answer| Digest::of(&answer.sequence.to_be_bytes()));
        }
        Ok((page, garbage))
    }

    /// How the answer to the request under way goes out.
    pub fn delivery(&mut self) -> Delivery {
        if self.faults.hang > 0 {
            self.faults.hang -= 1;
            self.changed = true;
            return Delivery::Hangs;
        }
        if self.faults.cut > 0 {
            self.faults.cut -= 1;
            self.changed = true;
            return Delivery::Cut;
        }
        Delivery::Whole { pause: Duration::from_millis(self.faults.slow_ms) }
    }

    /// What was asked.
    pub fn asked(&self) -> Asked {
        let mut by: BTreeMap<(String, i64), u32> = BTreeMap::new();
        for query in self.queries.values() {
            if let Ok(typed) = Query::try_from(query) {
                *by.entry((typed.what.word().to_owned(), query.subject)).or_default() += 1;
            }
        }
        Asked {
            accepted: self.queries.len(),
            known: self.known,
            lost: self.lost.values().sum(),
            open: self.open.len(),
            answers: self.answers.len() as u64,
            by: by.into_iter().map(|((what, subject), count)| Count { what, subject, count }).collect(),
        }
    }
}
