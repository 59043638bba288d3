//! The states of an ordinance's values, read from its text and written into it.
//!
//! The blocks, states and sources are the same for every rule (decision 0005); what the values mean
//! only the rule knows. Absent here: who may change a state.

use std::fmt::Write as _;
use toml::{Table, Value};
use toml_edit::{DocumentMut, Item, TableLike, value};

/// Marks a value as sourced.
pub(crate) fn raise(entry: &mut dyn TableLike, source: &str) {
    entry.insert("state", value("sourced"));
    entry.insert("source", value(source));
}

/// The table that a path names, if it has a state that can be raised.
pub(crate) fn at<'d>(document: &'d mut DocumentMut, path: &str) -> Option<&'d mut dyn TableLike> {
    let (section, rest) = path.split_once('[')?;
    let (index, key) = rest.split_once(']')?;
    let block = document.get_mut(section)?.as_array_of_tables_mut()?.get_mut(index.parse().ok()?)?;
    let entry: &mut dyn TableLike = match key.strip_prefix('.') {
        None if key.is_empty() => block,
        None => return None,
        Some(key) => block.get_mut("values")?.as_table_like_mut()?.get_mut(key)?.as_table_like_mut()?,
    };
    let state = entry.get("state").and_then(Item::as_str)?;
    (state != "sourced" && !entry.contains_key("missing")).then_some(entry)
}

/// A table in lines, without what stands around it in the file.
pub(crate) fn lines(table: &dyn TableLike) -> String {
    let mut text = String::new();
    for (key, item) in table.iter() {
        match item.as_table_like() {
            Some(inner) => inner.iter().for_each(|(inner, item)| {
                let _ = writeln!(text, "    {key}.{inner} = {}", item.to_string().trim());
            }),
            None => {
                let _ = writeln!(text, "    {key} = {}", item.to_string().trim());
            }
        }
    }
    text
}

/// One value of an ordinance, as far as its state goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stated {
    pub(crate) section: String,
    pub(crate) path: String,
    pub(crate) key: String,
    pub(crate) from: String,
    pub(crate) until: String,
    pub(crate) state: String,
    pub(crate) source: String,
    pub(crate) value: Value,
}

/// Every value of an ordinance file; what does not parse has none (the rule refuses it).
pub(crate) fn values(text: &str) -> Vec<Stated> {
    let mut all = Vec::new();
    let Ok(document) = toml::from_str::<Table>(text) else { return all };
    for (section, blocks) in &document {
        for (index, block) in blocks.as_array().into_iter().flatten().enumerate() {
            let text = |key: &str| block.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            let (from, until) = (text("from").unwrap_or_default(), text("until").unwrap_or_default());
            for (key, value) in block.get("values").and_then(Value::as_table).into_iter().flatten() {
                let own = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
                let has_own_state = own("state").is_some();
                all.push(Stated {
                    section: section.clone(),
                    path: if has_own_state { format!("{section}[{index}].{key}") } else { format!("{section}[{index}]") },
                    key: key.clone(),
                    from: from.clone(),
                    until: until.clone(),
                    state: own("state").or_else(|| text("state")).unwrap_or_default(),
                    source: own("source").or_else(|| text("source")).unwrap_or_default(),
                    value: if has_own_state { value.get("value").unwrap_or(value).clone() } else { value.clone() },
                });
            }
        }
    }
    all
}

/// The paths of an ordinance's values that two people have still to confirm, in order.
pub fn unconfirmed(text: &str) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for open in values(text).into_iter().filter(|value| value.state != "sourced") {
        if !paths.contains(&open.path) {
            paths.push(open.path);
        }
    }
    paths
}

/// How many values an ordinance has in each state: sourced, second-hand, assumed.
pub fn states(text: &str) -> [usize; 3] {
    let values = values(text);
    ["sourced", "second-hand", "assumed"].map(|state| values.iter().filter(|value| value.state == state).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[ordinance]\nmunicipality = \"012041\"\n\n# kept\n[[rounding]]\nfrom = \"2025-04-01\"\nuntil = \"2026-04-01\"\narticle = \"条例\"\nstate = \"assumed\"\n[rounding.values]\nunit_yen = 100\ncap_yen = { value = 5, state = \"second-hand\", article = \"x\" }\n";

    #[test]
    fn a_block_and_a_value_with_its_own_state_are_named_and_raised_apart() {
        assert_eq!(unconfirmed(TEXT), ["rounding[0].cap_yen", "rounding[0]"]);
        assert_eq!(states(TEXT), [0, 1, 1]);
        let mut document: DocumentMut = TEXT.parse().unwrap();
        at(&mut document, "rounding[0]").unwrap().insert("state", value("sourced"));
        let text = document.to_string();
        assert!(text.contains("# kept"), "the rest of the file stays as it was written");
        assert_eq!(unconfirmed(&text), ["rounding[0].cap_yen"]);
        for nothing in [
            "rounding[0]",
            "rounding[1]",
            "rounding",
            "other[0]",
            "rounding[0]x",
            "rounding[0].unit_yen",
            "rounding[9999999999999999999999]",
        ] {
            assert!(at(&mut document, nothing).is_none(), "{nothing}");
        }
    }
}
