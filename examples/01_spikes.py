"""From pixels to spikes: encode digits, look at one, draw it."""

import firstspike as fs

train, test = fs.datasets.load("digits")
print(train, test)

# Dark pixels spike early, white ones not at all.
encoder = fs.encoders.Latency(t_max=20e-3)
spikes = encoder(test.inputs)
print(spikes)
print(f"{spikes.n_spikes / (len(spikes) * spikes.n_sources):.0%} of the pixels spike")

times, pixels = spikes.sample(0)
print(f"first spike: pixel {pixels[0]} at {times[0] * 1e3:.2f} ms")

# A batch is a value: slice it, pick samples, turn it into a matrix of times and back.
zeros = spikes[test.labels == 0]
assert fs.SpikeBatch.from_dense(zeros.to_dense()) == zeros

ax = fs.plots.raster([spikes], 0, names=["pixels"])
ax.figure.savefig("digit.png")
print("wrote digit.png")
