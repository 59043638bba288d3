//! The one file of a package: magic, lengths, signatures, component, and nothing after.
//!
//! ```text
//! 8 bytes   magic
//! u32 LE    length of the component
//! u16 LE    number of signatures
//! per signature: u16 LE length, then its text
//! the component
//! ```
//!
//! Signatures are over the component alone, so one may be added without touching the others, and
//! everything can be checked before a byte of the component is parsed. Absent: what a signature is
//! ([`crate::signing`]), whose count ([`crate::trust`]), and what the component says.

/// How every package begins. The first byte is no text in any encoding of the field, the last one
/// shows a transfer that took the file for text; the digit is the version of the layout.
pub const MAGIC: [u8; 8] = *b"\x8aJOREI1\n";

/// Bytes of a whole package.
pub const PACKAGE_BYTES: usize = 64 << 20;

/// Signatures of one package.
pub const SIGNATURES_MAX: usize = 16;

/// Bytes of one signature's text.
pub const SIGNATURE_BYTES_MAX: usize = 1024;

/// Bytes before the first signature.
const HEADER_BYTES: usize = MAGIC.len() + 4 + 2;

/// Why some bytes are no package, or cannot become one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EnvelopeError {
    /// Larger than any package may be.
    #[error("the package has {bytes} bytes; at most {PACKAGE_BYTES} are admitted")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Another file.
    #[error("not a package: it does not begin as one; if it is a bare component, pack it with `jorei rule pack`")]
    NotAPackage,
    /// Its end is missing.
    #[error("the package is cut short: {needed} bytes are announced, {bytes} are there; fetch the file again")]
    CutShort {
        /// Bytes that its lengths announce, as far as they were read.
        needed: usize,
        /// Its size.
        bytes: usize,
    },
    /// Something follows the component.
    #[error("{bytes} bytes follow the component of the package; a package ends with its component")]
    BytesLeftOver {
        /// How many bytes too many.
        bytes: usize,
    },
    /// More signatures than admitted.
    #[error("the package has {count} signatures; at most {SIGNATURES_MAX} are admitted")]
    TooManySignatures {
        /// How many.
        count: usize,
    },
    /// A signature longer than any is.
    #[error("signature {index} has {bytes} bytes; at most {SIGNATURE_BYTES_MAX} are admitted")]
    SignatureTooLong {
        /// Which, from 1.
        index: usize,
        /// Its size.
        bytes: usize,
    },
    /// A signature that is no text.
    #[error("signature {index} is not text (UTF-8); take the package from its vendor again")]
    SignatureNotText {
        /// Which, from 1.
        index: usize,
    },
}

/// A package taken apart; nothing in it is trusted yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Envelope<'b> {
    /// The texts of its signatures, in the order in which they were added.
    pub signatures: Vec<&'b str>,
    /// The component: what is signed, and whose digest names the rule.
    pub component: &'b [u8],
}

/// Do the bytes begin as a package? Says nothing about the rest.
pub fn is_package(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Takes a package apart. Copies nothing, and looks at no byte of a signature or the component but
/// to see that a signature is text.
///
/// # Errors
/// The first [`EnvelopeError`]; every length must be exact.
pub fn open(bytes: &[u8]) -> Result<Envelope<'_>, EnvelopeError> {
    if bytes.len() > PACKAGE_BYTES {
        return Err(EnvelopeError::TooLarge { bytes: bytes.len() });
    }
    if !is_package(bytes) {
        return Err(EnvelopeError::NotAPackage);
    }
    let mut reader = Reader { bytes, at: MAGIC.len() };
    let length: [u8; 4] = reader.array()?;
    // A target of less than 32 bits could not hold the package either.
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    let count = reader.short()?;
    if count > SIGNATURES_MAX {
        return Err(EnvelopeError::TooManySignatures { count });
    }
    let mut signatures = Vec::with_capacity(count);
    for index in 1..=count {
        let length = reader.short()?;
        if length > SIGNATURE_BYTES_MAX {
            return Err(EnvelopeError::SignatureTooLong { index, bytes: length });
        }
        let text = core::str::from_utf8(reader.take(length)?);
        signatures.push(text.map_err(|_| EnvelopeError::SignatureNotText { index })?);
    }
    let component = reader.take(length)?;
    match bytes.len() - reader.at {
        0 => Ok(Envelope { signatures, component }),
        bytes => Err(EnvelopeError::BytesLeftOver { bytes }),
    }
}

