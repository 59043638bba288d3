//! The auditor's command as it is run: what it prints, and its exit status.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::audit::{Entry, Head, START, Stamp};
use jorei_domain::id::{Digest, Municipality};
use jorei_package::audit_export::{write_entry, write_head, write_header};
use jorei_package::envelope::seal;
use jorei_package::manifest::{Manifest, attach};
use jorei_package::signing::{PublicKey, Purpose, SecretKey, generate, sign};
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// An empty component.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { folder: tempfile::tempdir().unwrap() }
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn key() -> (SecretKey, PublicKey) {
    let new = generate(None).unwrap();
    (SecretKey::parse(new.secret_file_text(), None).unwrap(), new.public)
}

fn verify(args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_jorei-verify")).args(args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), text)
}

/// Lines of a chain of three, its head last.
fn export(key: &SecretKey, subject: &str) -> Vec<String> {
    let municipality = Municipality::parse("012041").unwrap();
    let stamp = Stamp { by: "tanaka".into(), at: "2026-06-01T00:00:00Z".into() };
    let (mut lines, mut link) = (vec![write_header(municipality)], START);
    for sequence in 1..=3 {
        let payload = [sequence as u8; 4];
        let (kind, subject) = ("decisions".into(), subject.into());
        let entry = Entry { municipality, sequence, stamp: stamp.clone(), kind, subject, payload: Digest::of(&payload) };
        link = entry.link(link);
        lines.push(write_entry(&entry, &payload, link));
    }
    let head = Head { municipality, sequence: 3, link, stamp };
    lines.push(write_head(&head, &sign(key, Purpose::AuditHead, head.text().as_bytes()).unwrap()));
    lines
}

#[test]
fn an_auditor_verifies_an_export_with_a_file_and_a_key() {
    let (desk, (secret, public)) = (Desk::new(), key());
    let lines = export(&secret, "premium");
    let file = desk.put("audit.jsonl", lines.join("\n") + "\n");
    let public_file = desk.put("city.pub", public.file_text());
    for given in [&public.to_string(), &public_file] {
        let (status, text) = verify(&["audit", &file, "--key", given]);
        assert_eq!(status, 0, "{text}");
        assert!(text.contains("entries 1..3, head signed by") && text.contains(&public.id().to_string()), "{text}");
        assert!(text.contains("記録1番から3番まで"), "{text}");
    }
    let head = desk.put("head.json", &lines[4]);
    let (status, text) = verify(&["audit", &file, "--key", &public_file, "--head", &head]);
    assert_eq!(status, 0, "{text}");

    let edited = desk.put("edited.jsonl", lines.join("\n").replacen("02020202", "02020203", 1));
    let (status, text) = verify(&["audit", &edited, "--key", &public_file]);
    assert_eq!(status, 1);
    assert!(text.contains("wrong: line 3: entry 2") && text.contains("異常：3行目、2番"), "{text}");

    let anew = desk.put("anew.jsonl", export(&secret, "別").join("\n"));
    assert_eq!(verify(&["audit", &anew, "--key", &public_file]).0, 0);
    let (status, text) = verify(&["audit", &anew, "--key", &public_file, "--head", &head]);
    assert_eq!(status, 1);
    assert!(text.contains("written anew") && text.contains("書き直されています"), "{text}");

    let hostile = desk.put("hostile.jsonl", "{\"\\u001b[2J\":1}\n");
    let (status, text) = verify(&["audit", &hostile, "--key", &public_file]);
    assert_eq!(status, 1);
    assert!(!text.contains('\u{1b}'), "{text}");

    assert_eq!(verify(&["audit", "nowhere", "--key", &public_file]).0, 2);
    assert_eq!(verify(&["audit", &file, "--key", "nowhere"]).0, 2);
    assert_eq!(verify(&["audit", &file]).0, 2);
    assert_eq!(verify(&["audit", &file, "--key", &public_file, "--head", &file]).0, 2);
}

#[test]
fn a_buyer_verifies_a_package_and_reads_what_is_in_it() {
    let (desk, (one, one_public), (two, two_public), (_, stranger)) = (Desk::new(), key(), key(), key());
    let manifest = Manifest::from_toml(include_str!("../../../plugins/premium/rule.toml")).unwrap();
    let component = attach(COMPONENT, &manifest, None).unwrap();
    let signatures = [&one, &two].map(|key| sign(key, Purpose::Package, &component).unwrap());
    let file = desk.put("premium.jorei", seal(&component, &signatures).unwrap());
    let (first, second, third) = (&one_public.to_string(), &two_public.to_string(), &stranger.to_string());
    let (status, text) = verify(&["package", &file, "--key", first, "--key", second, "--needed", "2"]);
    assert_eq!(status, 0, "{text}");
    for part in [&Digest::of(&component).to_string(), "premium 0.1.0 of jorei", "former_membership", "正常："] {
        assert!(text.contains(part), "{text}");
    }
    let (status, text) = verify(&["package", &file, "--key", first]);
    assert!(status == 0 && text.contains("not among the keys given"), "{text}");
    let (status, text) = verify(&["package", &file, "--key", first, "--key", third, "--needed", "2"]);
    assert!(status == 1 && text.contains("1 of the 2 keys") && text.contains("2個の鍵のうち1個"), "{text}");
    assert_eq!(verify(&["package", &file, "--key", third]).0, 1);
    // One key given twice is one key.
    assert_eq!(verify(&["package", &file, "--key", first, "--key", first, "--needed", "2"]).0, 2);

    let mut changed = component.clone();
    changed[9] ^= 1;
    let changed = desk.put("changed.jorei", seal(&changed, &signatures).unwrap());
    let (status, text) = verify(&["package", &changed, "--key", first]);
    assert!(status == 1 && text.contains("does not fit") && text.contains("改変"), "{text}");
    let bare = desk.put("bare.wasm", &component);
    let (status, text) = verify(&["package", &bare, "--key", first]);
    assert!(status == 1 && text.contains("jorei rule pack"), "{text}");
    let signature = sign(&one, Purpose::Package, COMPONENT).unwrap();
    let unpacked = desk.put("unpacked.jorei", seal(COMPONENT, &[signature]).unwrap());
    let (status, text) = verify(&["package", &unpacked, "--key", first]);
    assert!(status == 1 && text.contains("well signed, but"), "{text}");
}
