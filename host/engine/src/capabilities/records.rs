//! `records`: the facts of the cases of a call.
//!
//! Holds the reader of the call and the evidence so far. May read the kinds that the component
//! imports, which were compared with the grant before it was compiled. Each call counts against
//! [`crate::Limits::host_calls`]. Linked with the other imports in `rule.rs`.

use crate::bindings::v1::{lower_table, records, wire};
use crate::run_context::RunContext;
use jorei_domain::decision::Given;
use jorei_domain::record::Kind;

impl RunContext {
    fn give(&mut self, kind: Kind) -> wasmtime::Result<wire::Table> {
        self.count_call()?;
        let Some((table, sources)) = self.reader.read(kind) else {
            wasmtime::bail!("the evidence has no {}", kind.name());
        };
        if self.keeps_evidence && !self.evidence.given.iter().any(|given| given.kind == kind.name()) {
            self.evidence.given.push(Given { kind: kind.name().into(), table: table.clone(), sources });
        }
        Ok(lower_table(table))
    }
}

macro_rules! host {
    ($($function:ident = $kind:ident),*) => {
        impl records::Host for RunContext {
            $(fn $function(&mut self) -> wasmtime::Result<wire::Table> {
                self.give(Kind::$kind)
            })*
        }
    };
}
jorei_domain::each_kind!(host);
