//! What accounts may do over HTTP, and whom the city's single sign-on means.
//!
//! Absent here: whether an account is good today, and what a role allows.

use jorei_domain::act::{Access, Change};
use jorei_domain::id::Municipality;
use jorei_domain::role::Role;
use jorei_store::{Store, StoreError};

/// What an account may do; none if no act ever said. Read anew each time: a role that was taken away
/// counts at once.
///
/// # Errors
/// A [`StoreError`].
pub async fn access(store: &Store, municipality: Municipality, account: &str) -> Result<Option<Access>, StoreError> {
    Ok(match store.state(municipality, "access", account).await? {
        Some((_, Change::Access(access))) => Some(access),
        _ => None,
    })
}

/// The account that a single sign-on knows by this subject; no two have the same one.
///
/// # Errors
/// A [`StoreError`].
pub async fn account_of_subject(store: &Store, municipality: Municipality, subject: &str) -> Result<Option<String>, StoreError> {
    let states = store.states(municipality, "access").await?;
    let account = |(_, change)| match change {
        Change::Access(access) if access.subject.as_deref() == Some(subject) => Some(access.account),
        _ => None,
    };
    Ok(states.into_iter().find_map(account))
}

/// The roles of an account, and its vendor; none where no act ever said.
///
/// # Errors
/// A [`StoreError`]; [`StoreError::Damaged`] for a role that is none.
pub(crate) async fn roles(store: &Store, municipality: Municipality, account: &str) -> Result<(Vec<Role>, Option<String>), StoreError> {
    let Some(access) = access(store, municipality, account).await? else { return Ok((Vec::new(), None)) };
    let role = |word: &String| Role::named(word).ok_or_else(|| StoreError::Damaged(format!("account {account} has the role {word:?}")));
    Ok((access.roles.iter().map(role).collect::<Result<_, _>>()?, access.vendor))
}
