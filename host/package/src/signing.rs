//! Keys and signatures, as minisign has them (Ed25519 over a BLAKE2b hash), each for one purpose.
//!
//! The purpose stands in the trusted comment, which is signed with the rest: a signature of one
//! purpose is never good for another. Keys and signatures can be made and read with the command
//! `minisign` too (`minisign -S -t "jorei package 1"`). Absent: whom to trust ([`crate::trust`]),
//! files, asking for a password.

use core::fmt;
use core::hash::{Hash, Hasher};
use ct_codecs::{Base64, Decoder as _};
use minisign::SignatureBox;
use std::io::Cursor;

/// Bytes of a signature, decoded: algorithm, key id, signature.
const SIGNED_BYTES: usize = 2 + 8 + 64;

/// Bytes of the signature over the trusted comment.
const GLOBAL_BYTES: usize = 64;

/// Characters of a public key's line.
const PUBLIC_KEY_CHARS: usize = 56;

/// How the encoded line of a secret key begins that lies open (algorithms Ed, none, B2).
const OPEN_KEY: &str = "RWQAAEIy";

/// How the encoded line of a secret key begins that needs a password (algorithms Ed, Sc, B2).
const LOCKED_KEY: &str = "RWRTY0Iy";

/// Why a text is no key, or the wrong one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// No public key.
    #[error("not a public key; give its line of {PUBLIC_KEY_CHARS} characters that begins with RW, or the text of its .pub file")]
    NotAPublicKey,
    /// No secret key.
    #[error("not a secret key; give the text of a file that `jorei key new` made")]
    NotASecretKey,
    /// The file needs a password.
    #[error("the secret key needs its password; give it")]
    PasswordNeeded,
    /// The password is another one, or the file was changed.
    #[error("the password does not open the secret key; give the one that it was made with")]
    WrongPassword,
    /// An open key that does not match its own checksum.
    #[error("the secret key does not match its checksum; take it from a backup")]
    Damaged,
    /// A password that protects nothing.
    #[error("the password is empty; give one, or ask for a key without a password")]
    EmptyPassword,
    /// The system gives no randomness, or no memory for the password's derivation.
    #[error("the system cannot make a key (no randomness, or no memory); try again")]
    NoKey,
}

/// The id of a key: eight bytes that its maker drew at random. It finds a key, and proves nothing.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyId([u8; 8]);

impl KeyId {
    fn of(bytes: &[u8]) -> Option<KeyId> {
        bytes.try_into().ok().map(KeyId)
    }
}

impl fmt::Display for KeyId {
    /// As minisign prints it: sixteen hexadecimal digits, the last byte first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A public key.
///
/// Two are equal when they check the same signatures: the id, which anybody may choose, does not
/// make two keys of one.
#[derive(Clone)]
pub struct PublicKey(minisign::PublicKey);

impl PublicKey {
    /// Reads the one line (base64) or the text of a `.pub` file (a comment line, then that line).
    ///
    /// # Errors
    /// [`KeyError::NotAPublicKey`] for anything else.
    pub fn parse(text: &str) -> Result<PublicKey, KeyError> {
        let mut lines = text.trim().lines();
        let first = lines.next().unwrap_or_default();
        let line = if first.starts_with("untrusted comment:") { lines.next().unwrap_or_default() } else { first };
        let line = line.trim();
        if lines.next().is_some() || line.len() != PUBLIC_KEY_CHARS {
            return Err(KeyError::NotAPublicKey);
        }
        let key = PublicKey(minisign::PublicKey::from_base64(line).map_err(|_| KeyError::NotAPublicKey)?);
        // The crate does not look at the algorithm.
        if key.0.to_bytes().starts_with(b"Ed") && key.to_string() == line { Ok(key) } else { Err(KeyError::NotAPublicKey) }
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        KeyId::of(self.0.keynum()).unwrap_or(KeyId([0; 8]))
    }

    /// The text of a `.pub` file.
    pub fn file_text(&self) -> String {
        format!("untrusted comment: jorei public key {}\n{self}\n", self.id())
    }

    /// What makes a key that key.
    fn point(&self) -> Vec<u8> {
        self.0.to_bytes().split_off(10)
    }
}

impl fmt::Display for PublicKey {
    /// The one line that [`PublicKey::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_base64())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &PublicKey) -> bool {
        self.point() == other.point()
    }
}

impl Eq for PublicKey {}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.point().hash(state);
    }
}

impl core::str::FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<PublicKey, KeyError> {
        PublicKey::parse(text)
    }
}

/// A secret key, open and ready to sign. Printing it shows the id only.
#[derive(Clone)]
pub struct SecretKey(minisign::SecretKey);

