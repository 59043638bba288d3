//! Declining to decide.

use jorei_domain::decision::Reason;
use jorei_domain::money::MoneyError;

/// A typed refusal: the case goes to a clerk with this sentence. Boxed, because it is rare and
/// every step of a rule passes it on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal(Box<jorei_domain::decision::Refusal>);

impl Refusal {
    fn new(reason: Reason, label: &'static str) -> Refusal {
        Refusal(Box::new(jorei_domain::decision::Refusal { reason, label: label.into(), article: String::new(), arguments: Vec::new() }))
    }

    /// Law or ordinance have no value for the date. `label` is the key of the sentence.
    pub fn law_unknown(label: &'static str) -> Refusal {
        Refusal::new(Reason::LawUnknown, label)
    }

    /// A fact that the answer depends on is not there.
    pub fn fact_missing(label: &'static str) -> Refusal {
        Refusal::new(Reason::FactMissing, label)
    }

    /// Facts contradict each other, or a value cannot be.
    pub fn fact_impossible(label: &'static str) -> Refusal {
        Refusal::new(Reason::FactImpossible, label)
    }

    /// The rule does not cover such a case.
    pub fn out_of_scope(label: &'static str) -> Refusal {
        Refusal::new(Reason::OutOfScope, label)
    }

    /// Names the article that asks for the missing thing.
    #[must_use]
    pub fn article(mut self, article: impl Into<String>) -> Refusal {
        self.0.article = article.into();
        self
    }

    /// Fills `{name}` in the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Refusal {
        self.0.arguments.push((name.into(), value.to_string()));
        self
    }

    /// The plain value.
    pub fn into_inner(self) -> jorei_domain::decision::Refusal {
        *self.0
    }
}

impl From<MoneyError> for Refusal {
    fn from(error: MoneyError) -> Refusal {
        Refusal::fact_impossible("amount_out_of_range").with("error", error)
    }
}
