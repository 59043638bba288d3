//! All routes: the table of contents of the service.
//!
//! A handler is mounted under an action and behind the guard, or it stands in `open`, which has only what must be
//! reachable by whoever has no session yet.

use crate::action::{Action, Approval};
use crate::configuration::Limits;
use crate::guard::{AFFAIR, CASE, body_within, guard};
use crate::idempotency::KEY;
use crate::problem::{Answer, Code, Problem, ProblemBody};
use crate::routes::{
    acts, arrears, audit, benefits, claims, decisions, drafts, household_year, households, imports, inquiries, jobs, ledger, masters,
    numbers, office, ordinances, payees, payments, people, problems, queue, receipts, reconciliation, refunds, revisions, rules, sessions,
    shadow, trials,
};
use crate::state::Shared;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use jorei_domain::purpose::Affair;
use serde_json::{Map, Value};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, Object, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, Type,
};
use utoipa::openapi::{ObjectBuilder, PathItem};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

/// Longest body of a request without a session, in bytes.
const OPEN_BODY_MAX: usize = 16 * 1024;

/// Tells the action of a route in the document.
const ACTION: &str = "x-jorei-action";
/// Tells there who else must agree.
const APPROVAL: &str = "x-jorei-approval";

/// A route with the action that it is mounted under; none for those that need no session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// GET, POST, PUT or DELETE.
    pub method: String,
    /// Its path with placeholders.
    pub path: String,
    /// Its action.
    pub action: Option<Action>,
    /// Its name, for clients that are made from the document.
    pub operation: String,
    /// What it does, in one line.
    pub summary: String,
}

/// The service, ready to be served.
pub fn router(host: Shared) -> Router {
    let text = document_text();
    let document = move || async move { ([(header::CONTENT_TYPE, "application/json")], text) };
    handlers(&host)
        .route("/v1/openapi.json", axum::routing::get(document))
        .fallback(|| async { Problem::not_found("no such address") })
        .method_not_allowed_fallback(|| async { Problem::new(Code::MethodNotAllowed, "this address takes other methods") })
        .layer(from_fn(plain))
        .layer(CatchPanicLayer::custom(|_| Problem::new(Code::Fault, "the program failed; nothing of it is half done").into_response()))
        .layer(DefaultBodyLimit::disable())
}

/// A handler on its way into the router: under an action, or open to whoever has no session.
struct Mount {
    action: Option<Action>,
    /// Its name in the document, for clients that are made from it.
    operation: &'static str,
    routes: UtoipaMethodRouter<Shared>,
}

macro_rules! mount {
    ($module:ident :: $handler:ident) => {
        Mount { action: None, operation: concat!(stringify!($module), "_", stringify!($handler)), routes: routes!($module::$handler) }
    };
    ($action:expr, $module:ident :: $handler:ident) => {
        Mount { action: Some($action), ..mount!($module::$handler) }
    };
}

