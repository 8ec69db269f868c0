//! The cases in which a condition holds.

use super::case::Case;
use super::formula::{Formula, Node};
use super::literal::Literal;

/// The cases in which a condition holds: it never does in any other.
#[derive(Debug, Clone)]
pub struct Alternatives<'f, 'a> {
    /// The cases; without one the condition never holds.
    pub cases: Vec<Case<'f, 'a>>,
    /// Whether the whole condition was taken apart, so that the cases allow no more than it does.
    pub whole: bool,
    /// Lists whose parts can't all hold at once, the innermost only.
    pub conflicts: Vec<Conflict<'f, 'a>>,
}

/// Comparisons that can't hold at once.
#[derive(Debug, Clone)]
pub struct Conflict<'f, 'a> {
    /// The node in which they meet, from the rule's.
    pub path: &'f str,
    /// Two of them where two suffice.
    pub literals: Vec<&'f Literal<'a>>,
}

impl<'f, 'a> Alternatives<'f, 'a> {
    /// Takes a condition apart into at most so many cases. Where it has more, parts of it are left out, and less is known.
    pub fn new(formula: &'f Formula<'a>, cases_max: usize) -> Self {
        let mut apart = Apart { cases_max, whole: true, conflicts: Vec::new() };
        let cases = apart.formula(formula).iter().map(|literals| Case::new(literals)).collect();
        Self { cases, whole: apart.whole, conflicts: apart.conflicts }
    }
}

/// The comparisons of one case.
type Literals<'f, 'a> = Vec<&'f Literal<'a>>;

struct Apart<'f, 'a> {
    cases_max: usize,
    whole: bool,
    conflicts: Vec<Conflict<'f, 'a>>,
}

impl<'f, 'a> Apart<'f, 'a> {
    fn formula(&mut self, formula: &'f Formula<'a>) -> Vec<Literals<'f, 'a>> {
        match formula {
            Formula::Is(literal) => vec![vec![literal]],
            Formula::All(node) => self.all(node),
            Formula::Any(node) => {
                let cases: Vec<_> = node.parts.iter().flat_map(|part| self.formula(part)).collect();
                if cases.len() <= self.cases_max {
                    return cases;
                }
                self.whole = false;
                vec![Vec::new()]
            }
        }
    }

    fn all(&mut self, node: &'f Node<'a>) -> Vec<Literals<'f, 'a>> {
        // What is given in every case first: it narrows the others, and is looked at once.
        let given = node.parts.iter().filter_map(|part| match part {
            Formula::Is(literal) => Some(literal),
            Formula::All(_) | Formula::Any(_) => None,
        });
        let mut cases = self.possible(node, vec![given.collect()]);
        for part in node.parts.iter().filter(|part| !matches!(part, Formula::Is(_))) {
            let others = self.formula(part);
            if cases.is_empty() || others.is_empty() {
                // The innermost list that can't hold is the one to name; what is further out follows from it.
                cases.clear();
                continue;
            }
            if cases.len() * others.len() > self.cases_max.max(cases.len()) {
                self.whole = false;
                continue;
            }
            let joined = cases.iter().flat_map(|case| others.iter().map(|other| [&case[..], other].concat()));
            let joined = joined.collect();
            cases = self.possible(node, joined);
        }
        cases
    }

    /// Those of the cases that can hold; where none can, a conflict.
    fn possible(&mut self, node: &'f Node<'a>, cases: Vec<Literals<'f, 'a>>) -> Vec<Literals<'f, 'a>> {
        let mut conflict = None;
        let mut possible = Vec::new();
        for literals in cases {
            match Case::new(&literals).impossible() {
                None => possible.push(literals),
                Some(held) => conflict = conflict.or_else(|| Some(least(&held.literals))),
            }
        }
        if possible.is_empty() {
            self.conflicts.extend(conflict.map(|literals| Conflict { path: &node.path, literals }));
        }
        possible
    }
}

/// Two of the comparisons that can't both hold, where two suffice.
fn least<'f, 'a>(literals: &[&'f Literal<'a>]) -> Literals<'f, 'a> {
    let pairs = literals.iter().enumerate();
    let mut pairs =
        pairs.flat_map(|(index, &first)| literals.iter().skip(index + 1).map(move |&second| [first, second]));
    let pair = pairs.find(|pair| Case::new(pair).impossible().is_some());
    pair.map_or_else(|| literals.to_vec(), |pair| pair.to_vec())
}
