"""Maps of synchronization and stability over detuning and drive power, direction by direction."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from phonosync.analysis.directions.operating_point import (
    NothingToDraw,
    OperatingPoint,
    name_panel,
    operating_points,
    place,
    side_by_side,
)
from phonosync.analysis.figures.synchronization_map import SynchronizationMap, synchronization_map
from phonosync.analysis.measured.frequency_axis import unit_of
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.prediction import phonon_pair

TWO_PI = 2 * np.pi
_HATCHED, _EDGE = "#e3e3e3", "#8a8a8a"
_WATTS = ((1.0, "W"), (1e-3, "mW"), (1e-6, "µW"), (1e-9, "nW"), (1e-12, "pW"))


def draw_synchronization_map(
    device: Device,
    *,
    power: float | None = None,
    pair: tuple[str, str] | None = None,
    points: int | None = None,
) -> Figure:
    """Draw S_c over the driven mode's detuning and the drive power, one panel a direction.

    Detuning: two of the faster phonon's frequencies to both sides of the file's, of all driven
    modes alike. Power: from 1/20 to 20 times the device's, all drives alike. Hatched: no steady
    state is stable, the device oscillates. A cross marks the operating point.

    Args:
        device: driven, with two phonons.
        power: W, of the laser, instead of the file's.
        pair: names of the two phonons; the first two by default.
        points: of each axis, odd; by default 61, fewer where steady states take longer to find.

    Raises:
        NothingToDraw: fewer than two phonons, or no drive.
    """
    phonons = phonon_pair(device, pair)
    if phonons is None:
        raise NothingToDraw(f"{device.name} has not two phonons, and synchronization is of a pair.")
    directions = operating_points(device, power=power, pair=pair)
    tuned = _driven_modes(device, directions)
    if not tuned:
        raise NothingToDraw(f"{device.name} is not driven.")
    points = _resolution(directions[0].network) if points is None else points
    if points < 3 or points % 2 == 0:
        raise InputError(
            f"a map of {points} points misses its middle, the operating point; take 3 or more, odd."
        )
    middle = points // 2
    steps = np.arange(-middle, middle + 1) / middle  # exactly 0 in the middle
    fastest = float(np.max(directions[0].network.detuning[list(phonons)]))
    detuning, factor = 2 * fastest * steps, 20.0**steps
    rows, columns = side_by_side(directions)
    figure = Figure(figsize=(4.4 * columns + 0.8, 3.4 * rows + 0.7), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    x, x_label, y, y_label = _axes_of(device, tuned, power, detuning, factor)
    image = None
    for index, point in enumerate(directions):
        axes = panels[place(directions, index)]
        found = synchronization_map(
            point.network, phonons, tuned=tuned, detuning=detuning, factor=factor
        )
        image = _draw_map(axes, x, y, found)
        axes.plot(x[middle], y[middle], "P", ms=10, mfc="white", mec="black", label="operating")
        name_panel(axes, point)
    for axes in panels[-1]:
        axes.set_xlabel(x_label)
    for axes in panels[:, 0]:
        axes.set_ylabel(y_label)
    assert image is not None
    bar = figure.colorbar(image, ax=panels, pad=0.02)
    bar.set_label("complete synchronization $S_c$")
    figure.legend(
        handles=_legend(),
        loc="outside lower center",
        ncols=3 if columns > 1 else 1,
        frameon=False,
        fontsize=9,
    )
    return figure


def _resolution(network: BosonicNetwork) -> int:
    """61 points; 41 with several nonlinear modes; 21 where two of them meet at one phonon.

    Finding every steady state takes 10 µs, 1 ms and 40 ms.
    """
    presses = network.pressure != 0
    own = (network.kerr != 0) | presses.any(axis=1) | (network.cross_kerr != 0).any(axis=1)
    if presses.sum(axis=0).max(initial=0) > 1:
        return 21
    return 41 if own.sum() > 1 else 61


def _driven_modes(device: Device, directions: list[OperatingPoint]) -> list[int]:
    """Photons and magnons that a drive reaches in some direction."""
    driven = np.any([point.network.drive != 0 for point in directions], axis=0)
    driven[device.phonons] = False
    return [int(i) for i in np.flatnonzero(driven)]


def _axes_of(
    device: Device,
    tuned: list[int],
    power: float | None,
    detuning: NDArray[np.floating],
    factor: NDArray[np.floating],
) -> tuple[NDArray[np.floating], str, NDArray[np.floating], str]:
    """Values and labels of both axes."""
    driven = [list(device.modes)[i] for i in tuned]
    x_hz = (device.modes[driven[0]].detuning or 0.0) + detuning / TWO_PI
    scale, unit = unit_of(np.abs(x_hz).max())
    x_label = f"detuning of {driven[0]} ({unit})"
    if len(driven) > 1:
        x_label = f"detuning of {driven[0]}, {', '.join(driven[1:])} alike ({unit})"
    drives = list(device.drives)
    if len(drives) > 1:
        return x_hz / scale, x_label, factor, "drive power (device's = 1)"
    watts = drives[0].power
    if power is not None and device.modes[drives[0].mode].optical:
        watts = power
    watt_scale, watt = next((w for w in _WATTS if 20 * watts >= w[0]), _WATTS[-1])
    return x_hz / scale, x_label, watts * factor / watt_scale, f"drive power ({watt})"


def _draw_map(
    axes: Axes, x: NDArray[np.floating], y: NDArray[np.floating], found: SynchronizationMap
):
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    image = axes.pcolormesh(
        x, y, found.S_c, vmin=0, vmax=1, cmap="viridis", shading="nearest", rasterized=True
    )
    X, Y = np.meshgrid(x, y)
    several = found.branches > 1
    axes.plot(X[several], Y[several], ".", ms=2.2, color="white", mew=0)
    # Where no state is stable the map is empty, and what lies behind it is seen.
    axes.add_patch(
        Rectangle(
            (0, 0), 1, 1, transform=axes.transAxes, fc=_HATCHED, ec=_EDGE, hatch="////", zorder=0
        )
    )
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])
    return image


def _legend() -> list[Patch | Line2D]:
    return [
        Patch(fc=_HATCHED, ec=_EDGE, hatch="////", label="oscillating: no stable state"),
        Line2D([], [], ls="", marker=".", color=_EDGE, label="dotted: several stable states"),
        Line2D([], [], ls="", marker="P", ms=9, mfc="white", mec="black", label="operating point"),
    ]
