"""The cells of a run: what was swept, and on which way through the sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phonosync.analysis.schema import swept
from phonosync.theory.device.text import write_quantity

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Setting:
    """One setting of a run.

    Attributes:
        values: (swept dimension, value in SI units) of each; empty where nothing is swept.
        branch: "up" or "down".
        label: in words, with units, as "laser power 200 uW, up"; "" where a run has one setting.
    """

    values: tuple[tuple[str, float], ...]
    branch: str
    label: str

    @property
    def at(self) -> dict[str, float | str]:
        """Where it stands in every array over the run's swept dimensions and branch."""
        return {**dict(self.values), "branch": self.branch}

    def to_json(self) -> dict[str, Any]:
        """`{"setting": {dimension: value}, "branch": ...}`."""
        return {"setting": dict(self.values), "branch": self.branch}

    def select(self, data: xarray.Dataset) -> xarray.Dataset:
        """What belongs to this setting, its dimensions dropped to scalar coordinates."""
        return data.sel({dim: value for dim, value in self.at.items() if dim in data.dims})


def settings_of(data: xarray.Dataset) -> list[Setting]:
    """Every cell (swept values, branch) of a run, the last sweep fastest, branch by branch.

    Args:
        data: the run, or any dataset over its swept dimensions and branch.
    """
    from itertools import product

    dims = swept(data)
    branches = [str(b) for b in data["branch"].values] if "branch" in data.dims else ["up"]
    found = []
    for branch in branches:
        for values in product(*(data[dim].values.tolist() for dim in dims)):
            at = dict(zip(dims, map(float, values), strict=True))
            said = [
                f"{dim.replace('_', ' ')} {write_quantity(at[dim], data[dim].attrs['units'])}"
                for dim in dims
            ]
            said += [branch] * (len(branches) > 1)
            found.append(Setting(tuple(at.items()), branch, ", ".join(said)))
    return found


def directions_of(data: xarray.Dataset) -> list[tuple[int, int]]:
    """(light, field) of every direction of a run, forward first; light 0: none."""
    return [
        (int(light), int(way)) for light in data["light"].values for way in data["field"].values
    ]


def turned(data: xarray.Dataset) -> tuple[str, ...]:
    """What a run turns round: "light", "field", or both crossed."""
    return tuple(name for name in ("light", "field") if data.sizes.get(name, 1) > 1)
