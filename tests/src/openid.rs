//! A real provider of OpenID Connect for the tests (`tests/openid`), on a free port, and the browser of somebody who logs
//! in there. The provider goes with its guard.

use crate::built;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// How the provider calls the service.
pub const CLIENT_ID: &str = "jorei";

/// The secret of the service at the provider.
pub const CLIENT_SECRET: &str = "a secret of the tests";

/// Where the provider sends people back; nobody listens there, the tests take what stands in the address.
pub const REDIRECT_URL: &str = "http://127.0.0.1:1/session/openid";

/// The one who can log in there.
pub const SUBJECT: &str = "official-0001";

/// A provider that runs.
pub struct Provider {
    port: u16,
    process: Child,
}

impl Provider {
    /// Starts one.
    ///
    /// # Panics
    /// When it is not installed (`cargo xtask setup`) or does not start.
    pub fn start() -> Provider {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        Provider { port, process: run(port) }
    }

    /// Ends it and starts it again at the same address: it has forgotten everything and signs with a new key.
    ///
    /// # Panics
    /// As [`Provider::start`].
    pub fn restart(&mut self) {
        self.end();
        self.process = run(self.port);
    }

    /// Ends it.
    pub fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Its address.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.end();
    }
}

fn run(port: u16) -> Child {
    let folder = built::openid_provider();
    let mut node = Command::new("setpriv");
    node.args(["--pdeathsig=KILL", "node", "provider.mjs", &port.to_string()]).current_dir(folder).env_clear();
    node.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let mut process = node.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("node (cargo xtask setup)");
    let mut said = BufReader::new(process.stdout.take().expect("its output")).lines();
    let listening = said.any(|line| line.is_ok_and(|line| line == "listening"));
    assert!(listening, "the provider did not start");
    // It warns now and then that it is made for tests, and ends when nobody listens.
    std::thread::spawn(move || said.for_each(drop));
    process
}

/// Logs in as [`SUBJECT`] at an address of the provider, and answers what the browser brings back: code and state.
///
/// # Panics
/// When the provider does not send the browser back.
pub async fn log_in(at: &str) -> (String, String) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client");
    let mut cookies: BTreeMap<String, String> = BTreeMap::new();
    let mut url = reqwest::Url::parse(at).expect("an address");
    for _ in 0..10 {
        if url.as_str().starts_with(REDIRECT_URL) {
            let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
            return (value("code").expect("a code"), value("state").expect("a state"));
        }
        let sent: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = client.get(url.clone()).header("cookie", sent.join("; ")).send().await.expect("an answer");
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().expect("a cookie").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            cookies.insert(name.to_owned(), value.to_owned());
        }
        let next = answer.headers().get("location").expect("the browser is sent on").to_str().expect("an address");
        url = url.join(next).expect("an address");
    }
    panic!("the browser was sent round and round");
}
