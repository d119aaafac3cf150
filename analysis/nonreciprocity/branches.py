"""Like with like where a device is bistable: up sweeps against up sweeps, down against down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phonosync.theory.device.text import write_quantity
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray


def paired_branches(
    forward: xarray.DataArray, backward: xarray.DataArray
) -> tuple[xarray.DataArray, xarray.DataArray]:
    """Both directions, branch by branch at the same settings, ready to be compared.

    Args:
        forward, backward: any number per setting with a coordinate `branch`: a dimension (up,
            down), or a single value for a single sweep. A setting that was not measured is NaN.

    Returns:
        Both in the branch order of `forward`.

    Raises:
        InputError: no branch is stated; the branches differ; a setting of a branch was measured in
            one direction only.
    """
    import xarray as xr

    named = {"forward": forward, "backward": backward}
    for name, values in named.items():
        if "branch" not in values.coords:
            raise InputError(
                f"the {name} values have no coordinate 'branch'; say with which sweep each was "
                "reached, such as assign_coords(branch='up')."
            )
    found = {name: [str(b) for b in np.atleast_1d(v["branch"])] for name, v in named.items()}
    if sorted(found["forward"]) != sorted(found["backward"]):
        raise InputError(
            f"forward was measured on {_said(found['forward'])}, backward on "
            f"{_said(found['backward'])}{_somewhere(forward)}: another branch is another state, "
            "not another direction. Measure both directions with both sweeps, or select one branch."
        )
    if "branch" in backward.dims:
        backward = backward.sel(branch=forward["branch"])
    try:
        forward, backward = xr.align(forward, backward, join="exact")
    except ValueError as error:
        raise InputError(
            "the two directions were not measured at the same settings; interpolate them with "
            "at_common_settings() first."
        ) from error
    backward = backward.transpose(*forward.dims)
    alone = forward.notnull() != backward.notnull()
    if bool(alone.any()):
        first = {d: int(i[0]) for d, i in zip(alone.dims, np.nonzero(alone.values), strict=True)}
        at = forward.isel(first)
        direction = "forward" if bool(at.notnull()) else "backward"
        branch = str(at["branch"].item())
        raise InputError(
            f"on branch {branch}{_somewhere(at)} there is a value for {direction} only; measure "
            "the other direction there, or drop the setting."
        )
    return forward, backward


def bistable(
    values: xarray.DataArray, errors: xarray.DataArray, *, level: float = 0.05
) -> xarray.DataArray:
    """Where the up and the down sweep end in different states.

        |S_up − S_down| > c sqrt(σ_up² + σ_down²)

    with c for the level shared by all settings (Bonferroni), so that a monostable device is called
    bistable anywhere with that probability at most.

    Args:
        values: S with a dimension `branch` that holds "up" and "down".
        errors: standard errors, same dimensions.
        level: probability of a false one.

    Returns:
        bool, without `branch`.

    Raises:
        InputError: a branch is missing.
    """
    from scipy.stats import norm

    branches = [str(b) for b in np.atleast_1d(values["branch"])] if "branch" in values.dims else []
    if sorted(branches) != ["down", "up"]:
        raise InputError(
            f"bistability shows between an up and a down sweep, and here is {_said(branches)}; "
            "measure both."
        )
    difference = values.sel(branch="up", drop=True) - values.sel(branch="down", drop=True)
    variance = (errors**2).sum("branch", skipna=False)
    settings = max(int(difference.notnull().sum()), 1)
    found = difference**2 > float(norm.isf(level / 2 / settings)) ** 2 * variance
    return found.rename("bistable")


def bistability_notes(forward: xarray.DataArray, backward: xarray.DataArray) -> list[str]:
    """Say where only one of the directions is bistable: nonreciprocity of its own kind.

    Args:
        forward, backward: from `bistable`.
    """
    both = int((forward & backward).sum())
    notes = [f"both directions are bistable at {_count(both)}."] if both else []
    for name, here, there in (("forward", forward, backward), ("backward", backward, forward)):
        alone = here & ~there
        if bool(alone.any()):
            places = [alone.isel(dict(zip(alone.dims, at, strict=True))) for at in _where(alone)]
            ends = [_somewhere(place).removeprefix(" at ") for place in (places[0], places[-1])]
            span = " to ".join(dict.fromkeys(end for end in ends if end))
            notes.append(
                f"only {name} is bistable at {_count(len(places))}"
                + (f" ({span})" if span else "")
                + ": compare up with up and down with down there."
            )
    return notes


def _where(mask: xarray.DataArray) -> list[tuple[int, ...]]:
    return [tuple(map(int, at)) for at in np.argwhere(mask.values)]


def _count(settings: int) -> str:
    return f"{settings} setting" + ("s" if settings != 1 else "")


def _said(branches: list[str]) -> str:
    return "no branch" if not branches else f"branch {' and '.join(branches)}"


def _somewhere(at: xarray.DataArray) -> str:
    """The setting in words: every scalar coordinate that is a number, with its unit."""
    words = [
        _in_words(str(name), float(c), c.attrs.get("units", ""))
        for name, c in at.coords.items()
        if c.ndim == 0 and np.issubdtype(c.dtype, np.number)
    ]
    said = ", ".join(filter(None, words))
    return f" at {said}" if said else ""


def _in_words(name: str, value: float, unit: str) -> str:
    if unit:
        return f"{name.replace('_', ' ')} {write_quantity(value, unit)}"
    if name in ("light", "field"):
        return f"{name} {value:+.0f}" if value else ""  # 0: there is none
    return f"{name} = {value:g}"
