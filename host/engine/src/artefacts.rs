//! Compiled components, kept between runs of the host.
//!
//! An artefact is machine code: whoever can write one can do whatever the host can. So each file
//! carries a code made with the host's own key over the component, the engine and the content; one
//! that does not verify is never looked at, and made anew. Absent here: any way to remove what is
//! no longer needed; the whole folder may be deleted at any time.

use crate::limits::ARTEFACT_BYTES;
use cap_std::fs::{Dir, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use hmac::digest::Key;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jorei_domain::id::Digest;
use sha2::{Digest as _, Sha256};
use std::hash::{Hash, Hasher};
use std::io::{self, Read as _, Write as _};
use wasmtime::Engine;

/// Where the key lies.
const KEY_FILE: &str = "host.key";
const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = 32;

/// First bytes under the code, so that this key never signs anything else.
const PURPOSE: &[u8; 16] = b"jorei artefact 1";

/// A folder of artefacts and the key that authenticates them.
pub struct ArtefactCache {
    dir: Dir,
    key: [u8; KEY_BYTES],
}

impl ArtefactCache {
    /// Opens a folder; the first time, makes its key.
    ///
    /// # Errors
    /// What the folder refuses; a key that others than its owner can read, or that has another
    /// length: who knows the key can forge an artefact.
    pub fn open(dir: Dir) -> io::Result<ArtefactCache> {
        let key = match read_key(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_key(&dir)?;
                read_key(&dir)?
            }
            known => known?,
        };
        Ok(ArtefactCache { dir, key })
    }

    /// The artefact of a component for an engine, if there is one that we made.
    pub(crate) fn get(&self, component: Digest, engine: &EngineDigest) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        let most = (MAC_BYTES + ARTEFACT_BYTES) as u64;
        self.dir.open(name(component, engine)).ok()?.take(most + 1).read_to_end(&mut content).ok()?;
        if content.len() as u64 > most || content.len() < MAC_BYTES {
            return None;
        }
        let artefact = content.split_off(MAC_BYTES);
        self.code(component, engine, &artefact).verify_slice(&content).ok()?;
        Some(artefact)
    }

    /// Keeps an artefact, in the place of whatever was there.
    pub(crate) fn put(&self, component: Digest, engine: &EngineDigest, artefact: &[u8]) -> io::Result<()> {
        let code = self.code(component, engine, artefact).finalize().into_bytes();
        let temporary = write_new(&self.dir, &[&code, artefact])?;
        let renamed = self.dir.rename(&temporary, &self.dir, name(component, engine));
        if renamed.is_err() {
            let _ = self.dir.remove_file(&temporary);
        }
        renamed
    }

    fn code(&self, component: Digest, engine: &EngineDigest, artefact: &[u8]) -> Hmac<Sha256> {
        // A key shorter than a block is filled with zeros, as HMAC itself would.
        let mut key = Key::<Hmac<Sha256>>::default();
        key[..KEY_BYTES].copy_from_slice(&self.key);
        let mut code = Hmac::<Sha256>::new(&key);
        code.update(PURPOSE);
        code.update(&component.0);
        code.update(&engine.0);
        code.update(artefact);
        code
    }
}

/// What an artefact must fit: the runtime's version, its configuration, the processor.
pub(crate) struct EngineDigest([u8; 32]);

impl EngineDigest {
    pub(crate) fn of(engine: &Engine) -> EngineDigest {
        /// Takes the digest of what is hashed: 64 bits are too few to name a file by.
        struct Hashed(Sha256);
        impl Hasher for Hashed {
            fn write(&mut self, bytes: &[u8]) {
                self.0.update(bytes);
            }
            fn finish(&self) -> u64 {
                0
            }
        }
        let mut hashed = Hashed(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hashed);
        EngineDigest(hashed.0.finalize().into())
    }
}

fn name(component: Digest, engine: &EngineDigest) -> String {
    format!("{component}.{}.artefact", Digest(engine.0).short())
}

