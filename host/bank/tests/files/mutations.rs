//! Files that were changed in one place: refused by record and field, or, where the change makes another valid file, read
//! and written again to exactly the changed bytes.

use crate::made_up::{DAY, FORMS, Form, again, below, file, pick};
use jorei_bank::fault::{FieldName, FileError, What};
use jorei_bank::file::LineEnd;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::collections::BTreeMap;

/// How many files whose structure is broken: each is refused. They take about a second.
const BROKEN: u64 = 10_000;
/// How many files with a change that may make another valid file.
const CHANGED: u64 = 2_500;

/// A change of one place.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Mutation {
    // What breaks the structure, wherever it falls.
    Cut,
    ByteInserted,
    ByteDropped,
    RecordsOfTwoKindsSwapped,
    RecordDropped,
    RecordDoubled,
    CountOff,
    SumOff,
    LineEndChanged,
    BytesAppended,
    FillerFilled,
    DigitToKana,
    SmallKanaInName,
    AmountToZero,
    OtherDay,
    // What may make another valid file.
    BitFlipped,
    ByteReplaced,
    DigitChanged,
    NeighboursSwapped,
    LinesSwapped,
}

const STRUCTURAL: [Mutation; 15] = [
    Mutation::Cut,
    Mutation::ByteInserted,
    Mutation::ByteDropped,
    Mutation::RecordsOfTwoKindsSwapped,
    Mutation::RecordDropped,
    Mutation::RecordDoubled,
    Mutation::CountOff,
    Mutation::SumOff,
    Mutation::LineEndChanged,
    Mutation::BytesAppended,
    Mutation::FillerFilled,
    Mutation::DigitToKana,
    Mutation::SmallKanaInName,
    Mutation::AmountToZero,
    Mutation::OtherDay,
];
const OTHERS: [Mutation; 5] =
    [Mutation::BitFlipped, Mutation::ByteReplaced, Mutation::DigitChanged, Mutation::NeighboursSwapped, Mutation::LinesSwapped];

/// Fields of digits in a line, by number, position and length: those that both forms have (refunds.md 5.1, 5.3).
const DIGITS: [(u8, usize, usize); 6] = [(2, 2, 4), (4, 21, 3), (7, 43, 1), (8, 44, 7), (10, 81, 10), (11, 91, 1)];

/// The changed file, and where it must be refused if that is known.
struct Changed {
    bytes: Vec<u8>,
    /// Record and, where one field is meant, its number.
    expected: Option<(u64, Option<u8>)>,
}

