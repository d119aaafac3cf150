"""Parametric bootstrap: the fit repeated on traces drawn from itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.fit import NetworkFit, fit_from
from phonosync.analysis.models.measures import Quantity
from phonosync.analysis.models.simulation import simulate
from phonosync.theory.errors import PhonosyncError


def bootstrap_values(
    fit: NetworkFit, quantities: Sequence[Quantity], *, replicas: int = 200, seed: int = 0
) -> NDArray[np.floating]:
    """Numbers that follow from fits to drawn traces, shape (replicas, M).

    Args:
        fit: the truth of the bootstrap.
        quantities: M of them.
        replicas: how many sets of traces are drawn.
        seed: of the draws.

    Returns:
        NaN in a row whose fit found no stable device.
    """
    values = np.full((replicas, len(quantities)), np.nan)
    for row, stream in zip(values, np.random.default_rng(seed).spawn(replicas), strict=True):
        drawn = simulate(fit.model, fit.parameters, stream)
        model = replace(fit.model, observations=drawn, _known={})
        try:
            again = fit_from(model, fit.parameters.copy())
            # A quantity is tied to a model by its conditions alone, which every draw shares.
            row[:] = [quantity(again.parameters)[0] for quantity in quantities]
        except PhonosyncError:
            continue
    return values
