"""The benchmark of sound, events and signals runs, and keeps its parts apart."""

import json
import runpy
import sys
import wave

import numpy as np
import pytest


@pytest.fixture
def recordings(tmp_path):
    """Two digits by two speakers: a low and a high tone."""
    folder = tmp_path / "fsdd" / "recordings"
    folder.mkdir(parents=True)
    t = np.arange(1200) / 8000
    for digit, pitch in ((0, 400.0), (7, 1800.0)):
        for n, speaker in enumerate(("ann", "bob")):
            for take in (0, 4, 5, 6, 10, 11, 12, 13):
                sound = np.sin(2 * np.pi * (pitch + 20 * take + 50 * n) * t) * np.hanning(t.size)
                with wave.open(str(folder / f"{digit}_{speaker}_{take}.wav"), "wb") as file:
                    file.setparams((1, 2, 8000, 0, "NONE", ""))
                    file.writeframes((20000 * sound).astype("<i2").tobytes())
    return tmp_path


def rows(project, capsys, monkeypatch, *arguments):
    path = project / "benchmarks" / "temporal.py"
    monkeypatch.setattr(sys, "argv", [str(path), "--json", "--threads", "1", *arguments])
    runpy.run_path(str(path), run_name="__main__")
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("published", [("test", 24, 8)]),
        ("choose", [("held out", 16, 8)]),
        ("groups", [("ann", 12, 12), ("bob", 12, 12)]),
    ],
)
def test_parts(project, recordings, capsys, monkeypatch, split, expected):
    arguments = ("--task", "fsdd", "--quick", "--split", split, "--root", str(recordings))
    found = rows(project, capsys, monkeypatch, *arguments)
    sizes = [(row["test"], row["train_samples"], row["test_samples"]) for row in found]
    assert sizes == expected
    for row in found:
        confusion = np.array(row["confusion"])
        assert confusion.sum() == row["test_samples"]
        right = np.trace(confusion[:, :-1]) / confusion.sum()
        assert row["mean"] == pytest.approx(100 * right)
        assert f"--split {split}" in row["command"]