impl SecretKey {
    /// Reads the text of a secret key's file. A password that an open key does not need is not
    /// looked at. With a password it takes about a second and 32 MiB, so that guessing is dear.
    ///
    /// # Errors
    /// [`KeyError`]: no key, a password needed, a wrong one, or a damaged file.
    pub fn parse(text: &str, password: Option<&str>) -> Result<SecretKey, KeyError> {
        let text = text.trim();
        let key = if needs_password(text)? {
            let password = password.ok_or(KeyError::PasswordNeeded)?;
            minisign::SecretKey::from_box(text.to_owned().into(), Some(password.to_owned())).map_err(|_| KeyError::WrongPassword)?
        } else {
            minisign::SecretKey::from_unencrypted_box(text.to_owned().into()).map_err(|_| KeyError::Damaged)?
        };
        Ok(SecretKey(key))
    }

    /// The public key that belongs to it.
    ///
    /// # Errors
    /// [`KeyError::Damaged`].
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        minisign::PublicKey::from_secret_key(&self.0).map(PublicKey).map_err(|_| KeyError::Damaged)
    }

    /// Its id: that of its public key.
    pub fn id(&self) -> KeyId {
        KeyId::of(self.0.keynum()).unwrap_or(KeyId([0; 8]))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.id())
    }
}

/// Does the text of a secret key's file need a password?
///
/// # Errors
/// [`KeyError::NotASecretKey`].
pub fn needs_password(text: &str) -> Result<bool, KeyError> {
    let mut lines = text.trim().lines();
    let (comment, key) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if !comment.starts_with("untrusted comment:") || lines.next().is_some() {
        return Err(KeyError::NotASecretKey);
    }
    match key {
        key if key.starts_with(LOCKED_KEY) => Ok(true),
        key if key.starts_with(OPEN_KEY) => Ok(false),
        _ => Err(KeyError::NotASecretKey),
    }
}

/// A key pair that was just made.
pub struct NewKey {
    /// The public half.
    pub public: PublicKey,
    secret: String,
}

impl NewKey {
    /// The text of the secret key's file, protected by the password if one was given. Whoever
    /// writes it sees to it that nobody else can read it.
    pub fn secret_file_text(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewKey({})", self.public)
    }
}

/// Makes a key pair. With a password it takes about a second.
///
/// # Errors
/// [`KeyError::EmptyPassword`], [`KeyError::NoKey`].
pub fn generate(password: Option<&str>) -> Result<NewKey, KeyError> {
    let pair = match password {
        Some("") => return Err(KeyError::EmptyPassword),
        // The crate would ask on the terminal for a password that is not given.
        Some(password) => minisign::KeyPair::generate_encrypted_keypair(Some(password.to_owned())),
        None => minisign::KeyPair::generate_unencrypted_keypair(),
    };
    let pair = pair.map_err(|_| KeyError::NoKey)?;
    let public = PublicKey(pair.pk);
    let comment = match password {
        Some(_) => format!("jorei secret key {}, needs its password", public.id()),
        None => format!("jorei secret key {}, not protected by a password", public.id()),
    };
    let secret = pair.sk.to_box(Some(&comment)).map_err(|_| KeyError::NoKey)?.into_string();
    Ok(NewKey { public, secret })
}

/// What a signature is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Purpose {
    /// A vendor stands for a package; over the component's bytes.
    Package,
    /// A person signs an act; over the act's id.
    Act,
    /// An exported head of the audit chain; over [`jorei_domain::audit::Head::text`].
    AuditHead,
    /// A person stands for the hash of their own password; over account, number and hash.
    Credential,
    /// A person or a machine logs in; over a challenge that is good once.
    Session,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Purpose; 5] = [Purpose::Package, Purpose::Act, Purpose::AuditHead, Purpose::Credential, Purpose::Session];

    /// The trusted comment of its signatures, for ever.
    pub fn text(self) -> &'static str {
        match self {
            Purpose::Package => "jorei package 1",
            Purpose::Act => "jorei act 1",
            Purpose::AuditHead => "jorei audit head 1",
            Purpose::Credential => "jorei credential 1",
            Purpose::Session => "jorei session 1",
        }
    }
}

/// Why a signature is not good.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SignatureError {
    /// No signature at all.
    #[error("not a signature (four lines, as minisign writes them)")]
    Malformed,
    /// Made by another key.
    #[error("the signature is by the key {by}, not by {key}")]
    OtherKey {
        /// The key that the signature names.
        by: KeyId,
        /// The key it was held against.
        key: KeyId,
    },
    /// Made for something else.
    #[error("the signature was not made for this: its trusted comment must be `{}`", wanted.text())]
    WrongPurpose {
        /// What it should be for.
        wanted: Purpose,
    },
    /// The content, the signature or its comment was changed after signing.
    #[error("the signature of the key {by} does not fit: what was signed, or the signature, was changed")]
    Altered {
        /// The key that the signature names.
        by: KeyId,
    },
    /// The system gave no randomness.
    #[error("the system cannot sign (no randomness); try again")]
    CannotSign,
}

