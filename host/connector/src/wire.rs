//! Version 1 of what travels to and from the intermediate server: JSON over HTTP, read strictly in both directions.
//!
//! For the client of this crate and for a program that plays the server; nothing else of the host names anything here. A
//! change of the real interface is another module beside this one, not another field in it: unknown fields are refused.
//!
//! | request | body | answer |
//! | --- | --- | --- |
//! | `POST /v1/queries` | [`QueriesForm`] | 200 [`AcceptedForm`] |
//! | `GET /v1/answers?after=&limit=` | — | 200 [`AnswersForm`]: of the answers after that number the lowest, in any order |
//! | any of them | — | another status with a [`ProblemForm`] |
//!
//! Absent here: what is read is not repeated in an error. A field may hold a name or an account.

use crate::answer::{Answer, Instant, Standing};
use crate::query::{AddresseeNumber, LegalRow, Malformed, Matter, Query, QueryId, What};
use jorei_domain::calendar::Date;
use jorei_domain::purpose::{Affair, CaseReference};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where queries go.
pub const QUERIES_PATH: &str = "v1/queries";

/// Where answers are.
pub const ANSWERS_PATH: &str = "v1/answers";

/// Queries in one request; more are refused (`too-many`).
pub const BATCH_QUERIES: usize = 1000;

/// Answers in one page; more are refused (`too-many`). With the longest items a page in UTF-8 stays below
/// [`crate::ANSWER_BYTES`].
pub const PAGE_ANSWERS: u16 = 1000;

/// What is asked, on the wire.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum WhatForm {
    /// [`What::Account`].
    Account,
    /// [`What::Income`].
    Income {
        /// The calendar year.
        year: i32,
    },
    /// [`What::Qualification`].
    Qualification,
    /// [`What::DependantLoss`].
    DependantLoss,
    /// [`What::EmploymentInsurance`].
    EmploymentInsurance,
}

impl From<What> for WhatForm {
    fn from(what: What) -> WhatForm {
        match what {
            What::Account => WhatForm::Account,
            What::Income { year } => WhatForm::Income { year },
            What::Qualification => WhatForm::Qualification,
            What::DependantLoss => WhatForm::DependantLoss,
            What::EmploymentInsurance => WhatForm::EmploymentInsurance,
        }
    }
}

/// A query, on the wire.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct QueryForm {
    /// 32 hexadecimal digits.
    pub id: String,
    /// [`Matter`].
    pub matter: String,
    /// [`LegalRow::word`].
    pub legal_row: String,
    /// [`Affair::word`].
    pub affair: String,
    /// [`CaseReference`].
    pub case: String,
    /// [`AddresseeNumber`].
    pub subject: i64,
    /// What.
    pub what: WhatForm,
    /// As of which day.
    pub on: Date,
}

impl From<&Query> for QueryForm {
    fn from(query: &Query) -> QueryForm {
        QueryForm {
            id: query.id.to_string(),
            matter: query.matter.to_string(),
            legal_row: query.legal_row.word().into(),
            affair: query.affair.word().into(),
            case: query.case.as_str().into(),
            subject: query.subject.get(),
            what: query.what.into(),
            on: query.on,
        }
    }
}

impl TryFrom<&QueryForm> for Query {
    type Error = Malformed;

    fn try_from(form: &QueryForm) -> Result<Query, Malformed> {
        Ok(Query {
            id: QueryId::parse(&form.id)?,
            matter: Matter::parse(&form.matter)?,
            legal_row: LegalRow::parse(&form.legal_row)?,
            affair: Affair::named(&form.affair).ok_or(Malformed::Affair)?,
            case: CaseReference::parse(&form.case).map_err(|_| Malformed::Case)?,
            subject: AddresseeNumber::new(form.subject)?,
            what: match form.what {
                WhatForm::Account => What::Account,
                WhatForm::Income { year } if (1990..=2199).contains(&year) => What::Income { year },
                WhatForm::Income { .. } => return Err(Malformed::Year),
                WhatForm::Qualification => What::Qualification,
                WhatForm::DependantLoss => What::DependantLoss,
                WhatForm::EmploymentInsurance => What::EmploymentInsurance,
            },
            on: form.on,
        })
    }
}

/// Queries, asked together: all are accepted or none.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct QueriesForm {
    /// At most [`BATCH_QUERIES`], each id once.
    pub queries: Vec<QueryForm>,
}

/// Which queries were accepted: each of the request's stands in one of the two.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedForm {
    /// Accepted now.
    pub new: Vec<String>,
    /// Accepted before, with the same content.
    pub known: Vec<String>,
}

/// An answer, on the wire.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerForm {
    /// Its number.
    pub sequence: u64,
    /// The query's id.
    pub query: String,
    /// What became of it.
    pub standing: Standing,
    /// [`Instant`].
    pub at: String,
}

/// A page of answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AnswersForm {
    /// In any order, each number once.
    pub answers: Vec<AnswerForm>,
}

