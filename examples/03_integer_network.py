"""Train, make sparse, put on a tick grid, prune, and count what the hardware will do."""

import firstspike as fs
from firstspike.prune import compare
from firstspike.train import evaluate
from firstspike.train.recipes import recipe

train, test = fs.datasets.load("digits")

# A recipe is plain data: layers, encoder, two training stages, the tick grid.
digits = recipe("digits")
spikes = digits.encoder(test.inputs)

net = digits.network(seed=0)
digits.fit(net, train, seed=0, progress=False)
print(f"float    {evaluate(net, spikes, test.labels).accuracy:.1%}")

# More training, in which small weights are taken away and the others get used to six bits and to
# the hardware's clock.
digits.adapt(net, train, seed=0, progress=False)
q = digits.quantize(net)
run = q.simulate(spikes)
print(f"integer  {run.accuracy(test.labels):.1%}, ties {run.tie_rate:.1%}")

# The core prunes like this on command, in place.
p = fs.prune(q, threshold=1)
pruned = p.simulate(spikes)
report = compare(q, p)
print(
    f"pruned   {pruned.accuracy(test.labels):.1%}, {report.pruned_share:.0%} of the synapses gone"
)

adds = [r.counters.synaptic_adds.sum() / r.n_samples for r in (run, pruned)]
print(f"synaptic adds per sample: {adds[0]:.0f} before, {adds[1]:.0f} after")
print(f"decided after {pruned.ticks.mean() * p.tick_seconds * 1e3:.1f} ms on average")

p.save("pruned.safetensors")
assert fs.IntegerNetwork.load("pruned.safetensors") == p