/// Signs some bytes for a purpose. The text is four lines and below
/// [`crate::envelope::SIGNATURE_BYTES_MAX`]. Signing twice gives two texts, both good.
///
/// # Errors
/// [`SignatureError::CannotSign`].
pub fn sign(key: &SecretKey, purpose: Purpose, bytes: &[u8]) -> Result<String, SignatureError> {
    let comment = format!("jorei signature by the key {}", key.id());
    minisign::sign(None, &key.0, Cursor::new(bytes), Some(purpose.text()), Some(&comment))
        .map(String::from)
        .map_err(|_| SignatureError::CannotSign)
}

/// Is this the signature of that key, over these bytes, for this purpose?
///
/// # Errors
/// [`SignatureError`]: anything but yes.
pub fn verify(key: &PublicKey, purpose: Purpose, bytes: &[u8], signature: &str) -> Result<(), SignatureError> {
    let signature = parse(signature)?;
    let by = KeyId::of(signature.keynum()).ok_or(SignatureError::Malformed)?;
    if by != key.id() {
        return Err(SignatureError::OtherKey { by, key: key.id() });
    }
    if !signature.trusted_comment().is_ok_and(|comment| comment == purpose.text()) {
        return Err(SignatureError::WrongPurpose { wanted: purpose });
    }
    // Quiet, no copy of the content, and none of the old signatures that were made without hashing.
    minisign::verify(&key.0, &signature, Cursor::new(bytes), true, false, false).map_err(|_| SignatureError::Altered { by })
}

/// The id of the key that a signature says it was made with. Proves nothing.
///
/// # Errors
/// [`SignatureError::Malformed`].
pub fn key_id_of(signature: &str) -> Result<KeyId, SignatureError> {
    KeyId::of(parse(signature)?.keynum()).ok_or(SignatureError::Malformed)
}

