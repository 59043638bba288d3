//! Arrears for officials: one household in words, and the lines of the master (滞納整理マスタ).
//!
//! Absent here: names and addresses; whoever shows arrears notes the look-up first.

use super::{Arrears, Charge, CreditKind, Standing, extinct_on, promise_state, time_bar};
use jorei_domain::calendar::Date;
use jorei_domain::ledger::Instalment;
use jorei_domain::money::grouped;
use jorei_store::arrears::{Step, StoredArrearsEvent, is_followed, standing_demand};
use std::fmt::Write as _;

/// How a household's arrears stand on a day, with the charges of the rule where there are any.
pub fn shown(arrears: &Arrears, charges: &[Charge], on: Date) -> String {
    let mut text = format!("世帯{} 滞納状況（{on}現在）\n", arrears.household);
    // Writing to a string cannot fail.
    let _ = write_shown(&mut text, arrears, charges, on);
    text
}

fn write_shown(text: &mut String, arrears: &Arrears, charges: &[Charge], on: Date) -> std::fmt::Result {
    for standing in arrears.standings.iter().filter(|standing| standing.due <= on) {
        let of = standing.instalment;
        let charge = charges.iter().find(|charge| charge.instalment == of);
        writeln!(
            text,
            "  {of} 納期限 {} 調定額 {} 円 未納額 {} 円",
            standing.due,
            grouped(standing.billed_yen),
            grouped(standing.open_on(on))
        )?;
        for credit in standing.credits.iter().filter(|credit| credit.on <= on) {
            let kind = match credit.kind {
                CreditKind::Paid(receipt) => format!("収納（{receipt}）"),
                CreditKind::Appropriated => "充当".to_owned(),
                CreditKind::WrittenOff => "不納欠損".to_owned(),
            };
            writeln!(text, "    {} {kind} {} 円", credit.on, grouped(credit.yen))?;
        }
        if standing.charge_levied_yen > 0 {
            writeln!(text, "    延滞金 調定額 {} 円 未納額 {} 円", grouped(standing.charge_levied_yen), grouped(standing.charge_open_yen))?;
        }
        if let Some(charge) = charge.filter(|charge| charge.charge_yen > 0 && standing.charge_levied_yen == 0) {
            writeln!(text, "    延滞金（計算額、未調定） {} 円", grouped(charge.charge_yen))?;
        }
        if standing.fee_open_yen > 0 {
            writeln!(text, "    督促手数料 未納額 {} 円", grouped(standing.fee_open_yen))?;
        }
        if standing.open_on(on) == 0 {
            continue;
        }
        if let Some(charge) = charge.filter(|charge| charge.demand_due) {
            let by = charge.demand_by.map_or_else(String::new, |day| format!("（発付期限 {day}）"));
            writeln!(text, "    督促状 未発付{by}")?;
        }
        if let Some(from) = charge.and_then(|charge| charge.seizable_from).filter(|from| *from <= on) {
            writeln!(text, "    差押の要件を満たした日 {from}")?;
        }
        let bar = time_bar(standing, &arrears.events);
        let held = if bar.held { "（差押中のため完成しない）" } else { "" };
        writeln!(text, "    時効 {} の{}から進行、{} に完成{held}【未確認の値による】", bar.began_on, bar.began.ja(), bar.bar_on)?;
        if let Some(day) = extinct_on(of, &arrears.events) {
            writeln!(text, "    執行停止により {day} に消滅【未確認の値による】")?;
        }
    }
    for line in steps_shown(arrears, on) {
        writeln!(text, "  {line}")?;
    }
    Ok(())
}

/// What was done, a line for each step.
pub fn steps_shown(arrears: &Arrears, on: Date) -> Vec<String> {
    let line = |known: &StoredArrearsEvent| {
        let about: Vec<String> = known.event.instalments.iter().map(ToString::to_string).collect();
        format!("[{}] {} {} {}{}", known.number, known.event.on, known.event.step.ja(), about.join("、"), detail(known, arrears, on))
    };
    arrears.events.iter().map(line).collect()
}

