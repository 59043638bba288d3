//! Whose package it is: a package's signatures held against the vendors that a municipality trusts.
//!
//! Absent: how a vendor becomes trusted (an act of two people), and what the package says of itself.
//! Nothing of the component is parsed here: its bytes are hashed and no more.

use crate::envelope::Envelope;
use crate::signing::{KeyError, KeyId, PublicKey, Purpose, SignatureError, key_id_of, verify};
use jorei_domain::act::Vendor;
use std::collections::HashSet;

/// Why a package is not trusted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotTrusted {
    /// Nobody signed it.
    #[error("the package is not signed; its vendor signs it with `jorei rule sign`")]
    Unsigned,
    /// Only keys signed it that belong to no vendor here.
    #[error("no key that signed the package is trusted here: {}; a vendor's keys become trusted by an act", ids(keys))]
    ForeignKeys {
        /// Their ids, each once.
        keys: Vec<KeyId>,
    },
    /// Only revoked keys signed it, and perhaps foreign ones.
    #[error("the package is signed by revoked keys: {}; its vendor must sign it with a good key", ids(keys))]
    Revoked {
        /// The revoked ones, each once.
        keys: Vec<KeyId>,
        /// The foreign ones, each once.
        foreign: Vec<KeyId>,
    },
    /// A trusted key's signature does not fit the component. It does not matter who else signed.
    #[error(
        "signature {index}, by the key {key}, does not fit the component: one of them was changed; take the package from its vendor again"
    )]
    Altered {
        /// Which signature, from 1.
        index: usize,
        /// The key it names.
        key: KeyId,
    },
    /// A trusted key signed something else, or for something else.
    #[error("signature {index}, by the key {key}, was not made for a package; its vendor signs with `jorei rule sign`")]
    WrongPurpose {
        /// Which signature, from 1.
        index: usize,
        /// The key it names.
        key: KeyId,
    },
    /// A text that is no signature.
    #[error("signature {index} is no signature (four lines, as minisign writes them); take the package from its vendor again")]
    Malformed {
        /// Which signature, from 1.
        index: usize,
    },
    /// Good signatures, and not enough of them.
    #[error(
        "{have} of the {needed} keys that {vendor} needs signed the package{}{}; have it signed by more",
        besides("revoked", revoked),
        besides("not trusted here", foreign)
    )]
    TooFew {
        /// The vendor that lacks fewest.
        vendor: String,
        /// Its distinct good keys that signed.
        have: usize,
        /// How many it needs.
        needed: usize,
        /// Revoked keys that signed, each once.
        revoked: Vec<KeyId>,
        /// Foreign keys that signed, each once.
        foreign: Vec<KeyId>,
    },
    /// A key of a trusted vendor that is none. Nothing is accepted until it is put right.
    #[error("the vendor {vendor} has a key that cannot be read: {error}")]
    MalformedKey {
        /// Whose.
        vendor: String,
        /// What is wrong with it.
        error: KeyError,
    },
}

fn ids(keys: &[KeyId]) -> String {
    keys.iter().map(KeyId::to_string).collect::<Vec<_>>().join(", ")
}

fn besides(what: &str, keys: &[KeyId]) -> String {
    if keys.is_empty() { String::new() } else { format!(" ({what}: {})", ids(keys)) }
}

/// A key of the trust store.
struct Known {
    vendor: usize,
    key: PublicKey,
    revoked: bool,
}

/// Finds the vendor whose package it is: the first one of the list of whose distinct good keys at
/// least `needed` signed the component. See [`accept_each`] for a package of several vendors.
///
/// # Errors
/// [`NotTrusted`], the first reason; nothing may be parsed of such a package.
pub fn accept<'v>(envelope: &Envelope<'_>, vendors: &'v [Vendor]) -> Result<&'v Vendor, NotTrusted> {
    // Never empty, so that never happens.
    accept_each(envelope, vendors)?.first().copied().ok_or(NotTrusted::Unsigned)
}

