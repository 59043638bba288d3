//! The demo's money: a year's receipts with faults, overpayments decided, accounts asked for, two people release, a bank file,
//! results with failures, and the books at zero. The neighbours are programs of ours, spoken to over real connections.

use super::{Office, TANAKA, YEAR, println_all};
use crate::step;
use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Households whose overpayments are decided in the demo, the largest first.
const REFUNDED: usize = 80;
/// What the bank says of a line that it paid.
const PAID: &str = "振込済";
/// Until when the city's receipts are taken in.
const LAST_RECEIPTS: &str = "2026-05-31";

/// Who belongs where. Persons and households by number.
#[derive(Default)]
pub(super) struct Register {
    /// The household of each person.
    pub(super) households: BTreeMap<i64, i64>,
    /// The head of each household.
    pub(super) heads: BTreeMap<i64, i64>,
    /// How each person's name is read.
    kana: BTreeMap<i64, String>,
}

/// A neighbour that runs as long as this lives: it ends with its standard input.
pub(super) struct Neighbour {
    process: Child,
    main: String,
    control: String,
}

impl Neighbour {
    pub(super) fn start(office: &Office, role: &str) -> anyhow::Result<Neighbour> {
        let token = token_file(office)?;
        let mut process = Command::new(office.jorei.with_file_name("jorei-neighbour"))
            .args([role, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--until-input-ends", "--token-file"])
            .arg(token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting jorei-neighbour {role}"))?;
        let mut line = String::new();
        let output = process.stdout.take().context("the neighbour's output")?;
        BufReader::new(output).read_line(&mut line).context("what the neighbour says when it listens")?;
        let told: Value = serde_json::from_str(&line).with_context(|| format!("the neighbour said {line:?}"))?;
        let address = |name: &str| Ok::<_, anyhow::Error>(told[name].as_str().with_context(|| format!("no {name} in {line}"))?.to_owned());
        Ok(Neighbour { main: address("listen")?, control: address("control")?, process })
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The secret by which the neighbours know the city; both have the same one here.
fn token_file(office: &Office) -> anyhow::Result<PathBuf> {
    let path = office.folder.join("connector.token");
    if !path.exists() {
        std::fs::write(&path, "demo-token-of-the-synthetic-city-0001\n").context("writing the token")?;
    }
    Ok(path)
}

/// One HTTP request; answers status and body.
fn http(office: &Office, method: &str, address: &str, path: &str, body: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
    let token = std::fs::read_to_string(token_file(office)?)?;
    let mut stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        token.trim(),
        body.len()
    )?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").context("an answer with a head")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok()).context("a status")?;
    Ok((status, answer[end + 4..].to_vec()))
}

impl Office {
    /// What a command prints as JSON.
    pub(super) fn rows(&self, words: &[&str]) -> anyhow::Result<Vec<Value>> {
        let output = self.command(&[words, &["--json"]].concat(), None).stderr(Stdio::inherit()).output()?;
        // A list of what waits ends with 1.
        ensure!(matches!(output.status.code(), Some(0 | 1)), "jorei {words:?} ended with {}", output.status);
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Runs a command of somebody of which status 1 says that something waits.
    pub(super) fn told(&self, words: &[&str], who: Option<&str>) -> anyhow::Result<String> {
        let output = self.command(words, who).stderr(Stdio::inherit()).output()?;
        ensure!(matches!(output.status.code(), Some(0 | 1)), "jorei {words:?} ended with {}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Every value of an ordinance that is not confirmed becomes so, for the synthetic city: tanaka makes the act, suzuki signs
    /// it. Answers the ordinance with the values confirmed.
    pub(super) fn confirmed(&self, draft: &str, rule: &str, version: &str) -> anyhow::Result<String> {
        // A draft becomes an ordinance with its first revision.
        self.revision(draft, rule, version)?;
        let drafts = self.rows(&["ordinance", "drafts"])?;
        let latest = drafts.iter().filter(|row| row["name"] == draft).max_by_key(|row| row["version"].as_i64());
        let ordinance = latest.and_then(|row| row["digest"].as_str()).with_context(|| format!("no draft {draft}"))?.to_owned();
        let listed = self.output(&["ordinance", "confirm", &ordinance], TANAKA)?;
        let values: Vec<&str> = listed.lines().flat_map(|value| ["--value", value]).collect();
        if values.is_empty() {
            return Ok(ordinance);
        }
        let words = [&["ordinance", "confirm", &ordinance, "--source", "架空の市のための確認（デモ）"][..], &values].concat();
        let output = self.command(&words, TANAKA).output()?;
        ensure!(output.status.success(), "confirming the values of {draft} ended with {}", output.status);
        let shown = String::from_utf8(output.stdout)?;
        eprintln!("{draft}: {} values confirmed", values.len() / 2);
        self.sign(&shown)?;
        let told = String::from_utf8(output.stderr)?;
        let digest = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        Ok(told.split_whitespace().rfind(digest).context("the confirmed ordinance")?.to_owned())
    }

    /// Takes in what the channels and the bank delivered of the year up to a day, except for the files taken before.
    pub(super) fn receive(&self, taken: &mut BTreeSet<OsString>, until: &str) -> anyhow::Result<()> {
        let folder = self.folder.join("receipts").join(until);
        self.run(&["demo-receipts", "--year", YEAR, "--until", until, folder.to_str().context("a path in UTF-8")?], None)?;
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if taken.insert(entry.file_name()) {
                files.push(entry.path().to_str().context("a path in UTF-8")?.to_owned());
            }
        }
        if files.is_empty() {
            return Ok(());
        }
        files.sort();
        eprintln!("{} files of receipts and of the bank, up to {until}", files.len());
        let words: Vec<&str> = ["receipt", "import", "--on", until].into_iter().chain(files.iter().map(String::as_str)).collect();
        let told = self.told(&words, TANAKA)?;
        // Of hundreds of files, the last.
        let last: Vec<&str> = told.lines().rev().take(4).collect();
        last.into_iter().rev().for_each(|line| eprintln!("  {line}"));
        Ok(())
    }

    /// From overpayments to a bank line and back.
    pub(super) fn money(&self, server: &Neighbour, taken: &mut BTreeSet<OsString>) -> anyhow::Result<()> {
        step("the rest of the year's receipts, and each day held against what the bank delivered");
        self.receive(taken, LAST_RECEIPTS)?;
        println_all(&self.told(&["reconcile", "--from", "2025-04-01", "--on", LAST_RECEIPTS], None)?);
        self.run(&["receipt", "exceptions", "--limit", "5"], None)?;
        self.run(&["ledger", "totals"], None)?;
        let vault = self.folder.join("vault.key");
        self.run(&["vault", "key", "new", vault.to_str().context("a path in UTF-8")?], None)?;

        step("what was paid beyond what is owed: decided by the rule, bounded by the host, posted with the decision");
        let (households, decided) = self.decide_refunds()?;
        step("one household: the notice it gets");
        self.run(&["refund", "notice", &decided[0].to_string()], TANAKA)?;

        let batch = self.pay(server, &households, "0001", "還付金の支払")?;
        self.run(&["ledger", "totals"], None)?;
        self.run(&["ledger", "check"], None)?;

        step("one amount, from the article of law to the bank line");
        let paid = self.rows(&["payment", "show", &batch])?;
        let paid: BTreeSet<i64> =
            paid.iter().filter(|line| line["outcome"] == PAID).filter_map(|line| line["household"].as_i64()).collect();
        let household = decided.iter().find(|household| paid.contains(household)).context("the bank paid none of them")?;
        self.run(&["refund", "story", &household.to_string()], None)?;
        step("a household that pays late: its charge");
        self.arrears()?;
        Ok(())
    }

    /// Orders of households on their way to the bank and back; answers the batch. Files have a number.
    pub(super) fn pay(&self, server: &Neighbour, households: &BTreeSet<i64>, number: &str, reason: &str) -> anyhow::Result<String> {
        let vault = self.folder.join("vault.key");
        let vault = vault.to_str().context("a path in UTF-8")?;
        step("the heads agree to their public-money receiving accounts; the intermediate server is asked (a program of ours)");
        self.consents(households, server, reason)?;
        self.inquire(server)?;
        println_all(&self.told(&["payee", "list"], None)?);

        step("a batch: tanaka makes it and asks for its release, suzuki signs; asked again just before the file is cut");
        let batch = self.batch()?;
        let told = self.told(&["payment", "release", &batch, "--reason", reason], TANAKA)?;
        println_all(&told);
        self.sign(&told)?;
        self.run(&["payment", "check", &batch], TANAKA)?;
        self.inquire(server)?;
        let file = self.folder.join(format!("sofuri-{number}.txt"));
        let path = file.to_str().context("a path in UTF-8")?;
        let cut = ["payment", "cut", &batch, "--out", path, "--leave-out", "--vault-key", vault];
        self.run(&cut, TANAKA)?;
        let day = self.bank_day(&batch)?;

        step("the bank takes the file, and says what became of each line; a line it cannot pay comes back");
        self.bank(&file, &day, number)?;
        let shown = self.told(&["payment", "show", &batch], None)?;
        shown.lines().take(24).for_each(|line| eprintln!("{line}"));
        eprintln!("\nThe bank file is {path}.");
        Ok(batch)
    }

    /// Decides the overpayments of some households; answers those with an order, and these in the order in
    /// which they are worth showing: with interest first, then the largest.
    fn decide_refunds(&self) -> anyhow::Result<(BTreeSet<i64>, Vec<i64>)> {
        let mut undecided: BTreeMap<i64, i64> = BTreeMap::new();
        for row in self.rows(&["refund", "list"])? {
            *undecided.entry(row["household"].as_i64().unwrap_or(0)).or_default() += row["undecided"].as_i64().unwrap_or(0);
        }
        eprintln!(
            "{} households with {} yen undecided; {REFUNDED} of them are decided now",
            undecided.len(),
            undecided.values().sum::<i64>()
        );
        let (mut held, mut refused, mut decided) = (0_u64, BTreeMap::<String, u64>::new(), Vec::new());
        let mut largest: Vec<(i64, i64)> = undecided.into_iter().map(|(household, yen)| (yen, household)).collect();
        largest.sort_unstable_by(|a, b| b.cmp(a));
        for (yen, household) in largest.into_iter().take(REFUNDED) {
            let output = self.command(&["refund", "decide", &household.to_string()], TANAKA).output()?;
            if !matches!(output.status.code(), Some(0 | 1)) {
                // What waits for something else first waits in the list, with its reason.
                let said = String::from_utf8_lossy(&output.stderr);
                let reason = said.rsplit(": ").next().unwrap_or_default().trim();
                *refused.entry(reason.to_owned()).or_default() += 1;
                continue;
            }
            let told = String::from_utf8(output.stdout)?;
            held += u64::from(!told.contains("支出命令") && !told.contains("充当"));
            let mut orders = told.lines().filter(|line| line.starts_with("支出命令")).peekable();
            if orders.peek().is_some() {
                let interest = orders.any(|line| !line.contains("還付加算金 0 円"));
                decided.push((interest, yen, household, told));
            }
        }
        for (reason, households) in refused {
            eprintln!("{households} wait: {reason}");
        }
        decided.sort_unstable_by(|a, b| b.cmp(a));
        let (.., told) = decided.first().context("nothing is paid out")?;
        eprintln!("{held} held for a clerk; of the others this is one:");
        println_all(told);
        let orders = self.rows(&["payee", "list"])?;
        Ok((
            orders.iter().filter_map(|row| row["household"].as_i64()).collect(),
            decided.iter().map(|(.., household, _)| *household).collect(),
        ))
    }

    /// Who belongs where, and everybody's reading, from the forms that the office exports.
    pub(super) fn register(&self) -> anyhow::Result<Register> {
        let export = |form: &str| -> anyhow::Result<String> {
            let path = self.folder.join(form).with_extension("csv");
            let out = path.to_str().context("a path in UTF-8")?;
            // Of an earlier step; the command overwrites nothing.
            let _ = std::fs::remove_file(&path);
            self.run(&["export", "--form", form, "--affair", "collection", "--case", "R8-000001", "--out", out], None)?;
            Ok(std::fs::read_to_string(&path)?)
        };
        let field = |line: &str, place: usize| line.trim_start_matches('\u{feff}').split(',').nth(place).unwrap_or_default().to_owned();
        let mut register = Register::default();
        for line in export("membership")?.lines().skip(1) {
            if field(line, 5).is_empty() && (field(line, 3).is_empty() || field(line, 3).as_str() > "2026-05-31") {
                let (person, household) = (field(line, 0).parse().unwrap_or(0), field(line, 1).parse().unwrap_or(0));
                register.households.insert(person, household);
                if field(line, 4) == "1" {
                    register.heads.insert(household, person);
                }
            }
        }
        let names = export("names")?;
        register.kana = names.lines().skip(1).map(|line| (field(line, 0).parse().unwrap_or(0), field(line, 2))).collect();
        Ok(register)
    }

    /// Consents of the heads, and what the register at the server says of them: most have an account, some of each fault.
    fn consents(&self, households: &BTreeSet<i64>, server: &Neighbour, matter: &str) -> anyhow::Result<()> {
        let Register { heads, kana, .. } = self.register()?;
        let mut persons = Vec::new();
        // One consent is for one matter.
        let document = format!("オンライン申請（{matter}）");
        for household in households {
            let Some(person) = heads.get(household) else { continue };
            let words = ["refund", "consent", &household.to_string(), "--kind", "public_account", "--by", &person.to_string()];
            let words = [&words[..], &["--channel", "online", "--document", &document]].concat();
            let output = self.command(&words, TANAKA).output()?;
            ensure!(output.status.success(), "the consent of household {household}: {}", String::from_utf8_lossy(&output.stderr));
            persons.push(*person);
        }
        let names: BTreeMap<&i64, &String> = persons.iter().filter_map(|person| kana.get_key_value(person)).collect();
        let seed = json!({ "seed": 1, "persons": persons, "names": names });
        let (status, answer) = http(self, "POST", &server.control, "/seed", seed.to_string().as_bytes())?;
        ensure!(status == 200, "the server's register: {status} {}", String::from_utf8_lossy(&answer));
        eprintln!("{} consents; the register: {}", persons.len(), String::from_utf8_lossy(&answer));
        Ok(())
    }

    /// Sends what waits to be sent, and takes over what was answered.
    fn inquire(&self, server: &Neighbour) -> anyhow::Result<()> {
        let url = if server.main.starts_with("http") { server.main.clone() } else { format!("http://{}", server.main) };
        let (token, vault) = (token_file(self)?, self.folder.join("vault.key"));
        let words = ["inquiry", "run", "--url", &url, "--token-file", token.to_str().context("a path")?];
        // Twice: what is asked by the first run is answered to the second, if not at once.
        for _ in 0..2 {
            println_all(&self.told(&[&words[..], &["--vault-key", vault.to_str().context("a path")?]].concat(), TANAKA)?);
        }
        Ok(())
    }

    /// Puts what can be paid into a batch for the next bank day; answers its number.
    fn batch(&self) -> anyhow::Result<String> {
        let sender = self.folder.join("sender.json");
        let own = json!({ "client": 1_234_567_890_u64, "name": "ｼﾞﾖｳﾚｲｼ", "bank": "9801", "bank_name": "ｶｸｳ", "branch": "001",
            "branch_name": "ﾎﾝﾃﾝ", "kind": 1, "number": "0000001", "line_ends": true });
        std::fs::write(&sender, own.to_string())?;
        let vault = self.folder.join("vault.key");
        let (sender, vault) = (sender.to_str().context("a path")?, vault.to_str().context("a path")?);
        for day in days_ahead()? {
            let words = ["payment", "prepare", "--bank-day", &day, "--sender", sender, "--vault-key", vault];
            let words = [&words[..], &["--branches", "host/bank/data/synthetic_banks.csv", "--remark", "架空の口座"]].concat();
            let output = self.command(&words, TANAKA).output()?;
            if !matches!(output.status.code(), Some(0 | 1)) {
                // Not a bank day: the next one.
                eprintln!("{day}: {}", String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default());
                continue;
            }
            println_all(&String::from_utf8(output.stdout)?);
            let told = String::from_utf8(output.stderr)?;
            eprint!("{told}");
            let batch = told.split_once("batch ").and_then(|(_, rest)| rest.split(':').next()).context("the batch's number")?;
            return Ok(batch.to_owned());
        }
        bail!("no bank day in the next two weeks")
    }

    fn bank_day(&self, batch: &str) -> anyhow::Result<String> {
        let batches = self.rows(&["payment", "list"])?;
        let day = batches.iter().find(|row| row["batch"].as_i64() == batch.parse().ok()).and_then(|row| row["bank_day"].as_str());
        Ok(day.context("the batch's bank day")?.to_owned())
    }

    /// Hands the file to the bank and takes over its results.
    fn bank(&self, file: &std::path::Path, day: &str, number: &str) -> anyhow::Result<()> {
        let bank = Neighbour::start(self, "bank")?;
        let (status, answer) = http(self, "PUT", &bank.control, "/faults", br#"{"fail_per_100":8,"seed":1}"#)?;
        ensure!((200..300).contains(&status), "telling the bank its faults: {status} {}", String::from_utf8_lossy(&answer));
        let (status, answer) = http(self, "POST", &bank.main, &format!("/v1/transfers?day={day}"), &std::fs::read(file)?)?;
        ensure!(status == 201, "the bank refused the file: {status} {}", String::from_utf8_lossy(&answer));
        let taken: Value = serde_json::from_slice(&answer)?;
        eprintln!("the bank took {} lines, {} yen", taken["lines"], taken["sum_yen"]);
        let id = taken["id"].as_str().context("the file's id")?;
        let (status, results) = http(self, "GET", &bank.main, &format!("/v1/transfers/{id}/results"), b"")?;
        ensure!(status == 200, "the bank's results: {status}");
        let path = self.folder.join(format!("results-{number}.csv"));
        std::fs::write(&path, results)?;
        let (path, vault) = (path.to_str().context("a path")?, self.folder.join("vault.key"));
        println_all(&self.told(&["payment", "result", path, "--vault-key", vault.to_str().context("a path")?], TANAKA)?);
        Ok(())
    }

    /// What a household in arrears owes for paying late.
    fn arrears(&self) -> anyhow::Result<()> {
        let list = self.rows(&["arrears", "list", "--on", LAST_RECEIPTS])?;
        let Some(most) = list.iter().max_by_key(|row| row["未納額"].as_i64()) else { return Ok(()) };
        let household = most["世帯番号"].as_i64().context("a household in arrears")?.to_string();
        let output = self.command(&["arrears", "decide", &household, "--on", LAST_RECEIPTS], TANAKA).output()?;
        let told = String::from_utf8(output.stderr)?;
        ensure!(matches!(output.status.code(), Some(0 | 1)), "the charge of household {household}: {told}");
        println_all(&String::from_utf8(output.stdout)?);
        let decision = told.split_whitespace().nth(1).context("the decision's number")?;
        self.run(&["explain", decision], None)
    }
}

/// The next two weeks, as dates; from the system, for the demo has no calendar.
fn days_ahead() -> anyhow::Result<Vec<String>> {
    let mut days = Vec::new();
    for ahead in 2..16 {
        let output = Command::new("date").args(["-d", &format!("+{ahead} days"), "+%Y-%m-%d"]).output()?;
        days.push(String::from_utf8(output.stdout)?.trim().to_owned());
    }
    Ok(days)
}
