//! Imports: what is exported reads back, and a file that is not what it was is refused at its line or taken as it stands,
//! never half.

use encoding_rs::SHIFT_JIS;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{Kind, Unit};
use jorei_domain::table::ABSENT;
use jorei_service::demo_city::DemoCity;
use jorei_service::imports::forms::Form;
use jorei_service::imports::{ImportError, Source, apply, listed, preview, read};
use jorei_service::masters::{Asked, View, columns, page};
use jorei_service::sheets::cells::Wrong;
use jorei_service::sheets::codes::word_ja;
use jorei_service::sheets::{Format, SheetWriter};
use jorei_store::Store;
use jorei_store::contacts::{Contact, ContactRole};
use jorei_store::learning::Learnt;
use jorei_store::masters::PersonRecord;
use jorei_tests::office::{TODAY, now};
use jorei_tests::{length, postgresql, sqlite};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeSet;

fn asahikawa() -> Municipality {
    Municipality::parse("012041").unwrap()
}

/// Every code has its check digit, so that each file can have an office of its own.
fn office(number: u64) -> Municipality {
    let number = 10_000 + number % 80_000;
    (0..10).find_map(|digit| Municipality::parse(&format!("{number:05}{digit}")).ok()).unwrap()
}

async fn all(store: &Store, municipality: Municipality) -> Vec<PersonRecord> {
    let as_of = store.latest_knowledge(municipality).await.unwrap();
    store.person_records(municipality, (PersonId(0), PersonId(i64::MAX)), 100_000, as_of).await.unwrap()
}

/// A view as a file.
async fn exported(store: &Store, municipality: Municipality, view: View, format: Format) -> Vec<u8> {
    let as_of = store.latest_knowledge(municipality).await.unwrap();
    let asked = Asked { view, year: FiscalYear::new(2025).ok(), as_of, today: TODAY };
    let mut sheet = SheetWriter::new(format, columns(view).unwrap(), Vec::new()).unwrap();
    let mut after = 0;
    loop {
        let page = page(store, municipality, &asked, after, 7).await.unwrap();
        page.lines.iter().for_each(|line| sheet.line(line).unwrap());
        match page.next {
            Some(next) => after = next,
            None => return sheet.finish().unwrap().0,
        }
    }
}

#[tokio::test]
async fn what_is_exported_reads_back_as_the_same_facts_in_every_format_and_database() {
    let (there, folder) = sqlite().await;
    let mut learnt = Learnt::default();
    for bundle in (DemoCity { seed: 11, households: 60 }).bundles() {
        learnt.assertions.extend(bundle.assertions);
        learnt.names.extend(bundle.names);
        learnt.addresses.extend(bundle.addresses);
    }
    // Texts that a spreadsheet would compute, or a reader would cut.
    for (name, alias) in learnt.names.iter_mut().zip(["=1+1", "'=1", "O'Brien, \"K\"", "＠山田", "-", "  名"]) {
        name.alias = Some(alias.trim().to_owned());
    }
    let person = learnt.names[0].person;
    let contact = |role, name: &str, from: Date| Contact {
        person,
        role,
        name: name.into(),
        address: "旭川市6条通9丁目".into(),
        postcode: Some("070-8525".into()),
        from,
        until: Date::MAX,
    };
    learnt.contacts.push(contact(ContactRole::Guardian, "後見人", Date::new(2024, 4, 1)));
    learnt.contacts.push(contact(ContactRole::Guardian, "新しい後見人", Date::new(2025, 4, 1)));
    there.learn(asahikawa(), TODAY, &learnt, &now().stamp("test")).await.unwrap();
    let expected = all(&there, asahikawa()).await;
    for format in [Format::Csv, Format::CsvSjis, Format::Xlsx] {
        let mut sources = Vec::new();
        for form in Form::all() {
            let bytes = exported(&there, asahikawa(), View::Form(form), format).await;
            sources.push(Source { name: form.word().into(), form, stated: None, bytes });
        }
        let set = read(&sources, |_| {}).unwrap_or_else(|report| panic!("{format:?}: {:?}", &report.refused[..1]));
        let (sqlite, _other) = sqlite().await;
        for store in [&sqlite, &postgresql().await] {
            let before = preview(store, asahikawa(), &set, |_| {}).await.unwrap();
            assert!(before.changes.values().all(|change| change.changed == 0 && change.same == 0), "{before:?}");
            apply(store, asahikawa(), TODAY, &set, &now().stamp("test")).await.unwrap();
            let found = all(store, asahikawa()).await;
            let first = expected.iter().zip(&found).find(|(one, other)| one != other);
            assert_eq!((first, found.len()), (None, expected.len()), "{format:?}");
            let after = preview(store, asahikawa(), &set, |_| {}).await.unwrap();
            assert!(after.changes.values().all(|change| change.changed == 0 && change.new == 0), "{after:?}");
            let again = apply(store, asahikawa(), TODAY, &set, &now().stamp("test")).await;
            assert!(matches!(again, Err(ImportError::Already(_))), "{again:?}");
        }
    }
    drop(folder);
}

