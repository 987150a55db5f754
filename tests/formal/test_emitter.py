"""What the join chooses by, proved for all reports: the marks beside a token say what it is."""

import inspect
from types import ModuleType

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Value
from formal_tools import Bench, check, needs_formal

from firstspike.hdl.cores import emitter
from firstspike.hdl.cores.tokens import Kind
from firstspike.hdl.plan import CorePlan
from firstspike.testing import random_network

pytestmark = [pytest.mark.slow, needs_formal]

#: Sizes, columns and which of the layers: one that tells BEST, one that does not, and a wide one.
LAYERS = {"last": ([2, 2], 2, 0), "hidden": ([2, 2, 2], 2, 0), "wide": ([2, 18, 2], 18, 0)}

MARKED = ("telling.offers.eq(waiting & ~common)", "telling.offers.eq(~common)")
BEST = ("ends.eq(0), common.eq(0)]", "ends.eq(0)]")
LIES = [*((name, MARKED) for name in LAYERS), ("last", BEST)]


def built(name):
    """Return the plan of a layer."""
    sizes, columns, index = LAYERS[name]
    network = random_network(np.random.default_rng(0), sizes=sizes, ticks=2, weight_bits=2)
    sweep = [columns, 2][: len(sizes) - 1]
    return CorePlan.from_network(network, lanes=1, sweep=sweep).layers[index]


def telling(layer, module=emitter):
    """Return an emitter that hears any reports, is flushed at any time, and waits as it has to."""
    m = Bench()
    dut = module.Emitter(layer)
    m.submodules.dut = ResetInserter(m.any("flush"))(dut)
    m.d.comb += [
        Value.cast(dut.report).eq(m.any("report", len(Value.cast(dut.report)))),
        dut.heard.eq(m.any("heard")),
        dut.o.ready.eq(m.any("ready")),
    ]
    closes = (dut.o.p.kind == Kind.TICK) | (dut.o.p.kind == Kind.END)
    return m, dut, closes


def holds(layer, folder, module=emitter):
    m, dut, closes = telling(layer, module)
    m.always(dut.offers == (dut.o.valid & ~closes))
    m.always(dut.closes == (dut.o.valid & closes))
    return check(m, folder, mode="pdr")


@pytest.mark.parametrize("name", LAYERS)
def test_marks_say_what_is_offered(tmp_path, name):
    assert holds(built(name), tmp_path) == "PASS"


@pytest.mark.parametrize(("name", "lie"), LIES)
def test_wrong_marks_are_noticed(tmp_path, name, lie):
    right, wrong = lie
    source = inspect.getsource(emitter)
    assert source.count(right) == 1
    spoiled = ModuleType(emitter.__name__)
    exec(source.replace(right, wrong), spoiled.__dict__)
    assert holds(built(name), tmp_path, spoiled) == "FAIL"


@pytest.mark.parametrize("name", LAYERS)
def test_both_marks_are_seen(tmp_path, name):
    layer = built(name)
    m, dut, _ = telling(layer)
    m.reached(dut.offers & m.past(dut.closes))
    m.reached(dut.closes & m.past(dut.offers))
    if layer.last:
        m.reached(dut.offers & (dut.o.p.kind == Kind.BEST))
    assert check(m, tmp_path, mode="cover", depth=14) == "PASS"