/// Takes exactly the texts that the crate itself would write. It would panic at a short signature
/// over the comment, and read over what follows a long one.
fn parse(text: &str) -> Result<SignatureBox, SignatureError> {
    let lines: Vec<&str> = text.lines().take(5).collect();
    let [_, signed, _, global] = lines.as_slice() else { return Err(SignatureError::Malformed) };
    for (line, length) in [(signed, SIGNED_BYTES), (global, GLOBAL_BYTES)] {
        let decoded = Base64::decode_to_vec(line, None).map_err(|_| SignatureError::Malformed)?;
        if decoded.len() != length {
            return Err(SignatureError::Malformed);
        }
    }
    let signature = SignatureBox::from_string(text).map_err(|_| SignatureError::Malformed)?;
    // Not `String::from`, which would consume it. The last line end may be missing.
    if signature.to_string().trim_end_matches('\n') == text.trim_end_matches('\n') { Ok(signature) } else { Err(SignatureError::Malformed) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn key() -> (SecretKey, PublicKey) {
        let new = generate(None).unwrap();
        (SecretKey::parse(new.secret_file_text(), None).unwrap(), new.public)
    }

    #[test]
    fn keys_read_what_they_wrote() {
        let new = generate(None).unwrap();
        let secret = SecretKey::parse(new.secret_file_text(), None).unwrap();
        assert_eq!(secret.public_key().unwrap(), new.public);
        assert_eq!(secret.id(), new.public.id());
        for text in [new.public.to_string(), new.public.to_string() + "\n", new.public.file_text()] {
            let read = PublicKey::parse(&text).unwrap();
            assert_eq!((read.to_string(), read.id()), (new.public.to_string(), new.public.id()));
        }
        assert!(new.public.file_text().contains(&new.public.id().to_string()));
        // As the command prints the id.
        assert_eq!(
            PublicKey::parse("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3").unwrap().id().to_string(),
            "E7620F1842B4E81F"
        );
    }

    #[test]
    fn a_signature_that_the_command_minisign_made_is_good_for_its_purpose_only() {
        // From the manual of minisign-verify: its trusted comment is none of ours.
        let key = PublicKey::parse("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3").unwrap();
        let signature = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1633700835\tfile:test\tprehashed
wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==
";
        assert_eq!(key_id_of(signature), Ok(key.id()));
        for purpose in Purpose::ALL {
            assert_eq!(verify(&key, purpose, b"test", signature), Err(SignatureError::WrongPurpose { wanted: purpose }));
        }
    }

    #[test]
    fn a_password_is_needed_to_open_a_key_made_with_one() {
        let new = generate(Some("ひみつ")).unwrap();
        let text = new.secret_file_text();
        assert_eq!(needs_password(text), Ok(true));
        assert_eq!(SecretKey::parse(text, None).unwrap_err(), KeyError::PasswordNeeded);
        assert_eq!(SecretKey::parse(text, Some("himitsu")).unwrap_err(), KeyError::WrongPassword);
        let secret = SecretKey::parse(text, Some("ひみつ")).unwrap();
        let signature = sign(&secret, Purpose::Act, b"act").unwrap();
        assert_eq!(verify(&new.public, Purpose::Act, b"act", &signature), Ok(()));
        assert_eq!(generate(Some("")).unwrap_err(), KeyError::EmptyPassword);
    }

    #[test]
    fn a_secret_is_never_printed() {
        let new = generate(None).unwrap();
        let secret = SecretKey::parse(new.secret_file_text(), None).unwrap();
        let encoded = new.secret_file_text().lines().nth(1).unwrap();
        assert_eq!(format!("{secret:?}"), format!("SecretKey({})", new.public.id()));
        assert!(!format!("{new:?}{secret:?}").contains(&encoded[20..]));
    }

    #[test]
    fn a_signature_is_good_for_its_key_purpose_and_bytes_only() {
        let ((secret, public), (_, other)) = (key(), key());
        for purpose in Purpose::ALL {
            let signature = sign(&secret, purpose, b"bytes").unwrap();
            assert!(signature.len() <= crate::envelope::SIGNATURE_BYTES_MAX);
            assert_eq!(key_id_of(&signature), Ok(public.id()));
            for wanted in Purpose::ALL {
                let expected = if wanted == purpose { Ok(()) } else { Err(SignatureError::WrongPurpose { wanted }) };
                assert_eq!(verify(&public, wanted, b"bytes", &signature), expected);
                // A comment put in place of the signed one deceives nobody.
                let forged = signature.replace(purpose.text(), wanted.text());
                let expected = if wanted == purpose { Ok(()) } else { Err(SignatureError::Altered { by: public.id() }) };
                assert_eq!(verify(&public, wanted, b"bytes", &forged), expected);
            }
            assert_eq!(verify(&public, purpose, b"Bytes", &signature), Err(SignatureError::Altered { by: public.id() }));
            assert_eq!(verify(&other, purpose, b"bytes", &signature), Err(SignatureError::OtherKey { by: public.id(), key: other.id() }));
        }
    }

    #[test]
    fn a_key_under_another_id_is_the_same_key() {
        let (_, public) = key();
        let mut bytes = public.0.to_bytes();
        bytes[5] ^= 1;
        let renamed = PublicKey(minisign::PublicKey::from_bytes(&bytes).unwrap());
        assert_ne!(renamed.id(), public.id());
        assert_eq!(renamed, public);
    }

    #[test]
    fn hostile_texts_are_errors_and_never_panics() {
        let (secret, public) = key();
        let good = sign(&secret, Purpose::Package, b"x").unwrap();
        let lines: Vec<&str> = good.lines().collect();
        let with = |index: usize, line: &str| {
            let mut lines = lines.clone();
            lines[index] = line;
            lines.join("\n") + "\n"
        };
        let mut bad = vec![String::new(), "\n\n\n\n".into(), good.replace('\n', "\r\n"), good.clone() + "more", with(0, "comment")];
        bad.extend([with(3, ""), with(3, "AAAA"), with(1, "AAAA"), with(1, &lines[1][..96]), with(3, &format!("{}AAAA", &lines[3][..84]))]);
        // A key of the old kind of signature, without hashing.
        bad.extend([with(1, &lines[1].replacen("RU", "RX", 1)), with(2, "trusted comment:"), with(2, &format!("{} ", lines[2]))]);
        bad.extend((0..good.len()).map(|end| good[..end].to_owned()).filter(|cut| cut.trim_end() != good.trim_end()));
        for text in &bad {
            assert!(verify(&public, Purpose::Package, b"x", text).is_err(), "{text}");
        }
        let legacy = with(1, &lines[1].replacen("RU", "RW", 1));
        assert_eq!(verify(&public, Purpose::Package, b"x", &legacy), Err(SignatureError::Altered { by: public.id() }));
        assert_eq!(verify(&public, Purpose::Package, b"x", good.trim_end()), Ok(()));

        let line = public.to_string();
        for text in ["", "\n", "RW", &line[1..], &format!("{line}\n{line}"), &line.replacen("RW", "RU", 1), &"é".repeat(28)] {
            assert_eq!(PublicKey::parse(text).unwrap_err(), KeyError::NotAPublicKey, "{text}");
        }
        let new = generate(None).unwrap();
        let text = new.secret_file_text();
        assert_eq!(SecretKey::parse(&text[..text.len() - 9], None).unwrap_err(), KeyError::Damaged);
        for text in ["", "x\ny", &new.public.file_text(), &text.replace(OPEN_KEY, "AAAAAAAA")] {
            assert_eq!(SecretKey::parse(text, None).unwrap_err(), KeyError::NotASecretKey, "{text}");
        }
    }
}
