//! Addresses that nobody has: streets as Asahikawa calls them, with house numbers that were thrown.

use super::dice::Dice;
use super::household::Draft;
use jorei_domain::id::PersonId;
use jorei_store::addresses::Address;

const NUMERALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
const AREAS: [&str; 4] = ["", "東", "神楽", "永山"];

/// One for the household, and one more for whoever has moved out of it.
pub(super) fn addresses_of(draft: &Draft, dice: &mut Dice) -> Vec<Address> {
    let (home, elsewhere) = (street(dice), street(dice));
    let address = |(i, resident): (usize, &super::household::Resident)| {
        let moved = resident.stays.last().is_some_and(|stay| stay.household != draft.household);
        let address = if moved { elsewhere.clone() } else { home.clone() };
        at(draft.person(i), address)
    };
    draft.residents.iter().enumerate().map(address).collect()
}

/// A person's address in the city.
pub(super) fn at(person: PersonId, address: String) -> Address {
    Address { person, address, postcode: Some("070-0000".into()) }
}

/// Somewhere in the city.
pub(super) fn street(dice: &mut Dice) -> String {
    let (area, street, block) = (dice.one(&AREAS), dice.one(&NUMERALS), dice.within(1, 29));
    let (lot, house) = (dice.within(1, 2_000), dice.within(1, 40));
    format!("旭川市{area}{street}条{block}丁目{lot}番地の{house}")
}
