"""S-parameters from the bench's own time steps: a weak pulse goes in, what comes out is analysed.

A Gaussian pulse s(t) enters one port beside the drives, in four copies of the device, as s, −s, is,
−is, without noise. Odd combinations of what leaves hold neither the drives' own output nor, to the
third order in the pulse, any distortion; those of s and is tell the signal at ω from the idler at
−ω. Its Fourier transform over that of the pulse is the S-parameter at all frequencies at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.bench.langevin import GAUSS, LANES, Stepper, reachable
from phonosync.instruments.virtual.bench.ring import ends, with_counter_mode
from phonosync.instruments.virtual.bench.settings import Operated, is_microwave
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import Port

NOISE_FLOOR_W_PER_HZ = 2e-16
"""Of the receivers: −117 dBm in 10 Hz, as of a good network analyzer (an order of magnitude)."""

_COPIES = np.array([1, -1, 1j, -1j])
_BLOCK = 1 << 15
_PER_RADIAN = 2  # steps in the time in which the fastest wave turns by 1 rad
_PULSE = 1.5  # r.m.s. width of the pulse, over that time
_REACH = 7.0  # widths on either side at which it begins and ends
_WEAK = 1e-3  # of the field in the device
_RINGING = 24.0  # decay times of the slowest mode: what then still rings is e^-12 of its start
_LIGHT = 200.0  # the same for modes that lose fast
_DWELL = 8.0  # over the IF bandwidth: how long a receiver looks at a point, and a bit more
_DONE = 1e-6  # what is still to come, relative to the pulse, when the record may end
_LONGEST = 100_000_000  # steps of one record


def s_matrix(
    network: BosonicNetwork,
    enter: Sequence[Port],
    leave: Sequence[Port],
    omega: NDArray[np.floating],
    *,
    state: NDArray[np.complexfloating],
    dt: float,
    if_bandwidth_hz: float,
) -> NDArray[np.complexfloating]:
    """S-parameters as a network analyzer reads them, without its noise.

    A wave far from every resonance passes with +1: S is the other sign of c_out = L − c_in. A
    resonance narrower than the IF bandwidth is smeared, as by a sweep that does not wait for it.

    Args:
        network: driven, in rad/s.
        enter, leave: ports by which waves enter and leave at each end.
        omega: equally spaced, rad/s from the drive, shape (F,).
        state: amplitudes from which the motion goes on, shape (N,).
        dt: the bench's step, s.
        if_bandwidth_hz: Hz.

    Returns:
        shape (ends, ends, F): [leave, enter].

    Raises:
        InputError: frequencies that are not equally spaced, a record that would be too long.
    """
    fastest = float(np.abs(omega).max())
    slowest = float(network.loss.min())
    duration = min(_RINGING / slowest, _DWELL / if_bandwidth_hz)
    step = dt
    if fastest > 0:
        step = min(step, 1 / (_PER_RADIAN * fastest))
    if duration / step > _LONGEST:
        raise InputError(
            f"the response rings for {duration:.3g} s and takes {duration / step:.2g} steps of "
            f"{step:.2g} s; widen the IF bandwidth or narrow the sweep."
        )
    spacing = float(omega[-1] - omega[0]) / (len(omega) - 1) if len(omega) > 1 else 0.0
    if not np.allclose(np.diff(omega), spacing, rtol=1e-6, atol=1e-9 * fastest):
        raise InputError("the sweep's frequencies are not equally spaced; sweep linearly.")
    rest = _settled(network, leave[0], state, dt, _RINGING / slowest / 2)
    settling = min(_RINGING / slowest, _LIGHT / float(network.loss.max()))

    def column(port: Port, step: float) -> NDArray[np.complexfloating]:
        # What the light holds depends a little on the step: let it settle again.
        here = _settled(network, port, rest, step, settling)
        record = _Record(network, port, leave, here, step, omega, spacing)
        return record.spectrum(duration, tail=2 / slowest, dwell=_DWELL / if_bandwidth_hz)

    with ThreadPoolExecutor(2) as pool:
        coarse = pool.map(lambda port: column(port, step), enter)
        fine = pool.map(lambda port: column(port, step / 2), enter)
        # The error is quadratic in the step: extrapolate to none.
        columns = [(4 * f - c) / 3 for f, c in zip(fine, coarse, strict=True)]
    passing: Any = np.array([[p == q for q in enter] for p in leave], float)
    return passing[..., None] - np.stack(columns, axis=1)


def sweep(
    operated: Operated,
    frequencies_hz: NDArray[np.floating],
    *,
    state: NDArray[np.complexfloating],
    dt: float,
    far: float,
    if_bandwidth_hz: float,
) -> NDArray[np.complexfloating]:
    """S-parameters of a device between two connectors, without noise; see `Bench.s_parameters`.

    Args:
        operated: the device as it stands.
        frequencies_hz: shape (F,).
        state: amplitudes of its modes, shape (N,).
        dt: the bench's step, s.
        far: detuning, rad/s, beyond which a mode is out of reach.
        if_bandwidth_hz: Hz.

    Returns:
        shape (2, 2, F).
    """
    device, driven = operated.device, operated.driven
    carrier_hz = _carrier(device, frequencies_hz)
    network = operated.network
    if carrier_hz is None and device.sagnac is not None:
        # Without light, say so by its power: only then it is known which mode is clockwise.
        driven = driven if driven["light"] else driven | {"light": +1, "power": 0.0}
        device = with_counter_mode(device)
        network = device.network(**driven)
        state = np.concatenate([state, np.zeros(network.modes - len(state), complex)])
    connectors = ends(device, driven["light"], microwave=carrier_hz is not None)
    found = s_matrix(
        reachable(network, far)[0],
        [device.port(end.enter) for end in connectors],
        [device.port(end.leave) for end in connectors],
        2 * np.pi * (frequencies_hz - (carrier_hz or 0.0)),
        state=state,
        dt=dt,
        if_bandwidth_hz=if_bandwidth_hz,
    )
    S = np.zeros((2, 2, len(frequencies_hz)), complex)
    S[1, 1] = 1.0  # an open connector sends all back
    S[: len(found), : len(found)] = found
    return S


def _carrier(device: Device, frequencies_hz: NDArray[np.floating]) -> float | None:
    """Frequency of the microwave drive, Hz, if the sweep is one of microwaves; None for light's."""
    modes = [device.modes[port.mode] for port in device.ports.values()]
    known = [m for m in modes if is_microwave(m) and m.frequency is not None]
    if not known or float(np.mean(frequencies_hz)) < min(m.frequency or 0.0 for m in known) / 2:
        return None
    return (known[0].drive_frequency or 0.0) / (2 * np.pi)


