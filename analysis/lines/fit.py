"""Mechanical modes of an averaged power spectrum: found without help, fitted by likelihood."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from phonosync.analysis.lines.acquisition import Acquisition
from phonosync.analysis.lines.model import Fit, bands_around, correct_errors, fit_from
from phonosync.analysis.lines.search import Search, find_lines
from phonosync.analysis.lines.shape import fano_inverse
from phonosync.analysis.statistics.goodness import Goodness
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval
from phonosync.theory.errors import InputError

# Bands shrink by these factors until the model describes the data (z below the limit): far from
# a mode other physics takes over first.
_REACHES = (1.0, 0.6, 0.36, 0.22, 0.13, 0.08)
_Z_LIMIT = 2.0
# Neighbours are called correlated beyond both: significant, and enough to matter for the errors.
_Z_CERTAIN, _CORRELATED = 5.0, 0.15


@dataclass(frozen=True)
class Mode:
    """One mode: centre frequency, linewidth (FWHM), area = integral of its one-sided spectrum.

    `inverse_q` is 1/q of Fano's profile (0: Lorentzian), where asymmetry was fitted.
    """

    frequency_hz: Interval
    linewidth_hz: Interval
    area: Interval
    inverse_q: Interval | None = None


@dataclass(frozen=True, eq=False)
class LineFit:
    """Modes in order of frequency, and how well they describe the data.

    Attributes:
        modes: the modes; areas are in `area_units`.
        goodness: tests of the fit.
        acquisition: averages, averaging and resolution of the spectrum.
        bands_hz: (low, high) of every fitted stretch of the spectrum.
        interference_hz: lines narrower than the resolution, masked in the fit.
        frequency_hz: the points fitted.
        model: S at these points, modes and background.
        fit: lines, bands and lmfit's result.
        area_units: unit of an area, V^2 for voltages.
        notes: what disagrees with what was said of the spectrum.
        assumed: what nobody had said.
    """

    modes: tuple[Mode, ...]
    goodness: Goodness
    acquisition: Acquisition
    bands_hz: tuple[tuple[float, float], ...]
    interference_hz: tuple[float, ...]
    frequency_hz: NDArray
    model: NDArray
    fit: Fit
    area_units: str
    notes: tuple[str, ...] = ()
    assumed: str = ""

    @property
    def averages(self) -> float:
        """K."""
        return self.acquisition.averages

    @property
    def band_hz(self) -> tuple[float, float]:
        """Lowest and highest frequency fitted."""
        return self.bands_hz[0][0], self.bands_hz[-1][1]

    def to_json(self) -> dict:
        """Numbers only, ready for `json.dumps`."""
        return {
            "modes": [
                {
                    "frequency_hz": mode.frequency_hz.to_json(),
                    "linewidth_hz": mode.linewidth_hz.to_json(),
                    "area": mode.area.to_json(),
                    **({"inverse_q": mode.inverse_q.to_json()} if mode.inverse_q else {}),
                }
                for mode in self.modes
            ],
            **self.goodness.to_json(),
            "n_averages": self.averages,
            "area_units": self.area_units,
            "notes": list(self.notes),
            "assumed": self.assumed,
        }


def fit_lines(spectrum: xr.DataArray, *, fano: bool = False) -> LineFit:
    """Find the modes that stand out of a spectrum and fit them by maximum likelihood.

        S(f) = sum_j area_j (2/pi) f_j^2 w_j / ((f_j^2 - f^2)^2 + f^2 w_j^2) + background

    with one power-law background per band. Where window or filter are known the lines include
    their smearing, so w is the mode's own, and the errors count the correlation of neighbouring
    points. The lines add up as powers: two modes that exchange energy within their linewidths need
    the susceptibility matrix instead.

    A line that interferes with what reaches the detector beside it leans to one side, and a
    Lorentzian's centre follows: `fano` adds a dispersive part to every line (`oscillator_line`).

    Args:
        spectrum: `psd(frequency)` from `spectra.read_spectrum` or `spectra.power_spectrum`.
        fano: whether each line may be asymmetric; `area` is then that of its Lorentzian part.

    Returns:
        Modes with 95 % intervals from the curvature of the likelihood, on the logarithm for
        linewidth and area, and the z of the deviance. Lines narrower than the resolution are
        masked and listed.

    Raises:
        InputError: no mode stands out, or it is too little determined for an interval; the points
            scatter as those of an amplitude that was read as a power.

    Source: P. Whittle, J. R. Stat. Soc. B 15, 125 (1953).
    """
    frequency = spectrum["frequency"].values
    power, acquisition = spectrum.values, Acquisition.of(spectrum)
    note = acquisition.check_scatter(power)
    search = find_lines(frequency, power, acquisition, asymmetric=fano)
    if not search.lines:
        raise InputError(_nothing_found(search, frequency, acquisition.averages))
    fit, tests = _describing_fit(search, frequency, power, acquisition, fano=fano)
    correct_errors(fit, acquisition)
    order = np.argsort([line.frequency_hz for line in fit.lines])
    return LineFit(
        modes=tuple(_mode(fit, int(j)) for j in order),
        goodness=tests,
        acquisition=acquisition,
        bands_hz=tuple((float(band.low), float(band.high)) for band in fit.bands),
        interference_hz=tuple(sorted(search.interference_hz)),
        frequency_hz=frequency[fit.selected],
        model=fit.model,
        fit=fit,
        area_units=str(spectrum.attrs.get("units", "V^2/Hz")).removesuffix("/Hz"),
        notes=tuple(text for text in (note, _correlated(tests, acquisition)) if text),
        assumed=str(spectrum.attrs.get("assumed", "")),
    )


def _describing_fit(
    search: Search, frequency: NDArray, power: NDArray, acquisition: Acquisition, *, fano: bool
) -> tuple[Fit, Goodness]:
    fits = []
    for reach in _REACHES:
        bands = bands_around(search.lines, search.background, frequency, reach=reach)
        fit = fit_from(
            search.lines,
            bands,
            frequency,
            power,
            acquisition,
            usable=search.usable,
            asymmetric=fano,
        )
        tests = acquisition.goodness(
            power[fit.selected], fit.model, fit.n_parameters, np.flatnonzero(fit.selected)
        )
        if tests.deviance_z < _Z_LIMIT:
            return fit, tests
        fits.append((fit, tests))
    return min(fits, key=lambda pair: pair[1].deviance_z)


def _correlated(tests: Goodness, acquisition: Acquisition) -> str:
    if not (tests.lag1_z > _Z_CERTAIN and tests.lag1 > _CORRELATED):
        return ""
    advice = "give --window or --rbw" if acquisition.resolution is None else "check --window"
    return (
        f"Neighbouring residuals are correlated by {tests.lag1:.2f} more than was said, so the "
        f"intervals are too narrow; {advice}."
    )


def _mode(fit: Fit, j: int) -> Mode:
    line = fit.lines[j]
    if not np.all(np.isfinite(fit.errors[j])):
        raise InputError(
            f"the mode at {line.frequency_hz:.6g} Hz stands out, but its linewidth and area cannot "
            "be told apart. Measure longer, or lower --averages for a finer resolution."
        )
    frequency_error, log_linewidth_error, log_area_error = fit.errors[j]
    half = SIGMAS_95 * frequency_error
    return Mode(
        Interval(*(float(line.frequency_hz + shift) for shift in (0.0, -half, half))),
        _on_logarithm(line.linewidth_hz, log_linewidth_error),
        _on_logarithm(line.area, log_area_error),
        _inverse_q(line.asymmetry, fit.asymmetry_errors[j]),
    )


def _inverse_q(asymmetry: float, error: float) -> Interval | None:
    if not np.isfinite(error):
        return None
    half = SIGMAS_95 * error
    return Interval(*(fano_inverse(asymmetry + shift) for shift in (0.0, -half, half)))


def _on_logarithm(value: float, error: float) -> Interval:
    factor = np.exp(SIGMAS_95 * error)
    return Interval(float(value), float(value / factor), float(value * factor))


def _nothing_found(search: Search, frequency: NDArray, averages: float) -> str:
    tones = ""
    if search.interference_hz:
        listed = ", ".join(f"{tone:.6g} Hz" for tone in sorted(search.interference_hz)[:5])
        tones = f" Lines too narrow for the resolution were taken for interference: {listed}."
    return (
        f"no mode stands out between {frequency[0]:.6g} and {frequency[-1]:.6g} Hz "
        f"({frequency.size} points, {averages:g} averages).{tones} "
        "Measure longer, or lower --averages for a finer resolution."
    )
