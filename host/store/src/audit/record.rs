//! Rows that an entry vouches for, by their digest as stored: the writer and whoever verifies read
//! the row the same way.

use super::append;
use crate::sessions::Outcome;
use crate::{Result, StoreError};
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Digest, Knowledge, Municipality};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::fmt;

/// A row by its key, or the few rows that were written as one thing.
#[derive(Clone, Copy)]
pub(crate) enum Record<'r> {
    /// A rule's component.
    Rule(Digest),
    /// An ordinance's text.
    Ordinance(Digest),
    /// A revision.
    Revision(Digest),
    /// An act.
    Act(Digest),
    /// What an account said to an act.
    Signature(Digest, &'r str),
    /// Every change of an act, and the activations among them.
    Effect(Digest),
    /// An admission, by its place.
    Admission(i64),
    /// A version of a draft.
    Draft(i64, &'r str),
    /// A pause.
    Pause(Knowledge),
    /// What a run could not settle, by its number.
    Notice(i64),
    /// How far a run has looked, by its number.
    Coverage(i64),
    /// A shadow report.
    ShadowReport(Digest),
    /// An act that its maker has not signed yet.
    PreparedAct(Digest),
    /// A password of an account, by its number.
    Credential(i64, &'r str),
    /// A session, by the digest of its token.
    Session(Digest),
    /// The end of a session.
    SessionEnd(Digest),
    /// What became of a password that was given for an account, by its number.
    Attempt(Outcome, i64, &'r str),
    /// A job.
    Job(&'r str),
    /// The end of a job.
    JobEnd(&'r str),
    /// An entry of the vault: sealed bytes and tag, of which nothing is read without the key.
    Vault(Digest),
    /// What a clerk said to a case that waited, by its place.
    Settlement(i64),
    /// A payment order, by its number.
    Order(i64),
    /// A consent, by its number.
    Consent(i64),
    /// The end of a consent, by the consent's number.
    ConsentWithdrawal(i64),
    /// A notice of refund and appropriation with the overpayments it tells of, by its number.
    RefundNotice(i64),
    /// A claim after a notice, by the notice's number.
    RefundClaim(i64),
    /// Who represents heirs, by its number.
    Heir(i64),
    /// A step about arrears with its instalments and promised payments, by its number.
    Arrears(i64),
    /// An account of a payee, by its number.
    PayeeAccount(i64),
    /// That sealed content was destroyed, by its number.
    Purge(i64),
    /// What was asked together, by the number of the call.
    Inquiries(i64),
    /// What the server was told of together, by the number of the call.
    InquiriesSent(i64),
    /// Answers that were read together, by the number of the call.
    InquiryAnswers(i64),
    /// A batch of payments with its lines, by its number.
    PaymentBatch(i64),
    /// That a batch was taken back, by its number.
    PaymentWithdrawal(i64),
    /// A bank file with the lines held back, by its serial.
    PaymentFile(i64),
    /// That a line is to come back, by its number.
    PaymentRecall(i64),
    /// Results that were taken in together, by the number of the call.
    PaymentResults(i64),
    /// A set that was imported, by its number.
    Import(Knowledge),
    /// An import that was withdrawn, by its own number.
    Withdrawal(Knowledge),
    /// A file of receipts or deliveries, by its number.
    ReceiptFile(i64),
    /// What was told of receipts or done with them, from one place to another, with the receipts.
    ReceiptEvents(i64, i64),
    /// What the bank delivered, from one place to another.
    Deliveries(i64, i64),
    /// A set of claim files with its files, by its number.
    ClaimSet(i64),
    /// What a clerk said to a claim, by its place.
    ClaimSettlement(i64),
    /// A month that another municipality handed over, by its place.
    Handover(i64),
    /// An application for a benefit, by its number.
    BenefitApplication(i64),
    /// What was examined of an application, by its place.
    ApplicationFact(i64),
    /// What happened to an application, by its place.
    ApplicationEvent(i64),
    /// A registration for the simplified procedure, by its number.
    Simplified(i64),
    /// The end of one, by its number.
    SimplifiedEnd(i64),
    /// Lines about claims, from one place to another.
    ClaimLines(i64, i64),
    /// What decisions say is due, from one place to another.
    BenefitDues(i64, i64),
}

const RULE: &str = "SELECT digest, component FROM rule WHERE municipality = $1 AND digest = $2";
const ORDINANCE: &str = "SELECT digest, written FROM ordinance WHERE municipality = $1 AND digest = $2";
const REVISION: &str = "SELECT digest, slot, rule_digest, ordinance_digest, segments, about, knowledge FROM revision \
     WHERE municipality = $1 AND digest = $2";
const ACT: &str = "SELECT id, ordinal, content, made_at, maker, emergency, signature FROM act WHERE municipality = $1 AND id = $2";
const SIGNATURE: &str =
    "SELECT act, account, verdict, at, signature FROM act_signature WHERE municipality = $1 AND act = $2 AND account = $3";
const EFFECTS: &str = "SELECT knowledge, ordinal, act, kind, key, base, content, at FROM effect \
     WHERE municipality = $1 AND act = $2 ORDER BY +knowledge, +ordinal";
const ACTIVATIONS: &str = "SELECT knowledge, slot, revision, case_from, case_until, recorded_on FROM activation \
     WHERE municipality = $1 AND knowledge IN (SELECT knowledge FROM effect WHERE municipality = $1 AND act = $2 AND kind = 'activation') \
     ORDER BY knowledge";
const ADMISSION: &str = "SELECT sequence, package, rule, step, admitted, reason, manifest, recorded_at, by_whom FROM admission \
     WHERE municipality = $1 AND sequence = $2";
const DRAFT: &str = "SELECT version, name, written, by_whom, at FROM draft WHERE municipality = $1 AND version = $2 AND name = $3";
const PAUSE: &str = "SELECT knowledge, slot, revision, reason, last_good, quarantine, recorded_on FROM pause \
     WHERE municipality = $1 AND knowledge = $2";
const NOTICE: &str = "SELECT sequence, slot, case_on, household, kind, detail, version, knowledge, at FROM case_notice \
     WHERE municipality = $1 AND sequence = $2";
const COVERAGE: &str =
    "SELECT sequence, case_on, knowledge, revisions, decided_on, at FROM coverage WHERE municipality = $1 AND sequence = $2";
const SHADOW_REPORT: &str =
    "SELECT id, candidate, slot, case_on, content, recorded_at FROM shadow_report WHERE municipality = $1 AND id = $2";
const VAULT: &str = "SELECT entry, person, sealed, tag, at, by_whom FROM vault WHERE municipality = $1 AND entry = $2";
const IMPORT: &str = "SELECT knowledge, digest, forms, at, by_whom FROM import_set WHERE municipality = $1 AND knowledge = $2";
const WITHDRAWAL: &str = "SELECT withdrawn, knowledge, act, at, by_whom FROM import_withdrawal WHERE municipality = $1 AND withdrawn = $2";
const ORDER: &str = "SELECT number, household, posting, decision, payee_kind, payee, principal_yen, interest_yen, decided_on, replaces, at, \
     by_whom FROM payment_order WHERE municipality = $1 AND number = $2";
const RECEIPT_FILE: &str = "SELECT number, source, kind, serial, made_on, digest, rows, unpaid, yen, content, booked_on, at, by_whom \
     FROM receipt_file WHERE municipality = $1 AND number = $2";
const RECEIPT_EVENTS: &str = "SELECT e.ordinal, e.receipt, r.channel, r.reference, e.kind, e.file, e.line, e.slip, e.paid_on, e.booked_on, e.yen, \
     e.household, e.year, e.item, e.booking, e.used, e.exception, e.reason, e.at, e.by_whom FROM receipt_event e \
     JOIN receipt r ON r.municipality = e.municipality AND r.number = e.receipt \
     WHERE e.municipality = $1 AND e.ordinal >= $2 AND e.ordinal <= $3 ORDER BY e.ordinal";
const DELIVERIES: &str = "SELECT ordinal, file, line, delivered_on, channel, collected_on, yen, posting, at, by_whom FROM delivery \
     WHERE municipality = $1 AND ordinal >= $2 AND ordinal <= $3 ORDER BY ordinal";
const CLAIM_SET: &str =
    "SELECT number, serial, month, digest, lines, cost_yen, own_yen, at, by_whom FROM claim_set WHERE municipality = $1 AND number = $2";
const CLAIM_FILES: &str =
    "SELECT claim_set, part, digest, lines, content FROM claim_file WHERE municipality = $1 AND claim_set = $2 ORDER BY part";
const CLAIM_SETTLEMENT: &str =
    "SELECT ordinal, line, way, posting, reason, at, by_whom FROM claim_settlement WHERE municipality = $1 AND ordinal = $2";
const HANDOVER: &str =
    "SELECT ordinal, household, month, source, revoked, at, by_whom FROM high_cost_handover WHERE municipality = $1 AND ordinal = $2";
const BENEFIT_APPLICATION: &str = "SELECT number, slot, benefit, case_on, household, person, applicant, received_on, document, at, by_whom FROM benefit_application WHERE municipality = $1 AND number = $2";
const APPLICATION_FACT: &str =
    "SELECT ordinal, application, kind, vals, source, at, by_whom FROM benefit_application_fact WHERE municipality = $1 AND ordinal = $2";
const APPLICATION_EVENT: &str = "SELECT ordinal, application, event, happened_on, reason, at, by_whom FROM benefit_application_event WHERE municipality = $1 AND ordinal = $2";
const SIMPLIFIED: &str = "SELECT number, household, head, from_on, set_off, document, at, by_whom FROM simplified_procedure WHERE municipality = $1 AND number = $2";
const SIMPLIFIED_END: &str =
    "SELECT number, ended_on, reason, at, by_whom FROM simplified_procedure_end WHERE municipality = $1 AND number = $2";
const CLAIM_LINES: &str = "SELECT ordinal, claim_set, part, line, claim, status, person, month, setting, service, institution, prescriber, days, points, cost_yen, share_percent, own_yen, in_kind_yen, in_kind_counts, category, specified_disease, third_party, aid_code, bed, meals, charged_meal_yen, charged_residence_yen, finding FROM claim_line WHERE municipality = $1 AND ordinal >= $2 AND ordinal <= $3 ORDER BY ordinal";
const BENEFIT_DUES: &str = "SELECT ordinal, household, slot, case_on, benefit, number, person, decision, due_yen, before_yen, payment_order, posting FROM benefit_due WHERE municipality = $1 AND ordinal >= $2 AND ordinal <= $3 ORDER BY ordinal";
const CONSENT: &str = "SELECT number, household, kind, given_on, given_by, channel, document, at, by_whom FROM consent \
     WHERE municipality = $1 AND number = $2";
const CONSENT_WITHDRAWAL: &str =
    "SELECT consent, withdrawn_on, at, by_whom FROM consent_withdrawal WHERE municipality = $1 AND consent = $2";
const REFUND_NOTICE: &str =
    "SELECT number, household, decision, sent_on, at, by_whom FROM refund_notice WHERE municipality = $1 AND number = $2";
const REFUND_NOTICE_OVERPAYMENTS: &str = "SELECT notice, household, overpayment FROM refund_notice_overpayment \
     WHERE municipality = $1 AND notice = $2 ORDER BY overpayment";
const REFUND_CLAIM: &str = "SELECT notice, claimed_on, form, at, by_whom FROM refund_claim WHERE municipality = $1 AND notice = $2";
const HEIR: &str = "SELECT number, household, deceased, heir, document, declared_on, at, by_whom FROM heir \
     WHERE municipality = $1 AND number = $2";
const ARREARS: &str = "SELECT number, id, household, step, happened_on, from_day, until_day, grace, of_number, fee_yen, posting, reason, \
     at, by_whom FROM arrears_event WHERE municipality = $1 AND number = $2";
const ARREARS_INSTALMENTS: &str = "SELECT number, line, year, collection, instalment FROM arrears_instalment \
     WHERE municipality = $1 AND number = $2 ORDER BY line";
const ARREARS_PROMISES: &str =
    "SELECT number, line, due_on, yen FROM arrears_promise WHERE municipality = $1 AND number = $2 ORDER BY line";
const PAYEE_ACCOUNT: &str = "SELECT number, matter, household, source, inquiry, applied_on, obtained_on, holder, changed_on, entry, at, by_whom \
     FROM payee_account WHERE municipality = $1 AND number = $2";
const PURGE: &str = "SELECT number, entry, rule, purged_on, at, by_whom FROM purge WHERE municipality = $1 AND number = $2";
const INQUIRIES: &str = "SELECT id, ordinal, call, what, year, legal_row, matter, affair, reference, stage, payment_matter, household, person, \
     on_day, asked_on, at, by_whom FROM inquiry WHERE municipality = $1 AND call = $2 ORDER BY ordinal";
const INQUIRIES_SENT: &str =
    "SELECT inquiry, call, refused, at, by_whom FROM inquiry_sent WHERE municipality = $1 AND call = $2 ORDER BY inquiry";
const INQUIRY_ANSWERS: &str = "SELECT sequence, call, inquiry, standing, use, digest, entry, holder, changed_on, detail, knowledge, told_at, at, by_whom \
     FROM inquiry_answer WHERE municipality = $1 AND call = $2 ORDER BY sequence";
const PAYMENT_BATCH: &str = "SELECT number, decided_on, bank_day, sender, remark, lines, yen, digest, at, by_whom FROM payment_batch \
     WHERE municipality = $1 AND number = $2";
const PAYMENT_LINES: &str = "SELECT id, batch, place, payment_order, entry, yen, replaces FROM payment_line \
     WHERE municipality = $1 AND batch = $2 ORDER BY place";
const PAYMENT_WITHDRAWAL: &str = "SELECT batch, reason, at, by_whom FROM payment_withdrawal WHERE municipality = $1 AND batch = $2";
const PAYMENT_FILE: &str =
    "SELECT serial, batch, act, entry, sha256, lines, yen, at, by_whom FROM payment_file WHERE municipality = $1 AND serial = $2";
const PAYMENT_HELD: &str = "SELECT h.line, h.reason FROM payment_held h \
     JOIN payment_line l ON l.municipality = h.municipality AND l.id = h.line \
     JOIN payment_file f ON f.municipality = l.municipality AND f.batch = l.batch \
     WHERE h.municipality = $1 AND f.serial = $2 ORDER BY h.line";
const PAYMENT_RECALL: &str = "SELECT line, reason, at, by_whom FROM payment_recall WHERE municipality = $1 AND line = $2";
const PAYMENT_RESULTS: &str =
    "SELECT call, source, paid, failed, returned, exceptions, at, by_whom FROM payment_results WHERE municipality = $1 AND call = $2";
const PAYMENT_OUTCOMES: &str = "SELECT line, outcome, reason, on_day, call FROM payment_outcome WHERE municipality = $1 AND call = $2 \
     ORDER BY line, outcome";
const PAYMENT_EXCEPTIONS: &str =
    "SELECT call, place, line, what FROM payment_exception WHERE municipality = $1 AND call = $2 ORDER BY place";
const PREPARED_ACT: &str = "SELECT id, content, maker, at FROM prepared_act WHERE municipality = $1 AND id = $2";
const CREDENTIAL: &str =
    "SELECT ordinal, account, hash, signature, at FROM credential WHERE municipality = $1 AND ordinal = $2 AND account = $3";
const SESSION: &str = "SELECT token, account, method, nonce, at_seconds, expires_seconds, at FROM session \
     WHERE municipality = $1 AND token = $2";
const SESSION_END: &str = "SELECT token, at FROM session_end WHERE municipality = $1 AND token = $2";
const ATTEMPT: &str = "SELECT ordinal, account, outcome, at_seconds, at FROM login_attempt \
     WHERE municipality = $1 AND ordinal = $2 AND account = $3";
const JOB: &str = "SELECT id, ordinal, kind, request, by_whom, at FROM job WHERE municipality = $1 AND id = $2";
const JOB_END: &str = "SELECT id, state, result, at FROM job_end WHERE municipality = $1 AND id = $2";
const SETTLEMENT: &str = "SELECT ordinal, slot, case_on, household, matter, version, way, reason, by_whom, at FROM settlement \
     WHERE municipality = $1 AND ordinal = $2";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    RULE,
    ORDINANCE,
    REVISION,
    ACT,
    SIGNATURE,
    EFFECTS,
    ACTIVATIONS,
    ADMISSION,
    DRAFT,
    PAUSE,
    NOTICE,
    COVERAGE,
    SHADOW_REPORT,
    PREPARED_ACT,
    CREDENTIAL,
    SESSION,
    SESSION_END,
    ATTEMPT,
    JOB,
    JOB_END,
    VAULT,
    SETTLEMENT,
    ORDER,
    CONSENT,
    CONSENT_WITHDRAWAL,
    REFUND_NOTICE,
    REFUND_NOTICE_OVERPAYMENTS,
    REFUND_CLAIM,
    HEIR,
    ARREARS,
    ARREARS_INSTALMENTS,
    ARREARS_PROMISES,
    PAYEE_ACCOUNT,
    PURGE,
    INQUIRIES,
    INQUIRIES_SENT,
    INQUIRY_ANSWERS,
    PAYMENT_BATCH,
    PAYMENT_LINES,
    PAYMENT_WITHDRAWAL,
    PAYMENT_FILE,
    PAYMENT_HELD,
    PAYMENT_RECALL,
    PAYMENT_RESULTS,
    PAYMENT_OUTCOMES,
    PAYMENT_EXCEPTIONS,
    IMPORT,
    WITHDRAWAL,
    RECEIPT_FILE,
    RECEIPT_EVENTS,
    CLAIM_SET,
    CLAIM_FILES,
    CLAIM_SETTLEMENT,
    HANDOVER,
    BENEFIT_APPLICATION,
    APPLICATION_FACT,
    APPLICATION_EVENT,
    SIMPLIFIED,
    SIMPLIFIED_END,
    CLAIM_LINES,
    BENEFIT_DUES,
    DELIVERIES,
];

/// Its kind and key in words, the entry's subject.
impl fmt::Display for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Rule(digest) => write!(f, "rule {digest}"),
            Record::Ordinance(digest) => write!(f, "ordinance {digest}"),
            Record::Revision(digest) => write!(f, "revision {digest}"),
            Record::Act(act) => write!(f, "act {act}"),
            Record::Signature(act, account) => write!(f, "act {act} signed by {account}"),
            Record::Effect(act) => write!(f, "act {act}"),
            Record::Admission(sequence) => write!(f, "admission {sequence}"),
            Record::Draft(version, name) => write!(f, "draft {name} version {version}"),
            Record::Pause(knowledge) => write!(f, "pause {knowledge}"),
            Record::Notice(number) => write!(f, "notice {number}"),
            Record::Coverage(number) => write!(f, "coverage {number}"),
            Record::ShadowReport(id) => write!(f, "shadow report {id}"),
            Record::PreparedAct(act) => write!(f, "prepared act {act}"),
            Record::Credential(ordinal, account) => write!(f, "password {ordinal} of {account}"),
            Record::Session(token) | Record::SessionEnd(token) => write!(f, "session {token}"),
            Record::Attempt(_, ordinal, account) => write!(f, "log-in {ordinal} of {account}"),
            Record::Job(id) | Record::JobEnd(id) => write!(f, "job {id}"),
            Record::Vault(entry) => write!(f, "vault entry {entry}"),
            Record::Settlement(ordinal) => write!(f, "settlement {ordinal}"),
            Record::Order(number) => write!(f, "order {number}"),
            Record::Consent(number) => write!(f, "consent {number}"),
            Record::ConsentWithdrawal(number) => write!(f, "withdrawal of consent {number}"),
            Record::RefundNotice(number) => write!(f, "refund notice {number}"),
            Record::RefundClaim(notice) => write!(f, "claim after refund notice {notice}"),
            Record::Heir(number) => write!(f, "heir {number}"),
            Record::Arrears(number) => write!(f, "arrears {number}"),
            Record::PayeeAccount(number) => write!(f, "payee account {number}"),
            Record::Purge(number) => write!(f, "purge {number}"),
            Record::Inquiries(call) => write!(f, "inquiries {call}"),
            Record::InquiriesSent(call) => write!(f, "inquiries sent {call}"),
            Record::InquiryAnswers(call) => write!(f, "inquiry answers {call}"),
            Record::PaymentBatch(number) => write!(f, "payment batch {number}"),
            Record::PaymentWithdrawal(number) => write!(f, "payment batch {number} taken back"),
            Record::PaymentFile(serial) => write!(f, "payment file {serial}"),
            Record::PaymentRecall(line) => write!(f, "recall of payment {line}"),
            Record::PaymentResults(call) => write!(f, "payment results {call}"),
            Record::Import(knowledge) => write!(f, "import {knowledge}"),
            Record::Withdrawal(withdrawn) => write!(f, "withdrawal of import {withdrawn}"),
            Record::ReceiptFile(number) => write!(f, "receipt file {number}"),
            Record::ReceiptEvents(first, last) => write!(f, "receipt events {first} to {last}"),
            Record::Deliveries(first, last) => write!(f, "deliveries {first} to {last}"),
            Record::ClaimSet(number) => write!(f, "claim set {number}"),
            Record::ClaimSettlement(number) => write!(f, "claim settlement {number}"),
            Record::Handover(number) => write!(f, "high-cost handover {number}"),
            Record::BenefitApplication(number) => write!(f, "benefit application {number}"),
            Record::ApplicationFact(number) => write!(f, "application fact {number}"),
            Record::ApplicationEvent(number) => write!(f, "application event {number}"),
            Record::Simplified(number) => write!(f, "simplified procedure {number}"),
            Record::SimplifiedEnd(number) => write!(f, "end of simplified procedure {number}"),
            Record::ClaimLines(first, last) => write!(f, "claim lines {first} to {last}"),
            Record::BenefitDues(first, last) => write!(f, "benefit dues {first} to {last}"),
        }
    }
}

impl<'r> Record<'r> {
    /// The entry's kind: permanent.
    pub fn kind(&self) -> &'static str {
        match self {
            Record::Rule(_) => "rule",
            Record::Ordinance(_) => "ordinance",
            Record::Revision(_) => "revision",
            Record::Act(_) => "act",
            Record::Signature(..) => "signature",
            Record::Effect(_) => "effect",
            Record::Admission(_) => "admission",
            Record::Draft(..) => "draft",
            Record::Pause(_) => "pause",
            Record::Notice(_) => "notice",
            Record::Coverage(_) => "coverage",
            Record::ShadowReport(_) => "shadow report",
            Record::PreparedAct(_) => "prepared act",
            Record::Credential(..) => "password",
            Record::Session(_) => "session",
            Record::SessionEnd(_) => "session end",
            Record::Attempt(Outcome::Tried, ..) => "log-in tried",
            Record::Attempt(Outcome::Good, ..) => "log-in good",
            Record::Attempt(Outcome::Locked, ..) => "log-in locked",
            Record::Job(_) => "job",
            Record::JobEnd(_) => "job end",
            Record::Vault(_) => "vault",
            Record::Settlement(_) => "settlement",
            Record::Order(_) => "order",
            Record::Consent(_) => "consent",
            Record::ConsentWithdrawal(_) => "consent withdrawal",
            Record::RefundNotice(_) => "refund notice",
            Record::RefundClaim(_) => "refund claim",
            Record::Heir(_) => "heir",
            Record::Arrears(_) => "arrears",
            Record::PayeeAccount(_) => "payee account",
            Record::Purge(_) => "purge",
            Record::Inquiries(_) => "inquiries",
            Record::InquiriesSent(_) => "inquiries sent",
            Record::InquiryAnswers(_) => "inquiry answers",
            Record::PaymentBatch(_) => "payment batch",
            Record::PaymentWithdrawal(_) => "payment withdrawal",
            Record::PaymentFile(_) => "payment file",
            Record::PaymentRecall(_) => "payment recall",
            Record::PaymentResults(_) => "payment results",
            Record::Import(_) => "import",
            Record::Withdrawal(_) => "withdrawal",
            Record::ReceiptFile(_) => "receipt file",
            Record::ReceiptEvents(..) => "receipt events",
            Record::Deliveries(..) => "deliveries",
            Record::ClaimSet(_) => "claim set",
            Record::ClaimSettlement(_) => "claim settlement",
            Record::Handover(_) => "high-cost handover",
            Record::BenefitApplication(_) => "benefit application",
            Record::ApplicationFact(_) => "application fact",
            Record::ApplicationEvent(_) => "application event",
            Record::Simplified(_) => "simplified procedure",
            Record::SimplifiedEnd(_) => "simplified procedure end",
            Record::ClaimLines(..) => "claim lines",
            Record::BenefitDues(..) => "benefit dues",
        }
    }

    /// By what it is found, and named in the payload.
    fn key(&self) -> Key<'r> {
        match self {
            Record::Rule(digest)
            | Record::Ordinance(digest)
            | Record::Revision(digest)
            | Record::Act(digest)
            | Record::Effect(digest)
            | Record::ShadowReport(digest)
            | Record::PreparedAct(digest)
            | Record::Vault(digest)
            | Record::Session(digest)
            | Record::SessionEnd(digest) => Key::Digest(*digest),
            Record::Job(id) | Record::JobEnd(id) => Key::Text(id),
            Record::Signature(act, account) => Key::Signature(*act, account),
            Record::Admission(number)
            | Record::Pause(Knowledge(number))
            | Record::Settlement(number)
            | Record::Order(number)
            | Record::Consent(number)
            | Record::ConsentWithdrawal(number)
            | Record::RefundNotice(number)
            | Record::RefundClaim(number)
            | Record::Heir(number)
            | Record::ClaimSet(number)
            | Record::ClaimSettlement(number)
            | Record::Handover(number)
            | Record::BenefitApplication(number)
            | Record::ApplicationFact(number)
            | Record::ApplicationEvent(number)
            | Record::Simplified(number)
            | Record::SimplifiedEnd(number)
            | Record::Arrears(number)
            | Record::PayeeAccount(number)
            | Record::Purge(number)
            | Record::Inquiries(number)
            | Record::InquiriesSent(number)
            | Record::InquiryAnswers(number)
            | Record::PaymentBatch(number)
            | Record::PaymentWithdrawal(number)
            | Record::PaymentFile(number)
            | Record::PaymentRecall(number)
            | Record::PaymentResults(number)
            | Record::Notice(number)
            | Record::Coverage(number)
            | Record::Import(Knowledge(number))
            | Record::ReceiptFile(number)
            | Record::Withdrawal(Knowledge(number)) => Key::Number(*number),
            Record::ReceiptEvents(first, last)
            | Record::Deliveries(first, last)
            | Record::ClaimLines(first, last)
            | Record::BenefitDues(first, last) => Key::Range(*first, *last),
            Record::Draft(number, name) | Record::Credential(number, name) | Record::Attempt(_, number, name) => Key::Named(*number, name),
        }
    }

    /// Reads a payload: the record and its digest. None for a kind that is no record's, or bytes
    /// that no version of this crate wrote.
    pub fn parse(kind: &str, payload: &'r [u8]) -> Option<(Record<'r>, Digest)> {
        let (digest, key) = payload.split_first_chunk::<32>()?;
        let whole = || key.try_into().ok().map(Digest);
        let number = || key.try_into().ok().map(i64::from_be_bytes);
        let range = || {
            let (first, last) = key.split_first_chunk::<8>()?;
            let (first, last) = (i64::from_be_bytes(*first), i64::from_be_bytes(last.try_into().ok()?));
            (first <= last).then_some((first, last))
        };
        let record = match kind {
            "rule" => Record::Rule(whole()?),
            "ordinance" => Record::Ordinance(whole()?),
            "revision" => Record::Revision(whole()?),
            "act" => Record::Act(whole()?),
            "effect" => Record::Effect(whole()?),
            "shadow report" => Record::ShadowReport(whole()?),
            "vault" => Record::Vault(whole()?),
            "admission" => Record::Admission(number()?),
            "pause" => Record::Pause(Knowledge(number()?)),
            "settlement" => Record::Settlement(number()?),
            "order" => Record::Order(number()?),
            "consent" => Record::Consent(number()?),
            "consent withdrawal" => Record::ConsentWithdrawal(number()?),
            "refund notice" => Record::RefundNotice(number()?),
            "refund claim" => Record::RefundClaim(number()?),
            "heir" => Record::Heir(number()?),
            "arrears" => Record::Arrears(number()?),
            "notice" => Record::Notice(number()?),
            "coverage" => Record::Coverage(number()?),
            "payee account" => Record::PayeeAccount(number()?),
            "purge" => Record::Purge(number()?),
            "inquiries" => Record::Inquiries(number()?),
            "inquiries sent" => Record::InquiriesSent(number()?),
            "inquiry answers" => Record::InquiryAnswers(number()?),
            "payment batch" => Record::PaymentBatch(number()?),
            "payment withdrawal" => Record::PaymentWithdrawal(number()?),
            "payment file" => Record::PaymentFile(number()?),
            "payment recall" => Record::PaymentRecall(number()?),
            "payment results" => Record::PaymentResults(number()?),
            "import" => Record::Import(Knowledge(number()?)),
            "withdrawal" => Record::Withdrawal(Knowledge(number()?)),
            "receipt file" => Record::ReceiptFile(number()?),
            "receipt events" => range().map(|(first, last)| Record::ReceiptEvents(first, last))?,
            "deliveries" => range().map(|(first, last)| Record::Deliveries(first, last))?,
            "claim set" => Record::ClaimSet(number()?),
            "claim settlement" => Record::ClaimSettlement(number()?),
            "high-cost handover" => Record::Handover(number()?),
            "benefit application" => Record::BenefitApplication(number()?),
            "application fact" => Record::ApplicationFact(number()?),
            "application event" => Record::ApplicationEvent(number()?),
            "simplified procedure" => Record::Simplified(number()?),
            "simplified procedure end" => Record::SimplifiedEnd(number()?),
            "claim lines" => range().map(|(first, last)| Record::ClaimLines(first, last))?,
            "benefit dues" => range().map(|(first, last)| Record::BenefitDues(first, last))?,
            "signature" => {
                let (act, account) = key.split_first_chunk::<32>()?;
                Record::Signature(Digest(*act), std::str::from_utf8(account).ok()?)
            }
            "prepared act" => Record::PreparedAct(whole()?),
            "session" => Record::Session(whole()?),
            "session end" => Record::SessionEnd(whole()?),
            "job" => Record::Job(std::str::from_utf8(key).ok()?),
            "job end" => Record::JobEnd(std::str::from_utf8(key).ok()?),
            "draft" | "password" | "log-in tried" | "log-in good" | "log-in locked" => {
                let (number, name) = key.split_first_chunk::<8>()?;
                let (number, name) = (i64::from_be_bytes(*number), std::str::from_utf8(name).ok()?);
                match kind {
                    "draft" => Record::Draft(number, name),
                    "password" => Record::Credential(number, name),
                    "log-in tried" => Record::Attempt(Outcome::Tried, number, name),
                    "log-in good" => Record::Attempt(Outcome::Good, number, name),
                    _ => Record::Attempt(Outcome::Locked, number, name),
                }
            }
            _ => return None,
        };
        Some((record, Digest(*digest)))
    }

    /// The digest of the row as it is stored now; none if it is not there.
    pub async fn digest(&self, transaction: &mut Transaction<'static, Any>, municipality: Municipality) -> Result<Option<Digest>> {
        let statements: &[&'static str] = match self {
            Record::Rule(_) => &[RULE],
            Record::Ordinance(_) => &[ORDINANCE],
            Record::Revision(_) => &[REVISION],
            Record::Act(_) => &[ACT],
            Record::Signature(..) => &[SIGNATURE],
            Record::Effect(_) => &[EFFECTS, ACTIVATIONS],
            Record::Admission(_) => &[ADMISSION],
            Record::Draft(..) => &[DRAFT],
            Record::Pause(_) => &[PAUSE],
            Record::Notice(_) => &[NOTICE],
            Record::Coverage(_) => &[COVERAGE],
            Record::ShadowReport(_) => &[SHADOW_REPORT],
            Record::PreparedAct(_) => &[PREPARED_ACT],
            Record::Credential(..) => &[CREDENTIAL],
            Record::Session(_) => &[SESSION],
            Record::SessionEnd(_) => &[SESSION_END],
            Record::Attempt(..) => &[ATTEMPT],
            Record::Job(_) => &[JOB],
            Record::JobEnd(_) => &[JOB_END],
            Record::Vault(_) => &[VAULT],
            Record::Settlement(_) => &[SETTLEMENT],
            Record::Order(_) => &[ORDER],
            Record::Consent(_) => &[CONSENT],
            Record::ConsentWithdrawal(_) => &[CONSENT_WITHDRAWAL],
            Record::RefundNotice(_) => &[REFUND_NOTICE, REFUND_NOTICE_OVERPAYMENTS],
            Record::RefundClaim(_) => &[REFUND_CLAIM],
            Record::Heir(_) => &[HEIR],
            Record::Arrears(_) => &[ARREARS, ARREARS_INSTALMENTS, ARREARS_PROMISES],
            Record::PayeeAccount(_) => &[PAYEE_ACCOUNT],
            Record::Purge(_) => &[PURGE],
            Record::Inquiries(_) => &[INQUIRIES],
            Record::InquiriesSent(_) => &[INQUIRIES_SENT],
            Record::InquiryAnswers(_) => &[INQUIRY_ANSWERS],
            Record::PaymentBatch(_) => &[PAYMENT_BATCH, PAYMENT_LINES],
            Record::PaymentWithdrawal(_) => &[PAYMENT_WITHDRAWAL],
            Record::PaymentFile(_) => &[PAYMENT_FILE, PAYMENT_HELD],
            Record::PaymentRecall(_) => &[PAYMENT_RECALL],
            Record::PaymentResults(_) => &[PAYMENT_RESULTS, PAYMENT_OUTCOMES, PAYMENT_EXCEPTIONS],
            Record::Import(_) => &[IMPORT],
            Record::Withdrawal(_) => &[WITHDRAWAL],
            Record::ReceiptFile(_) => &[RECEIPT_FILE],
            Record::ReceiptEvents(..) => &[RECEIPT_EVENTS],
            Record::Deliveries(..) => &[DELIVERIES],
            Record::ClaimSet(_) => &[CLAIM_SET, CLAIM_FILES],
            Record::ClaimSettlement(_) => &[CLAIM_SETTLEMENT],
            Record::Handover(_) => &[HANDOVER],
            Record::BenefitApplication(_) => &[BENEFIT_APPLICATION],
            Record::ApplicationFact(_) => &[APPLICATION_FACT],
            Record::ApplicationEvent(_) => &[APPLICATION_EVENT],
            Record::Simplified(_) => &[SIMPLIFIED],
            Record::SimplifiedEnd(_) => &[SIMPLIFIED_END],
            Record::ClaimLines(..) => &[CLAIM_LINES],
            Record::BenefitDues(..) => &[BENEFIT_DUES],
        };
        let (key, mut digests) = (self.key(), Vec::new());
        for sql in statements {
            let query = sqlx::query(*sql).bind(municipality.number());
            let query = match &key {
                Key::Digest(digest) => query.bind(&digest.0[..]),
                Key::Text(id) => query.bind(*id),
                Key::Signature(act, account) => query.bind(&act.0[..]).bind(*account),
                Key::Number(number) => query.bind(*number),
                Key::Range(first, last) => query.bind(*first).bind(*last),
                Key::Named(number, name) => query.bind(*number).bind(*name),
            };
            for row in query.fetch_all(&mut **transaction).await? {
                digests.push(row_digest(&row)?);
            }
        }
        Ok(match digests.as_slice() {
            [] => None,
            [one] => Some(*one),
            several => Some(Digest::of(&several.iter().map(|digest| digest.0).collect::<Vec<_>>().concat())),
        })
    }
}

