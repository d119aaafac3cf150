"""Find oscillator lines in an averaged power spectrum without starting values.

One at a time: the most significant rise above its surroundings is fitted; it stays if the
likelihood says so, is masked if it is interference narrower than the resolution, and is passed
over otherwise. Then the search repeats on the spectrum divided by what is known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.lines.acquisition import Acquisition
from phonosync.analysis.lines.model import Fit, bands_around, fit_from
from phonosync.analysis.lines.shape import Line, total_power
from phonosync.analysis.measured.resolution import Resolution

# A rise this many standard deviations high is worth a fit: about one in a thousand spectra of
# 10^4 points of pure noise has one.
_WORTH_A_FIT = 5.5
# A line stays if it lifts 2 ln L by 2 ln N + this. Three parameters lift it by 3 on average, the
# free position by up to 2 ln N; the rest keeps false alarms near one in 10^5.
_GAIN = 25.0
# ... and if its peak is at least as high as what it stands on, other lines included: unmodelled
# structure of the background is significant in long measurements without being a mode.
_PROMINENCE = 1.0
_SMALLEST_QUALITY = 2.0
_DEEPEST = -0.9  # of the background: as far as interference is followed where it destroys
_MOST_LINES = 24
_MOST_ATTEMPTS = 60


@dataclass(frozen=True)
class Rise:
    """Where the power rises most: point, width in points, mean power inside and at its sides."""

    centre: int
    width: int
    inside: float
    beside: float


@dataclass(frozen=True)
class Search:
    """What stands out: lines, the background under each, and interference, which is masked.

    `usable` is False at masked points; `interference_hz` are the frequencies of the tones.
    """

    lines: tuple[Line, ...]
    background: tuple[float, ...]
    usable: NDArray
    interference_hz: tuple[float, ...]


def find_lines(
    frequency: NDArray,
    power: NDArray,
    acquisition: Acquisition,
    *,
    asymmetric: bool = False,
) -> Search:
    """Find every line that stands out of the spectrum, most significant first.

    Args:
        frequency: Hz, evenly spaced, shape (N,).
        power: P, shape (N,).
        acquisition: how the spectrum was taken.
        asymmetric: whether lines may lean to one side; a leaning one passes for several otherwise.
    """
    step, narrowest = acquisition.spacing_hz, acquisition.narrowest_hz
    resolution, averages = acquisition.resolution, acquisition.independent_averages
    # Correlated points say the same thing more than once.
    needed = (2 * np.log(frequency.size) + _GAIN) * acquisition.inflation
    search = Search((), (), np.ones(frequency.size, bool), ())
    passed_over = np.zeros(frequency.size, bool)
    for _ in range(_MOST_ATTEMPTS):
        raised = 1 + _relative_lines(frequency, search, resolution)
        flat = power / raised
        rise = most_significant_rise(flat, averages, search.usable & ~passed_over)
        if rise is None or len(search.lines) == _MOST_LINES:
            break
        width = rise.width * step
        height = (rise.inside - rise.beside) * raised[rise.centre]
        new = Line(float(frequency[rise.centre]), width, height * width * np.pi / 2)
        lines, levels = (*search.lines, new), (*search.background, rise.beside)
        bands = bands_around(lines, levels, frequency)
        with_new, without = (
            fit_from(
                start,
                bands,
                frequency,
                power,
                acquisition,
                usable=search.usable,
                asymmetric=asymmetric,
            )
            for start in (lines, search.lines)
        )
        # With the new line beside it, an earlier one may turn out to be a tone on top of a mode.
        narrow = [line for line in with_new.lines if line.linewidth_hz < narrowest]
        resonates = with_new.lines[-1] in narrow or _is_mode(
            with_new, span=frequency[-1] - frequency[0], resolution=resolution
        )
        if without.deviance - with_new.deviance < needed or not resonates:
            box = slice(rise.centre - rise.width // 2, rise.centre + rise.width // 2 + 1)
            passed_over[box] = True
            continue
        usable = search.usable.copy()
        for tone in narrow:
            # Not the rise's centre: its box is wider than the tone and may lie to one side.
            centre = int(np.argmin(np.abs(frequency - tone.frequency_hz)))
            usable &= ~_tone(flat, averages, centre)
        modes = tuple(line for line in with_new.lines if line not in narrow)
        search = Search(
            lines=modes,
            background=tuple(with_new.background(line.frequency_hz) for line in modes),
            usable=usable,
            interference_hz=(
                *search.interference_hz,
                *(float(tone.frequency_hz) for tone in narrow),
            ),
        )
    return search


def most_significant_rise(flat: NDArray, averages: float, usable: NDArray) -> Rise | None:
    """Box of the width and place where power exceeds that on both its sides most significantly.

    Compares the mean of w points, w = 2, 3, 4, 6, 8, 12, ..., with the higher one of the means of
    the 1.5 w (at least 8) points on its left and on its right, half a width apart: two gamma
    samples with one mean or with two,

        z^2 = 2 K [(n1 + n2) ln m - n1 ln m1 - n2 ln m2].

    A slope or a step of the background is no rise, as one side is as high.

    Args:
        flat: power, divided by what is known of its shape, shape (N,).
        averages: K.
        usable: shape (N,), False at points to leave out.

    Returns:
        The rise, or None if nothing exceeds 5.5 standard deviations.
    """
    count = np.concatenate([[0], np.cumsum(usable)])
    total = np.concatenate([[0.0], np.cumsum(np.where(usable, flat, 0.0))])
    rises: list[tuple[float, Rise]] = []
    for width in _widths(flat.size):
        gap, side = (width + 1) // 2, max(8, (3 * width) // 2)
        start = np.arange(gap + side, flat.size - width - gap - side + 1)
        if start.size == 0:
            break

        def mean(low: NDArray, length: int) -> tuple[NDArray, NDArray]:
            n = count[low + length] - count[low]
            return n, (total[low + length] - total[low]) / np.maximum(n, 1)

        n1, m1 = mean(start, width)
        n_left, left = mean(start - gap - side, side)
        n_right, right = mean(start + width + gap, side)
        n2, m2 = np.where(left > right, n_left, n_right), np.maximum(left, right)
        valid = (n1 > width // 2) & (np.minimum(n_left, n_right) > side // 2) & (m1 > m2) & (m2 > 0)
        m1, m2 = np.where(valid, m1, 1.0), np.where(valid, m2, 1.0)
        m = np.where(valid, (n1 * m1 + n2 * m2) / np.maximum(n1 + n2, 1), 1.0)
        squared = 2 * averages * ((n1 + n2) * np.log(m) - n1 * np.log(m1) - n2 * np.log(m2))
        top = int(np.argmax(np.where(valid, squared, 0.0)))
        if valid[top] and squared[top] > _WORTH_A_FIT**2:
            centre = int(start[top]) + width // 2
            rises.append((squared[top], Rise(centre, width, float(m1[top]), float(m2[top]))))
    if not rises:
        return None
    strongest, widest = max(rises, key=lambda rise: rise[0])
    # Of a strong line the skirts are significant too; its core is the better start of a fit.
    return min(
        (
            rise
            for squared, rise in rises
            if squared >= strongest / 2 and abs(rise.centre - widest.centre) <= widest.width // 2
        ),
        key=lambda rise: rise.width,
    )


def _widths(points: int) -> list[int]:
    widths = [2, 3]
    while widths[-1] < points / 6:
        widths.append(2 * widths[-2])
    return widths


def _relative_lines(frequency: NDArray, search: Search, resolution: Resolution | None) -> NDArray:
    """Known lines over the background at each, so that dividing by 1 + this leaves no step."""
    relative = np.zeros(frequency.size)
    for line, level in zip(search.lines, search.background, strict=True):
        relative += total_power(frequency, (line,), resolution) / level
    return np.maximum(relative, _DEEPEST)


def _is_mode(fit: Fit, *, span: float, resolution: Resolution | None) -> bool:
    """Whether the newest line resonates, fits the span and stands above what is under it."""
    new = fit.lines[-1]
    centre = np.array([new.frequency_hz])
    if not any(band.low < new.frequency_hz < band.high for band in fit.bands):
        return False
    if new.linewidth_hz > min(new.frequency_hz / _SMALLEST_QUALITY, span / 4):
        return False
    beneath = fit.background(new.frequency_hz) + total_power(centre, fit.lines[:-1], resolution)[0]
    return bool(total_power(centre, (new,), resolution)[0] > _PROMINENCE * beneath)


def _tone(flat: NDArray, averages: float, centre: int) -> NDArray:
    """Points that a tone reaches: out to where twice as far the power is no lower."""
    distance = np.abs(np.arange(flat.size) - centre)
    reach = 2
    while reach < flat.size // 8:
        skirt = flat[(distance > reach) & (distance <= 2 * reach)]
        beyond = flat[(distance > 2 * reach) & (distance <= 4 * reach)]
        scatter = np.sqrt((1 / skirt.size + 1 / beyond.size) / averages)
        if np.log(skirt.mean() / beyond.mean()) < 3 * scatter:
            break
        reach *= 2
    return distance <= reach
