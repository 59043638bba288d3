//! Imports a clock: refused before it is compiled.

use crate::*;

mod wasi {
    wit_bindgen::generate!({
        inline: "package wasi:clocks@0.2.0; interface wall-clock { now: func() -> u32; } world clock { import wall-clock; }",
        world: "clock",
    });
}

pub fn misbehave(births: &[i64]) -> Decision {
    let now = wasi::wasi::clocks::wall_clock::now();
    honest(&births.iter().map(|birth| birth + i64::from(now)).collect::<Vec<_>>())
}