/// Finds all the vendors who have signed the component enough, in the order of the list; at least
/// one.
///
/// A key that signed twice counts once. A key that is revoked for one vendor counts for none: it
/// was stolen from all of them. A signature by a trusted key that does not fit refuses the
/// package, whoever else signed; signatures of foreign and revoked keys do not count.
///
/// # Errors
/// [`NotTrusted`], the first reason.
pub fn accept_each<'v>(envelope: &Envelope<'_>, vendors: &'v [Vendor]) -> Result<Vec<&'v Vendor>, NotTrusted> {
    let known = known(vendors)?;
    if envelope.signatures.is_empty() {
        return Err(NotTrusted::Unsigned);
    }
    let mut good: HashSet<&PublicKey> = HashSet::new();
    let (mut revoked, mut foreign) = (Vec::new(), Vec::new());
    for (index, signature) in (1..).zip(&envelope.signatures) {
        let id = key_id_of(signature).map_err(|_| NotTrusted::Malformed { index })?;
        // Anybody may give a key the id of another one: all that bear it are tried.
        let mut error = None;
        let (mut fits, mut seen) = (false, HashSet::new());
        for known in known.iter().filter(|known| known.key.id() == id && !known.revoked && seen.insert(&known.key)) {
            match verify(&known.key, Purpose::Package, envelope.component, signature) {
                Ok(()) => {
                    good.insert(&known.key);
                    fits = true;
                }
                Err(other) => error = Some(other),
            }
        }
        match error {
            _ if fits => {}
            Some(SignatureError::WrongPurpose { .. }) => return Err(NotTrusted::WrongPurpose { index, key: id }),
            Some(_) => return Err(NotTrusted::Altered { index, key: id }),
            None => {
                let list = if known.iter().any(|known| known.key.id() == id) { &mut revoked } else { &mut foreign };
                if !list.contains(&id) {
                    list.push(id);
                }
            }
        }
    }
    if good.is_empty() {
        return Err(if revoked.is_empty() {
            NotTrusted::ForeignKeys { keys: foreign }
        } else {
            NotTrusted::Revoked { keys: revoked, foreign }
        });
    }
    // A vendor that needs nobody would be one that anybody is.
    let needed = |vendor: &Vendor| usize::try_from(vendor.needed.max(1)).unwrap_or(usize::MAX);
    let have = |vendor: usize| {
        let keys: HashSet<&PublicKey> = known.iter().filter(|known| known.vendor == vendor).map(|known| &known.key).collect();
        keys.intersection(&good).count()
    };
    let signed: Vec<(&Vendor, usize)> = vendors.iter().enumerate().map(|(index, vendor)| (vendor, have(index))).collect();
    let accepted: Vec<&Vendor> = signed.iter().filter(|(vendor, have)| *have >= needed(vendor)).map(|(vendor, _)| *vendor).collect();
    if !accepted.is_empty() {
        return Ok(accepted);
    }
    let nearest = signed.into_iter().filter(|(_, have)| *have > 0).min_by_key(|(vendor, have)| needed(vendor) - have);
    // A good key is some vendor's.
    let Some((vendor, have)) = nearest else { return Err(NotTrusted::ForeignKeys { keys: foreign }) };
    Err(NotTrusted::TooFew { vendor: vendor.name.clone(), have, needed: needed(vendor), revoked, foreign })
}