#[test]
fn every_word_of_a_form_is_the_one_that_explanations_use() {
    for field in Kind::ALL.into_iter().filter(|kind| !kind.is_derived()).flat_map(Kind::fields) {
        let Unit::Code(words) = field.unit else { continue };
        for word in words {
            let label = jorei_sdk::rule::LABELS.iter().find(|label| label.key == *word).map(|label| label.ja);
            assert_eq!(word_ja(word), label, "{word}");
        }
    }
}

/// The dice of one file.
struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u64() % end as u64).unwrap()
    }
}

/// What a file should come to, worked out without the importer: person, what, text of the rest.
type Truth = BTreeSet<(i64, &'static str, String)>;

/// The three files of a set and the truth of them.
struct Made {
    files: [(Form, String); 3],
    truth: Truth,
}

const HEADS: [(Kind, &str); 2] = [
    (Kind::Membership, "宛名番号,世帯番号,開始日,終了日（この日を含まない）,世帯主,取消,出典"),
    (Kind::Incomes, "宛名番号,年,所得の状態,給与収入,給与所得,その他の総合課税所得,出典"),
];
const NAMES_HEAD: &str = "宛名番号,氏名,氏名カナ,通称";
const STATES: [&str; 4] = ["判明", "申告不要", "未申告", "照会中"];

fn made(dice: &mut Dice) -> Made {
    let mut lines = [HEADS[0].1, HEADS[1].1, NAMES_HEAD].map(|head| format!("{head}\r\n"));
    for person in 1..=2 + dice.below(3) {
        let household = 1 + dice.below(3);
        let (from, until) = (format!("20{:02}-0{}-01", 10 + dice.below(10), 1 + dice.below(9)), format!("2025-1{}-15", dice.below(3)));
        let until = if dice.below(2) == 0 { String::new() } else { until };
        lines[0] += &format!("{person},{household},{from},{until},{},,住民基本台帳\r\n", dice.below(2));
        let other = i64::try_from(dice.below(2_000_000)).unwrap() - 1_000_000;
        let (revenue, salary) = (dice.below(9_000_000), dice.below(6_000_000));
        lines[1] += &format!("{person},202{},{},{revenue},{salary},{other},申告\r\n", dice.below(5), STATES[dice.below(4)]);
        let name = ["山田 太郎", "佐藤 花子", "表 能", "ソ 十", "鈴木 一", "高橋 次郎"][dice.below(6)];
        lines[2] += &format!("{person},{name},ヤマダ タロウ,{}\r\n", ["", "田中 一"][dice.below(2)]);
    }
    let [membership, incomes, names] = lines;
    let files = [(Form::Facts(Kind::Membership), membership), (Form::Facts(Kind::Incomes), incomes), (Form::Names, names)];
    let truth = truth(&files).expect("the files as they were made");
    Made { files, truth }
}

/// Reads canonical files and nothing else: none where any line is not exactly as such files are made. It shares no code
/// with the importer.
fn truth(files: &[(Form, String); 3]) -> Option<Truth> {
    let mut truth = Truth::new();
    let mut rows = 0;
    for (number, (_, text)) in files.iter().enumerate() {
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).filter(|line| !line.is_empty());
        // Columns may stand in another order, and some may be left out.
        let known: Vec<&str> = [HEADS[0].1, HEADS[1].1, NAMES_HEAD][number].split(',').collect();
        let heading: Vec<&str> = lines.next()?.split(',').map(|cell| cell.trim_matches([' ', '\u{3000}'])).collect();
        let places: Vec<usize> = heading.iter().map(|cell| known.iter().position(|known| known == cell)).collect::<Option<_>>()?;
        let needed: &[usize] = [&[0, 1, 2, 4][..], &[0, 1, 2], &[0, 1, 2]][number];
        if !needed.iter().all(|place| places.contains(place)) || places.iter().collect::<BTreeSet<_>>().len() < places.len() {
            return None;
        }
        for line in lines {
            if line.chars().any(|c| c.is_control() || c == '"' || c == char::REPLACEMENT_CHARACTER || c == '\u{feff}') {
                return None;
            }
            let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches([' ', '\u{3000}'])).collect();
            if cells.iter().all(|cell| cell.is_empty()) && line.chars().all(|c| c == ',') {
                continue;
            }
            if cells.len() != places.len() {
                return None;
            }
            let mut ordered = vec![""; known.len()];
            places.iter().zip(&cells).for_each(|(place, cell)| ordered[*place] = cell);
            let cells = ordered;
            rows += 1;
            let person = digits(cells.first()?)?;
            match (number, cells.as_slice()) {
                (0, [_, household, from, until, head, cancelled, source]) => {
                    let (household, from) = (digits(household)?, iso(from)?);
                    let until = if until.is_empty() { Date::MAX } else { iso(until)? };
                    let head = match *head {
                        // Nothing holds in these days.
                        "" if *cancelled == "1" => {
                            rows -= 1;
                            continue;
                        }
                        "0" => 0,
                        "1" => 1,
                        _ => return None,
                    };
                    let source = if source.is_empty() { "取込（世帯）" } else { source };
                    match *cancelled {
                        "" | "0" => truth.insert((person, "membership", format!("{household} {from} {until} {head} {source}"))),
                        _ => return None,
                    };
                }
                (1, [_, year, state, revenue, salary, other, source]) => {
                    let year = digits(year)?;
                    let state = STATES.iter().position(|known| known == state)?;
                    let amounts: Option<Vec<i64>> = [revenue, salary, other].iter().map(|cell| amount(cell)).collect();
                    let source = if source.is_empty() { "取込（所得）" } else { source };
                    truth.insert((person, "incomes", format!("{year} {state} {:?} {source}", amounts?)));
                }
                (2, [_, name, kana, alias]) => {
                    let text = format!("{name}/{kana}/{alias}");
                    if name.is_empty() || kana.is_empty() || cells[1..].iter().any(|cell| cell.starts_with('\'')) {
                        return None;
                    }
                    truth.insert((person, "names", text));
                }
                _ => return None,
            }
        }
    }
    // Two lines that say the same are two lines.
    (truth.len() == rows).then_some(truth)
}

