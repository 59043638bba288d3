//! Interest on an overpayment (還付加算金): from which day each payment counts, until when, which days are left out. Absent: how
//! days become yen (`jorei_sdk::stretches`).

use crate::ordinance::{Kind, Values};
use crate::outcome::StretchRow;
use crate::{Overpayment, Use};
use jorei_sdk::facts::OverpaymentCause;
use jorei_sdk::stretches::{Counter, Piece, after_months, days_after};
use jorei_sdk::*;

/// The law of interest: each value is read once, where it is first used.
pub(crate) struct Interest<'a> {
    pub(crate) values: &'a Values,
    kind: Kind,
    counter: Counter<'a>,
    excluded_days: Option<i64>,
    rates: Vec<(i32, Rate)>,
}

/// What came of one overpayment.
pub(crate) struct Accrued {
    pub(crate) first_day: Option<Date>,
    pub(crate) yen: Yen,
    pub(crate) stretches: Vec<StretchRow>,
}

/// Money of one payment for one use: days on which it counts, both ends included.
struct Flow {
    first_day: Date,
    last_day: Date,
    yen: Yen,
}

impl<'a> Interest<'a> {
    /// Reads what every overpayment needs.
    ///
    /// # Errors
    /// `settings_missing`.
    pub(crate) fn new<T: Trace<'a>>(values: &'a Values, t: &mut T) -> Result<Interest<'a>, Refusal> {
        let kind = t.get_as(&values.regime.known()?.kind, |kind| Val::Word(word(*kind)));
        t.note("regime", Val::Word(word(kind)));
        Ok(Interest { values, kind, counter: Counter::new(values.units.known()?, t), excluded_days: None, rates: Vec::new() })
    }

    /// Interest on an overpayment by what it is used for.
    ///
    /// # Errors
    /// `cause_unknown`, `request_unknown`, `tax_notice_unknown`; a year without a rate.
    pub(crate) fn on<T: Trace<'a>>(
        &mut self,
        overpayment: &Overpayment<'a>,
        uses: &[Use],
        on: Date,
        t: &mut T,
    ) -> Result<Accrued, Refusal> {
        let step = t.open("interest");
        let mut flows = Vec::new();
        let mut uses = uses.iter().copied();
        let mut using = uses.next();
        let mut first_day: Option<Date> = None;
        for payment in &overpayment.payments {
            let first = self.first_day(overpayment, payment.on, t)?;
            first_day = Some(first_day.map_or(first, |day| day.min(first)));
            let mut rest = payment.yen;
            while let Some(Use { yen, last_day }) = using.filter(|_| rest > Yen::ZERO) {
                let part = rest.min(yen);
                flows.push(Flow { first_day: first, last_day, yen: part });
                rest = rest.minus(part)?;
                let left = yen.minus(part)?;
                using = if left > Yen::ZERO { Some(Use { yen: left, last_day }) } else { uses.next() };
            }
        }
        let excluded = self.excluded(overpayment, on, t)?;
        let pieces = pieces(&flows, &excluded)?;
        let Interest { values, counter, rates, .. } = self;
        let accrued = counter.count(&pieces, overpayment.yen, |year, (), t: &mut T| rate(rates, values, year, t), t)?;
        t.close(step, accrued.yen).article("Local Tax Act art. 17-4");
        let stretches = accrued.stretches.iter().map(|stretch| StretchRow {
            number: overpayment.number,
            from: stretch.from,
            until: stretch.until,
            days: stretch.days,
            base_yen: stretch.base,
            rate_num: stretch.rate.num(),
            rate_den: stretch.rate.den(),
            yen: stretch.yen,
        });
        Ok(Accrued { first_day, yen: accrued.yen, stretches: stretches.collect() })
    }

    /// The first day that counts of a payment, by the cause (Local Tax Act art. 17-4 para. 1).
    fn first_day<T: Trace<'a>>(&self, overpayment: &Overpayment<'a>, paid: Date, t: &mut T) -> Result<Date, Refusal> {
        const ARTICLE: &str = "Local Tax Act art. 17-4 para. 1";
        let missing = |label| Refusal::fact_missing(label).with("number", overpayment.number).article(ARTICLE);
        let (row, after_payment) = (overpayment.row, paid.tomorrow());
        let cause = t.see(row.cause());
        let (day, article, formula) = match (self.kind, cause) {
            (_, OverpaymentCause::Unknown) => return Err(missing("cause_unknown")),
            (_, OverpaymentCause::Reduction)
            // Of a premium every reduction: nobody requests a correction of it, and no income tax corrects it.
            | (Kind::Premium, OverpaymentCause::CorrectionRequested | OverpaymentCause::IncomeTax) => {
                (after_payment, "Local Tax Act art. 17-4 para. 1 no. 1", "after_payment")
            }
            (Kind::Tax, OverpaymentCause::CorrectionRequested) => {
                let requested = t.see(row.requested_on()).ok_or_else(|| missing("request_unknown"))?;
                t.note("requested_on", requested);
                let corrected = t.see(row.on());
                (after_months(requested.tomorrow(), 3).min(after_months(corrected.tomorrow(), 1)), ARTICLE, "after_request_or_correction")
            }
            (Kind::Tax, OverpaymentCause::IncomeTax) => {
                let notified = t.see(row.tax_notified_on()).ok_or_else(|| missing("tax_notice_unknown"))?;
                t.note("tax_notified_on", notified);
                (after_months(notified.tomorrow(), 1), ARTICLE, "month_after_tax_notice")
            }
            (_, OverpaymentCause::PaidTwice | OverpaymentCause::PaidTooMuch | OverpaymentCause::WrongPayer) => {
                (after_months(after_payment, 1), ARTICLE, "month_after_payment")
            }
        };
        let day = day.max(after_payment);
        t.note("paid_on", paid);
        t.note("first_day", day).article(article).formula(formula);
        Ok(day)
    }

    /// Days that are left out: from the day after those in which to claim, to the claim.
    fn excluded<T: Trace<'a>>(&mut self, overpayment: &Overpayment<'a>, on: Date, t: &mut T) -> Result<Vec<(Date, Date)>, Refusal> {
        let mut all = Vec::new();
        for (sent, claimed) in &overpayment.notices {
            let days = match self.excluded_days {
                Some(days) => days,
                None => t.get(&self.values.excluded_days.known()?.days),
            };
            self.excluded_days = Some(days);
            let from = days_after(*sent, days).tomorrow();
            let until = claimed.unwrap_or(on).tomorrow();
            if from < until {
                t.note("excluded_from", from);
                t.note("excluded_days", from.days_until(until)).article("Local Tax Act art. 17-4").formula("unanswered_notice");
                all.push((from, until));
            }
        }
        Ok(all)
    }
}

