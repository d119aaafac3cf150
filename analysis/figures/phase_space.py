"""Fluctuations of the phonons in phase space, beside those of the vacuum."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.directions.operating_point import (
    NothingToDraw,
    OperatingPoint,
    name_missing,
    operating_points,
    settled_points,
)
from phonosync.theory.device import Device
from phonosync.theory.prediction import Prediction, phonon_pair

VACUUM = np.sqrt(0.5)
"""Standard deviation of a quadrature of the vacuum."""


def draw_phase_space(
    device: Device, *, power: float | None = None, pair: tuple[str, str] | None = None
) -> Figure:
    """Draw the 1σ ellipse of every phonon, and of the difference (q_−, p_−) of a pair.

    The half axes are the roots of the eigenvalues of the 2 x 2 covariance; the dotted circle is the
    vacuum. The phonons' mean displacements are left out.

    Args:
        device: with at least one phonon.
        power: W, of the laser, instead of the file's.
        pair: names of the two phonons; the first two by default.

    Raises:
        NothingToDraw: no phonon, or no direction has a stable state.
    """
    if not device.phonons:
        raise NothingToDraw(f"{device.name} has no phonons.")
    points = operating_points(device, power=power, pair=pair)
    settled = settled_points(points)
    N, chosen = len(device.modes), phonon_pair(device, pair)
    names = list(device.modes)
    shown: list[tuple[str, Any, int | None]] = [(names[i], _own(i, N), i) for i in device.phonons]
    if chosen is not None:
        i, j = chosen
        title = f"({names[i]} − {names[j]})/√2"
        shown.append((title, (_own(i, N) - _own(j, N)) / np.sqrt(2), None))
    lines = len(settled) + 1
    figure = Figure(
        figsize=(max(4.6, 3.1 * len(shown) + 0.6), 3.4 + 0.22 * lines), layout="constrained"
    )
    rows_of_panels = figure.subplots(
        2, len(shown), squeeze=False, height_ratios=[3.4, 0.22 * lines], sharex="row", sharey="row"
    )
    for above, below, (title, rows, mode) in zip(*rows_of_panels, shown, strict=True):
        for point in settled:
            V = point.settled.covariance
            assert V is not None
            label = f"{point.label}: {_in_numbers(point.settled, mode)}"
            _draw_ellipse(above, rows @ V @ rows.T, point, label, alpha=0.2 / len(settled))
        _finish(above, title, "_-" if mode is None else "")
        below.axis("off")
        below.legend(*above.get_legend_handles_labels(), frameon=False, fontsize=9, loc="center")
    name_missing(figure, points, "no stationary state")
    return figure


def ellipse(covariance: ArrayLike) -> tuple[NDArray[np.floating], float]:
    """Half axes of the 1σ ellipse, the longer one first, and the angle of that one, rad.

    >>> half_axes, angle = ellipse([[1.0, 0.0], [0.0, 4.0]])
    >>> half_axes, round(abs(angle), 6)
    (array([2., 1.]), 1.570796)
    """
    eigen: Any = np.linalg.eigh(np.asarray(covariance, float))
    q, p = eigen.eigenvectors[:, 1]
    return np.sqrt(eigen.eigenvalues[::-1]), float(np.arctan2(p, q))


def _own(mode: int, modes: int) -> NDArray[np.floating]:
    """Rows that take (q, p) of one mode, shape (2, 2N)."""
    return np.eye(2 * modes)[2 * mode : 2 * mode + 2]


def _in_numbers(state: Prediction, mode: int | None) -> str:
    """Quanta of a phonon, or S_c of the pair."""
    if mode is None:
        return f"$S_c$ = {state.S_c:.3g}"
    assert state.occupations is not None
    return f"{state.occupations[mode]:.3g} quanta"


def _draw_ellipse(
    axes: Axes, covariance: NDArray[np.floating], point: OperatingPoint, label: str, alpha: float
) -> None:
    (long, short), angle = ellipse(covariance)
    shape = {"width": 2 * long, "height": 2 * short, "angle": float(np.degrees(angle))}
    axes.add_patch(Ellipse((0, 0), **shape, fc=point.colour, ec="none", alpha=alpha))
    axes.add_patch(
        Ellipse((0, 0), **shape, fc="none", ec=point.colour, ls=point.line, lw=1.6, label=label)
    )
    reach = max(1.15 * long, axes.get_xlim()[1], 1.6 * VACUUM)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)


def _finish(axes: Axes, title: str, index: str) -> None:
    size = {"width": 2 * VACUUM, "height": 2 * VACUUM}
    label = "vacuum" if axes.get_xlim()[1] < 80 * VACUUM else "vacuum (a point on this scale)"
    axes.add_patch(Ellipse((0, 0), **size, fc="none", ec="black", ls=":", lw=1.4, label=label))
    axes.set_aspect("equal")
    axes.set_title(title, fontsize=11)
    axes.set_xlabel(f"$q{index}$ (vacuum variance ½)")
    axes.set_ylabel(f"$p{index}$")
