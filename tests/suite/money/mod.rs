//! What could lose or double money: random histories against plain arithmetic, commands sent twice, machines that die, and
//! what must never be written anywhere. Absent here: single figures, which are in the tests of each service and rule.

mod books;
mod checks;
mod conservation;
mod crashes;
mod hall;
mod history;
mod idempotence;
mod leaks;
mod payees;
mod paying;
mod payments;
