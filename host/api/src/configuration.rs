//! What the service is told by its configuration file and its environment.
//!
//! One table, [`KEYS`], says which keys there are: the reader, the defaults and the reference page are made of it, so
//! that none of them can say something else. Secrets are never values here, only the names of files that hold them.
//! Absent here: reading the file, the environment, and any file named in it; they come in as text and pairs.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How the variables of the environment begin that take the place of a key: `JOREI_SERVE__LIMITS__CONNECTIONS`.
pub const PREFIX: &str = "JOREI_SERVE__";

/// What a key may hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Text that is not empty.
    Text,
    /// The path of a file or folder, relative to where the service is started.
    Path,
    /// An address with a port, as `127.0.0.1:8080` or `[::1]:8080`.
    Address,
    /// An address that begins with `https://`; `http://` only for this machine.
    Url,
    /// A whole number within bounds, both included.
    Number(u64, u64),
    /// `true` or `false`.
    Flag,
    /// One of some words.
    Word(&'static [&'static str]),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Text => f.write_str("text that is not empty"),
            Kind::Path => f.write_str("the path of a file or folder"),
            Kind::Address => f.write_str("an address with a port, as 127.0.0.1:8080"),
            Kind::Url => f.write_str("an address that begins with https:// (http:// for this machine only)"),
            Kind::Number(least, most) => write!(f, "a whole number from {least} to {most}"),
            Kind::Flag => f.write_str("true or false"),
            Kind::Word(words) => write!(f, "one of {}", words.join(", ")),
        }
    }
}

/// A key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The section (a table of the file).
    pub section: &'static str,
    /// Its name in the section.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What holds when nobody says anything.
    pub default: Option<&'static str>,
    /// Its value may hold a password: it is never shown whole.
    pub secret: bool,
    /// What it does.
    pub doc: &'static str,
}

const fn key(section: &'static str, name: &'static str, kind: Kind, default: Option<&'static str>, doc: &'static str) -> Key {
    Key { section, name, kind, default, secret: false, doc }
}

/// Every key, in the order of the reference page.
pub const KEYS: &[Key] = &[
    key("listen", "address", Kind::Address, Some("127.0.0.1:8443"), "Where the service listens."),
    key(
        "listen",
        "side_address",
        Kind::Address,
        Some("127.0.0.1:9464"),
        "Where health and metrics are told without an account. Keep it on this machine or in the network of the monitoring.",
    ),
    Key {
        secret: true,
        ..key("database", "address", Kind::Text, Some("sqlite://jorei.db"), "The records: `sqlite://FILE` or `postgres://...`.")
    },
    key("tls", "certificate", Kind::Path, None, "The certificate with its chain (PEM). Read again at SIGHUP."),
    key("tls", "key", Kind::Path, None, "The certificate's key (PEM). Read again at SIGHUP."),
    key(
        "tls",
        "ends_before",
        Kind::Flag,
        Some("false"),
        "TLS ends in front of the service (a reverse proxy). Without it and without a certificate the service listens on this machine only.",
    ),
    key("limits", "connections", Kind::Number(1, 100_000), Some("1000"), "Connections at a time; one more is closed at once."),
    key("limits", "header_seconds", Kind::Number(1, 300), Some("10"), "Time for a request's head, and for a connection to stay idle."),
    key("limits", "header_bytes", Kind::Number(8_192, 1_048_576), Some("16384"), "Bytes of a request's head."),
    key("limits", "body_seconds", Kind::Number(1, 300), Some("15"), "Time for a request's body to arrive whole; a package has longer."),
    key(
        "limits",
        "body_bytes",
        Kind::Number(1_024, 134_217_728),
        Some("1048576"),
        "Bytes of a request's body, where a route says nothing else.",
    ),
    key("limits", "request_seconds", Kind::Number(1, 3_600), Some("60"), "Time until an answer begins."),
    key("limits", "shutdown_seconds", Kind::Number(0, 3_600), Some("30"), "Time that requests under way get when the service is stopped."),
    key(
        "telemetry",
        "log",
        Kind::Word(&["error", "warn", "info", "debug"]),
        Some("info"),
        "The least severe lines that are written to the log.",
    ),
    key(
        "telemetry",
        "otlp",
        Kind::Url,
        None,
        "Where traces are sent (OTLP over HTTP, protobuf), as `http://127.0.0.1:4318/v1/traces`. Without it none are made.",
    ),
    key(
        "vault",
        "key_file",
        Kind::Path,
        None,
        "The key under which personal numbers and the accounts of payees are kept. Without it none can be kept or shown.",
    ),
    key("openid", "issuer", Kind::Url, None, "The provider that officials log in with (OpenID Connect)."),
    key("openid", "client_id", Kind::Text, None, "How the provider calls this service."),
    key("openid", "client_secret_file", Kind::Path, None, "The file with the secret that the provider gave this service."),
    key("openid", "redirect_url", Kind::Url, None, "The address of this service to which the provider sends people back."),
    key("cache", "folder", Kind::Path, None, "Where compiled rules are kept between starts [default: that of the user]."),
];

