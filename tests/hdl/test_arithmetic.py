"""Multiplication by constants."""

import itertools
import random

from amaranth.hdl import Module, Signal, signed
from amaranth.sim import Simulator
from hypothesis import given
from hypothesis import strategies as st

from firstspike.hdl.cores.arithmetic import scaled, signed_digits


@given(st.integers(0, 2**16))
def test_digits_add_up_and_are_never_neighbours(constant):
    digits = signed_digits(constant)
    assert sum(sign << shift for shift, sign in digits) == constant
    shifts = [shift for shift, _ in digits]
    assert all(later - earlier >= 2 for earlier, later in itertools.pairwise(shifts))


def test_scaled_multiplies():
    rng = random.Random(0)
    constants = [0, 1, 2, 3, 4095, 4096, 65536, *(rng.randrange(65537) for _ in range(40))]
    value = Signal(signed(20))
    m = Module()
    products = []
    for index, constant in enumerate(constants):
        product = Signal(signed(40), name=f"product_{index}")
        m.d.comb += product.eq(scaled(value, constant))
        products.append(product)

    async def testbench(ctx):
        for given_value in [0, 1, -1, 2**19 - 1, -(2**19), *(rng.randrange(2**20) - 2**19,) * 20]:
            ctx.set(value, given_value)
            for constant, product in zip(constants, products, strict=True):
                assert ctx.get(product) == given_value * constant

    sim = Simulator(m)
    sim.add_testbench(testbench)
    sim.run()
