"""A resonance in a complex S-parameter, with the errors that correlated residuals leave."""

from __future__ import annotations

from typing import Any

import lmfit
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from phonosync.analysis.lines.resonance_fit import ResonanceFit, numbers, with_intervals
from phonosync.analysis.statistics.correlated import (
    correlated_covariance,
    effective_points,
    residual_correlations,
    set_covariance,
)
from phonosync.analysis.statistics.goodness import runs_z
from phonosync.analysis.statistics.interval import (
    UNKNOWN,
    around,
    gradient,
    propagate,
)
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
    independent = np.array(result.covar)
    growth = _correlate(result, x, residual)
    name = str(trace.name)
    values, covariance = propagate(lambda p: numbers(p.valuesdict(), name, middle, unit), result)
    sigma = np.sqrt(np.diag(covariance))
    fit = ResonanceFit(
        name=name,
        frequency_hz=UNKNOWN,
        linewidth_hz=UNKNOWN,
        quality=UNKNOWN,
        coupling_quality=UNKNOWN,
        internal_quality=UNKNOWN,
        asymmetry_rad=UNKNOWN,
        residual_rms=noise,
        lag1=_lag_one(residual),
        runs_z=runs_z(np.concatenate([residual.real, residual.imag])),
        points=f.size,
        effective_points=effective_points(residual),
        error_growth=growth,
        frequencies_hz=f,
        data=data,
        model=result.best_fit,
        middle_hz=middle,
        unit_hz=unit,
        result=result,
        independent_covariance=independent,
    )
    around_each = [around(float(v), float(s)) for v, s in zip(values, sigma, strict=True)]
    return with_intervals(fit, around_each, "curvature")


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


def _lag_one(residual: NDArray) -> float:
    pairs = np.sum(residual[1:] * residual[:-1].conj()).real
    return float(pairs / np.sum(np.abs(residual) ** 2))
