//! What the payer owes, in the order in which overpayments pay it (充当). Absent: interest, and what is left to be refunded.

use crate::RefundFacts;
use crate::ordinance::Values;
use jorei_sdk::appropriation::Part;
use jorei_sdk::facts::{ClaimPart, Consent};
use jorei_sdk::*;
use std::collections::BTreeMap;

/// A claim and what is still open of it.
struct Open<'a> {
    row: facts::Row<'a, facts::Claims>,
    due: Date,
    open: Yen,
}

/// The claims that may be paid, in order.
pub(crate) struct Claims<'a> {
    open: Vec<Open<'a>>,
}

impl<'a> Claims<'a> {
    /// What is due on the day of the case, and with a consent what is due later: the oldest instalment first, of each the parts
    /// in the order of the ordinance.
    ///
    /// # Errors
    /// `claim_twice`, `claim_unknown`.
    pub(crate) fn of<T: Trace<'a>>(case: &Case<'a, RefundFacts>, values: &'a Values, t: &mut T) -> Result<Claims<'a>, Refusal> {
        let mut numbers: Vec<i64> = Vec::new();
        let mut claims: Vec<(Part, Open<'a>)> = Vec::new();
        for row in case.rows(|facts| &facts.claims) {
            let number = row.number().peek();
            if numbers.contains(&number) {
                return Err(Refusal::fact_impossible("claim_twice").with("number", number));
            }
            numbers.push(number);
            if !t.see(row.same_payer()) {
                continue;
            }
            let unknown = || Refusal::fact_missing("claim_unknown").with("number", number);
            let part = match t.see(row.part()) {
                ClaimPart::Principal => Part::Principal,
                ClaimPart::DelinquencyCharge => Part::DelinquencyCharge,
                ClaimPart::DemandFee => Part::DemandFee,
                ClaimPart::Unknown => return Err(unknown()),
            };
            let open = t.see(row.open_yen()).filter(|yen| *yen >= Yen::ZERO).ok_or_else(unknown)?;
            claims.push((part, Open { row, due: t.see(row.on()), open }));
        }
        if claims.is_empty() {
            return Ok(Claims { open: Vec::new() });
        }
        let parts = values.appropriation_order.known()?.parts(t);
        // Not yet due: only with a consent (予納).
        let consents = case.rows(|facts| &facts.consents);
        let mut agreed = consents.filter(|row| row.consent().peek() == Consent::AppropriateBeforeDue && row.on().peek() <= case.on);
        let beyond = claims.iter().any(|(_, claim)| claim.due > case.on);
        let consent = beyond && agreed.next().is_some_and(|row| t.see(row.on()) <= case.on);
        if beyond {
            t.note("consent_before_due", consent);
        }
        claims.retain(|(_, claim)| claim.due <= case.on || consent);
        let instalment = |claim: &Open<'a>| {
            let late = claim.due > case.on;
            (late, claim.row.fiscal_year().peek(), claim.row.instalment().peek(), claim.row.collection().peek() as i64)
        };
        let mut oldest: BTreeMap<_, Date> = BTreeMap::new();
        for (_, claim) in &claims {
            let due = oldest.entry(instalment(claim)).or_insert(claim.due);
            *due = claim.due.min(*due);
        }
        claims.sort_by_key(|(part, claim)| {
            let (late, year, number, collection) = instalment(claim);
            let rank = parts.iter().position(|ranked| ranked == part);
            (late, oldest[&(late, year, number, collection)], year, number, collection, rank, claim.row.number().peek())
        });
        Ok(Claims { open: claims.into_iter().map(|(_, claim)| claim).collect() })
    }

    /// Pays with an amount what it reaches: number of the claim, what it gets, its due date.
    ///
    /// # Errors
    /// An amount out of range.
    pub(crate) fn take<T: Trace<'a>>(&mut self, amount: Yen, t: &mut T) -> Result<Vec<(i64, Yen, Date)>, Refusal> {
        let (mut rest, mut taken) = (amount, Vec::new());
        for claim in &mut self.open {
            let part = rest.min(claim.open);
            if part > Yen::ZERO {
                claim.open = claim.open.minus(part)?;
                rest = rest.minus(part)?;
                let number = t.see(claim.row.number());
                t.see(claim.row.fiscal_year());
                t.see(claim.row.instalment());
                t.note("claim", number);
                t.note("appropriated", part).article("Local Tax Act art. 17-2");
                taken.push((number, part, claim.due));
            }
        }
        Ok(taken)
    }
}
