"""Where a run's numbers come from: plan, rig, people, versions, and what is missing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.schema import NOT_SWEPT, swept

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Provenance:
    """Facts of a run, as its file states them.

    Attributes:
        name, run_id, status, why, who, created_at, seed, git_commit: "" where unknown.
        measured, planned: points of the data.
        instruments: (role, type, model, firmware) of the rig.
        device: of the virtual lab; "" for hardware.
        versions: package -> version.
        plan_text: as it was given.
    """

    name: str
    run_id: str
    status: str
    why: str
    who: str
    created_at: str
    seed: str
    git_commit: str
    measured: int
    planned: int
    instruments: tuple[tuple[str, str, str, str], ...]
    device: str
    versions: dict[str, str]
    plan_text: str

    @property
    def missing(self) -> int:
        """Points of the plan that have no data."""
        return self.planned - self.measured

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {**vars(self), "missing": self.missing}


def provenance_of(data: xarray.Dataset) -> Provenance:
    """Read a run's provenance; what an older file lacks stays empty."""
    a = data.attrs

    def text(name: str) -> str:
        return str(a.get(name, "") or "")

    rig = json.loads(a.get("rig") or "{}")
    instruments = tuple(
        (
            role,
            str(one.get("type", "")),
            str(one.get("model") or ""),
            str(one.get("firmware") or ""),
        )
        for role, one in rig.get("instruments", {}).items()
    )
    quads = data.get("quad", None)
    return Provenance(
        name=text("plan_name"),
        run_id=text("run_id"),
        status=text("status"),
        why=text("why"),
        who=text("who"),
        created_at=text("created_at"),
        seed=text("seed"),
        git_commit=text("git_commit"),
        measured=0 if quads is None else int(np.isfinite(quads.values).sum()),
        planned=0 if quads is None else int(quads.size),
        instruments=instruments,
        device=text("virtual_device"),
        versions={k: str(v) for k, v in json.loads(a.get("versions") or "{}").items()},
        plan_text=text("plan_text"),
    )


def quads_of_run(data: xarray.Dataset) -> int:
    """Quads of directions of which something was measured."""
    found = data["quad"].values if "quad" in data else np.empty(0)
    return len(np.unique(found[np.isfinite(found)]))


def sweeps_of_run(data: xarray.Dataset) -> list[tuple[str, str, list[float]]]:
    """(dimension, unit, values) of every swept quantity."""
    return [
        (dim, str(data[dim].attrs.get("units", "")), data[dim].values.astype(float).tolist())
        for dim in swept(data)
        if dim not in NOT_SWEPT
    ]
