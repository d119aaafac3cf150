"""Is a line one mode or two? A parametric bootstrap of the likelihood ratio."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from phonosync.analysis.lines.acquisition import Acquisition
from phonosync.analysis.lines.fit import LineFit
from phonosync.analysis.lines.model import Band, Fit, fit_from
from phonosync.analysis.lines.shape import Line
from phonosync.analysis.statistics.bootstrap import NullTest, parametric_bootstrap
from phonosync.theory.errors import InputError

# Starts of the pair: distance in linewidths, share of the area in the lower line.
_STARTS = ((0.4, 0.5), (0.9, 0.5), (0.8, 0.8), (0.8, 0.2))
_REACH = 8.0  # linewidths around the mode that are compared
_LEVEL = 0.05
_TOLERANCE = 1e-5  # a hundredth of a unit of deviance


@dataclass(frozen=True, eq=False)
class OneOrTwo:
    """One line against two.

    Attributes:
        gain: deviance that a second line saves.
        p_value: of so large a gain from one line, by simulation.
        null: the gains of the simulated single lines.
        pair: the best two lines, lower one first.
    """

    gain: float
    p_value: float
    null: NDArray
    pair: tuple[Line, Line]

    @property
    def splitting_hz(self) -> float:
        """Distance of the pair; it means something only where the p-value is small."""
        return self.pair[1].frequency_hz - self.pair[0].frequency_hz

    def to_json(self) -> dict[str, Any]:
        """Numbers only."""
        return {
            "gain": self.gain,
            "p_value": self.p_value,
            "replicas": len(self.null),
            "splitting_hz": self.splitting_hz,
        }

    def text(self) -> str:
        """One line for a screen."""
        found = f"p = {self.p_value:.2g} of {len(self.null)} simulated single lines"
        if self.p_value <= _LEVEL:
            return f"two lines, {self.splitting_hz:.3g} Hz apart ({found})."
        return f"one line suffices ({found}); two closer ones cannot be told from it."


def one_or_two(
    spectrum: xr.DataArray,
    fit: LineFit,
    *,
    number: int = 0,
    replicas: int = 199,
    seed: int = 0,
) -> OneOrTwo:
    """Test whether a fitted mode is two.

        gain = D(one line) - D(two lines)

    The chi-square law of nested models does not hold here (a line of no area has no frequency, and
    areas are positive), so the gain is compared with that of spectra simulated from the single
    line, with the averages and correlations of the measured one. The lines add up as powers.

    Args:
        spectrum: what `fit_lines` was given.
        fit: what it returned.
        number: of the mode in `fit.modes`.
        replicas: simulated spectra; 199 resolve p = 0.005.
        seed: of the simulations.

    Raises:
        InputError: no such mode, or too few points around it.
    """
    if not 0 <= number < len(fit.modes):
        raise InputError(f"there is no mode {number}: {len(fit.modes)} were found, from 0 on.")
    comparison = Comparison.around(spectrum, fit, number)
    one = comparison.single(comparison.power)
    test: NullTest = parametric_bootstrap(
        comparison.gain,
        comparison.power,
        lambda random: comparison.simulate(one, random),
        replicas=replicas,
        seed=seed,
    )
    pair = sorted(comparison.double(comparison.power, one).lines[:2], key=lambda x: x.frequency_hz)
    return OneOrTwo(test.statistic, test.p_value, test.null, (pair[0], pair[1]))


@dataclass(frozen=True, eq=False)
class Comparison:
    """One mode's surroundings: points, background, the mode and its neighbours."""

    frequency: NDArray
    power: NDArray
    usable: NDArray
    acquisition: Acquisition
    band: Band
    line: Line
    others: tuple[Line, ...]

    @classmethod
    def around(cls, spectrum: xr.DataArray, fit: LineFit, number: int) -> Comparison:
        """The points near a mode of a fit, in the band that held it."""
        lines = sorted(fit.fit.lines, key=lambda line: line.frequency_hz)
        line = lines[number]
        band = next(b for b in fit.fit.bands if b.low <= line.frequency_hz <= b.high)
        reach = max(_REACH * line.linewidth_hz, 16 * fit.acquisition.spacing_hz)
        low = max(band.low, line.frequency_hz - reach)
        high = min(band.high, line.frequency_hz + reach)
        frequency = spectrum["frequency"].values
        inside = (frequency >= low) & (frequency <= high)
        middle = float(np.sqrt(low * high))
        return cls(
            frequency=frequency[inside],
            power=spectrum.values[inside],
            usable=fit.fit.selected[inside],
            acquisition=fit.acquisition,
            band=replace(
                band,
                low=low,
                high=high,
                background=float(band.power(np.array(middle))),
                tilt=band.tilt * np.log(high / low) / np.log(band.high / band.low),
            ),
            line=line,
            others=tuple(
                other for other in lines if other is not line and low < other.frequency_hz < high
            ),
        )

    def single(self, power: NDArray) -> Fit:
        """The mode as one line."""
        return self._fit((self.line, *self.others), power)

    def double(self, power: NDArray, one: Fit) -> Fit:
        """The best pair in its place."""
        line, rest = one.lines[0], one.lines[1:]
        fits = []
        for distance, share in _STARTS:
            pair = tuple(
                replace(
                    line,
                    frequency_hz=line.frequency_hz + side * distance / 2 * line.linewidth_hz,
                    linewidth_hz=line.linewidth_hz / (1 + distance / 2),
                    area=line.area * part,
                )
                for side, part in ((-1, share), (1, 1 - share))
            )
            fits.append(self._fit((*pair, *rest), power, band=one.bands[0]))
        return min(fits, key=lambda fit: fit.deviance)

    def gain(self, power: NDArray) -> float:
        """Deviance that the pair saves."""
        one = self.single(power)
        return max(0.0, one.deviance - self.double(power, one).deviance)

    def simulate(self, one: Fit, random: np.random.Generator) -> NDArray:
        """A spectrum of the single line; points that were masked keep their power."""
        power = self.power.copy()
        place = np.flatnonzero(one.selected)
        power[place] = self.acquisition.simulate(one.model, random, place)
        return power

    def _fit(self, lines: tuple[Line, ...], power: NDArray, *, band: Band | None = None) -> Fit:
        return fit_from(
            lines,
            (band or self.band,),
            self.frequency,
            power,
            self.acquisition,
            usable=self.usable,
            tolerance=_TOLERANCE,
        )
