//! `ordinance`: the municipality's settings on a date.
//!
//! Holds the settings of the revision. May hand out the bytes of any date the rule names; they
//! are part of the revision and need no evidence of their own. Each call counts against
//! [`crate::Limits::host_calls`]. Linked with the other imports in `rule.rs`.

use crate::bindings::v1::ordinance;
use crate::run_context::RunContext;
use jorei_domain::calendar::Date;

impl ordinance::Host for RunContext {
    fn settings(&mut self, on: i32) -> wasmtime::Result<Option<Vec<u8>>> {
        self.count_call()?;
        let Ok(on) = Date::from_packed(i64::from(on)) else {
            wasmtime::bail!("{on} is not a date");
        };
        Ok(self.settings.on(on).map(<[u8]>::to_vec))
    }
}
