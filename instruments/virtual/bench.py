"""The virtual lab's bench: one device, one state that evolves in time, one random generator."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.langevin import LANES, Stepper, step_length
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError

BLOCKS = 2  # blocks of LANES replicas; each has its own generator, so threads change nothing
SHOT_NOISE_W_PER_HZ = 2.5e-15
"""What the photodetector makes of vacuum: -116 dBm/Hz into the analyzer's 50 ohm."""
_SETTLING = 10.0  # energy decay times of the slowest mode between a changed setting and data
_GAUSSIAN_REACH = 3.25  # standard deviations to either side at which the window is cut


class Bench:
    """A device on a table: laser and switch act on it, the analyzer sees its light.

    The state is an ensemble of 8 replicas of the device, each evolving by the nonlinear Langevin
    equations with vacuum and thermal noise. A replica stands for a moment long after the last:
    segments of different replicas are as independent as a patient experimenter's.

    Args:
        device: with `detection`.
        seed: of all randomness; the same seed and the same dialogue give the same numbers.

    Raises:
        InputError: the device file says nothing of detection, or has no phonon.
    """

    def __init__(self, device: Device, seed: int | None = None) -> None:
        if device.detection is None or not device.phonons:
            raise InputError(
                f"{device.name} cannot stand in the virtual lab: its file needs 'detection' and a "
                "phonon; add them."
            )
        self.device = device
        self._detection = device.detection
        self._evolving = threading.Lock()  # one acquisition at a time
        self._setting = threading.Lock()  # settings may change while one runs
        self._power, self._wavelength, self._on, self._direction = 0.0, 0.0, False, 0
        self._moved = True
        self._angle = 0.0
        dark = device.network(light=0)
        if np.any(dark.shared_loss) or np.any(dark.cross_kerr):
            raise InputError(
                f"{device.name} cannot stand in the virtual lab: its time steps know neither "
                "cross-Kerr nor cascaded couplings; remove them from a copy of the file."
            )
        bright = [device.network(light=light) for light in (+1, -1)]
        self.dt = min(step_length(network, device.phonons) for network in (dark, *bright))
        seeds = np.random.SeedSequence(seed).spawn(BLOCKS)
        self._random = [np.random.default_rng(s) for s in seeds]
        self._stepper = self._prepare()
        spread = np.sqrt((dark.occupation + 0.5) / 2)[:, None]
        self._state = [
            spread * (r.standard_normal((dark.modes, LANES, 2)) @ [1, 1j]) for r in self._random
        ]
        self._run(lambda b: self._stepper.settle(self._state[b].copy(), 8, self._random[b]))

    @property
    def laser_monitor_w(self) -> float:
        """What a power meter at the laser reads, W."""
        return self._power if self._on else 0.0

    def set_laser(self, *, power_w: float, wavelength_m: float, on: bool) -> None:
        """Tell the bench what the laser sends: power at its output in W, wavelength in m."""
        with self._setting:
            setting = (power_w, wavelength_m, on)
            self._moved |= setting != (self._power, self._wavelength, self._on)
            self._power, self._wavelength, self._on = setting

    def set_direction(self, direction: int) -> None:
        """Tell the bench how the switch routes the light: +1, -1, or 0 (past the device)."""
        with self._setting:
            self._moved |= direction != self._direction
            self._direction = direction

    def periodograms(
        self,
        frequencies_hz: NDArray[np.floating],
        resolution_bandwidth_hz: float,
        averages: int,
        window: str,
        should_stop: Callable[[], bool] | None = None,
    ) -> NDArray[np.floating]:
        """Power spectral densities at the analyzer's input, one row per average.

        Args:
            frequencies_hz: equally spaced, shape (points,).
            resolution_bandwidth_hz: 3 dB bandwidth of the window.
            averages: how many independent periodograms.
            window: "gaussian" or "flattop".
            should_stop: asked between segments; when it says yes, the rest is not taken.

        Returns:
            W/Hz, shape (averages, points); fewer rows when stopped.
        """
        from scipy.signal import ZoomFFT

        with self._evolving:
            taper = self._window(window, resolution_bandwidth_hz)
            band = [frequencies_hz[0], frequencies_hz[-1]]
            points = len(frequencies_hz)
            rate: Any = 1 / self.dt  # scipy's stub of ZoomFFT knows whole numbers only
            zoom = ZoomFFT(len(taper), band, m=points, fs=rate, endpoint=True)
            scale = SHOT_NOISE_W_PER_HZ * self.dt / np.sum(taper**2)

            def segment(block: int) -> NDArray[np.floating]:
                state, random = self._state[block], self._random[block]
                current = self._stepper.evolve(state, len(taper), random, self._angle)
                return scale * np.abs(zoom(current.T * taper, axis=-1)) ** 2

            rows: list[NDArray[np.floating]] = []
            while len(rows) < averages and not (should_stop and should_stop()):
                if self._moved:
                    self._settle()
                for block in self._run(segment):
                    rows.extend(block)
            return np.array(rows[:averages]).reshape(-1, points)

    def _prepare(self) -> Stepper:
        light = self._direction if self._on else 0
        network = self.device.network(
            light=light, power=self._power, wavelength=self._wavelength or None
        )
        port = self.device.port(self._detection.port)
        return Stepper(network, port, self._detection.efficiency, self.dt)

    def _settle(self) -> None:
        """Let the device forget its former setting, and lock the local oscillator's phase."""
        with self._setting:
            self._stepper = self._prepare()
            self._moved = False
        slowest = min(2 * np.pi * mode.linewidth for mode in self.device.modes.values())
        steps = int(_SETTLING / slowest / self.dt)
        fields = self._run(lambda b: self._stepper.settle(self._state[b], steps, self._random[b]))
        self._angle = float(np.angle(np.mean(fields))) + self._detection.angle

    def _window(self, name: str, bandwidth: float) -> NDArray[np.floating]:
        """Samples of a window whose 3 dB bandwidth is the one asked for."""
        if name == "gaussian":
            deviation = np.sqrt(np.log(2)) / (np.pi * bandwidth)
            half = int(_GAUSSIAN_REACH * deviation / self.dt)
            time = np.arange(-half, half + 1) * self.dt
            return np.exp(-(time**2) / (2 * deviation**2))
        if name == "flattop":
            from scipy.signal.windows import flattop

            return flattop(int(3.72 / bandwidth / self.dt), sym=False)
        raise InputError(f"no window is called {name!r}; choose gaussian or flattop.")

    @staticmethod
    def _run(work: Callable[[int], object]) -> list:
        with ThreadPoolExecutor(BLOCKS) as pool:
            return list(pool.map(work, range(BLOCKS)))
