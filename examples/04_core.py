"""Generate a core, run the test set on it, prune it on the chip, and compare every spike."""

import firstspike as fs
from firstspike.train.recipes import recipe

train, test = fs.datasets.load("digits")
digits = recipe("digits")
net = digits.network(seed=0)
digits.adapt(net, train, seed=0, progress=False)
q = digits.quantize(net)

# A folder with Verilog, memory images, a testbench with vectors, and a manifest.
spikes = digits.encoder(test.inputs[:100])
bundle = fs.hdl.generate(q, "core", lanes=8, samples=spikes[:20])
print(f"{len(bundle.manifest['files'])} files in {bundle.path}/")
for layer in bundle.manifest["layers"]:
    print(
        f"{layer['neurons']} neurons on {layer['lanes']} lanes, "
        f"{layer['membrane_bits']}-bit membranes"
    )

# The same Verilog, compiled to machine code. Decisions, margins, output spikes, flags, cycles and
# memory contents must be those of the integer simulator, before and after pruning.
proof = fs.hdl.verify("core", spikes, labels=test.labels[:100], thresholds=1)
for done in proof.passes:
    print(done)
print(f"{proof.mismatches} mismatches on {proof.samples} samples ({proof.engine})")
print(f"{proof.synapses_live} of {proof.synapses_total} synapses left")
print(f"{proof.cycles_before:.0f} cycles per inference, {proof.cycles_after:.0f} after pruning")
assert proof.passed

# Clock cycles become seconds when a clock is chosen.
print(f"{proof.cycles_after / 50e6 * 1e6:.1f} us per inference at 50 MHz")
