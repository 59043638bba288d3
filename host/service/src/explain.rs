//! A decision explained to a person: what came out, and how, down to the article and the fact.
//!
//! The steps are the rule's own trace; only words and layout are added here. A fact is shown from
//! the evidence with the register it came from.

use crate::citation::citation;
use crate::language::Language;
use crate::words::{Words, plain_lines};
use jorei_domain::basis::State;
use jorei_domain::calendar::{Date, Months};
use jorei_domain::decision::{Decision, Evidence, Outcome};
use jorei_domain::money::{Exact, Yen};
use jorei_domain::record::{Kind, Unit};
use jorei_domain::table::ABSENT;
use jorei_domain::trace::{self, FactRead, Step, Val};
use std::fmt::Write as _;

/// The explanation as text, one step a line, indented by depth.
pub fn explain(decision: &Decision, words: &Words, language: Language) -> String {
    let mut text = String::new();
    let teller = Teller { words, language, evidence: &decision.evidence };
    // Writing to a string cannot fail.
    let _ = teller.head(&mut text, decision);
    let steps = trace::decode(&decision.trace).unwrap_or_default();
    for step in &steps {
        let _ = teller.step(&mut text, step);
    }
    let _ = teller.unsourced(&mut text, &steps);
    // Keys without a text, and articles, come from the rule as they are.
    plain_lines(&text)
}

/// A trace explained, where there is no decision of record (a trial).
pub fn explain_trace(bytes: &[u8], evidence: &Evidence, words: &Words, language: Language) -> String {
    let mut text = String::new();
    let teller = Teller { words, language, evidence };
    let steps = trace::decode(bytes).unwrap_or_default();
    for step in &steps {
        let _ = teller.step(&mut text, step);
    }
    let _ = teller.unsourced(&mut text, &steps);
    // Keys without a text, and articles, come from the rule as they are.
    plain_lines(&text)
}

struct Teller<'a> {
    words: &'a Words,
    language: Language,
    evidence: &'a Evidence,
}

