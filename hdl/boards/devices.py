"""Devices that reports are made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from firstspike.errors import DomainError

__all__ = ["DEVICES", "Device", "Family", "find_device"]

Family: TypeAlias = Literal["ecp5", "ice40", "xilinx"]


@dataclass(frozen=True)
class Device:
    """An FPGA: what it has, and what place and route calls it.

    Parameters
    ----------
    name : str
        What the command line calls it.
    part : str
        What its maker calls it.
    family : str
        ``ecp5``, ``ice40`` or ``xilinx``.
    lut, ff, bram : int
        Look-up tables, flip-flops, block RAMs.
    bram_bits : int
        Data bits of a block RAM, without those for parity.
    place : tuple of str
        Options of nextpnr; empty where there is no open tool for place and route.
    """

    name: str
    part: str
    family: Family
    lut: int
    ff: int
    bram: int
    bram_bits: int
    place: tuple[str, ...]


_ECP5 = ("--package", "CABGA381", "--speed", "6")

#: By name. Sizes from the makers' data sheets; a Xilinx RAMB36 counts as two RAMB18.
DEVICES = {
    device.name: device
    for device in (
        Device("ecp5-25k", "LFE5U-25F", "ecp5", 24_288, 24_288, 56, 16_384, ("--25k", *_ECP5)),
        Device("ecp5-85k", "LFE5U-85F", "ecp5", 83_640, 83_640, 208, 16_384, ("--85k", *_ECP5)),
        Device(
            "ice40-hx8k",
            "iCE40HX8K",
            "ice40",
            7_680,
            7_680,
            32,
            4_096,
            ("--hx8k", "--package", "ct256"),
        ),
        Device(
            "ice40-up5k",
            "iCE40UP5K",
            "ice40",
            5_280,
            5_280,
            30,
            4_096,
            ("--up5k", "--package", "sg48"),
        ),
        Device("xc7", "XC7A35T", "xilinx", 20_800, 41_600, 100, 16_384, ()),
    )
}


def find_device(name: str) -> Device:
    """Return a device by name.

    Raises
    ------
    DomainError
        If there is none of this name.
    """
    if name not in DEVICES:
        msg = f"device is {name!r}, expected one of {', '.join(DEVICES)}"
        raise DomainError(msg)
    return DEVICES[name]
