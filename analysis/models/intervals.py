"""95 % intervals of the fitted entries of a device file."""

from __future__ import annotations

import numpy as np

from phonosync.analysis.models.bootstrap import bootstrap_intervals
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.measures import Quantity, entry, logarithm
from phonosync.analysis.models.profile import profile_interval
from phonosync.analysis.statistics.interval import Interval, Method, around


def entry_intervals(
    fit: NetworkFit, method: Method = "profile", *, replicas: int = 200
) -> dict[str, Interval]:
    """Interval of every free entry, SI units; ends are NaN where nothing tells.

    What can only be positive, as a linewidth, is nearly normal in its logarithm, and its interval
    is put there: by curvature, value · e^{±1.96 σ/value}. Frequencies, detunings and signed numbers
    are taken as they are. The profile's ends differ from curvature's by a tenth of them where an
    entry is known to a twentieth.

    Args:
        fit: at its optimum.
        method: as of `network_synchronization`.
        replicas: of the bootstrap.
    """
    free = fit.model.chart.free
    quantities = {one.entry.name: entry(fit.model, one.entry.name) for one in free}
    if method == "bootstrap":
        of = bootstrap_intervals(fit, list(quantities.values()), replicas=replicas)
        return dict(zip(quantities, of, strict=True))
    found = {}
    for one, error in zip(free, np.sqrt(np.diag(fit.covariance)), strict=True):
        name = one.entry.name
        value = fit.entries[name]
        if not np.isfinite(error):
            found[name] = Interval(value, np.nan, np.nan)
        elif one.log and value > 0:
            of = _interval(fit, logarithm(quantities[name]), float(error) / value, method)
            found[name] = Interval(value, float(np.exp(of.low)), float(np.exp(of.high)))
        else:
            found[name] = _interval(fit, quantities[name], float(error), method)
    return found


def _interval(fit: NetworkFit, quantity: Quantity, error: float, method: Method) -> Interval:
    if method == "profile":
        return profile_interval(fit, quantity)
    return around(quantity(fit.parameters)[0], error)
