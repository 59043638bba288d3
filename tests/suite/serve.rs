//! The service as a machine runs it: the binary, its configuration, its certificate, its end.

use jorei_api::configuration::reference;
use jorei_api::server::install_cryptography;
use jorei_tests::built;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn check(folder: &Path, configuration: &str) -> Output {
    let file = folder.join("service.toml");
    std::fs::write(&file, configuration).unwrap();
    built::jorei().args(["serve", "--check", "--config"]).arg(file).env_remove("JOREI_SERVE__LISTEN__ADDRESS").output().unwrap()
}

#[test]
fn a_configuration_is_checked_with_all_that_it_names_and_shown_without_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let shown = check(folder.path(), "[database]\naddress = \"postgres://jorei:hunter2@db.example/jorei\"\n[limits]\nconnections = 7");
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    let shown = text(&shown.stdout);
    assert!(shown.contains("connections = 7  # ") && shown.contains("db.example") && !shown.contains("hunter2"), "{shown}");
    for (configuration, wanted) in [
        ("[limits]\nconections = 7", "limits.conections"),
        ("[listen]\naddress = \"0.0.0.0:8443\"", "listen.address"),
        ("[tls]\ncertificate = \"/nowhere/c.pem\"\nkey = \"/nowhere/k.pem\"", "/nowhere/c.pem"),
        ("[vault]\nkey_file = \"/nowhere/v\"", "/nowhere/v"),
        (
            "[openid]\nissuer = \"https://x.example\"\nclient_id = \"x\"\nclient_secret_file = \"/nowhere/s\"\nredirect_url = \"https://x.example\"",
            "/nowhere/s",
        ),
    ] {
        let refused = check(folder.path(), configuration);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains(wanted), "{}", text(&refused.stderr));
    }
}

#[test]
fn every_key_of_the_configuration_has_a_row_of_the_reference() {
    let page = reference();
    for key in jorei_api::configuration::KEYS {
        assert!(page.contains(&format!("| `{}` |", key.name)), "{}.{}", key.section, key.name);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap().port()
}

/// A certificate of its own for this machine, and its key.
fn certificate(folder: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(folder.join("certificate.pem"));
    let output = openssl.output().expect("openssl (cargo xtask setup)");
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn trusting(folder: &Path) -> reqwest::Client {
    let pem = std::fs::read(folder.join("certificate.pem")).unwrap();
    let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
    reqwest::Client::builder().no_proxy().tls_certs_only([certificate]).build().unwrap()
}

/// A service that runs, and its log.
struct Service {
    process: Child,
    log: std::io::Lines<BufReader<std::process::ChildStderr>>,
}

impl Service {
    fn start(configuration: &Path) -> Service {
        let mut jorei = built::jorei();
        jorei.args(["serve", "--config"]).arg(configuration).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut process = jorei.spawn().unwrap();
        let log = BufReader::new(process.stderr.take().unwrap()).lines();
        Service { process, log }
    }

    /// The first line from here on that says something.
    fn line(&mut self, message: &str) -> serde_json::Value {
        let mut seen = Vec::new();
        for line in self.log.by_ref() {
            let line = line.unwrap();
            match serde_json::from_str::<serde_json::Value>(&line) {
                Ok(value) if value["message"] == message => return value,
                _ => seen.push(line),
            }
        }
        panic!("no line says {message}: {seen:?}")
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_service_shows_its_certificate_takes_a_new_one_and_ends_when_told() {
    install_cryptography();
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let (old, side, port) = (trusting(folder.path()), free_port(), free_port());
    let path = |name: &str| folder.path().join(name).display().to_string();
    // An empty file is a database without its tables; the service makes them.
    std::fs::write(path("jorei.db"), "").unwrap();
    let configuration = format!(
        "[listen]\naddress = \"127.0.0.1:{port}\"\nside_address = \"127.0.0.1:{side}\"\n[database]\naddress = \"sqlite://{}\"\n\
         [tls]\ncertificate = \"{}\"\nkey = \"{}\"\n[cache]\nfolder = \"{}\"\n",
        path("jorei.db"),
        path("certificate.pem"),
        path("key.pem"),
        path("cache")
    );
    std::fs::write(path("service.toml"), configuration).unwrap();
    let mut service = Service::start(&folder.path().join("service.toml"));
    service.line("serving");
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    let health = async |what: &str| plain.get(format!("http://127.0.0.1:{side}/health/{what}")).send().await.unwrap().status().as_u16();
    assert_eq!((health("live").await, health("ready").await), (200, 200));

    let url = format!("https://localhost:{port}/nothing");
    let answer = old.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let request = answer.headers()["jorei-request"].to_str().unwrap().to_owned();
    assert_eq!(service.line("request")["request"], request, "the log names the request");
    assert!(plain.get(format!("http://localhost:{port}/")).send().await.is_err(), "nothing is served in the clear");

    certificate(folder.path());
    service.signal("HUP");
    service.line("the certificate was read again");
    assert_eq!(trusting(folder.path()).get(&url).send().await.unwrap().status(), 404);
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(&url).send().await.is_err(), "nobody else vouches for it");

    std::fs::write(path("certificate.pem"), "no certificate").unwrap();
    service.signal("HUP");
    assert_eq!(service.line("the certificate before stays")["level"], "ERROR");

    service.signal("TERM");
    service.line("stopping");
    assert_eq!(service.process.wait().unwrap().code(), Some(0));
}
