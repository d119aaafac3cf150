"""What a survey computes, and the parts it is computed in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.checked_file import hint
from phonosync.theory.device import Device
from phonosync.theory.device.entries import with_entries
from phonosync.theory.device.parts import Disorder
from phonosync.theory.device.uncertainty import Uncertainty
from phonosync.theory.errors import InputError
from phonosync.theory.prediction import distinguished, phonon_pair
from phonosync.theory.survey.axes import Axis
from phonosync.theory.survey.measures import BRANCHES, check_measures
from phonosync.theory.survey.monte_carlo import DEVICES_PER_BLOCK, check_disorder

Results = dict[str, NDArray[Any]]
"""Of one chunk: for each measure the shape (places, kerr, light, field) or (..., field, mode)."""
_POINTS_PER_CHUNK = 200


@dataclass(frozen=True)
class Chunk:
    """A part of a survey that is computed in one go.

    Attributes:
        points: of the map, flat, in the order of the axes.
        block: which block of imperfect devices; None: the perfect device.
        devices: how many of that block.
    """

    points: range
    block: int | None = None
    devices: int = 1


@dataclass(frozen=True, eq=False)
class Survey:
    """What is computed, in every direction that the device distinguishes.

    Attributes:
        device: as its file says.
        axes: up to three entries that are varied.
        measures: names (see `measures`); S_c is always among them.
        devices: number of imperfect devices at each point of the map; 0: the perfect one only.
        disorder: how much they differ; by default as the device file says.
        seed: of the imperfect devices. They are the same at every point of the map, in every
            direction, with and without Kerr terms.
        without_kerr: compute everything a second time with all Kerr terms set to zero.
        uncertainty: the devices differ as a fit leaves them, instead of by disorder; an entry that
            is varied takes the axis' values in every one.
        branch: which stable steady state counts where there are several: "lower" or "upper".
        pair: names of the two phonons; by default the first two.
        version: of phonosync, by which the workers are held to the same one.

    Raises:
        InputError: one of these is wrong, or a corner of the map is not a possible device.
    """

    device: Device
    axes: tuple[Axis, ...] = ()
    measures: tuple[str, ...] = ("S_c",)
    devices: int = 0
    disorder: Disorder = field(default_factory=Disorder)
    seed: int = 0
    without_kerr: bool = False
    uncertainty: Uncertainty | None = None
    branch: str = "lower"
    pair: tuple[str, str] | None = None
    version: str = field(default_factory=lambda: metadata.version("phonosync"))

    def __post_init__(self) -> None:
        """Check what can be checked before anything is computed."""
        object.__setattr__(self, "measures", check_measures(self.measures))
        pair_of(self.device, self.pair)
        if self.branch not in BRANCHES:
            raise InputError(
                f"no branch is called {self.branch!r}; {hint(self.branch, BRANCHES, 'known are')}"
            )
        if self.devices < 0 or self.seed < 0:
            raise InputError(
                f"devices={self.devices}, seed={self.seed}; both are counted from 0 on."
            )
        if self.uncertainty is not None and not self.devices:
            raise InputError(
                "a fit's covariance is for devices drawn from it; say how many: --devices 200."
            )
        if self.devices and self.uncertainty is None:
            check_disorder(self.device, self.disorder)
        corners = self._corners()
        if self.without_kerr and not any(has_kerr(device) for device in corners):
            raise InputError(
                f"{self.device.name} has no Kerr term to leave out; survey it as it is given."
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Points along each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def points(self) -> int:
        """Points of the map; 1 without axes."""
        return int(np.prod(self.shape))

    @property
    def phonons(self) -> tuple[int, int]:
        """Positions of the two phonons."""
        return pair_of(self.device, self.pair)

    @property
    def lights(self) -> tuple[int, ...]:
        """Directions of light; one of them where the device does not tell them apart."""
        return self._told_apart[0]

    @property
    def fields(self) -> tuple[int, ...]:
        """Directions of the field; one of them where the device does not tell them apart."""
        return self._told_apart[1]

    @cached_property
    def _told_apart(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return told_apart(self._corners())

    @property
    def kerrs(self) -> tuple[str, ...]:
        """Whether the Kerr terms are there."""
        return ("as given", "none") if self.without_kerr else ("as given",)

    def chunks(self) -> list[Chunk]:
        """All parts: the perfect device at every point first, then block by block."""
        starts = range(0, self.points, _POINTS_PER_CHUNK)
        perfect = [Chunk(range(s, min(s + _POINTS_PER_CHUNK, self.points))) for s in starts]
        sizes = [
            min(DEVICES_PER_BLOCK, self.devices - first)
            for first in range(0, self.devices, DEVICES_PER_BLOCK)
        ]
        imperfect = [
            Chunk(range(point, point + 1), block, size)
            for point in range(self.points)
            for block, size in enumerate(sizes)
        ]
        return perfect + imperfect

    def device_at(self, point: int) -> Device:
        """The perfect device at a point of the map.

        Raises:
            InputError: the values do not fit each other.
        """
        places = np.unravel_index(point, self.shape)
        return with_entries(
            self.device,
            {a.entry: float(a.values[k]) for a, k in zip(self.axes, places, strict=True)},
        )

    def _corners(self) -> list[Device]:
        ends = [[(a.entry, float(v)) for v in (a.values.min(), a.values.max())] for a in self.axes]
        return [with_entries(self.device, dict(corner)) for corner in product(*ends)]

    def identity(self) -> dict[str, str]:
        """All that the numbers depend on, in words: the same identity, the same numbers."""
        found = {
            "device": self.device.model_dump_json(),
            "vary": json.dumps({a.entry.name: a.values.tolist() for a in self.axes}),
            "measures": ", ".join(self.measures),
            "devices": str(self.devices),
            "disorder": self.disorder.model_dump_json(),
            "seed": str(self.seed),
            "kerr": ", ".join(self.kerrs),
            "branch": self.branch,
            "pair": ", ".join(list(self.device.modes)[k] for k in self.phonons),
            "version": self.version,
        }
        if self.uncertainty is not None:
            found["disorder"] = f"of the fit: {self.uncertainty.text()}"
        return found


def pair_of(device: Device, names: tuple[str, str] | None) -> tuple[int, int]:
    """Positions of the two phonons of a survey or a search.

    Raises:
        InputError: the device has no two phonons, or the names are not of two.
    """
    found = phonon_pair(device, names)
    if found is None:
        counted = "one phonon" if device.phonons else "no phonon"
        raise InputError(
            f"{device.name} has {counted}; synchronization is of two: name a device with a pair."
        )
    return found


def told_apart(devices: Sequence[Device]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Directions of light and of the field that one of the devices distinguishes.

    Where none distinguishes any, both directions of light: that they agree is then the result.
    """
    ways = [way for device in devices for way in distinguished(device)]
    fields = tuple(dict.fromkeys(field for _, field in ways))
    lights = tuple(dict.fromkeys(light for light, _ in ways))
    return (+1, -1) if len(lights) == len(fields) == 1 else lights, fields


def has_kerr(device: Device) -> bool:
    """Whether the device has a Kerr term of any kind."""
    network = device.network()
    return bool(np.any(network.kerr) or np.any(network.cross_kerr))
