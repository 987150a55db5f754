"""Boards: a device, a clock, and where clock and serial line are connected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstspike.errors import DomainError
from firstspike.hdl.boards.devices import DEVICES

if TYPE_CHECKING:
    from firstspike.hdl.boards.devices import Device

__all__ = ["BOARDS", "Board", "find_board"]


@dataclass(frozen=True)
class Board:
    """A board with a serial line to a computer.

    Parameters
    ----------
    name : str
        What the command line calls it.
    text : str
        What it is.
    device : Device
        Its FPGA.
    place : tuple of str
        Options of nextpnr.
    megahertz : float
        Its clock.
    clk, rx, tx : str
        Pins of the clock, of the line from the computer and of the line to it.
    """

    name: str
    text: str
    device: Device
    place: tuple[str, ...]
    megahertz: float
    clk: str
    rx: str
    tx: str

    @property
    def pins(self) -> str:
        """Name of the file with the pins."""
        return f"{self.name}.{'lpf' if self.device.family == 'ecp5' else 'pcf'}"

    def constraints(self) -> str:
        """Return the pins in the language of the device's family."""
        pins = {"clk": self.clk, "rx": self.rx, "tx": self.tx}
        if self.device.family == "ice40":
            return "".join(f"set_io {port} {pin}\n" for port, pin in pins.items())
        lines = [f'FREQUENCY PORT "clk" {self.megahertz:g} MHZ;']
        for port, pin in pins.items():
            lines += [
                f'LOCATE COMP "{port}" SITE "{pin}";',
                f'IOBUF PORT "{port}" IO_TYPE=LVCMOS33;',
            ]
        return "\n".join(lines) + "\n"


def _ulx3s(size: str) -> Board:
    return Board(
        name=f"ulx3s-{size}",
        text=f"Radiona ULX3S with an LFE5U-{size[:2]}F",
        device=DEVICES[f"ecp5-{size}"],
        place=(f"--{size}", "--package", "CABGA381", "--speed", "6"),
        megahertz=25.0,
        clk="G2",
        rx="M1",
        tx="L4",
    )


#: By name. Pins as in the boards' own constraint files.
BOARDS = {
    board.name: board
    for board in (
        _ulx3s("25k"),
        _ulx3s("85k"),
        Board(
            name="icebreaker",
            text="1BitSquared iCEBreaker with an iCE40UP5K",
            device=DEVICES["ice40-up5k"],
            place=("--up5k", "--package", "sg48"),
            megahertz=12.0,
            clk="35",
            rx="6",
            tx="9",
        ),
        Board(
            name="ice40-hx8k-b-evn",
            text="Lattice breakout board with an iCE40HX8K",
            device=DEVICES["ice40-hx8k"],
            place=("--hx8k", "--package", "ct256"),
            megahertz=12.0,
            clk="J3",
            rx="B10",
            tx="B12",
        ),
    )
}


def find_board(name: str) -> Board:
    """Return a board by name.

    Raises
    ------
    DomainError
        If there is none of this name.
    """
    if name not in BOARDS:
        msg = f"board is {name!r}, expected one of {', '.join(BOARDS)}"
        raise DomainError(msg)
    return BOARDS[name]
