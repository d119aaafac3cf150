"""The bench's state: replicas of the device, each with its own past, that evolve in two threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.bench.langevin import LANES, Stepper
from phonosync.theory.network import BosonicNetwork

BLOCKS = 2  # blocks of LANES replicas; each has its own generator, so threads change nothing
_SETTLING = 10.0  # energy decay times of the slowest mode between a changed setting and data
_LOUD = 4.0  # a phonon of so many times its bath's energy may be on its way to a limit cycle
_GROWTH = 1.2  # and is waited for while its energy grows by this factor
_PATIENCE = 40  # times at most
_LOOKS, _LOOK = 8, 0.37  # how often a swinging phonon is looked at, and every how many periods
_TURNED = 5e-3  # rad per step by which a Kerr mode may turn otherwise than prepared for


class Replicas:
    """LANES · BLOCKS independent copies of the device.

    Args:
        dark: the network without light, with whose baths the copies begin in equilibrium.
        random: a generator for each block.

    Attributes:
        angle: phase of the mean output field when the copies last settled, rad.
        centre: where they then stood, or about what they swung, shape (N,).
        elapsed_s: how long the first copy has evolved, s.
    """

    def __init__(self, dark: BosonicNetwork, random: list[np.random.Generator]):
        self._random = random
        self._pool = ThreadPoolExecutor(BLOCKS)
        self._spread = np.sqrt((dark.occupation + 0.5) / 2)[:, None]
        self.begin(np.zeros(dark.modes, complex))

    def begin(
        self, centre: NDArray[np.complexfloating], random: list[np.random.Generator] | None = None
    ) -> None:
        """Begin anew about some amplitudes, shape (N,), spread as widely as in the dark.

        Args:
            centre: these amplitudes.
            random: further generators, one a block; None for the present ones.
        """
        self._random = random or self._random
        shape = (*self._spread.shape[:1], LANES, 2)
        self._state = [
            centre[:, None] + self._spread * (r.standard_normal(shape) @ [1, 1j])
            for r in self._random
        ]
        self.angle, self.centre, self.elapsed_s = 0.0, centre, 0.0

    @property
    def first(self) -> NDArray[np.complexfloating]:
        """Amplitudes of the first copy, shape (N,)."""
        return self._state[0][:, 0].copy()

    def warm_up(self, stepper: Stepper, steps: int) -> None:
        """Take a few steps on the side, so that everything is compiled."""
        self._each(lambda b: stepper.settle(self._state[b].copy(), steps, self._random[b]))

    def settle(self, stepper: Stepper, phonons: list[int]) -> Stepper:
        """Let all copies forget their former setting, and lock the local oscillator's phase.

        Above threshold they are waited for until their phonons' energies have stopped growing.

        Returns:
            The stepper, prepared for the intensities that its Kerr modes have now.
        """
        network = stepper.network
        if np.any(network.kerr):
            # Kerr modes first: the long wait is then prepared for what they hold.
            fast = float(network.loss[network.kerr != 0].min())
            self._settle(stepper, int(_SETTLING / fast / stepper.dt))
            stepper = _prepared_for(stepper, self._intensity())
        steps = int(_SETTLING / float(network.loss.min()) / stepper.dt)
        quiet = _LOUD * (network.occupation[phonons] + 0.5)
        before: Any = -np.inf
        fields: list[NDArray[np.complexfloating]] = []
        for _ in range(_PATIENCE):
            fields = self._settle(stepper, steps)
            prepared = _prepared_for(stepper, self._intensity())
            energy = self._swing(stepper, phonons)
            waiting = (energy > quiet) & (energy > _GROWTH * before)
            if prepared is stepper and not np.any(waiting):
                break
            stepper, before = prepared, energy
        self.angle = float(np.angle(np.mean(fields)))
        return stepper

    def currents(
        self,
        stepper: Stepper,
        steps: int,
        angle: float,
        work: Callable[[NDArray[np.floating]], NDArray[np.floating]],
    ) -> list[NDArray[np.floating]]:
        """What `work` makes of each block's homodyne currents over some steps."""

        def segment(block: int) -> NDArray[np.floating]:
            return work(stepper.evolve(self._state[block], steps, self._random[block], angle))

        self.elapsed_s += steps * stepper.dt
        return self._each(segment)

    def listen(self, stepper: Stepper, steps: int, modes: list[int]) -> NDArray[np.floating]:
        """Re c of some modes of the first copy, shape (modes, steps); only its block evolves."""
        self.elapsed_s += steps * stepper.dt
        return stepper.listen(self._state[0], steps, self._random[0], modes)

    def _intensity(self) -> NDArray[np.floating]:
        """⟨|c|²⟩ over the copies, shape (N,)."""
        return np.mean(np.abs(np.concatenate(self._state, axis=1)) ** 2, axis=1)

    def _swing(self, stepper: Stepper, phonons: list[int]) -> NDArray[np.floating]:
        """Each phonon's mean square deviation from where it rests, over copies and some periods."""
        period = 2 * np.pi / float(stepper.network.detuning[phonons].min())
        steps = max(2, int(_LOOK * period / stepper.dt))

        def look(block: int) -> list[NDArray[np.complexfloating]]:
            state, random = self._state[block], self._random[block]
            looks = []
            for _ in range(_LOOKS):
                stepper.settle(state, steps, random)
                looks.append(state.copy())
            return looks

        self.elapsed_s += _LOOKS * steps * stepper.dt
        looks = np.concatenate(self._each(look), axis=2)
        self.centre = np.mean(looks, axis=(0, 2))
        return np.var(looks, axis=(0, 2))[phonons]

    def _settle(self, stepper: Stepper, steps: int) -> list[NDArray[np.complexfloating]]:
        self.elapsed_s += steps * stepper.dt
        return self._each(lambda b: stepper.settle(self._state[b], steps, self._random[b]))

    def _each(self, work: Callable[[int], Any]) -> list[Any]:
        return list(self._pool.map(work, range(BLOCKS)))


def _prepared_for(stepper: Stepper, intensity: NDArray[np.floating]) -> Stepper:
    """The same stepper, or one prepared for other intensities where Kerr modes have them."""
    kerr = stepper.network.kerr
    known = np.zeros_like(kerr) if stepper.intensity is None else stepper.intensity
    if np.all(np.abs(2 * kerr * (intensity - known)) * stepper.dt <= _TURNED):
        return stepper
    return replace(stepper, intensity=np.where(kerr != 0, intensity, 0.0))
