//! The compact form of settings: all texts once in front, then the values with their places.
//!
//! Every decision starts from a fresh memory and reads the settings anew. Keys and articles are
//! most of their bytes and repeat from value to value; kept together they are checked and copied
//! once, and a value's text is a place in them.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::RefCell;
use std::sync::Arc;

/// A text of the settings.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    all: Arc<str>,
    start: u16,
    end: u16,
}

thread_local! {
    /// The texts of the settings being written or read: serde hands no context to a field.
    static TEXTS: RefCell<Texts> = const { RefCell::new(Texts { written: String::new(), read: None }) };
}

struct Texts {
    written: String,
    read: Option<Arc<str>>,
}

impl Text {
    /// A text by itself.
    pub(crate) fn of(text: &str) -> Text {
        // A key or an article beyond 64 KiB is cut; nobody could read it.
        let end = text.floor_char_boundary(usize::from(u16::MAX));
        Text { all: text[..end].into(), start: 0, end: end as u16 }
    }

    /// The text.
    pub(crate) fn get(&self) -> &str {
        &self.all[usize::from(self.start)..usize::from(self.end)]
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.get();
        TEXTS.with_borrow_mut(|texts| {
            let start = texts.written.find(text).unwrap_or_else(|| {
                texts.written.push_str(text);
                texts.written.len() - text.len()
            });
            let place = |at: usize| u16::try_from(at).map_err(|_| serde::ser::Error::custom("the settings have more than 64 KiB of texts"));
            (place(start)?, place(start + text.len())?).serialize(serializer)
        })
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        let (start, end) = <(u16, u16)>::deserialize(deserializer)?;
        let all = TEXTS.with_borrow(|texts| texts.read.clone()).ok_or_else(|| D::Error::custom("no texts"))?;
        if all.get(usize::from(start)..usize::from(end)).is_none() {
            return Err(D::Error::custom("a text beyond the texts"));
        }
        Ok(Text { all, start, end })
    }
}

/// Writes settings: the length of the texts, the texts, the values.
///
/// # Errors
/// More than 64 KiB of texts.
pub(crate) fn compact(values: &impl Serialize) -> Result<Vec<u8>, postcard::Error> {
    TEXTS.with_borrow_mut(|texts| texts.written.clear());
    let values = postcard::to_allocvec(values)?;
    let texts = TEXTS.with_borrow_mut(|texts| core::mem::take(&mut texts.written));
    let mut bytes = (texts.len() as u32).to_le_bytes().to_vec();
    bytes.extend(texts.as_bytes());
    bytes.extend(values);
    Ok(bytes)
}

/// Reads what [`compact`] wrote; nothing for other bytes.
pub(crate) fn expand<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (texts, values) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let texts: Arc<str> = core::str::from_utf8(texts).ok()?.into();
    TEXTS.with_borrow_mut(|place| place.read = Some(texts));
    let read = postcard::from_bytes(values).ok();
    TEXTS.with_borrow_mut(|place| place.read = None);
    read
}
