"""`firstspike demo`: from digits to a proven core in about a minute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from firstspike import _files, plots
from firstspike._core import __version__
from firstspike.cli import figures, options, output
from firstspike.cli.group import Exit
from firstspike.cli.pipeline import first_light
from firstspike.cli.report import render_report, summary_rows
from firstspike.cli.stages import Stages
from firstspike.train.recipes import RECIPES, recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firstspike.cli.pipeline import FirstLight

__all__ = ["demo"]

FILES = {
    "float.safetensors": "the trained network",
    "integer.safetensors": "the integer network, before pruning",
    "pruned.safetensors": "the integer network, after pruning",
    "core/rtl/core.v": "the core in Verilog; memory images lie beside it",
    "core/tb/tb.v": "its self-checking testbench; core/README.md says how to run it",
    "core/manifest.json": "ports, widths, layout, checksums",
    "raster.png": "the picture above",
    "result.json": "the figures above",
}


@click.command()
@click.option(
    "--out",
    type=options.FOLDER,
    default=Path("build/demo"),
    show_default=True,
    help="Where the files go.",
)
@click.option("--data", type=click.Choice(sorted(RECIPES)), default="digits", show_default=True)
@click.option("--lanes", type=click.IntRange(1, 64), default=8, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--rtl-samples",
    type=click.IntRange(min=1),
    help="How many test samples the core runs; all of them by default.",
)
@options.threads_option
@output.json_option
@click.pass_context
def demo(
    ctx: click.Context,
    *,
    out: Path,
    data: str,
    lanes: int,
    seed: int,
    rtl_samples: int | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """From digits to a proven core, in about a minute.

    Trains on the embedded digits, quantises, generates a core, prunes on the chip and compares the
    core with the integer simulator on the whole test split, before and after. Leaves a folder with
    the networks, the Verilog and its testbench, a raster plot and a one-page report. Exits with 1
    if the core and the integer simulator differ anywhere.
    """
    out.mkdir(parents=True, exist_ok=True)
    stages = Stages(quiet=as_json)
    light = first_light(
        recipe(data), out, stages, seed=seed, lanes=lanes, threads=threads, rtl_samples=rtl_samples
    )
    result: dict[str, Any] = light.figures()
    with stages.stage("report"):
        picture, caption = _raster(light)
        _files.write_atomically(out / "raster.png", picture)
        context = {"data": data, "seed": seed, "out": out, "caption": caption}
        page = _page(light, result, context | {"seconds": stages.seconds}, picture)
        _files.write_atomically(out / "report.html", page.encode())
    result |= {"seconds": stages.seconds, "output_dir": str(out)}
    _files.write_atomically(out / "result.json", output.to_json(result).encode())
    if as_json:
        output.print_json(result)
    else:
        output.print_table(summary_rows(result), title=_verdict(light))
        total = sum(stages.seconds.values())
        output.say(f"{total:.0f} s. Open {out / 'report.html'}")
    for finding in light.proof.findings:
        click.echo(finding, err=True)
    if not light.proof.passed:
        ctx.exit(int(Exit.MISMATCH))


def _verdict(light: FirstLight) -> str:
    proof = light.proof
    if proof.passed:
        return (
            f"The core equals the integer simulator on {proof.samples} samples, "
            "before and after pruning"
        )
    return f"The core differs from the integer simulator: {proof.mismatches} mismatches"


def _raster(light: FirstLight) -> tuple[bytes, str]:
    """Draw a sample that is decided rightly, in the pruned network."""
    run, test = light.pruned_run, light.test
    right = (run.decisions == test.labels) & ~run.silent
    sample = int(right.argmax())
    one = light.spikes[sample : sample + 1]
    ax = figures.sample_raster(light.pruned, one, early_exit=False, classes=test.classes)
    label = test.classes[test.labels[sample]]
    caption = (
        f"Test sample {sample}, labelled {label}, in the pruned network; one tick per spike. The "
        "core stops at the dashed line."
    )
    return plots.to_png(ax), caption


def _page(
    light: FirstLight, result: Mapping[str, Any], context: Mapping[str, Any], picture: bytes
) -> str:
    data, seed, out = context["data"], context["seed"], context["out"]
    sizes = "-".join(str(n) for n in _sizes(light))
    net = light.pruned
    return render_report(
        title=f"firstspike on {data}",
        subtitle=(
            f"firstspike {__version__}, network {sizes}, {net.ticks} ticks of "
            f"{net.tick_seconds * 1e6:.4g} µs, {net.layers[0].weight_bits}-bit weights, seed {seed}"
        ),
        verdict=_verdict(light) + ".",
        proven=light.proof.passed,
        figures=summary_rows(result),
        before_after=[
            ("synapses", result["synapses_total"], result["synapses_live"]),
            (
                "cycles per inference",
                result["cycles_per_inference_before"],
                result["cycles_per_inference_after"],
            ),
        ],
        raster_png=picture,
        raster_note=context["caption"],
        seconds=context["seconds"],
        files=FILES,
        commands=[
            f"firstspike evaluate {out / 'pruned.safetensors'}",
            f"firstspike simulate {out / 'pruned.safetensors'} --raster sample.png --sample 7",
            f"firstspike hdl verify {out / 'core'}",
            f"make -C {out / 'core'} sim",
        ],
    )


def _sizes(light: FirstLight) -> list[int]:
    return [light.pruned.n_sources, *(layer.n_targets for layer in light.pruned.layers)]
