"""A resonance in a complex S-parameter, with the errors that correlated residuals leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lmfit
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from phonosync.analysis.statistics.correlated import (
    correlated_covariance,
    effective_points,
    residual_correlations,
    set_covariance,
)
from phonosync.analysis.statistics.goodness import runs_z
from phonosync.analysis.statistics.interval import UNKNOWN, Interval, around, gradient, propagate
from phonosync.theory.errors import InputError

_STARTING_WIDTHS = (1.0, 0.4, 2.5)
_LEAST_SIGNAL = 8.0  # of the resonance's amplitude, in its standard errors


def resonance(
    x: NDArray,
    centre: float,
    linewidth: float,
    background_re: float,
    background_im: float,
    line_re: float,
    line_im: float,
    delay: float,
) -> NDArray[np.complexfloating]:
    """Line on a background, seen through a cable.

        S(x) = exp(-2 pi i x tau) [B + L/(1 + 2 i (x - x0)/w)]

    A notch has L = -B (kappa_c/kappa) exp(i phi), a reflection L = -2 B kappa_ext/kappa, a
    transmission peak B = 0. x is the distance from the middle of the band, in units of it: in
    absolute Hz the optimiser's relative steps are far wider than the line.
    """
    line = (line_re + 1j * line_im) / (1 + 2j * (x - centre) / linewidth)
    return np.exp(-2j * np.pi * x * delay) * (background_re + 1j * background_im + line)


@dataclass(frozen=True, eq=False)
class ResonanceFit:
    """One resonance of one S-parameter.

    Attributes:
        name: "S21".
        frequency_hz, linewidth_hz, quality: loaded (total) values.
        coupling_quality, internal_quality: of a notch (S_ij, i != j) or a reflection (S_ii);
            unknown for a transmission peak. The diameter correction counts the asymmetry phi:
            1/Q_c = Re of the complex one.
        asymmetry_rad: phi; 0 is a symmetric notch.
        residual_rms: of |data - model|.
        lag1: correlation of neighbouring residuals.
        runs_z: test of the runs of one sign; far below -3 the model misses something.
        points, effective_points: measured, and independent ones that they are worth.
        error_growth: factor on the frequency's error from that correlation.
        frequencies_hz, data, model: as fitted, shape (N,).
        result: lmfit's.
    """

    name: str
    frequency_hz: Interval
    linewidth_hz: Interval
    quality: Interval
    coupling_quality: Interval
    internal_quality: Interval
    asymmetry_rad: Interval
    residual_rms: float
    lag1: float
    runs_z: float
    points: int
    effective_points: float
    error_growth: float
    frequencies_hz: NDArray
    data: NDArray[np.complexfloating]
    model: NDArray[np.complexfloating]
    result: Any

    def rows(self) -> list[tuple[str, str, str]]:
        """Quantity, value and 95 % interval in words."""
        named = (
            ("frequency (Hz)", self.frequency_hz),
            ("linewidth (Hz)", self.linewidth_hz),
            ("loaded Q", self.quality),
            ("coupling Q", self.coupling_quality),
            ("internal Q", self.internal_quality),
            ("asymmetry (rad)", self.asymmetry_rad),
        )
        return [(name, *interval.text()) for name, interval in named]

    def to_json(self) -> dict[str, Any]:
        """Numbers only, ready for `json.dumps`."""
        intervals = (
            "frequency_hz",
            "linewidth_hz",
            "quality",
            "coupling_quality",
            "internal_quality",
            "asymmetry_rad",
        )
        return {
            "parameter": self.name,
            **{name: getattr(self, name).to_json() for name in intervals},
            "residual_rms": self.residual_rms,
            "lag1": self.lag1,
            "runs_z": self.runs_z,
            "points": self.points,
            "effective_points": self.effective_points,
            "error_growth": self.error_growth,
            "notes": list(self.notes),
        }

    @property
    def notes(self) -> list[str]:
        """What the residuals say beside the numbers."""
        if self.effective_points > self.points / 2:
            return []
        return [
            f"Neighbouring residuals are correlated by {self.lag1:.2f}: {self.points} points are "
            f"worth {self.effective_points:.0f}, and the frequency's error is "
            f"{self.error_growth:.1f} times that of independent ones. Look at the figure for what "
            "the model misses."
        ]


def fit_resonance(trace: xr.DataArray) -> ResonanceFit:
    """Fit one resonance by complex least squares, errors enlarged for correlated residuals.

    The noise is estimated from the residuals; their autocorrelation (ripples of the cable, a slow
    receiver) goes into the sandwich covariance.

    Args:
        trace: complex S-parameter over `frequency` (Hz), from `read_scattering`.

    Raises:
        InputError: no resonance stands out of the noise.

    Source: model: S. Probst et al., Rev. Sci. Instrum. 86, 024706 (2015), doi:10.1063/1.4907935;
    diameter correction: M. S. Khalil et al., J. Appl. Phys. 111, 054510 (2012),
    doi:10.1063/1.3692073.
    """
    f, data = trace["frequency"].values, np.asarray(trace.values, complex)
    middle, unit = float(f.mean()), float(np.ptp(f))
    x = (f - middle) / unit
    model = lmfit.Model(resonance)
    fits: list[Any] = [
        model.fit(data, _start(model, x, data, widening), x=x) for widening in _STARTING_WIDTHS
    ]
    result = min(fits, key=lambda fit: fit.chisqr)
    residual = data - result.best_fit
    amplitude = np.hypot(result.params["line_re"].value, result.params["line_im"].value)
    noise = float(np.sqrt(np.mean(np.abs(residual) ** 2)))
    width = abs(result.params["linewidth"].value)
    inside = max(1.0, width * f.size)
    if result.covar is None or amplitude * np.sqrt(inside) < _LEAST_SIGNAL * noise or width > 2:
        raise InputError(
            f"no resonance stands out of {trace.name} between {f[0]:.6g} and {f[-1]:.6g} Hz. "
            "Widen the band, average longer, or name another element with --column."
        )
    growth = _correlate(result, x, residual)
    values, covariance = propagate(lambda p: _quantities(p, str(trace.name), middle, unit), result)
    sigma = np.sqrt(np.diag(covariance))
    offset, linewidth, inverse, coupling, internal, phi = (
        around(float(v), float(s)) for v, s in zip(values, sigma, strict=True)
    )
    # A background that the data do not tell from zero makes a peak, with no coupling to read off.
    background = abs(complex(*(result.params[f"background_{part}"].value for part in ("re", "im"))))
    peak = background < 0.05 * amplitude
    return ResonanceFit(
        name=str(trace.name),
        frequency_hz=Interval(*(middle + v for v in (offset.value, offset.low, offset.high))),
        linewidth_hz=linewidth,
        quality=_inverted(inverse),
        coupling_quality=UNKNOWN if peak else _inverted(coupling),
        internal_quality=UNKNOWN if peak else _inverted(internal),
        asymmetry_rad=UNKNOWN if peak else phi,
        residual_rms=noise,
        lag1=_lag_one(residual),
        runs_z=runs_z(np.concatenate([residual.real, residual.imag])),
        points=f.size,
        effective_points=effective_points(residual),
        error_growth=growth,
        frequencies_hz=f,
        data=data,
        model=result.best_fit,
        result=result,
    )


def _start(model: lmfit.Model, x: NDArray, data: NDArray, widening: float) -> lmfit.Parameters:
    """Background from the ends of the trace, line from what is left."""
    edge = max(3, x.size // 20)
    ends = np.r_[:edge, x.size - edge : x.size]
    turn = np.angle(np.mean(data[-edge:]) / np.mean(data[:edge]))
    delay = -turn / (2 * np.pi * (x[-edge:].mean() - x[:edge].mean()))
    unwound = data * np.exp(2j * np.pi * x * delay)
    background = complex(np.mean(unwound[ends]))
    line = unwound - background
    smooth = max(1, x.size // 200)
    power = np.convolve(np.abs(line) ** 2, np.ones(smooth) / smooth, "same")
    top = int(np.argmax(power))
    width = np.sum(power > power[top] / 2) / x.size
    parameters = model.make_params(
        centre=x[top],
        linewidth=widening * max(width, 3 / x.size),
        background_re=background.real,
        background_im=background.imag,
        line_re=line[top].real,
        line_im=line[top].imag,
        delay=delay,
    )
    parameters["linewidth"].min = 0.1 / x.size
    return parameters


def _correlate(result: Any, x: NDArray, residual: NDArray) -> float:
    """Enlarge the covariance for correlated residuals; the growth of the centre's error."""
    before = result.params["centre"].stderr
    variance = result.redchi  # of the real and of the imaginary part
    slope = gradient(
        lambda p: np.asarray(result.model.eval(p, x=x)).view(float).reshape(-1, 2).T.ravel(), result
    )
    # The two parts lie so far apart that no lag joins them.
    place = np.arange(x.size)
    set_covariance(
        result,
        correlated_covariance(
            result.covar,
            slope.T / np.sqrt(variance),
            residual_correlations(residual),
            position=np.concatenate([place, 2 * x.size + place]),
        ),
    )
    return float(result.params["centre"].stderr / before)


def _quantities(p: lmfit.Parameters, name: str, middle: float, unit: float) -> NDArray:
    """Offset and width in Hz; 1/Q loaded, coupling, internal; phi."""
    offset, width = unit * p["centre"].value, unit * p["linewidth"].value
    ratio = -complex(p["line_re"].value, p["line_im"].value) / complex(
        p["background_re"].value, p["background_im"].value
    )
    loaded = width / (middle + offset)
    share = ratio.real / (2 if name[1] == name[2] else 1)
    return np.array([offset, width, loaded, loaded * share, loaded * (1 - share), np.angle(ratio)])


def _lag_one(residual: NDArray) -> float:
    pairs = np.sum(residual[1:] * residual[:-1].conj()).real
    return float(pairs / np.sum(np.abs(residual) ** 2))


def _inverted(inverse: Interval) -> Interval:
    """Q from 1/Q; the interval is put on 1/Q, which the data measure, and then inverted."""
    if inverse.high <= 0:
        return UNKNOWN
    if inverse.low <= 0:
        return Interval(np.nan, 1 / inverse.high, np.nan)
    return Interval(1 / inverse.value, 1 / inverse.high, 1 / inverse.low)
