"""A recipe: everything between a data set and a network that fits the hardware."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from firstspike.models import Network
from firstspike.prune import prune
from firstspike.quant.quantize import quantize
from firstspike.train.fit import train

if TYPE_CHECKING:
    from firstspike.datasets import Dataset
    from firstspike.encoders import Encoder
    from firstspike.integer_network import IntegerNetwork
    from firstspike.losses import Loss, SilentHinge
    from firstspike.models.readout import Readout
    from firstspike.models.stack import Spiking
    from firstspike.optim import Optimizer
    from firstspike.train.augment import Augment
    from firstspike.train.history import History
    from firstspike.train.learned import Learned
    from firstspike.train.plan import Constraint

__all__ = ["FloatRecipe", "Recipe", "Stage"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Arguments of one call of `firstspike.train`.

    Parameters
    ----------
    epochs, batch_size : int
        Length of the stage and samples per step.
    loss : Loss
        Loss on spike times, a readout or the tape.
    silent : SilentHinge
        Loss on neurons without a spike.
    optimizer : Optimizer
        Update rule and schedule.
    learn : tuple of str or Learned, optional
        What is learned.
    until : float, optional
        End of a trial in seconds.
    augment : tuple of Augment
        Disturbances of the input.
    constraints : tuple of Constraint
        Sparsity and rounding.
    slope_guard : float, optional
        Smallest slope a spike is credited with.

    Examples
    --------
    >>> from firstspike.train.recipes import recipe
    >>> recipe("yin_yang").float_stage.epochs
    200
    """

    epochs: int
    batch_size: int
    loss: Loss
    silent: SilentHinge
    optimizer: Optimizer
    learn: tuple[str | Learned, ...] | None = None
    until: float | None = None
    augment: tuple[Augment, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    slope_guard: float | None = None

    def run(self, net: Network, dataset: Dataset[Any], **more: Any) -> History:  # noqa: ANN401
        """Train `net` in place; `more` goes to `firstspike.train`."""
        settings = {item.name: getattr(self, item.name) for item in fields(self)}
        return train(net, dataset, **settings, **more)


@dataclass(frozen=True, kw_only=True)
class FloatRecipe:
    """From a data set to a trained network.

    Parameters
    ----------
    task : str
        Name of the recipe.
    layers : tuple of LIF or of Ramp, the last of which may be a Readout
        The network.
    encoder : Encoder, optional
        From inputs to spikes; None where the inputs are spikes.
    float_stage : Stage
        How it is trained.
    source : str, optional
        Name of the data set, where it is not that of the recipe.

    Examples
    --------
    >>> from firstspike.train.recipes import float_recipe
    >>> float_recipe("pen_digits").data
    'pen_digits'
    """

    task: str
    layers: tuple[Spiking | Readout, ...]
    encoder: Encoder | None
    float_stage: Stage
    source: str | None = None

    @property
    def data(self) -> str:
        """Name of the data set, see `firstspike.datasets.load`."""
        return self.task if self.source is None else self.source

    def network(self, *, seed: int) -> Network:
        """Return an untrained network."""
        return Network(self.layers, seed=seed)

    def fit(self, net: Network, dataset: Dataset[Any], **more: Any) -> History:  # noqa: ANN401
        """Train in floating point; `more` goes to `firstspike.train` (seed, threads, ...)."""
        return self.float_stage.run(net, dataset, encoder=self.encoder, **more)


@dataclass(frozen=True, kw_only=True)
class Recipe(FloatRecipe):
    """From a data set to a network that fits the hardware.

    First the network is trained in floating point (`fit`), then it is made sparse and used to
    rounded weights and the hardware's clock (`adapt`), then turned into integers (`quantize`), and
    finally its useless synapses are dropped (`prune`).

    Parameters
    ----------
    task, layers, encoder, float_stage, source
        As those of `FloatRecipe`.
    integer_stage : Stage
        How a trained network is adapted.
    weight_bits : int
        Width of the integer weights.
    ticks : int
        Ticks of a sample.
    tick_seconds : float
        Duration of a tick in seconds.
    prune_threshold : int
        Synapses with a smaller magnitude are dropped.

    Examples
    --------
    >>> import firstspike as fs
    >>> from firstspike.train.recipes import recipe
    >>> digits = recipe("digits")
    >>> digits.network(seed=0)
    <Network 64-120-10, float32>
    """

    layers: tuple[Spiking, ...]
    encoder: Encoder
    integer_stage: Stage
    weight_bits: int
    ticks: int
    tick_seconds: float
    prune_threshold: int = 1

    def adapt(self, net: Network, dataset: Dataset[Any], **more: Any) -> History:  # noqa: ANN401
        """Make a trained network sparse and rounded; `more` goes to `firstspike.train`."""
        return self.integer_stage.run(net, dataset, encoder=self.encoder, **more)

    def quantize(self, net: Network) -> IntegerNetwork:
        """Turn an adapted network into integers; its weights come out unchanged."""
        return quantize(
            net,
            ticks=self.ticks,
            tick_seconds=self.tick_seconds,
            weight_bits=self.weight_bits,
            meta={"task": self.task},
        )

    def prune(self, network: IntegerNetwork) -> IntegerNetwork:
        """Drop the synapses that do nothing, as the core does on command."""
        return prune(network, threshold=self.prune_threshold)
