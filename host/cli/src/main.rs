//! `jorei`: the one binary. Sole holder of the clock, the environment and paths.

mod commands;
mod office;

use clap::{Parser, Subcommand};
use commands::{
    Exit, account, activate, approve, arrears, assess, audit, benefit, claims, compile_component, demo_benefits, demo_city, demo_claims,
    demo_receipts, demo_year, evaluate, exemption, explain, export, fact, history, import, inquiry, instalments, key, ledger,
    office as settings, ordinance, payee, payment, person, queue, reassess, receipt, refund, revision, rule, rule_build, rule_pack, serve,
    shadow, vault,
};
use std::path::PathBuf;
use std::process::ExitCode;

/// A host for municipal rules: the records and decisions of a city's National Health Insurance
/// office, decided by sandboxed WebAssembly rules.
#[derive(Parser)]
#[command(name = "jorei", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    /// Where compiled rules are kept between runs [default: ~/.cache/jorei].
    #[arg(long, env = "JOREI_CACHE", global = true, hide = true)]
    cache: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Work on rules.
    #[command(subcommand)]
    Rule(RuleCommand),
    /// Make and show keys that sign.
    #[command(subcommand)]
    Key(KeyCommand),
    #[command(subcommand)]
    Account(account::Account),
    #[command(subcommand)]
    Office(settings::Office),
    #[command(subcommand)]
    Ordinance(ordinance::OrdinanceCommand),
    #[command(subcommand)]
    Revision(revision::RevisionCommand),
    #[command(subcommand)]
    Shadow(shadow::Shadow),
    Activate(activate::ActivateArgs),
    Rollback(activate::RollbackArgs),
    Approve(approve::Args),
    #[command(subcommand)]
    Audit(audit::Audit),
    Queue(queue::Args),
    #[command(subcommand)]
    Person(person::PersonCommand),
    #[command(subcommand)]
    Fact(fact::FactCommand),
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    Evaluate(evaluate::Args),
    Schema(evaluate::SchemaArgs),
    DemoCity(demo_city::Args),
    DemoYear(demo_year::Args),
    DemoReceipts(demo_receipts::Args),
    DemoBenefits(demo_benefits::Args),
    DemoClaims(demo_claims::Args),
    Import(import::Args),
    Export(export::Args),
    Assess(assess::Args),
    Summary(assess::SummaryArgs),
    Reassess(reassess::Args),
    #[command(subcommand)]
    Receipt(receipt::ReceiptCommand),
    Reconcile(receipt::ReconcileArgs),
    #[command(subcommand)]
    Claims(claims::ClaimsCommand),
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    Instalments(instalments::Args),
    #[command(subcommand)]
    Refund(refund::Refund),
    #[command(subcommand)]
    Benefit(benefit::BenefitCommand),
    #[command(subcommand)]
    Inquiry(inquiry::InquiryCommand),
    #[command(subcommand)]
    Payee(payee::PayeeCommand),
    #[command(subcommand)]
    Payment(payment::PaymentCommand),
    Exemption(exemption::Args),
    #[command(subcommand)]
    Arrears(arrears::ArrearsCommand),
    History(history::Args),
    Explain(explain::Args),
    Replay(explain::ReplayArgs),
    Try(explain::TryArgs),
    Serve(serve::Args),
    #[command(hide = true)]
    CompileComponent(compile_component::Args),
    #[command(hide = true)]
    CheckDocument(compile_component::DocumentArgs),
}

#[derive(Subcommand)]
enum RuleCommand {
    Build(rule_build::Args),
    Pack(rule_pack::PackArgs),
    Sign(rule_pack::SignArgs),
    Inspect(rule_pack::InspectArgs),
    Add(rule::AddArgs),
    /// List the packages that were tried, the newest first.
    List(commands::listing::ListArgs),
    Show(rule::ShowArgs),
}

