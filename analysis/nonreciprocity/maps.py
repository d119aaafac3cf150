"""Many settings at once: which of them are nonreciprocal, without fooling oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.nonreciprocity.permutation import permutation_p_value, sign_patterns
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

_DRAWS = 10_000


def significance_map(
    differences: xarray.DataArray,
    *,
    shared_signs: bool,
    dependence: Literal["positive", "any"] = "positive",
    seed: int = 0,
) -> xarray.Dataset:
    """p-values of every setting, their q-values, and p-values for the whole map.

    p: permutation of each setting's quads alone. q: the least share of false discoveries among all
    settings that are called nonreciprocal at this p or below (Benjamini & Hochberg; Benjamini &
    Yekutieli under any dependence). p_family: of a single false one anywhere, from the distribution
    of the map's largest |Σd|/√Σd² over the sign patterns (Westfall & Young).

    Args:
        differences: forward minus backward, dimensions (quad, ...); a setting with a NaN is left
            out, and NaN in the results.
        shared_signs: True where one quad runs through all settings, so that its sign is theirs;
            False where each setting has quads, and signs, of its own.
        dependence: of the settings; "positive" holds for neighbours that share noise or drift.
        seed: of sampled patterns.

    Returns:
        `p`, `q`, `p_family`, without the dimension quad. Attribute `least_q`: the q-value that the
        map would have if all settings had the least p; `note`: said when even a quarter of the
        settings at the least p would not reach q = 0.05.

    Raises:
        InputError: no dimension quad, or no complete setting.

    Source: doi:10.1111/j.2517-6161.1995.tb02031.x, doi:10.1214/aos/1013699998; maximum:
    Westfall & Young, Resampling-Based Multiple Testing (Wiley, 1993).
    """
    import xarray as xr
    from scipy.stats import false_discovery_control

    if "quad" not in differences.dims:
        raise InputError(
            f"differences have the dimensions {', '.join(map(str, differences.dims))} and none is "
            "'quad'; give one difference per quad."
        )
    quads_last = differences.transpose(..., "quad")
    shape, n = quads_last.shape[:-1], quads_last.shape[-1]
    d = quads_last.values.reshape(-1, n)
    whole = np.all(np.isfinite(d), axis=1, keepdims=True)[:, 0]
    if not whole.any():
        raise InputError("no setting has a difference for each of its quads; measure them again.")
    d = d[whole]
    method = "bh" if dependence == "positive" else "by"
    p = np.array([permutation_p_value(row, seed=seed) for row in d])
    found = {
        "p": p,
        "q": false_discovery_control(p, method=method),
        "p_family": _family(d, shared_signs=shared_signs, seed=seed),
    }
    result = xr.Dataset(coords=quads_last.isel(quad=0, drop=True).coords)
    for name, values in found.items():
        full = np.full(len(whole), np.nan)
        full[whole] = values
        result[name] = (quads_last.dims[:-1], full.reshape(shape))
    least = 2.0 ** (1 - n)
    harmonic = 1.0 if method == "bh" else float(np.sum(1 / np.arange(1, len(d) + 1)))
    result.attrs["least_q"] = min(least * harmonic, 1.0)
    if least * harmonic > 0.05 / 4:
        needed = int(np.ceil(2 + np.log2(harmonic / 0.05))) + 1
        result.attrs["note"] = (
            f"with {n} quads p is at least {least:.2g}, so that q = 0.05 needs "
            f"{min(least * harmonic / 0.05, 1):.0%} of the settings to be that extreme; with "
            f"{needed} quads a quarter would do."
        )
    return result


def _family(d: NDArray[np.floating], *, shared_signs: bool, seed: int) -> NDArray[np.floating]:
    """Share of the sign patterns whose largest statistic reaches each setting's.

    |Σd|/√Σd² is Student's t in another dress, and Σd² does not change with the signs.
    """
    scale = np.sqrt((d**2).sum(axis=1, keepdims=True))
    unit = np.divide(d, scale, out=np.zeros_like(d), where=scale > 0)
    measured = np.abs(unit.sum(axis=1))
    if shared_signs:
        signs, added = sign_patterns(d.shape[1], seed=seed)
        largest = np.concatenate(
            [
                np.abs(part @ unit.T).max(axis=1)
                for part in np.array_split(signs, 1 + len(signs) // 4096)
            ]
        )
    else:
        random, added = np.random.default_rng(seed), 1
        largest = np.array(
            [
                np.abs((unit * random.choice([1.0, -1.0], unit.shape)).sum(axis=1)).max()
                for _ in range(_DRAWS)
            ]
        )
    reached = np.sort(largest)
    above = len(reached) - np.searchsorted(reached, measured * (1 - 1e-12))
    return (above + added) / (len(reached) + added)
