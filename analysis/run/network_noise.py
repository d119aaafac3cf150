"""The contrast of noise power that a fitted device expects, to hold against the spectra."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from phonosync.analysis.models.expected import expected_slopes
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.free import LEVEL
from phonosync.analysis.models.measures import by_parameter
from phonosync.analysis.models.observations import NoiseSpectrum
from phonosync.analysis.nonreciprocity.contrast import nonreciprocity
from phonosync.analysis.run.fitted_prediction import States
from phonosync.analysis.run.grid import Grid, direction, other_direction, setting_dims
from phonosync.analysis.run.setting import turned
from phonosync.analysis.statistics.interval import SIGMAS_95

if TYPE_CHECKING:
    import xarray


def expected_noise(
    fit: NetworkFit, fine: xarray.Dataset, states: States
) -> dict[str, xarray.Dataset]:
    """Contrast of the noise above shot noise in the band, as the fitted device has it.

    The same number as `SpectraAnalysis.compared` has of the spectra alone, so that the two can be
    held against each other.

    Args:
        fit: of the run, a noise spectrum first.
        fine: settings, from `finer`.
        states: from `fitted_states`.

    Returns:
        What was turned -> over (the other direction, swept, branch): `contrast` with `_low` and
        `_high` (95 %), `contrast_68` with its own (68 %); from the fit's covariance.
    """
    like = fit.model.observations.traces[0]
    assert isinstance(like, NoiseSpectrum)
    level = float(fit.parameters[LEVEL].value)
    varied = [name for name in fit.parameters if fit.parameters[name].vary]
    excess = {}
    for place, (condition, state) in states.items():
        power, by_entry = expected_slopes(state, replace(like, condition=condition))
        slopes = by_parameter(fit.model, fit.parameters, level * by_entry.mean(axis=0))
        if LEVEL in varied:
            slopes[varied.index(LEVEL)] = power.mean()
        excess[place] = level * float(power.mean()) - 1, slopes
    found = {}
    for name in turned(fine):
        grid = Grid(fine, (other_direction(name), *setting_dims(fine)))
        for light, field, setting in excess:
            at = {"light": light, "field": field, **setting.at}
            other = (*direction(name, -1, at[other_direction(name)]), setting)
            if at[name] != 1 or other not in excess:
                continue
            (a, da), (b, db) = excess[light, field, setting], excess[other]
            V = fit.information.propagated(np.array([da, db]))
            if not np.all(np.isfinite(V)):
                continue
            for end, sigmas in (("", SIGMAS_95), ("_68", 1.0)):
                grid.put(f"contrast{end}", at, nonreciprocity(a, b, V, critical=sigmas).contrast)
        found[name] = grid.dataset()
    return found
