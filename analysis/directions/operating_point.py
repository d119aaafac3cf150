"""Where a device stands in each direction, and how that direction is drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from phonosync.analysis.figures.run import COLOURS
from phonosync.analysis.measured.frequency_axis import lines
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import drift
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.prediction import Prediction, direction_name, distinguished, predict

GREY = "#555555"
OSCILLATES = "oscillates: no stable steady state"


class NothingToDraw(InputError):  # noqa: N818 (no error of anybody's: a figure that has no content)
    """A device for which a figure has no content; the message says why."""


@dataclass(frozen=True, eq=False)
class OperatingPoint:
    """One direction of a device in the stable steady state of least intensity.

    Attributes:
        light, field: the direction.
        network: for this direction, rad/s.
        state: the stable state; None where the device oscillates.
        branches: number of stable states.
        colour, line: how the direction is drawn.
        name: of the direction, by what the device distinguishes.
    """

    light: int
    field: int
    network: BosonicNetwork
    state: Prediction | None
    branches: int
    colour: str
    line: str
    name: str

    @property
    def label(self) -> str:
        """The name, and what a reader must know of the state."""
        if self.state is None:
            return f"{self.name} (oscillates)"
        return self.name + (f" (lowest of {self.branches} branches)" if self.branches > 1 else "")

    @property
    def settled(self) -> Prediction:
        """The stable state, where there is one."""
        if self.state is None:
            raise InputError(f"{self.name}: {OSCILLATES}; lower the drive power.")
        return self.state

    @property
    def drift(self) -> np.ndarray:
        """A in the stable state, shape (2N, 2N), rad/s."""
        return drift(self.network, self.settled.amplitudes)


def operating_points(
    device: Device, *, power: float | None = None, pair: tuple[str, str] | None = None
) -> list[OperatingPoint]:
    """Every direction that the device distinguishes, drawn as everywhere in its two colours.

    Light +1 and −1 differ by colour and the field's directions by solid and dashed lines; where
    only the field counts, its directions take the colours.

    Args:
        device, power, pair: as for `prediction.predict`.
    """
    directions = distinguished(device)
    states = [p for p in predict(device, power=power, pair=pair) if p.stable]
    stable = Counter((p.light, p.field) for p in states)
    reached = {(p.light, p.field): p for p in reversed(states)}  # the first of each is kept
    by_field = len({light for light, _ in directions}) == 1
    return [
        OperatingPoint(
            light,
            field,
            device.network(light=light, field=field, power=power),
            reached.get((light, field)),
            stable[light, field],
            COLOURS[field if by_field else light],
            "-" if by_field or field > 0 else "--",
            direction_name((light, field), directions),
        )
        for light, field in directions
    ]


def settled_points(points: list[OperatingPoint]) -> list[OperatingPoint]:
    """Those at rest in a stable state.

    Raises:
        NothingToDraw: there is none.
    """
    settled = [point for point in points if point.state is not None]
    if not settled:
        raise NothingToDraw("every direction oscillates, and no spectrum or state is stationary.")
    return settled


def name_panel(axes: Axes, point: OperatingPoint) -> None:
    """Put the direction, in its colour, over a panel that is its own."""
    axes.set_title(point.label, color=point.colour, fontsize=11)


def side_by_side(points: list[OperatingPoint]) -> tuple[int, int]:
    """Rows and columns of panels: a column for each direction of the light (or of the field)."""
    columns = len({p.light for p in points})
    rows = -(-len(points) // columns)
    return (rows, columns) if columns > 1 else (1, len(points))


def place(points: list[OperatingPoint], index: int) -> tuple[int, int]:
    """Row and column of a direction's panel."""
    rows, columns = side_by_side(points)
    return (index % rows, index // rows) if columns > 1 else (0, 0)


def name_missing(figure: Figure, points: list[OperatingPoint], what: str) -> None:
    """Say over a figure which directions are not in it, and what they lack."""
    missing = [point.name for point in points if point.state is None]
    if missing:
        figure.suptitle(f"{'; '.join(missing)}: oscillates, {what}", fontsize=10)


def phonon_lines(device: Device, point: OperatingPoint) -> NDArray[np.floating]:
    """Frequency and width, Hz, of the phonons' eigenmodes, shape (L, 2); without phonons of all."""
    found = lines(point.drift)
    if not device.phonons:
        return found
    own = point.network.detuning[device.phonons] / (2 * np.pi)
    # A strongly damped photon may be as near: of equally near ones the narrower is the phonon.
    distance = np.abs(found[:, :1] - own) + found[:, 1:]
    return found[sorted({int(np.argmin(column)) for column in distance.T})]
