//! When the tokens of a layer leave it, and in which order.

use super::lane::{Close, Entry, Lane};

/// A token between layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A neuron spikes.
    Spike(u32),
    /// The open tick is closed.
    Tick,
    /// A lane of the last layer names its best neuron, in front of the end.
    Best,
    /// The sample is over.
    End,
}

/// How far one lane's reports have been told.
#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    entry: usize,
    /// Spikes told of this entry, and of the lane in all.
    told: usize,
    neuron: usize,
    best_told: bool,
    /// Cycles in which the previous token, and the one before it, were taken from the emitter.
    taken: u64,
    taken_before: u64,
    /// Cycle in which the latest token moved to the two registers behind the emitter.
    told_in: u64,
    /// Cycle in which the entry at the head, or the one before it, left the emitter's queue.
    left: u64,
    /// Whether it is the one at the head.
    fetched: bool,
}

impl Cursor {
    /// The token at the head, and the first cycle in which it can be taken.
    fn head(&self, lane: &Lane, last_layer: bool) -> (Token, u64) {
        let Entry {
            written,
            spikes,
            close,
            ..
        } = lane.entries[self.entry];
        let token = match close {
            _ if self.told < spikes => Token::Spike(lane.neurons[self.neuron]),
            Close::End if last_layer && !self.best_told => Token::Best,
            Close::End => Token::End,
            Close::Tick | Close::Open => Token::Tick,
        };
        let (_, told) = self.told_in(written);
        (token, told.max(self.taken) + 1)
    }

    /// The cycle in which the entry at the head moves from the queue to the register that spikes
    /// are picked from, and that in which its next token moves to the two registers behind.
    fn told_in(&self, written: u64) -> (u64, u64) {
        let left = if self.fetched {
            self.left
        } else {
            (self.left.max(written + 1) + 1).max(self.told_in)
        };
        let told = (left.max(self.told_in) + 1).max(self.taken_before + 1);
        (left, told)
    }

    /// The token at the head is taken in `cycle`.
    fn advance(&mut self, lane: &Lane, token: Token, cycle: u64) {
        let Entry {
            written,
            spikes,
            close,
            ..
        } = lane.entries[self.entry];
        (self.left, self.told_in) = self.told_in(written);
        self.fetched = true;
        (self.taken_before, self.taken) = (self.taken, cycle);
        let finished = match token {
            Token::Spike(_) => {
                self.told += 1;
                self.neuron += 1;
                self.told == spikes && close == Close::Open
            }
            Token::Best => {
                self.best_told = true;
                false
            }
            Token::Tick | Token::End => true,
        };
        if finished {
            (self.entry, self.told, self.fetched) = (self.entry + 1, 0, false);
        }
    }
}

/// The join of one layer: spikes first, lowest lane first; an end once all lanes have reached it.
#[derive(Debug)]
pub(super) struct Join {
    cursors: Vec<Cursor>,
    last_layer: bool,
    /// First cycle in which the output register is free.
    free: u64,
}

impl Join {
    pub(super) fn new(lanes: usize, last_layer: bool) -> Self {
        Self {
            cursors: vec![Cursor::default(); lanes],
            last_layer,
            free: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.cursors.fill(Cursor::default());
        self.free = 0;
    }

    /// Takes the next token; returns it with the first cycle in which the follower can accept it.
    pub(super) fn take(&mut self, lanes: &[Lane]) -> (Token, u64) {
        let heads = |cursors: &[Cursor]| -> Vec<(Token, u64)> {
            let pairs = cursors.iter().zip(lanes);
            pairs
                .map(|(cursor, lane)| cursor.head(lane, self.last_layer))
                .collect()
        };
        let heads = heads(&self.cursors);
        let is_end = |token: Token| matches!(token, Token::Tick | Token::End);
        let singles = heads.iter().filter(|(token, _)| !is_end(*token));
        let Some(earliest) = singles.map(|&(_, since)| since).min() else {
            let since = heads.iter().map(|&(_, since)| since).max().unwrap_or(0);
            let (token, cycle) = (heads[0].0, since.max(self.free));
            for (cursor, lane) in self.cursors.iter_mut().zip(lanes) {
                cursor.advance(lane, token, cycle);
            }
            return (token, cycle + 1);
        };
        let cycle = earliest.max(self.free);
        let chosen = heads
            .iter()
            .position(|&(token, since)| !is_end(token) && since <= cycle)
            .unwrap_or(0);
        let token = heads[chosen].0;
        self.cursors[chosen].advance(&lanes[chosen], token, cycle);
        (token, cycle + 1)
    }

    /// The follower accepts the token that was taken last.
    pub(super) fn accepted(&mut self, cycle: u64) {
        self.free = cycle;
    }
}