fn digits(cell: &str) -> Option<i64> {
    let all = !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| cell.parse().ok()).flatten().filter(|number| *number > 0)
}

fn amount(cell: &str) -> Option<i64> {
    if cell.is_empty() {
        return Some(ABSENT);
    }
    let bare = cell.strip_prefix('-').unwrap_or(cell);
    (!bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit())).then(|| cell.parse().ok()).flatten()
}

/// A day in digits and dashes; nobody takes `2025-4-1` for another day.
fn iso(cell: &str) -> Option<Date> {
    let [year, month, day] = cell.split('-').collect::<Vec<_>>().try_into().ok()?;
    let short = |part: &str| (1..=2).contains(&part.len());
    (short(month) && short(day)).then(|| Date::parse(&format!("{year}-{month:0>2}-{day:0>2}")).ok()).flatten()
}

/// What the store holds, in the words of [`truth`].
fn held(records: &[PersonRecord]) -> Truth {
    let mut truth = Truth::new();
    for record in records {
        let person = record.person.0;
        for fact in &record.facts {
            let (values, source) = (&fact.values, &fact.source);
            let text = match fact.kind {
                Kind::Membership => {
                    let household = fact.household.map_or(0, |household: HouseholdId| household.0);
                    format!("{household} {} {} {} {source}", fact.from, fact.until, values[0])
                }
                Kind::Incomes => {
                    let place = |name| Kind::Incomes.fields().iter().position(|field| field.name == name).unwrap();
                    let amounts = ["salary_revenue_yen", "salary_yen", "other_yen"].map(|name| values[place(name)]).to_vec();
                    format!("{} {} {amounts:?} {source}", fact.from.year(), values[0])
                }
                kind => panic!("nobody imported {kind:?}"),
            };
            truth.insert((person, fact.kind.name(), text));
        }
        if let Some(name) = &record.name {
            truth.insert((person, "names", format!("{}/{}/{}", name.name, name.kana, name.alias.as_deref().unwrap_or_default())));
        }
    }
    truth
}

