"""Wheel and sdist: complete, and usable outside the checkout. Minutes, so marked slow."""

import os
import subprocess
import sys
import tarfile
import zipfile

import pytest

pytestmark = pytest.mark.slow


def run(*command, cwd, **environment):
    environment = {**os.environ, **environment}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def sources(root):
    """Every file of the package, by its name inside a wheel."""
    package = root / "python" / "firstspike"
    files = [path for path in package.rglob("*") if path.suffix in {".py", ".pyi", ".typed"}]
    files += (root / "hdl").rglob("*.py")
    inside = {
        ("firstspike" / path.relative_to(package))
        if path.is_relative_to(package)
        else ("firstspike" / path.relative_to(root))
        for path in files
    }
    return {path.as_posix() for path in inside}


@pytest.fixture(scope="module")
def build(project, tmp_path_factory):
    """Build through the front end that users have; cargo's target folder is shared."""
    out = tmp_path_factory.mktemp("dist")
    target = {"CARGO_TARGET_DIR": str(project / "target")}

    def make(source, name):
        run(
            sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", out / name, source,
            cwd=out, **target,
        )  # fmt: skip
        return next((out / name).glob("*.whl"))

    return make


@pytest.fixture(scope="module")
def wheel(build, project):
    return build(project, "wheel")


@pytest.fixture(scope="module")
def sdist(project, tmp_path_factory):
    out = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "maturin", "sdist", "--out", out, cwd=project)
    return next(out.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A fresh environment in a folder that is no checkout; returns what installs and uses a wheel.

    The dependencies come with the first wheel and are kept for the second.
    """
    folder = tmp_path_factory.mktemp("outside")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python, program = folder / "venv/bin/python", folder / "venv/bin/firstspike"

    def check(wheel):
        run(python, "-m", "pip", "uninstall", "--yes", "firstspike", cwd=folder)
        run(python, "-m", "pip", "install", wheel, cwd=folder)
        code = "import firstspike, firstspike.hdl as hdl; print(firstspike.__file__, hdl.__file__)"
        where = run(python, "-I", "-c", code, cwd=folder).split()
        assert all(path.startswith(str(folder)) for path in where), where
        assert run(program, "--version", cwd=folder).startswith("firstspike ")
        run(program, "doctor", "--json", cwd=folder)

    return check


def test_wheel_holds_every_source_file(wheel, project):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert sources(project) <= names
    assert any(name.startswith("firstspike/_core.") for name in names)
    assert not any("__pycache__" in name or name.startswith(("tests/", "hdl/")) for name in names)
    assert "-abi3-" in wheel.name


def test_wheel_works_outside_the_checkout(wheel, outside):
    outside(wheel)


def test_sdist_holds_sources_tests_and_licence(sdist, project):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"python/{name}" for name in sources(project)} <= names
    assert {"LICENSE", "README.md", "Cargo.lock", "tests/conftest.py"} <= names


def test_sdist_builds_and_works_outside_the_checkout(sdist, build, outside):
    outside(build(sdist, "from-sdist"))