/// Keys of which none or all must be there.
const TOGETHER: &[&[(&str, &str)]] = &[
    &[("tls", "certificate"), ("tls", "key")],
    &[("openid", "issuer"), ("openid", "client_id"), ("openid", "client_secret_file"), ("openid", "redirect_url")],
];

/// Where a value came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File(String),
    /// A variable of the environment.
    Variable(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("the default"),
            Source::File(name) => f.write_str(name),
            Source::Variable(name) => write!(f, "the variable {name}"),
        }
    }
}

/// Why a configuration cannot be used. Values are not repeated: the wrong one may be a password that stands in the wrong
/// place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigurationError {
    /// The file is no TOML.
    #[error("{file}, line {line}: not TOML ({what}); mend the line")]
    NotToml {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        what: String,
    },
    /// A key that there is not.
    #[error("{source_of}: there is no key `{key}`; docs/reference/configuration.md has them all")]
    Unknown {
        /// Where it stands.
        source_of: Source,
        /// Its name.
        key: String,
    },
    /// A value that a key may not hold.
    #[error("{source_of}: the value of `{key}` does not fit; allowed is {allowed}")]
    Value {
        /// Where it stands.
        source_of: Source,
        /// The key.
        key: String,
        /// What it may hold.
        allowed: String,
    },
    /// Some of several keys that belong together.
    #[error("`{missing}` is missing; write all or none of {all}")]
    Incomplete {
        /// The first that is missing.
        missing: String,
        /// All of them.
        all: String,
    },
    /// People would send passwords through a network in the clear.
    #[error(
        "{source_of}: `listen.address` is not of this machine and there is no certificate; write `tls.certificate` and `tls.key`, or \
         `tls.ends_before = true` where a reverse proxy ends TLS"
    )]
    Clear {
        /// Where the address stands.
        source_of: Source,
    },
}

/// Where the certificate and its key are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsFiles {
    /// The certificate with its chain, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
}

/// Bounds of what clients may cost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Time for the head of a request, and for a connection to stay idle.
    pub header: Duration,
    /// Bytes of the head of a request.
    pub header_bytes: usize,
    /// Time for a body to arrive whole.
    pub body: Duration,
    /// Bytes of a body where a route says nothing else.
    pub body_bytes: usize,
    /// Time until an answer begins.
    pub request: Duration,
    /// Time for what is under way when the service stops.
    pub shutdown: Duration,
}

/// What is told of the service, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TelemetrySettings {
    /// The least severe lines of the log: a word of `error`, `warn`, `info`, `debug`.
    pub log: String,
    /// Where traces are sent.
    pub otlp: Option<String>,
}

/// The provider that officials log in with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenIdSettings {
    /// Its address.
    pub issuer: String,
    /// How it calls this service.
    pub client_id: String,
    /// The file with the secret that it gave this service.
    pub client_secret_file: PathBuf,
    /// Where it sends people back.
    pub redirect_url: String,
}

