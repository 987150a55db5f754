"""A deep network of single spikes, trained exactly and turned into small integers."""

import firstspike as fs
from firstspike.train import QuantizedTraining


def main() -> None:
    train, test = fs.datasets.load("digits")
    net = fs.two_phase.TwoPhaseNetwork([64, 48, 24, 10], ticks=15, seed=0)
    encoder = fs.encoders.Latency(t_max=net.window)
    rounding = QuantizedTraining(weight_bits=5, tick=net.tick, start=15)
    fs.two_phase.train(
        net,
        train,
        encoder=encoder,
        epochs=30,
        batch_size=32,
        optimizer=fs.optim.Adam(lr=3e-3, schedule=fs.optim.Cosine()),
        constraints=[rounding],
    )
    spikes = encoder(test.inputs)
    print(f"on the clock: {net.accuracy(spikes, test.labels, rounded=True):.1%}")

    q = fs.two_phase.to_integer(net, weight_bits=5)
    run = q.simulate(spikes)
    print(f"in integers:  {run.accuracy(test.labels):.1%}")


if __name__ == "__main__":
    main()