fn change(rng: &mut ChaCha8Rng, mutation: Mutation, form: Form, bytes: &[u8], size: usize, lines: usize) -> Changed {
    let mut bytes = bytes.to_vec();
    let record = |rng: &mut ChaCha8Rng| 1 + below(rng, lines);
    let line_of = |record: usize| u64::try_from(record).unwrap() + 1;
    let trailer = lines + 1;
    let mut expected = None;
    match mutation {
        Mutation::Cut => {
            let length = below(rng, bytes.len());
            bytes.truncate(length);
            // Behind the 120 bytes of the header nobody can know of line ends: the next record is missed. Behind those of
            // another record it is the line end.
            let line = if length == 120 { 2 } else { line_of(length / size) };
            expected = Some((line, None));
        }
        Mutation::ByteInserted => {
            let place = below(rng, bytes.len() + 1);
            bytes.insert(place, pick(rng, b"0 1\xB1\r\n"));
        }
        Mutation::ByteDropped => {
            let place = below(rng, bytes.len());
            bytes.remove(place);
        }
        Mutation::RecordsOfTwoKindsSwapped => {
            // A trailer that comes too early is one in its place whose count is wrong.
            let (one, other, field) = match below(rng, 4) {
                0 => (0, record(rng), 1),
                1 => (record(rng), trailer, 2),
                2 => (trailer, trailer + 1, 1),
                _ => (record(rng), trailer + 1, 1),
            };
            for byte in 0..size {
                bytes.swap(one * size + byte, other * size + byte);
            }
            expected = Some((line_of(one), Some(field)));
        }
        Mutation::RecordDropped => {
            let record = below(rng, lines + 3);
            bytes.drain(record * size..(record + 1) * size);
        }
        Mutation::RecordDoubled => {
            let record = below(rng, lines + 3);
            let copy = bytes[record * size..(record + 1) * size].to_vec();
            bytes.splice(record * size..record * size, copy);
        }
        Mutation::CountOff => {
            let place = trailer * size + 1 + below(rng, 6);
            bytes[place] = other_digit(rng, bytes[place]);
            expected = Some((line_of(trailer), Some(2)));
        }
        Mutation::SumOff => {
            let place = trailer * size + 7 + below(rng, 12);
            bytes[place] = other_digit(rng, bytes[place]);
            expected = Some((line_of(trailer), Some(3)));
        }
        Mutation::LineEndChanged => {
            let record = below(rng, lines + 3);
            let end = record * size + 120;
            if size == 122 {
                match below(rng, 3) {
                    0 => drop(bytes.drain(end..end + 2)),
                    1 => drop(bytes.remove(end)),
                    _ => drop(bytes.remove(end + 1)),
                }
                // Without the first line end the file has none, and the second one is too much.
            } else {
                drop(bytes.splice(end..end, pick(rng, &[&b"\r\n"[..], b"\n", b"\r"]).iter().copied()));
            }
        }
        Mutation::BytesAppended => {
            bytes.extend_from_slice(pick(rng, &[&b"\x1a"[..], b" ", b"\r\n", b"\n", b"9", b"2"]));
        }
        Mutation::FillerFilled => {
            // Position and length of a filler, its record and number: header, line, trailer, end.
            let data = if form == Form::Transfer { (16, 114, 7) } else { (14, 113, 8) };
            let last = if form == Form::Transfer { (4, 20, 101) } else { (8, 56, 65) };
            let (record, (number, position, length)) = match below(rng, 4) {
                0 => (0, (13, 104, 17)),
                1 => (record(rng), data),
                2 => (trailer, last),
                _ => (trailer + 1, (2, 2, 119)),
            };
            let place = record * size + position - 1 + below(rng, length);
            bytes[place] = pick(rng, b"0A\xB1\t\0\xFF");
            expected = Some((line_of(record), Some(number)));
        }
        Mutation::DigitToKana => {
            let (record, (number, position, length)) = (record(rng), pick(rng, &DIGITS));
            bytes[record * size + position - 1 + below(rng, length)] = pick(rng, b" \xB1\xDDA-+.O");
            expected = Some((line_of(record), Some(number)));
        }
        Mutation::SmallKanaInName => {
            let record = record(rng);
            bytes[record * size + 50] = pick(rng, &[0xA6, 0xA7, 0xAF, 0xB0, 0xDE, 0x20, b'a', b',', 0x81, 0xFF]);
            expected = Some((line_of(record), Some(9)));
        }
        Mutation::AmountToZero => {
            let record = record(rng);
            bytes[record * size + 80..record * size + 90].fill(b'0');
            expected = Some((line_of(record), Some(10)));
        }
        Mutation::OtherDay => {
            bytes[54..58].copy_from_slice(pick(rng, &[b"1226", b"1224", b"0000", b"1325", b"1232", b"0229", b"9999"]));
            expected = Some((1, Some(6)));
        }
        Mutation::BitFlipped => {
            let place = below(rng, bytes.len());
            bytes[place] ^= 1 << below(rng, 8);
        }
        Mutation::ByteReplaced => {
            let place = below(rng, bytes.len());
            bytes[place] = bytes[place].wrapping_add(1 + u8::try_from(below(rng, 255)).unwrap());
        }
        Mutation::DigitChanged => {
            let (record, (_, position, length)) = (record(rng), pick(rng, &DIGITS));
            let place = record * size + position - 1 + below(rng, length);
            bytes[place] = other_digit(rng, bytes[place]);
        }
        Mutation::NeighboursSwapped => {
            let place = below(rng, bytes.len() - 1);
            bytes.swap(place, place + 1);
        }
        Mutation::LinesSwapped => {
            let (one, other) = (record(rng), record(rng));
            for byte in 0..size {
                bytes.swap(one * size + byte, other * size + byte);
            }
        }
    }
    Changed { bytes, expected }
}

