"""The contrast of noise power that a fitted device expects, to hold against the spectra."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.nonreciprocity.contrast import nonreciprocity
from phonosync.analysis.run.grid import Grid, other_direction, setting_dims
from phonosync.analysis.run.setting import turned
from phonosync.analysis.run.traces import Place
from phonosync.analysis.statistics.interval import SIGMAS_95

if TYPE_CHECKING:
    import xarray


def expected_noise(
    fit: NetworkFit, data: xarray.Dataset, traces: Mapping[Place, int]
) -> dict[str, xarray.Dataset]:
    """Contrast of the noise above shot noise in the band, as the fitted device has it.

    The same number as `SpectraAnalysis.compared` has of the spectra alone, so that the two can be
    held against each other.

    Args:
        fit: of the run.
        data: the run.
        traces: place -> number of its spectrum in the fit.

    Returns:
        What was turned -> over (the other direction, swept, branch): `contrast` with `_low` and
        `_high` (95 %), `contrast_68` with its own (68 %); from the fit's covariance.
    """
    excess = {}
    for place, k in traces.items():
        value, slopes = fit.model.expected_slopes(fit.parameters, k)
        excess[place] = float(value.mean() - 1), slopes.mean(axis=0)
    found = {}
    for name in turned(data):
        grid = Grid(data, (other_direction(name), *setting_dims(data)))
        for light, field, setting in excess:
            other = (-1, field, setting) if name == "light" else (light, -1, setting)
            if (light if name == "light" else field) != 1 or other not in excess:
                continue
            (a, da), (b, db) = excess[light, field, setting], excess[other]
            V = fit.information.propagated(np.array([da, db]))
            if not np.all(np.isfinite(V)):
                continue
            at = {"light": light, "field": field, **setting.at}
            for end, sigmas in (("", SIGMAS_95), ("_68", 1.0)):
                grid.put(f"contrast{end}", at, nonreciprocity(a, b, V, critical=sigmas).contrast)
        found[name] = grid.dataset()
    return found
