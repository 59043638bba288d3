//! Benefits from end to end on both databases: claims come in by sets and are corrected, months are decided, orders are paid by the
//! bank's file, and what was corrected sums up to what a fresh office would have paid.

mod applied;
mod change;
mod conservation;
mod corrections;
mod counter;
mod hall;
mod set_off;
mod situations;
mod year;
mod years;
