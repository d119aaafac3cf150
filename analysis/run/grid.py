"""Numbers with intervals, setting by setting, on their way into a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.schema import NOT_SWEPT, swept
from phonosync.analysis.statistics.interval import Interval

if TYPE_CHECKING:
    import xarray


class Grid:
    """Collects numbers over some dimensions of a run; what is not put in is NaN.

    Args:
        data: the run, whose coordinates are taken.
        dims: over which.
    """

    def __init__(self, data: xarray.Dataset, dims: tuple[str, ...]):
        self._coords = {dim: data[dim] for dim in dims}
        self._places = {
            dim: {value: k for k, value in enumerate(data[dim].values.tolist())} for dim in dims
        }
        self._arrays: dict[str, Any] = {}
        self._units: dict[str, str] = {}

    def put(
        self, name: str, at: Mapping[str, Any], value: Interval | float, *, unit: str = "1"
    ) -> None:
        """Put a number (or an interval: three variables) at coordinates."""
        if isinstance(value, Interval):
            for end, x in (("", value.value), ("_low", value.low), ("_high", value.high)):
                self.put(name + end, at, x, unit=unit)
            return
        place = tuple(known[at[dim]] for dim, known in self._places.items())
        shape = tuple(len(known) for known in self._places.values())
        array = self._arrays.setdefault(name, np.full(shape, np.nan))
        self._units[name] = unit
        array[place] = value

    def dataset(self) -> xarray.Dataset:
        """All that was put in."""
        import xarray

        found = xarray.Dataset(coords=self._coords)
        for name, array in self._arrays.items():
            found[name] = (tuple(self._places), array, {"units": self._units[name]})
        return found


def setting_dims(data: xarray.Dataset) -> tuple[str, ...]:
    """Dimensions of a setting: what was swept, and the branch."""
    return (*swept(data), "branch")


def other_direction(turned: str) -> str:
    """The direction that is not turned round in a comparison.

    >>> other_direction("light")
    'field'
    """
    return next(name for name in NOT_SWEPT[:2] if name != turned)


def direction(what: str, sign: int, staying: int) -> tuple[int, int]:
    """(light, field), where `what` is turned to a sign and the other direction stays.

    >>> direction("light", -1, 1), direction("field", -1, 1)
    ((-1, 1), (1, -1))
    """
    return (sign, staying) if what == "light" else (staying, sign)


def interval_at(found: xarray.Dataset, name: str, at: Mapping[str, Any]) -> Interval:
    """A variable at one place of a dataset with its `_low` and `_high`, where it has them."""
    here = found.sel({dim: value for dim, value in at.items() if dim in found.dims})
    parts = (here.get(f"{name}{end}") for end in ("", "_low", "_high"))
    return Interval(*(np.nan if part is None else float(part) for part in parts))