/// What a step says beyond its day and sort.
fn detail(known: &StoredArrearsEvent, arrears: &Arrears, on: Date) -> String {
    let event = &known.event;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = match (event.step, event.from, event.until) {
        (Step::Granted, Some(from), Some(until)) => {
            let kind = ["延滞金減免", "徴収猶予", "換価の猶予"].get(usize::from(event.grace.unwrap_or(u8::MAX))).unwrap_or(&"");
            write!(text, " {kind} {from} から {until} の前日まで")
        }
        (Step::Revoked, Some(from), _) => write!(text, " {from} 以後"),
        (Step::Demanded, ..) if event.fee.get() > 0 => write!(text, " 手数料 各{}円", event.fee),
        (Step::Promised, ..) => {
            let state = promise_state(known, arrears, on);
            let all = grouped(event.payments.iter().map(|(_, yen)| yen.get()).sum());
            let void = if state.is_void { "、失効" } else { "" };
            let dates = event.payments.len();
            write!(
                text,
                " {dates}回 {all}円（納付済 {}円、不履行 {}回{void}【2回で失効は未確認の扱い】）",
                grouped(state.paid_yen),
                state.missed
            )
        }
        _ => Ok(()),
    };
    let _ = event.of.map(|of| write!(text, " （記録 {of}）"));
    let _ = if event.reason.is_empty() { Ok(()) } else { write!(text, " 理由: {}", event.reason) };
    text
}

/// The lines of the master of one household: for each instalment that is or was in arrears by a day one for each step, or one
/// without any. Cells in the order of the master's columns.
pub fn master_lines(arrears: &Arrears, year: Option<i32>, on: Date) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for standing in arrears.standings.iter().filter(|standing| year.is_none_or(|year| standing.instalment.year == year)) {
        let of = standing.instalment;
        let events: Vec<&StoredArrearsEvent> = arrears.events.iter().filter(|known| known.event.instalments.contains(&of)).collect();
        let owes = standing.due < on && standing.open_yen > 0 || standing.charge_open_yen > 0 || standing.fee_open_yen > 0;
        let late = standing.due < on && standing.credits.iter().any(|credit| credit.on > standing.due);
        if !(owes || late || !events.is_empty()) {
            continue;
        }
        let now = cells(standing, &arrears.events, of);
        let step = |known: Option<&StoredArrearsEvent>| {
            let told = known.map(|known| {
                let taken_back = if is_followed(&arrears.events, known.number, of) { "取消・終了" } else { "" };
                let (day, kind) = (known.event.on.to_string(), known.event.step.ja().to_owned());
                let detail = detail(known, arrears, on).trim().to_owned();
                [known.number.to_string(), day, kind, detail, taken_back.to_owned(), known.at.clone(), known.by.clone()]
            });
            [&[arrears.household.to_string()][..], &now, &told.unwrap_or_default()].concat()
        };
        if events.is_empty() {
            lines.push(step(None));
        }
        lines.extend(events.into_iter().map(|known| step(Some(known))));
    }
    lines
}

/// How an instalment stands, in the order of the master's columns.
fn cells(standing: &Standing, events: &[StoredArrearsEvent], of: Instalment) -> [String; 13] {
    let bar = (standing.open_yen > 0).then(|| time_bar(standing, events));
    let paid: i64 = standing.credits.iter().filter(|credit| credit.kind != CreditKind::WrittenOff).map(|credit| credit.yen).sum();
    let demanded = standing_demand(events, of).map(|known| known.event.on.to_string());
    [
        of.year.to_string(),
        if of.collection == 0 { "普通徴収" } else { "特別徴収" }.to_owned(),
        of.number.to_string(),
        standing.due.to_string(),
        standing.billed_yen.to_string(),
        paid.to_string(),
        standing.open_yen.to_string(),
        standing.charge_levied_yen.to_string(),
        standing.charge_open_yen.to_string(),
        standing.fee_open_yen.to_string(),
        standing.written_off_yen().to_string(),
        demanded.unwrap_or_default(),
        bar.map(|bar| bar.bar_on.to_string()).unwrap_or_default(),
    ]
}
