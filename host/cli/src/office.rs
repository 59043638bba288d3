//! What most commands need: the database, the municipality, the runtime, the clock.

use anyhow::{Context as _, bail};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::Municipality;
use jorei_engine::{ArtefactCache, Compilation, Limits, Runtime};
use jorei_service::language::Language;
use jorei_store::Store;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// Whose office, and where its records are.
#[derive(clap::Args)]
pub struct OfficeArgs {
    /// The municipality's code, as 012041; not needed where the database has one only.
    #[arg(long, env = "JOREI_MUNICIPALITY", value_parser = parse_municipality)]
    municipality: Option<Municipality>,
    /// The database: sqlite://FILE or postgres://...
    #[arg(long, env = "JOREI_DATABASE", hide_env_values = true, default_value = "sqlite://jorei.db")]
    database: String,
}

impl OfficeArgs {
    /// Opens the records of an office, upgrading their tables where needed.
    pub async fn open(&self) -> anyhow::Result<(Store, Municipality)> {
        self.open_at(&that_exists(&self.database)).await.with_context(|| opening(&self.database))
    }

    /// Opens the records, or founds them where there are none.
    pub async fn found(&self) -> anyhow::Result<(Store, Municipality)> {
        self.open_at(&self.database).await.with_context(|| format!("opening the database {}", shown(&self.database)))
    }

    async fn open_at(&self, address: &str) -> anyhow::Result<(Store, Municipality)> {
        let store = Store::open(address).await?;
        store.migrate().await?;
        if let Some(municipality) = self.municipality {
            return Ok((store, municipality));
        }
        match store.municipalities().await?.as_slice() {
            [one] => Ok((store, *one)),
            [] => bail!("it holds no municipality yet; say whose it is: --municipality 012041"),
            many => {
                let codes: Vec<String> = many.iter().map(ToString::to_string).collect();
                bail!("it holds several municipalities ({}); say which: --municipality CODE", codes.join(", "))
            }
        }
    }
}

/// Opens records that are there, whosever they are, upgrading their tables where needed.
pub async fn open_records(address: &str) -> anyhow::Result<Store> {
    let open = async {
        let store = Store::open(&that_exists(address)).await?;
        store.migrate().await?;
        anyhow::Ok(store)
    };
    open.await.with_context(|| opening(address))
}

/// A mistyped path must not leave an empty database behind.
fn that_exists(address: &str) -> String {
    let (scheme, there) = match address {
        address if address.starts_with("postgres") || address.contains('?') => ("", ""),
        address if address.starts_with("sqlite:") => ("", "?mode=rw"),
        _ => ("sqlite://", "?mode=rw"),
    };
    format!("{scheme}{address}{there}")
}

fn opening(address: &str) -> String {
    format!("opening the database {} (jorei demo-city and jorei office change make one)", shown(address))
}

/// A database's address without the password that a PostgreSQL URL may carry.
fn shown(address: &str) -> String {
    match (address.find("://"), address.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://…{}", &address[..scheme], &address[at..]),
        _ => address.to_owned(),
    }
}

/// What the command line says of the cache.
static CACHE: OnceLock<Option<PathBuf>> = OnceLock::new();

/// Says once, before any runtime, where compiled rules are kept.
pub fn keep_artefacts_in(folder: Option<PathBuf>) {
    // Nobody says it twice.
    let _ = CACHE.set(folder);
}

/// A runtime with the host's limits, which compiles in a child of this program.
pub fn runtime() -> anyhow::Result<Arc<Runtime>> {
    runtime_in(None)
}

/// The same, with compiled rules in a folder that goes before the one of the command line.
pub fn runtime_in(folder: Option<PathBuf>) -> anyhow::Result<Arc<Runtime>> {
    let cache = match artefacts(folder) {
        Ok(cache) => Some(cache),
        Err(error) => {
            eprintln!("note: compiled rules are not kept, each start compiles them again: {error:#}");
            None
        }
    };
    let program = std::env::current_exe().context("finding this program, which compiles rules in a child of its own")?;
    Ok(Arc::new(Runtime::start(Limits::default(), Compilation { program, arguments: Vec::new(), cache })?))
}

/// The cache of compiled rules: the folder named on the command line, or that of the user.
fn artefacts(folder: Option<PathBuf>) -> anyhow::Result<ArtefactCache> {
    let named = folder.or_else(|| CACHE.get().cloned().flatten());
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let of_user = || set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache"))).map(|folder| folder.join("jorei"));
    let folder = named.or_else(of_user).context("there is no home folder; name one with --cache FOLDER or JOREI_CACHE")?;
    let opened = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    let opened = opened.and_then(|()| ArtefactCache::open(Dir::open_ambient_dir(&folder, ambient_authority())?));
    opened.with_context(|| format!("the folder {}", folder.display()))
}

/// Runs a command's future on all cores.
pub fn run<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}

/// Now, as an instant for the record.
pub fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// Now, to the second.
pub fn second() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// Today in Japan.
pub fn today() -> Date {
    let today = jiff::tz::Offset::constant(9).to_datetime(jiff::Timestamp::now()).date();
    Date::new(i32::from(today.year()), i32::from(today.month()), i32::from(today.day()))
}

/// The day that decisions count from: the one given, or today. Nothing is decided as of a day that has not come.
pub fn decided_on(given: Option<Date>) -> anyhow::Result<Date> {
    let today = today();
    match given {
        Some(day) if day > today => bail!("--on {day} has not come yet; today is {today}"),
        given => Ok(given.unwrap_or(today)),
    }
}

/// A municipality's code on the command line.
pub fn parse_municipality(text: &str) -> Result<Municipality, String> {
    Municipality::parse(text).map_err(|error| error.to_string())
}

/// A fiscal year on the command line.
pub fn parse_year(text: &str) -> Result<FiscalYear, String> {
    text.parse().ok().and_then(|year| FiscalYear::new(year).ok()).ok_or_else(|| format!("`{text}` is not a fiscal year (write 2025)"))
}

/// A date on the command line.
pub fn parse_date(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(|error| error.to_string())
}

/// A month as 2026-05: its first day.
pub fn parse_month(text: &str) -> Result<Date, String> {
    Date::parse(&format!("{text}-01")).map_err(|_| format!("`{text}` is no month; write it as 2026-05"))
}

/// The language of what is printed for people.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Lang {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Language {
        match lang {
            Lang::Ja => Language::Japanese,
            Lang::En => Language::English,
        }
    }
}
