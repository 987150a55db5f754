"""Damage on which libhdf5 loops for ever, takes gigabytes or crashes; refused before it reads."""

import struct
import subprocess
import sys

import numpy as np
import pytest

from firstspike.datasets import shd
from firstspike.datasets.heaps import check_heaps, object_astray
from firstspike.errors import FormatError

h5py = pytest.importorskip("h5py", reason="HDF5 files need the extra firstspike[hdf5]")


def write(path, lengths=(20, 0, 7), chunks=None, **options):
    """Samples of these lengths, all spikes of channel 3 at 0.5 s."""
    with h5py.File(path, "w", **options) as file:
        file["labels"] = np.zeros(len(lengths), dtype=int)
        for name, dtype, value in (("times", np.float16, 0.5), ("units", np.uint16, 3)):
            kind = h5py.vlen_dtype(dtype)
            entry = file.create_dataset(f"spikes/{name}", (len(lengths),), kind, chunks=chunks)
            for at, length in enumerate(lengths):
                entry[at] = np.full(length, value, dtype=dtype)


def damage(path, at, value):
    content = bytearray(path.read_bytes())
    content[at : at + len(value)] = value
    path.write_bytes(content)


def refusal(folder):
    """What a process of its own answers, which ends whatever libhdf5 does."""
    program = f"from firstspike.datasets import shd; shd(root={str(folder)!r}).encode()"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stderr.splitlines()[-1]


def heap(*objects, size=4096):
    """A collection of objects given as index, size and the bytes that they really take."""
    content = struct.pack("<4sB3xQ", b"GCOL", 1, size)
    for index, length, taken in objects:
        content += struct.pack("<HHIQ", index, 1, 0, length) + bytes(taken)
    return content.ljust(size, b"\0")


@pytest.mark.parametrize(
    ("objects", "astray"),
    [
        ([(1, 40, 40), (0, 4096 - 16 - 56, 0)], None),
        ([(1, 37, 40), (2, 0, 0), (0, 4096 - 16 - 56 - 16, 0)], None),
        ([(1, 4064, 4064)], None),
        ([(1, 4056, 4056)], None),
        ([(1, 105, 40), (0, 4024, 0)], 16 + 16 + 112),
        ([(1, 40, 40), (0, 0, 0)], 72),
        ([(1, 40, 40), (0, 4096, 0)], 72),
        ([(1, 4065, 4064)], 16),
        ([(1, 2**64 - 16, 0)], 16),
    ],
)
def test_objects_must_fill_their_heap(objects, astray):
    assert object_astray(heap(*objects), 0) == astray
    found = object_astray(b"odd" + heap(*objects), 3)
    assert found == (None if astray is None else astray + 3)


@pytest.mark.parametrize("size", [0, 4095, 4097, 2**64 - 1])
def test_heaps_that_libhdf5_refuses_are_passed_over(size):
    assert object_astray(struct.pack("<4sB3xQ", b"GCOL", 1, size).ljust(4096, b"\1"), 0) is None


@pytest.mark.parametrize("chunks", [None, (7,)])
@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"userblock_size": 512}])
def test_heaps_of_all_sizes_are_read(tmp_path, chunks, options):
    rng = np.random.default_rng(0)
    lengths = [*rng.integers(0, 3000, 60), 2024, 2028, 2032, 2036, 2040, 20000]
    path = tmp_path / "shd_train.h5"
    write(path, lengths, chunks, **options)
    assert path.read_bytes().count(b"GCOL") >= 10
    assert shd(root=tmp_path).encode().times.size == sum(lengths)
    with h5py.File(path, "a") as file:
        file["spikes/times"][5] = file["spikes/units"][5] = np.full(9, 1)
    lengths[5] = 9
    assert shd(root=tmp_path).encode().times.size == sum(lengths)


def test_a_heap_that_libhdf5_would_walk_for_ever_is_refused(tmp_path):
    path = tmp_path / "shd_train.h5"
    write(path)
    start = path.read_bytes().index(b"GCOL")
    damage(path, start + 24, b"\x69")  # the first object's 40 bytes become 105
    assert "FormatError" in refusal(tmp_path)
    with pytest.raises(FormatError, match=rf"damaged: in the heap at byte {start}, .* h5repack"):
        check_heaps(path)


@pytest.mark.parametrize("chunks", [None, (2,)])
def test_a_sample_longer_than_its_heap_is_refused(tmp_path, chunks):
    path = tmp_path / "shd_train.h5"
    write(path, chunks=chunks)
    content = path.read_bytes()
    reference = struct.pack("<IQI", 20, content.index(b"GCOL"), 1)
    damage(path, content.index(reference) + 3, b"\x99")
    assert "FormatError" in refusal(tmp_path)
    with pytest.raises(FormatError, match="a sample of 2566914068 numbers, expected no more than"):
        shd(root=tmp_path)


def test_an_unknown_kind_of_variable_length_is_refused(tmp_path):
    path = tmp_path / "shd_train.h5"
    write(path)
    kind = bytes([0x19, 0, 0, 0, 16, 0, 0, 0])
    damage(path, path.read_bytes().index(kind) + 1, b"\x3f")
    answer = refusal(tmp_path)
    assert "FormatError" in answer
    assert "unknown type, expected sequences" in answer


def test_a_bare_type_and_other_sizes_are_refused(tmp_path):
    with h5py.File(tmp_path / "shd_train.h5", "w") as file:
        file["labels"] = np.dtype(int)
    with pytest.raises(FormatError, match="no array labels"):
        shd(root=tmp_path)
    sizes = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    sizes.set_sizes(4, 4)
    h5py.h5f.create(str(tmp_path / "shd_train.h5").encode(), fcpl=sizes).close()
    with pytest.raises(FormatError, match=r"of \(4, 4\) bytes, expected 8; copy it"):
        shd(root=tmp_path)
