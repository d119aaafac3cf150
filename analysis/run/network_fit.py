"""The settings of a run that a device is fitted to, and the fit.

A device that oscillates has no linearised spectrum, and what it emits is left out. The file alone
does not tell: near a threshold, or near a fold, it may have no stable state where the device itself
is at rest. So devices like the file that are at rest there are tried as well, and kept where they
describe what was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.fit import NetworkFit, fit_network
from phonosync.analysis.models.observations import NoiseSpectrum, Observation, Observations, Prior
from phonosync.analysis.run.at_rest import measures_at_rest
from phonosync.analysis.run.traces import Place
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError, PhonosyncError

MISSED = 4.0
"""Standard deviations of the deviance from which a fit does not describe a trace."""
_FIRST = 6  # traces: more of them are fitted from where these ended

Observed = tuple[dict[Place, int], list[Observation]]


@dataclass(frozen=True, eq=False)
class FitAtRest:
    """A fit, and what it was fitted to.

    Attributes:
        fit: of the device.
        traces: (light, field, setting) -> number of its spectrum in the fit.
        notes: what was left out or taken in beside what the file says, and why.
    """

    fit: NetworkFit
    traces: Mapping[Place, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Start:
    """What a fit of a run begins with.

    Attributes:
        device: as its file says.
        free: names of its free entries.
        priors: calibrations of some of them.
        reference_averages: of the unit.
    """

    device: Device
    free: list[str]
    priors: dict[str, Prior]
    reference_averages: float

    def fit(self, traces: list[Observation]) -> NetworkFit:
        """From the file's values, and from many starts only where these do not lead there."""
        try:
            fit = fit_network(self.device, self.free, self._of(traces), start={})
        except PhonosyncError:
            pass  # the file is too far from the device: look further
        else:
            if describes(fit):
                return fit
        return self.searched(traces)

    def searched(self, traces: list[Observation]) -> NetworkFit:
        """From many starts."""
        if len(traces) <= _FIRST:
            return fit_network(self.device, self.free, self._of(traces))
        spread = np.unique(np.linspace(0, len(traces) - 1, _FIRST).round().astype(int))
        first = fit_network(self.device, self.free, self._of([traces[k] for k in spread]))
        return self.continued(traces, first)

    def continued(self, traces: list[Observation], fit: NetworkFit) -> NetworkFit:
        """From where a fit of fewer traces ended."""
        return fit_network(self.device, self.free, self._of(traces), start=fit.entries)

    def _of(self, traces: list[Observation]) -> Observations:
        return Observations(tuple(traces), self.priors, self.reference_averages)


def describes(fit: NetworkFit) -> bool:
    """Whether the deviance of every trace is as expected."""
    return all(abs(z) < MISSED for z in fit.deviance_z.values())


def fit_at_rest(
    start: Start,
    conditions: Mapping[Place, Condition],
    quiet: Collection[Place],
    observed: Callable[[Collection[Place]], Observed],
) -> FitAtRest:
    """Fit a device to every setting at which it is at rest.

    Args:
        start: where to begin.
        conditions: place -> condition, of the whole run.
        quiet: places at which the device of the file is at rest.
        observed: what was measured at some places, and the number of each place's spectrum.

    Raises:
        InputError: nothing that the device at rest could have.
    """
    name, lost = start.device.name, [place for place in conditions if place not in quiet]
    if not lost:
        traces, found = observed(conditions)
        return FitAtRest(start.fit(_some(found, name)), traces, ())
    fit, traces = _everywhere(start, *observed(conditions)) or _where_at_rest(
        start, conditions, quiet, observed
    )
    notes = []
    gained = [place for place in lost if place in traces]
    missing = [place for place in lost if place not in traces]
    if gained:
        notes.append(
            f"the device file has no stable state at {len(gained)} of {len(conditions)} settings; "
            "a device like it that is at rest there describes their traces, and was fitted. If "
            "you saw it oscillate there, leave these settings out."
        )
    if missing:
        notes.append(
            f"{name} has no stable state at {len(missing)} of {len(conditions)} settings (it "
            "oscillates there); their traces are not in the fit of the linearised device."
        )
    return FitAtRest(fit, traces, tuple(notes))


def _some(found: list[Observation], name: str) -> list[Observation]:
    if not found:
        raise InputError(
            f"no spectrum and no pair of sweeps is left that {name} at rest could have; give "
            "another device, or measure below its threshold."
        )
    return found


def _everywhere(
    start: Start, traces: dict[Place, int], found: list[Observation]
) -> tuple[NetworkFit, dict[Place, int]] | None:
    """A device like the file that is at rest everywhere and describes all that was found."""
    if not 0 < len(found) <= _FIRST:
        return None
    fit = _described(lambda: start.searched(found))
    return None if fit is None else (fit, traces)


def _where_at_rest(
    start: Start,
    conditions: Mapping[Place, Condition],
    quiet: Collection[Place],
    observed: Callable[[Collection[Place]], Observed],
) -> tuple[NetworkFit, dict[Place, int]]:
    """A fit where the file is at rest, and where the device that it finds there is."""
    traces, found = observed(quiet)
    first = start.fit(_some(found, start.device.name))
    more = [
        place
        for place, condition in conditions.items()
        if place in quiet or measures_at_rest(first.device, condition) is not None
    ]
    if len(more) > len(quiet):
        taken, wider = observed(more)
        fit = _described(lambda: start.continued(wider, first))
        if fit is not None:
            return fit, taken
    return first, traces


def _described(attempt: Callable[[], NetworkFit]) -> NetworkFit | None:
    try:
        fit = attempt()
    except PhonosyncError:
        return None  # no such device
    return fit if describes(fit) and _resolved(fit) else None


def _resolved(fit: NetworkFit) -> bool:
    """Whether every line is broader than the points are apart.

    What a phonon laser emits is a line, too, that a device just below its threshold could have; but
    its width is that of the drift of a phase, far below what spectra of noise resolve.
    """
    for trace, state in zip(
        fit.model.observations.traces, fit.model.states(fit.parameters), strict=True
    ):
        width = 2 * np.abs(np.real(state.poles.values)).min() / (2 * np.pi)
        if isinstance(trace, NoiseSpectrum) and width < np.diff(trace.frequency_hz).min():
            return False
    return True
