//! Who may ask for what, decided by Cedar from `policy/office.cedar`.
//!
//! The schema is made from [`Action`], so that a policy about an action that does not exist, and an action without its
//! context, are found when the service starts, and by a test.

use crate::action::Action;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request, RestrictedExpression, Schema,
    ValidationMode, Validator,
};
use jorei_domain::id::Municipality;
use jorei_domain::purpose::{Affair, File};
use jorei_domain::role::Role;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::str::FromStr as _;

/// The policies, as they are shipped.
const POLICIES: &str = include_str!("../policy/office.cedar");

/// Who asks, as far as a policy sees them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Principal<'p> {
    /// The account's office.
    pub office: Municipality,
    /// The roles that the account has now.
    pub roles: &'p [Role],
    /// Whose rules it sees.
    pub vendor: Option<&'p str>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Asked<'a> {
    /// The action.
    pub action: Action,
    /// In which office.
    pub office: Municipality,
    /// The affair that was stated.
    pub affair: Option<Affair>,
    /// Whose rule it is about.
    pub vendor: Option<&'a str>,
}

/// The policies, checked against the schema.
pub struct Policy {
    policies: PolicySet,
    schema: Schema,
    authorizer: Authorizer,
}

/// Why policies cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// They do not parse, or contradict the schema.
    #[error("the policies: {0}")]
    Invalid(String),
}

impl Policy {
    /// The shipped policies.
    ///
    /// # Errors
    /// [`PolicyError`] when they do not fit the actions.
    pub fn shipped() -> Result<Policy, PolicyError> {
        let invalid = |error: String| PolicyError::Invalid(error);
        let (schema, warnings) = Schema::from_cedarschema_str(&schema_text()).map_err(|error| invalid(error.to_string()))?;
        let warnings: Vec<String> = warnings.map(|warning| warning.to_string()).collect();
        if !warnings.is_empty() {
            return Err(invalid(warnings.join("; ")));
        }
        let policies = PolicySet::from_str(POLICIES).map_err(|error| invalid(error.to_string()))?;
        let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        let wrong: Vec<String> = result.validation_errors().map(ToString::to_string).collect();
        if !wrong.is_empty() {
            return Err(invalid(wrong.join("; ")));
        }
        Ok(Policy { policies, schema, authorizer: Authorizer::new() })
    }

    /// The role under which the asker may, if one of theirs allows it. Anything that cannot be evaluated is no.
    pub fn allows(&self, principal: &Principal<'_>, asked: &Asked<'_>) -> Option<Role> {
        principal.roles.iter().copied().find(|role| self.decide(principal, *role, asked).unwrap_or(false))
    }

    fn decide(&self, principal: &Principal<'_>, role: Role, asked: &Asked<'_>) -> Option<bool> {
        let account = uid("Account", "asker")?;
        let office = uid("Office", &asked.office.to_string())?;
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let mut attributes =
            HashMap::from([("office".to_owned(), RestrictedExpression::new_entity_uid(uid("Office", &principal.office.to_string())?))]);
        attributes.extend(principal.vendor.map(|vendor| ("vendor".to_owned(), text(vendor))));
        let parents = HashSet::from([uid("Role", role.word())?]);
        let entity = Entity::new(account.clone(), attributes, parents).ok()?;
        let entities = Entities::from_entities([entity], Some(&self.schema)).ok()?;
        let files = asked.action.files().iter().map(|file: &File| text(file.word()));
        let mut context = vec![
            ("role".to_owned(), RestrictedExpression::new_entity_uid(uid("Role", role.word())?)),
            ("files".to_owned(), RestrictedExpression::new_set(files)),
        ];
        context.extend(asked.affair.map(|affair| ("affair".to_owned(), text(affair.word()))));
        context.extend(asked.vendor.map(|vendor| ("vendor".to_owned(), text(vendor))));
        let context = Context::from_pairs(context).ok()?;
        let request = Request::new(account, uid("Action", asked.action.word())?, office, context, Some(&self.schema)).ok()?;
        let answer = self.authorizer.is_authorized(&request, &self.policies, &entities);
        // A policy that could not be evaluated might have been a prohibition.
        let errors = answer.diagnostics().errors().next().is_some();
        Some(answer.decision() == Decision::Allow && !errors)
    }

