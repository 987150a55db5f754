//! When the tokens of a lane move: queue, walk, sweep, report.

use super::layout::{LaneLayout, LayerLayout, Rounds};

/// From the row that a sweep ends with to the sweep after it, apart from those registers, where that
/// one needs to know what the first one found.
const SWEEP_TO_SWEEP: u64 = 7;

/// What closes an entry of the emitter's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// Nothing: more rows of the same sweep follow.
    Open,
    /// The end of a tick.
    Tick,
    /// The end of the sample.
    End,
}

/// The report of one row: spikes, and perhaps an end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Cycle in which it is written into the emitter's queue.
    pub(super) written: u64,
    row: u64,
    pub(super) spikes: usize,
    pub(super) close: Close,
}

/// What happened in a lane so far.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// For each token, the cycle in which it left the queue's memory for the output register.
    fetched: Vec<u64>,
    /// Cycles in which the previous token left the register, had its segment looked up, and was
    /// taken by the walk.
    read: u64,
    moved: u64,
    taken: u64,
    /// Cycles the previous token keeps the walk busy, at least one.
    hold: u64,
    /// First cycle in which the sweeper is free to end the next tick.
    free: u64,
    /// Whether a synapse has been added that can make a neuron fire.
    touched: bool,
    /// Reports in order, and the neurons that fired in them.
    pub(super) entries: Vec<Entry>,
    pub(super) neurons: Vec<u32>,
    /// Rows in which a neuron will fire, in ascending order.
    lively: Vec<u64>,
}

impl Lane {
    pub(super) fn clear(&mut self) {
        self.fetched.clear();
        self.entries.clear();
        self.neurons.clear();
        (self.read, self.moved, self.taken) = (0, 0, 0);
        (self.hold, self.free) = (0, 0);
        self.touched = false;
    }

    /// First cycle in which the queue has room for the next token.
    pub(super) fn room(&self, queue_depth: usize) -> u64 {
        // one token of the depth stands in the output register, the rest in the memory
        let before = self.fetched.len().checked_sub(queue_depth - 1);
        before.map_or(0, |token| self.fetched[token] + 1)
    }

    fn take(&mut self, written: u64, hold: u64, earliest: u64) -> u64 {
        let fetched = self.read.max(written + 1);
        self.fetched.push(fetched);
        self.read = self.moved.max(fetched + 1);
        self.moved = self.taken.max(self.read + 1);
        self.taken = (self.taken + self.hold).max(self.moved + 1).max(earliest);
        self.hold = hold.max(1);
        self.taken
    }

    /// A spike of `source`, written into the queue in cycle `written`.
    pub(super) fn spike(&mut self, layout: &LaneLayout, source: usize, written: u64) {
        let length = layout.lengths[source];
        self.take(written, length, 0);
        self.touched |= length > 0;
    }

    /// The end of a tick; `fired` are the lane's neurons that fire in it, with their rows, in
    /// ascending order.
    pub(super) fn tick(
        &mut self,
        layout: &LayerLayout,
        last_layer: bool,
        fired: impl Iterator<Item = (u32, u64)>,
        written: u64,
    ) {
        let taken = self.take(written, 1, self.free);
        let report = taken + layout.until_report();
        let swept = self.touched || last_layer;
        self.free = taken + if swept { layout.period() } else { 1 };
        self.touched &= !layout.momentary;
        let last = if swept { layout.rows - 1 } else { 0 };
        self.report(report, last, fired);
    }

    /// The end of a tick in which a two-phase layer listens; with the last one it fires, in `rounds`
    /// ticks. `fired` are the lane's neurons that do, with tick and row, in ascending order.
    pub(super) fn listened(
        &mut self,
        layout: &LayerLayout,
        closes: bool,
        rounds: Rounds,
        fired: impl Iterator<Item = (u32, u32, u64)>,
        written: u64,
    ) {
        let taken = self.take(written, 1, self.free);
        if !closes {
            self.free = taken + if self.touched { layout.period() } else { 1 };
            return;
        }
        self.free = taken + layout.period();
        match rounds {
            Rounds::Rank => self.free += layout.rows,
            Rounds::Fire(ticks) if layout.skips => self.fire_where_lively(layout, ticks, fired),
            Rounds::Fire(ticks) => {
                let mut fired = fired.peekable();
                for tick in 0..ticks {
                    let mut now = Vec::new();
                    while let Some((_, neuron, row)) = fired.next_if(|spike| spike.0 == tick) {
                        now.push((neuron, row));
                    }
                    self.fire(layout, layout.rows, now.into_iter());
                }
            }
        }
    }

