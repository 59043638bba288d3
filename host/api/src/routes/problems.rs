//! The pages of problems, for whoever follows the address in an answer.

use crate::extract::Last;
use crate::problem::{Answer, Code, Problem, page};
use axum::response::Html;

/// Read what a problem means and what to do.
#[utoipa::path(get, path = "/problems/{code}", tag = "problems", params(("code" = String, Path, description = "The code")),
    responses((status = 200, description = "A page in Japanese", body = String, content_type = "text/html")))]
pub async fn show(Last(word): Last<String>) -> Answer<Html<String>> {
    let code = Code::ALL.iter().find(|code| code.word() == word);
    code.map(|code| page(*code)).ok_or_else(|| Problem::not_found("no problem has this code"))
}