fn read_key(dir: &Dir) -> io::Result<[u8; KEY_BYTES]> {
    let mut file = dir.open(KEY_FILE)?;
    let (mode, owner) = (file.metadata()?.mode() & 0o777, file.metadata()?.uid());
    // A new file's owner is whoever we are.
    let own = write_new(dir, &[])?;
    let ours = dir.metadata(&own).map(|metadata| metadata.uid());
    dir.remove_file(&own)?;
    if ours? != owner {
        let message = format!("the key {KEY_FILE} belongs to user {owner}; use a folder of your own");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    if mode & 0o077 != 0 {
        let message = format!("the key {KEY_FILE} is open to others (mode {mode:o}); delete the folder, or chmod 600 and ask who had it");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    let mut key = [0; KEY_BYTES];
    file.read_exact(&mut key)?;
    if file.read(&mut [0])? != 0 {
        let message = format!("the key {KEY_FILE} has more than {KEY_BYTES} bytes; delete it, and a new one is made");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(key)
}

/// Makes a key if there is none. It is written elsewhere and linked to its name, which fails where
/// the name exists: nobody ever reads half a key, and of two hosts that begin together both use
/// the first one's.
fn make_key(dir: &Dir) -> io::Result<()> {
    let temporary = write_new(dir, &[&random::<KEY_BYTES>()?])?;
    let linked = dir.hard_link(&temporary, dir, KEY_FILE);
    dir.remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Writes a new file that only its owner can read, under a name that nobody else has.
fn write_new(dir: &Dir, parts: &[&[u8]]) -> io::Result<String> {
    let name = format!("{:016x}.new", u64::from_ne_bytes(random()?));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = dir.open_with(&name, &options)?;
    let written = parts.iter().try_for_each(|part| file.write_all(part)).and_then(|()| file.sync_all());
    if let Err(error) = written {
        let _ = dir.remove_file(&name);
        return Err(error);
    }
    Ok(name)
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(format!("the system has no random numbers: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use cap_std::ambient_authority;
    use cap_std::fs::{Permissions, PermissionsExt as _};

    const COMPONENT: Digest = Digest([7; 32]);
    const ENGINE: EngineDigest = EngineDigest([9; 32]);

    fn folder() -> (tempfile::TempDir, Dir) {
        let folder = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
        (folder, dir)
    }

    fn again(dir: &Dir) -> ArtefactCache {
        ArtefactCache::open(dir.try_clone().unwrap()).unwrap()
    }

    #[test]
    fn what_was_kept_is_found_by_the_next_host() {
        let (_folder, dir) = folder();
        again(&dir).put(COMPONENT, &ENGINE, b"code").unwrap();
        assert_eq!(again(&dir).get(COMPONENT, &ENGINE).unwrap(), b"code");
        assert!(again(&dir).get(Digest([8; 32]), &ENGINE).is_none());
        let mut names: Vec<String> = dir.entries().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, [name(COMPONENT, &ENGINE), KEY_FILE.to_owned()], "nothing temporary stays");
    }

    #[test]
    fn no_byte_of_an_artefact_can_be_changed_cut_or_added() {
        let (_folder, dir) = folder();
        let cache = again(&dir);
        cache.put(COMPONENT, &ENGINE, b"code").unwrap();
        let good = dir.read(name(COMPONENT, &ENGINE)).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            dir.write(name(COMPONENT, &ENGINE), &bad).unwrap();
            assert!(cache.get(COMPONENT, &ENGINE).is_none(), "byte {at}");
            dir.write(name(COMPONENT, &ENGINE), &good[..at]).unwrap();
            assert!(cache.get(COMPONENT, &ENGINE).is_none(), "cut at {at}");
        }
        dir.write(name(COMPONENT, &ENGINE), [&good[..], b"x"].concat()).unwrap();
        assert!(cache.get(COMPONENT, &ENGINE).is_none());
    }

    #[test]
    fn an_artefact_of_another_component_engine_or_key_is_not_used() {
        let (_folder, dir) = folder();
        let cache = again(&dir);
        cache.put(COMPONENT, &ENGINE, b"code").unwrap();
        let good = dir.read(name(COMPONENT, &ENGINE)).unwrap();
        let others = [(Digest([8; 32]), ENGINE), (COMPONENT, EngineDigest([8; 32]))];
        for (component, engine) in &others {
            dir.write(name(*component, engine), &good).unwrap();
            assert!(cache.get(*component, engine).is_none());
        }
        dir.remove_file(KEY_FILE).unwrap();
        assert!(again(&dir).get(COMPONENT, &ENGINE).is_none());
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let (_folder, dir) = folder();
        drop(again(&dir));
        for mode in [0o640, 0o604, 0o620] {
            dir.set_permissions(KEY_FILE, Permissions::from_mode(mode)).unwrap();
            let error = ArtefactCache::open(dir.try_clone().unwrap()).map(|_| ()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        }
        dir.set_permissions(KEY_FILE, Permissions::from_mode(0o600)).unwrap();
        drop(again(&dir));
        for bytes in [&[0; 31][..], &[0; 33]] {
            dir.write(KEY_FILE, bytes).unwrap();
            assert!(ArtefactCache::open(dir.try_clone().unwrap()).is_err());
        }
    }
}
