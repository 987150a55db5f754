"""Leaky integrate-and-fire with an exponential synapse."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import data

from firstspike.hdl.cores.arithmetic import scaled, signed_digits
from firstspike.hdl.cores.programs.advance import Advance

if TYPE_CHECKING:
    from firstspike.hdl.plan import LayerPlan
    from firstspike.integer_network import LifProgram

__all__ = ["LifAdvance"]

#: Digits of a constant whose partial products one cycle can add.
DIGITS_PER_STAGE = 4


class LifAdvance(Advance):
    """``U <- (em*U + c*I + 2^(F-1)) >> F``, then ``I <- (es*I + 2^(F-1)) >> F``.

    Arrivals are added first, then constants are multiplied by adding shifted copies, in one cycle
    or two, then the products are rounded.
    """

    @classmethod
    def state_layout(cls, layer: LayerPlan) -> data.StructLayout:
        """Return membrane and current."""
        widths = layer.widths
        return data.StructLayout(
            {"u": signed(widths.membrane_bits), "i": signed(widths.current_bits)}
        )

    @classmethod
    def stages_of(cls, layer: LayerPlan) -> int:
        """Return 2, or 3 if a constant has many digits."""
        return 2 + (
            max(map(len, map(signed_digits, _constants(_program(layer))))) > DIGITS_PER_STAGE
        )

    def elaborate(self, platform: object) -> Module:
        """Build the pipeline."""
        m = Module()
        program = _program(self._layer)
        half = 1 << (program.shift - 1)

        i = Signal.like(self.state.i, reset_less=True)
        u = Signal.like(self.state.u, reset_less=True)
        m.d.sync += [i.eq(self.state.i + (self.arrived << program.guard)), u.eq(self.state.u)]

        products = [
            scaled(u, program.decay_mem),
            scaled(i, program.drive),
            scaled(i, program.decay_syn),
        ]
        if self.stages_of(self._layer) == 2:
            by_mem, driven, by_syn = (_registered(m, product) for product in products)
        else:
            values = zip((u, i, i), _constants(program), strict=True)
            by_mem, driven, by_syn = (_in_two(m, *pair) for pair in values)
        m.d.comb += [
            self.advanced.u.eq((by_mem + (driven + half)) >> program.shift),
            self.advanced.i.eq((by_syn + half) >> program.shift),
            self.potential.eq(self.advanced.u),
        ]
        return m


def _program(layer: LayerPlan) -> LifProgram:
    return cast("LifProgram", layer.program)


def _constants(program: LifProgram) -> tuple[int, int, int]:
    return program.decay_mem, program.drive, program.decay_syn


def _registered(m: Module, value: Value) -> Signal:
    register = Signal(value.shape(), reset_less=True)
    m.d.sync += register.eq(value)
    return register


def _in_two(m: Module, value: Value, constant: int) -> Signal:
    """Multiply in two cycles: groups of digits first, then their sum."""
    digits = signed_digits(constant)
    groups = [digits[at : at + DIGITS_PER_STAGE] for at in range(0, len(digits), DIGITS_PER_STAGE)]
    parts = [
        _registered(m, scaled(value, sum(sign << shift for shift, sign in group)))
        for group in groups or [[]]
    ]
    total: Value = parts[0]
    for part in parts[1:]:
        total = total + part
    return _registered(m, total)
