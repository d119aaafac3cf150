"""95 % intervals of the fitted entries of a device file."""

from __future__ import annotations

import numpy as np

from phonosync.analysis.models.bootstrap import bootstrap_intervals
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.measures import entry
from phonosync.analysis.models.profile import profile_interval
from phonosync.analysis.models.synchronization import Method
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval


def profiled_entry(fit: NetworkFit, name: str) -> Interval:
    """Interval of one free entry by profile likelihood: right where errors are large.

    Args:
        fit: at its optimum.
        name: of the entry, as in the device file.
    """
    return profile_interval(fit, entry(fit.model, name))


def entry_intervals(
    fit: NetworkFit, method: Method = "curvature", *, replicas: int = 200
) -> dict[str, Interval]:
    """Interval of every free entry, SI units; ends are NaN where nothing tells.

    What can only be positive, as a linewidth, is nearly normal in its logarithm: value · e^{±1.96
    σ/value}. Frequencies, detunings and signed numbers are taken as normal themselves.

    Args:
        fit: at its optimum.
        method: as of `network_synchronization`.
        replicas: of the bootstrap.
    """
    names = [one.entry.name for one in fit.model.chart.free]
    if method == "profile":
        return {name: profiled_entry(fit, name) for name in names}
    if method == "bootstrap":
        of = bootstrap_intervals(fit, [entry(fit.model, name) for name in names], replicas=replicas)
        return dict(zip(names, of, strict=True))
    errors = np.sqrt(np.diag(fit.covariance))
    found = {}
    for one, value, error in zip(fit.model.chart.free, fit.entries.values(), errors, strict=True):
        reach = SIGMAS_95 * float(error) if np.isfinite(error) else np.nan
        if one.log and value > 0 and np.isfinite(reach):
            factor = float(np.exp(reach / value))
            found[one.entry.name] = Interval(value, value / factor, value * factor)
        else:
            found[one.entry.name] = Interval(value, value - reach, value + reach)
    return found
