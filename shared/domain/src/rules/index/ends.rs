//! Rules that ask how a text begins or ends: `starts_with` and `ends_with`.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::RuleNumber;
use super::candidates::Candidates;
use super::filing::{Lists, Packer, Span, push};
use crate::condition::Scalar;

/// Which end of a text is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Start,
    End,
}

/// Rules by the piece of text that they ask for.
#[derive(Debug, Default)]
pub(super) struct EndsIndex {
    /// The lengths of the pieces, in bytes, shortest first.
    lengths: Box<[usize]>,
    pieces: HashMap<Box<str>, Span, FixedState>,
    lists: Lists,
}

impl EndsIndex {
    pub(super) fn find<'a>(&'a self, value: &Scalar, end: End, candidates: &mut Candidates<'a>) {
        let Scalar::Text(text) = value else { return };
        for &length in self.lengths.iter().take_while(|length| **length <= text.len()) {
            // A length that falls into a character fits no piece.
            let piece = match end {
                End::Start => text.get(..length),
                End::End => text.get(text.len() - length..),
            };
            if let Some(&span) = piece.and_then(|piece| self.pieces.get(piece)) {
                candidates.add(self.lists.get(span));
            }
        }
    }
}

/// The rules while they are being filed.
#[derive(Default)]
pub(super) struct Filer<'a>(HashMap<&'a str, Vec<RuleNumber>, FixedState>);

impl<'a> Filer<'a> {
    pub(super) fn file(&mut self, piece: &'a str, rule: RuleNumber) {
        push(self.0.entry(piece).or_default(), rule);
    }

    pub(super) fn index(self) -> EndsIndex {
        let mut lengths: Vec<usize> = self.0.keys().map(|piece| piece.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let mut packer = Packer::default();
        let pieces = self.0.into_iter().map(|(piece, rules)| (piece.into(), packer.add(&rules))).collect();
        EndsIndex { lengths: lengths.into(), pieces, lists: packer.lists() }
    }
}
