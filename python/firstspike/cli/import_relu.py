"""`firstspike import-relu`: from a perceptron trained anywhere to an integer network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import numpy as np

from firstspike import datasets
from firstspike.cli import options, output
from firstspike.errors import FormatError
from firstspike.integer_network import RampProgram, TableProgram
from firstspike.quant import from_relu

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["import_relu"]


@click.command("import-relu")
@click.argument("parameters", type=options.IN_FILE)
@click.option("--out", type=options.OUT_FILE, required=True, help="Where the integer network goes.")
@click.option("--data", type=click.Choice(datasets.NAMES), required=True, help="Its data set.")
@click.option(
    "--root",
    type=options.FOLDER,
    help="Folder with the data set's files; by default $FIRSTSPIKE_DATA, then a download.",
)
@click.option(
    "--ticks", type=click.IntRange(min=1), default=15, show_default=True, help="Ticks of a window."
)
@click.option(
    "--weight-bits",
    type=click.IntRange(2, 8),
    default=8,
    show_default=True,
    help="Width of the weights.",
)
@click.option(
    "--octave",
    type=click.IntRange(1, 8),
    metavar="M",
    help="Space values logarithmically, M ticks to a factor of two; evenly by default.",
)
@click.option(
    "--calibrate",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    metavar="N",
    help="Choose scales on the first N training samples.",
)
@options.threads_option
@output.json_option
def import_relu(
    *,
    parameters: Path,
    out: Path,
    data: str,
    root: Path | None,
    ticks: int,
    weight_bits: int,
    octave: int | None,
    calibrate: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Turn a perceptron with rectified linear units into a two-phase integer network.

    PARAMETERS is an .npz file with weights_0, weights_1, ... of shape (sources, targets) and
    biases_0, biases_1, ..., from any trainer, batch normalisation folded in. The inputs of the
    perceptron are the features of the data set, 0 to 1.
    """
    weights, biases = read_parameters(parameters)
    train, _ = datasets.load(data, root=root)
    known = train[:calibrate]
    integer = from_relu(
        weights,
        biases,
        inputs=known.inputs,
        labels=known.labels,
        ticks=ticks,
        weight_bits=weight_bits,
        program=RampProgram() if octave is None else TableProgram.of_base(octave),
        threads=threads,
        meta={"dataset": data},
    )
    integer.save(out)
    widths = integer.widths()
    result: dict[str, Any] = {
        "network": str(out),
        "digest": integer.digest,
        "ticks": integer.ticks,
        "synapses": integer.n_synapses,
        "layers": [
            {
                "weight_bits": layer.weight_bits,
                "scale": layer.scale,
                "membrane_bits": width.membrane_bits,
            }
            for layer, width in zip(integer.layers, widths, strict=True)
        ],
    }
    if as_json:
        output.print_json(result)
        return
    rows = [
        (str(n), *(f"{layer[key]:.4g}" for key in layer))
        for n, layer in enumerate(result["layers"])
    ]
    output.print_table(rows, ("layer", "weight bits", "scale", "membrane bits"), str(integer))
    output.say(f"Wrote {out}")


def read_parameters(path: Path) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """Read weights and biases, layer after layer.

    Raises
    ------
    FormatError
        If the file is truncated or foreign, or an array is missing.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:
        # numpy answers foreign files with whatever its parser stumbles over.
        msg = f"{path} is no .npz file with weights_0, biases_0, ...: {error}"
        raise FormatError(msg) from error
    count = len(arrays) // 2
    expected = {f"{kind}_{n}" for kind in ("weights", "biases") for n in range(count)}
    if not count or set(arrays) != expected:
        found = ", ".join(sorted(arrays)) or "nothing"
        msg = f"{path} holds {found}, expected weights_0 and biases_0, then weights_1 and biases_1"
        raise FormatError(f"{msg}, and so on")
    return (
        [arrays[f"weights_{n}"] for n in range(count)],
        [arrays[f"biases_{n}"] for n in range(count)],
    )
