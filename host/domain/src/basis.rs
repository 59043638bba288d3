//! What a value of law rests on.

/// How well a value is known. The order is from worst to best, so that the state of a whole is
/// the minimum over its parts.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum State {
    /// Nobody has seen it written: a usual practice, or a figure from memory. 推定.
    Assumed,
    /// Read in somebody else's transcription of the source. 伝聞.
    SecondHand,
    /// Read at its source, or confirmed by two people of the municipality. 確認済.
    Sourced,
}

impl State {
    /// All states, in the order of their permanent codes in a trace.
    pub const ALL: [State; 3] = [State::Assumed, State::SecondHand, State::Sourced];

    /// The permanent code in a trace: 0 assumed, 1 second-hand, 2 sourced.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The state of a code, if it is one.
    pub fn from_code(code: u8) -> Option<State> {
        State::ALL.get(usize::from(code)).copied()
    }

    /// The word that an ordinance file uses.
    pub fn word(self) -> &'static str {
        match self {
            State::Assumed => "assumed",
            State::SecondHand => "second-hand",
            State::Sourced => "sourced",
        }
    }

    /// A decision that used a value of this state stays provisional until two people of the
    /// municipality confirm the value.
    pub fn is_provisional(self) -> bool {
        self != State::Sourced
    }
}
