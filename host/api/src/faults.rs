//! What the layers below refuse or fail at, as problems.
//!
//! One place says which code each error has. Errors that quote what somebody sent are turned into a sentence of ours.

use crate::openid::OpenIdError;
use crate::problem::{Code, Problem};
use crate::routes::payees::no_order;
use jorei_connector::Malformed;
use jorei_domain::record::Kind;
use jorei_engine::Fault;
use jorei_service::activation::ActivationError;
use jorei_service::acts::ActsError;
use jorei_service::admission::AdmissionError;
use jorei_service::arrears::ArrearsError;
use jorei_service::arrears::write_off::WriteOffError;
use jorei_service::assess::AssessError;
use jorei_service::audit::AuditError;
use jorei_service::benefits::BenefitError;
use jorei_service::case_file::CaseError;
use jorei_service::confirmation::ConfirmationError;
use jorei_service::decide_case::RecordError;
use jorei_service::fact_entry::EntryError;
use jorei_service::imports::{ImportError, WithdrawalError};
use jorei_service::inquiries::InquiryError;
use jorei_service::masters::MasterError;
use jorei_service::office::OfficeError;
use jorei_service::payees::{PayeeError, SealError};
use jorei_service::payments::PaymentError;
use jorei_service::people::PeopleError;
use jorei_service::personal_numbers::NumberError;
use jorei_service::protections::ProtectionError;
use jorei_service::queue::settlement::SettleError;
use jorei_service::randomness::NoRandomness;
use jorei_service::reassessment::ReassessError;
use jorei_service::receipts::ReceiveError;
use jorei_service::reconciliation::ReconcileError;
use jorei_service::refunds::RefundError;
use jorei_service::revisions::RevisionError;
use jorei_service::sessions::SessionError;
use jorei_service::shadow::ShadowError;
use jorei_service::sheets::report::Report;
use jorei_store::StoreError;
use jorei_store::acts::ActError;
use jorei_store::receipts::ReceiptsError;
use std::fmt;

/// Wrong places that a problem names; of more it says how many.
const PLACES_TOLD: usize = 100;

/// Nobody has the number that was sent. It is not repeated: it may be a personal number in the wrong field.
fn nobody() -> Problem {
    Problem::not_found("no person has this number here")
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        let code = match &error {
            StoreError::Database(_) | StoreError::Migration(_) | StoreError::Damaged(_) => return Problem::fault(&error),
            StoreError::DraftMoved { .. } => Code::EditedMeanwhile,
            StoreError::Act(error) => match error {
                ActError::OwnAct { .. } => Code::OwnAct,
                ActError::Expired { .. } | ActError::PausedSince { .. } => Code::Moved,
                ActError::NoSuchAct { .. } => return Problem::not_found("no act of this office has such an id"),
                _ => Code::NotAllowedNow,
            },
            // What was sent in place of an id may be anything, and is not repeated.
            StoreError::Prefix { what, wrong, .. } => return Problem::not_found(format!("{what}: {wrong}")),
            StoreError::Receipts(ReceiptsError::NoReceipt(_)) => {
                return Problem::not_found("no receipt of this office has this number; GET …/receipts lists them");
            }
            StoreError::Receipts(ReceiptsError::Refused(_, wrong)) => return Problem::new(Code::NotAllowedNow, wrong),
            // A household's number may be anything that was typed into the field, and is not repeated.
            StoreError::Refund { wrong, .. } | StoreError::Arrears { wrong, .. } => return Problem::new(Code::NotAllowedNow, wrong),
            StoreError::Payment { what, wrong, .. } => return Problem::new(Code::NotAllowedNow, format!("{what}: {wrong}")),
            _ => Code::NotAllowedNow,
        };
        Problem::new(code, error)
    }
}

impl From<ActsError> for Problem {
    fn from(error: ActsError) -> Problem {
        let code = match error {
            ActsError::Store(error) => return error.into(),
            ActsError::Unknown { .. } => return Problem::not_found("no act of this office has such an id"),
            ActsError::Signature(_) | ActsError::Key(_) | ActsError::NotTheirKey { .. } | ActsError::Forged { .. } => Code::SignatureWrong,
            _ => Code::NotAllowedNow,
        };
        Problem::new(code, error)
    }
}