/// The same cells as other people write them; none of it changes the truth.
fn otherwise(dice: &mut Dice, text: &str) -> String {
    let mut other = String::new();
    for (number, line) in text.lines().enumerate() {
        let cells: Vec<String> = line.split(',').map(|cell| if number == 0 { cell.to_owned() } else { printed(dice, cell) }).collect();
        other += &cells.join(",");
        other += ["\r\n", "\n"][dice.below(2)];
    }
    other
}

fn printed(dice: &mut Dice, cell: &str) -> String {
    let wide = |text: &str| -> String {
        let full = |c: char| if c.is_ascii_digit() { char::from_u32(u32::from(c) + 0xfee0).unwrap() } else { c };
        text.chars().map(full).collect()
    };
    if let Some(date) = iso(cell) {
        let (year, month, day) = (date.year(), date.month(), date.day());
        let reiwa = date >= Date::new(2019, 5, 1);
        let (letter, era, of) = if reiwa { ('R', "令和", year - 2018) } else { ('H', "平成", year - 1988) };
        return match dice.below(6) {
            0 => format!("{year:04}{month:02}{day:02}"),
            1 => format!("{year}/{month}/{day}"),
            2 => format!("{letter}{of}.{month}.{day}"),
            3 => format!("{era}{of}年{month}月{day}日"),
            4 => wide(&format!("{era}{of}年{month}月{day}日")),
            _ => cell.to_owned(),
        };
    }
    match amount(cell).filter(|amount| *amount != ABSENT) {
        Some(amount) if amount.abs() > 9_999 => {
            let mut grouped = amount.unsigned_abs().to_string();
            let mut at = grouped.len();
            while at > 3 {
                at -= 3;
                grouped.insert(at, ',');
            }
            match dice.below(4) {
                0 if amount < 0 => format!("\"▲{grouped}\""),
                1 if amount > 0 => format!("\"{grouped}\""),
                2 => wide(cell),
                _ => cell.to_owned(),
            }
        }
        _ if dice.below(3) == 0 && !cell.is_empty() => format!("\"{cell}\""),
        _ if dice.below(3) == 0 && !cell.is_empty() => format!(" {cell}　"),
        _ => cell.to_owned(),
    }
}

/// Bytes of a text in one of the encodings.
fn encoded(text: &str, utf_8: bool, mark: bool) -> Vec<u8> {
    match (utf_8, mark) {
        (false, _) => SHIFT_JIS.encode(text).0.into_owned(),
        (true, false) => text.as_bytes().to_vec(),
        (true, true) => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
    }
}

/// The text of mutated bytes; none where they are none.
fn decoded(bytes: &[u8], utf_8: bool) -> Option<String> {
    if utf_8 {
        return std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).ok().map(ToOwned::to_owned);
    }
    SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

