"""From the photocurrent to periodograms: windows, and a Fourier transform of one band."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError

_REACH, _FADES = 3.25, 2.6  # standard deviations at which the window ends, and begins to fade
_WIDER = 1.0118  # by how much fading widens its 3 dB bandwidth
_FLATTOP = 3.72  # 3 dB bandwidth of a flat-top window times its length
_AVERAGES = 5  # running averages in a row that keep other bands out: 1e-11 of their power
_SPARE = 8  # samples kept per period of the band's width


def taper(window: str, bandwidth_hz: float, dt: float) -> NDArray[np.floating]:
    """Samples every `dt` of a window whose 3 dB bandwidth is the one asked for.

    The Gaussian one ends smoothly, so that beside a strong line (a phonon laser's) noise is seen:
    it lets through -86 dB at ten bandwidths from the line, -117 dB at 25.

    Raises:
        InputError: the window is neither "gaussian" nor "flattop".
    """
    if window == "gaussian":
        deviation = _WIDER * np.sqrt(np.log(2)) / (np.pi * bandwidth_hz)
        half = int(_REACH * deviation / dt)
        time = np.arange(-half, half + 1) * dt / deviation
        x = np.clip((np.abs(time) - _FADES) / (_REACH - _FADES), 0.0, 1.0)
        return np.exp(-(time**2) / 2) * (1 - x**3 * (10 - 15 * x + 6 * x**2))
    if window == "flattop":
        from scipy.signal.windows import flattop

        return flattop(int(_FLATTOP / bandwidth_hz / dt), sym=False)
    raise InputError(f"no window is called {window!r}; choose gaussian or flattop.")


class Analysis:
    """From homodyne currents to periodograms in shot-noise units.

    Args:
        frequencies_hz: equally spaced, shape (F,).
        resolution_bandwidth_hz: 3 dB bandwidth of the window.
        window: "gaussian" or "flattop".
        dt: between samples of the current, s.

    Attributes:
        samples: that one periodogram takes.

    Raises:
        InputError: an unknown window.
    """

    def __init__(
        self,
        frequencies_hz: NDArray[np.floating],
        resolution_bandwidth_hz: float,
        window: str,
        dt: float,
    ):
        self._taper = taper(window, resolution_bandwidth_hz, dt)[:, None]
        self.samples, self.dt = len(self._taper), dt
        self._band = Band(frequencies_hz, self.samples, dt)
        self._scale = dt / float(np.sum(self._taper**2))

    def periodograms(self, currents: NDArray[np.floating]) -> NDArray[np.floating]:
        """Of currents of shape (samples, records): shape (records, F)."""
        return self._scale * self._band.power(currents * self._taper)


class Band:
    """|Fourier transform|² at equally spaced frequencies of a band, of records of one length.

    The band is mixed down to zero and thinned out by several running averages in a row, whose known
    attenuation is undone; a chirp-z transform of what is left gives all frequencies.

    Args:
        frequencies_hz: equally spaced, shape (F,).
        length: samples of a record.
        dt: between samples, s.
    """

    def __init__(self, frequencies_hz: NDArray[np.floating], length: int, dt: float):
        self._f = np.asarray(frequencies_hz, float)
        self._dt = dt
        self._centre = float(self._f[0] + self._f[-1]) / 2
        span = max(float(self._f[-1] - self._f[0]), 1 / (length * dt))
        self._thin = max(1, min(int(1 / (_SPARE * span * dt)), length // 64))
        self._times = _AVERAGES if self._thin > 1 else 1
        self._rows = -(-length // self._thin) + 2 * (self._times - 1)

    def power(self, records: NDArray[np.floating]) -> NDArray[np.floating]:
        """|Σ_n x_n e^{−iωn dt}|² of each record, shape (records, F).

        Args:
            records: real, shape (samples, records).
        """
        from scipy.signal import czt

        R, count = self._thin, records.shape[1]
        padded = np.zeros((count, self._rows * R))
        padded[:, (self._times - 1) * R : (self._times - 1) * R + len(records)] = records.T
        # Each kept sample is a weighted sum over self._times blocks of R samples.
        parts: Any = (padded.reshape(-1, R) @ self._weights).view(complex)
        parts = parts.reshape(count, self._rows, self._times)
        parts *= np.exp(-2j * np.pi * self._centre * self._dt * R * np.arange(self._rows))[:, None]
        kept = self._rows - self._times + 1
        slow = sum(parts[:, j : j + kept, j] for j in range(self._times))
        offset = self._f - self._centre
        step = offset[1] - offset[0] if len(offset) > 1 else 0.0
        rate = 2 * np.pi * self._dt * R
        found = czt(
            slow,
            len(offset),
            np.exp(-1j * rate * step),
            np.exp(1j * rate * offset[0]),
            axis=-1,
        )
        return np.abs(found) ** 2 / self._passed

    @cached_property
    def _average(self) -> NDArray[np.floating]:
        shape = np.ones(1)
        for _ in range(self._times):
            shape = np.convolve(shape, np.ones(self._thin))
        return np.append(shape, np.zeros(self._times * self._thin - len(shape)))

    @cached_property
    def _weights(self) -> NDArray[Any]:
        """Of sample r within block j, mixed down: Re and Im for each j, shape (R, 2 times)."""
        weights = self._average.reshape(self._times, self._thin).T
        mixing = np.exp(-2j * np.pi * self._centre * self._dt * np.arange(self._thin))
        return np.ascontiguousarray(weights * mixing[:, None]).view(float)

    @cached_property
    def _passed(self) -> NDArray[np.floating]:
        """What the averages let pass of the power at each frequency."""
        offset = np.pi * (self._f - self._centre) * self._dt
        response = np.ones_like(offset)
        turning = offset != 0
        x = offset[turning]
        response[turning] = np.sin(self._thin * x) / (self._thin * np.sin(x))
        return response ** (2 * self._times) * float(self._thin) ** (2 * self._times - 2)