/// A configuration that can be used.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Where the service listens.
    pub listen: SocketAddr,
    /// Where health and metrics are told.
    pub side: SocketAddr,
    /// The address of the records; may hold a password.
    pub database: String,
    /// The certificate.
    pub tls: Option<TlsFiles>,
    /// Bounds.
    pub limits: Limits,
    /// Metrics, traces, logs.
    pub telemetry: TelemetrySettings,
    /// The file with the vault's key.
    pub vault_key_file: Option<PathBuf>,
    /// The provider of OpenID Connect.
    pub openid: Option<OpenIdSettings>,
    /// Where compiled rules are kept.
    pub cache: Option<PathBuf>,
    values: Values,
}

impl Configuration {
    /// Reads a configuration: `file` is the name and text of the file, `environment` all variables or those that begin
    /// with [`PREFIX`]. A variable goes before the file, the file before the default.
    ///
    /// # Errors
    /// [`ConfigurationError`], the first that is found.
    pub fn read(
        file: Option<(&str, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Configuration, ConfigurationError> {
        let mut values = Values::defaults();
        if let Some((name, text)) = file {
            values.take_file(name, text)?;
        }
        for (variable, text) in environment {
            values.take_variable(&variable, &text)?;
        }
        values.check_together()?;
        let configuration = Configuration {
            listen: values.parsed("listen", "address")?,
            side: values.parsed("listen", "side_address")?,
            database: values.text("database", "address").unwrap_or_default(),
            tls: values.path("tls", "certificate").zip(values.path("tls", "key")).map(|(certificate, key)| TlsFiles { certificate, key }),
            limits: Limits {
                connections: values.parsed("limits", "connections")?,
                header: values.seconds("limits", "header_seconds")?,
                header_bytes: values.parsed("limits", "header_bytes")?,
                body: values.seconds("limits", "body_seconds")?,
                body_bytes: values.parsed("limits", "body_bytes")?,
                request: values.seconds("limits", "request_seconds")?,
                shutdown: values.seconds("limits", "shutdown_seconds")?,
            },
            telemetry: TelemetrySettings {
                log: values.text("telemetry", "log").unwrap_or_default(),
                otlp: values.text("telemetry", "otlp"),
            },
            vault_key_file: values.path("vault", "key_file"),
            openid: values.openid(),
            cache: values.path("cache", "folder"),
            values,
        };
        let in_the_clear = configuration.tls.is_none() && configuration.values.text("tls", "ends_before").as_deref() != Some("true");
        if in_the_clear && !configuration.listen.ip().is_loopback() {
            return Err(ConfigurationError::Clear { source_of: configuration.values.source("listen", "address") });
        }
        Ok(configuration)
    }

    /// The configuration that holds, as a file of it, with where each value came from. What may hold a password is
    /// shown without it.
    pub fn effective(&self) -> String {
        let mut text = String::new();
        for section in sections() {
            let _ = writeln!(text, "[{section}]");
            for key in KEYS.iter().filter(|key| key.section == section) {
                let _ = match self.values.0.get(&(key.section, key.name)) {
                    Some((value, source)) => writeln!(text, "{} = {}  # {source}", key.name, shown(key, value)),
                    None => writeln!(text, "# {} is not set", key.name),
                };
            }
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

/// The reference page of the configuration, in Markdown.
pub fn reference() -> String {
    let mut text = format!(
        "# Configuration\n\nThe file of `jorei serve --config FILE` (TOML). Every key may also be a variable of the environment,\n\
         `{PREFIX}SECTION__KEY` in capitals, which goes before the file: `{PREFIX}LIMITS__CONNECTIONS=200`. A key that is not\n\
         here is refused. Relative paths begin where the service is started. Generated from\n\
         `host/api/src/configuration.rs`; do not edit.\n"
    );
    for section in sections() {
        let _ = write!(text, "\n## {section}\n\n| key | default | allowed | meaning |\n| --- | --- | --- | --- |\n");
        for key in KEYS.iter().filter(|key| key.section == section) {
            let default = key.default.map_or_else(|| "none".to_owned(), |default| format!("`{}`", literal(key.kind, default)));
            let _ = writeln!(text, "| `{}` | {default} | {} | {} |", key.name, key.kind, key.doc);
        }
    }
    text
}

/// The sections, each once, in their order.
fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&str> = KEYS.iter().map(|key| key.section).collect();
    sections.dedup();
    sections
}

/// A value as it stands in a file.
fn literal(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Number(..) | Kind::Flag => value.to_owned(),
        _ => toml::Value::from(value).to_string(),
    }
}

/// A value as it may be shown.
fn shown(key: &Key, value: &str) -> String {
    let password = key.secret.then(|| Some((value.find("://")?, value.rfind('@')?))).flatten();
    match password {
        Some((scheme, at)) if at > scheme => literal(key.kind, &format!("{}://…{}", &value[..scheme], &value[at..])),
        _ => literal(key.kind, value),
    }
}

/// The values that hold, as text that fits its key, with where they came from.
#[derive(Clone, Debug)]
struct Values(BTreeMap<(&'static str, &'static str), (String, Source)>);

impl Values {
    fn defaults() -> Values {
        let with_default = |key: &Key| Some(((key.section, key.name), (key.default?.to_owned(), Source::Default)));
        Values(KEYS.iter().filter_map(with_default).collect())
    }

    fn take_file(&mut self, name: &str, text: &str) -> Result<(), ConfigurationError> {
        let source = Source::File(name.to_owned());
        let file: toml::Table = toml::from_str(text).map_err(|error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            ConfigurationError::NotToml { file: name.to_owned(), line, what: error.message().to_owned() }
        })?;
        for (section, keys) in file {
            let unknown = |key: String| ConfigurationError::Unknown { source_of: source.clone(), key };
            let toml::Value::Table(keys) = keys else { return Err(unknown(section)) };
            if !sections().contains(&section.as_str()) {
                return Err(unknown(section));
            }
            for (name, value) in keys {
                let key = find(&section, &name).ok_or_else(|| unknown(format!("{section}.{name}")))?;
                // A number in quotes is a mistake in a file; in the environment there is nothing but text.
                let text = match (key.kind, value) {
                    (Kind::Number(..), toml::Value::Integer(number)) => Some(number.to_string()),
                    (Kind::Flag, toml::Value::Boolean(flag)) => Some(flag.to_string()),
                    (Kind::Number(..) | Kind::Flag, _) => None,
                    (_, toml::Value::String(text)) => Some(text),
                    _ => None,
                };
                self.take(key, text.as_deref(), source.clone())?;
            }
        }
        Ok(())
    }

    fn take_variable(&mut self, variable: &str, text: &str) -> Result<(), ConfigurationError> {
        let Some(path) = variable.strip_prefix(PREFIX) else { return Ok(()) };
        let source = Source::Variable(variable.to_owned());
        let lower = path.to_ascii_lowercase();
        let key = lower.split_once("__").and_then(|(section, name)| find(section, name));
        let key = key.ok_or_else(|| ConfigurationError::Unknown { source_of: source.clone(), key: lower.replace("__", ".") })?;
        self.take(key, Some(text), source)
    }

    fn take(&mut self, key: &Key, text: Option<&str>, source: Source) -> Result<(), ConfigurationError> {
        match text.filter(|text| fits(key.kind, text)) {
            Some(text) => {
                self.0.insert((key.section, key.name), (text.to_owned(), source));
                Ok(())
            }
            None => Err(does_not_fit(key, source)),
        }
    }

    fn check_together(&self) -> Result<(), ConfigurationError> {
        for group in TOGETHER {
            let missing: Vec<String> =
                group.iter().filter(|key| !self.0.contains_key(*key)).map(|(section, name)| format!("{section}.{name}")).collect();
            if !missing.is_empty() && missing.len() < group.len() {
                let all: Vec<String> = group.iter().map(|(section, name)| format!("{section}.{name}")).collect();
                return Err(ConfigurationError::Incomplete { missing: missing[0].clone(), all: all.join(", ") });
            }
        }
        Ok(())
    }

    fn text(&self, section: &'static str, name: &'static str) -> Option<String> {
        self.0.get(&(section, name)).map(|(value, _)| value.clone())
    }

    fn path(&self, section: &'static str, name: &'static str) -> Option<PathBuf> {
        self.text(section, name).map(PathBuf::from)
    }

    fn source(&self, section: &'static str, name: &'static str) -> Source {
        self.0.get(&(section, name)).map_or(Source::Default, |(_, source)| source.clone())
    }

    /// A value that was found to fit already; on a machine whose addresses are short it may still be too large.
    fn parsed<T: std::str::FromStr>(&self, section: &'static str, name: &'static str) -> Result<T, ConfigurationError> {
        let unfit = |kind: Kind| ConfigurationError::Value {
            source_of: self.source(section, name),
            key: format!("{section}.{name}"),
            allowed: kind.to_string(),
        };
        let kind = find(section, name).map_or(Kind::Text, |key| key.kind);
        self.text(section, name).and_then(|text| text.parse().ok()).ok_or_else(|| unfit(kind))
    }

    fn seconds(&self, section: &'static str, name: &'static str) -> Result<Duration, ConfigurationError> {
        self.parsed(section, name).map(Duration::from_secs)
    }

    fn openid(&self) -> Option<OpenIdSettings> {
        Some(OpenIdSettings {
            issuer: self.text("openid", "issuer")?,
            client_id: self.text("openid", "client_id")?,
            client_secret_file: self.path("openid", "client_secret_file")?,
            redirect_url: self.text("openid", "redirect_url")?,
        })
    }
}

fn find(section: &str, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.section == section && key.name == name)
}

fn does_not_fit(key: &Key, source: Source) -> ConfigurationError {
    ConfigurationError::Value { source_of: source, key: format!("{}.{}", key.section, key.name), allowed: key.kind.to_string() }
}

fn fits(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Text | Kind::Path => !text.trim().is_empty(),
        Kind::Address => text.parse::<SocketAddr>().is_ok(),
        Kind::Url => is_safe_url(text),
        Kind::Number(least, most) => text.parse::<u64>().is_ok_and(|number| (least..=most).contains(&number)),
        Kind::Flag => matches!(text, "true" | "false"),
        Kind::Word(words) => words.contains(&text),
    }
}