#[tokio::test]
async fn ten_thousand_files_that_are_not_what_they_were_are_refused_at_their_line_or_taken_as_they_stand() {
    let seed = 20_260_601;
    eprintln!("seed {seed}");
    let (store, _folder) = sqlite().await;
    let (mut applied, mut refused) = (0, 0);
    for file in 0..length::of(10_000) {
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed + file));
        let (utf_8, mark) = (dice.below(2) == 0, dice.below(2) == 0);
        let Made { mut files, truth: whole } = made(&mut dice);
        let one = dice.below(3);
        let mutation = dice.below(7);
        let lines: Vec<String> = files[one].1.lines().map(ToOwned::to_owned).collect();
        // A text is changed before it is encoded, or the bytes after it.
        match mutation {
            // The same said otherwise.
            0 => files[one].1 = otherwise(&mut dice, &files[one].1.clone()),
            // A line twice.
            1 => files[one].1 += &format!("{}\r\n", lines[1 + dice.below(lines.len() - 1)]),
            // A character too many.
            2 => {
                let places: Vec<usize> = files[one].1.char_indices().map(|(place, _)| place).collect();
                let odd = ['"', ',', '\t', '=', '\0', '-', '9', 'x', '\n', '山', '\u{200b}'][dice.below(if utf_8 { 11 } else { 10 })];
                files[one].1.insert(places[dice.below(places.len())], odd);
            }
            // Two cells of a line exchanged.
            3 => {
                let line = dice.below(lines.len());
                let mut cells: Vec<&str> = lines[line].split(',').collect();
                let (here, there) = (dice.below(cells.len()), dice.below(cells.len()));
                cells.swap(here, there);
                let mut lines = lines.clone();
                lines[line] = cells.join(",");
                files[one].1 = lines.join("\r\n");
            }
            _ => {}
        }
        let mut bytes = files.clone().map(|(_, text)| encoded(&text, utf_8, mark));
        match mutation {
            4 => {
                let place = dice.below(bytes[one].len());
                bytes[one][place] ^= 1 << dice.below(8);
            }
            5 => {
                let end = dice.below(bytes[one].len());
                bytes[one].truncate(end);
            }
            6 => {
                let place = dice.below(bytes[one].len());
                bytes[one].remove(place);
            }
            _ => {}
        }
        let texts: Option<Vec<String>> = bytes.iter().map(|bytes| decoded(bytes, utf_8)).collect();
        let expected = match (mutation, texts) {
            (0, _) => Some(whole),
            (_, Some(texts)) => {
                let mut changed = files.clone();
                changed.iter_mut().zip(texts).for_each(|((_, text), now)| *text = now);
                truth(&changed)
            }
            _ => None,
        };
        let sources: Vec<Source> = files
            .iter()
            .zip(bytes)
            .map(|((form, _), bytes)| Source { name: format!("{}.csv", form.word()), form: *form, stated: None, bytes })
            .collect();
        let here = office(file);
        let told = format!("file {file} mutation {mutation} of {} in {}", files[one].0.word(), if utf_8 { "UTF-8" } else { "Shift_JIS" });
        match read(&sources, |_| {}) {
            Ok(set) => {
                let knowledge = apply(&store, here, TODAY, &set, &now().stamp("test")).await.unwrap();
                assert_eq!(knowledge, Knowledge(1), "{told}");
                assert_eq!(Some(held(&all(&store, here).await)), expected, "{told}");
                applied += 1;
            }
            Err(report) => {
                assert_ne!(mutation, 0, "{told}: {report:?}");
                assert!(!report.refused.is_empty(), "{told}");
                for one in &report.refused {
                    let source = sources.iter().find(|source| source.name == one.file).expect("a file of the set");
                    let lines = source.bytes.split(|byte| *byte == b'\n').count() as u64;
                    let of_file = matches!(one.wrong, Wrong::Empty);
                    assert!(of_file || (1..=lines).contains(&one.line), "{told}: {one:?}");
                    let heading = matches!(one.wrong, Wrong::MissingHeading(_));
                    assert!(of_file || heading || one.place.is_some() || one.column.is_some(), "{told}: {one:?}");
                    assert!(!["山田", "佐藤", "鈴木", "高橋", "タロウ"].iter().any(|name| one.wrong.to_string().contains(name)), "{told}");
                }
                assert_eq!(store.latest_knowledge(here).await.unwrap(), Knowledge(0), "{told}");
                refused += 1;
            }
        }
    }
    eprintln!("{applied} applied, {refused} refused");
    assert!(applied > 0 && refused > 0);
}

