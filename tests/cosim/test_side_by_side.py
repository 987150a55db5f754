"""What a model does in a cycle is put in an order, and into functions, that change no value."""

import pytest

from firstspike.errors import ToolError
from firstspike.hdl.cosim import pieces
from firstspike.hdl.cosim.pieces import side_by_side
from firstspike.hdl.cosim.schedule import outputs, rising_edge
from firstspike.hdl.cosim.statements import model_of

HEAD = """#include <cxxrtl/cxxrtl.h>

namespace top {

// \\top: 1
struct p_top : public module {
\tmemory<9> memory_p_m { 20u };
\twire<4> p_a;
\twire<4> p_b;
\twire<9> p_q;
\twire<4> p_loop;
\t/*input*/ value<4> p_in;
\t/*output*/ value<4> p_out;
\tbool posedge_p_clk() const {
\t\treturn !prev_p_clk.slice<0>().val() && p_clk.slice<0>().val();
\t}
\tp_top(interior) {}
\tp_top() {
\t\treset();
\t};

\tvoid reset() override;

\tbool eval(performer *performer = nullptr) override;

\ttemplate<class ObserverT>
\tbool commit(ObserverT &observer) {
\t\tbool changed = false;
\t\treturn changed;
\t}

\tbool commit() override {
\t\treturn commit<>(observer);
\t}
}; // struct p_top

void p_top::reset() {
\tp_a = wire<4>{1u};
}

"""
EVALUATION = """bool p_top::eval(performer *performer) {
\tbool converged = true;
\tbool posedge_p_clk = this->posedge_p_clk();
\tvalue<4> p_y;
\tvalue<4> p_unused;
\t// what ? that : is
\tp_y = (p_a.curr ? (p_b.curr ? value<4>{0u} : p_in) : p_b.curr);
\tp_unused = p_y;
\tp_loop.next.slice<3,2>() = p_loop.curr.slice<1,0>().val();
\tp_loop.next.slice<1,0>() = p_a.curr.slice<1,0>().val();
\tp_out = p_a.curr;
\tif (posedge_p_clk) {
\t\tauto tmp_0 = memory_index(p_a.curr, 0, 20);
\t\tif (tmp_0.valid) {
\t\t\tmemory_p_m.update(tmp_0.index, p_q.curr, p_in, 1);
\t\t}
\t}
\tif (posedge_p_clk) {
\t\tauto tmp_1 = memory_index(p_b.curr, 0, 20);
\t\tif (tmp_1.valid) {
\t\t\tmemory_p_m.update(tmp_1.index, p_q.curr, p_in, 0);
\t\t}
\t}
\tif (posedge_p_clk) {
\t\tauto tmp_2 = memory_index(p_in, 0, 20);
\t\tif (p_y) {
\t\t\tif(tmp_2.valid) {
\t\t\t\tvalue<9> tmp_3 = memory_p_m[tmp_2.index];
\t\t\t\tp_q.next = tmp_3;
\t\t\t} else {
\t\t\t\tp_q.next = value<9> {};
\t\t\t}
\t\t}
\t}
\tif (posedge_p_clk) {
\t\tp_a.next = p_b.curr;
\t}
\tif (posedge_p_clk) {
\t\tp_b.next = add_uu<4>(p_a.curr, p_loop.curr);
\t}
\treturn converged;
}

} // namespace top
"""
MODEL = HEAD + EVALUATION


def lines(steps):
    return [line.strip() for step in steps for line in step.text.splitlines()]


def test_a_choice_is_made_by_every_copy():
    source = side_by_side("top", MODEL)["top_0.cpp"]
    assert " ? " not in source
    assert "p_y = mux(p_a.curr(), mux(p_b.curr(), value<4>{0u}, p_in), p_b.curr());" in source
    assert "{ const auto gate = p_y;" in source
    assert "p_q = mux(gate, tmp_3, p_q.curr());" in source


def test_nothing_is_computed_that_nobody_needs():
    text = lines(rising_edge(model_of(MODEL)))
    assert not any("p_unused" in line or "p_out" in line for line in text)
    assert lines(outputs(model_of(MODEL))) == ["p_out = p_a.curr();"]


def test_an_output_of_a_cell_that_nobody_hears_is_left_out():
    place = "\tp_unused = p_y;\n"
    assert place in MODEL
    told = "\tvalue<1>() = cell_p_lane->p_o.curr;\n"
    assert side_by_side("top", MODEL.replace(place, place + told)) == side_by_side("top", MODEL)


def test_two_registers_that_need_each_other():
    text = lines(rising_edge(model_of(MODEL)))
    first = next(line.partition(" = ")[0] for line in text if line.startswith(("p_a =", "p_b =")))
    expected = {"p_a": "p_b = add_uu<4>(old_p_a, p_loop);", "p_b": "p_a = old_p_b;"}
    assert f"old_{first} = {first}.curr();" in text
    assert text.index(expected[first]) > text.index(f"old_{first} = {first}.curr();")


def test_memories_are_read_before_they_are_written_the_winner_last():
    text = lines(rising_edge(model_of(MODEL)))
    places = [at for at, line in enumerate(text) if "memory_p_m" in line]
    assert "memory_p_m[tmp_2.index]" in text[places[0]]
    assert [text[at][-3] for at in places[1:]] == ["0", "1"]


def test_bits_of_a_wire_are_told_apart():
    model = model_of(MODEL)
    assert model.values["p_loop"] == 4
    text = lines(rising_edge(model))
    low, high = (
        text.index(next(line for line in text if line.startswith(f"p_loop.slice<{bits}")))
        for bits in ("1,0", "3,2")
    )
    assert low < high
    assert text[high] == "p_loop.slice<3,2>() = p_loop.slice<1,0>().val();"


def test_a_wire_that_depends_on_itself_is_refused():
    with pytest.raises(ToolError, match="depends on itself"):
        side_by_side("top", MODEL.replace("p_loop.curr.slice<1,0>", "p_loop.curr.slice<2,1>"))


def test_values_of_several_functions_become_members(monkeypatch):
    whole = side_by_side("top", MODEL)
    assert "value<4> p_y;" in whole["top_0.cpp"]
    assert "value<4> p_y;" not in whole["top.h"]
    monkeypatch.setattr(pieces, "FUNCTION", 1)
    monkeypatch.setattr(pieces, "FILE", 1)
    cut = side_by_side("top", MODEL)
    assert "value<4> p_loop;" in cut["top.h"]
    assert len(cut) > 4
    assert "memory<9, 20u> memory_p_m;" in cut["top.h"]
    assert "commit" not in cut["top.h"]


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ("bool p_top::eval", "int p_top::eval"),
        ("\tp_unused = p_y;", "\tp_unused += p_y;"),
        ("p_a.next = p_b.curr;", "p_a.next = p_b.curr;\n\t\tp_q.next = p_q.curr;"),
    ],
)
def test_another_form_is_refused(known, unknown):
    with pytest.raises(ToolError, match="Yosys wrote C"):
        side_by_side("top", MODEL.replace(known, unknown))