/// Every handler. What stands here without an action answers whoever has no session.
fn mounts() -> Vec<Mount> {
    vec![
        mount!(Action::SessionShow, sessions::show),
        mount!(Action::SessionEnd, sessions::end),
        mount!(Action::PeopleSearch, people::search),
        mount!(Action::PeopleShow, people::show),
        mount!(Action::PeopleFacts, people::facts),
        mount!(Action::FactsEnter, people::enter_fact),
        mount!(Action::PeopleProtect, numbers::protect),
        mount!(Action::PeopleProtect, numbers::lift),
        mount!(Action::NumberEnter, numbers::enter),
        mount!(Action::NumberRead, numbers::read),
        mount!(Action::NumberConfirm, numbers::confirm),
        mount!(Action::HouseholdsShow, households::show),
        mount!(Action::HistoryShow, household_year::history),
        mount!(Action::InstalmentsShow, household_year::instalments),
        mount!(Action::ExemptionShow, household_year::exemption),
        mount!(Action::AddresseeShow, household_year::addressee),
        mount!(Action::MastersShow, masters::show),
        mount!(Action::DecisionsList, decisions::list),
        mount!(Action::DecisionsOfRevision, decisions::of_revision),
        mount!(Action::DecisionsMake, decisions::make),
        mount!(Action::DecisionsShow, decisions::show),
        mount!(Action::DecisionsReplay, decisions::replayed),
        mount!(Action::TrialsMake, trials::make),
        mount!(Action::AssessmentsStart, jobs::assessment),
        mount!(Action::ReassessmentsStart, jobs::reassessment),
        mount!(Action::InstalmentsStart, jobs::instalments),
        mount!(Action::SummaryShow, queue::summary),
        mount!(Action::QueueShow, queue::list),
        mount!(Action::QueueShow, queue::groups),
        mount!(Action::QueueSettle, queue::settle_item),
        mount!(Action::ImportsRead, imports::list),
        mount!(Action::ImportsRead, imports::forms),
        mount!(Action::ImportsApply, imports::import),
        mount!(Action::ImportsWithdraw, imports::withdrawal),
        mount!(Action::ReceiptFilesList, receipts::files),
        mount!(Action::ReceiptsTake, receipts::take),
        mount!(Action::ReceiptsShow, receipts::list),
        mount!(Action::ReceiptsShow, receipts::exceptions),
        mount!(Action::ReceiptsShow, receipts::show),
        mount!(Action::ReceiptsSettle, receipts::use_receipt),
        mount!(Action::ReceiptsSettle, receipts::reverse),
        mount!(Action::ReconciliationShow, reconciliation::stretch),
        mount!(Action::ReconciliationShow, reconciliation::day),
        mount!(Action::LedgerShow, ledger::household),
        mount!(Action::LedgerShow, ledger::posting),
        mount!(Action::LedgerTotals, ledger::totals),
        mount!(Action::LedgerCheck, ledger::checks),
        mount!(Action::RefundsShow, refunds::open),
        mount!(Action::RefundsShow, refunds::lapsed),
        mount!(Action::RefundsShow, refunds::warned),
        mount!(Action::RefundsShow, refunds::household),
        mount!(Action::RefundsShow, refunds::story),
        mount!(Action::RefundsDecide, refunds::decide),
        mount!(Action::RefundsDecide, refunds::renew),
        mount!(Action::RefundsRecord, refunds::consent),
        mount!(Action::RefundsRecord, refunds::withdraw),
        mount!(Action::RefundsRecord, refunds::claim),
        mount!(Action::RefundsRecord, refunds::heir),
        mount!(Action::RefundsNotify, refunds::notice),
        mount!(Action::RefundsLapse, refunds::record_lapse),
        mount!(Action::BenefitsShow, benefits::household),
        mount!(Action::BenefitsShow, benefits::applications),
        mount!(Action::BenefitsShow, benefits::candidates),
        mount!(Action::BenefitsRecord, benefits::receive),
        mount!(Action::BenefitsRecord, benefits::note),
        mount!(Action::BenefitsDecide, benefits::decide),
        mount!(Action::ClaimSetsList, claims::sets),
        mount!(Action::ClaimsShow, claims::findings),
        mount!(Action::PayeesShow, payees::waiting),
        mount!(Action::PayeesShow, payees::show),
        mount!(Action::PayeesEnter, payees::enter),
        mount!(Action::PayeesCompare, payees::compare),
        mount!(Action::PayeesConfirm, payees::confirm),
        mount!(Action::InquiriesShow, inquiries::list),
        mount!(Action::InquiriesShow, inquiries::of_order),
        mount!(Action::InquiriesShow, inquiries::exceptions),
        mount!(Action::InquiriesAsk, inquiries::ask),
        mount!(Action::InquiriesAgain, inquiries::again),
        mount!(Action::PaymentsList, payments::list),
        mount!(Action::PaymentsList, payments::exceptions),
        mount!(Action::PaymentsShow, payments::show),
        mount!(Action::PaymentsPrepare, payments::prepare),
        mount!(Action::PaymentsRelease, payments::release),
        mount!(Action::PaymentsCheck, payments::check),
        mount!(Action::PaymentsWithdraw, payments::withdraw),
        mount!(Action::PaymentsRecord, payments::recall),
        mount!(Action::PaymentsRecord, payments::returned),
        mount!(Action::PaymentsResults, payments::results),
        mount!(Action::ArrearsShow, arrears::list),
        mount!(Action::ArrearsShow, arrears::lapsing),
        mount!(Action::ArrearsShow, arrears::household),
        mount!(Action::ArrearsDemands, arrears::demands),
        mount!(Action::ArrearsDecide, arrears::decide),
        mount!(Action::ArrearsRecord, arrears::record_demand),
        mount!(Action::ArrearsRecord, arrears::record_step),
        mount!(Action::ArrearsGiveUp, arrears::write_off),
        mount!(Action::RulesList, rules::list),
        mount!(Action::RulesAdd, rules::add),
        mount!(Action::RulesShow, rules::show),
        mount!(Action::OrdinancesRead, ordinances::list),
        mount!(Action::OrdinancesRead, ordinances::show),
        mount!(Action::DraftsRead, drafts::list),
        mount!(Action::DraftsRead, drafts::show),
        mount!(Action::DraftsSave, drafts::save),
        mount!(Action::DraftsCheck, drafts::check),
        mount!(Action::RevisionsRead, revisions::list),
        mount!(Action::RevisionsRead, revisions::in_force),
        mount!(Action::RevisionsMake, revisions::make),
        mount!(Action::ShadowRead, shadow::list),
        mount!(Action::ShadowRead, shadow::show),
        mount!(Action::ShadowHouseholds, shadow::households),
        mount!(Action::ShadowStart, shadow::start),
        mount!(Action::ActsRead, acts::list),
        mount!(Action::ActsRead, acts::show),
        mount!(Action::ActsPrepare, acts::prepared),
        mount!(Action::ActsMake, acts::make),
        mount!(Action::ActsSign, acts::sign),
        mount!(Action::OfficeRead, office::show),
        mount!(Action::OfficePrepare, office::change),
        mount!(Action::JobsRead, jobs::list),
        mount!(Action::JobsRead, jobs::show),
        mount!(Action::JobsRead, jobs::events),
        mount!(Action::JobsStop, jobs::stop),
        mount!(Action::AuditRead, audit::list),
        mount!(Action::AuditRead, audit::head),
        mount!(Action::AuditVerify, audit::verification),
        mount!(Action::AlarmsRead, audit::alarms),
        mount!(sessions::open),
        mount!(sessions::openid),
        mount!(sessions::openid_returned),
        mount!(problems::show),
    ]
}

