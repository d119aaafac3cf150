"""Two channels of a demodulated record as complex amplitudes, with what the filter did to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.stochastic.phase_statistics import phase_difference

if TYPE_CHECKING:
    import xarray

TWO_PI = 2 * np.pi
SHORTEST = 200
_DIMENSIONS = ("channel", "quadrature", "time")


@dataclass(frozen=True, eq=False)
class Quadratures:
    """Two vibrations as z = X + iY, each in the frame of its own reference.

    A vibration at f shows e^{2πi(f − f_ref)t}.

    Attributes:
        z: V, complex, shape (2, T).
        rate_hz: samples a second.
        time_constant_s: of one RC low-pass, transfer 1/(1 + iωτ).
        references_hz: shape (2,).
        skew_s: how much later the second channel may have been started.
    """

    z: NDArray[np.complexfloating]
    rate_hz: float
    time_constant_s: float
    references_hz: NDArray[np.floating]
    skew_s: float

    @property
    def times_s(self) -> NDArray[np.floating]:
        """From 0, shape (T,)."""
        return np.arange(self.z.shape[1]) / self.rate_hz

    @property
    def duration_s(self) -> float:
        """Length, s."""
        return self.z.shape[1] / self.rate_hz

    @property
    def same_frame(self) -> bool:
        """Both channels have one reference."""
        return bool(self.references_hz[0] == self.references_hz[1])

    def phase_difference(self) -> NDArray[np.floating]:
        """φ = θ₁ − θ₂, unwrapped, rad, shape (T,), up to a constant where references differ.

        Raises:
            InputError: φ moves by more than 1 rad between samples: turns would get lost.
        """
        own = phase_difference(self.z.conj().T, 0, 1)
        return own + TWO_PI * (self.references_hz[0] - self.references_hz[1]) * self.times_s

    def turning_hz(self) -> NDArray[np.floating]:
        """Mean frequency of each channel beyond its reference, weighted by energy, Hz, shape (2,).

        From arg⟨z(t + dt) z*(t)⟩: it has no turns to lose where an amplitude passes zero.
        """
        step = np.sum(self.z[:, 1:] * self.z[:, :-1].conj(), axis=1)
        return np.angle(step) * self.rate_hz / TWO_PI


def read_quadratures(
    record: xarray.DataArray, *, channels: tuple[int, int] = (0, 1)
) -> Quadratures:
    """Check a record as a `Demodulator` gives it, and take two of its channels.

    Args:
        record: V, dimensions (channel, quadrature, time), quadratures X and Y, coordinate
            `reference` (Hz) by channel, attributes `rate_hz` and `time_constant_s`.
        channels: values of the coordinate `channel`.

    Raises:
        InputError: not such a record, samples that are no numbers, silence, or too few samples.
    """
    if set(record.dims) != set(_DIMENSIONS) or record.sizes["quadrature"] != 2:
        raise InputError(
            f"the record has dimensions {dict(record.sizes)}; expected channel, quadrature (X, Y) "
            "and time, as Demodulator.quadratures gives."
        )
    if record.attrs.get("units") != "V":
        raise InputError(f"the record is in {record.attrs.get('units')!r}; convert it to 'V'.")
    for name in ("rate_hz", "time_constant_s"):
        number = record.attrs.get(name)
        if number is None or not (np.isfinite(number) and float(number) > 0):
            raise InputError(
                f"the record's attribute {name!r} is {number}; give what the demodulator was set "
                "to, above 0."
            )
    known = list(record["channel"].values) if "channel" in record.coords else []
    missing = [channel for channel in channels if channel not in known]
    if missing or channels[0] == channels[1]:
        raise InputError(
            f"channels {channels} are not two of the record's {known}; choose two of these."
        )
    if "reference" not in record.coords or record["reference"].dims != ("channel",):
        raise InputError("the record has no 'reference' (Hz) by channel; add it.")
    chosen = record.sel(channel=list(channels)).transpose(*_DIMENSIONS)
    x_and_y = np.asarray(chosen.values, float)
    if not np.isfinite(x_and_y).all():
        count = int(np.sum(~np.isfinite(x_and_y)))
        raise InputError(f"{count} samples of the record are no numbers; cut these out.")
    if x_and_y.shape[-1] < SHORTEST:
        raise InputError(
            f"the record has {x_and_y.shape[-1]} samples; statistics of phases need {SHORTEST} at "
            "least. Record longer."
        )
    z = x_and_y[:, 0] + 1j * x_and_y[:, 1]
    for channel, one in zip(channels, z, strict=True):
        if np.ptp(one.real) == np.ptp(one.imag) == 0:
            raise InputError(
                f"channel {channel} is {one[0]:g} V throughout; check that its input is connected."
            )
    return Quadratures(
        z=z,
        rate_hz=float(record.attrs["rate_hz"]),
        time_constant_s=float(record.attrs["time_constant_s"]),
        references_hz=np.asarray(chosen["reference"].values, float),
        skew_s=float(record.attrs.get("start_skew_s", 0.0)),
    )


def noise_covariance(noise: Quadratures, like: Quadratures) -> NDArray[np.complexfloating]:
    """Imprecision ⟨n_j n_k*⟩ of a record without vibrations, V², shape (2, 2).

    Its off-diagonal part is noise that both channels share (one detector, one laser).

    Args:
        noise: recorded with the vibrations out of reach: references beside the lines, or drive off.
        like: the record that it is for.

    Raises:
        InputError: another low-pass, through which the noise has another power.
    """
    if not np.isclose(noise.time_constant_s, like.time_constant_s, rtol=1e-6):
        raise InputError(
            f"the noise was recorded with a time constant of {noise.time_constant_s:g} s, the "
            f"record with {like.time_constant_s:g} s; record the noise again with the latter."
        )
    return noise.z @ noise.z.conj().T / noise.z.shape[1]
