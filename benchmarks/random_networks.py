"""Random networks on random cores: reference = Rust = RTL, sample by sample and cycle by cycle.

    python benchmarks/random_networks.py [--json] [--count N] [--seed N] [--jobs N]
                                         [--family N] [--networks N]

Families take turns with all programs, have 1 to 3 layers of 1 to 14 neurons, 1 lane to more than
neurons, and corners such as one tick, one neuron, or a dense lane of up to 39 columns; networks of
a family share one compiled core and run sixteen at a time. Compared are verdicts, output spikes,
margins, ties, counters, cycles, random pauses at both ends, pruning on chip with thresholds and
floors, and, for one sample of every network, the Python reference. Ends with an error, and the
command that repeats it, if anything differs. --family runs a single family again, --networks only
so many of it.
"""

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from random_cores import check_family, draw_shape

#: Networks of one family.
NETWORKS = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--count", type=int, default=5000, help="number of networks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="number of processes")
    parser.add_argument("--family", type=int, help="only this one")
    parser.add_argument("--networks", type=int, default=NETWORKS, help="networks of a family")
    options = parser.parse_args()
    began = time.perf_counter()
    if options.family is not None:
        work = [(options.family, options.networks)]
    else:
        each = options.networks
        full, rest = divmod(options.count, each)
        work = [(family, each) for family in range(full)] + ([(full, rest)] if rest else [])
    differences, totals = [], {}
    with ProcessPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(check_family, options.seed, *one) for one in work]
        for (family, count), job in zip(work, jobs, strict=True):
            found, seen = job.result()
            differences += found
            for name, number in seen.items():
                totals[name] = totals.get(name, 0) + number
            shape = draw_shape(options.seed, family)
            print(f"family {family}: {shape}: {count} networks, {len(found)}", file=sys.stderr)
    row = {
        "networks": sum(count for _, count in work),
        "families": len(work),
        "seed": options.seed,
        "mismatches": len(differences),
        "silent": totals["silent"],
        "ties": totals["tie"],
        "synapses_pruned": totals["dropped"],
        "clock_cycles": totals["cycles"],
        "seconds": round(time.perf_counter() - began, 1),
    }
    if options.json:
        print(json.dumps(row | {"findings": differences[:20]}, indent=2))
    else:
        print(", ".join(f"{name} {value}" for name, value in row.items()))
        print("\n".join(differences[:20]))
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
