//! `jorei compile-component` and `jorei check-document`: the children in which what vendors ship is
//! compiled, and their schemas applied. For the host itself only.

use jorei_engine::{ChildBounds, check_document_in_child, compile_in_child};
use std::process::ExitCode;

/// Compile the component on standard input; for jorei itself.
#[derive(clap::Args)]
pub struct Args {
    /// Processor time it may take.
    #[arg(long, default_value_t = ChildBounds::default().seconds)]
    seconds: u64,
    /// Address space it may take.
    #[arg(long, default_value_t = ChildBounds::default().mebibytes)]
    mebibytes: u64,
}

/// Hold the document on standard input against the schema before it; for jorei itself.
#[derive(clap::Args)]
pub struct DocumentArgs {
    #[command(flatten)]
    bounds: Args,
}

pub fn run(args: &Args) -> ExitCode {
    compile_in_child(args.bounds())
}

pub fn run_check(args: &DocumentArgs) -> ExitCode {
    check_document_in_child(args.bounds.bounds())
}

impl Args {
    fn bounds(&self) -> ChildBounds {
        ChildBounds { seconds: self.seconds, mebibytes: self.mebibytes }
    }
}
