"""SHD and SSC: the HDF5 layout, hostile files, checked downloads."""

import functools
import hashlib
import http.server
import sys
import threading
import zipfile
from dataclasses import replace

import numpy as np
import pytest

import firstspike as fs
from firstspike.datasets import heidelberg, shd, ssc
from firstspike.errors import DataNotFoundError, DomainError, FormatError, ToolError

h5py = pytest.importorskip("h5py", reason="HDF5 files need the extra firstspike[hdf5]")

TIMES = [[0.25, 0.125, 0.5], [], [1.0]]
UNITS = [[3, 699, 3], [], [0]]
LABELS = [1, 0, 2]
KEYS = [b"zero", b"one", b"two"]


def write(path, times=TIMES, units=UNITS, labels=LABELS, speaker=(4, 5, 4), keys=KEYS, kinds=()):
    """A file of the published layout; None leaves an entry out."""
    dtypes = {"times": np.float16, "units": np.uint16} | dict(kinds)
    with h5py.File(path, "w") as file:
        for name, rows in (("times", times), ("units", units)):
            if rows is None:
                continue
            dtype = dtypes[name]
            entry = file.create_dataset(f"spikes/{name}", (len(rows),), h5py.vlen_dtype(dtype))
            for at, row in enumerate(rows):
                entry[at] = np.array(row, dtype=dtype)
        file["labels"] = labels
        for name, values in (("speaker", speaker), ("keys", keys)):
            if values is not None:
                file[f"extra/{name}"] = values


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "shd_train.h5")
    write(tmp_path / "shd_test.h5", [[0.5]], [[7]], [0], speaker=[6], keys=KEYS)
    return tmp_path


def test_reads_the_published_layout(folder):
    train, test = fs.datasets.load("shd", root=folder)
    assert train.classes == ("zero", "one", "two")
    assert train.labels.tolist() == LABELS
    assert train.groups["speaker"].tolist() == [4, 5, 4]
    expected = fs.SpikeBatch.from_lists(
        [[(0.125, 699), (0.25, 3), (0.5, 3)], [], [(1.0, 0)]], n_sources=700
    )
    assert train.encode() == expected
    assert train[[2, 0, 2]].encode() == expected[[2, 0, 2]]
    assert train[[]].encode() == expected[[]]
    rest, out = train.leave_out("speaker", 4)
    assert rest.load().inputs == expected[[1]]
    assert out.encode() == expected[[0, 2]]
    assert test.encode().times.tolist() == [0.5]


@pytest.mark.parametrize("precision", [np.float16, np.float32, np.float64])
def test_any_precision_of_times(tmp_path, precision):
    write(tmp_path / "ssc_valid.h5", kinds={"times": precision})
    data = ssc("validation", root=tmp_path)
    assert data.encode().times.tolist() == [0.125, 0.25, 0.5, 1.0]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint64, np.int8])
def test_any_whole_numbers_as_labels(tmp_path, kind):
    write(tmp_path / "ssc_valid.h5", labels=np.array(LABELS, dtype=kind))
    assert ssc("validation", root=tmp_path).labels.tolist() == LABELS
    write(tmp_path / "ssc_valid.h5", labels=np.array([0, 1, np.iinfo(kind).max], dtype=kind))
    with pytest.raises(FormatError, match=r"holds the label .*, expected"):
        ssc("validation", root=tmp_path)


def test_speakers_by_name_and_files_without_extras(tmp_path):
    write(tmp_path / "ssc_test.h5", speaker=[b"ann", b"bob", b"ann"])
    assert ssc("test", root=tmp_path).groups["speaker"].tolist() == ["ann", "bob", "ann"]
    write(tmp_path / "ssc_test.h5", speaker=None, keys=None)
    data = ssc("test", root=tmp_path)
    assert (data.classes, data.groups) == (("0", "1", "2"), {})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": [[1, 0, 2]]}, "labels in .* of shape"),
        ({"labels": [0.5, 0.5, 0.5]}, "expected integers"),
        ({"labels": [0, 1, 3]}, "label 3, expected 0 to 2"),
        ({"labels": [-1, 0, 1]}, "label -1, expected 0 to 2"),
        (
            {"labels": [0, 1, 10**13], "keys": None},
            "label 10{13}, .* to 999; .* extra/keys",
        ),
        ({"labels": [0, 1, 1000], "keys": None}, "label 1000, expected 0 to 999"),
        ({"speaker": [b"\xff\xfe"] * 3}, "extra/speaker in .*xff.*, expected text in UTF-8"),
        ({"keys": [b"\xff\xfe"] * 3}, "extra/keys in .*xff.*, expected text in UTF-8"),
        ({"speaker": b"ann"}, "names 1 speakers"),
        ({"keys": [[1, 2], [3, 4]]}, r"extra/keys in .* shape \(2, 2\), expected one name"),
        ({"labels": [0, 1]}, r"shape \(3,\), expected one per label: 2"),
        ({"speaker": [1, 2]}, "names 2 speakers"),
        (
            {"kinds": {"times": np.int32}},
            "spikes/times in .* variable-length int32, expected .* floating",
        ),
        (
            {"kinds": {"units": np.float32}},
            "spikes/units .* expected variable-length whole numbers",
        ),
        ({"units": None}, "no array spikes/units"),
        ({"times": None}, "no array spikes/times"),
    ],
)
def test_contradictory_files_are_refused_at_once(tmp_path, change, says):
    write(tmp_path / "shd_train.h5", **change)
    with pytest.raises(FormatError, match=says):
        shd(root=tmp_path)


