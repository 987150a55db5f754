"""The plot of errors against a step."""

import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError


def test_every_error_and_the_first_order_are_drawn():
    ax = fs.plots.convergence([0.1, 1.0], {"a": [0.02, 0.2], "b": [1e-3, 1e-1]})
    lines = {line.get_label(): line.get_ydata().tolist() for line in ax.get_lines()}
    assert lines == {"a": [0.02, 0.2], "b": [1e-3, 1e-1], "first order": pytest.approx([0.02, 0.2])}
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert fs.plots.to_png(ax).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("steps", "errors", "kind", "message"),
    [
        ([], {"a": []}, DomainError, "at least 1"),
        ([1.0], {}, DomainError, "at least 1"),
        ([1.0, 0.0], {"a": [1, 1]}, DomainError, "above 0"),
        ([1.0], {"a": [float("nan")]}, DomainError, "above 0"),
        ([1.0, 2.0], {"a": [1.0]}, ShapeError, "one per step"),
    ],
)
def test_what_cannot_be_drawn_is_named(steps, errors, kind, message):
    with pytest.raises(kind, match=message):
        fs.plots.convergence(steps, errors)
