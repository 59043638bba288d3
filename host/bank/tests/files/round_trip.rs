//! What is written is read, and what is read is written again to the same bytes.

use crate::made_up::{DAY, FORMS, Form, again, below, debit, file, header, transfer};
use jorei_bank::bulk_transfer::{Reader, Writer};
use jorei_bank::direct_debit::{Answer, RequestReader, RequestWriter, ResultCode, ResultReader, ResultWriter, Unset};
use jorei_bank::file::LineEnd;
use jorei_domain::id::Digest;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_lines_that_were_written_are_read(seed in any::<u64>(), lines in 0_usize..12, crlf in any::<bool>()) {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let line_end = if crlf { LineEnd::CrLf } else { LineEnd::None };

        let written: Vec<_> = (0..lines).map(|_| transfer(rng)).collect();
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, &header(), line_end).unwrap();
        written.iter().for_each(|line| writer.line(line).unwrap());
        let totals = writer.finish().unwrap();
        let mut reader = Reader::new(&out[..], DAY).unwrap();
        prop_assert_eq!(reader.header(), &header());
        prop_assert_eq!(reader.by_ref().collect::<Result<Vec<_>, _>>().unwrap(), written);
        prop_assert_eq!(reader.totals(), Some(totals));
        prop_assert_eq!(totals.sha256, Digest::of(&out));

        let written: Vec<_> = (0..lines).map(|_| debit(rng)).collect();
        let unset = if below(rng, 2) == 0 { Unset::Zero } else { Unset::Space };
        let mut out = Vec::new();
        let mut writer = RequestWriter::new(&mut out, &header(), line_end, unset).unwrap();
        written.iter().for_each(|line| writer.line(line).unwrap());
        let totals = writer.finish().unwrap();
        let mut reader = RequestReader::new(&out[..], DAY).unwrap();
        prop_assert_eq!(reader.by_ref().collect::<Result<Vec<_>, _>>().unwrap(), written.clone());
        prop_assert_eq!(reader.totals(), Some(totals));

        let written: Vec<_> =
            written.into_iter().map(|line| Answer { line, result: ResultCode::ALL[below(rng, ResultCode::ALL.len())] }).collect();
        let mut out = Vec::new();
        let mut writer = ResultWriter::new(&mut out, &header(), line_end).unwrap();
        written.iter().for_each(|line| writer.line(line).unwrap());
        let totals = writer.finish().unwrap();
        let mut reader = ResultReader::new(&out[..], DAY).unwrap();
        prop_assert_eq!(reader.by_ref().collect::<Result<Vec<_>, _>>().unwrap(), written);
        prop_assert_eq!(reader.totals(), Some(totals));
        prop_assert_eq!(totals.done.lines + totals.failed.lines, totals.lines);
    }

    #[test]
    fn a_file_that_was_read_is_written_again_to_the_same_bytes(seed in any::<u64>(), lines in 0_usize..12, form in 0..FORMS.len(), crlf in any::<bool>()) {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let (form, line_end) = (FORMS[form], if crlf { LineEnd::CrLf } else { LineEnd::None });
        let (bytes, totals) = file(rng, form, line_end, lines);
        prop_assert_eq!(bytes.len(), (lines + 3) * if crlf { 122 } else { 120 });
        prop_assert_eq!(again(form, &bytes), Ok((bytes.clone(), totals)));
        // The other form refuses it by its kind.
        let other = if form == Form::Transfer { Form::Answer } else { Form::Transfer };
        let error = again(other, &bytes).unwrap_err();
        prop_assert_eq!((error.line, error.field.number), (1, Some(2)));
    }
}
