"""`firstspike quantize`: from a float network to an integer network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from firstspike import encoders
from firstspike.cli import networks, options, output
from firstspike.errors import DomainError
from firstspike.quant import quantize as quantize_network

if TYPE_CHECKING:
    from pathlib import Path

    from firstspike.models import Network

__all__ = ["quantize"]


@click.command()
@click.argument("network", type=options.IN_FILE)
@click.option("--out", type=options.OUT_FILE, required=True, help="Where the integer network goes.")
@click.option(
    "--ticks", type=click.IntRange(min=1), help="Ticks of a sample; by default as noted, else 64."
)
@click.option(
    "--window",
    type=float,
    metavar="SECONDS",
    help="Duration of all ticks together; by default the one noted in the network's file.",
)
@click.option(
    "--weight-bits",
    type=click.IntRange(2, 8),
    help="Width; by default as noted, else 6.",
)
@click.option("--shift", type=int, help="Fraction bits of decays; by default enough.")
@click.option("--guard", type=int, help="Fraction bits of currents; by default enough.")
@click.option(
    "--calibrate",
    type=click.IntRange(min=1),
    metavar="N",
    help="Choose the scales for the best accuracy on the first N training samples.",
)
@options.data_options
@options.threads_option
@output.json_option
def quantize(
    *,
    network: Path,
    out: Path,
    ticks: int | None,
    window: float | None,
    weight_bits: int | None,
    shift: int | None,
    guard: int | None,
    calibrate: int | None,
    data: str | None,
    root: Path | None,
    encoder: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Turn a float network into an integer network.

    Spike times go to a tick grid, weights become small signed integers. The result is what
    everything after this step works on. Its registers are proved wide enough for every possible
    input; a network that needs more than 32 bits is refused. What is noted in the float network's
    file, such as its encoder and data set, goes along.
    """
    net = networks.load_float(network)
    notes = dict(net.meta)
    if encoder is not None:
        notes["encoder"] = encoders.describe(networks.encoder_of(net, encoder))
    if data is not None:
        notes["dataset"] = data
    calibration = None
    if calibrate is not None:
        train, _ = options.dataset_of(net, data, root)
        samples = train[:calibrate]
        calibration = (samples.encode(networks.encoder_of(net, encoder)), samples.labels)
    integer = quantize_network(
        net,
        ticks=_whole(ticks, net.meta.get("ticks"), 64),
        t_window=_window(net, window),
        weight_bits=_whole(weight_bits, net.meta.get("weight_bits"), 6),
        shift=shift,
        guard=guard,
        calibration=calibration,
        threads=threads,
        meta=notes,
    )
    integer.save(out)
    result: dict[str, Any] = {
        "network": str(out),
        "digest": integer.digest,
        "ticks": integer.ticks,
        "tick_seconds": integer.tick_seconds,
        "synapses": integer.n_synapses,
        "layers": [
            {
                "weight_bits": layer.weight_bits,
                "scale": layer.scale,
                "current_bits": widths.current_bits,
                "membrane_bits": widths.membrane_bits,
            }
            for layer, widths in zip(integer.layers, integer.widths(), strict=True)
        ],
    }
    if as_json:
        output.print_json(result)
        return
    output.print_table(
        [
            (str(n), *(f"{layer[key]:.4g}" for key in layer))
            for n, layer in enumerate(result["layers"])
        ],
        ("layer", "weight bits", "scale", "current bits", "membrane bits"),
        f"{integer}, {integer.tick_seconds * 1e6:.4g} us per tick",
    )
    output.say(f"Wrote {out}")


def _whole(given: int | None, noted: object, otherwise: int) -> int:
    if given is not None:
        return given
    return noted if isinstance(noted, int) else otherwise


def _window(net: Network, given: float | None) -> float:
    window = net.meta.get("window") if given is None else given
    if not isinstance(window, int | float):
        msg = (
            "the file does not say how long a sample lasts; say it: --window 0.03 for 30 ms, long "
            "enough for the inputs and the decision"
        )
        raise DomainError(msg)
    return float(window)
