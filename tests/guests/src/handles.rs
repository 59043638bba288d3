//! Makes handles to a thing of its own, without end.

use crate::*;

mod things {
    wit_bindgen::generate!({
        inline: "package guest:made@1.0.0; interface things { resource thing { constructor(); } } world maker { export things; }",
        world: "maker",
        pub_export_macro: true,
    });
}

use things::exports::guest::made::things::{Guest as Things, GuestThing, Thing};

struct Nothing;

impl GuestThing for Nothing {
    fn new() -> Nothing {
        Nothing
    }
}

impl Things for Nothing {
    type Thing = Nothing;
}

things::export!(Nothing with_types_in things);

pub fn misbehave(births: &[i64]) -> Decision {
    loop {
        // Nobody gives it back.
        core::mem::forget(core::hint::black_box(Thing::new(Nothing)));
        if births.is_empty() {
            return honest(births);
        }
    }
}
