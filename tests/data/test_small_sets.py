"""UCI sets in text and npz files, heart beats split by patient."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.datasets import ecg_beats, japanese_vowels, optical_digits, pen_digits, pen_strokes
from firstspike.datasets.uci import VOWELS_PER_SPEAKER
from firstspike.errors import DataNotFoundError, DomainError, FormatError


def test_text_and_npz_agree(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 101, (4, 16)), [3, 0, 9, 3]
    rows = np.column_stack((x, y))
    text, packed = tmp_path / "text", tmp_path / "packed"
    text.mkdir()
    packed.mkdir()
    (text / "pendigits.tra").write_text("\n".join(", ".join(map(str, row)) for row in rows) + "\n")
    np.savez(packed / "pendigits.npz", x_train=x.reshape(4, 8, 2), y_train=y)
    one, other = pen_digits(root=text), pen_digits(root=packed)
    np.testing.assert_array_equal(one.inputs, x / 100)
    np.testing.assert_array_equal(other.inputs, one.inputs)
    assert other.labels.tolist() == y
    strokes = pen_strokes(root=text)
    np.testing.assert_array_equal(strokes.inputs.sample(1), x[1].reshape(8, 2) / 100)
    assert strokes.inputs.lengths.tolist() == [8] * 4


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("1,2,3\n", "a line '1 2 3', expected 65 numbers"),
        (",".join(["1"] * 64 + ["x"]) + "\n", "expected 65 numbers"),
        (",".join(["17"] * 64 + ["0"]) + "\n", "outside 0 to 16"),
        (",".join(["-1"] * 64 + ["0"]) + "\n", "outside 0 to 16"),
        (",".join(["1"] * 64 + ["10"]) + "\n", "label 10"),
        ("é" * 10, "not a text file"),
    ],
)
def test_hostile_text(tmp_path, content, says):
    (tmp_path / "optdigits.tra").write_text(content)
    with pytest.raises(FormatError, match=says):
        optical_digits(root=tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"x_test": np.zeros((2, 4, 4), np.uint8)}, "16 features per sample, expected 64"),
        ({"x_test": np.zeros((2, 64), np.uint8)}, "expected whole numbers with 3 axes"),
        ({"y_test": [0, 1, 2]}, "3 labels"),
    ],
)
def test_contradictory_npz(tmp_path, change, says):
    arrays = {"x_test": np.zeros((2, 8, 8), np.uint8), "y_test": [0, 1]} | change
    np.savez(tmp_path / "optdigits.npz", **arrays)
    with pytest.raises(FormatError, match=says):
        optical_digits("test", root=tmp_path)


def block(value, rows):
    return "\n".join([" ".join([str(value)] * 12)] * rows) + "\n\n"


def test_vowels_in_text(tmp_path):
    counts = VOWELS_PER_SPEAKER["test"]
    blocks = [block(k / 8, 7 + k % 23) for k in range(sum(counts))]
    (tmp_path / "ae.test").write_text("".join(blocks))
    data = japanese_vowels("test", root=tmp_path)
    np.testing.assert_array_equal(np.bincount(data.labels), counts)
    assert data.inputs.lengths[:3].tolist() == [7, 8, 9]
    assert (data.inputs.sample(5) == 5 / 8).all()
    assert data.inputs.rate == 156.25
    (tmp_path / "ae.test").write_text("".join(blocks[:-1]))
    with pytest.raises(FormatError, match="369 utterances, expected 370"):
        japanese_vowels("test", root=tmp_path)
    (tmp_path / "ae.test").write_text("1 2 nan\n")
    with pytest.raises(FormatError, match="expected 12 numbers"):
        japanese_vowels("test", root=tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"len_train": [2, 2]}, "does not fit x_train"),
        ({"x_train": np.zeros((5, 11), np.float32)}, "does not fit"),
        ({"x_train": np.zeros((5, 12), np.int32)}, "expected floating-point"),
        ({"y_train": [0, 9]}, "label 9"),
    ],
)
def test_contradictory_vowels(tmp_path, change, says):
    arrays = {"x_train": np.zeros((5, 12), np.float32), "len_train": [2, 3], "y_train": [0, 1]}
    np.savez(tmp_path / "japanese_vowels.npz", **(arrays | change))
    with pytest.raises(FormatError, match=says):
        japanese_vowels(root=tmp_path)


@pytest.mark.parametrize("load", [optical_digits, pen_digits, japanese_vowels, ecg_beats])
def test_missing_files_and_unknown_splits(tmp_path, load):
    with pytest.raises(DataNotFoundError, match="https://"):
        load(root=tmp_path)
    with pytest.raises(DomainError, match="'dev'"):
        load("dev", root=tmp_path)


def beats(path, **change):
    arrays = {
        "x": np.arange(12, dtype=np.int16).reshape(4, 3) * 100,
        "y": [0, 1, 1, 0],
        "record": [100, 101, 102, 234],
    }
    np.savez(path / "beats_pvc.npz", **(arrays | change))


def test_patients_are_in_one_part_and_pacemakers_in_none(tmp_path):
    beats(tmp_path)
    train, test = fs.datasets.load("ecg_beats", root=tmp_path)
    assert train.groups["record"].tolist() == [101]
    assert test.groups["record"].tolist() == [100, 234]
    np.testing.assert_array_equal(train.inputs.sample(0)[:, 0], [1.5, 2.0, 2.5])
    assert (train.labels.tolist(), test.labels.tolist()) == ([1], [0, 0])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"y": [0, 1, 2, 0]}, "label 2"),
        ({"record": [100]}, "names 1 records"),
        ({"x": np.zeros(4, np.int16)}, "2 axes"),
    ],
)
def test_contradictory_beats(tmp_path, change, says):
    beats(tmp_path, **change)
    with pytest.raises(FormatError, match=says):
        ecg_beats(root=tmp_path)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("optical_digits", (3823, 1797)),
        ("pen_digits", (7494, 3498)),
        ("japanese_vowels", (270, 370)),
        ("ecg_beats", (10066, 10822)),
    ],
)
def test_real_sets(data_root, name, sizes):
    train, test = fs.datasets.load(name, root=data_root)
    assert (len(train), len(test)) == sizes


@pytest.mark.data
def test_real_patients_do_not_mix(data_root):
    train, test = fs.datasets.load("ecg_beats", root=data_root)
    assert not set(train.groups["record"].tolist()) & set(test.groups["record"].tolist())
