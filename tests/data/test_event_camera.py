"""N-MNIST: 40-bit events, folders, the npz subset, hostile files."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.datasets import n_mnist
from firstspike.datasets.event_camera import read_camera
from firstspike.errors import DataNotFoundError, DomainError, FormatError


def event(x, y, polarity, microseconds):
    return bytes((x, y)) + (polarity << 23 | microseconds).to_bytes(3, "big")


def test_bits_of_an_event(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(event(33, 2, 1, 0x123456) + event(5, 33, 0, 7))
    times, sources = read_camera(path)
    np.testing.assert_allclose(times, [7e-6, 0x123456 * 1e-6], rtol=1e-15)
    assert sources.tolist() == [33 * 34 + 5, 34 * 34 + 2 * 34 + 33]


def test_wraps_of_the_clock(tmp_path):
    path = tmp_path / "a.bin"
    wrap = event(0, 240, 0, 0)
    path.write_bytes(event(0, 0, 0, 5) + wrap + event(1, 0, 0, 6) + wrap + event(2, 0, 0, 7))
    times, sources = read_camera(path)
    np.testing.assert_allclose(times, [5e-6, (8192 + 6) * 1e-6, (16384 + 7) * 1e-6], rtol=1e-15)
    assert sources.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (event(0, 0, 0, 0)[:-1], "multiple of 5"),
        (event(34, 0, 0, 0), r"pixel \(34, 0\), expected 0 to 33"),
        (event(0, 0, 0, 0) + event(3, 34, 0, 0), r"pixel \(3, 34\)"),
    ],
)
def test_hostile_recordings(tmp_path, content, says):
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=says):
        read_camera(path)


@pytest.fixture
def folder(tmp_path):
    for part, count in (("Train", 2), ("Test", 1)):
        for digit in range(10):
            place = tmp_path / "nmnist" / part / str(digit)
            place.mkdir(parents=True)
            for n in range(count):
                (place / f"{n:05}.bin").write_bytes(event(digit, n, 0, 1000 * n + 1))
    return tmp_path


def test_folders(folder):
    train, test = fs.datasets.load("n_mnist", root=folder)
    assert (len(train), len(test)) == (20, 10)
    assert train.labels.tolist() == sorted(train.labels.tolist())
    spikes = train.encode()
    assert spikes.n_sources == 2312
    assert spikes.sources.tolist() == [34 * n + d for d in range(10) for n in range(2)]
    assert train[7:9].encode() == spikes[7:9]
    assert len(train[[]].encode()) == 0


def test_a_broken_recording_is_found_when_read(folder):
    (folder / "nmnist/Test/3/00000.bin").write_bytes(b"abc")
    test = n_mnist("test", root=folder)
    assert test[:3].encode().n_spikes == 3
    with pytest.raises(FormatError, match=r"3.00000\.bin"):
        test.encode()


def npz(path, **change):
    arrays = {
        "train_x": [1, 2, 3],
        "train_y": [0, 0, 33],
        "train_p": [0, 1, 1],
        "train_t_us": [5, 2, 9],
        "train_offsets": [0, 2, 3],
        "train_labels": [4, 9],
    }
    np.savez(path / "nmnist_small.npz", **(arrays | change))


def test_npz_subset(tmp_path):
    npz(tmp_path)
    data = n_mnist(root=tmp_path)
    assert data.labels.tolist() == [4, 9]
    assert data.inputs.sources.tolist() == [34 * 34 + 2, 1, 34 * 34 + 33 * 34 + 3]
    np.testing.assert_allclose(data.inputs.times, [2e-6, 5e-6, 9e-6], rtol=1e-15)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"train_x": [1, 34, 3]}, "train_x .* does not hold 3 numbers from 0 to 33"),
        ({"train_p": [0, 2, 0]}, "train_p"),
        ({"train_t_us": [-1, 0, 0]}, "train_t_us"),
        ({"train_y": [1, 2]}, "train_y"),
        ({"train_offsets": [0, 3, 2]}, "do not rise from 0 to 3"),
        ({"train_labels": [4]}, "1 labels, expected one per sample: 2"),
        ({"train_labels": [4, 10]}, "label 10"),
        ({"train_labels": [0.5, 1.0]}, "expected whole numbers"),
    ],
)
def test_contradictory_subset(tmp_path, change, says):
    npz(tmp_path, **change)
    with pytest.raises(FormatError, match=says):
        n_mnist(root=tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(DataNotFoundError, match=r"expected Train; .*garrickorchard"):
        n_mnist(root=tmp_path)
    (tmp_path / "Train").mkdir()
    with pytest.raises(FormatError, match="holds no recording"):
        n_mnist(root=tmp_path)
    with pytest.raises(DomainError, match="'validation'"):
        n_mnist("validation")


@pytest.mark.data
def test_real_subset(data_root):
    train, test = fs.datasets.load("n_mnist", root=data_root)
    assert (len(train), len(test)) == (1000, 100)
    assert train.inputs.n_spikes == 4133231
    assert 0.25 < train.inputs.times.max() < 0.35