/// By what a record is found.
enum Key<'r> {
    Digest(Digest),
    Text(&'r str),
    Signature(Digest, &'r str),
    Number(i64),
    /// Both ends included.
    Range(i64, i64),
    Named(i64, &'r str),
}

impl Key<'_> {
    /// Its bytes behind the digest in the payload: permanent.
    fn bytes(&self) -> Vec<u8> {
        match self {
            Key::Digest(digest) => digest.0.to_vec(),
            Key::Text(id) => id.as_bytes().to_vec(),
            Key::Signature(act, account) => [&act.0[..], account.as_bytes()].concat(),
            Key::Number(number) => number.to_be_bytes().to_vec(),
            Key::Range(first, last) => [first.to_be_bytes(), last.to_be_bytes()].concat(),
            Key::Named(number, name) => [&number.to_be_bytes()[..], name.as_bytes()].concat(),
        }
    }
}

/// Appends the entry of a record that was just written.
pub(crate) async fn append_record(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    stamp: &Stamp,
    record: Record<'_>,
) -> Result<()> {
    let digest = record.digest(transaction, municipality).await?;
    let digest = digest.ok_or_else(|| StoreError::Damaged(format!("{record} is not there after it was written")))?;
    let payload = [&digest.0[..], &record.key().bytes()].concat();
    append(transaction, municipality, stamp, record.kind(), &record.to_string(), &payload).await
}

/// The digest of a row: every value behind a byte that says what it is (0 absent, 1 a number of
/// eight bytes, 2 a text, 3 bytes, these two behind their length in eight bytes), in the order of
/// the columns.
fn row_digest(row: &AnyRow) -> Result<Digest> {
    let mut bytes = Vec::with_capacity(256);
    for column in 0..row.len() {
        if let Ok(value) = row.try_get::<Option<i64>, _>(column) {
            bytes.push(u8::from(value.is_some()));
            bytes.extend(value.iter().flat_map(|number| number.to_be_bytes()));
            continue;
        }
        let (tag, value) = match row.try_get::<&str, _>(column) {
            Ok(text) => (2, text.as_bytes()),
            Err(_) => (3, row.try_get::<&[u8], _>(column)?),
        };
        bytes.push(tag);
        bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
        bytes.extend_from_slice(value);
    }
    Ok(Digest::of(&bytes))
}
