"""The line of a damped oscillator: Lorentzian, or asymmetric where it interferes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.measured.resolution import Resolution


@dataclass(frozen=True)
class Line:
    """One oscillator: centre frequency, linewidth (FWHM) in Hz, area = integral over f > 0.

    `asymmetry` is the dispersive part of the line over its Lorentzian part (`oscillator_line`).
    """

    frequency_hz: float
    linewidth_hz: float
    area: float
    asymmetry: float = 0.0

    @property
    def height(self) -> float:
        """Power at the centre, area * 2/(pi linewidth)."""
        return 2 * self.area / (np.pi * self.linewidth_hz)


def oscillator_line(
    frequency: NDArray,
    frequency_hz: float,
    linewidth_hz: float,
    area: float,
    *,
    asymmetry: float = 0.0,
    resolution: Resolution | None = None,
) -> NDArray:
    """One-sided displacement spectrum of a damped oscillator driven by white noise.

        S(f) = area (2/pi) f_j^2 w / ((f_j^2 - f^2)^2 + f^2 w^2)

    With a resolution it is what the analyzer shows on average, from the two poles

        S = 2 area Re[c/(-i omega - lambda) + c/(-i omega - lambda*)],
        lambda = -pi w - 2 pi i f_d,  c = 1 + i w/(2 f_d) at lambda,  f_d^2 = f_j^2 - w^2/4.

    A line three points wide is measured ten percent wider than it is; this accounts for it.

    Where what drives the oscillator also reaches the detector beside it (light that is cooled by
    its own noise, a drive that leaks), both interfere. With an asymmetry d both c are turned into
    c (1 - i d) and its conjugate: near the line, with e = 2 (f - f_d)/w,

        S = (2 area/pi w) (1 + d e)/(1 + e^2).

    With the background this is Fano's profile: B (q + e)^2/(1 + e^2) = B + B (q^2 - 1) (1 + d e)/
    (1 + e^2) for d = 2 q/(q^2 - 1), and q to infinity is the Lorentzian (`fano_inverse`).

    Args:
        frequency: f, Hz, any shape, positive.
        frequency_hz: f_j.
        linewidth_hz: w, full width at half maximum.
        area: integral over f > 0 of the Lorentzian part; V^2 for a voltage.
        asymmetry: d; not of an overdamped oscillator.
        resolution: window of the segments or filter of the analyzer; None leaves the line as it is.

    Returns:
        area per Hz, the shape of `frequency`.

    Source: Fano, doi:10.1103/PhysRev.124.1866.
    """
    f, f_j, w = frequency, frequency_hz, linewidth_hz
    if (resolution is None and asymmetry == 0) or w >= 2 * f_j:
        # The difference of squares as a product keeps the digits of a narrow line.
        return area * (2 / np.pi) * f_j**2 * w / (((f_j - f) * (f_j + f)) ** 2 + (f * w) ** 2)
    f_d = np.sqrt(f_j**2 - w**2 / 4)
    pole, weight = -np.pi * w - 2j * np.pi * f_d, 2 * area * (1 + 0.5j * w / f_d)
    weight *= 1 - 1j * asymmetry
    poles, weights = np.array([pole, pole.conjugate()]), np.array([weight, weight.conjugate()])
    if resolution is None:
        omega = 2 * np.pi * np.asarray(f, float)[..., None]
        return np.real(weights / (-1j * omega - poles)).sum(axis=-1)
    return resolution.poles(f, poles, weights)


def fano_inverse(asymmetry: float) -> float:
    """1/q of Fano's profile from a line's asymmetry d = 2 q/(q^2 - 1), of the root |q| > 1.

        1/q = (sqrt(1 + d^2) - 1)/d

    It holds if all of the interfering background is coherent with the line; 0 is the Lorentzian,
    and what is beyond +-1 is a dip and not a line.

    >>> fano_inverse(0.0), round(fano_inverse(2 * 4 / (4**2 - 1)), 12)
    (0.0, 0.25)
    """
    return float(asymmetry / (1 + np.sqrt(1 + asymmetry**2)))


def total_power(
    frequency: NDArray, lines: tuple[Line, ...], resolution: Resolution | None = None
) -> NDArray:
    """Sum of the lines' spectra."""
    total = np.zeros(np.shape(frequency))
    for line in lines:
        total += oscillator_line(
            frequency,
            line.frequency_hz,
            line.linewidth_hz,
            line.area,
            asymmetry=line.asymmetry,
            resolution=resolution,
        )
    return total
