"""95 % intervals of the fitted entries of a device file."""

from __future__ import annotations

import numpy as np

from phonosync.analysis.models.bootstrap import REPLICAS, bootstrap_intervals
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.measures import Quantity, entry, logarithm
from phonosync.analysis.models.profile import profile_interval
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval, Method, around

_STOPS = 0.1  # of the value: how sharply the profile finds the bound at zero


def entry_intervals(
    fit: NetworkFit, method: Method = "profile", *, replicas: int = REPLICAS
) -> dict[str, Interval]:
    """Interval of every free entry, SI units; ends are NaN where nothing tells.

    What can only be positive, as a linewidth, is nearly normal in its logarithm, and its interval
    is put there: by curvature, value · e^{±1.96 σ/value}. Frequencies, detunings and signed numbers
    are taken as they are, and so are occupations that may be zero, which have an upper limit: noise
    goes with their size and not with their logarithm. The profile's ends differ from curvature's by
    a tenth of them where an entry is known to a twentieth.

    Args:
        fit: at its optimum.
        method: as of `network_synchronization`.
        replicas: of the bootstrap.
    """
    free = fit.model.chart.free
    quantities = {one.entry.name: entry(fit.model, one.entry.name) for one in free}
    if method == "bootstrap":
        of = bootstrap_intervals(fit, list(quantities.values()), replicas=replicas)
        few = [one.entry.path[-1] == "occupation" for one in free]
        return {
            name: _at_most(one) if f else one
            for name, one, f in zip(quantities, of, few, strict=True)
        }
    found = {}
    for one, error in zip(free, np.sqrt(np.diag(fit.covariance)), strict=True):
        name = one.entry.name
        value = fit.entries[name]
        if not np.isfinite(error):
            found[name] = Interval(value, np.nan, np.nan)
        elif one.entry.path[-1] == "occupation" and value < SIGMAS_95 * error:
            found[name] = _at_most(_interval(fit, quantities[name], float(error), method))
        elif one.log and value > 0:
            of = _interval(fit, logarithm(quantities[name]), float(error) / value, method)
            found[name] = Interval(value, float(np.exp(of.low)), float(np.exp(of.high)))
        else:
            found[name] = _interval(fit, quantities[name], float(error), method)
    return found


def _at_most(quanta: Interval) -> Interval:
    """An upper limit alone where zero cannot be excluded; a profile's lower end stops short."""
    told = quanta.low > _STOPS * quanta.value or np.isnan(quanta.high)
    return quanta if told else Interval(np.nan, np.nan, quanta.high)


def _interval(fit: NetworkFit, quantity: Quantity, error: float, method: Method) -> Interval:
    if method == "profile":
        return profile_interval(fit, quantity)
    return around(quantity(fit.parameters)[0], error)
