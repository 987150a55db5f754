"""What a verification found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["VerifyReport"]


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """Outcome of `verify`.

    Parameters
    ----------
    engine : str
        What ran the hardware: ``cxxrtl``, ``icarus`` or ``verilator``.
    samples : int
        Number of samples; each was run several times, see `passes`.
    passes : tuple of str
        What was done with all samples, in order.
    mismatches : int
        Number of differences found, of any kind.
    findings : tuple of str
        The first of them.
    synapses_total, synapses_live : int
        Synapses before and after pruning on chip.
    cycles_before, cycles_after : float
        Mean cycles per inference with early exit, before and after pruning.
    accuracy_before, accuracy_after : float or None
        Share of right verdicts of the hardware, if labels were given.
    clock_cycles : int
        Clock cycles that were run in all passes together.
    build_seconds, run_seconds : float
        Wall time of compiling and of running.
    notes : tuple of str, default ()
        What went otherwise than it should, but makes nothing wrong.
    """

    engine: str
    samples: int
    passes: tuple[str, ...]
    mismatches: int
    findings: tuple[str, ...]
    synapses_total: int
    synapses_live: int
    cycles_before: float
    cycles_after: float
    accuracy_before: float | None
    accuracy_after: float | None
    clock_cycles: int
    build_seconds: float
    run_seconds: float
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing differed."""
        return self.mismatches == 0

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return asdict(self) | {"passed": self.passed}
