"""The benchmark that leaves speakers out runs, and never trains on whom it tests."""

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


def test_every_speaker_is_left_out_once(project, recordings, capsys, monkeypatch):
    path = project / "benchmarks" / "left_out.py"
    arguments = ["--json", "--threads", "1", "--quick", "--task", "fsdd", "--root", str(recordings)]
    monkeypatch.setattr(sys, "argv", [str(path), *arguments])
    runpy.run_path(str(path), run_name="__main__")
    (row,) = json.loads(capsys.readouterr().out)
    assert list(row["values"]) == ["ann", "bob"]
    confusion = np.array(row["confusion"])
    assert confusion.sum(axis=1).tolist() == [12, 0, 0, 0, 0, 0, 0, 12, 0, 0]
    right = np.trace(confusion[:, :-1]) / confusion.sum()
    assert row["mean"] == pytest.approx(100 * right)