/// Makes the package of a component and of signatures that were made over it (none: an unsigned
/// package). What it gives, [`open`] opens.
///
/// # Errors
/// [`EnvelopeError::TooLarge`], [`EnvelopeError::TooManySignatures`], [`EnvelopeError::SignatureTooLong`].
pub fn seal<S: AsRef<str>>(component: &[u8], signatures: &[S]) -> Result<Vec<u8>, EnvelopeError> {
    if signatures.len() > SIGNATURES_MAX {
        return Err(EnvelopeError::TooManySignatures { count: signatures.len() });
    }
    for (index, signature) in signatures.iter().enumerate() {
        let bytes = signature.as_ref().len();
        if bytes > SIGNATURE_BYTES_MAX {
            return Err(EnvelopeError::SignatureTooLong { index: index + 1, bytes });
        }
    }
    let bytes = HEADER_BYTES + signatures.iter().map(|signature| 2 + signature.as_ref().len()).sum::<usize>() + component.len();
    let too_large = EnvelopeError::TooLarge { bytes };
    if bytes > PACKAGE_BYTES {
        return Err(too_large);
    }
    // Both lengths were bounded far below what they are written as.
    let length = u32::try_from(component.len()).map_err(|_| too_large)?;
    let mut package = Vec::with_capacity(bytes);
    package.extend_from_slice(&MAGIC);
    package.extend_from_slice(&length.to_le_bytes());
    package.extend_from_slice(&(signatures.len() as u16).to_le_bytes());
    for signature in signatures {
        let signature = signature.as_ref();
        package.extend_from_slice(&(signature.len() as u16).to_le_bytes());
        package.extend_from_slice(signature.as_bytes());
    }
    package.extend_from_slice(component);
    Ok(package)
}

/// Adds a signature behind those of a package; nothing else changes.
///
/// # Errors
/// As [`open`] and [`seal`].
pub fn add_signature(package: &[u8], signature: &str) -> Result<Vec<u8>, EnvelopeError> {
    let envelope = open(package)?;
    let mut signatures = envelope.signatures;
    signatures.push(signature);
    seal(envelope.component, &signatures)
}

/// A place in the bytes.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], EnvelopeError> {
        let needed = self.at.saturating_add(length);
        let part = self.bytes.get(self.at..needed).ok_or(EnvelopeError::CutShort { needed, bytes: self.bytes.len() })?;
        self.at = needed;
        Ok(part)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], EnvelopeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn short(&mut self) -> Result<usize, EnvelopeError> {
        Ok(usize::from(u16::from_le_bytes(self.array()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [&str; 0] = [];

    #[test]
    fn a_package_opens_as_it_was_sealed() {
        for signatures in [Vec::new(), vec!["one".to_owned()], vec![String::new(), "二".into()]] {
            let package = seal(b"component", &signatures).unwrap();
            assert!(is_package(&package));
            assert_eq!(
                open(&package),
                Ok(Envelope { signatures: signatures.iter().map(String::as_str).collect(), component: b"component" })
            );
        }
        let added = add_signature(&seal(b"component", &["one"]).unwrap(), "two").unwrap();
        assert_eq!(added, seal(b"component", &["one", "two"]).unwrap());
    }

    #[test]
    fn every_cut_and_every_byte_too_many_is_refused() {
        let package = seal(b"component", &["one", "two"]).unwrap();
        for end in 0..package.len() {
            let error = open(&package[..end]).unwrap_err();
            let expected =
                if end < MAGIC.len() { error == EnvelopeError::NotAPackage } else { matches!(error, EnvelopeError::CutShort { .. }) };
            assert!(expected, "{end}: {error}");
        }
        let longer = [package.as_slice(), b"\0"].concat();
        assert_eq!(open(&longer), Err(EnvelopeError::BytesLeftOver { bytes: 1 }));
    }

    #[test]
    fn every_bound_holds_when_a_package_is_made_and_when_it_is_opened() {
        let long = "x".repeat(SIGNATURE_BYTES_MAX + 1);
        let too_long = EnvelopeError::SignatureTooLong { index: 1, bytes: long.len() };
        assert_eq!(seal(b"", &[&long]), Err(too_long.clone()));
        let many = vec![""; SIGNATURES_MAX + 1];
        let too_many = EnvelopeError::TooManySignatures { count: many.len() };
        assert_eq!(seal(b"", &many), Err(too_many.clone()));
        assert_eq!(add_signature(&seal(b"", &many[1..]).unwrap(), ""), Err(too_many.clone()));
        let large = vec![0; PACKAGE_BYTES - HEADER_BYTES];
        assert!(open(&seal(&large, &NONE).unwrap()).is_ok());
        assert_eq!(seal(&large, &[""]), Err(EnvelopeError::TooLarge { bytes: PACKAGE_BYTES + 2 }));
        assert_eq!(open(&vec![0; PACKAGE_BYTES + 1]), Err(EnvelopeError::TooLarge { bytes: PACKAGE_BYTES + 1 }));

        let mut package = seal(b"", &NONE).unwrap();
        package[12] = SIGNATURES_MAX as u8 + 1;
        assert_eq!(open(&package), Err(too_many));
        package[12] = 1;
        package.extend_from_slice(&(long.len() as u16).to_le_bytes());
        assert_eq!(open(&package), Err(too_long));
        package.truncate(HEADER_BYTES);
        package.extend_from_slice(&[1, 0, 0xff]);
        assert_eq!(open(&package), Err(EnvelopeError::SignatureNotText { index: 1 }));
        assert_eq!(open(b"\0asm\x0d\0\x01\0"), Err(EnvelopeError::NotAPackage));
    }
}