    /// Sweeps all rows for the first tick, and then only those that turned out to fire at all.
    fn fire_where_lively(
        &mut self,
        layout: &LayerLayout,
        ticks: u32,
        fired: impl Iterator<Item = (u32, u32, u64)>,
    ) {
        let spikes: Vec<_> = fired.collect();
        let mut lively = std::mem::take(&mut self.lively);
        lively.clear();
        lively.extend(spikes.iter().map(|spike| spike.2));
        lively.sort_unstable();
        lively.dedup();
        let mut spikes = spikes.into_iter().peekable();
        for tick in 0..ticks {
            let mut now = Vec::new();
            while let Some((_, neuron, row)) = spikes.next_if(|spike| spike.0 == tick) {
                let place = if tick == 0 {
                    row
                } else {
                    lively.partition_point(|&other| other < row) as u64
                };
                now.push((neuron, place));
            }
            if tick == 0 {
                self.fire(layout, layout.rows, now.into_iter());
                self.free += SWEEP_TO_SWEEP + layout.stages;
            } else {
                self.fire(layout, lively.len().max(1) as u64, now.into_iter());
            }
        }
        self.lively = lively;
    }

    /// One tick in which a two-phase layer fires: a sweep of so many rows, as soon as there may be
    /// one.
    fn fire(&mut self, layout: &LayerLayout, rows: u64, fired: impl Iterator<Item = (u32, u64)>) {
        let report = self.free + layout.until_report();
        self.report(report, rows - 1, fired);
        self.free += rows;
    }

    /// The reports of one sweep, of which that of the first row is written in cycle `report`; rows
    /// are counted in the order of the sweep.
    fn report(&mut self, report: u64, last: u64, fired: impl Iterator<Item = (u32, u64)>) {
        let first = self.entries.len();
        let mut push = |row: u64, spikes, close| {
            self.entries.push(Entry {
                written: report + row,
                row,
                spikes,
                close,
            });
        };
        let mut open: Option<(u64, usize)> = None;
        for (neuron, row) in fired {
            self.neurons.push(neuron);
            open = match open {
                Some((same, spikes)) if same == row => Some((row, spikes + 1)),
                Some((other, spikes)) => {
                    push(other, spikes, Close::Open);
                    Some((row, 1))
                }
                None => Some((row, 1)),
            };
        }
        if let Some((row, spikes)) = open {
            push(row, spikes, Close::Open);
        }
        match self.entries[first..].last_mut() {
            Some(entry) if entry.row == last => entry.close = Close::Tick,
            _ => self.entries.push(Entry {
                written: report + last,
                row: last,
                spikes: 0,
                close: Close::Tick,
            }),
        }
    }

    /// The end of the sample.
    pub(super) fn end(&mut self, layout: &LayerLayout, written: u64) {
        let report = self.take(written, 1, self.free) + layout.until_report();
        self.entries.push(Entry {
            written: report,
            row: 0,
            spikes: 0,
            close: Close::End,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cycles in which a two-phase lane of four rows reports three ticks, and when it is free.
    fn reports(columns: usize, skips: bool, fired: &[(u32, u32, u64)]) -> (Vec<u64>, u64) {
        let layout = LayerLayout {
            columns,
            rows: 4,
            stages: 1,
            momentary: false,
            rounds: Rounds::Fire(3),
            skips,
            lanes: Vec::new(),
        };
        let mut lane = Lane::default();
        lane.listened(&layout, true, layout.rounds, fired.iter().copied(), 0);
        let written = lane.entries.iter().map(|entry| entry.written).collect();
        (written, lane.free)
    }

    #[test]
    fn rows_that_never_fire_are_left_out_after_the_first_tick() {
        // Taken in cycle 4, swept until 8, first report in 17. Row 0 fires in tick 1, row 2 in tick 2.
        let fired = [(1, 10, 0), (2, 30, 2)];
        assert_eq!(reports(1, false, &fired), (vec![20, 21, 24, 27, 28], 20));
        // All rows, 8 cycles until that is known, then two rows twice.
        assert_eq!(reports(1, true, &fired), (vec![20, 29, 30, 32], 24));
        // Where nothing fires, one row is left to tell the end of a tick.
        assert_eq!(reports(1, true, &[]), (vec![20, 29, 30], 22));
    }

    #[test]
    fn a_wide_lane_is_as_free_as_a_narrow_one_but_reports_later() {
        let (narrow, wide) = (reports(16, false, &[]), reports(17, false, &[]));
        assert_eq!(wide.1, narrow.1);
        let later: Vec<u64> = narrow.0.iter().map(|cycle| cycle + 2).collect();
        assert_eq!(wide.0, later);
    }
}