/// Why a request was not served.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProblemForm {
    /// A permanent word: `token`, `form`, `other-content`, `too-many`, `maintenance`.
    pub code: String,
    /// The query it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// [`Instant`] until which nothing is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Reads one document in full: nothing unknown, nothing missing, nothing behind it.
///
/// # Errors
/// Where it stops being one. What stands there is not repeated.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut document).map_err(|error| {
        let (line, column) = (error.inner().line(), error.inner().column());
        match error.inner().classify() {
            serde_json::error::Category::Data => {
                format!("`{}` (line {line}, column {column}) is not as version 1 says", printable(&error.path().to_string()))
            }
            _ => format!("is no JSON from line {line}, column {column} on"),
        }
    })?;
    document.end().map_err(|_| "goes on behind its end".to_owned())?;
    Ok(value)
}

/// A path, without letters that somebody else could have put into the name of a field.
fn printable(path: &str) -> String {
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || "_.[]?".contains(c) { c } else { '?' };
    path.chars().take(120).map(plain).collect()
}

/// The answers of a page, by number.
///
/// # Errors
/// What is not as the table above says: an id, an instant, a number twice or not after `after`, more than asked for.
pub fn answers(form: AnswersForm, after: u64, limit: u16) -> Result<Vec<Answer>, String> {
    if form.answers.len() > usize::from(limit) {
        return Err(format!("has {} answers, asked for were {limit}", form.answers.len()));
    }
    let mut answers = Vec::with_capacity(form.answers.len());
    for answer in form.answers {
        let number = answer.sequence;
        let wrong = |field: &str, what: &str| format!("answer {number}: `{field}` {what}");
        if number <= after {
            return Err(wrong("sequence", &format!("is not after {after}")));
        }
        let query = QueryId::parse(&answer.query).map_err(|error| wrong("query", &format!("is wrong: {error}")))?;
        let at = Instant::parse(&answer.at).map_err(|error| wrong("at", &format!("is wrong: {error}")))?;
        if let Standing::Present(found) = &answer.standing
            && let Some((field, what)) = found.wrong()
        {
            return Err(wrong(field, what));
        }
        answers.push(Answer { sequence: number, query, standing: answer.standing, at });
    }
    answers.sort_by_key(|answer| answer.sequence);
    match answers.windows(2).find(|two| two[0].sequence == two[1].sequence) {
        Some(two) => Err(format!("has the number {} twice", two[0].sequence)),
        None => Ok(answers),
    }
}

