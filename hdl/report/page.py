"""A report as a folder: JSON, and a page to read with its pictures inside."""

from __future__ import annotations

import base64
import html
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from firstspike._files import write_atomically
from firstspike.hdl.report.energy import SOURCE

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from firstspike.hdl.report.measure import HardwareReport

__all__ = ["write_report"]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 56rem; margin: 2rem auto;
         padding: 0 1rem; }}
  table {{ border-collapse: collapse; }}
  td {{ padding: 0.25rem 1rem 0.25rem 0; border-bottom: 1px solid #e4e4e0; vertical-align: top; }}
  .verdict {{ padding: 0.6rem 0.9rem; border-left: 0.3rem solid {colour}; background: #f6f6f4; }}
  .note {{ color: #666; font-size: 0.9rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p class="verdict">{verdict}</p>
<table>
{rows}
</table>
{pictures}
<p class="note">{notes}</p>
</body>
</html>
"""


def write_report(
    out_dir: str | os.PathLike[str],
    given: HardwareReport,
    others: Sequence[HardwareReport] = (),
) -> tuple[Path, Path]:
    """Write ``report.json`` and ``report.html``; return their paths.

    Parameters
    ----------
    out_dir : path
        The folder; made if it is missing.
    given : HardwareReport
        The report.
    others : sequence of HardwareReport, optional
        Reports of the same network with other lanes, for a second picture.
    """
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    content = given.to_dict() | {"others": [other.to_dict() for other in others]}
    paths = folder / "report.json", folder / "report.html"
    write_atomically(paths[0], (json.dumps(content, indent=2) + "\n").encode())
    write_atomically(paths[1], _page(given, others).encode())
    return paths


def rows(given: HardwareReport) -> list[tuple[str, str]]:
    """Return the figures as people read them."""
    share = given.shares
    fmax = ", ".join(f"{value:.1f} MHz" for value in given.fmax_mhz) or "not placed"
    time = given.us_per_inference
    low, high = given.nanojoules
    fill = "-" if given.bram_fill is None else f"{given.bram_fill:.0%} full"
    cycles = given.cycles
    return [
        ("lanes", ", ".join(map(str, given.lanes))),
        ("LUT, core alone", f"{given.lut:,} ({share['lut']:.1%} of the device)"),
        ("FF, core alone", f"{given.ff:,} ({share['ff']:.1%})"),
        ("block RAM", f"{given.bram} ({share['bram']:.1%}), {fill}"),
        ("multipliers", str(given.dsp)),
        ("of these for pruning on chip", _pruning(given)),
        ("memory images", f"{given.memory_bits:,} bits"),
        ("Fmax with shell and harness", fmax),
        (
            "cycles per inference",
            f"{cycles['min']:.0f} to {cycles['max']:.0f}, mean {cycles['mean']:.1f}",
        ),
        ("time per inference", "-" if time is None else f"{time:.2f} us"),
        ("simulated", f"{given.samples} samples, {given.mismatches} mismatches"),
        ("synapses added per inference", f"{given.counts['additions']:.1f}"),
        ("energy, 45 nm chip, estimate", f"{low:.2f} to {high:.2f} nJ"),
        ("tools", "; ".join(given.tools.values())),
        *_mapping(given),
    ]


def _mapping(given: HardwareReport) -> list[tuple[str, str]]:
    """Say so if a design is larger and slower than it would have to be."""
    if not given.without_abc9:
        return []
    modules = " and ".join(given.without_abc9)
    return [("look-up tables", f"ABC9 broke off over {modules}: more and slower ones, of ABC")]


def _pruning(given: HardwareReport) -> str:
    cells = given.pruning
    if cells is None:
        return "not measured: Yosys failed, or ABC9 did, on the core that cannot prune itself"
    share = cells["lut"] / max(1, given.lut)
    return f"{cells['lut']:,} LUT ({share:.1%}), {cells['ff']:,} FF, {cells['bram']} block RAM"


def _page(given: HardwareReport, others: Sequence[HardwareReport]) -> str:
    pictures = [_sparsity(given)]
    if others:
        pictures.append(_lanes([given, *others]))
    notes = (
        "Fmax is that of core_wishbone behind a serial line, after place and route, worst clock, "
        "one figure per seed. Cycles are with early exit; the compiled core was run on every "
        "sample and its count equals the prediction unless mismatches are told. Energy: counts "
        f"times published energies of memory reads and additions, no wires, clock or leakage, and "
        f"not of this device. {SOURCE}."
    )
    return _PAGE.format(
        title=f"Core {given.network[:16]} on {html.escape(given.part)}",
        colour="#2b7a4b" if given.fits and not given.mismatches else "#a33",
        verdict=html.escape(given.verdict()),
        rows="\n".join(
            f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
            for name, value in rows(given)
        ),
        pictures="\n".join(pictures),
        notes=html.escape(notes),
    )


def _sparsity(given: HardwareReport) -> str:
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    left = [100 * share for _, share, _ in given.sparsity]
    axes.plot(left, [cycles for _, _, cycles in given.sparsity], "o-", color="#4c6a92")
    axes.set(xlabel="synapses left (%)", ylabel="mean cycles per inference", ylim=(0, None))
    axes.invert_xaxis()
    return _picture(figure, "Cycles against sparsity: all layers pruned with the same threshold")


def _lanes(reports: Sequence[HardwareReport]) -> str:
    ordered = sorted(reports, key=lambda one: sum(one.lanes))
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    lanes = [max(one.lanes) for one in ordered]
    axes.plot(lanes, [one.lut for one in ordered], "o-", color="#4c6a92")
    axes.set(xlabel="lanes", ylabel="LUT", ylim=(0, None))
    other = axes.twinx()
    times = [one.us_per_inference for one in ordered if one.us_per_inference is not None]
    timed = len(times) == len(ordered)
    values = times if timed else [one.cycles["mean"] for one in ordered]
    other.plot(lanes, values, "s--", color="#b5561f")
    other.set(ylabel="us per inference" if timed else "cycles per inference", ylim=(0, None))
    return _picture(figure, "Lanes against LUT (solid) and time (dashed)")


def _picture(figure: Figure, caption: str) -> str:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    text = base64.b64encode(content.getvalue()).decode()
    return f'<h2>{caption}</h2>\n<img alt="{caption}" src="data:image/png;base64,{text}">'
