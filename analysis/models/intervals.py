"""95 % intervals of the fitted entries of a device file."""

from __future__ import annotations

import numpy as np

from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.measures import entry
from phonosync.analysis.models.profile import profile_interval
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval


def profiled_entry(fit: NetworkFit, name: str) -> Interval:
    """Interval of one free entry by profile likelihood: right where errors are large.

    Args:
        fit: at its optimum.
        name: of the entry, as in the device file.
    """
    return profile_interval(fit, entry(fit.model, name))


def entry_intervals(fit: NetworkFit) -> dict[str, Interval]:
    """Interval of every free entry, SI units; ends are infinite where nothing tells.

    What can only be positive, as a linewidth, is nearly normal in its logarithm: value · e^{±1.96
    σ/value}. Frequencies, detunings and signed numbers are taken as normal themselves.
    """
    errors = np.sqrt(np.diag(fit.covariance))
    found = {}
    for one, value, error in zip(fit.model.chart.free, fit.entries.values(), errors, strict=True):
        reach = SIGMAS_95 * float(error)
        if one.log and value > 0 and np.isfinite(reach):
            factor = float(np.exp(reach / value))
            found[one.entry.name] = Interval(value, value / factor, value * factor)
        else:
            found[one.entry.name] = Interval(value, value - reach, value + reach)
    return found
