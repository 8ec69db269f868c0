//! From when until when a rule can match.

use jiff::Timestamp;

/// The moments at which a rule can match: from the first on, up to but without the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// From when; `None` since ever.
    pub from: Option<Timestamp>,
    /// Until when; `None` for ever.
    pub until: Option<Timestamp>,
}

impl Window {
    /// Whether a moment is inside.
    #[must_use]
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
    }

    /// Whether every moment inside the other one is inside this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let from = self.from.is_none_or(|mine| other.from.is_some_and(|its| mine <= its));
        let until = self.until.is_none_or(|mine| other.until.is_some_and(|its| its <= mine));
        from && until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_outside() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let window = Window { from: Some(at(10)), until: Some(at(20)) };
        assert_eq!([9, 10, 19, 20].map(|second| window.contains(at(second))), [false, true, true, false]);
        assert!(Window::default().contains(Timestamp::MIN));
        assert!(Window::default().covers(&window) && !window.covers(&Window::default()));
        assert!(window.covers(&window));
        assert!(!Window { from: Some(at(11)), until: None }.covers(&window));
    }
}
