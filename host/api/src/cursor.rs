//! Pages: a list is cut, and the answer says where the next part begins.

use crate::problem::{Answer, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Items of a page where nothing is said.
const LIMIT: u32 = 50;
/// Most items of a page.
const LIMIT_MAX: u32 = 500;

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// The `next` of the page before; none: from the start.
    pub after: Option<String>,
    /// At most so many items, 1 to 500; none: 50.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

impl PageQuery {
    /// The number after which the page begins.
    ///
    /// # Errors
    /// [`crate::problem::Code::Invalid`] for a cursor that no page gave.
    pub fn number(&self) -> Answer<Option<i64>> {
        let wrong = |_| Problem::invalid("after: not a `next` that a page of this list gave");
        self.after.as_deref().map(|after| after.parse().map_err(wrong)).transpose()
    }

    /// How many items.
    ///
    /// # Errors
    /// [`crate::problem::Code::Invalid`] outside its bounds.
    pub fn limit(&self) -> Answer<u32> {
        limit(self.limit)
    }
}

/// How many items a page has.
///
/// # Errors
/// [`crate::problem::Code::Invalid`] outside its bounds.
pub fn limit(asked: Option<u32>) -> Answer<u32> {
    match asked.unwrap_or(LIMIT) {
        limit @ 1..=LIMIT_MAX => Ok(limit),
        _ => Err(Problem::invalid(format!("limit: give a number from 1 to {LIMIT_MAX}"))),
    }
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items in order.
    pub items: Vec<T>,
    /// Give this as `after` for the next part; none: there is no more.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of a list that was asked for one item more than fits.
    pub fn of(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Page<T> {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = if more { items.last().map(cursor) } else { None };
        Page { items, next }
    }

    /// A list that is always told whole.
    pub fn whole(items: Vec<T>) -> Page<T> {
        Page { items, next: None }
    }
}
