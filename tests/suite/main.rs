//! The suite. One binary; fast tests first in the alphabet do not matter, cargo runs them at once.

mod cases;
mod cli;
mod contract;
mod guests;
mod properties;
mod stores;
