"""What training is called with, looked at before anything is computed."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from typing import Any

from firstspike import _checks
from firstspike.errors import DomainError

__all__ = ["check_kinds", "items"]

OF_DATA = "a data set, such as firstspike.datasets.load gives"

#: By name: the methods that are called, and what to give.
NEEDED = {
    "net": (("forward", "backward"), "a firstspike.Network"),
    "dataset": (("encode",), OF_DATA),
}
OPTIONAL = {
    "encoder": (("__call__",), "an encoder such as firstspike.encoders.Latency(t_max=20e-3)"),
    "optimizer": (("init",), "an optimizer such as firstspike.optim.Adam()"),
    "validation": (("encode",), OF_DATA),
    "engine": (("open",), "firstspike.train.Fused() or firstspike.train.Composable()"),
}
ITEMS = {
    "augment": ("code", "disturbances such as firstspike.train.InputDropout(0.1)"),
    "constraints": ("__call__", "constraints such as firstspike.train.ProximalL1(0.02)"),
    "remedies": ("begin_epoch", "remedies such as firstspike.train.SilentLift(0.1)"),
    "callbacks": ("__call__", "functions of an epoch's record and the network"),
}


def check_kinds(**arguments: object) -> None:
    """Refuse arguments that lack what will be asked of them."""
    for name, value in arguments.items():
        if name in NEEDED:
            _checks.offering(name, value, *NEEDED[name])
        elif value is not None:
            _checks.offering(name, value, *OPTIONAL[name])


def items(name: str, values: Iterable[Any]) -> tuple[Any, ...]:
    """Return the items of a sequence after a look at each."""
    method, expected = ITEMS[name]
    if not isinstance(values, Iterable):
        msg = f"{name} is {reprlib.repr(values)}, expected a sequence of {expected}"
        raise DomainError(msg)
    found = tuple(values)
    for place, item in enumerate(found):
        _checks.offering(f"{name}[{place}]", item, (method,), expected)
    return found
