//! A stored household tried with changed facts (試算): "what if I leave in October?" Stores
//! nothing.

use crate::case_file::{CaseError, merged_fact};
use jorei_domain::record::{Case, Kind, Person};
use serde_json::{Map, Value};

/// Applies changes to a case: a list of objects with `person` (the number that an explanation
/// shows, from 1) and one kind of fact or more. An object changes the person's one fact of that
/// kind, or adds it; a list takes the place of all of them; null takes them away.
///
/// ```json
/// [{ "person": 1, "qualification": { "until": "2025-10-15", "ended_by": "employees_insurance" } }]
/// ```
///
/// # Errors
/// A [`CaseError`] with the place of the mistake.
pub fn change(case: &Case, changes: &Value) -> Result<Case, CaseError> {
    let single;
    let list: &[Value] = match changes {
        Value::Array(list) => list,
        one => {
            single = [one.clone()];
            &single
        }
    };
    let mut persons: Vec<Person> = case.persons().to_vec();
    for (i, change) in list.iter().enumerate() {
        let path = format!("change[{i}]");
        let Value::Object(change) = change else { return Err(CaseError::new(path, "not an object")) };
        let number = change.get("person").and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
        let known = persons.len();
        let Some(person) = number.and_then(|number| persons.get_mut(number.checked_sub(1)?)) else {
            return Err(CaseError::new(format!("{path}.person"), format!("give the number of a person of this household, 1 to {known}")));
        };
        change_person(&path, person, change, case)?;
    }
    Ok(Case::new(case.on, persons))
}

fn change_person(path: &str, person: &mut Person, change: &Map<String, Value>, case: &Case) -> Result<(), CaseError> {
    for (name, stated) in change.iter().filter(|(name, _)| *name != "person") {
        let path = format!("{path}.{name}");
        let Some(kind) = Kind::named(name).filter(|kind| *kind != Kind::Persons || stated.is_object()) else {
            let kinds: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
            return Err(CaseError::new(path, format!("no kind of fact; known are {}", kinds.join(", "))));
        };
        let (of_kind, mut others): (Vec<_>, Vec<_>) = std::mem::take(&mut person.facts).into_iter().partition(|fact| fact.kind == kind);
        match stated {
            Value::Null => {}
            Value::Array(list) => {
                for (i, stated) in list.iter().enumerate() {
                    others.push(merged_fact(&format!("{path}[{i}]"), kind, None, stated, case.on)?);
                }
            }
            stated => match of_kind.as_slice() {
                [] => others.push(merged_fact(&path, kind, None, stated, case.on)?),
                [one] => others.push(merged_fact(&path, kind, Some(one), stated, case.on)?),
                many => {
                    return Err(CaseError::new(path, format!("this person has {} such facts; give the whole list", many.len())));
                }
            },
        }
        person.facts = others;
    }
    Ok(())
}
