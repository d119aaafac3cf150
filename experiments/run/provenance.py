"""Who measured what, when, with which software: the first line of a run's journal."""

from __future__ import annotations

import getpass
import platform
import subprocess
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.run.journal import FORMAT


@dataclass(frozen=True)
class Provenance:
    """What is kept with a run beside its plan and its rig.

    Attributes:
        plan_file: of the plan, whose text is kept and whose lines messages name.
        device_file: text of a device file that describes the sample.
    """

    plan_file: Path | None = None
    device_file: str = ""


NOTHING_ELSE = Provenance()


def header(
    plan: Plan, rig: dict[str, Any], seed: int, run_id: str, provenance: Provenance
) -> dict[str, Any]:
    """What a run is, before anything of it is measured.

    Args:
        plan, seed: what is measured, in which order.
        rig: what it is measured with: the content of a rig file, and of the virtual lab.
        run_id: of the run.
        provenance: what else is kept.
    """
    file = provenance.plan_file
    return {
        "format": FORMAT,
        "id": run_id,
        "created_at": time.time(),
        "who": who(),
        "seed": seed,
        "plan": plan.model_dump(mode="json"),
        "plan_text": file.read_text(encoding="utf-8") if file is not None else "",
        "device_file": provenance.device_file or rig.pop("device_file", ""),
        "rig": rig,
    }


def session(guid: str) -> dict[str, Any]:
    """What is new when a process begins to measure."""
    return {
        "guid": guid,
        "at": time.time(),
        "who": who(),
        "versions": versions(),
        "git_commit": git_commit(),
    }


def who() -> str:
    """User and computer."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no name for this account
        user = "unknown"
    return f"{user} on {platform.node() or 'unknown'}"


def versions() -> dict[str, str]:
    """Versions of what shaped the numbers."""
    packages = ("phonosync", "numpy", "scipy", "numba", "lmfit", "xarray", "qcodes", "pyvisa-py")
    found = {name: metadata.version(name) for name in packages}
    return {"python": platform.python_version(), **found}


def git_commit() -> str:
    """Commit of the source tree, with "+changes" if it was changed; "" outside a checkout."""
    here = Path(__file__).resolve().parents[1]

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(here), *words], capture_output=True, text=True, timeout=10, check=True
        )
        return done.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != here.parent:
            return ""  # an installation inside somebody else's checkout
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return ""
