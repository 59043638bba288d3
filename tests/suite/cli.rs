//! The binary as a user meets it.

use jorei_tests::{built, length};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn office(database: &Path, words: &[&str]) -> Command {
    let mut command = built::jorei();
    command.args(words).env("JOREI_MUNICIPALITY", "012041").env("JOREI_DATABASE", format!("sqlite://{}", database.display()));
    command
}

fn ordinance() -> PathBuf {
    built::repository().join("plugins/premium/ordinances/012041.toml")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a command prints, when it ends as it should.
fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The files of an office beside its database: keys, the office file, packages.
fn beside(database: &Path, name: &str) -> PathBuf {
    database.with_extension(name)
}

/// A command in somebody's name.
fn by(who: &str, database: &Path, words: &[&str]) -> Command {
    let mut command = office(database, words);
    command.env("JOREI_KEY", beside(database, who));
    command
}

/// Tanaka makes an act, suzuki signs it.
fn approved(database: &Path, words: &[&str]) -> String {
    let shown = done(&mut by("tanaka", database, words));
    let act = act_of(&shown);
    done(&mut by("suzuki", database, &["approve", &act, "--sign"]));
    shown
}

/// The number of the act that was shown.
fn act_of(shown: &str) -> String {
    shown.lines().next().unwrap().split(' ').nth(1).unwrap().to_owned()
}

/// Founds an office: keys for two people and a vendor, and their act.
fn found(database: &Path) {
    let mut public = Vec::new();
    for who in ["tanaka", "suzuki", "vendor"] {
        let file = beside(database, who);
        done(built::jorei().args(["key", "new", "--no-password"]).arg(&file));
        let shown = done(built::jorei().args(["key", "show"]).arg(&file));
        public.push(shown.split_whitespace().find(|word| word.starts_with("RW")).unwrap().to_owned());
    }
    let manifest = std::fs::read_to_string(built::repository().join("plugins/premium/rule.toml")).unwrap();
    let listed = |name: &str| manifest.lines().find(|line| line.starts_with(name)).unwrap();
    let account =
        |name: &str, key: &str| format!("[[account]]\nname = \"{name}\"\nkey = \"{key}\"\nfrom = \"2020-01-01\"\nuntil = \"2099-01-01\"\n");
    let vendor = format!("[[vendor]]\nname = \"jorei\"\nneeded = 1\nkeys = [\"{}\"]\n", public[2]);
    let grant = format!("[[grant]]\nvendor = \"jorei\"\nrule = \"premium\"\n{}\n{}\n", listed("records"), listed("capabilities"));
    let file = beside(database, "office.toml");
    std::fs::write(&file, account("tanaka", &public[0]) + &account("suzuki", &public[1]) + &vendor + &grant).unwrap();
    approved(database, &["office", "change", file.to_str().unwrap(), "--reason", "開設"]);
}

/// The premium packed and signed by the vendor.
fn package(database: &Path) -> PathBuf {
    let package = beside(database, "jorei");
    let mut pack = built::jorei();
    pack.args(["rule", "pack"]).arg(built::repository().join("plugins/premium"));
    done(pack.arg("--component").arg(built::rule("premium")).arg("--out").arg(&package));
    done(built::jorei().args(["rule", "sign"]).arg(&package).arg("--key").arg(beside(database, "vendor")));
    package
}

/// A draft of an ordinance as a revision of the one rule there is.
fn revision(database: &Path, draft: &str, ordinance: &Path) -> String {
    done(&mut by("tanaka", database, &["ordinance", "draft", draft, ordinance.to_str().unwrap()]));
    let rules: Value = serde_json::from_str(&done(&mut office(database, &["rule", "list", "--json"]))).unwrap();
    let rule = rules[0]["rule"].as_str().unwrap();
    let made = done(&mut by("tanaka", database, &["revision", "make", "--rule", rule, "--ordinance", draft]));
    made.split_whitespace().nth(1).unwrap().to_owned()
}

const WHOLE: [&str; 6] = ["--from", "2019-04-01", "--until", "2027-04-01", "--reason", "試験"];

/// A small city with the premium in force.
fn city(database: &Path, households: u32) {
    done(&mut office(database, &["demo-city", "--households", &households.to_string()]));
    found(database);
    let package = package(database);
    done(&mut by("tanaka", database, &["rule", "add", package.to_str().unwrap()]));
    let first = revision(database, "asahikawa", &ordinance());
    approved(database, &[&["activate", &first], &WHOLE[..]].concat());
}

fn evaluate(ordinance: &Path, cases: &str) -> Output {
    let mut command = built::jorei();
    command.arg("evaluate").arg("--rule").arg(built::rule("premium")).arg("--ordinance").arg(ordinance).args(["--cases", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(cases.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn answers(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn evaluate_answers_line_by_line_and_its_status_says_whether_all_were_decided() {
    let good = json!({ "id": "a", "fiscal_year": 2025, "members": [{ "birth": "1980-05-05", "income": { "salary_yen": 2_000_000 } }] });
    let output = evaluate(&ordinance(), &format!("{good}\n\n{good}\n"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let both = answers(&output);
    assert_eq!((both.len(), &both[0]), (2, &both[1]));
    assert_eq!((both[0]["id"].as_str(), both[0]["status"].as_str()), (Some("a"), Some("provisional")));
    let unsourced: Vec<&str> = both[0]["unsourced"].as_array().unwrap().iter().map(|value| value["key"].as_str().unwrap()).collect();
    assert!(unsourced.iter().any(|key| key.starts_with("rounding.")), "the assumed rounding is named: {unsourced:?}");

    let missing = json!({ "fiscal_year": 2021, "members": [{ "birth": "1980-05-05" }] });
    let output = evaluate(&ordinance(), &format!("{missing}\nnot json\n{{\"fiscal_year\": 2025}}\n{good}\n"));
    assert_eq!(output.status.code(), Some(1));
    let all = answers(&output);
    let statuses: Vec<&str> = all.iter().map(|answer| answer["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["refused", "invalid", "invalid", "provisional"]);
    assert_eq!(all[0]["refusal"]["reason"], "law-unknown");
    assert!(all[2]["error"].as_str().unwrap().starts_with("members:"));
}

#[test]
fn evaluate_refuses_a_bad_ordinance_with_value_article_and_date() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(ordinance()).unwrap();
    let tries = [
        ("an unknown key", good.replacen("cap_yen = 660_000", "cap_yen = 660_000\ncapp_yen = 1", 1), vec!["medical", "capp_yen"]),
        (
            "a cap above the national one",
            good.replacen("cap_yen = 660_000", "cap_yen = 660_100", 1),
            vec!["medical", "660,100", "660,000", "2025"],
        ),
        ("a gap", good.replacen("from = \"2025-04-01\"", "from = \"2025-05-01\"", 1), vec!["2025-04-01", "2025-05-01", "missing"]),
        ("a missing value", good.replacen("cap_yen = 660_000", "", 1), vec!["medical", "cap_yen"]),
        ("not TOML", good.replacen("[[", "[", 1), vec!["TOML"]),
    ];
    for (name, text_of, wanted) in tries {
        assert_ne!(text_of, good, "{name}: the try changes nothing");
        let path = folder.path().join("bad.toml");
        std::fs::write(&path, text_of).unwrap();
        let output = evaluate(&path, "");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        for word in wanted {
            assert!(said.contains(word), "{name}: `{word}` is not in: {said}");
        }
    }
}

#[test]
fn a_city_is_assessed_explained_replayed_and_tried() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.db");
    city(&database, 200);

    let assessed = office(&database, &["assess", "--year", "2025"]).output().unwrap();
    assert!(matches!(assessed.status.code(), Some(0 | 1)), "{}", text(&assessed.stderr));
    let summary = text(&assessed.stdout);
    assert!(summary.contains("仮決定") && summary.contains("軽減") && summary.contains("確認が必要な値"), "{summary}");

    let explained = office(&database, &["explain", "--example", "--year", "2025"]).output().unwrap();
    let told = text(&explained.stdout);
    let id = told.lines().next().unwrap().split(' ').nth(1).unwrap().to_owned();
    assert!(told.contains("〔") && told.contains("医療分") && told.contains("住民"), "{told}");
    let english = text(&office(&database, &["explain", &id[..12], "--lang", "en"]).output().unwrap().stdout);
    assert!(english.contains("provisional") && english.contains("medical"), "{english}");
    let document: Value = serde_json::from_slice(&office(&database, &["explain", &id, "--json"]).output().unwrap().stdout).unwrap();
    assert_eq!(document["decision"], id.as_str());
    assert!(document["trace"].as_array().unwrap().len() > 10);

    // One city in the database: nobody has to say which.
    let address = format!("sqlite://{}", database.display());
    let alone = built::jorei().args(["explain", &id, "--database", &address]).env_remove("JOREI_MUNICIPALITY").output().unwrap();
    assert_eq!(text(&alone.stdout), told);

    let replayed = office(&database, &["replay", &id]).output().unwrap();
    assert_eq!(replayed.status.code(), Some(0), "{}", text(&replayed.stdout));

    let household = document["household"].to_string();
    let change = r#"[{"person": 1, "qualification": {"until": "2025-10-15", "ended_by": "employees_insurance"}}]"#;
    let tried = office(&database, &["try", "--household", &household, "--year", "2025", "--json", "--change", change]).output().unwrap();
    let tried: Value = serde_json::from_slice(&tried.stdout).unwrap_or_else(|_| panic!("{}", text(&tried.stderr)));
    assert_eq!(tried["before"]["outcome"], document["outcome"], "a trial starts from the stored facts");
    let again: Value = serde_json::from_slice(&office(&database, &["explain", &id, "--json"]).output().unwrap().stdout).unwrap();
    assert_eq!(again, document, "a trial stores nothing");
}

#[test]
fn a_mistyped_database_is_an_error_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("not-there.db");
    for words in [&["assess", "--year", "2025"][..], &["explain", "abcd"], &["summary", "--year", "2025"]] {
        let output = office(&database, words).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("not-there.db"), "{}", text(&output.stderr));
        assert!(!database.exists());
    }
}

#[test]
fn a_year_whose_rates_are_missing_is_refused_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.db");
    city(&database, 20);
    for year in ["2021", "2024", "2026"] {
        let output = office(&database, &["assess", "--year", year]).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(year) && said.contains("medical"), "{said}");
        let output = office(&database, &["explain", "--example", "--year", year]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "nothing was stored");
    }
}

/// Household, version and id of every decision of a city, as the database holds them.
fn decisions(database: &Path) -> Vec<(i64, i64, Vec<u8>)> {
    use sqlx::{Connection as _, Row as _};
    let run = async {
        let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite://{}", database.display())).await?;
        let rows =
            sqlx::query("SELECT household, version, id FROM decision ORDER BY household, version").fetch_all(&mut connection).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect::<Result<_, sqlx::Error>>()
    };
    tokio::runtime::Runtime::new().unwrap().block_on(run).unwrap()
}

#[test]
fn killing_the_assessment_at_twenty_moments_changes_nothing_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (calm, killed) = (folder.path().join("calm.db"), folder.path().join("killed.db"));
    let households = u32::try_from(length::of(42_000)).unwrap();
    for database in [&calm, &killed] {
        city(database, households);
    }
    let assess = |database: &Path| {
        let mut command = office(database, &["assess", "--year", "2025", "--page", "20"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let start = Instant::now();
    let undisturbed = assess(&calm).status().unwrap();
    let whole = start.elapsed();
    assert!(matches!(undisturbed.code(), Some(0 | 1)));
    let all = decisions(&calm).len();

    let seed = std::env::var("JOREI_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| u64::from(std::process::id()));
    eprintln!("kill moments from seed {seed} (JOREI_TEST_SEED)");
    let (mut state, mut midway) = (seed, 0);
    for kill in 0..20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let permille = u32::try_from((state >> 33) % 1000).unwrap();
        let before = decisions(&killed).len();
        let mut child = assess(&killed).spawn().unwrap();
        // From its first new decision on, a random moment within a fifteenth of the whole.
        while decisions(&killed).len() == before && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        // The moment is the point of the test: no event stands for it.
        std::thread::sleep(whole / 15 * permille / 1000);
        let running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        let so_far = decisions(&killed);
        assert!(so_far.iter().all(|(_, version, _)| *version == 1), "kill {kill}: decided twice");
        midway += u32::from(running && so_far.len() > before && so_far.len() < all);
    }
    assert!(midway >= 10, "only {midway} of 20 kills fell between two decisions of a run; seed {seed}");
    let finished = assess(&killed).status().unwrap();
    assert!(matches!(finished.code(), Some(0 | 1)));
    assert_eq!(decisions(&calm), decisions(&killed));
}

#[test]
fn a_rule_is_changed_by_two_people_and_taken_back_and_an_auditor_can_follow_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.db");
    city(&database, 60);
    done_or_some(&mut office(&database, &["assess", "--year", "2025"]));
    let revisions: Value = serde_json::from_str(&done(&mut office(&database, &["revision", "list", "--json"]))).unwrap();
    let first = revisions[0]["revision"].as_str().unwrap().to_owned();

    // An edit of an unconfirmed value is fine; calling it sourced by hand is not.
    let text_now = std::fs::read_to_string(ordinance()).unwrap();
    let edited = beside(&database, "edited.toml");
    std::fs::write(&edited, text_now.replace("state = \"assumed\"", "state = \"sourced\"")).unwrap();
    done(&mut by("tanaka", &database, &["ordinance", "draft", "raised", edited.to_str().unwrap()]));
    let rule = revisions[0]["rule"].as_str().unwrap();
    let refused = by("tanaka", &database, &["revision", "make", "--rule", rule, "--ordinance", "raised"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("nobody confirmed"), "{}", text(&refused.stderr));
    // Somebody else's draft is not overwritten.
    let again = by("suzuki", &database, &["ordinance", "draft", "raised", edited.to_str().unwrap()]).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "{}", text(&again.stderr));

    std::fs::write(&edited, text_now.replace("part_rounding = { unit_yen = 100,", "part_rounding = { unit_yen = 10,")).unwrap();
    let second = revision(&database, "ten-yen", &edited);
    let report: Value =
        serde_json::from_str(&done(&mut by("tanaka", &database, &["shadow", "run", &second, "--year", "2025", "--json"]))).unwrap();
    assert!(report["changed"].as_u64().unwrap() > 0 && report["failed"] == 0, "{report}");

    let dates = ["--from", "2025-04-01", "--until", "2026-04-01", "--reason", "端数"];
    let shown = done(&mut by("tanaka", &database, &[&["activate", &second], &dates[..]].concat()));
    let act = act_of(&shown);
    assert!(shown.contains("並行検証") && shown.contains("unit_yen = 10,"), "{shown}");
    let own = by("tanaka", &database, &["approve", &act, "--sign"]).output().unwrap();
    assert_eq!(own.status.code(), Some(2), "nobody signs their own act");
    let stranger = by("vendor", &database, &["approve", &act, "--sign"]).output().unwrap();
    assert_eq!(stranger.status.code(), Some(2), "a key of no account signs nothing");
    assert_eq!(in_force(&database), first, "an act that waits changes nothing");
    done(&mut by("suzuki", &database, &["approve", &act, "--sign"]));
    assert_eq!(in_force(&database), second);

    let rolled = done(&mut by("suzuki", &database, &["rollback", "--to", &first[..12], "--reason", "誤り", "--emergency"]));
    assert_eq!(in_force(&database), first, "at once");
    let open: Value = serde_json::from_str(&done(&mut office(&database, &["approve", "--json"]))).unwrap();
    assert_eq!((open.as_array().unwrap().len(), &open[0]["state"]), (1, &json!("EMERGENCY, open")));
    done(&mut by("tanaka", &database, &["approve", &act_of(&rolled), "--sign"]));
    assert_eq!(done(&mut office(&database, &["approve", "--json"])).trim(), "[]");

    let made: Value = serde_json::from_str(&done(&mut office(&database, &["revision", "decisions", &first[..12], "--json"]))).unwrap();
    assert!(made.as_array().unwrap().len() >= 60);
    done(&mut office(&database, &["audit", "verify"]));
    let (head, export) = (beside(&database, "head"), beside(&database, "jsonl"));
    std::fs::write(&head, done(&mut by("suzuki", &database, &["audit", "head"]))).unwrap();
    done(&mut office(&database, &["audit", "verify", "--head", head.to_str().unwrap()]));
    done(&mut by("suzuki", &database, &["audit", "export", "--out", export.to_str().unwrap()]));
    let key = beside(&database, "suzuki").with_extension("suzuki.pub");
    let offline = |export: &Path| built::jorei_verify().arg("audit").arg(export).arg("--key").arg(&key).output().unwrap();
    let checked = offline(&export);
    assert!(checked.status.success(), "{}{}", text(&checked.stdout), text(&checked.stderr));
    // A line taken out, and a tail cut off.
    let lines = std::fs::read_to_string(&export).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    for (what, kept) in [
        ("a line", [&lines[..5], &lines[6..]].concat()),
        ("the tail", [&lines[..lines.len() - 4], &lines[lines.len() - 1..]].concat()),
        ("the head", lines[..lines.len() - 1].to_vec()),
    ] {
        std::fs::write(&export, kept.join("\n") + "\n").unwrap();
        assert_eq!(offline(&export).status.code(), Some(1), "{what} is missing and nobody noticed");
    }
}

fn done_or_some(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
}

/// The revision that answers 1 April 2025.
fn in_force(database: &Path) -> String {
    let words = ["revision", "in-force", "--from", "2025-04-01", "--until", "2025-04-02", "--json"];
    let listed: Value = serde_json::from_str(&done(&mut office(database, &words))).unwrap();
    listed[0]["revision"].as_str().unwrap().to_owned()
}

/// Everything that two people decide, as one listing.
fn decided_by_two(database: &Path) -> String {
    let words = ["revision", "in-force", "--json"];
    done(&mut office(database, &["office", "show"])) + &done(&mut office(database, &words))
}

#[test]
fn one_person_alone_changes_no_revision_no_grant_and_no_state_of_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.db");
    city(&database, 5);
    let before = decided_by_two(&database);
    let revisions: Value = serde_json::from_str(&done(&mut office(&database, &["revision", "list", "--json"]))).unwrap();
    let (first, confirmable) = (revisions[0]["revision"].as_str().unwrap(), revisions[0]["ordinance"].as_str().unwrap());
    let edited = beside(&database, "edited.toml");
    let text_now = std::fs::read_to_string(ordinance()).unwrap();
    std::fs::write(&edited, text_now.replace("part_rounding = { unit_yen = 100,", "part_rounding = { unit_yen = 10,")).unwrap();
    let second = revision(&database, "ten-yen", &edited);
    let narrower = beside(&database, "narrower.toml");
    let grant = "[[grant]]\nvendor = \"jorei\"\nrule = \"premium\"\nrecords = []\ncapabilities = []\n";
    std::fs::write(&narrower, grant).unwrap();
    let dates = ["--from", "2025-04-01", "--until", "2026-04-01", "--reason", "一人"];
    let confirm = ["ordinance", "confirm", confirmable, "--value", "rounding[0]", "--source", "条例第12条", "--json"];
    for words in [
        &["office", "change", narrower.to_str().unwrap(), "--reason", "一人"][..],
        &[&["activate", &second], &dates[..]].concat(),
        &confirm,
    ] {
        let made = by("tanaka", &database, words).output().unwrap();
        assert!(made.status.success(), "{words:?}: {}", text(&made.stderr));
        let alone = by("tanaka", &database, &["approve", &newest_act(&database), "--sign"]).output().unwrap();
        assert_eq!(alone.status.code(), Some(2), "{words:?}");
        assert_eq!(decided_by_two(&database), before, "{words:?}");
    }
    // There is nothing to go back to: one revision is in force, the other never was.
    for revision in [first, &second] {
        let back = by("tanaka", &database, &[&["rollback", "--to", revision, "--emergency"], &dates[..]].concat()).output().unwrap();
        assert_eq!(back.status.code(), Some(2), "{}", text(&back.stderr));
    }
    // Nor does an emergency do anything but stop harm.
    let emergency =
        by("tanaka", &database, &["office", "change", narrower.to_str().unwrap(), "--reason", "一人", "--emergency"]).output().unwrap();
    assert_eq!(emergency.status.code(), Some(2), "{}", text(&emergency.stderr));
    assert_eq!(decided_by_two(&database), before);
    // The confirmed ordinance is kept, and makes no revision.
    let open: Value = serde_json::from_str(&done(&mut office(&database, &["approve", &newest_act(&database), "--json"]))).unwrap();
    let shown = open["shown"].as_str().unwrap();
    let result = shown.lines().last().unwrap().split(' ').next_back().unwrap();
    let rule = revisions[0]["rule"].as_str().unwrap();
    let made = by("tanaka", &database, &["revision", "make", "--rule", rule, "--ordinance", result]).output().unwrap();
    assert_eq!(made.status.code(), Some(2));
    assert!(text(&made.stderr).contains("nobody confirmed"), "{}", text(&made.stderr));
}

fn newest_act(database: &Path) -> String {
    let acts: Value = serde_json::from_str(&done(&mut office(database, &["approve", "--json"]))).unwrap();
    acts[0]["act"].as_str().unwrap().to_owned()
}
