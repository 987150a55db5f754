"""Python blocks in the documents run; links between the documents lead somewhere."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from firstspike.cli import main

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("rust/*.md")])
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


def blocks(path):
    """All Python of a document in one program, with its lines where they are in the document."""
    text = path.read_text()
    lines = [""] * text.count("\n")
    for match in BLOCK.finditer(text):
        first = text.count("\n", 0, match.start(1))
        for offset, line in enumerate(match.group(1).splitlines()):
            lines[first + offset] = line
    return "\n".join(lines)


WITH_CODE = [path for path in DOCUMENTS if blocks(path).strip()]


def test_the_readme_has_an_example():
    assert ROOT / "README.md" in WITH_CODE


@pytest.mark.parametrize("path", WITH_CODE, ids=lambda path: path.stem)
def test_python_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks(path), str(path), "exec"), {"__name__": "__main__"})


def test_commands_of_the_readme_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell = "".join(SHELL.findall((ROOT / "README.md").read_text()))
    lines = [line.partition("#")[0].split() for line in shell.splitlines()]
    commands = [words[1:] for words in lines if words[:1] == ["firstspike"]]
    assert len(commands) > 5
    for command in commands:
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, (command, result.output, result.exception)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    targets = [path.parent / target for target in LINK.findall(path.read_text())]
    assert [str(target) for target in targets if not target.exists()] == []
