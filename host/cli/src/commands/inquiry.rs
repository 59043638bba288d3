//! `jorei inquiry`: asking other bodies through the intermediate server (情報連携).

use crate::commands::Exit;
use crate::commands::listing::Listing;
use crate::commands::officer::{DeskArgs, moment, program};
use crate::commands::payee::SealArgs;
use crate::office::{OfficeArgs, parse_date, run, today};
use anyhow::Context as _;
use jorei_connector::{Connector, LegalRow, Matter, Settings, Token, What};
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_domain::purpose::{Affair, CaseReference};
use jorei_service::inquiries::{self, Progress, Question, ask, plan};
use jorei_service::payees::Watch;
use std::path::PathBuf;
use std::time::Duration;

/// Ask other bodies about persons.
#[derive(clap::Subcommand)]
pub enum InquiryCommand {
    Ask(AskArgs),
    Again(AgainArgs),
    Run(RunArgs),
    List(ListArgs),
}

/// Write a question about a person; the next run sends it. The same question of one day is one.
#[derive(clap::Args)]
pub struct AskArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The person.
    #[arg(long)]
    person: i64,
    /// In which household's case.
    #[arg(long)]
    household: Option<i64>,
    /// What: income, qualification, dependant_loss or employment_insurance.
    #[arg(long)]
    what: String,
    /// The calendar year of an income.
    #[arg(long)]
    year: Option<i32>,
    /// The row of the ministerial order: 69, 70 or 71.
    #[arg(long)]
    row: String,
    /// For what, as `premium`.
    #[arg(long, default_value = "premium")]
    matter: String,
    /// The affair, as `assessment`.
    #[arg(long, default_value = "assessment")]
    affair: String,
    /// The case, as R8-000123.
    #[arg(long)]
    case: String,
    /// As of which day [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Ask the account register again for an order whose last inquiry came to nothing.
#[derive(clap::Args)]
pub struct AgainArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The payment order.
    order: i64,
}

/// Send what is not sent and take over what was answered. May be stopped and started again at any time.
///
/// Orders with consent whose account nobody asked for are asked for first. Exit status: 1 where the server could not be
/// reached or answers wait for a clerk.
#[derive(clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    seal: SealArgs,
    /// The server's address.
    #[arg(long, env = "JOREI_CONNECTOR_URL")]
    url: String,
    /// The file with the secret by which the server knows the city.
    #[arg(long, env = "JOREI_CONNECTOR_TOKEN_FILE")]
    token_file: PathBuf,
    /// The file with the certificate that vouches for the server.
    #[arg(long)]
    certificate: Option<PathBuf>,
    /// The longest time for one request, in seconds.
    #[arg(long, default_value = "30")]
    timeout: u64,
}

/// List inquiries with their state and age; with --exceptions, answers that a clerk must look at.
#[derive(clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// Answered ones too.
    #[arg(long)]
    all: bool,
    /// Answers to nothing that was asked, unreadable ones, and those that contradict an earlier one.
    #[arg(long, conflicts_with = "all")]
    exceptions: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

const PAGE: u32 = 1_000;

pub fn run_inquiry(command: &InquiryCommand) -> anyhow::Result<Exit> {
    let watch = Watch::default();
    match command {
        InquiryCommand::Ask(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let what = match (args.what.as_str(), args.year) {
                ("income", Some(year)) => What::Income { year },
                ("qualification", None) => What::Qualification,
                ("dependant_loss", None) => What::DependantLoss,
                ("employment_insurance", None) => What::EmploymentInsurance,
                _ => anyhow::bail!("--what is income (with --year), qualification, dependant_loss or employment_insurance"),
            };
            let now = moment();
            let question = Question {
                person: PersonId(args.person),
                household: args.household.map(HouseholdId),
                what,
                legal_row: LegalRow::parse(&args.row)?,
                matter: Matter::parse(&args.matter)?,
                affair: Affair::named(&args.affair).context("--affair is none of the office's")?,
                case: CaseReference::parse(&args.case)?,
                on: args.on.unwrap_or(now.today),
            };
            let id = ask(&store, here, &question, now.today, &now.stamp(&officer.account)).await?;
            eprintln!("inquiry {id} is written; `jorei inquiry run` sends it");
            Ok(Exit::Done)
        }),
        InquiryCommand::Again(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let now = moment();
            let new = inquiries::ask_again(&store, here, args.order, now.today, &watch, &now.stamp(&officer.account)).await?;
            eprintln!("{new} inquiry written");
            Ok(Exit::Done)
        }),
        InquiryCommand::Run(args) => run(async {
            let (store, here) = args.office.open().await?;
            let token = std::fs::read_to_string(&args.token_file).with_context(|| format!("reading {}", args.token_file.display()))?;
            let certificate =
                args.certificate.as_ref().map(|path| std::fs::read(path).with_context(|| format!("reading {}", path.display())));
            let connector = Connector::new(Settings {
                url: args.url.clone(),
                token: Token::parse(&token)?,
                certificate: certificate.transpose()?,
                timeout: Duration::from_secs(args.timeout),
            })?;
            let (now, vault) = (moment(), args.seal.vault()?);
            let stamp = now.stamp(&program("inquiry run"));
            let planned = plan(&store, here, now.today, &watch, &stamp).await?;
            let ran = inquiries::run(&store, &connector, &vault, here, now.today, &stamp).await?;
            eprintln!(
                "{planned} written, {} sent, {} refused, {} answers applied, {} repeated, {} for a clerk",
                ran.sent, ran.refused, ran.applied, ran.repeated, ran.exceptions
            );
            if let Some(trouble) = &ran.trouble {
                eprintln!("note: {trouble}");
            }
            let well = ran.trouble.is_none() && ran.exceptions == 0 && ran.refused == 0;
            Ok(if well { Exit::Done } else { Exit::Some })
        }),
        InquiryCommand::List(args) => run(async {
            let (store, here) = args.office.open().await?;
            let mut after = 0;
            if args.exceptions {
                let mut listing = Listing::new(&[
                    ("sequence", "順"),
                    ("inquiry", "照会番号"),
                    ("standing", "状態"),
                    ("use", "用途"),
                    ("detail", "内容"),
                    ("at", "受信日時"),
                ]);
                loop {
                    let page = store.answer_exceptions(here, after, PAGE).await?;
                    let Some(last) = page.last() else { break };
                    after = last.sequence;
                    for one in &page {
                        let cells = [&one.inquiry, &one.standing, one.usage.ja(), &one.detail, &one.at];
                        let mut row = vec![one.sequence.into()];
                        row.extend(cells.into_iter().map(Into::into));
                        listing.push(row);
                    }
                }
                listing.print(args.json)?;
                return Ok(Exit::Done);
            }
            let mut listing = Listing::new(&[
                ("id", "照会番号"),
                ("what", "事務"),
                ("person", "宛名番号"),
                ("asked_on", "照会日"),
                ("days", "経過日数"),
                ("state", ""),
                ("state_ja", "状態"),
                ("says_ja", "内容"),
            ]);
            loop {
                let page = store.inquiries(here, !args.all, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = last.ordinal;
                for one in page {
                    let progress = Progress::of(one, today(), &watch);
                    let asked = &progress.inquiry.inquiry;
                    listing.push(vec![
                        asked.id.clone().into(),
                        asked.what.clone().into(),
                        asked.person.0.into(),
                        asked.asked_on.to_string().into(),
                        progress.days.into(),
                        progress.state.clone().into(),
                        progress.ja().into(),
                        progress.says().into(),
                    ]);
                }
            }
            listing.print(args.json)?;
            Ok(Exit::Done)
        }),
    }
}
