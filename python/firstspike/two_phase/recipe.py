"""A recipe: everything between a data set and a two-phase integer network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from firstspike.encoders import Latency, describe
from firstspike.optim import Adam, Cosine
from firstspike.train.quantization import QuantizedTraining
from firstspike.two_phase.fit import train
from firstspike.two_phase.integer import to_integer
from firstspike.two_phase.network import TwoPhaseNetwork
from firstspike.two_phase.shifts import with_shifts

if TYPE_CHECKING:
    from firstspike.datasets import Dataset
    from firstspike.integer_network import IntegerNetwork
    from firstspike.train.history import History
    from firstspike.two_phase.codes import TimeCode

__all__ = ["TwoPhaseRecipe"]


@dataclass(frozen=True, kw_only=True)
class TwoPhaseRecipe:
    """How a task is trained for the integers that it becomes.

    The second half of the epochs runs on the clock and with rounded weights.

    Parameters
    ----------
    task : str
        Name of the recipe.
    data : str
        Name of the data set, see `firstspike.datasets.load`.
    sizes : tuple of int
        Number of inputs, of neurons in each hidden layer, of outputs.
    ticks, weight_bits : int
        What the hardware has.
    code : TimeCode, optional
        Of hidden layers, `LinearCode` if omitted.
    epochs, batch_size : int
        Length of the training and samples per step.
    lr : float
        Learning rate of Adam; falls to zero along a cosine.
    dropout, input_dropout : float
        Probability that a hidden or an input spike is lost in training.
    threshold : float, default 0.0
        Largest feature that does not spike.
    shifts : bool, default False
        Whether images are also learned moved by one pixel, see `with_shifts`.

    Examples
    --------
    >>> from firstspike.two_phase.recipes import two_phase_recipe
    >>> two_phase_recipe("mnist_fast").network(seed=0)
    <TwoPhaseNetwork 784-128-10, 8 ticks, float32>
    """

    task: str
    data: str
    sizes: tuple[int, ...]
    ticks: int
    weight_bits: int
    code: TimeCode | None = None
    epochs: int
    batch_size: int
    lr: float
    dropout: float
    input_dropout: float
    threshold: float = 0.0
    shifts: bool = False

    def network(self, *, seed: int) -> TwoPhaseNetwork:
        """Return an untrained network."""
        return TwoPhaseNetwork(self.sizes, ticks=self.ticks, code=self.code, seed=seed)

    def encoder(self, net: TwoPhaseNetwork) -> Latency:
        """Return what turns features into spikes of the network's first window."""
        return Latency(t_max=net.window, threshold=self.threshold)

    def fit(self, net: TwoPhaseNetwork, dataset: Dataset[Any], **more: Any) -> History:  # noqa: ANN401
        """Train in place; `more` goes to `firstspike.two_phase.train` (seed, progress, ...)."""
        half = self.epochs // 2
        rounding = QuantizedTraining(weight_bits=self.weight_bits, tick=net.tick, start=half)
        return train(
            net,
            with_shifts(dataset) if self.shifts else dataset,
            encoder=self.encoder(net),
            optimizer=Adam(lr=self.lr, schedule=Cosine()),
            epochs=self.epochs,
            batch_size=self.batch_size,
            dropout=self.dropout,
            input_dropout=self.input_dropout,
            relaxation=5,
            constraints=[rounding],
            **more,
        )

    def integer(self, net: TwoPhaseNetwork, *, seed: int) -> IntegerNetwork:
        """Return the integer network that a trained one is, with notes on where it comes from."""
        notes = {"dataset": self.data, "encoder": describe(self.encoder(net)), "seed": seed}
        made = to_integer(net, weight_bits=self.weight_bits)
        return replace(made, meta={**made.meta, **notes})
