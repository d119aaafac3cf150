"""Finished parts of a survey in a folder, so that it can be stopped and gone on with."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from phonosync.theory.errors import InputError
from phonosync.theory.survey.plan import Results

_PLAN = "survey.json"


class ChunkFolder(MutableMapping[int, Results]):
    """Chunk number -> results, each a file written at once or not at all.

    Args:
        folder: made if it is not there.
        identity: of the survey (see `Survey.identity`).

    Raises:
        InputError: the folder holds parts of another survey, or cannot be written.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str]):
        self.folder = folder
        plan = folder / _PLAN
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if plan.exists():
                _same(json.loads(plan.read_text(encoding="utf-8")), dict(identity), folder)
            elif any(folder.iterdir()):
                raise InputError(f"{folder} holds something else; give another file with --out.")
            else:
                text = json.dumps(dict(identity), indent=1, ensure_ascii=False)
                _write(plan, text.encode())
        except OSError as error:
            raise InputError(
                f"no results can be written to {folder} ({error.strerror}); give another file "
                "with --out."
            ) from error

    def __contains__(self, number: object) -> bool:
        """Whether the chunk is finished."""
        return isinstance(number, int) and self._path(number).exists()

    def __getitem__(self, number: int) -> Results:
        """Read a chunk."""
        if number not in self:
            raise KeyError(number)
        try:
            with np.load(self._path(number), allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except (OSError, ValueError, BadZipFile) as error:
            raise InputError(
                f"{self._path(number)} is damaged ({error}); remove it and run the same command "
                "again."
            ) from error

    def __setitem__(self, number: int, results: Results) -> None:
        """Write a chunk."""
        path = self._path(number)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, **results)  # type: ignore[arg-type]
        os.replace(partial, path)

    def __delitem__(self, number: int) -> None:
        """Forget a chunk."""
        self._path(number).unlink()

    def __iter__(self) -> Iterator[int]:
        """Numbers of the finished chunks."""
        return iter(sorted(int(p.stem.split("-")[1]) for p in self.folder.glob("chunk-*.npz")))

    def __len__(self) -> int:
        """How many chunks are finished."""
        return len(list(iter(self)))

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder)

    def _path(self, number: int) -> Path:
        return self.folder / f"chunk-{number:06d}.npz"


def _same(found: dict[str, str], asked: dict[str, str], folder: Path) -> None:
    different = [key for key in asked if found.get(key) != asked[key]]
    if not different:
        return
    key = different[0]
    was, is_ = str(found.get(key)), asked[key]
    said = f" ({was} there, {is_} now)" if len(was) + len(is_) < 120 else ""
    raise InputError(
        f"{folder} holds parts of another survey: it differs in {', '.join(different)}{said}. Give "
        "another file with --out, or remove that folder."
    )


def _write(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    os.replace(partial, path)
