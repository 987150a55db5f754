//! One sample through all layers of a core.

use super::join::{Join, Token};
use super::lane::Lane;
use super::layout::{LayerLayout, Layout};
use crate::integer::Schedule;
use crate::integer::run::{SampleRun, Spike};
use crate::integer::sample::Stop;

/// One layer at work.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) lanes: Vec<Lane>,
    /// First cycles after the lanes took the previous token, and the one before it.
    entered: (u64, u64),
    pub(super) join: Join,
    /// Spikes of the sample that have been dealt out to the lanes.
    dealt: usize,
    /// First cycle in which the layer accepts a token of the sample.
    pub(super) opened: u64,
    /// Cycle in which it handed on the end of the sample.
    pub(super) left: Option<u64>,
}

/// The tick at whose end the verdict is given, if that is not the end of the sample.
pub(super) fn deciding(run: &SampleRun, stop: Stop) -> Option<u32> {
    (stop == Stop::EarlyExit && !run.decision.silent).then_some(run.decision.tick)
}

/// Working memory of the model; one per worker.
#[derive(Debug)]
pub(super) struct Timing<'a> {
    pub(super) layout: &'a Layout,
    pub(super) stages: Vec<Stage>,
    /// Cycle in which the decision accepted the latest token, and the deciding one.
    pub(super) decided: u64,
    pub(super) verdict: u64,
    /// Cycles in which the first layer accepted the tokens of the sample.
    pub(super) entries: Vec<u64>,
}

impl<'a> Timing<'a> {
    pub(super) fn new(layout: &'a Layout) -> Self {
        let last = layout.layers.len() - 1;
        let stage = |(index, layer): (usize, &LayerLayout)| Stage {
            lanes: layer.lanes.iter().map(|_| Lane::default()).collect(),
            entered: (0, 0),
            join: Join::new(layer.lanes.len(), index == last),
            dealt: 0,
            opened: 0,
            left: None,
        };
        Self {
            layout,
            stages: layout.layers.iter().enumerate().map(stage).collect(),
            decided: 0,
            verdict: 0,
            entries: Vec::new(),
        }
    }

    /// Cycles of one sample that has the core for itself, of which `run` holds the recorded spikes.
    pub(super) fn alone(
        &mut self,
        input: (&[u32], &[u32]),
        run: &SampleRun,
        n_ticks: u32,
        stop: Stop,
    ) -> u64 {
        for stage in &mut self.stages {
            stage.opened = 0;
        }
        self.sample(input, run, n_ticks, deciding(run, stop), 0, false);
        self.verdict + 1
    }

    /// One sample whose first token is offered in cycle `begin`, up to the end, or, unless it
    /// `goes_on`, to the deciding tick.
    pub(super) fn sample(
        &mut self,
        (ticks, sources): (&[u32], &[u32]),
        run: &SampleRun,
        n_ticks: u32,
        deciding: Option<u32>,
        begin: u64,
        goes_on: bool,
    ) {
        for stage in &mut self.stages {
            stage.lanes.iter_mut().for_each(Lane::clear);
            stage.entered = (0, 0);
            stage.join.clear();
            stage.dealt = 0;
            stage.left = None;
        }
        self.entries.clear();
        if self.layout.schedule == Schedule::TwoPhase {
            return self.windows((ticks, sources), run, n_ticks, deciding, begin);
        }
        let (mut next, mut offered) = (0, begin);
        for tick in 0..n_ticks {
            while ticks.get(next) == Some(&tick) {
                offered = self.feed(0, Token::Spike(sources[next]), &run.spikes, tick, offered) + 1;
                next += 1;
            }
            offered = self.feed(0, Token::Tick, &run.spikes, tick, offered) + 1;
            self.pass_on(0, &run.spikes, tick);
            if deciding == Some(tick) {
                self.verdict = self.decided;
                if !goes_on {
                    return;
                }
            }
        }
        self.feed(0, Token::End, &run.spikes, n_ticks, offered);
        self.pass_on(0, &run.spikes, n_ticks);
        if deciding.is_none() {
            self.verdict = self.decided;
        }
    }

    /// Offers a token to a layer from cycle `offered` on; returns the cycle that accepts it.
    fn feed(
        &mut self,
        index: usize,
        token: Token,
        spikes: &[Vec<Spike>],
        tick: u32,
        offered: u64,
    ) -> u64 {
        let (accepted, entered) = self.enter(index, offered);
        let (layout, stage) = (&self.layout.layers[index], &mut self.stages[index]);
        let from = stage.dealt;
        let fired = spikes[index][from..]
            .iter()
            .take_while(|spike| spike.tick == tick);
        if token == Token::Tick {
            stage.dealt += fired.clone().count();
        }
        let stride = layout.lanes.len();
        let last_layer = index + 1 == self.layout.layers.len();
        for (place, (lane, layout_of)) in stage.lanes.iter_mut().zip(&layout.lanes).enumerate() {
            match token {
                Token::Spike(source) => lane.spike(layout_of, source as usize, entered),
                Token::Tick => {
                    let mine = fired
                        .clone()
                        .map(|spike| spike.neuron as usize)
                        .filter(|neuron| neuron % stride == place)
                        .map(|neuron| (neuron, neuron / stride / layout.columns));
                    #[allow(clippy::cast_possible_truncation)] // it was a u32 a line ago
                    lane.tick(
                        layout,
                        last_layer,
                        mine.map(|(n, row)| (n as u32, row as u64)),
                        entered,
                    );
                }
                Token::Best | Token::End => lane.end(layout, entered),
            }
        }
        accepted
    }

    /// When a token that is offered to a layer from cycle `offered` on is accepted, and when it
    /// goes to the queues of all lanes: two registers lie between.
    pub(super) fn enter(&mut self, index: usize, offered: u64) -> (u64, u64) {
        let depth = self.layout.queue_depth;
        let stage = &mut self.stages[index];
        let room = stage.lanes.iter().map(|lane| lane.room(depth)).max();
        let (previous, before) = stage.entered;
        let accepted = offered.max(before).max(stage.opened);
        let entered = (accepted + 1).max(previous).max(room.unwrap_or(0));
        stage.entered = (entered + 1, previous);
        if index == 0 {
            self.entries.push(accepted);
        }
        (accepted, entered)
    }

    /// Lets the tokens of a layer up to the next end go to what follows it.
    fn pass_on(&mut self, index: usize, spikes: &[Vec<Spike>], tick: u32) {
        loop {
            let stage = &mut self.stages[index];
            let (token, offered) = stage.join.take(&stage.lanes);
            let last = index + 1 == self.stages.len();
            let accepted = if last {
                self.decided = offered;
                offered
            } else {
                self.feed(index + 1, token, spikes, tick, offered)
            };
            self.stages[index].join.accepted(accepted);
            if token == Token::End {
                self.stages[index].left = Some(accepted);
            }
            if matches!(token, Token::Tick | Token::End) {
                if !last {
                    self.pass_on(index + 1, spikes, tick);
                }
                return;
            }
        }
    }
}
