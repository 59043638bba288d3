//! `jorei approve`: acts that wait for a second person.

use crate::commands::Exit;
use crate::commands::key::read_secret_key;
use crate::commands::listing::Listing;
use crate::commands::officer::moment;
use crate::office::{OfficeArgs, run};
use anyhow::Context as _;
use jorei_domain::act::Change;
use jorei_domain::id::{Digest, Municipality};
use jorei_service::acts::{find, own_accounts, sign, state};
use jorei_service::office::content;
use jorei_service::officer::{Officer, accounts};
use jorei_store::Store;
use jorei_store::acts::{StoredAct, Verdict};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;

/// See the acts that wait for a second person, read one, sign it.
///
/// Without an act: the open ones. With an act: the text that was shown to its maker, and what has
/// become of it. With --sign: signs exactly that. Nobody signs their own act, nobody signs twice;
/// an act whose base has changed since it was made has expired. A personal number is not approved
/// here but with the service, where it is typed again; it can be rejected here.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    office: OfficeArgs,
    /// The act's id, or its first digits.
    act: Option<String>,
    /// Sign for it.
    #[arg(long, requires = "act", requires = "key")]
    sign: bool,
    /// Sign against it: the act is closed.
    #[arg(long, requires = "act", requires = "key", conflicts_with = "sign")]
    reject: bool,
    /// Closed acts too.
    #[arg(long, conflicts_with = "act")]
    all: bool,
    /// The file with the secret key of whoever signs.
    #[arg(long, env = "JOREI_KEY")]
    key: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_approve(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let Some(prefix) = &args.act else { return list(&store, municipality, args).await };
        let stored = find(&store, municipality, prefix).await?;
        if !args.sign && !args.reject {
            return show(&stored, args.json);
        }
        let personal_number = stored.act.changes.iter().any(|based| matches!(based.change, Change::Number(_)));
        if args.sign && personal_number {
            anyhow::bail!(
                "act {}: it puts a personal number in use, which is approved by typing the number again from the document; do so with \
                 the service (POST …/people/{{person}}/number/confirmations), or --reject",
                &stored.id.to_string()[..12]
            );
        }
        let key = read_secret_key(args.key.as_deref().context("--key: whose signature?")?)?;
        let mut known = accounts(&store, municipality).await?;
        if known.is_empty() {
            // An office that is being founded has the accounts that its founding act brings.
            known = own_accounts(&stored.act);
        }
        let officer = Officer::among(&known, municipality, key)?;
        let verdict = if args.sign { Verdict::Approve } else { Verdict::Reject };
        let signed = sign(&store, municipality, &officer, stored.id, verdict, &moment()).await?;
        let text = match (verdict, signed.in_effect, signed.missing) {
            (Verdict::Reject, ..) => "rejected; the act is closed".to_owned(),
            (_, true, 0) => "signed; the act is in effect".to_owned(),
            (_, true, missing) => format!("signed; the act is in effect (emergency), {missing} more must sign"),
            (_, false, missing) => format!("signed; {missing} more must sign before it takes effect"),
        };
        eprintln!("act {}: {} {text}", &stored.id.to_string()[..12], officer.account);
        Ok(Exit::Done)
    })
}

async fn list(store: &Store, municipality: Municipality, args: &Args) -> anyhow::Result<Exit> {
    let mut listing = Listing::new(&[
        ("act", "決裁番号"),
        ("made_at", "起案日時"),
        ("maker", "起案者"),
        ("changes", "変更"),
        ("signed", "署名"),
        ("state", ""),
        ("state_ja", "状態"),
        ("reason", "理由"),
    ]);
    for stored in store.acts(municipality).await? {
        // An emergency that was rejected is in effect still: somebody has to go back.
        let rejected_in_effect = stored.effect_at.is_some() && stored.is_rejected();
        if args.all || stored.is_open() || rejected_in_effect {
            let changes: Vec<String> =
                stored.act.changes.iter().map(|based| format!("{} {}", based.change.kind(), based.change.key())).collect();
            listing.push(vec![
                stored.id.to_string().into(),
                stored.act.made_at.clone().into(),
                stored.act.maker.clone().into(),
                changes.join(", ").into(),
                format!("{}/{}", stored.approvals(), stored.act.checkers).into(),
                state(&stored).0.into(),
                state(&stored).1.into(),
                stored.act.reason.clone().into(),
            ]);
        }
    }
    listing.print(args.json)?;
    Ok(Exit::Done)
}

fn show(stored: &StoredAct, json: bool) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout();
    let act = &stored.act;
    if json {
        let signatures: Vec<Value> = stored
            .signatures
            .iter()
            .map(|signature| json!({ "account": signature.account, "approves": signature.verdict == Verdict::Approve, "at": signature.at }))
            .collect();
        let changes: Vec<Value> = act
            .changes
            .iter()
            .map(|based| json!({ "kind": based.change.kind(), "key": based.change.key(), "base": based.base.to_string() }))
            .collect();
        let document = json!({
            "act": stored.id.to_string(), "state": state(stored).0, "maker": act.maker, "made_at": act.made_at, "reason": act.reason,
            "checkers": act.checkers, "eligible": act.eligible, "emergency": act.emergency, "changes": changes,
            "signatures": signatures, "in_effect_at": stored.effect_at, "shown": act.shown,
        });
        writeln!(out, "{document:#}")?;
        return Ok(Exit::Done);
    }
    writeln!(out, "決裁番号 {}\n作成者 {}  {}\n理由 {}\n状態 {}\n", stored.id, act.maker, act.made_at, act.reason, state(stored).1)?;
    writeln!(out, "署名の対象（記録された変更そのもの）")?;
    for based in &act.changes {
        write!(out, "{}", content(&based.change))?;
    }
    writeln!(out, "\n作成者に示された説明\n{}", act.shown)?;
    for signature in &stored.signatures {
        let said = if signature.verdict == Verdict::Approve { "承認" } else { "否認" };
        writeln!(out, "{said} {}  {}", signature.account, signature.at)?;
    }
    match &stored.effect_at {
        Some(at) => writeln!(out, "効力発生 {at}")?,
        None => writeln!(out, "署名 {} / {}", stored.approvals(), act.checkers)?,
    }
    Ok(Exit::Done)
}

/// Tells whoever made an act what was shown, under which id, and what comes next.
pub async fn tell_made(store: &Store, municipality: Municipality, act: Digest, json: bool) -> anyhow::Result<()> {
    let stored = store.act(municipality, act).await?.context("the act that was just made is not there")?;
    if json {
        return show(&stored, true).map(|_| ());
    }
    writeln!(std::io::stdout(), "決裁番号 {act}\n{}", stored.act.shown)?;
    let missing = stored.act.checkers.saturating_sub(stored.approvals());
    let state = if stored.effect_at.is_some() { "in effect (emergency), open until signed" } else { "made" };
    eprintln!("act {act} is {state}; {missing} other person(s) must sign: jorei approve {} --sign --key FILE", &act.to_string()[..12]);
    Ok(())
}
