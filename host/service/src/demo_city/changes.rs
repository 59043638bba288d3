//! A year of change: what an office learns of the city in a fiscal year, day by day.
//!
//! Each change is one notification, answer or finding of one household: what it asserts, and a sentence
//! for people. It is laid over the registers of the city and agrees with them: only what lies still in the
//! registers is changed, so that nobody dies twice or moves out of a household that has moved already. A
//! household's changes depend on seed, number and year only, and it learns at most one thing a day.
//!
//! How often what is tried stands in [`MATTERS`] and [`TURNS`] as weights of ours; **nothing here is a
//! statistic**. People who come into the city live in households with numbers beyond any city's, as those
//! who move out of a household do.
//!
//! Absent here: what a change does to anybody's premium, and the thing that asserts it.

mod book;
mod figures;
mod newcomers;
mod reliefs;
mod turns;

use super::dice::Dice;
use super::{DemoCity, drafted};
use book::Book;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::HouseholdId;
use jorei_store::addresses::Address;
use jorei_store::facts::Assertion;
use jorei_store::names::Name;

/// Something the office learns on a day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// The day it is learnt.
    pub learnt_on: Date,
    /// The household of the city it happens in or comes from.
    pub household: HouseholdId,
    /// What kind of thing.
    pub kind: ChangeKind,
    /// Facts, in an order in which they can be asserted.
    pub assertions: Vec<Assertion>,
    /// New names.
    pub names: Vec<Name>,
    /// New addresses.
    pub addresses: Vec<Address>,
    /// What happened, in Japanese; nobody is named.
    pub told: String,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal, $ja:literal;)*) => {
        /// What can happen.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum ChangeKind {
            $($(#[doc = $doc])* $name,)*
        }

        impl ChangeKind {
            /// Every kind.
            pub const ALL: &[ChangeKind] = &[$(ChangeKind::$name,)*];

            /// The word in a list.
            pub fn word(self) -> &'static str {
                match self {
                    $(ChangeKind::$name => $word,)*
                }
            }

            /// What officials call it.
            pub fn ja(self) -> &'static str {
                match self {
                    $(ChangeKind::$name => $ja,)*
                }
            }
        }
    };
}

kinds! {
    /// Left an employees' insurance and notified it months later.
    LateJoiner = "late_joiner", "資格取得の遅れ届出";
    /// Joined an employees' insurance and notified it late.
    LateLeaver = "late_leaver", "資格喪失の遅れ届出";
    /// The same, found by the office many months later.
    EmployeesInsuranceFound = "employees_insurance_found", "社会保険加入の判明";
    /// Somebody moved into the city.
    MovedIn = "moved_in", "転入";
    /// A household moved away.
    MovedOut = "moved_out", "転出";
    /// A household went over to public assistance.
    PublicAssistance = "public_assistance", "生活保護の開始";
    /// An income turned out higher.
    IncomeRaised = "income_raised", "所得の増額更正";
    /// An income turned out lower.
    IncomeLowered = "income_lowered", "所得の減額更正";
    /// A corrected income was corrected back.
    CorrectionCorrected = "correction_corrected", "所得更正の再更正";
    /// The other city answered about an income.
    IncomeAnswered = "income_answered", "所得照会の回答";
    /// Somebody declared an income late.
    LateDeclaration = "late_declaration", "所得の期限後申告";
    /// A member died who was not the head.
    MemberDied = "member_died", "世帯員の死亡";
    /// The head died, and another member is head.
    HeadDied = "head_died", "世帯主の死亡・変更";
    /// The only one there died.
    LastMemberDied = "last_member_died", "単身者の死亡";
    /// A member has a household of their own.
    HouseholdSplit = "household_split", "世帯分離";
    /// One who had moved out is back.
    HouseholdsJoined = "households_joined", "世帯合併";
    /// A child was born.
    Born = "born", "出生";
    /// Somebody lost their work involuntarily.
    LeftWork = "left_work", "非自発的失業の届出";
    /// Somebody turned 75.
    Turned75 = "turned_75", "75歳到達";
    /// Somebody from 65 on was certified as disabled and went over to the scheme for the late elderly.
    EarlyLateElderly = "early_late_elderly", "障害認定による後期高齢者医療への移行";
    /// A property tax was corrected.
    PropertyCorrected = "property_corrected", "固定資産税額の更正";
    /// Somebody has another name.
    NameChanged = "name_changed", "氏名変更";
    /// A household moved within the city.
    AddressChanged = "address_changed", "転居";
    /// The pension payer told what can be deducted.
    PensionNotice = "pension_notice", "年金特別徴収対象者の通知";
    /// The deduction from a pension was stopped.
    PensionStopped = "pension_stopped", "年金特別徴収の中止";
    /// Somebody is being held.
    Detained = "detained", "刑事施設等への収容";
    /// Somebody was released.
    Released = "released", "刑事施設等からの出所";
    /// The dependant of one who turned 75 joined.
    FormerDependantJoined = "former_dependant_joined", "旧被扶養者の資格取得";
    /// An exemption for a sharp fall of income was applied for.
    AppliedIncomeFall = "applied_income_fall", "減免申請（所得激減）";
    /// One for a crop that failed.
    AppliedCropLoss = "applied_crop_loss", "減免申請（農作物被害）";
    /// One for damage to the home.
    AppliedHomeDamage = "applied_home_damage", "減免申請（住宅被害）";
    /// One for a former dependant.
    AppliedFormerDependant = "applied_former_dependant", "減免申請（旧被扶養者）";
    /// One for the time of detention.
    AppliedDetention = "applied_detention", "減免申請（収容）";
    /// One of evacuees of 2011.
    AppliedEvacuee = "applied_evacuee", "減免申請（東日本大震災避難者）";
    /// The documents of an application came in.
    DocumentsSeen = "documents_seen", "減免申請の証明書類確認";
    /// An exemption was cancelled.
    ApplicationCancelled = "application_cancelled", "減免の取消";
    /// A fact was recorded of the wrong person.
    RecordedWrongly = "recorded_wrongly", "誤登録";
    /// And taken back.
    Withdrawn = "withdrawn", "誤登録の取消";
}