def trace_noise(
    shape: tuple[int, ...],
    floor: float,
    *,
    power_w: float,
    if_bandwidth_hz: float,
    random: np.random.Generator,
) -> NDArray[np.complexfloating]:
    """Complex Gaussian noise of a trace: ⟨|δS|²⟩ = floor · noise floor · bandwidth / power."""
    spread = np.sqrt(floor * NOISE_FLOOR_W_PER_HZ * if_bandwidth_hz / power_w / 2)
    noise: Any = random.standard_normal((*shape, 2)) @ np.array([1, 1j])
    return spread * noise


class _Record:
    """What leaves the ports after a pulse, in the course of time and as a spectrum."""

    def __init__(
        self,
        network: BosonicNetwork,
        port: Port,
        leave: Sequence[Port],
        rest: NDArray[np.complexfloating],
        dt: float,
        omega: NDArray[np.floating],
        spacing: float,
    ):
        self._stepper = Stepper(network, port, 1.0, dt, intensity=np.abs(rest) ** 2)
        self._dt, self._omega, self._spacing = dt, omega, spacing
        N = network.modes
        u: Any = np.array([p.jump(N) for p in leave])
        self._out = u.real.copy(), u.imag.copy()
        self._width = _PULSE / max(float(np.abs(omega).max()), 0.1 / dt)
        held = float(np.abs(rest).max())
        self._height = _WEAK * max(held, 1.0) / (np.sqrt(port.rate) * self._width)
        pushed: Any = np.outer(port.jump(N).conj(), _COPIES).ravel()
        self._push = pushed.real.copy(), pushed.imag.copy()
        self._state = np.repeat(rest[:, None], LANES, axis=1)

    def spectrum(
        self, duration: float, *, tail: float, dwell: float
    ) -> NDArray[np.complexfloating]:
        """Fourier transform of c_out + c_in over that of the pulse, shape (ports, F)."""
        from phonosync.instruments.virtual.bench.pulse_kernel import respond

        flows, coupling, _, _ = self._stepper.constants
        re, im = self._stepper.enter(self._state)
        start = -_REACH * self._width
        steps = int((duration + 2 * _REACH * self._width) / self._dt)
        total: Any = np.zeros((len(self._out[0]), len(self._omega)), complex)
        sent: Any = np.zeros(len(self._omega), complex)
        area = self._height * self._width * np.sqrt(2 * np.pi)
        for first in range(0, steps, _BLOCK):
            count = min(_BLOCK, steps - first)
            time = start + (first + np.arange(count)) * self._dt
            pulse = np.stack([self._pulse(time + side * GAUSS * self._dt) for side in (-1, 1)], -1)
            out_re, out_im = np.empty((2, len(total), count, LANES))
            half = pulse * (self._dt / 2)
            respond(re, im, half, *self._push, *self._out, flows, coupling, out_re, out_im)
            odd: Any = (out_re + 1j * out_im) @ _COPIES.conj() / LANES
            seen = odd * _taper(time, duration, dwell)
            total += self._transform(seen, time[0])
            if time[0] < -start:
                sent += self._transform(self._pulse(time)[None, :], time[0])[0]
            if time[-1] > -start and np.abs(odd).max() * tail < _DONE * area:
                break
        return total / sent

    def _pulse(self, time: NDArray[np.floating]) -> NDArray[np.floating]:
        return self._height * np.exp(-(time**2) / (2 * self._width**2))

    def _transform(self, x: NDArray[Any], start: float) -> NDArray[np.complexfloating]:
        """∫ x e^{iωt} dt of a block that begins at a time, at all ω, along the last axis."""
        from scipy.signal import czt

        phase = np.exp(-1j * self._omega[0] * self._dt)
        turn = np.exp(1j * self._spacing * self._dt)
        found = czt(x, len(self._omega), turn, phase, axis=-1)
        return found * self._dt * np.exp(1j * self._omega * start)


