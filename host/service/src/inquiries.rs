//! Asking other bodies through the intermediate server: what is to be asked is written first, a run sends it and takes the
//! answers over.
//!
//! A run may be stopped anywhere and started again: an inquiry's id follows from what is asked and for what, so writing it
//! twice is writing it once, and asking twice is asking once; answers are read from the last number that was written, and
//! each counts once. Nothing waits here; what is open stays in the list until it is answered or a clerk gives it up.
//!
//! Absent here: the wire (`jorei-connector`), and what an answer means for a refund ([`crate::payees`]).

use crate::payees::{self, AccountVault, PayeeError, SealError, Standing, Watch, consent_reference};
use crate::people::protected_on;
use jorei_bank::account::{AccountNumber, BankAccount, BankCode, BranchCode, DepositKind};
use jorei_bank::names::HolderName;
use jorei_connector::{
    Accepted, AccountItems, AddresseeNumber, Again, Answer, Class, Connector, ConnectorError, Found, Income, IncomeState, InsurerKind,
    LegalRow, Malformed, Matter, Query, QueryId, Standing as Told, What, wire,
};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality, PersonId};
use jorei_domain::purpose::{Affair, CaseReference};
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;
use jorei_store::facts::Assertion;
use jorei_store::inquiries::{Inquiry, NewAccount, NewAnswer, Stage, StoredInquiry, Use};
use jorei_store::{Store, StoreError};
use std::collections::BTreeMap;
use std::future::Future;

/// The other end: the connector, or a stand-in in a test.
pub trait Exchange: Sync {
    /// As [`Connector::ask`].
    fn ask(&self, queries: &[Query]) -> impl Future<Output = Result<Accepted, ConnectorError>> + Send;
    /// As [`Connector::answers`].
    fn answers(&self, after: u64, limit: u16) -> impl Future<Output = Result<Vec<Answer>, ConnectorError>> + Send;
}

impl Exchange for Connector {
    async fn ask(&self, queries: &[Query]) -> Result<Accepted, ConnectorError> {
        Connector::ask(self, queries).await
    }

    async fn answers(&self, after: u64, limit: u16) -> Result<Vec<Answer>, ConnectorError> {
        Connector::answers(self, after, limit).await
    }
}

/// Why nothing was asked, or a run did not do its work. What was done before is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InquiryError {
    /// Protected persons are asked about by nobody's program.
    #[error("person {0} is protected (支援措置) and is not asked about; look at the case and take a claim form")]
    Protected(PersonId),
    /// Nobody of this number.
    #[error("there is no person {0}")]
    NoSuchPerson(PersonId),
    /// Not something to be asked so.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A payee's state could not be told.
    #[error(transparent)]
    Payee(Box<PayeeError>),
    /// Sealing.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PayeeError> for InquiryError {
    fn from(error: PayeeError) -> InquiryError {
        InquiryError::Payee(Box::new(error))
    }
}

/// A question of a clerk or a run, whose answer becomes facts.
#[derive(Clone, Debug)]
pub struct Question {
    /// About whom.
    pub person: PersonId,
    /// In which household's case.
    pub household: Option<HouseholdId>,
    /// What. Not an account: those are asked for orders.
    pub what: What,
    /// On which ground.
    pub legal_row: LegalRow,
    /// For what, as `premium`.
    pub matter: Matter,
    /// The affair.
    pub affair: Affair,
    /// The case.
    pub case: CaseReference,
    /// As of which day.
    pub on: Date,
}