/// Tries to let something happen to a household.
type Try = fn(&mut Book) -> bool;

/// What goes with anything else, in the order in which it is tried: households in ten thousand that are
/// tried. A household that does not fit goes without.
const MATTERS: &[(i64, Try)] = &[
    (8_500, figures::pension_notice),
    (10_000, figures::income_answered),
    (6_000, figures::late_declaration),
    (800, figures::income_raised),
    (600, figures::income_lowered),
    (200, figures::correction_corrected),
    (3_000, figures::property_corrected),
    (9_000, turns::turned_75),
    (600, newcomers::moved_in),
    (450, newcomers::late_joiner),
    (150, newcomers::former_dependant),
];

/// Turns in a household's year; it takes one at most.
const TURNS: &[(i64, Try)] = &[
    (500, turns::late_leaver),
    (250, turns::employees_insurance_found),
    (2_500, turns::late_joiner),
    (250, turns::moved_out),
    (60, turns::public_assistance),
    (350, turns::member_died),
    (350, turns::head_died),
    (220, turns::last_member_died),
    (600, turns::household_split),
    (4_000, turns::households_joined),
    (900, turns::born),
    (250, turns::left_work),
    (70, turns::early_late_elderly),
    (80, turns::detained),
    (250, turns::recorded_wrongly),
    (700, reliefs::income_fall),
    (90, reliefs::crop_loss),
    (110, reliefs::home_damage),
    (25, reliefs::evacuee),
    (150, turns::name_changed),
    (450, turns::address_changed),
    (400, figures::pension_stopped),
];

impl DemoCity {
    /// What an office learns of this city in a fiscal year, in the order of the days. Of households that
    /// changed nothing there is nothing.
    pub fn changes(&self, year: FiscalYear) -> impl Iterator<Item = Change> + use<> {
        let DemoCity { seed, households } = *self;
        let mut all: Vec<Change> = (1..=households).flat_map(|household| changes_of(seed, household, year)).collect();
        all.sort_by_key(|change| (change.learnt_on, change.household));
        all.into_iter()
    }
}

/// What happens to one household in a year, in the order of the days.
fn changes_of(seed: u64, household: u32, year: FiscalYear) -> Vec<Change> {
    let (draft, bundle) = drafted(seed, household);
    let mut book = Book::open(&draft, &bundle, year, Dice::of_changes(seed, household, year.year()));
    for (per_10_000, happens) in MATTERS {
        if book.dice.chance(*per_10_000) {
            happens(&mut book);
        }
    }
    for (per_10_000, happens) in TURNS {
        if book.dice.chance(*per_10_000) && happens(&mut book) {
            break;
        }
    }
    book.close()
}

#[cfg(test)]
mod tests;
