//! What a path does with the requests it gets.

/// What a path does with the requests it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// Answers with this status.
    Status(u16),
    /// Answers with this status so many times, and 200 from then on.
    FailThenOk {
        /// The status of the failures.
        status: u16,
        /// How many there are still to come.
        times: u32,
    },
    /// Points elsewhere: 302 with this `Location`.
    Redirect(String),
    /// Takes the request and never answers.
    Silent,
    /// Answers 200 and then sends a body without an end, as fast as it is read.
    Endless,
    /// Answers 200 and then sends a byte at a time, without an end.
    Dripping,
    /// Takes the request and resets the connection.
    Reset,
}

/// What one request gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Status(u16),
    Redirect(String),
    Silent,
    Endless,
    Dripping,
    Reset,
}

impl Script {
    /// What the next request gets.
    pub(super) fn step(&mut self) -> Step {
        match self {
            Self::Status(status) => Step::Status(*status),
            Self::FailThenOk { times: 0, .. } => Step::Status(200),
            Self::FailThenOk { status, times } => {
                *times -= 1;
                Step::Status(*status)
            }
            Self::Redirect(to) => Step::Redirect(to.clone()),
            Self::Silent => Step::Silent,
            Self::Endless => Step::Endless,
            Self::Dripping => Step::Dripping,
            Self::Reset => Step::Reset,
        }
    }
}
