"""How the output spikes become a decision."""

from dataclasses import dataclass

__all__ = ["FirstSpike"]


@dataclass(frozen=True)
class FirstSpike:
    """The output neuron that fires first decides.

    Within the first tick in which outputs fire, the largest margin ``U - threshold`` wins, then the
    lowest index. If none fires, the largest margin after the last tick decides, marked as silent.

    Examples
    --------
    >>> from firstspike import FirstSpike
    >>> FirstSpike()
    FirstSpike()
    """