/// An id that follows from what is asked: the same question for the same occasion is one inquiry.
fn id_of(municipality: Municipality, parts: &[&str]) -> String {
    let mut bytes = b"jorei inquiry 1\n".to_vec();
    bytes.extend(municipality.number().to_be_bytes());
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    Digest::of(&bytes).0[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a question; the next run sends it. Answers its id. The same question of the same day is one.
///
/// # Errors
/// An [`InquiryError`]; [`InquiryError::Protected`].
pub async fn ask(
    store: &Store,
    municipality: Municipality,
    question: &Question,
    today: Date,
    stamp: &Stamp,
) -> Result<String, InquiryError> {
    let Question { person, household, what, legal_row, matter, affair, case, on } = question;
    AddresseeNumber::new(person.0)?;
    if !store.knows_person(municipality, *person).await? {
        return Err(InquiryError::NoSuchPerson(*person));
    }
    if protected_on(store, municipality, today).await?.contains_key(person) {
        return Err(InquiryError::Protected(*person));
    }
    let year = if let What::Income { year } = what { Some(*year) } else { None };
    let year_text = year.map(|year| year.to_string()).unwrap_or_default();
    let (person_text, on_text, today_text) = (person.to_string(), on.to_string(), today.to_string());
    let parts = [what.word(), &year_text, legal_row.word(), matter.as_str(), case.as_str(), &person_text, &on_text, &today_text];
    let id = id_of(municipality, &parts);
    let inquiry = Inquiry {
        id: id.clone(),
        what: what.word().into(),
        year,
        legal_row: legal_row.word().into(),
        matter: matter.to_string(),
        affair: affair.word().into(),
        reference: case.as_str().to_owned(),
        stage: Stage::Facts,
        payment_matter: None,
        household: *household,
        person: *person,
        on: *on,
        asked_on: today,
    };
    store.save_inquiries(municipality, &[inquiry], stamp).await?;
    Ok(id)
}

/// The matter of every inquiry for a refund.
const REFUND: &str = "refund";

fn for_account(
    municipality: Municipality,
    (matter, household, person): (i64, HouseholdId, PersonId),
    (stage, reference): (Stage, &str),
    (on, today): (Date, Date),
    round: &str,
) -> Inquiry {
    let (matter_text, person_text) = (matter.to_string(), person.to_string());
    Inquiry {
        id: id_of(municipality, &["account", stage.word(), &matter_text, &person_text, reference, round]),
        what: What::Account.word().into(),
        year: None,
        legal_row: LegalRow::AccountRegister.word().into(),
        matter: REFUND.into(),
        affair: Affair::Collection.word().into(),
        reference: reference.to_owned(),
        stage,
        payment_matter: Some(matter),
        household: Some(household),
        person,
        on,
        asked_on: today,
    }
}

/// Writes what is to be asked to fix accounts: for each order with consent whose register nobody has asked. Nothing for protected
/// persons: their orders are stopped and wait for a clerk. Answers how many are new.
///
/// # Errors
/// An [`InquiryError`].
pub async fn plan(store: &Store, municipality: Municipality, today: Date, watch: &Watch, stamp: &Stamp) -> Result<usize, InquiryError> {
    let mut inquiries = Vec::new();
    // A consent is for one application, also within one plan.
    let mut used = BTreeMap::new();
    for order in payees::open_orders(store, municipality).await? {
        let state = payees::state(store, municipality, order, today, watch).await?;
        if state.standing != Standing::Unknown {
            continue;
        }
        if let (Some(payee), Some(consent)) = (state.order.payee, &state.consent) {
            let about = (state.matter, state.order.household, payee);
            let reference = consent_reference(consent);
            if *used.entry(reference.clone()).or_insert(state.order.decision) != state.order.decision {
                continue;
            }
            inquiries.push(for_account(municipality, about, (Stage::Fix, &reference), (consent.given_on, today), ""));
        }
    }
    inquiries.dedup_by(|one, other| one.id == other.id);
    Ok(store.save_inquiries(municipality, &inquiries, stamp).await?)
}

/// Asks the register again for orders whose last inquiry came to nothing that two people could mend: late, refused, under
/// correction, no identifier code. By a clerk; the occasion is the day.
///
/// # Errors
/// An [`InquiryError`]; [`InquiryError::Protected`].
pub async fn ask_again(
    store: &Store,
    municipality: Municipality,
    order: i64,
    today: Date,
    watch: &Watch,
    stamp: &Stamp,
) -> Result<usize, InquiryError> {
    let state = payees::state(store, municipality, order, today, watch).await?;
    let (Some(payee), Some(consent)) = (state.order.payee, &state.consent) else { return Ok(0) };
    if protected_on(store, municipality, today).await?.contains_key(&payee) {
        return Err(InquiryError::Protected(payee));
    }
    let about = (state.matter, state.order.household, payee);
    let (stage, on) = if state.account.is_some() { (Stage::Check, today) } else { (Stage::Fix, consent.given_on) };
    let inquiry = for_account(municipality, about, (stage, &consent_reference(consent)), (on, today), &today.to_string());
    Ok(store.save_inquiries(municipality, &[inquiry], stamp).await?)
}

/// Writes the inquiries before payment for the register's accounts of a batch's lines. `round` tells repetitions apart, as a day
/// and hour: the same round is asked once. Answers how many are new.
///
/// # Errors
/// An [`InquiryError`].
pub async fn check_batch(
    store: &Store,
    municipality: Municipality,
    batch: i64,
    round: &str,
    today: Date,
    watch: &Watch,
    stamp: &Stamp,
) -> Result<usize, InquiryError> {
    let mut inquiries = Vec::new();
    for line in store.lines_of_batch(municipality, batch).await? {
        let state = payees::state(store, municipality, line.order, today, watch).await?;
        let by_register = state.account.as_ref().is_some_and(|account| account.source == jorei_store::payees::Source::PublicAccount);
        let Some(payee) = state.order.payee.filter(|_| by_register) else { continue };
        let about = (state.matter, state.order.household, payee);
        inquiries.push(for_account(municipality, about, (Stage::Check, &format!("batch-{batch}")), (today, today), round));
    }
    Ok(store.save_inquiries(municipality, &inquiries, stamp).await?)
}

/// What a run did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ran {
    /// Inquiries the server has now.
    pub sent: usize,
    /// Inquiries it does not take.
    pub refused: usize,
    /// Answers applied.
    pub applied: usize,
    /// Answers that said again what was known.
    pub repeated: usize,
    /// Answers that a clerk must look at.
    pub exceptions: usize,
    /// Why the run ended before it was through; what is open stays open.
    pub trouble: Option<String>,
    /// When trying again makes sense, if the server told.
    pub not_before: Option<String>,
}

impl Ran {
    fn stopped(&mut self, error: &ConnectorError) {
        self.trouble = Some(error.to_string());
        if let Again::NotBefore(until) = error.again() {
            self.not_before = Some(until.to_string());
        }
    }
}

/// Sends what is not sent, then takes over what has been answered. Trouble of the other end is told and costs nothing: the next
/// run goes on.
///
/// # Errors
/// An [`InquiryError`] of this end; what was done before is kept.
pub async fn run(
    store: &Store,
    connector: &impl Exchange,
    vault: &AccountVault,
    municipality: Municipality,
    today: Date,
    stamp: &Stamp,
) -> Result<Ran, InquiryError> {
    let mut ran = Ran::default();
    send(store, connector, municipality, stamp, &mut ran).await?;
    // Nobody answers who cannot be asked, but what was asked before may have been answered.
    take(store, connector, vault, municipality, today, stamp, &mut ran).await?;
    Ok(ran)
}

async fn send(
    store: &Store,
    connector: &impl Exchange,
    municipality: Municipality,
    stamp: &Stamp,
    ran: &mut Ran,
) -> Result<(), InquiryError> {
    let limit = u32::try_from(wire::BATCH_QUERIES).unwrap_or(u32::MAX);
    loop {
        let unsent = store.unsent_inquiries(municipality, limit).await?;
        if unsent.is_empty() {
            return Ok(());
        }
        let (mut queries, mut outcome) = (Vec::with_capacity(unsent.len()), Vec::new());
        for inquiry in &unsent {
            match query(inquiry) {
                Ok(query) => queries.push(query),
                Err(malformed) => outcome.push((inquiry.id.clone(), format!("form: {malformed}"))),
            }
        }
        if queries.is_empty() {
            ran.refused += outcome.len();
            store.save_sent(municipality, &outcome, stamp).await?;
            continue;
        }
        match connector.ask(&queries).await {
            Ok(_) => {
                ran.sent += queries.len();
                outcome.extend(queries.iter().map(|query| (query.id.to_string(), String::new())));
            }
            // One that is refused must not hold up the others.
            Err(ConnectorError::Refused { problem }) if problem.query.is_some_and(|id| queries.iter().any(|query| query.id == id)) => {
                let id = problem.query.map(|id| id.to_string()).unwrap_or_default();
                ran.refused += 1;
                outcome.push((id, format!("{} {}", problem.status, problem.code)));
            }
            Err(error) => {
                ran.stopped(&error);
                if !outcome.is_empty() {
                    ran.refused += outcome.len();
                    store.save_sent(municipality, &outcome, stamp).await?;
                }
                return Ok(());
            }
        }
        store.save_sent(municipality, &outcome, stamp).await?;
    }
}

async fn take(
    store: &Store,
    connector: &impl Exchange,
    vault: &AccountVault,
    municipality: Municipality,
    today: Date,
    stamp: &Stamp,
    ran: &mut Ran,
) -> Result<(), InquiryError> {
    loop {
        let after = store.last_answer(municipality).await?;
        let answers = match connector.answers(u64::try_from(after).unwrap_or(0), wire::PAGE_ANSWERS).await {
            Ok(answers) => answers,
            Err(error) => {
                ran.stopped(&error);
                return Ok(());
            }
        };
        if answers.is_empty() {
            return Ok(());
        }
        let mut page = Vec::with_capacity(answers.len());
        for answer in &answers {
            page.push(read(store, vault, municipality, answer).await?);
        }
        for usage in store.save_answers(municipality, &page, today, stamp).await?.into_iter().flatten() {
            match usage {
                Use::Applied => ran.applied += 1,
                Use::Repeated => ran.repeated += 1,
                Use::Contradicted | Use::Unknown | Use::Unfit => ran.exceptions += 1,
            }
        }
    }
}

/// An inquiry in the words of the connector.
fn query(inquiry: &Inquiry) -> Result<Query, Malformed> {
    let what = match (inquiry.what.as_str(), inquiry.year) {
        ("account", None) => What::Account,
        ("income", Some(year)) => What::Income { year },
        ("qualification", None) => What::Qualification,
        ("dependant_loss", None) => What::DependantLoss,
        ("employment_insurance", None) => What::EmploymentInsurance,
        _ => return Err(Malformed::Year),
    };
    Ok(Query {
        id: QueryId::parse(&inquiry.id)?,
        matter: Matter::parse(&inquiry.matter)?,
        legal_row: LegalRow::parse(&inquiry.legal_row)?,
        affair: Affair::named(&inquiry.affair).ok_or(Malformed::Affair)?,
        case: CaseReference::parse(&inquiry.reference).map_err(|_| Malformed::Case)?,
        subject: AddresseeNumber::new(inquiry.person.0)?,
        what,
        on: inquiry.on,
    })
}

/// What an answer brings, held against what was asked.
async fn read(store: &Store, vault: &AccountVault, municipality: Municipality, answer: &Answer) -> Result<NewAnswer, InquiryError> {
    let id = answer.query.to_string();
    let mut new = NewAnswer {
        sequence: i64::try_from(answer.sequence).unwrap_or(i64::MAX),
        inquiry: id.clone(),
        standing: answer.standing.word().to_owned(),
        unfit: None,
        said: String::new(),
        digest: None,
        account: None,
        facts: Vec::new(),
        told_at: answer.at.to_string(),
    };
    // Of what nobody asked nothing but the number is kept.
    let Some(StoredInquiry { inquiry, .. }) = store.inquiry(municipality, &id).await? else { return Ok(new) };
    let fits = query(&inquiry).map_err(|error| error.to_string()).and_then(|query| answer.fits(&query).map_err(|error| error.to_string()));
    if let Err(misfit) = fits {
        new.unfit = Some(misfit);
        return Ok(new);
    }
    let Told::Present(found) = &answer.standing else { return Ok(new) };
    if let Found::Account(items) = found {
        match (account(items), inquiry.payment_matter) {
            (Ok(account), Some(matter)) => {
                let holder = payees::holder(store, municipality, Some(inquiry.person), &account).await?;
                let sealed = vault.seal(municipality, matter, &account)?;
                new.account = Some(NewAccount { sealed, changed_on: items.changed_on.or(items.registered_on), holder });
            }
            (Err(wrong), _) => new.unfit = Some(wrong),
            (Ok(_), None) => new.unfit = Some("an account that no payment asked for".to_owned()),
        }
        return Ok(new);
    }
    match facts(found, &inquiry) {
        Ok((facts, said)) => {
            new.digest = Some(digest(&facts, &said));
            (new.facts, new.said) = (facts, said);
        }
        Err(wrong) => new.unfit = Some(wrong.to_owned()),
    }
    Ok(new)
}

/// The account as bank files have it. An error names the item and not what stands there.
fn account(items: &AccountItems) -> Result<BankAccount, String> {
    let kind = match items.kind_code.as_str() {
        code if code.len() == 1 => code.parse().unwrap_or(0),
        _ => 0,
    };
    Ok(BankAccount {
        bank: BankCode::parse(&items.bank_code).map_err(|error| error.to_string())?,
        branch: BranchCode::parse(&items.branch_code).map_err(|error| error.to_string())?,
        kind: DepositKind::of(kind).map_err(|error| error.to_string())?,
        number: AccountNumber::parse(&items.number).map_err(|error| error.to_string())?,
        holder: HolderName::normalise(&items.holder_kana).map_err(|error| error.to_string())?,
    })
}

/// The facts that an answer is, dated, with the inquiry as their source: the ordinary run decides anew from them. What a clerk has to
/// decide first (a qualification elsewhere, the end of a dependant's standing) is no fact yet but words, days and codes only.
fn facts(found: &Found, inquiry: &Inquiry) -> Result<(Vec<Assertion>, String), &'static str> {
    let source = format!("情報連携 照会番号{}", inquiry.id);
    let fact = |kind: Kind, from: Date, until: Date, values: Vec<i64>| {
        let mut values = values;
        values.resize(kind.fields().len(), ABSENT);
        Assertion { person: inquiry.person, kind, item: 0, from, until, household: None, values: Some(values), source: source.clone() }
    };
    let facts = match found {
        Found::Account(_) => return Err("an account is no fact"),
        Found::Income(income) => {
            let (from, until) = (Date::new(income.year, 1, 1), Date::new(income.year + 1, 1, 1));
            vec![fact(Kind::Incomes, from, until, incomes(income))]
        }
        Found::Qualification(elsewhere) => {
            let insurer = match elsewhere.insurer {
                InsurerKind::EmployeesInsurance => "被用者保険",
                InsurerKind::NhiSociety => "国民健康保険組合",
                InsurerKind::Municipality => "他市町村国保",
                InsurerKind::LateElderly => "後期高齢者医療",
            };
            let lost = elsewhere.lost.map(|lost| format!(" 喪失 {lost}")).unwrap_or_default();
            return Ok((vec![], format!("{insurer} 取得 {}{lost}", elsewhere.acquired)));
        }
        Found::DependantLoss(loss) => return Ok((vec![], format!("被扶養者でなくなった日 {}", loss.lost))),
        Found::EmploymentInsurance(left) => {
            let holder = match left.class {
                Some(Class::Ordinary) => 0,
                Some(Class::Special) => 1,
                Some(Class::Elderly) => 2,
                None => ABSENT,
            };
            let mut values = vec![i64::from(left.reason.get()), holder];
            values.truncate(Kind::Unemployment.fields().len());
            // An event is told apart by a number; the day of leaving tells one leaving from another.
            vec![Assertion { item: left.left.packed(), ..fact(Kind::Unemployment, left.left, Date::MAX, values) }]
        }
    };
    match facts.iter().find_map(|fact| fact.check().err()) {
        Some((_, wrong)) => Err(wrong),
        None => Ok((facts, String::new())),
    }
}

