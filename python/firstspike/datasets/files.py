"""Where the files of a data set are: a folder of the user's, or a checked download."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from firstspike.errors import DataNotFoundError, FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FOLDER_VARIABLE", "Archives", "Publication", "look_for"]

FOLDER_VARIABLE = "FIRSTSPIKE_DATA"


@dataclass(frozen=True)
class Publication:
    """Files that a data set consists of, and where they are published.

    Parameters
    ----------
    folder : str
        Name of the data set's folder below a data root.
    url : str
        Where the files are, with a final slash.
    sha256 : mapping of str to str
        Checksum of every file.
    """

    folder: str
    url: str
    sha256: Mapping[str, str]

    def locate(self, names: Sequence[str], root: str | os.PathLike[str] | None) -> list[Path]:
        """Return the paths of `names`, downloading them only when no folder was named.

        Looks in `root` and its subfolder, and nowhere else; without `root`, in the subfolder of
        ``$FIRSTSPIKE_DATA``, then in the download cache, which it fills.

        Raises
        ------
        DataNotFoundError
            If a file is in none of these places and cannot be downloaded.
        FormatError
            If a downloaded file has the wrong checksum.
        """
        if root is not None:
            places = [Path(root), Path(root) / self.folder]
            found = _complete(places, names)
            if found is None:
                raise DataNotFoundError(self._help(places, names, "leave root out to download it"))
            return found
        variable = os.environ.get(FOLDER_VARIABLE)
        places = [Path(variable) / self.folder] if variable else []
        return _complete(places, names) or [self._download(name, places) for name in names]

    def _download(self, name: str, places: Sequence[Path]) -> Path:
        import pooch  # brings requests along, so only when needed

        cache = pooch.os_cache("firstspike") / self.folder
        try:
            path = pooch.retrieve(
                self.url + name, f"sha256:{self.sha256[name]}", fname=name, path=cache
            )
        except ValueError as error:  # pooch's answer to a wrong checksum
            msg = f"{self.url}{name} is not the published file: {error}"
            raise FormatError(msg) from None
        except OSError as error:  # no network, no such address, no room
            hint = f"the download failed: {error}"
            raise DataNotFoundError(self._help([*places, cache], [name], hint)) from None
        return Path(path)

    def _help(self, places: Sequence[Path], names: Sequence[str], hint: str) -> str:
        return (
            f"{', '.join(names)} of {self.folder} not found; looked in "
            f"{', '.join(map(str, places))}; {hint}. To get it by hand: download the file from "
            f"{self.url} and name its folder with root= (--root) or {FOLDER_VARIABLE}"
        )


@dataclass(frozen=True)
class Archives:
    """Files that are published one by one in zip archives.

    Parameters
    ----------
    folder : str
        Name of the data set's folder below a data root.
    url : str
        Where the archives are, with a final slash; that of ``a.h5`` is ``a.h5.zip``.
    md5 : mapping of str to str
        Published checksum of the archive of every file.
    """

    folder: str
    url: str
    md5: Mapping[str, str]

    def locate(self, name: str, root: str | os.PathLike[str] | None) -> Path:
        """Return the path of `name`, downloading and unpacking it only without `root`.

        Raises
        ------
        DataNotFoundError
            If the file is nowhere and cannot be downloaded.
        FormatError
            If a downloaded archive has the wrong checksum.
        """
        by_hand = f"Download {self.url}{name}.zip and unpack it"
        try:
            return look_for(self.folder, [[name]], root, by_hand)[0]
        except DataNotFoundError:
            if root is not None:
                raise
        return self._download(name)

    def _download(self, name: str) -> Path:
        import pooch  # brings requests along, so only when needed

        cache = pooch.os_cache("firstspike") / self.folder
        try:
            members = pooch.retrieve(
                f"{self.url}{name}.zip",
                f"md5:{self.md5[name]}",
                fname=f"{name}.zip",
                path=cache,
                processor=pooch.Unzip(members=[name], extract_dir=str(cache)),
            )
        except ValueError as error:  # pooch's answer to a wrong checksum
            msg = f"{self.url}{name}.zip is not the published file: {error}"
            raise FormatError(msg) from None
        except OSError as error:  # no network, no such address, no room
            msg = (
                f"{name} not found, and the download failed: {error}. To get it by hand: download "
                f"{self.url}{name}.zip, unpack it and name its folder with root= (--root) or "
                f"{FOLDER_VARIABLE}"
            )
            raise DataNotFoundError(msg) from None
        return Path(members[0])


def _complete(places: Sequence[Path], names: Sequence[str]) -> list[Path] | None:
    """Paths in the first place that has every file, None if no place does."""
    for place in places:
        paths = [place / name for name in names]
        if all(path.is_file() for path in paths):
            return paths
    return None


def look_for(
    folder: str,
    choices: Sequence[Sequence[str]],
    root: str | os.PathLike[str] | None,
    source: str,
) -> list[Path]:
    """Return the paths of the first choice that is complete; nothing is downloaded.

    Looks in `root` and its subfolder `folder`; without `root`, in that subfolder of
    ``$FIRSTSPIKE_DATA``.

    Parameters
    ----------
    folder : str
        Name of the data set's folder below a data root.
    choices : sequence of sequences of str
        Names of files or folders that belong together; an earlier choice is preferred.
    root : path, optional
        Where the user says the data are.
    source : str
        How to get the files, for the message.

    Raises
    ------
    DataNotFoundError
        If no choice is complete in any place.
    """
    variable = os.environ.get(FOLDER_VARIABLE)
    if root is not None:
        places = [Path(root), Path(root) / folder]
    else:
        places = [Path(variable) / folder] if variable else []
    for place in places:
        for names in choices:
            paths = [place / name for name in names]
            if all(path.exists() for path in paths):
                return paths
    wanted = ", or ".join(" and ".join(names) for names in choices)
    looked = ", ".join(map(str, places)) or f"no folder, as {FOLDER_VARIABLE} is not set"
    msg = (
        f"{folder} not found: expected {wanted}; looked in {looked}. {source}; then name its "
        f"folder with root= (--root) or {FOLDER_VARIABLE}"
    )
    raise DataNotFoundError(msg)
