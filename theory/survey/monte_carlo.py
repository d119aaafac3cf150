"""Imperfect devices: the same drawing, made many times, every time a little different."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.device import Device
from phonosync.theory.device.parts import Disorder
from phonosync.theory.errors import InputError
from phonosync.theory.network import BosonicNetwork

TWO_PI = 2 * np.pi
DEVICES_PER_BLOCK = 500
"""Devices that share one random stream: part of what a seed means."""
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Imperfections:
    """Standard normal deviations of P devices from their drawing.

    Attributes:
        frequency, linewidth, kerr: one a mode, shape (P, N).
        coupling: one a coupling of the device file, shape (P, C).
        backscattering: complex, of mean square 1, shape (P,).
    """

    frequency: Array
    linewidth: Array
    kerr: Array
    coupling: Array
    backscattering: Array

    def first(self, devices: int) -> Imperfections:
        """Those of the first devices."""
        return Imperfections(*(getattr(self, f.name)[:devices] for f in fields(self)))


def draw_imperfections(device: Device, seed: int, block: int) -> Imperfections:
    """Draw one block of devices; what is drawn depends on the seed and the block alone.

    The deviations do not depend on the size of the disorder, so surveys of one seed compare the
    same devices at different disorder.
    """
    stream = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block,)))
    N, C = len(device.modes), len(device.couplings)
    x = stream.standard_normal((DEVICES_PER_BLOCK, 3 * N + C + 2))
    frequency, linewidth, kerr, coupling, scattered = np.split(
        x, [N, 2 * N, 3 * N, 3 * N + C], axis=1
    )
    return Imperfections(frequency, linewidth, kerr, coupling, scattered @ [1, 1j] / np.sqrt(2))


def check_disorder(device: Device, disorder: Disorder) -> None:
    """Check that the disorder means something for the device.

    Raises:
        InputError: no disorder at all, or backscattering where no mode is scattered into.
    """
    if disorder == Disorder():
        raise InputError(
            f"{device.name} is given no disorder, so all devices would be the same; add a "
            "'disorder' to its file, or say --spread linewidth=5%."
        )
    if disorder.backscattering and not (device.sagnac and device.sagnac.counter_mode):
        raise InputError(
            f"{device.name} has no mode to scatter back into; give 'counter_mode' under 'sagnac' "
            "of its file, or set the backscattering to 0 Hz."
        )


def imperfect_devices(
    device: Device,
    devices: int,
    *,
    disorder: Disorder | None = None,
    seed: int = 0,
    light: int = +1,
    field: int = +1,
) -> BosonicNetwork:
    """Networks of imperfect devices, a batch of shape (devices,), rad/s.

    Device p of a seed is the same device for every direction, every disorder and every number of
    devices. See `imperfect` for what varies.

    Args:
        device: the drawing.
        devices: how many.
        disorder: instead of the device file's.
        seed: of the random numbers.
        light, field: the direction, as of `Device.network`.

    Raises:
        InputError: no disorder, or one that the device cannot have.

    >>> from phonosync.theory import load_device
    >>> ring = load_device("ring")
    >>> imperfect_devices(ring, 3, disorder=Disorder(linewidth=0.05)).batch
    (3,)
    """
    chosen = disorder or device.disorder or Disorder()
    check_disorder(device, chosen)
    blocks = range(-(-devices // DEVICES_PER_BLOCK))
    drawn = [draw_imperfections(device, seed, block) for block in blocks]
    all_drawn = Imperfections(
        *(np.concatenate([getattr(d, f.name) for d in drawn]) for f in fields(Imperfections))
    )
    return imperfect(device, chosen, all_drawn.first(devices), light=light, field=field)


def imperfect(
    device: Device,
    disorder: Disorder,
    imperfections: Imperfections,
    *,
    light: int = +1,
    field: int = +1,
    **drive: float | None,
) -> BosonicNetwork:
    """The networks of devices with these imperfections, a batch of shape (P,), rad/s.

    Detunings and phonon frequencies D become D(1 + σ_f x); the Sagnac shift, set by the rotation,
    stays. Linewidths become κ exp(s x − s²/2) with s² = ln(1 + σ_l²), of mean κ and relative
    standard deviation σ_l. The ports scale with their mode's linewidth, so a drive does with its
    root, and a waveguide's coupling with the root of both. Coupling rates and Kerr coefficients
    become g(1 + σ_c x). Backscattering adds J = σ_b z between the two modes of `sagnac`. The baths
    keep their occupation.

    Args:
        device: the drawing.
        disorder: its size.
        imperfections: of P devices.
        light, field: the direction.
        drive: power, microwave power and wavelength, as of `Device.network`.
    """
    nominal = device.network(light=light, field=field, **drive)
    modes = device.modes.values()
    own = TWO_PI * np.array([m.frequency if m.kind == "phonon" else m.detuning for m in modes])
    s = np.sqrt(np.log1p(disorder.linewidth**2))
    widths = np.exp(s * imperfections.linewidth - s**2 / 2)
    strengths = 1 + disorder.coupling * imperfections.coupling
    exchange, pressure, cross_kerr, shared_loss = _scaled_couplings(
        device, light, field, strengths, np.sqrt(widths)
    )
    exchange = exchange + _backscattering(device, disorder, imperfections.backscattering)
    return replace(
        nominal,
        detuning=nominal.detuning + own * disorder.frequency * imperfections.frequency,
        loss=nominal.loss * widths,
        kerr=nominal.kerr * (1 + disorder.coupling * imperfections.kerr),
        drive=nominal.drive * np.sqrt(widths),
        exchange=exchange,
        pressure=pressure,
        cross_kerr=cross_kerr,
        shared_loss=shared_loss,
    )


def _scaled_couplings(
    device: Device,
    light: int,
    field: int,
    strengths: Array,
    roots: Array,
) -> tuple[Array, Array, Array, Array]:
    """J, g, X and Γ of every device, each of shape (P, N, N).

    The network is linear in its coupling rates: what one coupling adds is the difference that it
    makes alone.
    """
    names = ("exchange", "pressure", "cross_kerr", "shared_loss")

    def network(couplings: tuple[Any, ...]) -> BosonicNetwork:
        return device.model_copy(update={"couplings": couplings}).network(light=light, field=field)

    bare = network(())
    total = {
        name: np.broadcast_to(getattr(bare, name), (len(strengths), *getattr(bare, name).shape))
        for name in names
    }
    one_way = tuple(c for c in device.couplings if c.kind == "cascaded")
    parts: list[tuple[tuple[Any, ...], Array]] = [
        ((coupling,), strengths[:, k, None, None])
        for k, coupling in enumerate(device.couplings)
        if coupling.kind != "cascaded"
    ]
    if one_way:  # between ports: Γ_kl ∝ √(κ_k κ_l)
        parts.append((one_way, roots[:, :, None] * roots[:, None, :]))
    for couplings, strength in parts:
        with_it = network(couplings)
        for name in names:
            added = getattr(with_it, name) - getattr(bare, name)
            if np.any(added):
                total[name] = total[name] + strength * added
    return total["exchange"], total["pressure"], total["cross_kerr"], total["shared_loss"]


def _backscattering(device: Device, disorder: Disorder, z: Array) -> Array:
    N = len(device.modes)
    J = np.zeros((len(z), N, N), complex)
    sagnac = device.sagnac
    if disorder.backscattering and sagnac and sagnac.counter_mode:
        one, other = device.index(sagnac.mode), device.index(sagnac.counter_mode)
        J[:, one, other] = TWO_PI * disorder.backscattering * z
        J[:, other, one] = J[:, one, other].conj()
    return J
