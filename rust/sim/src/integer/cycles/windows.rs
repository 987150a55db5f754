//! One sample through the layers of a two-phase core, layer by layer.
//!
//! A layer tells nothing before its window has closed, so everything that goes into it is known
//! before anything comes out.

use super::join::Token;
use super::timing::Timing;
use crate::integer::run::SampleRun;

impl Timing<'_> {
    /// One sample, of which `run` holds the recorded spikes; its first token is offered in cycle
    /// `begin`.
    pub(super) fn windows(
        &mut self,
        (ticks, sources): (&[u32], &[u32]),
        run: &SampleRun,
        n_ticks: u32,
        deciding: Option<u32>,
        begin: u64,
    ) {
        let (mut next, mut offered) = (0, begin);
        for tick in 0..n_ticks {
            while ticks.get(next) == Some(&tick) {
                offered = self.listen(0, Token::Spike(sources[next]), offered) + 1;
                next += 1;
            }
            offered = self.close(0, tick + 1 == n_ticks, run, offered) + 1;
        }
        self.listen(0, Token::End, offered);
        for index in 0..self.stages.len() {
            self.told(index, run, n_ticks, deciding);
        }
        self.verdict = self.decided;
    }

    /// Lets all tokens of a layer go to what follows it.
    fn told(&mut self, index: usize, run: &SampleRun, n_ticks: u32, deciding: Option<u32>) {
        let last = index + 1 == self.stages.len();
        let mut tick = 0;
        loop {
            let stage = &mut self.stages[index];
            let (token, offered) = stage.join.take(&stage.lanes);
            let accepted = match token {
                _ if last => offered,
                Token::Tick => self.close(index + 1, tick + 1 == n_ticks, run, offered),
                _ => self.listen(index + 1, token, offered),
            };
            self.stages[index].join.accepted(accepted);
            self.decided = accepted;
            if token == Token::End {
                self.stages[index].left = Some(accepted);
            }
            match token {
                Token::Tick if last && deciding == Some(tick) => return,
                Token::Tick => tick += 1,
                Token::End => return,
                _ => {}
            }
        }
    }

    /// Offers a spike or the end to a layer from cycle `offered` on; returns the cycle that accepts
    /// it.
    fn listen(&mut self, index: usize, token: Token, offered: u64) -> u64 {
        let (accepted, entered) = self.enter(index, offered);
        let layout = &self.layout.layers[index];
        for (lane, own) in self.stages[index].lanes.iter_mut().zip(&layout.lanes) {
            match token {
                Token::Spike(source) => lane.spike(own, source as usize, entered),
                _ => lane.end(layout, entered),
            }
        }
        accepted
    }

    /// Offers the end of a tick to a layer, which fires after the last one.
    fn close(&mut self, index: usize, closes: bool, run: &SampleRun, offered: u64) -> u64 {
        let (accepted, entered) = self.enter(index, offered);
        let layout = &self.layout.layers[index];
        let stride = layout.lanes.len();
        for (place, lane) in self.stages[index].lanes.iter_mut().enumerate() {
            let fired = run.spikes[index]
                .iter()
                .filter(|spike| spike.neuron as usize % stride == place)
                .map(|spike| {
                    let row = spike.neuron as usize / stride / layout.columns;
                    (spike.tick, spike.neuron, row as u64)
                });
            lane.listened(layout, closes, layout.rounds, fired, entered);
        }
        accepted
    }
}
