//! Plays the designated bank (指定金融機関): takes bulk transfers (総合振込) over a connection, pays them, and tells what
//! became of each line. How banks take files is between each bank and its city, so that the port is one of our own; the
//! files are those of `jorei-bank`, read as strictly as it reads them.
//!
//! Absent here: direct debits, fees, recalls (組戻し), the office's own balance, and a clock: what became of a line is dated
//! with the day of its file.

pub mod control;
pub mod desk;
pub mod process;
pub mod server;
