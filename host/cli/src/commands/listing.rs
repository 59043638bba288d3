//! Lists: a table for people, a JSON document for programs.

use crate::office::OfficeArgs;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use console::Term;
use jiff::Timestamp;
use jorei_domain::money::grouped;
use serde_json::{Map, Value};
use std::io::Write as _;

/// The part of a list that is shown.
#[derive(clap::Args)]
pub struct PageArgs {
    /// After this number.
    #[arg(long, default_value = "0")]
    pub after: i64,
    /// At most so many.
    #[arg(long, default_value = "100")]
    pub limit: u32,
}

/// What every list is asked with.
#[derive(clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub office: OfficeArgs,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// Rows with named columns.
pub struct Listing {
    columns: Vec<&'static str>,
    titles: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

impl Listing {
    /// An empty list: programs read its columns by names, officials by headings. A column without a heading is for
    /// programs alone.
    pub fn new(columns: &[(&'static str, &'static str)]) -> Listing {
        let (columns, titles) = columns.iter().copied().unzip();
        Listing { columns, titles, rows: Vec::new() }
    }

    /// Adds a row: a value per column.
    pub fn push(&mut self, row: Vec<Value>) {
        self.rows.push(row);
    }

    /// Prints it: as JSON, an array of objects; otherwise as a table of what [`shown`] makes of the values.
    pub fn print(&self, json: bool) -> anyhow::Result<()> {
        let mut out = std::io::stdout();
        if json {
            let object = |row: &Vec<Value>| {
                let members: Map<String, Value> = self.columns.iter().map(ToString::to_string).zip(row.iter().cloned()).collect();
                Value::Object(members)
            };
            writeln!(out, "{:#}", self.rows.iter().map(object).collect::<Value>())?;
            return Ok(());
        }
        let mut table = Table::new();
        let headed: Vec<usize> = (0..self.titles.len()).filter(|at| !self.titles[*at].is_empty()).collect();
        table.load_style(UTF8_HORIZONTAL_ONLY).set_header(headed.iter().map(|at| self.titles[*at]));
        // Wrapped at a terminal; a file or another program gets whole lines.
        if let Some((_, columns)) = Term::stdout().size_checked() {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
        }
        for row in &self.rows {
            table.add_row(headed.iter().map(|at| shown(self.columns[*at], &row[*at])));
        }
        for (column, at) in table.column_iter_mut().zip(headed) {
            if is_amount(self.columns[at]) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(out, "{table}")?;
        Ok(())
    }
}

/// Does a column of this name hold whole yen?
fn is_amount(column: &str) -> bool {
    column == "yen" || column.ends_with("_yen")
}

/// Does a column of this name hold moments?
fn is_moment(column: &str) -> bool {
    column == "at" || column.ends_with("_at")
}

/// A value as a person reads it: digests cut to what a command takes, amounts with separators of thousands, moments to the
/// second.
pub fn shown(column: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if is_moment(column) => {
            text.parse::<Timestamp>().map_or_else(|_| text.clone(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
        }
        Value::String(text) => text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()).map(cut).collect(),
        Value::Number(number) if is_amount(column) => number.as_i64().map_or_else(|| number.to_string(), |yen| grouped(yen).to_string()),
        other => other.to_string(),
    }
}

/// A word with what follows it; of a digest, its first digits.
fn cut(word: &str) -> String {
    let (digest, rest) = word.split_at(word.bytes().take_while(u8::is_ascii_hexdigit).count());
    if digest.len() == 64 { digest[..12].to_owned() + rest } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_and_moments_are_cut_and_amounts_grouped() {
        let digest = "8f31559dccd2da0deeb49811702fdcde93c9027c557f940da538d223e3a253bf";
        assert_eq!(shown("id", &digest.into()), "8f31559dccd2");
        assert_eq!(
            shown("changes", &format!("値 {digest} rounding[0], 値 {digest}").into()),
            "値 8f31559dccd2 rounding[0], 値 8f31559dccd2"
        );
        assert_eq!(shown("id", &format!("{digest}0").into()), format!("{digest}0"));
        assert_eq!(shown("due_yen", &(-1_234_567).into()), "-1,234,567");
        assert_eq!(shown("number", &20_250_001.into()), "20250001");
        assert_eq!(shown("made_at", &"2026-11-24T08:10:25.938100595Z".into()), "2026-11-24 08:10:25Z");
        assert_eq!(shown("why", &Value::Null), "");
    }
}
