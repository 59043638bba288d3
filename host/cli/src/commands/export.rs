//! `jorei export`: masters and forms as files. Each page is noted as a look-up before it is in the file.

use crate::commands::Exit;
use crate::commands::officer::{moment, program};
use crate::office::{OfficeArgs, parse_date, parse_year, run, today};
use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{Knowledge, Municipality};
use jorei_domain::purpose::{Affair, CaseReference, File, Purpose};
use jorei_service::imports::CONTROL_FILES;
use jorei_service::imports::forms::Form;
use jorei_service::lookups::{Lookup, record};
use jorei_service::masters::{Asked, View, columns, files, page};
use jorei_service::sheets::{Format, SheetColumn, SheetWriter};
use jorei_store::Store;
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Persons or households per page: what one entry of the chain names.
const PAGE: u32 = 1_000;

/// Export a master, a form, or the whole set of forms that jorei import reads back.
///
/// A look-up of everybody in it: the affair and the case are stated, and the audit chain says who was exported before they
/// are in the file. Receipts are refused. Arrears are those of today.
///
/// Example: jorei export --master 被保険者 --affair qualification --case R7-000123 --out insured.xlsx
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    office: OfficeArgs,
    /// A master: 被保険者, 退職者, 賦課, 賦課個人, 賦課個人履歴, 賦課異動, 滞納整理, or its word (insured).
    #[arg(long, required_unless_present_any = ["form", "set"], conflicts_with_all = ["form", "set"])]
    master: Option<String>,
    /// A form: 世帯, 所得, 氏名, or its word (membership). `jorei import forms` lists them.
    #[arg(long, conflicts_with = "set")]
    form: Option<String>,
    /// All forms and their control file, into the folder --out.
    #[arg(long)]
    set: bool,
    /// The fiscal year, for masters of assessments.
    #[arg(long, value_parser = parse_year)]
    year: Option<FiscalYear>,
    /// As the office knew it at this knowledge number.
    #[arg(long, conflicts_with = "known_on")]
    as_of: Option<i64>,
    /// As the office knew it on this day.
    #[arg(long, value_parser = parse_date)]
    known_on: Option<Date>,
    /// csv is UTF-8, csv-sjis Shift_JIS.
    #[arg(long, value_enum, default_value = "csv")]
    format: FormatArg,
    /// The affair it serves: qualification, assessment, collection, benefits, online-qualification.
    #[arg(long, value_parser = parse_affair)]
    affair: Affair,
    /// The case it serves, as R7-000123.
    #[arg(long, value_parser = parse_case)]
    case: CaseReference,
    /// The file to make; it must not be there.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum FormatArg {
    Csv,
    CsvSjis,
    Xlsx,
}

fn parse_affair(text: &str) -> Result<Affair, String> {
    Affair::named(text).ok_or_else(|| {
        let known: Vec<&str> = Affair::ALL.iter().map(|affair| affair.word()).collect();
        format!("no affair; known are {}", known.join(", "))
    })
}

fn parse_case(text: &str) -> Result<CaseReference, String> {
    CaseReference::parse(text).map_err(|error| error.to_string())
}

pub fn run_export(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let as_of = match (args.as_of, args.known_on) {
            (Some(number), _) => Knowledge(number),
            (None, Some(day)) => store.knowledge_on(municipality, day).await?,
            (None, None) => store.latest_knowledge(municipality).await?,
        };
        let format = match args.format {
            FormatArg::Csv => Format::Csv,
            FormatArg::CsvSjis => Format::CsvSjis,
            FormatArg::Xlsx => Format::Xlsx,
        };
        let purpose = Purpose { affair: args.affair, case: args.case.clone() };
        let export = Export { store: &store, municipality, purpose, year: args.year, as_of, format };
        if args.set {
            export.set(&args.out).await?;
        } else {
            let lines = export.file(view(args)?, &args.out).await?;
            eprintln!("{lines} lines in {}, as known by knowledge number {as_of}", args.out.display());
        }
        Ok(Exit::Done)
    })
}

fn view(args: &Args) -> anyhow::Result<View> {
    if let Some(form) = &args.form {
        return Ok(View::Form(Form::named(form).context("there is no form of this name; `jorei import forms` lists them")?));
    }
    let name = args.master.as_deref().unwrap_or_default();
    let is = |file: &File| file.word() == name || file.ja() == name || file.ja().trim_end_matches("マスタ") == name;
    match File::ALL.into_iter().find(is) {
        Some(file) => Ok(View::Master(file)),
        None => {
            let known: Vec<String> = File::ALL.iter().map(|file| format!("{}（{}）", file.ja(), file.word())).collect();
            bail!("there is no master of this name; known are {}", known.join(", "))
        }
    }
}

struct Export<'e> {
    store: &'e Store,
    municipality: Municipality,
    purpose: Purpose,
    year: Option<FiscalYear>,
    as_of: Knowledge,
    format: Format,
}

impl Export<'_> {
    /// Writes one view to a file; answers how many lines it has. A file that was not finished is taken away.
    async fn file(&self, view: View, path: &Path) -> anyhow::Result<u32> {
        let columns = columns(view)?;
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = made.with_context(|| format!("making the file {}", path.display()))?;
        let written = self.lines(view, SheetWriter::new(self.format, columns, BufWriter::new(file))?).await;
        if written.is_err() {
            // What matters is why it was not finished.
            let _ = std::fs::remove_file(path);
        }
        written
    }

    async fn lines(&self, view: View, mut sheet: SheetWriter<BufWriter<std::fs::File>>) -> anyhow::Result<u32> {
        let total = match view {
            View::Master(File::Insured | File::Retired) | View::Form(_) => self.store.count_persons(self.municipality, self.as_of).await?,
            View::Master(_) => self.store.count_households(self.municipality, self.as_of).await?,
        };
        let bar = ProgressBar::new(total).with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} ETA {eta}")?);
        let asked = Asked { view, year: self.year, as_of: self.as_of, today: today() };
        let mut after = 0;
        loop {
            let page = page(self.store, self.municipality, &asked, after, PAGE).await?;
            if !page.lines.is_empty() {
                let lookup = Lookup {
                    what: "export",
                    purpose: Some(&self.purpose),
                    persons: &page.persons,
                    households: &page.households,
                    files: files(view),
                    refused: None,
                };
                record(self.store, self.municipality, &lookup, &moment(), &program("export")).await?;
            }
            for line in &page.lines {
                sheet.line(line)?;
            }
            bar.inc(u64::from(PAGE));
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        bar.finish_and_clear();
        Ok(sheet.finish()?.1)
    }

    /// Writes every form that has lines, and the control file of the set.
    async fn set(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        let heading = |heading: &str| SheetColumn { heading: heading.to_owned(), number: false };
        let columns = ["ファイル", "様式", "件数"].map(heading).to_vec();
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(CONTROL_FILES[0]));
        let format = if self.format == Format::CsvSjis { Format::CsvSjis } else { Format::Csv };
        let mut control = SheetWriter::new(format, columns, BufWriter::new(made?))?;
        let mut total = 0;
        for form in Form::all() {
            let name = format!("{}.{}", form.word(), self.format.extension());
            let lines = self.file(View::Form(form), &folder.join(&name)).await?;
            if lines == 0 {
                std::fs::remove_file(folder.join(&name))?;
                continue;
            }
            control.line(&[name, form.ja().to_owned(), lines.to_string()])?;
            total += lines;
        }
        control.finish()?;
        eprintln!("{total} lines in {}, as known by knowledge number {}", folder.display(), self.as_of);
        Ok(())
    }
}
