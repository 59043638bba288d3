//! How long the long tests run: a tenth in `cargo xtask test`, in full in `cargo xtask soak`.

/// `full` in a soak, a tenth of it otherwise, at least one.
pub fn of(full: u64) -> u64 {
    if std::env::var("JOREI_TEST_LENGTH").is_ok_and(|length| length == "full") { full } else { (full / 10).max(1) }
}