/// The document of the interface, and every route with its action. Needs no host: both are the same in every office.
pub fn described() -> (OpenApi, Vec<Route>) {
    let mut router = OpenApiRouter::with_openapi(document());
    for mount in mounts() {
        router = router.routes(mount.described().routes);
    }
    let document = router.to_openapi();
    let mut all = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in operations(item) {
            let word = operation.extensions.as_ref().and_then(|extensions| extensions.get(ACTION)).and_then(|word| word.as_str());
            let action = word.and_then(|word| Action::ALL.iter().copied().find(|action| action.word() == word));
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let (operation, summary) = (text(&operation.operation_id), text(&operation.summary));
            all.push(Route { method: method.to_owned(), path: path.clone(), action, operation, summary });
        }
    }
    (document, all)
}

/// The document as it is served: the same bytes from every process.
pub fn document_text() -> String {
    let mut document = serde_json::to_value(described().0).unwrap_or_default();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations.filter_map(Value::as_object_mut) {
        // Extensions alone come in an order that changes from run to run.
        for name in [ACTION, APPROVAL] {
            if let Some(value) = operation.shift_remove(name) {
                operation.insert(name.to_owned(), value);
            }
        }
    }
    format!("{document:#}\n")
}

/// All handlers, each behind the guard or behind what bounds the bodies of strangers.
fn handlers(host: &Shared) -> Router {
    let mut router = OpenApiRouter::new();
    for mount in mounts() {
        let Mount { action, routes: (schemas, paths, methods), .. } = mount.described();
        let methods = match action {
            Some(action) => methods.layer(from_fn_with_state((Shared::clone(host), action), guard)),
            None => methods.layer(from_fn_with_state(host.limits, small_body)),
        };
        router = router.routes((schemas, paths, methods));
    }
    router.with_state(Shared::clone(host)).split_for_parts().0
}