#[test]
fn a_set_is_complete_or_refused() {
    let file = |name: &str, person: i64| (name.to_owned(), format!("宛名番号,氏名,氏名カナ\n{person},山田,ヤマダ\n").into_bytes());
    let control = |lines: &str| ("一覧.csv".to_owned(), format!("ファイル,様式,件数\n{lines}").into_bytes());
    let two = "a.csv,氏名,1\nb.csv,names,1\n";
    let wrong = |files: Vec<(String, Vec<u8>)>| {
        let report = listed(files).and_then(|sources| read(&sources, |_| {})).map(|set| set.rows).unwrap_err();
        report.refused.into_iter().map(|one| (one.file, one.line, one.wrong)).collect::<Vec<_>>()
    };
    let whole = listed(vec![control(two), file("a.csv", 1), file("b.csv", 2)]).and_then(|sources| read(&sources, |_| {})).unwrap();
    assert_eq!(whole.rows.get(&Form::Names), Some(&2));
    let here = || "一覧.csv".to_owned();
    assert_eq!(wrong(vec![file("a.csv", 1)]), [(here(), 0, Wrong::NoFile)]);
    assert_eq!(wrong(vec![control(two), file("a.csv", 1)]), [(here(), 3, Wrong::NoFile)]);
    assert_eq!(wrong(vec![control("a.csv,氏名,1\n"), file("a.csv", 1), file("b.csv", 2)]), [("b.csv".into(), 0, Wrong::Unlisted)]);
    let other_count = [("a.csv".into(), 0, Wrong::Rows { stated: 2, found: 1 })];
    assert_eq!(wrong(vec![control("a.csv,氏名,2\n"), file("a.csv", 1)]), other_count);
    let listed_twice = wrong(vec![control("a.csv,氏名,1\na.csv,氏名,1\n"), file("a.csv", 1)]);
    assert_eq!(listed_twice, [(here(), 3, Wrong::FileTwice)]);
    assert_eq!(wrong(vec![control(two), file("a.csv", 1), file("b.csv", 1)]), [("b.csv".into(), 0, Wrong::FileTwice)]);
    assert_eq!(wrong(vec![control("a.csv,所得税,1\n"), file("a.csv", 1)]), [(here(), 2, Wrong::NoForm)]);
}

#[test]
fn what_no_line_alone_shows_is_refused_at_the_later_line() {
    let source = |form: Form, name: &str, text: &str| Source { name: name.into(), form, stated: None, bytes: text.as_bytes().to_vec() };
    let membership = |lines: &str| {
        let head = "宛名番号,世帯番号,開始日,終了日（この日を含まない）,世帯主";
        source(Form::Facts(Kind::Membership), "世帯.csv", &format!("{head}\n{lines}"))
    };
    let refused = |sources: &[Source]| {
        let report = read(sources, |_| {}).unwrap_err();
        report.refused.into_iter().map(|one| (one.line, one.column, one.wrong)).collect::<Vec<_>>()
    };
    let file = || "世帯.csv".to_owned();
    let two = refused(&[membership("1,1,2020-01-01,2021-01-01,1\n1,2,2020-12-31,,1\n")]);
    assert_eq!(two, [(3, Some("世帯番号"), Wrong::TwoHouseholds { file: file(), line: 2 })]);
    // The day after is another day.
    assert!(read(&[membership("1,1,2020-01-01,2021-01-01,1\n1,2,2021-01-01,,1\n")], |_| {}).is_ok());
    let backwards = refused(&[membership("1,1,2020-01-01,2020-01-01,1\n")]);
    assert_eq!(backwards, [(2, Some("終了日（この日を含まない）"), Wrong::EndBeforeStart)]);
    let heads = read(&[membership("1,1,2020-01-01,,1\n2,1,2020-01-01,2021-01-01,1\n3,2,2020-01-01,,0\n")], |_| {}).unwrap().warnings;
    let heads: Vec<_> = heads.iter().map(|warning| (warning.household.0, warning.from, warning.heads)).collect();
    assert_eq!(heads, [(1, Date::new(2020, 1, 1), 2), (2, Date::new(2020, 1, 1), 0)]);
    let births = |line: &str| {
        let head = "宛名番号,生年月日（最も早い）,生年月日（最も遅い）";
        source(Form::Facts(Kind::Persons), "生年月日.csv", &format!("{head}\n{line}\n"))
    };
    let order = refused(&[births("1,1980-05-02,1980-05-01")]);
    assert_eq!(order, [(2, Some("生年月日（最も遅い）"), Wrong::BirthOrder)]);
    let in_part = read(&[births("1,昭和25年,")], |_| {}).unwrap();
    assert_eq!(in_part.learnt.assertions[0].values, Some(vec![19_500_101, 19_501_231]));
    let death = |line: &str| source(Form::Facts(Kind::Deaths), "死亡.csv", &format!("宛名番号,年月日,取消\n{line}\n"));
    let cancelled = read(&[death("1,R7.5.10,1")], |_| {}).unwrap();
    assert_eq!((cancelled.learnt.assertions[0].from, &cancelled.learnt.assertions[0].values), (Date::new(2025, 5, 10), &None));
}
