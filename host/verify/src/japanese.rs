//! The same results for officials: what was found, and what to do next.
//!
//! Absent: what is good or wrong; that is decided in `jorei-package`.

use jorei_package::audit_export::{Fault, Found, Verified};
use jorei_package::envelope::EnvelopeError;
use jorei_package::manifest::ManifestError;
use jorei_package::signing::{KeyId, SignatureError};
use jorei_package::trust::NotTrusted;

/// A good export.
pub fn good_audit(verified: &Verified, kept: usize) -> String {
    let head = &verified.signed.head;
    let entries = match verified.entries {
        0 => "記録なし".to_owned(),
        entries => format!("記録1番から{entries}番まで欠落・改変なし"),
    };
    let kept = if kept == 0 { String::new() } else { format!("、別に保管された末尾{kept}件とも一致") };
    format!("正常：団体コード{}、{entries}、末尾は鍵{}により{}に署名{kept}", verified.municipality, verified.signed.key, head.stamp.at)
}

/// What is wrong with an export.
pub fn audit(found: &Found) -> String {
    let what = match &found.fault {
        Fault::LineTooLong => "行が長すぎます。書出しをやり直してもらってください".to_owned(),
        Fault::NotAHeader { .. } => "監査記録の書出しファイルの先頭行ではありません。ファイルを確認してください".into(),
        Fault::NotALine { .. } => "記録としても末尾としても読めない行です。書出しをやり直してもらってください".into(),
        Fault::Edited { sequence } => format!("{sequence}番の記録またはその内容が書き換えられています。原本を調べてください"),
        Fault::LinkEdited { sequence } => format!("{sequence}番の記録の連鎖値が書き換えられています。原本を調べてください"),
        Fault::Missing { sequence, found } => {
            format!("{sequence}番の記録がありません（その位置に{found}番があります）。原本を調べてください")
        }
        Fault::OutOfOrder { sequence, found } => {
            format!("記録の順序が変えられています（{sequence}番の位置に{found}番があります）。原本を調べてください")
        }
        Fault::NoHead { last } => format!("{last}番の記録の後に署名された末尾がありません。ファイルの終わりが失われています"),
        Fault::CutTail { last, head } => {
            format!("終わりの記録が失われています（最後は{last}番、署名された末尾は{head}番）。原本を調べてください")
        }
        Fault::NotAHead => "末尾の本文が読めません。書出しをやり直してもらってください".into(),
        Fault::ForgedHead(error) => format!("末尾の署名が正しくありません（{}）", signature(error)),
        Fault::OtherKey { key } => format!("末尾は指定されていない鍵{key}で署名されています。鍵を確認してください"),
        Fault::OtherMunicipality { municipality } => format!("末尾は別の団体（団体コード{municipality}）のものです"),
        Fault::EarlierHead { last, head } => {
            format!("末尾は{head}番の時点のもので、記録は{last}番まであります。新しい末尾を求めてください")
        }
        Fault::OtherHead { sequence } => format!("末尾は{sequence}番の記録と一致しません。別の記録の末尾です"),
        Fault::Rewritten { sequence } => {
            format!("別に保管された末尾と{sequence}番の記録が一致しません。記録全体が書き直されています。原本を調べてください")
        }
        Fault::AfterHead => "末尾の後に行があります。末尾より後の行は署名されていません".into(),
    };
    format!("異常：{}行目、{what}", found.line)
}

fn signature(error: &SignatureError) -> &'static str {
    match error {
        SignatureError::Malformed => "署名の形式ではありません",
        SignatureError::OtherKey { .. } => "別の鍵の署名です",
        SignatureError::WrongPurpose { .. } => "別の目的の署名です",
        SignatureError::Altered { .. } => "署名後に書き換えられています",
        SignatureError::CannotSign => "署名できません",
    }
}

/// A good package.
pub fn good_package(vendor: &str, id: &str, version: &str, needed: u32) -> String {
    format!("正常：{vendor}の{id} {version}、必要な{needed}個以上の鍵による署名を確認")
}

/// What is wrong with a package's envelope.
pub fn envelope(error: &EnvelopeError) -> String {
    let what = match error {
        EnvelopeError::NotAPackage => "パッケージではありません。ファイルを確認してください",
        EnvelopeError::CutShort { .. } => "途中で切れています。取得し直してください",
        EnvelopeError::BytesLeftOver { .. } => "余分なデータが付いています。取得し直してください",
        EnvelopeError::TooLarge { .. } => "大きすぎます",
        EnvelopeError::TooManySignatures { .. } => "署名が多すぎます",
        EnvelopeError::SignatureTooLong { .. } | EnvelopeError::SignatureNotText { .. } => "署名が壊れています。取得し直してください",
    };
    format!("異常：{what}")
}

/// Why a package is not trusted.
pub fn trust(error: &NotTrusted) -> String {
    let ids = |keys: &[KeyId]| keys.iter().map(KeyId::to_string).collect::<Vec<_>>().join("、");
    let what = match error {
        NotTrusted::Unsigned => "署名がありません。提供者に署名を求めてください".to_owned(),
        NotTrusted::ForeignKeys { keys } => format!("指定されていない鍵だけで署名されています（{}）。鍵を確認してください", ids(keys)),
        NotTrusted::Revoked { keys, .. } => format!("失効した鍵で署名されています（{}）", ids(keys)),
        NotTrusted::Altered { index, key } => format!("署名{index}（鍵{key}）が内容と一致しません。改変されています。使わないでください"),
        NotTrusted::WrongPurpose { index, key } => format!("署名{index}（鍵{key}）はパッケージのための署名ではありません"),
        NotTrusted::Malformed { index } => format!("署名{index}は署名の形式ではありません"),
        NotTrusted::TooFew { have, needed, .. } => format!("必要な{needed}個の鍵のうち{have}個の署名しかありません"),
        NotTrusted::MalformedKey { .. } => "鍵が読めません".into(),
    };
    format!("異常：{what}")
}

/// What is wrong with what a well-signed package says of itself.
pub fn manifest(error: &ManifestError) -> String {
    let what = match error {
        ManifestError::Missing => "目録がありません",
        ManifestError::NotAComponent | ManifestError::Unreadable(_) => "中身が規則の部品として読めません",
        _ => "目録または事例が正しくありません",
    };
    format!("異常：署名は正しいものの、{what}。提供者に問い合わせてください")
}