/// The columns of the fact `incomes`, in their order.
fn incomes(income: &Income) -> Vec<i64> {
    let state = match income.state {
        IncomeState::Known => 0,
        IncomeState::NotRequired => 1,
        IncomeState::Undeclared => 2,
        IncomeState::Pending => 3,
    };
    let yen = [
        income.salary_revenue_yen,
        income.pension_revenue_yen,
        income.salary_yen,
        income.pension_yen,
        income.other_yen,
        income.forestry_yen,
        income.separate_yen,
        income.land_gain_yen,
        income.land_deduction_yen,
        income.net_loss_carried_yen,
        income.casualty_loss_carried_yen,
        income.family_salary_received_yen,
        income.family_salary_paid_yen,
        income.aggregate_yen,
    ];
    let mut values = vec![state];
    values.extend(yen.iter().map(|yen| yen.map_or(ABSENT, |yen| yen.get())));
    values.push(income.adjustment_ground.map_or(ABSENT, i64::from));
    values
}

/// A digest over facts, their source left out: the same answer to the same inquiry has the same one.
fn digest(facts: &[Assertion], said: &str) -> Digest {
    let mut bytes = format!("jorei answer 1\n{said}\n").into_bytes();
    for fact in facts {
        bytes.extend(fact.kind.name().as_bytes());
        for number in [fact.item, fact.from.packed(), fact.until.packed()].into_iter().chain(fact.values.iter().flatten().copied()) {
            bytes.extend(number.to_be_bytes());
        }
    }
    Digest::of(&bytes)
}