impl From<RevisionError> for Problem {
    fn from(error: RevisionError) -> Problem {
        let code = match error {
            RevisionError::Store(error) => return error.into(),
            RevisionError::Fault(error) => return error.into(),
            RevisionError::Unknown(_) => Code::NotFound,
            RevisionError::Paused { .. } => Code::Paused,
            RevisionError::NotInForce { .. } => Code::LawMissing,
            _ => Code::Invalid,
        };
        Problem::new(code, error)
    }
}

impl From<ActivationError> for Problem {
    fn from(error: ActivationError) -> Problem {
        let code = match error {
            ActivationError::Store(error) => return error.into(),
            ActivationError::Acts(error) => return error.into(),
            ActivationError::Revision(error) => return error.into(),
            ActivationError::Quarantined { .. } => Code::Paused,
            ActivationError::InForce { .. } | ActivationError::NeverInForce { .. } => Code::NotAllowedNow,
            _ => Code::Invalid,
        };
        Problem::new(code, error)
    }
}

impl From<AssessError> for Problem {
    fn from(error: AssessError) -> Problem {
        let code = match error {
            AssessError::Store(error) => return error.into(),
            AssessError::LawUnknown { .. } => Code::LawMissing,
            AssessError::Paused { .. } => Code::Paused,
            AssessError::Thread => Code::Fault,
        };
        Problem::new(code, error)
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Problem {
        match error {
            SessionError::Store(error) => error.into(),
            SessionError::Locked { .. } => Problem::new(Code::Locked, "too many wrong passwords; wait, or log in with the account's key"),
            SessionError::NoSession => Problem::new(Code::NoSession, error),
            SessionError::Challenge { .. } => Problem::new(Code::LogInRefused, error),
            SessionError::CannotHash | SessionError::Randomness(_) | SessionError::Forged { .. } => Problem::fault(&error),
            SessionError::Refused => {
                Problem::new(Code::LogInRefused, "account and proof do not belong together, or the account is not good today")
            }
        }
    }
}

impl From<Fault> for Problem {
    fn from(error: Fault) -> Problem {
        Problem::fault(&error)
    }
}

impl From<CaseError> for Problem {
    fn from(error: CaseError) -> Problem {
        // The place and the message may quote what was sent: members that are none, values between backticks.
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_[]".contains(&byte));
        let known = |part: &str| {
            let word = part.split('[').next().unwrap_or_default();
            let column = |kind: Kind| kind.name() == word || kind.columns().contains(&word);
            plain(part) && (word == "change" || Kind::ALL.into_iter().any(column))
        };
        let path: Vec<&str> = error.path.split('.').map(|part| if known(part) { part } else { "…" }).collect();
        let quoted = error.message.split('`').enumerate();
        let message: String = quoted.map(|(at, part)| if at % 2 == 0 { part } else { "…" }).collect();
        Problem::invalid(format!("{}: {message}", path.join(".")))
    }
}

impl From<OfficeError> for Problem {
    fn from(error: OfficeError) -> Problem {
        Problem::invalid(error)
    }
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Problem {
        match error {
            PeopleError::Store(error) => error.into(),
            other => Problem::invalid(other),
        }
    }
}

impl From<NumberError> for Problem {
    fn from(error: NumberError) -> Problem {
        match error {
            NumberError::Store(error) => error.into(),
            NumberError::Acts(error) => (*error).into(),
            NumberError::NoSuchPerson(_) => nobody(),
            error @ (NumberError::Locked(_) | NumberError::NoRandomness) => Problem::fault(&error),
            error @ NumberError::NoChange(_) => Problem::new(Code::NotAllowedNow, error),
            other => Problem::invalid(other),
        }
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Problem {
        match error {
            RecordError::Store(error) => error.into(),
            RecordError::Revision(error) => error.into(),
            RecordError::NoHousehold { year, .. } => Problem::not_found(format!("no household has this number in fiscal {year}")),
            error @ RecordError::Raced(_) => Problem::new(Code::Busy, error),
            error @ (RecordError::Fault { .. } | RecordError::Thread) => Problem::fault(&error),
        }
    }
}

impl From<AdmissionError> for Problem {
    fn from(error: AdmissionError) -> Problem {
        match error {
            AdmissionError::Store(error) => error.into(),
            AdmissionError::Fault(error) => error.into(),
        }
    }
}

impl From<ConfirmationError> for Problem {
    fn from(error: ConfirmationError) -> Problem {
        match error {
            ConfirmationError::Store(error) => error.into(),
            ConfirmationError::Acts(error) => error.into(),
            other => Problem::invalid(other),
        }
    }
}

impl From<OpenIdError> for Problem {
    fn from(error: OpenIdError) -> Problem {
        match error {
            OpenIdError::Settings(_) | OpenIdError::Provider(_) => Problem::new(Code::Busy, error),
            other => Problem::new(Code::LogInRefused, other),
        }
    }
}

impl From<NoRandomness> for Problem {
    fn from(error: NoRandomness) -> Problem {
        Problem::fault(&error)
    }
}

impl From<ProtectionError> for Problem {
    fn from(error: ProtectionError) -> Problem {
        match error {
            ProtectionError::Store(error) => error.into(),
            ProtectionError::Acts(error) => error.into(),
            ProtectionError::NoSuchPerson(_) => nobody(),
            error @ ProtectionError::NotProtected { .. } => Problem::new(Code::NotAllowedNow, error),
            other => Problem::invalid(other),
        }
    }
}

impl From<EntryError> for Problem {
    fn from(error: EntryError) -> Problem {
        match error {
            EntryError::Store(error) => error.into(),
            EntryError::Stated(error) => error.into(),
            EntryError::Nobody(_) => nobody(),
            other => Problem::invalid(other),
        }
    }
}

impl From<ShadowError> for Problem {
    fn from(error: ShadowError) -> Problem {
        match error {
            ShadowError::Store(error) => error.into(),
            ShadowError::Revision(error) => error.into(),
            ShadowError::Fault(error) => error.into(),
            error @ ShadowError::Thread => Problem::fault(&error),
            error @ ShadowError::Nothing { .. } => Problem::new(Code::NotAllowedNow, error),
            error @ ShadowError::Quarantined { .. } => Problem::new(Code::Paused, error),
        }
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Problem {
        match error {
            AuditError::Store(error) => error.into(),
            other => Problem::fault(&other),
        }
    }
}

impl From<ReassessError> for Problem {
    fn from(error: ReassessError) -> Problem {
        match error {
            ReassessError::Assess(error) => error.into(),
            ReassessError::Revision(error) => error.into(),
            ReassessError::NotAssessed(year) => {
                Problem::new(Code::NotAllowedNow, format!("fiscal {year} was never assessed; POST …/assessments does that first"))
            }
        }
    }
}

impl From<SettleError> for Problem {
    fn from(error: SettleError) -> Problem {
        match error {
            SettleError::Store(error) => error.into(),
            // A household's number may be anything that was typed into the field, and is not repeated.
            SettleError::NothingWaits { .. } => {
                Problem::not_found("nothing of this household waits in this slot and year; GET …/queue lists what does")
            }
            SettleError::Several { waiting, .. } => {
                Problem::invalid(format!("waiting: several things of the household wait ({}); say which", waiting.join(", ")))
            }
            SettleError::OnlyDecided { waiting, .. } => Problem::new(
                Code::NotAllowedNow,
                format!("what is {} cannot be settled: it leaves the queue when the case is decided", waiting.word()),
            ),
            error @ SettleError::Account(_) => Problem::new(Code::Forbidden, error),
            other => Problem::invalid(other),
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Problem {
        match error {
            ImportError::Store(error) => error.into(),
            other => Problem::new(Code::NotAllowedNow, other),
        }
    }
}

impl From<WithdrawalError> for Problem {
    fn from(error: WithdrawalError) -> Problem {
        match error {
            WithdrawalError::Store(error) => error.into(),
            WithdrawalError::Acts(error) => error.into(),
            WithdrawalError::NoSuchImport(_) => {
                Problem::not_found("nothing was imported under this knowledge number; GET …/imports lists them")
            }
            other => Problem::new(Code::NotAllowedNow, other),
        }
    }
}

impl From<MasterError> for Problem {
    fn from(error: MasterError) -> Problem {
        match error {
            MasterError::Store(error) => error.into(),
            error @ MasterError::NoLedger { .. } => Problem::not_found(error),
            error @ MasterError::OnlyNow { .. } => Problem::invalid(error),
            MasterError::NoYear { .. } => Problem::invalid("year: give the fiscal year of this master, as 2025"),
            error => Problem::fault(&error),
        }
    }
}

impl<W: fmt::Display> From<Report<W>> for Problem {
    /// Each place that is wrong, in Japanese: where, and what to write. Never what stands in it.
    fn from(report: Report<W>) -> Problem {
        Problem::invalid(format!("取り込みませんでした。\n{}", report.shortened(PLACES_TOLD).to_string().trim_end()))
    }
}

impl From<ReceiveError> for Problem {
    fn from(error: ReceiveError) -> Problem {
        match error {
            ReceiveError::Refused(report) => report.into(),
            ReceiveError::Store(error) => error.into(),
        }
    }
}

impl From<ReconcileError> for Problem {
    fn from(error: ReconcileError) -> Problem {
        match error {
            ReconcileError::Store(error) => error.into(),
            // Bank days are counted by holidays that the law sets.
            ReconcileError::NotPublished(error) => Problem::new(Code::LawMissing, error),
        }
    }
}

impl From<RefundError> for Problem {
    fn from(error: RefundError) -> Problem {
        let not_now = |text: String| Problem::new(Code::NotAllowedNow, text);
        match error {
            RefundError::Store(error) => error.into(),
            RefundError::Revision(error) => error.into(),
            RefundError::Nothing(_) => {
                not_now("nothing of this household is overpaid and undecided; GET …/refunds tells what became of it".into())
            }
            RefundError::Blocked { reasons, .. } => {
                not_now(reasons.iter().map(jorei_service::refunds::Blocked::ja).collect::<Vec<_>>().join("。"))
            }
            RefundError::Unpaid { number, .. } => {
                not_now(format!("overpayment {number}: its payments do not make up what stands; look at GET …/ledger of the household"))
            }
            RefundError::NoOrder(_) => Problem::not_found("no payment order of this office has this number"),
            RefundError::NotBarred { bar_on: Some(bar_on), .. } => not_now(format!("it can be claimed until the day before {bar_on}")),
            RefundError::NotBarred { bar_on: None, .. } => {
                not_now("nobody has computed when it lapses; POST …/refunds/decisions does".into())
            }
            error @ RefundError::NoReason => Problem::invalid(format!("reason: {error}")),
            RefundError::Raced(_) => Problem::new(Code::Busy, "others are working on the same household; send it again"),
            error @ (RefundError::Fault { .. } | RefundError::Thread) => Problem::fault(&error),
            error @ (RefundError::NotOpen { .. } | RefundError::NotLater { .. }) => Problem::new(Code::NotAllowedNow, error),
        }
    }
}

impl From<BenefitError> for Problem {
    fn from(error: BenefitError) -> Problem {
        let not_now = |text: String| Problem::new(Code::NotAllowedNow, text);
        match error {
            BenefitError::Store(error) => error.into(),
            BenefitError::Revision(error) => error.into(),
            BenefitError::Stated(error) => error.into(),
            BenefitError::Nobody { on, .. } => not_now(format!("nobody belongs to the household on {on}")),
            BenefitError::NoApplication { slot, on, .. } => not_now(format!(
                "no application for {} on {on} has all its documents; GET …/benefits of the household lists them",
                slot.word()
            )),
            BenefitError::Month { month, what, .. } => {
                not_now(format!("the high-cost benefit of {month} {what}, and the year rests on it: decide that month first"))
            }
            error @ BenefitError::Date { .. } => Problem::invalid(format!("case: {error}")),
            error @ BenefitError::NoBenefit(_) => Problem::invalid(format!("slot: {error}")),
            BenefitError::NoSuchApplication(_) => Problem::not_found("no application of this office has this number"),
            BenefitError::Application(what) => not_now(what),
            error @ BenefitError::NoReason => Problem::invalid(format!("reason: {error}")),
            BenefitError::Raced(_) => Problem::new(Code::Busy, "others are working on the same household; send it again"),
            error @ (BenefitError::Fault { .. } | BenefitError::Bulk(_) | BenefitError::Thread) => Problem::fault(&error),
        }
    }
}

impl From<ArrearsError> for Problem {
    fn from(error: ArrearsError) -> Problem {
        let not_now = |text: String| Problem::new(Code::NotAllowedNow, text);
        match error {
            ArrearsError::Store(error) => error.into(),
            ArrearsError::Revision(error) => error.into(),
            ArrearsError::Record(error) => error.into(),
            ArrearsError::Fault(error) => error.into(),
            ArrearsError::NoDueDate { instalment, .. } => not_now(format!(
                "{instalment}: it is in the ledger, and no settled decision says when it was due; decide the instalments of the year"
            )),
            ArrearsError::NothingDue { on, .. } => not_now(format!("nothing of this household was due on or before {on}")),
            ArrearsError::Earlier { on, later, .. } => {
                not_now(format!("on: the ledger has something that counts from {later}, after {on}; decide as of {later} or a later day"))
            }
            ArrearsError::Outcome { what, .. } => not_now(format!("the outcome of the delinquency rule has no {what}; tell its vendor")),
            ArrearsError::Raced(_) => Problem::new(Code::Busy, "others are working on the same household; send it again"),
            error => Problem::fault(&error),
        }
    }
}

impl From<WriteOffError> for Problem {
    fn from(error: WriteOffError) -> Problem {
        let not_now = |text: String| Problem::new(Code::NotAllowedNow, text);
        match error {
            WriteOffError::Store(error) => error.into(),
            WriteOffError::Acts(error) => error.into(),
            WriteOffError::Arrears(error) => error.into(),
            WriteOffError::NothingOpen(_) => not_now("nothing of these instalments is open; GET …/arrears tells what is".into()),
            WriteOffError::NotYet { instalment, on, from: Some(from), .. } => {
                not_now(format!("{instalment}: it can still be collected on {on}; the ground holds from {from} on"))
            }
            WriteOffError::NotYet { instalment, on, from: None, .. } => {
                not_now(format!("{instalment}: it can still be collected on {on}; the ground does not hold of it"))
            }
            error => Problem::fault(&error),
        }
    }
}

impl From<SealError> for Problem {
    fn from(error: SealError) -> Problem {
        Problem::fault(&error)
    }
}

impl From<PayeeError> for Problem {
    fn from(error: PayeeError) -> Problem {
        let not_now = |text: String| Problem::new(Code::NotAllowedNow, text);
        match error {
            PayeeError::Store(error) => error.into(),
            PayeeError::Acts(error) => error.into(),
            PayeeError::Seal(error) => error.into(),
            PayeeError::NoSuchOrder(_) => no_order(),
            PayeeError::NothingToConfirm { state, .. } => {
                not_now(format!("there is nothing to confirm ({state}); GET …/payment-orders/{{order}}/payee says what to do"))
            }
            PayeeError::NotConfirmable { stop, .. } => not_now(format!("{stop} cannot be confirmed by anybody; another account is needed")),
            error => Problem::fault(&error),
        }
    }
}

impl From<Malformed> for Problem {
    fn from(error: Malformed) -> Problem {
        Problem::invalid(error)
    }
}

impl From<InquiryError> for Problem {
    fn from(error: InquiryError) -> Problem {
        match error {
            InquiryError::Store(error) => error.into(),
            InquiryError::Payee(error) => (*error).into(),
            InquiryError::Malformed(error) => error.into(),
            InquiryError::Seal(error) => error.into(),
            InquiryError::NoSuchPerson(_) => nobody(),
            InquiryError::Protected(_) => Problem::new(
                Code::NotAllowedNow,
                "the person is protected (支援措置) and is asked about by nobody's program; look at the case and take a claim form",
            ),
            error => Problem::fault(&error),
        }
    }
}

impl From<PaymentError> for Problem {
    fn from(error: PaymentError) -> Problem {
        let not_now = |text: &str| Problem::new(Code::NotAllowedNow, text);
        match error {
            PaymentError::Store(error) => error.into(),
            PaymentError::Acts(error) => error.into(),
            PaymentError::Payee(error) => error.into(),
            PaymentError::Seal(error) => error.into(),
            PaymentError::Sender { field } => Problem::invalid(format!("sender.{field}: it cannot stand in a bank file")),
            PaymentError::BankDay { next, .. } => {
                Problem::invalid(format!("bank_day: banks are closed on it, or it has passed; they are open on {next}"))
            }
            PaymentError::Holidays(error) => Problem::new(Code::LawMissing, error),
            PaymentError::Nothing(waiting) => not_now(&format!(
                "nothing can be paid today; {waiting} order(s) wait: GET …/payees and GET …/payment-batches say why, and an order of \
                 another day is decided anew first"
            )),
            PaymentError::NoSuchBatch(_) => Problem::not_found("no batch of this office has this number; GET …/payment-batches lists them"),
            PaymentError::NotReleased(_) => not_now("the batch is not released; two people approve it on the day it was prepared for"),
            PaymentError::Withdrawn(_) => not_now("the batch was taken back; prepare another one"),
            error @ (PaymentError::Stopped { .. } | PaymentError::Destroyed(_)) => Problem::new(Code::NotAllowedNow, error),
            error => Problem::fault(&error),
        }
    }
}