/// The rate of a year.
fn rate<'a, T: Trace<'a>>(read: &mut Vec<(i32, Rate)>, values: &'a Values, year: i32, t: &mut T) -> Result<Rate, Refusal> {
    if let Some((_, rate)) = read.iter().find(|(known, _)| *known == year) {
        return Ok(*rate);
    }
    let rate = t.get(&values.rates.of_year(year)?.refund_rate);
    read.push((year, rate));
    Ok(rate)
}

/// What runs on which days: the sum of all money that counts on them.
fn pieces(flows: &[Flow], excluded: &[(Date, Date)]) -> Result<Vec<Piece<()>>, MoneyError> {
    let ends = flows.iter().flat_map(|flow| [flow.first_day, flow.last_day.tomorrow()]);
    let mut bounds: Vec<Date> = ends.chain(excluded.iter().flat_map(|(from, until)| [*from, *until])).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let mut pieces: Vec<Piece<()>> = Vec::new();
    for pair in bounds.windows(2) {
        let (from, until) = (pair[0], pair[1]);
        if excluded.iter().any(|(begins, ends)| (*begins..*ends).contains(&from)) {
            continue;
        }
        let running = flows.iter().filter(|flow| (flow.first_day..=flow.last_day).contains(&from));
        let open = running.map(|flow| flow.yen).try_fold(Yen::ZERO, Yen::plus)?;
        match pieces.last_mut() {
            Some(last) if (last.until, last.open) == (from, open) => last.until = until,
            _ if open > Yen::ZERO => pieces.push(Piece { from, until, open, step: () }),
            _ => {}
        }
    }
    Ok(pieces)
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Premium => "premium",
        Kind::Tax => "tax",
    }
}
