"""Spoken digits and commands: wav folders, npz files, splits by take and by speaker."""

import wave

import numpy as np
import pytest

import firstspike as fs
from firstspike.datasets import fsdd, speech_commands
from firstspike.datasets.npz import read_npz
from firstspike.datasets.wav import read_wav
from firstspike.errors import DataNotFoundError, DomainError, FormatError


def write_wav(path, samples, rate=8000, channels=1, width=2):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.asarray(samples).astype(f"<i{width}" if width > 1 else "u1").tobytes())


def test_full_scale(tmp_path):
    write_wav(tmp_path / "a.wav", [0, 16384, -32768, 32767])
    values = read_wav(tmp_path / "a.wav", 8000)
    assert values.dtype == np.float32
    assert values.tolist() == [0.0, 0.5, -1.0, 32767 / 32768]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rate": 16000}, "at 16000 Hz, expected 1 of 16 bits at 8000 Hz"),
        ({"channels": 2}, "has 2 channels"),
        ({"width": 1}, "of 8 bits"),
        ({"width": 4}, "of 32 bits"),
    ],
)
def test_other_wav_files_are_refused(tmp_path, change, says):
    write_wav(tmp_path / "a.wav", [1, 2, 3, 4], **change)
    with pytest.raises(FormatError, match=says):
        read_wav(tmp_path / "a.wav", 8000)


@pytest.mark.parametrize("keep", [0, 3, 20, 43, 47])
def test_truncated_wav_files_are_refused(tmp_path, keep):
    path = tmp_path / "a.wav"
    write_wav(path, np.arange(100))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FormatError, match="get it again"):
        read_wav(path, 8000)


@pytest.fixture
def recordings(tmp_path):
    folder = tmp_path / "fsdd" / "recordings"
    folder.mkdir(parents=True)
    for digit in (0, 7):
        for speaker in ("ann", "bob"):
            for take in (0, 4, 5, 12):
                write_wav(folder / f"{digit}_{speaker}_{take}.wav", [digit, take])
    return tmp_path


def test_takes_decide_over_the_part(recordings):
    train, test = fs.datasets.load("fsdd", root=recordings)
    assert set(test.groups["take"].tolist()) == {0, 4}
    assert set(train.groups["take"].tolist()) == {5, 12}
    audio = train.load().inputs
    assert (audio.rate, audio.n_channels) == (8000, 1)
    digits = (audio.values[::2, 0] * 32768).astype(int)
    np.testing.assert_array_equal(digits, train.labels)
    np.testing.assert_array_equal(audio.values[1::2, 0] * 32768, train.groups["take"])
    assert [who for who, _, _ in train.folds("speaker")] == ["ann", "bob"]
    assert train[[]].load().inputs.n_samples == 0


def test_foreign_names_and_empty_folders(recordings, tmp_path):
    (recordings / "fsdd/recordings/readme.wav").touch()
    with pytest.raises(FormatError, match=r"7_jackson_32\.wav"):
        fsdd(root=recordings)
    empty = tmp_path / "empty"
    (empty / "recordings").mkdir(parents=True)
    with pytest.raises(FormatError, match="holds no wav file"):
        fsdd(root=empty)
    with pytest.raises(DataNotFoundError, match=r"recordings, or fsdd\.npz; .*Jakobovski"):
        fsdd(root=tmp_path / "nowhere")
    with pytest.raises(DataNotFoundError, match="FIRSTSPIKE_DATA is not set"):
        fsdd()
    with pytest.raises(DomainError, match="'dev'"):
        fsdd("dev")


def digits_npz(path, **change):
    arrays = {
        "samples": np.array([1, 2, 3, 4, 5], dtype=np.int16),
        "offsets": [0, 2, 2, 5],
        "labels": [0, 5, 9],
        "speaker": [1, 0, 1],
        "speaker_names": ["ann", "bob"],
        "take": [4, 5, 6],
    }
    np.savez(path / "fsdd.npz", **(arrays | change))


def test_npz_of_digits(tmp_path):
    digits_npz(tmp_path)
    train, test = fs.datasets.load("fsdd", root=tmp_path)
    assert train.inputs.lengths.tolist() == [0, 3]
    np.testing.assert_array_equal(test.inputs.values[:, 0] * 32768, [1, 2])
    assert train.groups["speaker"].tolist() == ["ann", "bob"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"offsets": [0, 2, 5, 4]}, "do not rise from 0 to 5"),
        ({"offsets": [0, 2, 2, 6]}, "do not rise from 0 to 5"),
        ({"labels": [0, 5]}, "2 labels"),
        ({"labels": [0, 5, 10]}, "label 10"),
        ({"speaker": [0, 1, 2]}, "label 2, expected 0 to 1"),
        ({"samples": [0.5] * 5}, "samples in .* is float64"),
        ({"take": [[1, 2, 3]]}, "take in .* shape"),
        ({"speaker_names": np.array(["a", {}], dtype=object)}, "cannot be read as an npz"),
    ],
)
def test_contradictory_npz(tmp_path, change, says):
    digits_npz(tmp_path, **change)
    with pytest.raises(FormatError, match=says):
        fsdd(root=tmp_path)


