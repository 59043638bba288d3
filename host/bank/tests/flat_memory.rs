//! A file of 50,000 lines is written and read with the memory of one of 500: an allocator counts the bytes that are alive.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_bank::account::{AccountNumber, BankAccount, BankCode, BranchCode, DepositKind};
use jorei_bank::bulk_transfer::{Line, Reader, Writer};
use jorei_bank::file::{BankKana, ClientCode, ClientName, Header, LineEnd, PaymentNumber, Totals};
use jorei_bank::names::HolderName;
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let alive = ALIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(alive, Ordering::Relaxed);
        // SAFETY: the caller's promise is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const DAY: Date = Date::new(2026, 12, 25);

fn header() -> Header {
    Header {
        client: ClientCode::new(1).unwrap(),
        client_name: ClientName::read("ｼﾞﾖｳﾚｲｼ").unwrap(),
        day: DAY,
        bank: BankCode::parse("9801").unwrap(),
        bank_name: BankKana::default(),
        branch: BranchCode::parse("001").unwrap(),
        branch_name: BankKana::default(),
        kind: DepositKind::Ordinary,
        number: AccountNumber::parse("1").unwrap(),
    }
}

fn line(number: u64) -> Line {
    let account = BankAccount {
        bank: BankCode::parse("9802").unwrap(),
        branch: BranchCode::new(number % 1_000).unwrap(),
        kind: DepositKind::Ordinary,
        number: AccountNumber::new(number).unwrap(),
        holder: HolderName::normalise("ヤマダ タロウ").unwrap(),
    };
    Line::new(PaymentNumber::new(number).unwrap(), account, Yen::new(100 + i64::try_from(number).unwrap()))
}

/// Takes bytes and keeps none.
struct Nowhere;

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes of a file of `lines` lines, made while they are read.
struct Made {
    lines: u64,
    next: u64,
    sum: u64,
    buffer: Vec<u8>,
    at: usize,
    data: [u8; 122],
}

impl Read for Made {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
            self.next += 1;
            let number = self.next;
            if number <= self.lines {
                let amount = 100 + number;
                self.sum += amount;
                self.data[20..23].copy_from_slice(format!("{:03}", number % 1_000).as_bytes());
                self.data[43..50].copy_from_slice(format!("{number:07}").as_bytes());
                self.data[80..90].copy_from_slice(format!("{amount:010}").as_bytes());
                self.data[91..111].copy_from_slice(format!("{number:020}").as_bytes());
                self.buffer.extend_from_slice(&self.data);
            } else if number == self.lines + 1 {
                let _ = write!(self.buffer, "8{:06}{:012}{:101}\r\n9{:119}\r\n", self.lines, self.sum, "", "");
            }
        }
        let count = out.len().min(self.buffer.len() - self.at);
        out[..count].copy_from_slice(&self.buffer[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// What the file comes to, and the most bytes that were alive beyond those before.
fn measured(work: impl FnOnce() -> Totals) -> (Totals, usize) {
    let before = ALIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let totals = work();
    (totals, PEAK.load(Ordering::Relaxed) - before)
}

fn written(lines: u64) -> (Totals, usize) {
    measured(|| {
        let mut writer = Writer::new(Nowhere, &header(), LineEnd::CrLf).unwrap();
        for number in 1..=lines {
            writer.line(&line(number)).unwrap();
        }
        writer.finish().unwrap()
    })
}

fn read(lines: u64) -> (Totals, usize) {
    let mut first = Vec::new();
    let mut writer = Writer::new(&mut first, &header(), LineEnd::CrLf).unwrap();
    writer.line(&line(1)).unwrap();
    writer.finish().unwrap();
    let data = first[122..244].try_into().unwrap();
    first.truncate(122);
    measured(|| {
        let mut made = Made { lines, next: 0, sum: 0, buffer: Vec::with_capacity(256), at: 0, data };
        made.buffer.extend_from_slice(&first);
        Reader::new(made, DAY).unwrap().finish().unwrap()
    })
}

// One test: another one at the same time would be counted with it.
#[test]
fn fifty_thousand_lines_take_the_memory_of_five_hundred() {
    // 50,000 lines of 101 to 50,100 yen: 100 each and the triangle number.
    let sum = Yen::new(50_000 * 100 + 50_000 * 50_001 / 2);
    for (way, work) in [("written", written as fn(u64) -> (Totals, usize)), ("read", read)] {
        let (_, few) = work(500);
        let (totals, many) = work(50_000);
        eprintln!("{way}: at most {few} bytes alive during 500 lines, {many} during 50,000");
        assert_eq!((totals.lines, totals.sum_yen), (50_000, sum));
        assert!(many * 10 <= few * 12, "{way}: {many} bytes alive during 50,000 lines, {few} during 500");
    }
    // Both ways are the same bytes.
    assert_eq!(written(50_000).0, read(50_000).0);
}