/// New and known queries, when they are just those that were asked.
///
/// # Errors
/// Which one is missing or was not asked.
pub fn accepted(form: &AcceptedForm, asked: &[Query]) -> Result<(Vec<QueryId>, Vec<QueryId>), String> {
    let ids = |texts: &[String]| -> Result<Vec<QueryId>, String> {
        texts.iter().map(|text| QueryId::parse(text).map_err(|error| error.to_string())).collect()
    };
    let (new, known) = (ids(&form.new)?, ids(&form.known)?);
    let told: BTreeSet<QueryId> = new.iter().chain(&known).copied().collect();
    let asked: BTreeSet<QueryId> = asked.iter().map(|query| query.id).collect();
    if told.len() != new.len() + known.len() {
        return Err("names a query twice".into());
    }
    if let Some(id) = asked.symmetric_difference(&told).next() {
        let what = if told.contains(id) { "was not asked" } else { "is missing" };
        return Err(format!("is about other queries than were asked: {id} {what}"));
    }
    Ok((new, known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Found;

    /// Written by hand: the writing is the contract, whatever the types become.
    const PAGE: &str = r#"{"answers":[
        {"sequence":9,"query":"00112233445566778899aabbccddeeff","standing":"not_registered","at":"2026-11-23T07:39:09Z"},
        {"sequence":8,"query":"ffeeddccbbaa99887766554433221100","standing":{"present":{"account":{
            "bank_code":"9990","bank_kana":"ミホン","branch_code":"001","branch_kana":"ミホン","kind_code":"1",
            "number":"0000001","holder_kana":"ミホン ハナコ","changed_on":"2026-11-01"}}},"at":"2026-11-23T07:39:08Z"},
        {"sequence":10,"query":"0123456789abcdef0123456789abcdef","standing":{"present":{"income":{
            "year":2025,"state":"known","other_yen":-120000}}},"at":"2026-11-23T07:39:10Z"},
        {"sequence":11,"query":"0123456789abcdef0123456789abcde0","standing":{"present":{"qualification":{
            "insurer":"employees_insurance","acquired":"2026-04-01"}}},"at":"2026-11-23T07:39:10Z"},
        {"sequence":12,"query":"0123456789abcdef0123456789abcde1","standing":{"present":{"dependant_loss":{
            "lost":"2026-04-01"}}},"at":"2026-11-23T07:39:10Z"},
        {"sequence":13,"query":"0123456789abcdef0123456789abcde2","standing":{"present":{"employment_insurance":{
            "left":"2026-03-31","reason":"11","class":"special"}}},"at":"2026-11-23T07:39:10Z"}]}"#;

    fn page(text: &str) -> Result<Vec<Answer>, String> {
        answers(read(text.as_bytes())?, 7, 10)
    }

    #[test]
    fn a_page_is_read_in_the_order_of_its_numbers() {
        let page = page(PAGE).unwrap();
        assert_eq!(page.iter().map(|answer| answer.sequence).collect::<Vec<_>>(), [8, 9, 10, 11, 12, 13]);
        let Standing::Present(Found::Account(account)) = &page[0].standing else { panic!("an account") };
        assert_eq!((account.number.as_str(), account.changed_on), ("0000001", Some(Date::new(2026, 11, 1))));
        assert_eq!(page[1].standing, Standing::NotRegistered);
        let Standing::Present(Found::Income(income)) = &page[2].standing else { panic!("an income") };
        assert_eq!((income.other_yen.map(|yen| yen.get()), income.salary_yen), (Some(-120_000), None));
        let Standing::Present(Found::EmploymentInsurance(left)) = &page[5].standing else { panic!("leaving work") };
        assert_eq!((left.left, left.reason.get()), (Date::new(2026, 3, 31), 11));
    }

    #[test]
    fn what_is_not_version_1_is_refused_by_place_and_never_by_content() {
        for (from, to, place) in [
            ("\"kind_code\":\"1\",", "\"kind_code\":\"1\",\"extra\":1,", "answers[1].standing"),
            ("\"kind_code\":\"1\",", "", "answers[1].standing"),
            ("\"kind_code\":\"1\"", "\"kind_code\":1", "answers[1].standing"),
            ("2026-11-01", "2026-11-31", "answers[1].standing"),
            ("\"not_registered\"", "\"ミホン\"", "answers[0].standing"),
            ("\"reason\":\"11\"", "\"reason\":\"ハナ\"", "answers[5].standing"),
            ("\"sequence\":9,", "\"sequence\":9,\"ハナコ\":1,", "answers[0]."),
            ("\"sequence\":9", "\"sequence\":7", "answer 7: `sequence` is not after 7"),
            ("\"sequence\":9", "\"sequence\":8", "the number 8 twice"),
            ("\"sequence\":9", "\"sequence\":-9", "answers[0].sequence"),
            ("07:39:08Z", "07:39:08", "answer 8: `at`"),
            ("00112233445566778899aabbccddeeff", "ハナコ", "answer 9: `query`"),
            ("\"number\":\"0000001\"", "\"number\":\"00\\n00\"", "answer 8: `number` has a control character"),
            (
                "\"acquired\":\"2026-04-01\"",
                "\"acquired\":\"2026-04-01\",\"lost\":\"2026-03-01\"",
                "answer 11: `lost` lies before acquired",
            ),
            ("\"year\":2025", "\"year\":20250", "answer 10: `year`"),
        ] {
            let text = PAGE.replacen(from, to, 1);
            assert_ne!(text, PAGE, "{from}");
            let refused = page(&text).unwrap_err();
            assert!(refused.contains(place), "{to}: {refused}");
            assert!(!refused.contains("ミホン") && !refused.contains("ハナ"), "{refused}");
        }
        assert!(page(&format!("{PAGE} x")).unwrap_err().contains("behind its end"));
        assert!(page("<html>").unwrap_err().contains("no JSON"));
        assert!(answers(read(PAGE.as_bytes()).unwrap(), 0, 5).unwrap_err().contains("6 answers"));
    }

    #[test]
    fn a_query_is_written_as_version_1_says_and_read_again() {
        let query = Query {
            id: QueryId::new([0xab; 16]),
            matter: Matter::parse("refund").unwrap(),
            legal_row: LegalRow::AccountRegister,
            affair: Affair::Collection,
            case: CaseReference::parse("K-2026-15").unwrap(),
            subject: AddresseeNumber::new(1001).unwrap(),
            what: What::Income { year: 2025 },
            on: Date::new(2026, 11, 23),
        };
        let form = QueryForm::from(&query);
        assert_eq!(
            serde_json::to_string(&form).unwrap(),
            r#"{"id":"abababababababababababababababab","matter":"refund","legal_row":"account_register","affair":"collection","case":"K-2026-15","subject":1001,"what":{"income":{"year":2025}},"on":"2026-11-23"}"#
        );
        assert_eq!(Query::try_from(&form), Ok(query));
        let wrong = |change: &dyn Fn(&mut QueryForm)| {
            let mut form = form.clone();
            change(&mut form);
            Query::try_from(&form).unwrap_err()
        };
        assert_eq!(wrong(&|form| form.matter.clear()), Malformed::Matter);
        assert_eq!(wrong(&|form| form.subject = 0), Malformed::Addressee);
        assert_eq!(wrong(&|form| form.case = "123456789012".into()), Malformed::Case, "a personal number is no case");
        assert_eq!(wrong(&|form| form.what = WhatForm::Income { year: 25 }), Malformed::Year);
        assert_eq!(wrong(&|form| form.legal_row = "72".into()), Malformed::LegalRow);
        assert_eq!(wrong(&|form| form.affair = "anything".into()), Malformed::Affair);
    }
}