def test_damaged_npz(tmp_path):
    digits_npz(tmp_path)
    path = tmp_path / "fsdd.npz"
    whole = path.read_bytes()
    for keep in (0, 10, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:keep])
        with pytest.raises(FormatError, match="cannot be read as an npz file"):
            read_npz(path, {"labels": ("iu", 1)})
    version = whole.rindex(b"PK\x01\x02") + 6  # of the zip format, in the directory
    path.write_bytes(whole[:version] + b"\x74" + whole[version + 1 :])
    with pytest.raises(FormatError, match=r"zip file version 11\.6"):
        read_npz(path, {"labels": ("iu", 1)})
    np.save(tmp_path / "single.npy", [1, 2])
    with pytest.raises(FormatError, match="single array"):
        read_npz(tmp_path / "single.npy", {"labels": ("iu", 1)})
    path.write_bytes(whole)
    with pytest.raises(FormatError, match="lacks colour; it holds samples"):
        read_npz(path, {"colour": ("iu", 1)})


@pytest.fixture
def words(tmp_path):
    root = tmp_path / "words"
    for word in ("no", "yes", "_background_noise_"):
        (root / word).mkdir(parents=True)
        for speaker in range(40):
            name = f"{speaker:08x}_nohash_0.wav"
            write_wav(root / word / name, [speaker, 0], rate=16000)
    return root


def test_words_are_split_by_speaker(words):
    parts = {s: speech_commands(s, root=words) for s in ("train", "validation", "test")}
    assert sum(map(len, parts.values())) == 80
    assert parts["train"].classes == ("no", "yes")
    speakers = [set(part.groups["speaker"].tolist()) for part in parts.values()]
    assert len(set.union(*speakers)) == sum(map(len, speakers)) == 40
    assert len(parts["train"]) > len(parts["test"]) > 0
    test = parts["test"]
    audio = test.load().inputs
    codes = [int(code, 16) for code in test.groups["speaker"]]
    np.testing.assert_array_equal(audio.values[::2, 0] * 32768, codes)


def words_npz(path, **change):
    arrays = {
        "samples": np.arange(6, dtype=np.int16),
        "lengths": [2, 4],
        "labels": [1, 0],
        "classes": ["no", "yes"],
        "names": ["62581901_nohash_0.wav", "62581901_nohash_1.wav"],
    }
    np.savez(path / "speech_commands_mini.npz", **(arrays | change))


def test_npz_of_words(tmp_path):
    words_npz(tmp_path)
    data = speech_commands("train", root=tmp_path)
    assert data.inputs.lengths.tolist() == [2, 4]
    assert data.groups["speaker"].tolist() == ["62581901"] * 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"lengths": [2, 3]}, "do not fit its 6 samples"),
        ({"names": ["62581901_nohash_0.wav"]}, "do not fit"),
        ({"names": ["a.wav", "b.wav"]}, "expected a name like"),
        ({"labels": [1, 2]}, "label 2"),
    ],
)
def test_contradictory_npz_of_words(tmp_path, change, says):
    words_npz(tmp_path, **change)
    with pytest.raises(FormatError, match=says):
        speech_commands(root=tmp_path)


def test_words_missing(tmp_path):
    with pytest.raises(DataNotFoundError, match=r"expected yes; .*speech_commands_v0\.02"):
        speech_commands(root=tmp_path)
    with pytest.raises(DomainError, match="'dev', expected one of 'train', 'validation', 'test'"):
        speech_commands("dev", root=tmp_path)


@pytest.mark.data
def test_real_recordings(data_root):
    train, test = fs.datasets.load("fsdd", root=data_root)
    assert (len(train), len(test)) == (2700, 300)
    assert np.bincount(test.labels).tolist() == [30] * 10
    assert len(list(train.folds("speaker"))) == 6
    parts = [speech_commands(s, root=data_root) for s in ("train", "validation", "test")]
    assert sum(map(len, parts)) == 300
    assert len(parts[0].classes) == 30