@pytest.mark.parametrize(
    ("times", "units", "kind", "says"),
    [
        ([[0.5]], [[700]], np.uint16, "unit 700, expected 0 to 699"),
        ([[0.5]], [[-1]], np.int16, "unit -1"),
        ([[-0.5]], [[7]], np.uint16, "spike at -0.5 s"),
        ([[np.nan]], [[7]], np.uint16, "spike at nan s"),
        ([[np.inf]], [[7]], np.uint16, "spike at inf s"),
        ([[0.5, 0.7]], [[7]], np.uint16, "2 times and 1 units"),
    ],
)
def test_bad_spikes_are_refused_when_read(tmp_path, times, units, kind, says):
    write(tmp_path / "shd_train.h5", times, units, [0], speaker=None, kinds={"units": kind})
    data = shd(root=tmp_path)
    with pytest.raises(FormatError, match=f"sample 0 of .*{says}"):
        data.encode()


def test_flat_arrays_are_refused(tmp_path):
    with h5py.File(tmp_path / "shd_train.h5", "w") as file:
        file["labels"] = [0]
        file["spikes/times"] = [0.5]
        file["spikes/units"] = [1]
    with pytest.raises(FormatError, match="float64, expected variable-length"):
        shd(root=tmp_path)


@pytest.mark.parametrize("keep", [0, 7, 100, 600])
def test_truncated_files_are_refused(folder, keep):
    path = folder / "shd_train.h5"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FormatError, match="damaged"):
        shd(root=folder)


def test_damage_anywhere_ends_in_an_error_of_ours_or_in_the_right_shape(folder):
    path = folder / "shd_train.h5"
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for at in rng.integers(0, len(whole), 60):
        broken = bytearray(whole)
        broken[at : at + 8] = rng.bytes(8)
        path.write_bytes(broken)
        try:
            assert shd(root=folder).encode().n_sources == 700
        except (FormatError, DomainError):
            refused += 1
    assert refused > 0


@pytest.mark.parametrize("error", [ValueError, TypeError, RuntimeError, KeyError])
def test_whatever_hdf5_makes_of_damage_is_told_as_damage(folder, monkeypatch, error):
    def fail(*_):
        raise error("Insufficient precision in available types to represent (15, 10, 5, 0, 10)")

    monkeypatch.setattr(h5py, "check_vlen_dtype", fail)
    with pytest.raises(FormatError, match=r"shd_train\.h5 cannot be read as HDF5 .*damaged"):
        shd(root=folder)


def test_foreign_file_is_refused(tmp_path):
    (tmp_path / "shd_train.h5").write_text("a letter")
    with pytest.raises(FormatError, match="cannot be read as HDF5"):
        shd(root=tmp_path)


def test_missing_file_and_unknown_split(tmp_path):
    with pytest.raises(DataNotFoundError, match=r"shd_train\.h5.*zenkelab.*FIRSTSPIKE_DATA"):
        shd(root=tmp_path)
    with pytest.raises(DomainError, match="'validation', expected one of 'train', 'test'"):
        shd("validation")


def test_missing_h5py_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ToolError, match=r"firstspike\[hdf5\]"):
        shd(root=folder)


class SilentHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def published(folder, tmp_path_factory, monkeypatch):
    """The small file in a zip archive behind a local server, and an empty download cache."""
    web = tmp_path_factory.mktemp("web")
    with zipfile.ZipFile(web / "shd_test.h5.zip", "w") as archive:
        archive.write(folder / "shd_test.h5", "shd_test.h5")
    digest = hashlib.md5((web / "shd_test.h5.zip").read_bytes()).hexdigest()
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr("pooch.os_cache", lambda name: cache)
    handler = functools.partial(SilentHandler, directory=str(web))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        yield replace(heidelberg.SHD, url=url, md5={"shd_test.h5": digest})
        server.shutdown()
        thread.join()


def test_downloads_checks_and_unpacks(published, monkeypatch):
    monkeypatch.setattr(heidelberg, "SHD", published)
    assert shd("test").encode().times.tolist() == [0.5]


def test_wrong_checksum_is_refused(published):
    wrong = replace(published, md5={"shd_test.h5": "0" * 32})
    with pytest.raises(FormatError, match="not the published file"):
        wrong.locate("shd_test.h5", None)


def test_failed_download_says_how_to_get_it(published):
    lost = replace(published, md5={"shd_train.h5": "0" * 32})
    with pytest.raises(DataNotFoundError, match=r"404.*unpack it.*FIRSTSPIKE_DATA"):
        lost.locate("shd_train.h5", None)