fn other_digit(rng: &mut ChaCha8Rng, digit: u8) -> u8 {
    b'0' + (digit - b'0' + 1 + u8::try_from(below(rng, 9)).unwrap()) % 10
}

/// Where an error may lie: in a field that has a number, or at a line end, or at the end of the file.
fn names_a_place(error: &FileError, records: u64) -> bool {
    let place = match error.field.number {
        Some(number) => (1..=16).contains(&number) && !error.field.name.is_empty(),
        None => error.field == FieldName::LINE_END || error.field == FieldName::FILE && error.what == What::AfterEnd,
    };
    place && (1..=records + 2).contains(&error.line)
}

#[test]
fn a_file_that_was_changed_is_refused_by_record_and_field_or_is_another_valid_file() {
    let seed = 20_261_123;
    let mut refused: BTreeMap<Mutation, (u64, u64)> = BTreeMap::new();
    for number in 0..BROKEN + CHANGED {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number);
        let (form, lines) = (pick(rng, &FORMS), 1 + below(rng, 8));
        let (line_end, size) = pick(rng, &[(LineEnd::None, 120), (LineEnd::CrLf, 122)]);
        let (bytes, _) = file(rng, form, line_end, lines);
        let mutation = if number < BROKEN { pick(rng, &STRUCTURAL) } else { pick(rng, &OTHERS) };
        let changed = change(rng, mutation, form, &bytes, size, lines);
        let shown = || format!("seed {seed}, file {number}: {mutation:?} of {form:?}, {lines} lines of {size} bytes, {DAY}");
        let (tried, stopped) = refused.entry(mutation).or_default();
        if changed.bytes == bytes {
            // Two equal neighbours or lines were swapped: nothing was changed.
            assert!(OTHERS.contains(&mutation), "{}", shown());
            continue;
        }
        *tried += 1;
        match again(form, &changed.bytes) {
            Ok((written, _)) => assert!(written == changed.bytes, "{}: read and written otherwise", shown()),
            Err(error) => {
                *stopped += 1;
                assert!(names_a_place(&error, u64::try_from(lines + 3).unwrap()), "{}: {error}", shown());
                if let Some((line, field)) = changed.expected {
                    assert_eq!(error.line, line, "{}: {error}", shown());
                    assert!(field.is_none() || error.field.number == field, "{}: {error}", shown());
                }
                for text in [error.to_string(), format!("{error:?}"), error.japanese()] {
                    assert!(!text.contains(|c| ('ｦ'..='ﾟ').contains(&c)), "{}: {text}", shown());
                }
            }
        }
    }
    // Printed with `--nocapture`, and when the test fails.
    for (mutation, (tried, stopped)) in &refused {
        eprintln!("{mutation:?}: {stopped} of {tried} refused");
    }
    let stopped: Vec<u64> = STRUCTURAL.iter().map(|mutation| refused[mutation].1).collect();
    assert!(stopped.iter().all(|count| *count > 0) && stopped.iter().sum::<u64>() == BROKEN, "{stopped:?} refused of {BROKEN}");
    // The others: some of both, or the test looks at one side only.
    let (tried, stopped) = OTHERS.iter().map(|mutation| refused[mutation]).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    assert!(stopped > tried / 10 && stopped < tried, "{stopped} of {tried} refused");
}