impl Mount {
    /// With all that the document says of it.
    fn described(mut self) -> Mount {
        for (path, item) in &mut self.routes.1.paths {
            for (method, operation) in operations_mut(item) {
                operation.operation_id = Some(self.operation.to_owned());
                describe(operation, path, &method, self.action);
            }
        }
        self
    }
}

/// What every route has: its action, its headers, its problems.
fn describe(operation: &mut Operation, path: &str, method: &Method, action: Option<Action>) {
    document_codes(operation, path, method, action);
    let Some(action) = action else { return };
    operation.security = Some(vec![SecurityRequirement::new("session", Vec::<String>::new())]);
    let extensions = ExtensionsBuilder::new().add(ACTION, action.word()).add(APPROVAL, action.approval().text()).build();
    operation.extensions.get_or_insert_default().merge(extensions);
    let parameters = operation.parameters.get_or_insert_default();
    for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        parameters.push(in_path(name).into());
    }
    if action.is_lookup() {
        let affairs = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Affair::ALL.map(Affair::word))).build();
        parameters.push(in_header(AFFAIR, "The affair (事務)", affairs).into());
        let case = text("^[A-Za-z0-9-]{1,40}$");
        parameters.push(in_header(CASE, "The case: 1 to 40 letters, digits or `-`, never ten digits in a row", case).into());
    }
    if once(action, method) {
        let about = "New for each thing that is to happen once; the same for the same request sent again";
        parameters.push(in_header(KEY, about, text("^[A-Za-z0-9_-]{8,64}$")).into());
    }
}

/// Must a request come with a key, so that it has one effect ([`crate::idempotency`])?
fn once(action: Action, method: &Method) -> bool {
    action.mutates() && *method == Method::POST
}

/// The problems that a route can answer with.
fn codes(operation: &Operation, path: &str, method: &Method, action: Option<Action>) -> Vec<Code> {
    let mut codes = vec![Code::Malformed, Code::NotFound, Code::HeadersTooLarge, Code::Fault];
    let in_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query);
    if operation.parameters.iter().flatten().any(in_query) {
        codes.push(Code::Invalid);
    }
    if operation.request_body.is_some() {
        codes.extend([Code::NotJson, Code::Invalid]);
    }
    if matches!(*method, Method::POST | Method::PUT) {
        codes.extend([Code::TooLarge, Code::Slow]);
    }
    let Some(action) = action else {
        codes.extend(codes_of_open(path));
        return codes;
    };
    codes.extend([Code::NoSession, Code::Forbidden, Code::AnotherOffice, Code::Slow]);
    if action.is_lookup() {
        codes.push(Code::NoPurpose);
    }
    if once(action, method) {
        codes.extend([Code::UnderWay, Code::KeyReused, Code::Invalid]);
    }
    codes.extend(codes_of(action));
    codes
}

fn codes_of_open(path: &str) -> &'static [Code] {
    match path {
        path if path.ends_with("/sessions") => &[Code::LogInRefused, Code::Locked],
        path if path.ends_with("/openid") => &[Code::LogInRefused, Code::Busy],
        _ => &[],
    }
}

