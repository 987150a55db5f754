"""`firstspike hdl generate`: from an integer network to a folder of Verilog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from firstspike.cli import networks, options, output
from firstspike.cli.per_layer import per_layer
from firstspike.hdl import generate as generate_core
from firstspike.hdl.banks import BANKS, BankName
from firstspike.hdl.boards import BOARDS, DEVICES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["generate"]

TESTBENCH_SAMPLES = 40


def _lanes(ctx: click.Context, parameter: click.Parameter, value: str) -> Any:  # noqa: ANN401
    """Parse one number, one per layer, or ``auto``."""
    return value if value == "auto" else per_layer(int)(ctx, parameter, value)


def _bank_names(ctx: click.Context, param: click.Parameter, value: str) -> list[str] | str:
    names = value.split(",")
    if not set(names) <= set(BANKS):
        msg = f"{value!r}, expected {', '.join(BANKS)} with commas between"
        raise click.BadParameter(msg, ctx, param)
    return names[0] if len(names) == 1 else names


@click.command()
@click.argument("network", type=options.IN_FILE)
@click.option(
    "--out",
    type=options.FOLDER,
    required=True,
    help="Where the core goes: a new or empty folder, or that of an older core.",
)
@click.option(
    "--lanes",
    default="8",
    show_default=True,
    metavar="N[,N...]|auto",
    callback=_lanes,
    help="Synapses added per cycle, in every layer or in each; auto takes lanes and columns with "
    "which inference is fastest, of all that are expected to fit the device.",
)
@click.option(
    "--sweep",
    metavar="N[,N...]",
    callback=per_layer(int),
    help="Neurons that a lane advances per cycle; as many as fit a narrow memory by default.",
)
@click.option("--device", type=click.Choice(list(DEVICES)), help="Where the core has to fit.")
@click.option(
    "--board",
    type=click.Choice(list(BOARDS)),
    help="Where it has to fit; adds pins, a top module and make bitstream.",
)
@click.option(
    "--banks",
    default="list",
    show_default=True,
    metavar="NAME[,NAME...]",
    callback=_bank_names,
    help="How synapses are kept, in every layer or in each: list, dense, or smallest.",
)
@click.option(
    "--loadable", is_flag=True, help="Make room for any network of this shape, to be loaded later."
)
@click.option(
    "--prune-threshold",
    "thresholds",
    default="1",
    show_default=True,
    metavar="N[,N...]",
    callback=per_layer(int),
    help="What the testbench tells the core to prune with.",
)
@click.option(
    "--samples",
    type=click.IntRange(0, 100),
    default=TESTBENCH_SAMPLES,
    show_default=True,
    help="Samples of the test split in the testbench; corner cases are added.",
)
@options.data_options
@output.json_option
def generate(
    *,
    network: Path,
    out: Path,
    lanes: int | list[int] | Literal["auto"],
    sweep: int | list[int] | None,
    device: str | None,
    board: str | None,
    banks: list[BankName] | BankName,
    loadable: bool,
    thresholds: int | list[int],
    samples: int,
    data: str | None,
    root: Path | None,
    encoder: str | None,
    as_json: bool,
) -> None:
    """Turn an integer network into a folder of Verilog.

    Memory images and a testbench come with it. The Verilog uses no vendor primitives. The testbench
    checks itself, in Icarus Verilog and in Verilator alike; the README in the folder says how to
    run it. Equal input gives equal bytes.
    """
    net = networks.load_integer(network)
    spikes = None
    if samples and (data is not None or "dataset" in net.meta):
        test = options.dataset_of(net, data, root)[1]
        spikes = test[:samples].encode(networks.encoder_of(net, encoder))
    bundle = generate_core(
        net,
        out,
        lanes=lanes,
        sweep=sweep,
        banks=banks,
        loadable=loadable,
        device=device,
        board=board,
        samples=spikes,
        thresholds=thresholds,
    )
    result: dict[str, Any] = {
        "folder": str(bundle.path),
        "network": bundle.network.digest,
        "synapses": bundle.network.n_synapses,
        "layers": bundle.manifest["layers"],
        "tools": bundle.manifest["tools"],
        "files": sorted(bundle.manifest["files"]),
    }
    if as_json:
        output.print_json(result)
        return
    columns = ("sources", "neurons", "synapses", "lanes", "columns", "membrane_bits")
    rows = [
        (str(n), layer["bank"], *(f"{layer[name]:,}" for name in columns))
        for n, layer in enumerate(result["layers"])
    ]
    output.print_table(rows, ("layer", "bank", *(name.replace("_", " ") for name in columns)))
    output.say(
        f"Wrote {len(result['files'])} files to {bundle.path}; prove it equal with: "
        f"firstspike hdl verify {bundle.path}"
    )
