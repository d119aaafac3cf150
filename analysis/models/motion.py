"""The linearised motion of many variants of a device under one condition, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.free import FreeEntry
from phonosync.theory.device import Device
from phonosync.theory.device.entries import Entry, find_entry, with_entries
from phonosync.theory.device.network import network_terms
from phonosync.theory.device.uncertainty import port_shares
from phonosync.theory.errors import InputError, UnstableError
from phonosync.theory.fluctuations import diffusion, drift
from phonosync.theory.mean_field import refine_steady_states, steady_states_of_many
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import AnyPort

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Variants:
    """B variants of a device, each with values of its own for the free entries.

    The ports of a mode keep their share of its linewidth where that is free and they are not.

    Attributes:
        devices: B of them.
        network: a batch of shape (B,).
        condition: under which.
    """

    devices: tuple[Device, ...]
    network: BosonicNetwork
    condition: Condition

    @classmethod
    def of(
        cls, device: Device, free: Sequence[FreeEntry], values: Array, condition: Condition
    ) -> Variants:
        """The variants with these values of the free entries, shape (B, P), SI units.

        Raises:
            InputError: a value that the device may not have; a setting that is free.
        """
        return cls.at(varied_devices(device, free, values, condition), condition)

    @classmethod
    def at(cls, devices: tuple[Device, ...], condition: Condition) -> Variants:
        """Devices that stand at the condition's settings already."""
        return cls(devices, stacked_networks(devices, condition), condition)

    def ports(self, name: str) -> list[AnyPort]:
        """A port of every variant."""
        return [device.output(name, self.condition.light) for device in self.devices]


def varied_devices(
    device: Device, free: Sequence[FreeEntry], values: Array, condition: Condition
) -> tuple[Device, ...]:
    """Devices with these values of the free entries, shape (B, P), at a condition's settings.

    Raises:
        InputError: a value that the device may not have; a setting that is free.
    """
    set_to = {find_entry(device, name): value for name, value in condition.settings.items()}
    for one in free:
        if any(entry.path == one.entry.path for entry in set_to):
            raise InputError(
                f"{one.entry.name} is free and set by {condition.name}; free its calibration "
                "instead, as drive.transmission for drive.power."
            )
    shares = port_shares(device, [one.entry for one in free])

    def entries(row: Array, some: Sequence[int]) -> dict[Entry, float]:
        own = {free[k].entry: float(row[k]) for k in some}
        return own | {port: share * float(row[k]) for port, share, k in shares if k in some}

    everything = range(len(free))
    first = with_entries(device, entries(values[0], everything) | set_to)
    devices = [first]
    for row in values[1:]:
        # Neighbours differ in one entry, and only that has to be checked again. A new temperature
        # is every bath's, and takes the occupations with it that stand beside it.
        some = np.flatnonzero(row != values[0]).tolist()
        if any(free[k].entry.path == ("temperature",) for k in some):
            devices.append(with_entries(device, entries(row, everything) | set_to))
        else:
            devices.append(with_entries(first, entries(row, some)))
    return tuple(devices)


def stacked_networks(devices: Sequence[Device], condition: Condition) -> BosonicNetwork:
    """Networks of devices that stand at a condition's settings, a batch of shape (devices,)."""
    rows = [
        network_terms(
            one,
            condition.light,
            condition.field,
            power=condition.power,
            microwave_power=condition.microwave_power,
            wavelength=condition.wavelength,
        )
        for one in devices
    ]
    terms = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    if not np.any(terms["shared_loss"]):
        terms["shared_loss"] = np.zeros_like(rows[0]["shared_loss"])
    return BosonicNetwork(**terms)


def resting_state(variants: Variants, near: Array | None = None) -> Array:
    """Mean fields of the stable state of the first variant, shape (N,).

    Args:
        variants: of which the first counts.
        near: a state to look beside before all states are searched.

    Raises:
        UnstableError: no steady state is stable under this condition.
    """
    one = variants.network.flat(np.array([0]))
    if near is not None:
        c, settled = refine_steady_states(one, near[None])
        if settled[0] and np.linalg.eigvals(drift(one, c)).real.max() < 0:
            return c[0]
    states = steady_states_of_many(one)
    stable = np.flatnonzero(states.stable[0])
    if not len(stable):
        raise UnstableError(
            f"{variants.condition.name}: no steady state is stable, the device oscillates there. "
            "Fit that line by itself, or lower the drive."
        )
    return states.amplitudes[0, stable[-1 if variants.condition.branch == "upper" else 0]]


@dataclass(frozen=True, eq=False)
class Motion:
    """Linearised motion of B variants round one branch of steady states.

    Attributes:
        variants: whose motion.
        amplitudes: c, shape (B, N).
        A, D: drift and diffusion, rad/s, shape (B, 2N, 2N).
    """

    variants: Variants
    amplitudes: Array
    A: Array
    D: Array

    @classmethod
    def near(cls, variants: Variants, state: Array) -> Motion:
        """The motion of variants so little apart that one state leads to those of all.

        Raises:
            UnstableError: the branch ends between them.
        """
        start = np.broadcast_to(state, (len(variants.devices), len(state)))
        c, settled = refine_steady_states(variants.network, start)
        if not np.all(settled):
            raise UnstableError(
                f"{variants.condition.name}: the steady state ends within a small step of the "
                "parameters (a fold); stay further from it."
            )
        return cls(variants, c, drift(variants.network, c), diffusion(variants.network))

    def couplings(self, port: str) -> Array:
        """Coefficients u of L = Σ u_k c_k for a port of every variant, shape (B, N)."""
        N = self.amplitudes.shape[-1]
        return np.array([p.jump(N) for p in self.variants.ports(port)])

    def detected_row(self, port: str, angle: float) -> Array:
        """Row w of the detected quadrature of L, at an angle from the mean output, (B, 2N)."""
        u, c = self.couplings(port), self.amplitudes
        out = np.sum(u * c, axis=-1)
        if self.variants.devices[0].driven_through(port, self.variants.condition.light):
            out = out - np.sum(u * self.variants.network.drive, -1) / np.sum(np.abs(u) ** 2, -1)
        return quadrature_row(u * np.exp(-1j * (np.angle(out) + angle))[:, None])

    def port_occupations(self, port: str) -> Array:
        """Occupation of what enters a port of every variant, shape (B,)."""
        return np.array([p.occupation for p in self.variants.ports(port)])

    def efficiencies(self) -> Array:
        """Detection efficiency of every variant, shape (B,)."""
        return np.array(
            [d.detection.efficiency if d.detection else 1.0 for d in self.variants.devices]
        )


def quadrature_row(u: Array) -> Array:
    """Row of q of Σ u_k c_k in the quadratures q1, p1, ..., shape (..., 2N)."""
    row = np.empty((*u.shape[:-1], 2 * u.shape[-1]))
    row[..., 0::2], row[..., 1::2] = np.real(u), -np.imag(u)
    return row