/// All keys of all vendors.
fn known(vendors: &[Vendor]) -> Result<Vec<Known>, NotTrusted> {
    let mut all = Vec::new();
    for (index, vendor) in vendors.iter().enumerate() {
        for key in &vendor.keys {
            let read = PublicKey::parse(&key.key).map_err(|error| NotTrusted::MalformedKey { vendor: vendor.name.clone(), error })?;
            all.push(Known { vendor: index, key: read, revoked: key.revoked });
        }
    }
    let revoked: HashSet<PublicKey> = all.iter().filter(|known| known.revoked).map(|known| known.key.clone()).collect();
    for known in &mut all {
        known.revoked = revoked.contains(&known.key);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{Case, Cases};
    use crate::envelope::{EnvelopeError, MAGIC, open, seal};
    use crate::manifest::{ManifestError, attach, read, tests::component, tests::manifest};
    use crate::signing::{SecretKey, sign, tests::key};
    use jorei_domain::act::VendorKey;

    fn vendor(name: &str, needed: u32, keys: &[&PublicKey]) -> Vendor {
        let keys = keys.iter().map(|key| VendorKey { key: key.to_string(), revoked: false }).collect();
        Vendor { name: name.into(), keys, needed }
    }

    fn package(component: &[u8], by: &[&SecretKey]) -> Vec<u8> {
        let signatures: Vec<String> = by.iter().map(|key| sign(key, Purpose::Package, component).unwrap()).collect();
        seal(component, &signatures).unwrap()
    }

    fn answer(package: &[u8], vendors: &[Vendor]) -> Result<String, NotTrusted> {
        accept(&open(package).unwrap(), vendors).map(|vendor| vendor.name.clone())
    }

    #[test]
    fn a_vendor_is_accepted_when_enough_of_its_keys_signed() {
        let ((one, one_public), (two, two_public), (three, three_public)) = (key(), key(), key());
        let vendors = [vendor("other", 1, &[&three_public]), vendor("v", 2, &[&one_public, &two_public])];
        assert_eq!(answer(&package(b"c", &[&one, &two]), &vendors), Ok("v".into()));
        assert_eq!(answer(&package(b"c", &[&two, &one]), &vendors), Ok("v".into()));
        let too_few = NotTrusted::TooFew { vendor: "v".into(), have: 1, needed: 2, revoked: vec![], foreign: vec![] };
        assert_eq!(answer(&package(b"c", &[&one]), &vendors), Err(too_few.clone()));
        // Twice the same key, and the key under two ids, are one key.
        assert_eq!(answer(&package(b"c", &[&one, &one]), &vendors), Err(too_few.clone()));
        assert_eq!(answer(&package(b"c", &[&three]), &vendors), Ok("other".into()));
        let all = package(b"c", &[&one, &two, &three]);
        assert_eq!(accept_each(&open(&all).unwrap(), &vendors).unwrap().len(), 2);
        assert_eq!(answer(&package(b"c", &[]), &vendors), Err(NotTrusted::Unsigned));
        assert_eq!(answer(&package(b"c", &[&one]), &[vendor("v", 0, &[&one_public])]), Ok("v".into()));
        assert_eq!(answer(&package(b"c", &[&one]), &[]), Err(NotTrusted::ForeignKeys { keys: vec![one_public.id()] }));
        let (bad, mut vendors) = (VendorKey { key: "RW".into(), revoked: true }, vendors);
        vendors[0].keys.push(bad);
        let malformed = NotTrusted::MalformedKey { vendor: "other".into(), error: KeyError::NotAPublicKey };
        assert_eq!(answer(&package(b"c", &[&one, &two]), &vendors), Err(malformed));
    }

    #[test]
    fn foreign_and_revoked_keys_do_not_count_and_are_named() {
        let ((one, one_public), (two, two_public), (stranger, stranger_public)) = (key(), key(), key());
        let mut vendors = [vendor("v", 2, &[&one_public, &two_public])];
        let foreign = NotTrusted::ForeignKeys { keys: vec![stranger_public.id()] };
        assert_eq!(answer(&package(b"c", &[&stranger, &stranger]), &vendors), Err(foreign));
        // A foreign signature takes nothing from good ones.
        assert_eq!(answer(&package(b"c", &[&stranger, &one, &two]), &vendors), Ok("v".into()));
        vendors[0].keys[1].revoked = true;
        let revoked = NotTrusted::Revoked { keys: vec![two_public.id()], foreign: vec![] };
        assert_eq!(answer(&package(b"c", &[&two]), &vendors), Err(revoked));
        let error = answer(&package(b"c", &[&stranger, &one, &two]), &vendors).unwrap_err();
        let (revoked, foreign) = (vec![two_public.id()], vec![stranger_public.id()]);
        assert_eq!(error, NotTrusted::TooFew { vendor: "v".into(), have: 1, needed: 2, revoked, foreign });
        for id in [two_public.id(), stranger_public.id()] {
            assert!(error.to_string().contains(&id.to_string()), "{error}");
        }
        vendors[0].needed = 1;
        assert_eq!(answer(&package(b"c", &[&one, &two]), &vendors), Ok("v".into()));
        // Revoked for one, revoked for all.
        let both = [vendors[0].clone(), vendor("w", 1, &[&two_public])];
        assert!(matches!(answer(&package(b"c", &[&two]), &both), Err(NotTrusted::Revoked { .. })));
    }

    #[test]
    fn a_trusted_keys_signature_that_does_not_fit_refuses_the_package_whoever_else_signed() {
        let ((one, one_public), (two, two_public)) = (key(), key());
        let vendors = [vendor("v", 1, &[&one_public]), vendor("w", 1, &[&two_public])];
        let (good, other) = (sign(&one, Purpose::Package, b"c").unwrap(), sign(&two, Purpose::Package, b"another").unwrap());
        let altered = NotTrusted::Altered { index: 2, key: two_public.id() };
        assert_eq!(answer(&seal(b"c", &[good.clone(), other]).unwrap(), &vendors), Err(altered));
        for purpose in [Purpose::Act, Purpose::AuditHead] {
            let act = sign(&two, purpose, b"c").unwrap();
            let wrong = NotTrusted::WrongPurpose { index: 2, key: two_public.id() };
            assert_eq!(answer(&seal(b"c", &[good.clone(), act]).unwrap(), &vendors), Err(wrong));
        }
        let malformed = NotTrusted::Malformed { index: 2 };
        assert_eq!(answer(&seal(b"c", &[good.clone(), "text".into()]).unwrap(), &vendors), Err(malformed));
    }

    #[test]
    fn a_key_with_anothers_id_neither_stands_for_it_nor_shuts_it_out() {
        let ((one, one_public), (_, two_public)) = (key(), key());
        let rename = |key: &PublicKey, id: KeyId| {
            use ct_codecs::{Base64, Decoder, Encoder};
            let mut bytes = Base64::decode_to_vec(key.to_string(), None).unwrap();
            let name = u64::from_str_radix(&id.to_string(), 16).unwrap();
            bytes[2..10].copy_from_slice(&name.to_le_bytes());
            PublicKey::parse(&Base64::encode_to_string(bytes).unwrap()).unwrap()
        };
        let squatter = rename(&two_public, one_public.id());
        let vendors = [vendor("squatter", 1, &[&squatter]), vendor("v", 1, &[&one_public])];
        assert_eq!(answer(&package(b"c", &[&one]), &vendors), Ok("v".into()));
        // One key under two ids stays one key.
        let again = rename(&one_public, two_public.id());
        let vendors = [vendor("v", 2, &[&one_public, &again])];
        let signature = sign(&one, Purpose::Package, b"c").unwrap();
        let renamed = {
            use ct_codecs::{Base64, Decoder, Encoder};
            let line = signature.lines().nth(1).unwrap();
            let mut bytes = Base64::decode_to_vec(line, None).unwrap();
            let name = u64::from_str_radix(&two_public.id().to_string(), 16).unwrap();
            bytes[2..10].copy_from_slice(&name.to_le_bytes());
            signature.replace(line, &Base64::encode_to_string(bytes).unwrap())
        };
        let error = answer(&seal(b"c", &[signature, renamed]).unwrap(), &vendors).unwrap_err();
        assert!(matches!(error, NotTrusted::TooFew { have: 1, needed: 2, .. }), "{error}");
    }

    /// Why a package was refused on its whole way.
    #[derive(Debug, PartialEq)]
    enum Refused {
        Envelope(EnvelopeError),
        Trust(NotTrusted),
    }

    fn admit(package: &[u8], vendors: &[Vendor]) -> Result<(), Refused> {
        let envelope = open(package).map_err(Refused::Envelope)?;
        accept(&envelope, vendors).map_err(Refused::Trust)?;
        read(envelope.component).map(drop).unwrap();
        Ok(())
    }

    fn find(bytes: &[u8], part: &[u8]) -> usize {
        bytes.windows(part.len()).position(|window| window == part).unwrap()
    }

    #[test]
    fn one_flipped_byte_anywhere_is_refused_for_its_own_reason() {
        let (secret, public) = key();
        let vendors = [vendor("v", 1, &[&public])];
        let cases = Cases {
            ordinances: [("a.toml".to_owned(), "[x]".to_owned())].into(),
            cases: vec![Case {
                name: "one".into(),
                ordinance: "a.toml".into(),
                case: serde_json::json!({}),
                expect: serde_json::json!({"status": "decided"}).as_object().unwrap().clone(),
            }],
        };
        let component = attach(&component(), &manifest(), Some(&cases)).unwrap();
        let good = package(&component, &[&secret]);
        assert_eq!(admit(&good, &vendors), Ok(()));
        let flipped = |at: usize, mask: u8| {
            let mut bad = good.clone();
            bad[at] ^= mask;
            admit(&bad, &vendors).unwrap_err()
        };
        let id = public.id();
        let start = good.len() - component.len();
        let altered = Refused::Trust(NotTrusted::Altered { index: 1, key: id });

        for at in 0..MAGIC.len() {
            assert_eq!(flipped(at, 1), Refused::Envelope(EnvelopeError::NotAPackage));
        }
        let cut = |error: Refused| matches!(error, Refused::Envelope(EnvelopeError::CutShort { .. }));
        let over = |error: Refused| matches!(error, Refused::Envelope(EnvelopeError::BytesLeftOver { .. }));
        assert!(cut(flipped(11, 0x80)) && cut(flipped(10, 0x80)));
        let bit = 1 << component.len().trailing_zeros().min(7);
        assert!(component.len().is_multiple_of(256) || over(flipped(8, bit)));
        // No signature, two of them (the component read as one), more than admitted.
        assert!(over(flipped(12, 1)));
        assert!(matches!(flipped(12, 3), Refused::Envelope(EnvelopeError::SignatureTooLong { index: 2, .. })));
        assert!(matches!(flipped(13, 1), Refused::Envelope(EnvelopeError::TooManySignatures { count: 257 })));
        assert!(matches!(flipped(15, 0x80), Refused::Envelope(EnvelopeError::SignatureTooLong { index: 1, .. })));
        let length = usize::from(good[14]);
        assert!(if length & 1 == 1 { over(flipped(14, 1)) } else { cut(flipped(14, 1)) });

        let text = core::str::from_utf8(&good[16..start]).unwrap();
        let line = |number: usize| 16 + text.lines().take(number).map(|line| line.len() + 1).sum::<usize>();
        // A base64 character for its neighbour, which is another one.
        let swap = |at: usize| {
            let mut bad = good.clone();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            admit(&bad, &vendors).unwrap_err()
        };
        assert_eq!(flipped(line(0), 1), Refused::Trust(NotTrusted::Malformed { index: 1 }));
        assert_eq!(flipped(line(1), 1), Refused::Trust(NotTrusted::Malformed { index: 1 }));
        assert!(matches!(swap(line(1) + 6), Refused::Trust(NotTrusted::ForeignKeys { .. })));
        for at in [line(1) + 16, line(1) + 60, line(1) + 90] {
            assert_eq!(swap(at), altered);
        }
        assert_eq!(flipped(line(2), 1), Refused::Trust(NotTrusted::Malformed { index: 1 }));
        assert_eq!(flipped(line(2) + "trusted comment: ".len(), 1), Refused::Trust(NotTrusted::WrongPurpose { index: 1, key: id }));
        for at in [line(3), line(3) + 40, line(3) + 80] {
            assert_eq!(swap(at), altered);
        }
        assert_eq!(flipped(line(3), 0x80), Refused::Envelope(EnvelopeError::SignatureNotText { index: 1 }));

        let (manifest_at, cases_at) = (find(&good, b"jorei:manifest"), find(&good, b"jorei:cases"));
        for at in [start, start + component.len() / 2, good.len() - 1, manifest_at, manifest_at + 20, cases_at, cases_at + 20] {
            assert_eq!(flipped(at, 1), altered, "{at}");
        }
    }

    #[test]
    fn a_component_in_an_unsigned_package_says_what_it_is_all_the_same() {
        // Inspecting needs no trust; admitting does.
        let component = attach(&component(), &manifest(), None).unwrap();
        let package = package(&component, &[]);
        assert_eq!(read(open(&package).unwrap().component).unwrap().manifest, manifest());
        assert_eq!(read(&package), Err(ManifestError::NotAComponent));
    }
}