/// How far an inquiry is, with its age in days.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The inquiry.
    pub inquiry: StoredInquiry,
    /// Days since it was written.
    pub days: i64,
    /// unsent, asked, timed_out, refused, or the word of its answer.
    pub state: String,
}

impl Progress {
    /// Works it out.
    pub fn of(inquiry: StoredInquiry, today: Date, watch: &Watch) -> Progress {
        let days = inquiry.inquiry.asked_on.days_until(today);
        let state = match (&inquiry.answer, inquiry.sent.as_deref()) {
            (Some(answer), _) => answer.standing.clone(),
            (None, Some(refused)) if !refused.is_empty() => format!("refused {refused}"),
            (None, _) if days > watch.answer_days => "timed_out".to_owned(),
            (None, Some(_)) => "asked".to_owned(),
            (None, None) => "unsent".to_owned(),
        };
        Progress { inquiry, days, state }
    }

    /// What the answer says that a clerk must decide on; empty where it says nothing such.
    pub fn says(&self) -> &str {
        self.inquiry.answer.as_ref().map_or("", |answer| answer.detail.as_str())
    }

    /// What officials call its state.
    pub fn ja(&self) -> &'static str {
        match self.state.as_str() {
            "unsent" => "未送信",
            "asked" => "回答待ち",
            "timed_out" => "期限超過",
            "present" if self.says().is_empty() => "回答あり",
            "present" => "回答あり（要判断）",
            "not_registered" => "登録なし",
            "suspended" => "利用停止",
            "not_found" => "該当なし",
            "not_linked" => "符号未取得",
            "identifier_error" => "符号誤り",
            "under_correction" => "訂正中",
            _ => "受付不可",
        }
    }
}

#[cfg(test)]
mod tests;
