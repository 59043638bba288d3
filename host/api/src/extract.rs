//! Parts of a request, read strictly; what cannot be read is a problem that names the place and what is expected
//! there, and never repeats what was sent.

use crate::problem::{Code, Problem};
use axum::RequestPartsExt as _;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::Digest;
use jorei_domain::ledger::Instalment;
use jorei_domain::record::COLLECTIONS;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The last placeholder of the path.
pub struct Last<T>(pub T);

/// Parameters after the question mark.
pub struct Params<T>(pub T);

/// A body in JSON.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Last<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Last<T>, Problem> {
        // A number that is none names nothing.
        let nothing = || Problem::not_found("no record has such a number or digest");
        let params = parts.extract::<RawPathParams>().await.map_err(|_| nothing())?;
        // PostgreSQL takes no text with a NUL, and would say so with a fault.
        let last = params.iter().last().filter(|(_, value)| !value.contains('\0')).and_then(|(_, value)| value.parse().ok());
        last.map(Last).ok_or_else(nothing)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send + 'static> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Params<T>, Problem> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(Problem::invalid(format!("the query: {NUL}")));
        }
        let query = parts.extract::<axum::extract::Query<T>>().await;
        query.map(|query| Params(query.0)).map_err(|rejection| {
            // Behind what axum says itself stands what serde says.
            let text = rejection.body_text();
            let said = text.split_once(": ").map_or(text.as_str(), |(_, said)| said);
            Problem::invalid(format!("the query: {}", expected(said)))
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Problem> {
        is_json(request.headers())?;
        let bytes =
            Bytes::from_request(request, state).await.map_err(|_| Problem::new(Code::Malformed, "the body did not arrive whole"))?;
        json(&bytes).map(Json)
    }
}

/// Is the body said to be JSON, in UTF-8 and not compressed?
fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let wrong = |detail: &str| Err(Problem::new(Code::NotJson, detail));
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let mut parts = kind.split(';').map(str::trim);
    if parts.next() != Some("application/json") {
        return wrong("send the header Content-Type: application/json");
    }
    if parts.any(|part| part.starts_with("charset=") && part.trim_matches('"') != "charset=utf-8" && part != "charset=\"utf-8\"") {
        return wrong("JSON is in UTF-8; another charset is not taken");
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return wrong("a compressed body is not taken");
    }
    Ok(())
}

/// Reads JSON, and says where it is wrong.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if std::str::from_utf8(bytes).is_err() {
        return Err(Problem::new(Code::NotJson, "the body is not UTF-8"));
    }
    if has_nul(bytes) {
        return Err(Problem::invalid(format!("the document: {NUL}")));
    }
    // Serde would take a list for a document, its values in the order of the members.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(Problem::invalid("the document: expected an object, not a list"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() {
            let unknown = inner.to_string().starts_with("unknown field");
            return Problem::invalid(format!("{}: {}", place(error.path(), unknown), expected(&inner.to_string())));
        }
        let (line, column) = (inner.line(), inner.column());
        Problem::new(Code::Malformed, format!("the body is not JSON: it breaks off or is wrong at line {line}, column {column}"))
    })?;
    reader.end().map_err(|_| Problem::new(Code::Malformed, "the body goes on after its JSON document"))?;
    Ok(value)
}

/// What is said of a text with a NUL: one of the two databases takes none.
const NUL: &str = "a text holds the character U+0000, which no text here may hold";

/// Does a text of a JSON document hold a NUL? It can only be written as an escape.
fn has_nul(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with(b"u0000") {
            return true;
        }
        // The escaped character itself may be a backslash.
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

/// A header that stands once, as text: of two that contradict each other neither is meant.
pub fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// A place in a document by member names; a member that nobody knows is not repeated.
fn place(path: &serde_path_to_error::Path, unknown: bool) -> String {
    let segments: Vec<String> = path.iter().map(ToString::to_string).filter(|segment| segment != "?").collect();
    let known = if unknown { segments.len().saturating_sub(1) } else { segments.len() };
    let plain = |segment: &String| {
        segment.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'[' | b']'))
    };
    let shown: Vec<&str> = segments[..known].iter().map(|segment| if plain(segment) { segment.as_str() } else { "…" }).collect();
    if shown.is_empty() { "the document".to_owned() } else { shown.join(".").replace(".[", "[") }
}

