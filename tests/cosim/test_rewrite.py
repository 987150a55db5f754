"""The C++ of a model is changed in its form only, and anything unknown is refused."""

import pytest

from firstspike.errors import ToolError
from firstspike.hdl.cosim.rewrite import by_edge

MODEL = """struct p_top : public module {
\tmemory<9> memory_p_m { 20u };
\twire<4> p_whole;
\twire<4> p_parts;
\tbool posedge_p_clk() const {
\t\treturn !prev_p_clk.slice<0>().val() && p_clk.slice<0>().val();
\t}
\tbool eval(performer *performer = nullptr) override;
};
bool p_top::eval(performer *performer) {
\tbool converged = true;
\tbool posedge_p_clk = this->posedge_p_clk();
\t// what ? that : is
\tp_y = (p_a ? (p_b.curr ? value<2>{0u} : p_c) : add_uu<2>(p_d, (p_e ? p_f : p_g)));
\tif (posedge_p_clk) {
\t\tauto tmp_0 = memory_index(p_at.curr, 0, 20);
\t\tif (p_reads) {
\t\t\tif(tmp_0.valid) {
\t\t\t\tp_q.next = memory_p_m[tmp_0.index];
\t\t\t} else {
\t\t\t\tp_q.next = value<9> {};
\t\t\t}
\t\t}
\t\tp_r.next = p_y;
\t}
\tif (cell_p_lane->eval(performer)) {
\t} else {
\t\tconverged = false;
\t}
\tp_parts.next.slice<3,2>().concat(p_parts.next.slice<1,0>()) = p_whole.curr;
\treturn converged;
}
"""


def test_the_edge_becomes_a_constant():
    text = by_edge(MODEL)
    assert "template <bool posedge_p_clk> bool p_top::evaluate(performer *performer) {" in text
    assert "this->posedge_p_clk()" not in text
    assert "\tif (posedge_p_clk) cell_p_lane->eval(performer);\n" in text
    assert "static constexpr bool loops = false;" in text
    looping = MODEL.replace("bool converged = true", "bool converged = false")
    assert "static constexpr bool loops = true;" in by_edge(looping)


@pytest.mark.parametrize("lost", ["this->posedge_p_clk()", "override;", "bool p_top::eval"])
def test_another_form_is_refused(lost):
    with pytest.raises(ToolError, match="Yosys wrote C"):
        by_edge(MODEL.replace(lost, "something"))