/// Is it encrypted, or does it stay on this machine? An address with a name and password in it is neither.
fn is_safe_url(text: &str) -> bool {
    let Ok(url) = openidconnect::url::Url::parse(text) else { return false };
    let stays_here = match url.host() {
        Some(openidconnect::url::Host::Ipv4(address)) => address.is_loopback(),
        Some(openidconnect::url::Host::Ipv6(address)) => address.is_loopback(),
        Some(openidconnect::url::Host::Domain(name)) => name == "localhost",
        None => return false,
    };
    let is_plain = url.username().is_empty() && url.password().is_none();
    is_plain && (url.scheme() == "https" || url.scheme() == "http" && stays_here)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Configuration, ConfigurationError> {
        Configuration::read(Some(("office.toml", text)), variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn nothing_said_is_a_service_for_this_machine_only() {
        let found = Configuration::read(None, []).unwrap();
        assert!(found.listen.ip().is_loopback() && found.side.ip().is_loopback());
        assert_eq!((found.limits.connections, found.limits.header), (1_000, Duration::from_secs(10)));
        assert!(found.tls.is_none() && found.openid.is_none() && found.telemetry.otlp.is_none() && found.vault_key_file.is_none());
    }

    #[test]
    fn every_default_fits_its_own_key_and_no_key_stands_twice() {
        for (at, key) in KEYS.iter().enumerate() {
            assert!(key.default.is_none_or(|default| fits(key.kind, default)), "{}.{}", key.section, key.name);
            assert!(!KEYS[..at].iter().any(|other| (other.section, other.name) == (key.section, key.name)));
        }
    }

    #[test]
    fn a_variable_goes_before_the_file_and_the_file_before_the_default() {
        let file = "[limits]\nconnections = 7\nrequest_seconds = 5\n";
        let found = read(file, &[("JOREI_SERVE__LIMITS__CONNECTIONS", "9"), ("PATH", "/bin"), ("JOREI_CACHE", "/x")]).unwrap();
        assert_eq!((found.limits.connections, found.limits.request, found.limits.body_bytes), (9, Duration::from_secs(5), 1 << 20));
    }

    #[test]
    fn what_is_not_known_or_does_not_fit_is_refused_with_its_place() {
        for (text, variables, wanted) in [
            ("[limits]\nconections = 7", &[][..], "office.toml: there is no key `limits.conections`"),
            ("[limit]\nconnections = 7", &[], "office.toml: there is no key `limit`"),
            ("connections = 7", &[], "office.toml: there is no key `connections`"),
            (
                "[limits]\nconnections = \"7\"",
                &[],
                "office.toml: the value of `limits.connections` does not fit; allowed is a whole number",
            ),
            ("[limits]\nconnections = 0", &[], "office.toml: the value of `limits.connections`"),
            ("[telemetry]\nlog = \"loud\"", &[], "allowed is one of error, warn, info, debug"),
            ("[openid]\nissuer = \"http://login.example\"", &[], "`openid.issuer`"),
            ("[openid]\nissuer = \"https://login.example\"", &[], "`openid.client_id` is missing"),
            ("[tls]\ncertificate = \"a.pem\"", &[], "`tls.key` is missing"),
            ("[listen]\naddress = \"0.0.0.0:80\"", &[], "office.toml: `listen.address` is not of this machine"),
            ("", &[("JOREI_SERVE__LISTEN__ADDRESS", "[::]:80")], "the variable JOREI_SERVE__LISTEN__ADDRESS: `listen.address`"),
            ("", &[("JOREI_SERVE__LISTEN", "x")], "the variable JOREI_SERVE__LISTEN: there is no key `listen`"),
            ("", &[("JOREI_SERVE__LIMITS__BODY_BYTES", "1e6")], "the variable JOREI_SERVE__LIMITS__BODY_BYTES: the value of"),
            ("[listen]\n\naddress = ", &[], "office.toml, line 3: not TOML"),
        ] {
            let error = read(text, variables).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn a_service_for_others_needs_tls_or_somebody_before_it() {
        for file in [
            "[listen]\naddress = \"0.0.0.0:443\"\n[tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"",
            "[listen]\naddress = \"0.0.0.0:443\"\n[tls]\nends_before = true",
        ] {
            assert!(read(file, &[]).is_ok(), "{file}");
        }
    }

    #[test]
    fn no_password_is_shown_or_told() {
        let file = "[database]\naddress = \"postgres://jorei:hunter2@db.example/jorei\"";
        let shown = read(file, &[]).unwrap().effective();
        assert!(shown.contains("db.example") && !shown.contains("hunter2"), "{shown}");
        let wrong = read("[limits]\nconnections = \"hunter2\"", &[]).unwrap_err().to_string();
        assert!(!wrong.contains("hunter2"), "{wrong}");
    }

    #[test]
    fn what_is_shown_is_a_file_that_says_the_same() {
        let file = "[limits]\nconnections = 7\n[tls]\nends_before = true\n[cache]\nfolder = 'C:\\\"x'";
        let first = read(file, &[]).unwrap();
        let again = read(&first.effective(), &[]).unwrap();
        assert_eq!(again.limits, first.limits);
        assert_eq!(again.cache.unwrap().to_str(), Some("C:\\\"x"));
    }
}