/// Problems of an action's own.
fn codes_of(action: Action) -> &'static [Code] {
    match action {
        Action::DecisionsMake => &[Code::LawMissing, Code::Paused, Code::Busy],
        Action::TrialsMake => &[Code::LawMissing, Code::Paused],
        Action::AssessmentsStart => &[Code::LawMissing, Code::Paused, Code::NotAllowedNow],
        Action::ReassessmentsStart | Action::InstalmentsStart => &[Code::NotAllowedNow],
        Action::QueueSettle | Action::ImportsApply | Action::ImportsWithdraw => &[Code::NotAllowedNow],
        Action::PeopleSearch | Action::NumberRead | Action::NumberEnter => &[Code::NotAllowedNow],
        Action::PeopleProtect | Action::OfficePrepare | Action::JobsStop => &[Code::NotAllowedNow],
        Action::ReceiptsTake => &[Code::NotAllowedNow],
        Action::ReceiptsSettle | Action::LedgerCheck | Action::RefundsRecord | Action::RefundsLapse => &[Code::NotAllowedNow],
        Action::ReconciliationShow => &[Code::LawMissing],
        Action::RefundsShow => &[Code::NotAllowedNow, Code::LawMissing, Code::Paused],
        Action::RefundsDecide | Action::RefundsNotify => &[Code::NotAllowedNow, Code::LawMissing, Code::Paused, Code::Busy],
        Action::PayeesShow | Action::PayeesCompare | Action::PayeesEnter | Action::PayeesConfirm => &[Code::NotAllowedNow],
        Action::InquiriesAsk | Action::InquiriesAgain => &[Code::NotAllowedNow],
        Action::PaymentsPrepare => &[Code::NotAllowedNow, Code::LawMissing],
        Action::PaymentsRelease | Action::PaymentsCheck | Action::PaymentsWithdraw => &[Code::NotAllowedNow],
        Action::PaymentsRecord | Action::PaymentsResults => &[Code::NotAllowedNow],
        Action::ArrearsShow | Action::ArrearsDemands => &[Code::NotAllowedNow, Code::LawMissing, Code::Paused],
        Action::ArrearsDecide | Action::ArrearsRecord | Action::ArrearsGiveUp => {
            &[Code::NotAllowedNow, Code::LawMissing, Code::Paused, Code::Busy]
        }
        Action::OrdinancesRead => &[Code::Invalid],
        Action::RulesAdd => &[Code::PackageRefused],
        Action::DraftsSave => &[Code::EditedMeanwhile, Code::PreconditionMissing],
        Action::RevisionsMake => &[Code::NotAllowedNow],
        Action::ActsPrepare => &[Code::NotAllowedNow, Code::Paused, Code::LawMissing],
        Action::ActsMake => &[Code::NotAllowedNow, Code::Moved, Code::SignatureWrong],
        Action::ActsSign => &[Code::NotAllowedNow, Code::Moved, Code::OwnAct, Code::SignatureWrong],
        Action::NumberConfirm => &[Code::NotAllowedNow, Code::Moved, Code::OwnAct, Code::NumberDiffers, Code::SignatureWrong],
        _ => &[],
    }
}

/// Writes the problems of a route into its description, those of one status together.
fn document_codes(operation: &mut Operation, path: &str, method: &Method, action: Option<Action>) {
    let codes = codes(operation, path, method, action);
    // In the order of the reference, each once.
    let known: Vec<Code> = Code::ALL.iter().copied().filter(|code| codes.contains(code)).collect();
    for code in &known {
        let words = known.iter().filter(|other| other.status() == code.status()).map(|other| format!("`{}`", other.word()));
        let response = ResponseBuilder::new().description(format!("A problem: {}", words.collect::<Vec<_>>().join(", ")));
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
        let response = match code {
            // The connection answers before any route is known, without a body.
            Code::HeadersTooLarge => response.build(),
            _ => response.content("application/problem+json", content).build(),
        };
        operation.responses.responses.entry(code.status().as_u16().to_string()).or_insert_with(|| response.into());
    }
}

