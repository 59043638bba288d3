//! Lists: a table for people, a JSON document for programs.

use crate::office::OfficeArgs;
use comfy_table::Table;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
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
    /// An empty list with these columns.
    pub fn new(columns: &[&'static str]) -> Listing {
        Listing { columns: columns.to_vec(), titles: columns.to_vec(), rows: Vec::new() }
    }

    /// An empty list that programs read by names and officials by headings.
    pub fn titled(columns: &[(&'static str, &'static str)]) -> Listing {
        let (columns, titles) = columns.iter().copied().unzip();
        Listing { columns, titles, rows: Vec::new() }
    }

    /// Adds a row: a value per column.
    pub fn push(&mut self, row: Vec<Value>) {
        self.rows.push(row);
    }

    /// Prints it: as JSON, an array of objects; otherwise as a table, digests cut to what a command
    /// takes.
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
        table.load_style(UTF8_HORIZONTAL_ONLY).set_header(&self.titles);
        for row in &self.rows {
            table.add_row(row.iter().map(shown));
        }
        writeln!(out, "{table}")?;
        Ok(())
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => text[..12].to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