    /// Role by action, for people to review: the affairs under which each role may.
    ///
    /// `office` is any office; all of them have the same policies.
    pub fn table(&self, office: Municipality) -> String {
        let mut text = String::from("| Action | Approval | Look-up |");
        for role in Role::ALL {
            let _ = write!(text, " {} |", role.word());
        }
        text.push_str("\n| --- | --- | --- |");
        text.push_str(&" --- |".repeat(Role::ALL.len()));
        text.push('\n');
        for action in Action::ALL {
            let lookup = if action.is_lookup() { "yes" } else { "" };
            let _ = write!(text, "| `{}` | {} | {lookup} |", action.word(), action.approval().text());
            for role in Role::ALL {
                let _ = write!(text, " {} |", self.cell(office, role, *action));
            }
            text.push('\n');
        }
        text
    }

    fn cell(&self, office: Municipality, role: Role, action: Action) -> String {
        let vendor = (role == Role::Vendor).then_some("own");
        let principal = Principal { office, roles: &[role], vendor };
        let allows = |affair| self.allows(&principal, &Asked { action, office, affair, vendor }).is_some();
        if allows(None) {
            return "yes".to_owned();
        }
        let affairs: Vec<&str> = Affair::ALL.into_iter().filter(|affair| allows(Some(*affair))).map(Affair::word).collect();
        affairs.join(", ")
    }
}

fn uid(kind: &str, id: &str) -> Option<EntityUid> {
    Some(EntityUid::from_type_name_and_id(EntityTypeName::from_str(kind).ok()?, EntityId::new(id)))
}

/// The schema that the actions give.
fn schema_text() -> String {
    let mut text = String::from(
        "entity Office;\nentity Role;\nentity Account in [Role] { office: Office, vendor?: String };\n\
         type Asked = { role: Role, files: Set<String>, affair?: String, vendor?: String };\naction \"lookup\";\naction \"mutation\";\n",
    );
    for action in Action::ALL {
        let mut groups = Vec::new();
        groups.extend(action.is_lookup().then_some("\"lookup\""));
        groups.extend(action.mutates().then_some("\"mutation\""));
        let within = if groups.is_empty() { String::new() } else { format!(" in [{}]", groups.join(", ")) };
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "action \"{}\"{within} appliesTo {{ principal: Account, resource: Office, context: Asked }};", action.word());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office(code: &str) -> Municipality {
        Municipality::parse(code).unwrap()
    }

    fn may(roles: &[Role], action: Action, affair: Option<Affair>) -> bool {
        let home = office("012041");
        let vendor = roles.contains(&Role::Vendor).then_some("ours");
        let principal = Principal { office: home, roles, vendor };
        Policy::shipped().unwrap().allows(&principal, &Asked { action, office: home, affair, vendor }).is_some()
    }

    #[test]
    fn nobody_looks_a_person_up_without_an_affair_or_under_another_departments() {
        for action in Action::ALL.iter().filter(|action| action.is_lookup()) {
            assert!(!may(&Role::ALL, *action, None), "{}", action.word());
            for outside in [Role::Vendor, Role::Operator, Role::Auditor, Role::Rules] {
                assert!(
                    !Affair::ALL.into_iter().any(|affair| may(&[outside], *action, Some(affair))),
                    "{} {}",
                    outside.word(),
                    action.word()
                );
            }
        }
        assert!(may(&[Role::Assessment], Action::DecisionsShow, Some(Affair::Assessment)));
        assert!(!may(&[Role::Assessment], Action::DecisionsShow, Some(Affair::Collection)));
        assert!(!may(&[Role::Collection], Action::DecisionsShow, Some(Affair::Collection)));
        // Two roles do not add up: the affair of the one is not the action of the other.
        assert!(!may(&[Role::Collection, Role::Assessment], Action::DecisionsShow, Some(Affair::Collection)));
    }

    #[test]
    fn another_office_and_another_vendors_rules_are_closed() {
        let policy = Policy::shipped().unwrap();
        let (home, other) = (office("012041"), office("131211"));
        let principal = Principal { office: home, roles: &Role::ALL, vendor: None };
        for action in Action::ALL {
            for affair in [None, Some(Affair::Assessment)] {
                assert_eq!(policy.allows(&principal, &Asked { action: *action, office: other, affair, vendor: None }), None);
            }
        }
        let principal = Principal { office: home, roles: &[Role::Vendor], vendor: Some("ours") };
        let of = |vendor| policy.allows(&principal, &Asked { action: Action::RulesShow, office: home, affair: None, vendor: Some(vendor) });
        assert_eq!((of("ours"), of("theirs")), (Some(Role::Vendor), None));
    }
}
