//! What happens to the machine or the host, told apart from what a rule does.

/// A fault of the machine or of the host, never of the rule: nothing was decided, and the same
/// call may succeed later.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The wall clock stopped a run that had fuel left, or a compilation that had time left.
    #[error("it took too long by the clock; the machine may be overloaded, try again")]
    Clock,
    /// The runtime could not be set up, or an instance could not be made.
    #[error("the runtime failed")]
    Runtime(#[source] wasmtime::Error),
    /// The process that compiles could not be started or waited for.
    #[error("the process that compiles components cannot be run")]
    Compiler(#[source] std::io::Error),
}
