//! What a Debian machine with rustup and build-essential lacks.

use crate::build::target;
use crate::{run, step};
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// Gives the active toolchain the standard library of the rules' target: from rustup or, where
/// its download site is out of reach (a city hall's network), built from Debian's rust-src of the
/// same version.
pub fn wasm_target() -> anyhow::Result<()> {
    let library = sysroot()?.join("lib/rustlib").join(TARGET).join("lib");
    if has_std(&library) {
        return Ok(());
    }
    step("the target for rules");
    let added = Command::new("timeout").args(["120", "rustup", "target", "add", TARGET]).status();
    if added.is_ok_and(|status| status.success()) && has_std(&library) {
        return Ok(());
    }
    eprintln!("rustup cannot be reached; building the standard library from Debian's rust-src");
    let work = std::env::temp_dir().join(format!("jorei-std-{}", std::process::id()));
    let built = build_std(&work, &library);
    let _ = std::fs::remove_dir_all(&work);
    built.with_context(|| format!("no way to the target {TARGET}; install it by hand (rustup target add {TARGET})"))
}

/// rustfmt and clippy, which a minimal installation of Rust leaves out.
pub fn components() -> anyhow::Result<()> {
    for (command, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let there = Command::new("cargo").args([command, "--version"]).output().is_ok_and(|output| output.status.success());
        if !there {
            step(component);
            run(Command::new("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

/// PostgreSQL's server programs, for the tests.
pub fn postgresql() -> anyhow::Result<()> {
    if Path::new("/usr/lib/postgresql")
        .read_dir()
        .is_ok_and(|mut versions| versions.any(|version| version.is_ok_and(|version| version.path().join("bin/initdb").is_file())))
    {
        return Ok(());
    }
    step("PostgreSQL");
    apt(&["postgresql"])
}

/// OpenSSL's command, which makes certificates for the tests.
pub fn openssl() -> anyhow::Result<()> {
    let there = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if there { Ok(()) } else { apt(&["openssl"]) }
}

/// The version of schemathesis that tries the API.
const SCHEMATHESIS: &str = "4.32.5";

/// The provider of OpenID Connect for the tests, with Node.js, into Cargo's target folder.
pub fn openid_provider() -> anyhow::Result<()> {
    let folder = target().join("openid");
    let wanted = std::fs::read("tests/openid/package.json").context("reading tests/openid/package.json")?;
    let script = std::fs::read("tests/openid/provider.mjs").context("reading tests/openid/provider.mjs")?;
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("provider.mjs"), script)?;
    let is_installed = folder.join("node_modules/oidc-provider/package.json").is_file();
    if is_installed && std::fs::read(folder.join("package.json")).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    if !["node", "npm"].iter().all(|program| runs(program)) {
        apt(&["nodejs", "npm"])?;
    }
    step("the provider of OpenID Connect for the tests");
    std::fs::write(folder.join("package.json"), wanted)?;
    run(Command::new("npm").current_dir(&folder).args([
        "install",
        "--omit=dev",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
    ]))
}

/// Schemathesis in a Python of its own, in Cargo's target folder.
pub fn schemathesis() -> anyhow::Result<()> {
    let folder = target().join("schemathesis");
    let note = folder.join("version");
    if folder.join("bin/schemathesis").is_file() && std::fs::read_to_string(&note).is_ok_and(|version| version == SCHEMATHESIS) {
        return Ok(());
    }
    step("schemathesis");
    let _ = std::fs::remove_dir_all(&folder);
    // Debian's Python has `venv` in a package of its own, and notices only when it makes one.
    let venv = || run(Command::new("/usr/bin/python3").args(["-m", "venv"]).arg(&folder));
    if venv().is_err() {
        apt(&["python3", "python3-venv"])?;
        let _ = std::fs::remove_dir_all(&folder);
        venv()?;
    }
    run(Command::new(folder.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .arg(format!("schemathesis=={SCHEMATHESIS}")))?;
    // Last, so that an installation that was broken off is begun again.
    Ok(std::fs::write(&note, SCHEMATHESIS)?)
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn apt(packages: &[&str]) -> anyhow::Result<()> {
    let by_hand = || format!("installing what the tests need (as root: apt-get install {})", packages.join(" "));
    run(Command::new("apt-get").args(["update", "-qq"])).with_context(by_hand)?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
    run(install.env("DEBIAN_FRONTEND", "noninteractive")).with_context(by_hand)
}

fn sysroot() -> anyhow::Result<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().context("running rustc (is Rust installed?)")?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn has_std(library: &Path) -> bool {
    library
        .read_dir()
        .is_ok_and(|mut files| files.any(|file| file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with("libstd-"))))
}

/// Builds std with the active compiler and lays its libraries where rustup would have.
fn build_std(work: &Path, library: &Path) -> anyhow::Result<()> {
    let sources = sysroot()?.join("lib/rustlib/src/rust");
    if !sources.join("library/Cargo.lock").is_file() {
        let fetched = rust_src(work)?;
        std::fs::create_dir_all(&sources)?;
        run(Command::new("cp").arg("-r").arg(fetched).arg(&sources))?;
    }
    let probe = work.join("probe");
    std::fs::create_dir_all(probe.join("src"))?;
    std::fs::write(probe.join("Cargo.toml"), "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n")?;
    std::fs::write(probe.join("src/lib.rs"), "#![no_std]\n")?;
    // Bitcode must be embedded: rules are linked with LTO over this library.
    run(Command::new("cargo")
        .current_dir(&probe)
        .args(["build", "--quiet", "--release", "-Zbuild-std=std,panic_abort", "--target", TARGET])
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env("CARGO_TARGET_DIR", probe.join("target")))?;
    std::fs::create_dir_all(library)?;
    for file in std::fs::read_dir(probe.join("target").join(TARGET).join("release/deps"))? {
        let file = file?.path();
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".rlib") && !name.contains("probe") {
            std::fs::copy(&file, library.join(&name))?;
        }
    }
    Ok(())
}

/// Fetches Debian's rust-src of the compiler's version from a newer suite of the mirror that this
/// machine already uses, without touching its package lists.
fn rust_src(work: &Path) -> anyhow::Result<PathBuf> {
    let output = Command::new("rustc").arg("--version").output()?;
    let version = String::from_utf8_lossy(&output.stdout).split(' ').nth(1).unwrap_or_default().to_owned();
    let mirror = mirror().context("no Debian mirror is configured here")?;
    for suite in ["trixie-backports", "forky", "testing", "unstable"] {
        let apt = work.join("apt").join(suite);
        for folder in ["lists/partial", "cache/archives/partial"] {
            std::fs::create_dir_all(apt.join(folder))?;
        }
        let list = apt.join("sources.list");
        std::fs::write(&list, format!("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {suite} main\n"))?;
        let options = |command: &mut Command| {
            for (key, path) in
                [("Dir::Etc::sourcelist", &list), ("Dir::State::Lists", &apt.join("lists")), ("Dir::Cache", &apt.join("cache"))]
            {
                command.arg("-o").arg(format!("{key}={}", path.display()));
            }
            command.args(["-qq", "-o", "Dir::Etc::sourceparts=-"]);
        };
        let mut update = Command::new("apt-get");
        options(&mut update);
        let mut download = Command::new("apt-get");
        options(&mut download);
        download.current_dir(&apt).arg("download").arg(format!("rust-src={version}+*"));
        if run(update.arg("update")).is_err() || run(&mut download).is_err() {
            continue;
        }
        let package = std::fs::read_dir(&apt)?
            .filter_map(|file| Some(file.ok()?.path()))
            .find(|path| path.extension().is_some_and(|end| end == "deb"));
        if let Some(package) = package {
            run(Command::new("dpkg-deb").arg("-x").arg(package).arg(&apt))?;
            return Ok(apt.join(format!("usr/src/rustc-{version}/library")));
        }
    }
    bail!("no suite of {mirror} has rust-src {version}")
}

/// The first Debian mirror that apt is configured for.
fn mirror() -> Option<String> {
    let mut lists = vec![PathBuf::from("/etc/apt/sources.list")];
    lists.extend(std::fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().filter_map(|file| Some(file.ok()?.path())));
    let words = lists.iter().filter_map(|list| std::fs::read_to_string(list).ok()).flat_map(|text| {
        text.lines()
            .filter(|line| line.starts_with("deb ") || line.starts_with("URIs:"))
            .flat_map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    });
    words.filter(|word| word.contains("://")).map(|word| word.trim_end_matches('/').to_owned()).find(|word| word.ends_with("/debian"))
}
