"""MNIST and Fashion-MNIST: reading, hostile files, missing files, checked downloads."""

import functools
import gzip
import hashlib
import http.server
import threading

import numpy as np
import pytest

from firstspike.datasets import fashion_mnist, files, images, mnist
from firstspike.datasets.idx import read_idx
from firstspike.errors import DataNotFoundError, DomainError, FormatError

IMAGES, LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"


def idx(array, kind=8):
    header = bytes((0, 0, kind, array.ndim)) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (5, 28, 28))


@pytest.fixture
def folder(tmp_path, pixels):
    (tmp_path / IMAGES).write_bytes(gzip.compress(idx(pixels)))
    (tmp_path / LABELS).write_bytes(gzip.compress(idx(np.arange(5))))
    return tmp_path


@pytest.fixture(autouse=True)
def no_data_variable(monkeypatch):
    monkeypatch.delenv(files.FOLDER_VARIABLE, raising=False)


@pytest.mark.data
@pytest.mark.parametrize(("load", "mean"), [(mnist, 0.1325), (fashion_mnist, 0.2868)])
def test_published_files(data_root, load, mean):
    data = load("test", root=data_root)
    assert data.inputs.shape == (10000, 784)
    assert np.bincount(data.labels).size == len(data.classes) == 10
    assert data.inputs.mean() == pytest.approx(mean, abs=1e-4)


@pytest.mark.data
@pytest.mark.parametrize("publication", [images.MNIST, images.FASHION_MNIST])
def test_checksums_are_those_of_the_published_files(data_root, publication):
    for path in publication.locate(list(publication.sha256), data_root):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert digest == publication.sha256[path.name]


def test_reads_a_named_folder(folder, pixels):
    data = mnist("test", root=folder)
    np.testing.assert_array_equal(data.inputs, pixels.reshape(5, 784) / 255)
    assert data.labels.tolist() == [0, 1, 2, 3, 4]


def test_finds_the_folder_of_the_variable(folder, tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    (root / "fashion-mnist").symlink_to(folder)
    monkeypatch.setenv(files.FOLDER_VARIABLE, str(root))
    assert fashion_mnist("test").classes[0] == "T-shirt/top"
    assert len(fashion_mnist("test", root=root)) == 5


def test_missing_file_says_what_where_and_how(tmp_path):
    with pytest.raises(DataNotFoundError) as caught:
        mnist("train", root=tmp_path)
    text = str(caught.value)
    for part in ("train-images-idx3-ubyte.gz", str(tmp_path), "https://", "FIRSTSPIKE_DATA"):
        assert part in text
    assert isinstance(caught.value, FileNotFoundError)


def test_unknown_split():
    with pytest.raises(DomainError, match="'validation'"):
        mnist("validation")


def hostile(pixels):
    whole = idx(pixels)
    packed = gzip.compress(whole)
    return {
        "truncated gzip": (packed[: len(packed) // 2], "not a complete gzip file"),
        "empty file": (b"", "ends inside its header"),
        "not gzip": (whole, "not a complete gzip file"),
        "broken deflate": (packed[:10] + b"\xff" * 50, "not a complete gzip file"),
        "broken checksum": (packed[:-8] + b"\0" * 8, "not a complete gzip file"),
        "truncated header": (gzip.compress(whole[:9]), "ends inside its header"),
        "truncated body": (gzip.compress(whole[:-1]), "only 3919 bytes of data, expected 3920"),
        "tail": (gzip.compress(whole + b"x"), "holds more bytes"),
        "labels": (gzip.compress(idx(np.arange(20))), "axes"),
        "floats": (gzip.compress(idx(pixels, kind=13)), "unsigned bytes"),
        "huge": (gzip.compress(whole[:4] + b"\xff" * 12 + whole[16:]), "promises"),
    }


@pytest.mark.parametrize("case", list(hostile(np.zeros((5, 28, 28)))))
def test_hostile_files_are_refused(tmp_path, pixels, case):
    content, says = hostile(pixels)[case]
    path = tmp_path / IMAGES
    path.write_bytes(content)
    with pytest.raises(FormatError, match=says):
        read_idx(path, 3)


def test_images_and_labels_must_fit(folder):
    (folder / LABELS).write_bytes(gzip.compress(idx(np.arange(4))))
    with pytest.raises(FormatError, match="one label per image"):
        mnist("test", root=folder)
    (folder / LABELS).write_bytes(gzip.compress(idx(np.array([0, 1, 2, 3, 10]))))
    with pytest.raises(FormatError, match="label 10"):
        mnist("test", root=folder)


class SilentHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def publication(folder, tmp_path, monkeypatch):
    """The small files behind a local server, and an empty download cache."""
    handler = functools.partial(SilentHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sums = {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in (IMAGES, LABELS)}
    yield files.Publication("mnist", f"http://127.0.0.1:{server.server_port}/", sums)
    server.shutdown()
    thread.join()
    server.server_close()


def test_download_is_checked_and_kept(publication, folder):
    first = publication.locate([IMAGES, LABELS], None)
    (folder / IMAGES).unlink()
    assert publication.locate([IMAGES, LABELS], None) == first
    assert all(path.is_file() for path in first)


def test_download_with_a_wrong_checksum_is_refused(publication):
    publication.sha256[IMAGES] = "0" * 64
    with pytest.raises(FormatError, match="not the published file"):
        publication.locate([IMAGES], None)


def test_download_of_a_missing_file_says_how_to_get_it(publication, folder):
    (folder / IMAGES).unlink()
    with pytest.raises(DataNotFoundError, match=r"404.*FIRSTSPIKE_DATA"):
        publication.locate([IMAGES], None)