fn in_path(name: &str) -> Parameter {
    let (kind, about) = match name {
        "municipality" => (Type::String, "Code of the office, as 012041"),
        "person" => (Type::Integer, "The person's number here (宛名番号)"),
        "household" => (Type::Integer, "The household's number here"),
        "name" => (Type::String, "Name of a draft"),
        "receipt" => (Type::Integer, "The receipt's number here (収納番号)"),
        "order" => (Type::Integer, "The number of a payment order (支出命令番号)"),
        "batch" => (Type::Integer, "The number of a batch of payments (支払束)"),
        "line" => (Type::Integer, "The number of a line of a batch (支払明細番号)"),
        "day" => (Type::String, "A day, as 2025-07-10"),
        "knowledge" => (Type::Integer, "The knowledge number of an import"),
        "file" => (Type::String, "A file of the office, as `insured` or `household-assessment`"),
        _ => (Type::String, "Its id or digest"),
    };
    let schema = Schema::Object(ObjectBuilder::new().schema_type(kind).build());
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(schema))
        .build()
}

fn text(pattern: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build()
}

fn in_header(name: &str, about: &str, schema: Object) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(Schema::Object(schema)))
        .build()
}

fn operations(item: &PathItem) -> Vec<(&'static str, &Operation)> {
    let all = [("DELETE", &item.delete), ("GET", &item.get), ("POST", &item.post), ("PUT", &item.put)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?))).collect()
}

fn operations_mut(item: &mut PathItem) -> Vec<(Method, &mut Operation)> {
    let all =
        [(Method::DELETE, &mut item.delete), (Method::GET, &mut item.get), (Method::POST, &mut item.post), (Method::PUT, &mut item.put)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?))).collect()
}

/// What the document says of the service as a whole.
fn document() -> OpenApi {
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = ComponentsBuilder::new().security_scheme("session", scheme).schema(ProblemBody::name(), ProblemBody::schema()).build();
    let info = InfoBuilder::new()
        .title("Jorei")
        .version("1")
        .description(Some(
            "Records and decisions of a municipality's National Health Insurance office. Every look-up of a person states its affair and \
             its case; what can hurt is an act that two people sign. Money is whole yen. Additions come unannounced; what is here stays.",
        ))
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// Answers that a layer below gave without a problem (a path that cannot be decoded, a body limit) get one.
async fn plain(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    // Tokens and people: nothing of it is kept on the way.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let status = response.status();
    let problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    if problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => Code::Slow,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::NotJson,
        StatusCode::UNPROCESSABLE_ENTITY => Code::Invalid,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Code::HeadersTooLarge,
        status if status.is_server_error() => Code::Fault,
        _ => Code::Malformed,
    };
    Problem::new(code, "the request cannot be read").into_response()
}

/// Bodies of those who have no session arrive whole, soon, and small.
async fn small_body(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let answer = async {
        let (parts, body) = request.into_parts();
        let body = body_within(body, OPEN_BODY_MAX, limits.body).await?;
        Answer::Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
    };
    let slow = |_| Err(Problem::new(Code::Slow, "the answer took too long; nothing of it is half done"));
    let answer = tokio::time::timeout(limits.request, answer).await.unwrap_or_else(slow);
    answer.unwrap_or_else(|problem: Problem| problem.into_response())
}

/// Every route with the policy it is under and the approval it needs, for people to review.
pub fn table(routes: &[Route]) -> String {
    let mut text = String::from("| Route | Action | Approval |\n| --- | --- | --- |\n");
    for Route { method, path, action, .. } in routes {
        let (word, approval) = match action {
            Some(action) => (format!("`{}`", action.word()), action.approval().text()),
            None => ("none: needs no session".to_owned(), Approval::Reads.text()),
        };
        text.push_str(&format!("| `{method} {path}` | {word} | {approval} |\n"));
    }
    text
}
