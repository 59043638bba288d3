//! The categories of the household in the month, as the classification decided them. Absent: how they follow from incomes.

use crate::HighCostFacts;
use crate::outcome::Over70;
use jorei_sdk::facts::{CategoryOver70, CategoryUnder70};
use jorei_sdk::*;

/// Both categories of the month; what no claim asks for may be unknown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Categories {
    under_70: CategoryUnder70,
    over_70: CategoryOver70,
    month: Date,
}

impl Categories {
    /// The one row of the month.
    ///
    /// # Errors
    /// `category_missing`, `category_twice`.
    pub(crate) fn of<'a, T: Trace<'a>>(case: &Case<'a, HighCostFacts>, t: &mut T) -> Result<Categories, Refusal> {
        let mut rows = case.rows(|facts| &facts.categories).filter(|row| row.on().peek() == case.on);
        let Some(row) = rows.next() else {
            return Err(Refusal::fact_missing("category_missing").with("month", case.on).article("Order art. 29-3"));
        };
        if rows.next().is_some() {
            return Err(Refusal::fact_impossible("category_twice").with("month", case.on).article("Order art. 29-3"));
        }
        t.see(row.on());
        if t.see(row.provisional()) {
            t.unsettled();
        }
        let categories = Categories { under_70: t.see(row.under_70()), over_70: t.see(row.over_70()), month: case.on };
        if categories.under_70 != CategoryUnder70::Unknown {
            t.note("category_under_70", Val::Word(under_70_word(categories.under_70))).article("Order art. 29-3");
        }
        if let Some(over_70) = over_70(categories.over_70) {
            t.note("category_over_70", Val::Word(over_70.word())).article("Order art. 29-3");
        }
        Ok(categories)
    }

    /// By the table of those under 70.
    ///
    /// # Errors
    /// `category_under_70_missing`.
    pub(crate) fn under_70(&self) -> Result<CategoryUnder70, Refusal> {
        match self.under_70 {
            CategoryUnder70::Unknown => {
                Err(Refusal::fact_missing("category_under_70_missing").with("month", self.month).article("Order art. 29-3"))
            }
            category => Ok(category),
        }
    }

    /// By the table of those from 70 to 74, and its word.
    ///
    /// # Errors
    /// `category_over_70_missing`.
    pub(crate) fn over_70(&self) -> Result<(CategoryOver70, Over70), Refusal> {
        match over_70(self.over_70) {
            None => Err(Refusal::fact_missing("category_over_70_missing").with("month", self.month).article("Order art. 29-3")),
            Some(word) => Ok((self.over_70, word)),
        }
    }
}

const fn over_70(category: CategoryOver70) -> Option<Over70> {
    Some(match category {
        CategoryOver70::Active3 => Over70::Active3,
        CategoryOver70::Active2 => Over70::Active2,
        CategoryOver70::Active1 => Over70::Active1,
        CategoryOver70::General => Over70::General,
        CategoryOver70::LowIncome2 => Over70::LowIncome2,
        CategoryOver70::LowIncome1 => Over70::LowIncome1,
        CategoryOver70::Unknown => return None,
    })
}

const fn under_70_word(category: CategoryUnder70) -> &'static str {
    match category {
        CategoryUnder70::A => "category_a",
        CategoryUnder70::I => "category_i",
        CategoryUnder70::U => "category_u",
        CategoryUnder70::E => "category_e",
        CategoryUnder70::O | CategoryUnder70::Unknown => "category_o",
    }
}
