//! Databases that go with the test.

use crate::postgres;
use jorei_store::Store;

/// A scratch SQLite file with its tables; the folder goes with the guard.
///
/// # Panics
/// When the machine has no room for it.
pub async fn sqlite() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(&format!("sqlite://{}", folder.path().join("test.db").display())).await;
    (store, folder)
}

/// An empty PostgreSQL database with its tables.
///
/// # Panics
/// As [`postgres::database`].
pub async fn postgresql() -> Store {
    open(&postgres::database()).await
}

async fn open(address: &str) -> Store {
    let store = Store::open(address).await.expect("a database");
    store.migrate().await.expect("its tables");
    store
}