impl Teller<'_> {
    fn pick<'t>(&self, ja: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Japanese => ja,
            Language::English => en,
        }
    }

    fn head(&self, text: &mut String, decision: &Decision) -> std::fmt::Result {
        let state = match &decision.outcome {
            Outcome::Decided { provisional: false, .. } => self.pick("決定", "decided").to_owned(),
            Outcome::Decided { provisional: true, .. } => self
                .pick(
                    "仮決定（未確認の値又は未確定の事実によるため、通知・徴収できません）",
                    "provisional (rests on something unconfirmed; must not be notified or collected)",
                )
                .to_owned(),
            Outcome::Refused(refusal) => {
                format!("{}: {}", self.pick("計算不能", "refused"), self.words.sentence(refusal, self.language))
            }
            Outcome::Failed(failure) => format!("{}: {}", self.pick("ルールの障害", "failed"), failure.word()),
        };
        writeln!(text, "{} {}", self.pick("決定番号", "decision"), decision.id())?;
        writeln!(
            text,
            "{} {}  {} {}  {} {}  {} {}",
            self.pick("市区町村", "municipality"),
            decision.municipality,
            self.pick("世帯", "household"),
            decision.household,
            self.pick("基準日", "date of the case"),
            decision.on,
            self.pick("ルール改版", "revision"),
            decision.revision.short(),
        )?;
        if let Some(id) = &decision.supersedes {
            writeln!(text, "{} {id}", self.pick("更正前の決定", "supersedes"))?;
        }
        writeln!(text, "{} {state}\n", self.pick("状態", "state"))
    }

    fn step(&self, text: &mut String, step: &Step<'_>) -> std::fmt::Result {
        let indent = "  ".repeat(usize::from(step.depth));
        write!(text, "{indent}{}", self.words.label(&step.label, self.language))?;
        match self.value(&step.value) {
            shown if shown.is_empty() => {}
            shown => write!(text, ": {shown}")?,
        }
        if !step.article.is_empty() {
            write!(text, " {}{}{}", self.pick("〔", "["), citation(&step.article, self.language), self.pick("〕", "]"))?;
        }
        writeln!(text)?;
        if !step.formula.is_empty() {
            writeln!(text, "{indent}    = {}", self.words.label(&step.formula, self.language))?;
        }
        for read in &step.law {
            writeln!(
                text,
                "{indent}    § {} = {}  {}{}{}",
                self.words.label(&read.key, self.language),
                self.value(&read.value),
                self.pick("〔", "["),
                citation(&read.article, self.language),
                match read.state {
                    State::Sourced => self.pick("〕", "]").to_owned(),
                    state => format!("{} {}", self.pick("〕", "]"), self.state(state)),
                }
            )?;
        }
        // What was read of one record, one after the other, is one line.
        for record in step.facts.chunk_by(|one, next| (one.row, &one.kind) == (next.row, &next.kind)) {
            writeln!(text, "{indent}    ・ {}", self.record(record))?;
        }
        for lost in &step.lost {
            writeln!(
                text,
                "{indent}    × {}: {} — {}",
                self.words.label(&lost.label, self.language),
                self.value(&lost.value),
                self.words.label(&lost.reason, self.language)
            )?;
        }
        Ok(())
    }

    /// Why the decision is provisional: each unsourced value once.
    fn unsourced(&self, text: &mut String, steps: &[Step<'_>]) -> std::fmt::Result {
        let mut keys: Vec<&str> = Vec::new();
        for read in steps.iter().flat_map(|step| &step.law) {
            if read.state.is_provisional() && !keys.contains(&&*read.key) {
                if keys.is_empty() {
                    writeln!(text, "\n{}", self.pick("確認が必要な値", "values to be confirmed"))?;
                }
                keys.push(&read.key);
                let label = self.words.label(&read.key, self.language);
                let article = citation(&read.article, self.language);
                let (open, close) = (self.pick("〔", "["), self.pick("〕", "]"));
                writeln!(text, "  {label} = {} {} {open}{article}{close}", self.value(&read.value), self.state(read.state))?;
            }
        }
        Ok(())
    }

    fn state(&self, state: State) -> &'static str {
        match (state, self.language) {
            (State::Sourced, Language::Japanese) => "確認済",
            (State::SecondHand, Language::Japanese) => "伝聞・要確認",
            (State::Assumed, Language::Japanese) => "推定・要確認",
            (state, Language::English) => state.word(),
        }
    }

    fn value(&self, value: &Val<'_>) -> String {
        match value {
            Val::Nothing => String::new(),
            Val::Yen(yen) => self.yen(*yen),
            Val::Count(count) => count.to_string(),
            Val::Rate(rate) => rate.to_string(),
            Val::Date(date) => self.date(*date),
            Val::Word(word) => self.words.label(word, self.language).to_owned(),
            Val::Flag(flag) => self.flag(*flag).to_owned(),
            Val::Months(months) => self.months(*months),
            Val::Person(ordinal) => self.person(i64::from(*ordinal)),
            Val::Exact(num, den) => {
                let amount = Exact::checked(*num, *den).map_or_else(|_| format!("{num}/{den}"), |exact| exact.to_string());
                format!("{amount}{}", self.pick("円", " yen"))
            }
        }
    }

    fn yen(&self, yen: Yen) -> String {
        format!("{yen}{}", self.pick("円", " yen"))
    }

    /// A person by ordinal: people count from 1.
    fn person(&self, ordinal: i64) -> String {
        format!("{}{}", self.pick("世帯員", "person "), ordinal + 1)
    }

    fn flag(&self, flag: bool) -> &'static str {
        match (flag, self.language) {
            (true, Language::Japanese) => "はい",
            (false, Language::Japanese) => "いいえ",
            (true, Language::English) => "yes",
            (false, Language::English) => "no",
        }
    }

    fn date(&self, date: Date) -> String {
        self.language.day(date)
    }

    fn months(&self, months: Months) -> String {
        let count = months.count();
        let ends = (months.iter().next(), months.iter().last());
        let name = |month: i32| (month + 3) % 12 + 1;
        match (ends, self.language) {
            ((Some(first), Some(last)), language) if i64::from(last - first) + 1 == count => match language {
                Language::Japanese => format!("{count}か月（{}月〜{}月）", name(first), name(last)),
                Language::English => format!("{count} months ({} to {})", name(first), name(last)),
            },
            (_, language) => {
                let list: Vec<String> = months.iter().map(|month| name(month).to_string()).collect();
                match language {
                    Language::Japanese => format!("{count}か月（{}月）", list.join("・")),
                    Language::English => format!("{count} months ({})", list.join(", ")),
                }
            }
        }
    }

    /// A fact from the evidence: kind, column, person, value, source.
    /// What was read of one record: whose, what it says, and the register it came from.
    fn record(&self, reads: &[FactRead<'_>]) -> String {
        let Some(FactRead { kind: word, row, .. }) = reads.first() else { return String::new() };
        let row = *row as usize;
        let given = self.evidence.given.iter().find(|given| given.kind == *word);
        let kind = Kind::named(word);
        let person = given.and_then(|given| match given.table.integers("person") {
            Some(persons) => persons.get(row).copied(),
            None => i64::try_from(row).ok(),
        });
        let person = person.map_or_else(String::new, |person| self.person(person));
        let kind_name = kind.map_or(&**word, |kind| self.pick(kind.ja(), kind.name()));
        let fields: Vec<String> = reads
            .iter()
            .map(|read| self.field(kind, &read.column, given.and_then(|given| given.table.integers(&read.column)?.get(row).copied())))
            .collect();
        let source = given.and_then(|given| given.sources.get(row)).map_or("?", String::as_str);
        let fields = fields.join(self.pick("、", ", "));
        format!("{person} {kind_name} {fields}  {}{source}{}", self.pick("（", "("), self.pick("）", ")"))
    }

    fn field(&self, kind: Option<Kind>, column: &str, number: Option<i64>) -> String {
        let field = kind.and_then(|kind| kind.field(column));
        let name = match (field, column) {
            (Some(field), _) => self.pick(field.ja, field.name),
            (None, "from") => self.pick("開始日", "from"),
            (None, "until") => self.pick("終了日", "until"),
            (None, "on") => self.pick("該当日", "on"),
            (None, "year") => self.pick("年", "year"),
            (None, other) => other,
        };
        let unit = field.map_or(
            match column {
                "from" | "until" | "on" => Unit::Date,
                _ => Unit::Number,
            },
            |field| field.unit,
        );
        let value = match number {
            None | Some(ABSENT) => self.pick("なし", "none").to_owned(),
            Some(number) => self.number(number, unit),
        };
        format!("{name} = {value}")
    }

    fn number(&self, number: i64, unit: Unit) -> String {
        match unit {
            Unit::Yen => Yen::checked(number).map_or_else(|_| number.to_string(), |yen| self.yen(yen)),
            Unit::Date => match Date::from_packed(number) {
                Ok(date) if date > Date::MIN => self.date(date),
                _ => self.pick("当初から", "since ever").to_owned(),
            },
            Unit::Code(words) => {
                let word = usize::try_from(number).ok().and_then(|code| words.get(code)).copied().unwrap_or("?");
                self.words.label(word, self.language).to_owned()
            }
            Unit::Flag => self.flag(number == 1).to_owned(),
            Unit::Number => number.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jorei_domain::decision::Given;
    use jorei_domain::table::{Column, Table, Values};

    fn given(kind: Kind, columns: &[(&'static str, [i64; 2])], sources: [&str; 2]) -> Given {
        let column = |(name, values): &(&'static str, [i64; 2])| Column { name: (*name).into(), values: Values::Integers(values.to_vec()) };
        let table = Table { columns: columns.iter().map(column).collect(), ..Table::default() };
        Given { kind: kind.name().into(), table, sources: sources.map(str::to_owned).to_vec() }
    }

    fn read(kind: Kind, column: &'static str, row: u32) -> FactRead<'static> {
        FactRead { kind: kind.name().into(), column: column.into(), row }
    }

    #[test]
    fn what_was_read_of_a_record_stands_on_one_line_and_an_amount_is_exact() {
        let evidence = Evidence {
            given: vec![
                given(Kind::MedicalClaims, &[("person", [0, 1]), ("cost_yen", [384_160, 4_620]), ("prescriber", [ABSENT; 2])], ["A", "B"]),
                given(Kind::Incomes, &[("person", [0, 1]), ("year", [2025; 2])], ["住民税"; 2]),
            ],
        };
        let facts = vec![
            read(Kind::MedicalClaims, "cost_yen", 0),
            read(Kind::MedicalClaims, "prescriber", 0),
            read(Kind::MedicalClaims, "cost_yen", 1),
            read(Kind::Incomes, "year", 1),
            read(Kind::MedicalClaims, "cost_yen", 0),
        ];
        let words = Words::from_json(r#"{"labels":{"k":["額","amount"]}}"#);
        let step = Step { label: "k".into(), value: Val::Exact(25_830, 10), facts, ..Step::default() };
        let mut text = String::new();
        Teller { words: &words, language: Language::Japanese, evidence: &evidence }.step(&mut text, &step).unwrap();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "額: 2,583円",
                "    ・ 世帯員1 診療報酬明細書 費用額 = 384,160円、処方元の医療機関 = なし  （A）",
                "    ・ 世帯員2 診療報酬明細書 費用額 = 4,620円  （B）",
                "    ・ 世帯員2 所得 年 = 2025  （住民税）",
                "    ・ 世帯員1 診療報酬明細書 費用額 = 384,160円  （A）",
            ]
        );
    }
}
