"""The one-page report of a demo run: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import html
from string import Template
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["render_report"]

PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff;
         max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; margin-bottom: 0.2rem; }
  h2 { font-size: 1.05rem; margin: 1.8rem 0 0.4rem; }
  .verdict { padding: 0.6rem 0.9rem; border-left: 0.3rem solid $colour; background: #f6f6f4; }
  table { border-collapse: collapse; width: 100%; }
  th { white-space: nowrap; }
  td, th { text-align: left; padding: 0.25rem 0.8rem 0.25rem 0; border-bottom: 1px solid #e4e4e0;
           vertical-align: top; font-weight: normal; }
  td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
  td.note, p.note { color: #666; font-size: 0.9rem; }
  .bar { display: inline-block; height: 0.7rem; background: #4c6a92; margin-right: 0.5rem; }
  .bar.after { background: #b5561f; }
  img { max-width: 100%; }
  pre { overflow-x: auto; }
  code { font-size: 0.9rem; }
</style>
</head>
<body>
<h1>$title</h1>
<p class="note">$subtitle</p>
<p class="verdict">$verdict</p>
$sections
</body>
</html>
""")


def render_report(
    *,
    title: str,
    subtitle: str,
    verdict: str,
    proven: bool,
    figures: Sequence[tuple[str, str, str]],
    before_after: Sequence[tuple[str, float, float]],
    raster_png: bytes,
    raster_note: str,
    seconds: Mapping[str, float],
    files: Mapping[str, str],
    commands: Sequence[str],
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    title, subtitle, verdict : str
        What was run, how, and what came of it.
    proven : bool
        Whether the verdict is the good one.
    figures : sequence of (name, value, note)
        The table of results.
    before_after : sequence of (name, before, after)
        Quantities that pruning changed, drawn as bars.
    raster_png : bytes
        Picture of one sample's spikes.
    raster_note : str
        Its caption.
    seconds : mapping of str to float
        Wall-clock time of each stage in seconds.
    files : mapping of str to str
        What lies beside the report, and what it is.
    commands : sequence of str
        How to repeat parts of it.
    """
    sections = [
        _section("Figures", _table(figures)),
        _section("Before and after pruning on the chip", _bars(before_after)),
        _section("One sample on its way through the core", _picture(raster_png, raster_note)),
        _section("Files", _table([(name, "", what) for name, what in files.items()])),
        _section("Again, by hand", _code(commands)),
        _section("Time", _table([(k, f"{v:.1f} s", "") for k, v in seconds.items()])),
    ]
    return PAGE.substitute(
        title=html.escape(title),
        subtitle=html.escape(subtitle),
        verdict=html.escape(verdict),
        colour="#4c8a3f" if proven else "#b02a2a",
        sections="\n".join(sections),
    )


def _section(heading: str, body: str) -> str:
    return f"<h2>{html.escape(heading)}</h2>\n{body}"


def _table(rows: Sequence[tuple[str, str, str]]) -> str:
    lines = [
        f'<tr><th>{html.escape(name)}</th><td class="number">{html.escape(value)}</td>'
        f'<td class="note">{html.escape(note)}</td></tr>'
        for name, value, note in rows
    ]
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def _bars(quantities: Sequence[tuple[str, float, float]]) -> str:
    lines = []
    for name, before, after in quantities:
        largest = max(before, after) or 1.0
        for kind, value in (("before", before), ("after", after)):
            bar = f'<span class="bar {kind}" style="width:{18 * value / largest:.2f}rem"></span>'
            label = name if kind == "before" else ""
            lines.append(
                f'<tr><th>{html.escape(label)}</th><td class="note">{kind}</td>'
                f'<td class="number">{bar}{value:,.0f}</td></tr>'
            )
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def _picture(png: bytes, note: str) -> str:
    data = base64.b64encode(png).decode()
    return (
        f'<img alt="{html.escape(note)}" src="data:image/png;base64,{data}">\n'
        f'<p class="note">{html.escape(note)}</p>'
    )


def _code(commands: Sequence[str]) -> str:
    return "<pre><code>" + "\n".join(html.escape(c) for c in commands) + "</code></pre>"


def summary_rows(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Turn the demo's result into rows of name, value and note, for page and terminal alike."""
    percent = "{:.1%}".format
    return [
        ("float accuracy", percent(result["float_accuracy"]), "exact simulation, test split"),
        ("integer accuracy", percent(result["integer_accuracy"]), "integer simulator"),
        ("pruned accuracy", percent(result["pruned_accuracy"]), "integer simulator"),
        (
            "synapses",
            f"{result['synapses_live']:,} of {result['synapses_total']:,}",
            f"{1 - result['synapses_live'] / result['synapses_total']:.1%} pruned on the chip",
        ),
        (
            "cycles per inference",
            f"{result['cycles_per_inference_before']:,.0f} to "
            f"{result['cycles_per_inference_after']:,.0f}",
            f"{result['cycles_per_inference_before'] / result['cycles_per_inference_after']:.1f} "
            "times fewer, counted in the core",
        ),
        (
            "spikes per neuron",
            f"{result['spikes_per_neuron']:.2f}",
            "until the decision; at most 1 each",
        ),
        ("tie rate", percent(result["tie_rate"]), "more than one output in the deciding tick"),
        ("silent rate", percent(result["silent_rate"]), "no output spike at all"),
        (
            "core against simulator",
            f"{result['rtl_mismatches']} mismatches",
            f"{result['rtl_samples']} samples on {result['rtl_engine']}, before and after pruning: "
            "every output spike, decision, tie flag and cycle count",
        ),
    ]
