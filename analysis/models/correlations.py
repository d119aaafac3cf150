"""How the powers of neighbouring points scatter together where the spectrum is not flat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.observations import NoiseSpectrum
from phonosync.analysis.statistics.segments import SegmentWindow

Array = NDArray[Any]
_FINE, _REACH = 8, 6.0  # steps per bin of a segment, and bins beyond which its window shows nothing
_MORE = 2  # points further apart than in a flat spectrum that a narrow line correlates
Spectrum = Callable[[Array, bool], Array]
"""Expected powers at frequencies (Hz), as the window shows them or, if False, as they are."""


def neighbour_correlations(trace: NoiseSpectrum, spectrum: Spectrum) -> list[Array]:
    """Covariance of the powers of points i and i + m, over their means, times K; m = 0, 1, ...

        c_m(i) = Σ_l |∫ S(f) W(f_i − f) W*(f_{i+m} − f) e^{2πi f lD} df|² / (S_i S_{i+m} Σ_l r_l)

    with W the window's transform and l the segments that overlap, D apart. A flat spectrum has
    c_0 = 1 and c_m = ρ_m; on a line as narrow as the window neighbours go together more. A Gaussian
    filter of single sweeps has c_m(i) = ρ_m S(f between i and i + m)²/(S_i S_{i+m}).

    Args:
        trace: whose axis, evenly spaced, and whose window.
        spectrum: what theory expects.

    Returns:
        c_m, of shape (F − m,).

    Source: P. Welch, doi:10.1109/TAU.1967.1161901, with the spectrum left inside the integral.
    """
    if trace.window is None:
        return [np.ones(len(trace.power))]
    if isinstance(trace.window, SegmentWindow):
        return _of_segments(trace, trace.window, spectrum)
    f, S = trace.frequency_hz, spectrum(trace.frequency_hz, True)
    found = [np.ones(len(f))]
    for m, rho in enumerate(trace.correlations[: len(f) - 1], start=1):
        between = spectrum((f[:-m] + f[m:]) / 2, True)
        found.append(rho * between**2 / (S[:-m] * S[m:]))
    return found


def _of_segments(trace: NoiseSpectrum, window: SegmentWindow, spectrum: Spectrum) -> list[Array]:
    points, f = len(trace.power), trace.frequency_hz
    spacing = float(f[1] - f[0])
    bins = spacing * window.duration_s  # 1 unless padded with zeros
    lags = min(len(trace.correlations) + _MORE, points - 1)
    fine = max(1, round(_FINE * bins))  # steps between two points
    edge = int(np.ceil(_REACH / bins))
    u = bins / fine * np.arange(-edge * fine, (lags + edge) * fine + 1)
    S = spectrum(
        f[0] + spacing / fine * np.arange(-edge * fine, (points + lags + edge) * fine), False
    )
    near = np.lib.stride_tricks.sliding_window_view(S, len(u))[::fine][:points]
    W = [window.transform(m * bins - u) for m in range(lags + 1)]
    turns = [np.exp(2j * np.pi * u * shift) for shift in window.shifts]

    def together(m: int) -> Any:
        """Σ_l |Γ|² for points m apart: of this spectrum, and of a flat one."""
        kernels = np.stack([W[0].conj() * W[m] * turn for turn in turns], axis=1) * bins / fine
        return (np.abs(near @ kernels) ** 2).sum(axis=1), float((np.abs(kernels.sum(0)) ** 2).sum())

    mean = near @ np.abs(W[0]) ** 2 * bins / fine
    flat = together(0)[1]
    return [
        together(m)[0][: points - m] / (mean[: points - m] * mean[m:] * flat)
        for m in range(lags + 1)
    ]