def _taper(time: NDArray[np.floating], duration: float, dwell: float) -> NDArray[np.floating]:
    """1, falling smoothly to 0 at the end: over half of the dwell time where that cuts the record.

    Else over the last tenth: what rings still is the phase of a limit cycle, which never rests.
    """
    begin = dwell / 2 if duration >= dwell else 0.9 * duration
    late = np.clip((time - begin) / (duration - begin), 0.0, 1.0)
    return np.cos(np.pi / 2 * late) ** 2


def _settled(
    network: BosonicNetwork,
    port: Port,
    state: NDArray[np.complexfloating],
    dt: float,
    duration: float,
) -> NDArray[np.complexfloating]:
    """Let what noise has left in the modes die out."""
    from phonosync.instruments.virtual.bench.pulse_kernel import respond

    stepper = Stepper(network, port, 1.0, dt, intensity=np.abs(state) ** 2)
    flows, coupling, _, _ = stepper.constants
    lanes = np.repeat(state[:, None], LANES, axis=1)
    re, im = stepper.enter(lanes)
    nothing, none = np.zeros(re.shape), np.zeros((0, network.modes))
    left = int(duration / dt)
    while left > 0:
        count = min(_BLOCK, left)
        out = np.empty((0, count, LANES))
        quiet = np.zeros((count, 2))
        respond(re, im, quiet, nothing, nothing, none, none, flows, coupling, out, out)
        left -= count
    stepper.leave(re, im, lanes)
    return lanes[:, 0]
