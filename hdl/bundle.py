"""The folder a core is handed over in: written whole, read back with every file checked."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from firstspike.errors import DataNotFoundError, DomainError, FormatError
from firstspike.hdl.plan import CorePlan
from firstspike.hdl.room import with_room
from firstspike.integer_network import IntegerNetwork

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["MANIFEST", "NETWORK", "Bundle", "write_bundle"]

MANIFEST = "manifest.json"
NETWORK = "network.safetensors"
FORMAT = "firstspike.core"
VERSION = 3


@dataclass(frozen=True, eq=False)
class Bundle:
    """A generated core on disk.

    Parameters
    ----------
    path : Path
        The folder.
    network : IntegerNetwork
        What the core computes.
    plan : CorePlan
        How it is laid out.
    manifest : dict
        What ``manifest.json`` says.
    """

    path: Path
    network: IntegerNetwork
    plan: CorePlan
    manifest: dict[str, Any]

    @property
    def rtl(self) -> Path:
        """Where the Verilog and the memory images are."""
        return self.path / "rtl"

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Bundle:
        """Read a folder that `generate` wrote.

        Raises
        ------
        DataNotFoundError
            If there is no core.
        FormatError
            If the manifest is foreign or of another version, or a file is missing or differs from
            the one that was generated.
        """
        folder = Path(path)
        try:
            text = (folder / MANIFEST).read_text()
        except OSError:
            msg = (
                f"no generated core in {folder}: {MANIFEST} is missing; "
                "firstspike hdl generate NETWORK --out DIR writes one"
            )
            raise DataNotFoundError(msg) from None
        manifest = _checked(folder / MANIFEST, text)
        for name, digest in manifest["files"].items():
            _check_file(folder, name, digest)
        network = IntegerNetwork.load(folder / NETWORK)
        layers = manifest["layers"]
        plan = CorePlan.from_network(
            network,
            lanes=[layer["lanes"] for layer in layers],
            sweep=[layer["columns"] for layer in layers],
            banks=[layer["bank"] for layer in layers],
        )
        if manifest.get("loadable"):
            plan = with_room(network, plan)
        return cls(folder, network, plan, manifest)


def write_bundle(path: Path, files: Mapping[str, bytes], about: Mapping[str, Any]) -> None:
    """Write a folder that appears complete or not at all; an older bundle there is replaced.

    Raises
    ------
    DomainError
        If there is something else than a bundle.
    """
    if path.exists() and (not path.is_dir() or (any(path.iterdir()) and not _is_bundle(path))):
        msg = f"{path} exists and is not a generated core, expected a new or an empty folder"
        raise DomainError(msg)
    path.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        fresh = work / "new"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).parent.mkdir(exist_ok=True)
            (fresh / name).write_bytes(content)
        digests = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
        manifest = {"format": FORMAT, "version": VERSION, **about, "files": digests}
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        if path.exists():
            path.rename(work / "old")
        fresh.rename(path)
    finally:
        shutil.rmtree(work)


def _is_bundle(path: Path) -> bool:
    try:
        _checked(path / MANIFEST, (path / MANIFEST).read_text())
    except (OSError, FormatError):
        return False
    return True


def _checked(path: Path, text: str) -> dict[str, Any]:
    try:
        manifest = json.loads(text)
    except ValueError as error:
        msg = f"{path} is not JSON ({error}), expected the manifest of a generated core"
        raise FormatError(msg) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        msg = f"{path} is not the manifest of a generated core"
        raise FormatError(msg)
    if manifest.get("version") != VERSION:
        msg = (
            f"{path} has version {manifest.get('version')!r}, expected {VERSION}: generate it anew"
        )
        raise FormatError(msg)
    layers, files = manifest.get("layers"), manifest.get("files")
    kinds = {"lanes": int, "columns": int, "bank": str}
    if not (
        isinstance(files, dict)
        and NETWORK in files
        and isinstance(layers, list)
        and all(
            isinstance(x, dict) and all(isinstance(x.get(k), kind) for k, kind in kinds.items())
            for x in layers
        )
    ):
        msg = f"{path} lacks its list of layers or files: generate the core anew"
        raise FormatError(msg)
    return manifest


def _check_file(folder: Path, name: str, digest: str) -> None:
    place = PurePosixPath(name)
    if place.is_absolute() or ".." in place.parts or str(place) != name:
        msg = f"{folder / MANIFEST} names the file {name!r}, expected plain names inside the folder"
        raise FormatError(msg)
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        msg = f"{folder / name} cannot be read ({error.strerror}): generate the core anew"
        raise FormatError(msg) from None
    if hashlib.sha256(content).hexdigest() != digest:
        msg = f"{folder / name} is not the file that was generated: generate the core anew"
        raise FormatError(msg)