#[derive(Subcommand)]
enum KeyCommand {
    New(key::NewArgs),
    Show(key::ShowArgs),
    Sign(key::SignArgs),
    Session(key::SessionArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    office::keep_artefacts_in(cli.cache);
    let result = match cli.command {
        Command::CompileComponent(args) => return compile_component::run(&args),
        Command::CheckDocument(args) => return compile_component::run_check(&args),
        Command::Rule(RuleCommand::Build(args)) => rule_build::run(&args).map(|()| Exit::Done),
        Command::Rule(RuleCommand::Pack(args)) => rule_pack::run_pack(&args),
        Command::Rule(RuleCommand::Sign(args)) => rule_pack::run_sign(&args),
        Command::Rule(RuleCommand::Inspect(args)) => rule_pack::run_inspect(&args),
        Command::Rule(RuleCommand::Add(args)) => rule::run_add(&args),
        Command::Rule(RuleCommand::List(args)) => rule::run_list(&args),
        Command::Rule(RuleCommand::Show(args)) => rule::run_show(&args),
        Command::Key(KeyCommand::New(args)) => key::run_new(&args),
        Command::Key(KeyCommand::Show(args)) => key::run_show(&args),
        Command::Key(KeyCommand::Sign(args)) => key::run_sign(&args),
        Command::Key(KeyCommand::Session(args)) => key::run_session(&args),
        Command::Account(command) => account::run_account(&command),
        Command::Office(command) => settings::run_office(&command),
        Command::Ordinance(command) => ordinance::run_ordinance(&command),
        Command::Revision(command) => revision::run_revision(&command),
        Command::Shadow(command) => shadow::run_shadow(&command),
        Command::Activate(args) => activate::run_activate(&args),
        Command::Rollback(args) => activate::run_rollback(&args),
        Command::Approve(args) => approve::run_approve(&args),
        Command::Audit(command) => audit::run_audit(&command),
        Command::Queue(args) => queue::run_queue(&args),
        Command::Person(command) => person::run_person(&command),
        Command::Fact(command) => fact::run_fact(&command),
        Command::Vault(command) => vault::run_vault(&command),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Schema(args) => evaluate::schema(&args),
        Command::DemoCity(args) => demo_city::run_demo_city(&args),
        Command::DemoReceipts(args) => demo_receipts::run_demo_receipts(&args),
        Command::DemoBenefits(args) => demo_benefits::run_demo_benefits(&args),
        Command::DemoClaims(args) => demo_claims::run_demo_claims(&args),
        Command::DemoYear(args) => demo_year::run_demo_year(&args),
        Command::Import(args) => import::run_import(&args),
        Command::Export(args) => export::run_export(&args),
        Command::Assess(args) => assess::run_assess(&args),
        Command::Summary(args) => assess::run_summary(&args),
        Command::Reassess(args) => reassess::run_reassess(&args),
        Command::Receipt(command) => receipt::run_receipt(&command),
        Command::Reconcile(args) => receipt::run_reconcile(&args),
        Command::Claims(command) => claims::run_claims(&command),
        Command::Ledger(command) => ledger::run_ledger(&command),
        Command::Instalments(args) => instalments::run_instalments(&args),
        Command::Refund(command) => refund::run_refund(&command),
        Command::Benefit(command) => benefit::run_benefit(&command),
        Command::Inquiry(command) => inquiry::run_inquiry(&command),
        Command::Payee(command) => payee::run_payee(&command),
        Command::Payment(command) => payment::run_payment(&command),
        Command::Exemption(args) => exemption::run_exemption(&args),
        Command::Arrears(command) => arrears::run_arrears(&command),
        Command::History(args) => history::run_history(&args),
        Command::Explain(args) => explain::run_explain(&args),
        Command::Replay(args) => explain::run_replay(&args),
        Command::Try(args) => explain::run_try(&args),
        Command::Serve(args) => serve::run_serve(&args),
    };
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Some) => ExitCode::from(1),
        // Whoever reads our output has read enough (`jorei schema | head`).
        Err(error) if broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
