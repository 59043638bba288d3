//! What goes wrong, as a client and as a clerk see it (RFC 9457, `application/problem+json`).
//!
//! A code is permanent: it may be joined by others and is never renamed. Its page says what whoever sees it does. The
//! detail names the thing, the value and what to do, and never repeats a name, an address or a number of a person.

use crate::telemetry::Told;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use std::fmt::Write as _;
use utoipa::ToSchema;

macro_rules! codes {
    ($($name:ident = $word:literal, $status:ident, $title:literal, $to_do:literal, $en:literal;)+) => {
        /// A permanent code.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Code {
            $(#[doc = $en] $name,)+
        }

        impl Code {
            /// Every code, in the order of the reference.
            pub const ALL: &[Code] = &[$(Code::$name,)+];

            /// Its word in answers and addresses.
            pub const fn word(self) -> &'static str {
                match self { $(Code::$name => $word,)+ }
            }

            /// The status it comes with.
            pub const fn status(self) -> StatusCode {
                match self { $(Code::$name => StatusCode::$status,)+ }
            }

            /// What it is called, for officials.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)+ }
            }

            /// What whoever sees it does.
            pub const fn to_do(self) -> &'static str {
                match self { $(Code::$name => $to_do,)+ }
            }

            /// What it means, for engineers.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$name => $en,)+ }
            }
        }
    };
}

codes! {
    Malformed = "malformed", BAD_REQUEST, "リクエストを読めません", "送信側システムの担当者へ、問題の箇所（detail）を知らせてください。", "The request is not what HTTP or JSON allows.";
    NoSession = "no-session", UNAUTHORIZED, "ログインしていません", "ログインし直してください。", "No session token, or one that has ended.";
    LogInRefused = "log-in-refused", UNAUTHORIZED, "ログインできません", "アカウント名とパスワードを確かめてください。続けて誤ると一定時間使えなくなります。", "Account and proof do not belong together, or the account is not good.";
    Locked = "locked", TOO_MANY_REQUESTS, "一時的にログインできません", "表示された時間を待つか、鍵でログインしてください。心当たりがなければ運用担当へ連絡してください。", "Too many wrong passwords; try again after the time in Retry-After.";
    Forbidden = "forbidden", FORBIDDEN, "この操作の権限がありません", "自分の担当の事務であれば、運用担当へ役割の付与を依頼してください（二人の承認が必要です）。", "No role of the account allows this action under the affair that was stated.";
    NoPurpose = "no-purpose", FORBIDDEN, "利用目的が示されていません", "事務（Jorei-Affair）と受付番号（Jorei-Case）を入力してから検索・照会してください。", "A look-up of a person without affair and case.";
    AnotherOffice = "another-office", FORBIDDEN, "他の市町村の記録です", "自分の市町村の番号を確かめてください。", "The session belongs to another municipality.";
    NotFound = "not-found", NOT_FOUND, "見つかりません", "番号を確かめてください。", "Nothing has this address or number here.";
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "この操作はできません", "送信側システムの担当者へ知らせてください。", "The address exists, with other methods.";
    NotAcceptable = "not-acceptable", NOT_ACCEPTABLE, "この形式では答えられません", "送信側システムの担当者へ知らせてください。", "The answer is JSON, and the client does not accept it.";
    Slow = "slow", REQUEST_TIMEOUT, "時間切れです", "もう一度送ってください。同じ Idempotency-Key なら二重に処理されません。", "The request did not arrive, or was not answered, in time.";
    UnderWay = "under-way", CONFLICT, "同じ処理が進行中です", "少し待ってから結果を確かめてください。", "A request with the same idempotency key is being worked on.";
    Moved = "moved", CONFLICT, "先に変更されています", "最新の内容を読み直してから、やり直してください。", "The state it rests on has changed; read it again.";
    NotAllowedNow = "not-allowed-now", CONFLICT, "現在の状態ではできません", "detail の内容を確かめてください。", "The state of the record does not allow it.";
    OwnAct = "own-act", CONFLICT, "自分が作成した決裁には署名できません", "別の職員に承認を依頼してください。", "Nobody approves their own act.";
    NumberDiffers = "number-differs", CONFLICT, "個人番号が一致しません", "書類を確かめて、もう一度入力してください。違いが続くときは最初の入力からやり直してください。", "The number typed by the second person is not the one that was entered.";
    EditedMeanwhile = "edited-meanwhile", PRECONDITION_FAILED, "ほかの人が先に保存しました", "最新の版を読み直し、変更をやり直してください。", "The ETag in If-Match is not that of the current version.";
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "送信された内容が大きすぎます", "内容を分けて送ってください。", "The body is longer than this address takes.";
    NotJson = "not-json", UNSUPPORTED_MEDIA_TYPE, "形式が違います", "送信側システムの担当者へ知らせてください（application/json、UTF-8）。", "The body is not of the media type or encoding that this address takes.";
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "入力に誤りがあります", "detail に示された項目を直してください。", "The request is well formed and cannot be carried out as it is.";
    KeyReused = "key-reused", UNPROCESSABLE_ENTITY, "同じ受付キーが別の内容で使われています", "送信側システムの担当者へ知らせてください。新しい Idempotency-Key が必要です。", "The idempotency key came before with another request.";
    LawMissing = "law-missing", UNPROCESSABLE_ENTITY, "適用できる条例の値がありません", "制度担当へ、detail の条項と日付を知らせてください。", "No value of law for the date, or no revision in force.";
    Paused = "paused", CONFLICT, "改版が一時停止されています", "制度担当が切戻し又は再適用を承認するまで待ってください。", "The revision in force is paused or quarantined.";
    PackageRefused = "package-refused", UNPROCESSABLE_ENTITY, "ルールを受け入れられません", "detail の段階と理由をベンダーへ知らせてください。", "Admission refused the package at the named step.";
    SignatureWrong = "signature-wrong", UNPROCESSABLE_ENTITY, "署名を確かめられません", "自分の鍵で、表示された決裁番号に署名したか確かめてください。", "The signature is not by the key of the account over what was asked.";
    PreconditionMissing = "precondition-missing", PRECONDITION_REQUIRED, "どの版からの変更か示されていません", "送信側システムの担当者へ知らせてください（If-Match が必要です）。", "A draft is saved over a version that must be named.";
    HeadersTooLarge = "headers-too-large", REQUEST_HEADER_FIELDS_TOO_LARGE, "ヘッダーが大きすぎます", "送信側システムの担当者へ知らせてください。", "The header of the request is longer than the service takes.";
    Busy = "busy", SERVICE_UNAVAILABLE, "混み合っています", "少し待って、もう一度送ってください。", "Too much is under way, or the service is about to end.";
    Fault = "fault", INTERNAL_SERVER_ERROR, "機械の故障です", "運用担当へ、リクエスト番号（request）を知らせてください。処理は行われていないか、やり直せます。", "The machine failed: the database, the runtime. Nothing is half done.";
}

