"""One data set for every kind of input: features, events, signals, and samples left in files."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

import firstspike as fs
from firstspike.datasets import Dataset, Stored
from firstspike.encoders import Latency
from firstspike.errors import DomainError, ShapeError
from firstspike.sequences import Sequences

N = 6
EVENTS = fs.SpikeBatch.from_lists(
    [[(1e-3 * k, source) for source in range(k % 3)] for k in range(N)], n_sources=3
)
SIGNALS = Sequences.from_list([np.full((k + 1, 2), k / 8) for k in range(N)], rate=100.0)
LABELS = [0, 1, 0, 1, 0, 1]
WHO = ["ann", "bob", "cid", "ann", "bob", "cid"]


@dataclass(frozen=True)
class Shelf:
    """A reader that notes what it was asked for."""

    content: object
    asked: list
    width: int = 3

    def __call__(self, indices):
        self.asked.append(indices.tolist())
        return self.content[indices]


def last_value(signals):
    """An encoder of signals: one spike at the last value."""
    ends = signals.values[signals.offsets[1:] - 1, :1]
    return fs.SpikeBatch.from_dense(ends)


def datasets():
    return {
        "features": Dataset("x", np.linspace(0, 1, N)[:, None], LABELS, "ab", {"who": WHO}),
        "events": Dataset("x", EVENTS, LABELS, "ab", {"who": WHO}),
        "signals": Dataset("x", SIGNALS, LABELS, "ab", {"who": WHO}),
        "stored": Dataset("x", Stored(Shelf(EVENTS, []), np.arange(N)), LABELS, "ab", {"who": WHO}),
    }


ENCODERS = {
    "features": Latency(t_max=1e-2),
    "events": None,
    "signals": last_value,
    "stored": None,
}


@pytest.mark.parametrize("kind", list(ENCODERS))
@pytest.mark.parametrize("key", [slice(1, 4), [3, 1], np.array(LABELS) == 1, []])
def test_selecting_commutes_with_encoding(kind, key):
    data, encoder = datasets()[kind], ENCODERS[kind]
    assert data[key].encode(encoder) == data.encode(encoder)[key]
    np.testing.assert_array_equal(data[key].groups["who"], np.array(WHO)[key])


@pytest.mark.parametrize("kind", list(ENCODERS))
def test_split_by_group_and_by_class(kind):
    data = datasets()[kind]
    rest, out = data.leave_out("who", "ann", "cid")
    assert (len(rest), len(out)) == (2, 4)
    assert set(rest.groups["who"]) == {"bob"}
    folds = list(data.folds("who"))
    assert [who for who, _, _ in folds] == ["ann", "bob", "cid"]
    assert all(set(out.groups["who"]) == {who} for who, _, out in folds)
    assert all(who not in rest.groups["who"] for who, rest, _ in folds)
    fit, held_out = data.split(0.34, seed=1)
    assert (len(fit), len(held_out)) == (4, 2)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("features", "1 features"),
        ("events", "3 sources"),
        ("signals", "2 channels"),
        ("stored", "3 channels in files"),
    ],
)
def test_repr_and_pickle(kind, says):
    data = datasets()[kind]
    assert says in repr(data)
    assert data.n_features == int(says[0])
    again = pickle.loads(pickle.dumps(data))
    assert repr(again) == repr(data)
    assert again.encode(ENCODERS[kind]) == data.encode(ENCODERS[kind])


def test_stored_samples_are_read_when_encoded_and_only_those():
    asked = []
    data = Dataset("x", Stored(Shelf(EVENTS, asked), np.arange(N)), LABELS, "ab")
    part = data[2:][np.array([True, False, True, False])]
    assert asked == []
    assert part.encode() == EVENTS[[2, 4]]
    assert asked == [[2, 4]]
    assert part.load().inputs == EVENTS[[2, 4]]


def test_stored_samples_are_read_in_chunks_when_there_is_an_encoder(monkeypatch):
    asked = []
    monkeypatch.setattr("firstspike.datasets.dataset.CHUNK", 4)
    data = Dataset("x", Stored(Shelf(SIGNALS, asked, 2), np.arange(N)), LABELS, "ab")
    assert data.encode(last_value) == last_value(SIGNALS)
    assert asked == [[0, 1, 2, 3], [4, 5]]


@pytest.mark.parametrize("kind", ["features", "signals"])
def test_what_is_not_spikes_needs_an_encoder(kind):
    with pytest.raises(DomainError, match="expected an encoder"):
        datasets()[kind].encode()


def test_network_trains_on_events_without_an_encoder():
    data = Dataset("x", EVENTS[[2, 5] * 8], [0, 1] * 8, "ab")
    net = fs.Network([fs.LIF(3, 2)], seed=0)
    history = fs.train(net, data, epochs=2, validation=data)
    assert len(history) == 2
    by_hand = fs.Network([fs.LIF(3, 2)], seed=0)
    stored = Dataset("x", Stored(Shelf(data.inputs, []), np.arange(16)), data.labels, "ab")
    fs.train(by_hand, stored, epochs=2)
    np.testing.assert_array_equal(net.weights[0], by_hand.weights[0])


def test_broken_groups_are_refused():
    with pytest.raises(ShapeError, match="'who' has shape"):
        Dataset("x", EVENTS, LABELS, "ab", {"who": [1, 2]})
    data = datasets()["events"]
    with pytest.raises(DomainError, match="'age', but the samples have 'who'"):
        data.leave_out("age", 7)
    with pytest.raises(DomainError, match="who 'dan', expected one of 'ann', 'bob', 'cid'"):
        data.leave_out("who", "dan")


def test_labels_must_fit_events():
    with pytest.raises(ShapeError, match="one per sample: 6"):
        Dataset("x", EVENTS, LABELS[1:], "ab")


@pytest.mark.parametrize(
    ("offsets", "values", "rate", "error", "says"),
    [
        ([0, 2], [[1.0]], 1.0, DomainError, "number of rows, 1"),
        ([1, 1], [[1.0]], 1.0, DomainError, "do not rise"),
        ([0, 2, 1], [[1.0]], 1.0, DomainError, "do not rise"),
        ([], np.zeros((0, 1)), 1.0, DomainError, "do not rise"),
        ([0, 1], [1.0], 1.0, ShapeError, r"\(n_rows, n_channels\)"),
        ([0, 1], [["a"]], 1.0, ShapeError, "real numbers"),
        ([0, 1], [[np.nan]], 1.0, DomainError, r"values\[0, 0\] is nan"),
        ([0, 1], np.full((1, 1), np.inf, np.float32), 1.0, DomainError, "finite"),
        ([0, 1], [[1.0]], 0.0, DomainError, "rate is 0.0 Hz"),
    ],
)
def test_broken_sequences_are_refused(offsets, values, rate, error, says):
    with pytest.raises(error, match=says):
        Sequences(offsets, values, rate)


def test_sequences_select_and_stay_read_only():
    part = SIGNALS[[4, 0]]
    np.testing.assert_array_equal(part.sample(0), np.full((5, 2), 0.5))
    assert part.lengths.tolist() == [5, 1]
    assert len(SIGNALS[-1]) == 1
    with pytest.raises(ValueError, match="read-only"):
        part.values[0, 0] = 1.0
    with pytest.raises(ShapeError, match="channels alike"):
        Sequences.from_list([np.zeros((2, 1)), np.zeros((2, 3))], rate=1.0)