/// What was expected, from a text of serde, without what was sent.
fn expected(text: &str) -> String {
    if let Some(field) = text.strip_prefix("missing field ") {
        return format!("the member {} is missing", field.split(" at ").next().unwrap_or_default());
    }
    if text.starts_with("duplicate field") {
        return "a member stands twice".to_owned();
    }
    // The last one is serde's own; an earlier one may have been sent.
    let after = |word: &str| text.rsplit_once(word).map(|(_, rest)| rest.split(" at line ").next().unwrap_or_default().to_owned());
    match (text.starts_with("unknown field"), after("expected ")) {
        (true, Some(known)) => format!("an unknown member; expected {known}"),
        (true, None) => "an unknown member".to_owned(),
        (false, Some(kind)) => format!("expected {kind}"),
        (false, None) => "not a value that can stand there".to_owned(),
    }
}

/// A civil date in a request.
pub fn date(member: &str, text: &str) -> Result<Date, Problem> {
    Date::parse(text).map_err(|_| Problem::invalid(format!("{member}: not a date (write 2025-04-01)")))
}

/// One line of words in a request: a reason, or where a paper is. It is kept for ever, so it holds no long number of anybody.
pub fn line(member: &str, text: &str, longest: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(Problem::invalid(format!("{member}: write one line of 1 to {longest} characters, without names or addresses")));
    }
    let joins = |letter: char| letter.is_numeric() || matches!(letter, '-' | '－' | 'ー');
    if text.split(|letter| !joins(letter)).any(|run| run.chars().filter(|letter| letter.is_numeric()).count() >= LONG_NUMBER) {
        return Err(Problem::invalid(format!("{member}: it holds a number of {LONG_NUMBER} digits or more; write it without")));
    }
    Ok(text.to_owned())
}

/// So many digits in a row may be a personal number or an account.
const LONG_NUMBER: usize = 10;

/// The day of something that has happened: none for today, and not after it.
pub fn day_until(member: &str, text: Option<&str>, today: Date) -> Result<Date, Problem> {
    match text.map(|text| date(member, text)).transpose()? {
        Some(day) if day > today => Err(Problem::invalid(format!("{member}: that day has not come yet"))),
        day => Ok(day.unwrap_or(today)),
    }
}

/// An instalment in a request: its fiscal year, way of collection and number.
pub fn instalment(year: i32, collection: Option<&str>, number: u16) -> Result<Instalment, Problem> {
    let year = fiscal_year("year", year)?.year();
    let place = COLLECTIONS.iter().position(|word| *word == collection.unwrap_or(COLLECTIONS[0]));
    let collection = place.and_then(|place| u8::try_from(place).ok());
    let collection = collection.ok_or_else(|| Problem::invalid(format!("collection: one of {}", COLLECTIONS.join(", "))))?;
    if !(1..1_000).contains(&number) {
        return Err(Problem::invalid("number: an instalment has a number from 1 to 999"));
    }
    Ok(Instalment { year, collection, number })
}

/// A fiscal year in a request.
pub fn fiscal_year(member: &str, year: i32) -> Result<FiscalYear, Problem> {
    FiscalYear::new(year).map_err(|_| Problem::invalid(format!("{member}: not a fiscal year that this service knows (write 2025)")))
}

/// A whole digest in a request.
pub fn digest(member: &str, text: &str) -> Result<Digest, Problem> {
    Digest::parse(text).ok_or_else(|| Problem::invalid(format!("{member}: not a digest (64 hexadecimal digits)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[serde(default)]
        #[allow(dead_code, reason = "only whether it can be read matters here")]
        year: i32,
    }

    #[test]
    fn an_error_names_the_place_and_repeats_nothing() {
        for body in [
            r#"{"山田太郎": 1}"#,
            r#"{"year": "山田太郎"}"#,
            r#"{"yamada_taro": 1}"#,
            r#"{"year": 99999999999999999999}"#,
            r#"{"year": 1.5}"#,
        ] {
            let detail = json::<Body>(body.as_bytes()).unwrap_err().detail;
            assert!(!detail.contains("山田") && !detail.contains("yamada") && !detail.contains("9999"), "{detail}");
        }
        assert_eq!(json::<Body>(br#"{"year": "x"}"#).unwrap_err().detail, "year: expected i32");
        for (broken, code) in [
            (&b"{"[..], Code::Malformed),
            (b"{} {}", Code::Malformed),
            (b"{\"year\": 1, \"year\": 2}", Code::Invalid),
            (b" [1]", Code::Invalid),
            (br#"{"\u0000": 1}"#, Code::Invalid),
            (b"\xff", Code::NotJson),
        ] {
            assert_eq!(json::<Body>(broken).unwrap_err().code, code);
        }
        for (text, nul) in [(r"\\u0000", false), (r"\\\u0000", true), (r"\u0001\u0000", true), ("u0000", false), ("\\", false)] {
            assert_eq!(has_nul(text.as_bytes()), nul, "{text}");
        }
    }
}