/// What went wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The code.
    pub code: Code,
    /// What exactly, for whoever sent it.
    pub detail: String,
    /// Seconds to wait before another try.
    pub retry_after: Option<i64>,
}

/// A problem as it is sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// Address of the page of this code.
    #[serde(rename = "type")]
    kind: String,
    /// What it is called, for officials.
    title: &'static str,
    /// The status.
    status: u16,
    /// The permanent code.
    code: &'static str,
    /// What exactly.
    detail: String,
    /// What whoever sees it does.
    to_do: &'static str,
}

/// The answer of a handler.
pub type Answer<T> = Result<T, Problem>;

impl Problem {
    /// A problem with its detail.
    pub fn new(code: Code, detail: impl ToString) -> Problem {
        Problem { code, detail: detail.to_string(), retry_after: None }
    }

    /// Nothing is there.
    pub fn not_found(what: impl ToString) -> Problem {
        Problem::new(Code::NotFound, what)
    }

    /// A value that cannot be.
    pub fn invalid(detail: impl ToString) -> Problem {
        Problem::new(Code::Invalid, detail)
    }

    /// The machine failed. What exactly stands in the log under the request's number, not in the answer: an error of a
    /// database may quote what was being written.
    pub fn fault(error: &dyn std::error::Error) -> Problem {
        tracing::error!(code = Code::Fault.word(), kind = kind_of(error), "fault");
        Problem::new(Code::Fault, "the machine failed; the log has more under the number in the header Jorei-Request")
    }
}

/// The kind of an error without its values: the part before the first colon of its text.
fn kind_of(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let mut kind = text.split([':', '"', '\'', '`']).next().unwrap_or_default().to_owned();
    kind.truncate(kind.char_indices().nth(80).map_or(kind.len(), |(at, _)| at));
    kind
}

impl From<Problem> for ProblemBody {
    fn from(Problem { code, detail, .. }: Problem) -> ProblemBody {
        ProblemBody {
            kind: format!("/problems/{}", code.word()),
            title: code.title(),
            status: code.status().as_u16(),
            code: code.word(),
            detail,
            to_do: code.to_do(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (code, retry_after) = (self.code, self.retry_after);
        let body = ProblemBody::from(self);
        let mut response = (code.status(), Json(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if code == Code::NoSession || code == Code::LogInRefused {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Of a body that was not read to its end the rest would be taken for the next request.
        if matches!(code, Code::TooLarge | Code::Slow) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let after = retry_after.or(matches!(code, Code::Busy | Code::UnderWay).then_some(1));
        if let Some(seconds) = after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response.extensions_mut().insert(Told { problem: Some(code.word()), municipality: None });
        response
    }
}

/// The page of a code, for whoever follows the address in a problem.
pub fn page(code: Code) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><title>{title}</title><style>body{{font:1rem/1.8 sans-serif;max-width:40rem;\
         margin:3rem auto;padding:0 1rem}}dt{{font-weight:bold;margin-top:1rem}}</style><h1>{title}</h1><dl><dt>どうするか</dt><dd>{to_do}</dd>\
         <dt>コード</dt><dd>{word}（HTTP {status}）</dd><dt>English</dt><dd lang=\"en\">{meaning}</dd></dl></html>",
        title = code.title(),
        to_do = code.to_do(),
        word = code.word(),
        status = code.status().as_u16(),
        meaning = code.meaning(),
    ))
}

/// The reference of all codes, as Markdown.
pub fn reference() -> String {
    let mut text = String::from("| Code | Status | Title | Meaning | What the clerk does |\n| --- | --- | --- | --- | --- |\n");
    for code in Code::ALL {
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "| `{}` | {} | {} | {} | {} |", code.word(), code.status().as_u16(), code.title(), code.meaning(), code.to_do());
    }
    text
}
