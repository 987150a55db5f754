"""Whether there is room for a core on a device, before anything is synthesized."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike.errors import FitError
from firstspike.hdl.boards.devices import DEVICES
from firstspike.hdl.fit.prices import Estimator, priced, shortage

if TYPE_CHECKING:
    from firstspike.hdl.boards.devices import Device
    from firstspike.hdl.build.resources import Resources
    from firstspike.hdl.fit.census import Census
    from firstspike.hdl.plan import CorePlan

__all__ = ["check_room", "estimate", "refusal"]


def estimate(plan: CorePlan, device: Device, *, shell: bool = True) -> Resources:
    """Estimate what a core takes on a device, without synthesis.

    Adders, comparisons, choices and registers of the design are counted and priced; every memory
    goes where Yosys would put it. For ECP5 and Xilinx look-up tables come out between 1 % less and
    25 % more than synthesis for wide cores, within 15 % for small ones, and block RAM was equal for
    every core that was tried; for iCE40 look-up tables were up to 39 % wrong, and block RAM up to
    five too many.

    Parameters
    ----------
    plan : CorePlan
        The core.
    device : Device
        The device.
    shell : bool, default True
        Whether ``core_wishbone`` and the serial line of `build` are part of it.

    Examples
    --------
    >>> import numpy as np
    >>> from firstspike.hdl import CorePlan
    >>> from firstspike.hdl.boards import DEVICES
    >>> from firstspike.hdl.fit import estimate
    >>> from firstspike.testing import random_network
    >>> network = random_network(np.random.default_rng(0), sizes=[64, 40, 10], ticks=16)
    >>> plans = [CorePlan.from_network(network, lanes=lanes) for lanes in (1, 8)]
    >>> small, large = [estimate(plan, DEVICES["ecp5-25k"]).lut for plan in plans]
    >>> 2 * small < large
    True
    """
    return priced(Estimator().core(plan), device.family, shell=shell)


def check_room(plan: CorePlan, device: Device) -> None:
    """Refuse a core that will not fit.

    Raises
    ------
    FitError
        If the estimate exceeds what the device has.
    """
    census = Estimator().core(plan)
    excess = shortage(priced(census, device.family, shell=True), device)
    if excess:
        raise FitError(refusal(excess, device, census))


def refusal(excess: dict[str, tuple[int, int]], device: Device, census: Census) -> str:
    """Say what there is too little of, by how much, and what to do about it."""
    needs = " and ".join(
        f"about {needed:,} {name} of {there:,} ({needed - there:,} too many, {needed / there:.2f} "
        "times what is there)"
        for name, (needed, there) in excess.items()
    )
    larger = [
        other.name
        for other in DEVICES.values()
        if not shortage(priced(census, other.family, shell=True), other)
    ]
    where = f"name a larger device ({', '.join(larger)})" if larger else "split the network"
    return (
        f"the core does not fit the {device.part} ({device.name}): with shell and serial line it "
        f"takes {needs}; use fewer lanes or columns (lanes='auto' chooses them), weights of fewer "
        f"bits, prune the network, or {where}"
    )
