"""The virtual lab's bench: one device, one state that evolves in time, one random generator."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.bench import scattering as bench_scattering
from phonosync.instruments.virtual.bench import vibrations as bench_vibrations
from phonosync.instruments.virtual.bench.branch import Branches
from phonosync.instruments.virtual.bench.clock import Clock
from phonosync.instruments.virtual.bench.detector import (
    ELECTRONICS,
    SHOT_NOISE_W_PER_HZ,
    darkness,
    tone,
)
from phonosync.instruments.virtual.bench.imperfections import Imperfections
from phonosync.instruments.virtual.bench.langevin import LANES, Stepper, reachable, step_length
from phonosync.instruments.virtual.bench.replicas import BLOCKS, Replicas
from phonosync.instruments.virtual.bench.spectra import Analysis
from phonosync.instruments.virtual.bench.stand import Stand
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError

_REACH = 16.0  # a mode detuned by so many times the file's largest detuning is out of reach


class Bench(Stand):
    """A device on a table; every virtual instrument acts on it or looks at it.

    Laser, optical switch, magnet, microwave source and cryostat set how it stands; the spectrum
    analyzer, the network analyzer and demodulators take data. A setting acts when data are taken
    next: the device settles, from the state in which it was, and is measured then.

    The state is an ensemble of 8 replicas of the device, each evolving by the nonlinear Langevin
    equations with vacuum and thermal noise. A replica stands for a moment long after the last:
    segments of different replicas are as independent as a patient experimenter's.

    Args:
        device: with `detection`.
        seed: of all randomness; the same seed and the same dialogue give the same numbers.
        imperfections: none by default.
        clock: of the lab; by default one that passes as fast as data are computed.

    Raises:
        InputError: the device file says nothing of detection, or has no phonon; backscattering in a
            device that is no ring.
    """

    def __init__(
        self,
        device: Device,
        seed: int | None = None,
        *,
        imperfections: Imperfections | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not device.phonons:
            raise InputError(
                f"{device.name} cannot stand in the virtual lab: it has no phonon, whose noise is "
                "what is measured there. 'phonosync predict' tells of such a device."
            )
        if device.detection is None:
            raise InputError(
                f"{device.name} cannot stand in the virtual lab: nothing says how its output is "
                "detected. Add a line such as 'detection: {port: "
                f"{next(iter(device.ports), 'bus')}, quadrature: phase, efficiency: 0.7}}' to its "
                "file."
            )
        self._detection = device.detection
        *seeds, drifting, other = np.random.SeedSequence(seed).spawn(BLOCKS + 2)
        super().__init__(device, imperfections, clock, np.random.default_rng(drifting))
        self._noise = np.random.default_rng(other)  # of receivers beside the analyzer's
        self._evolving = threading.Lock()  # one acquisition at a time
        dark, *bright = (self.device.network(light=light) for light in (0, +1, -1))
        self.dt = min(step_length(network, device.phonons) for network in (dark, *bright))
        self._far = _REACH * max(float(np.abs(n.detuning).max()) for n in (dark, *bright))
        self._replicas = Replicas(dark, [np.random.default_rng(s) for s in seeds])
        self._stepper = self._prepare()
        self._moved = True  # the first acquisition waits for the device to settle
        self._seeds: list[np.random.SeedSequence] = []  # of a point that has no data yet
        self._branches = Branches()
        self._replicas.warm_up(self._stepper, 8)
        self._stretch: tuple[Any, set[int], bench_vibrations.Stretch] | None = None

    def begin_point(self, seed: int, point: int) -> None:
        """Begin a point of a run: its data follow from seed, point, settings and branch alone.

        Call it before the point's settings are made. All noise is forgotten. At the next data the
        replicas begin at the steady state that the settings allow or, where they allow several, at
        that to which they come from where they were: to the last bit the same data, whatever was
        measured before. A sweep that is only walked through, point by point without data, ends on
        the same branch as one that is measured.

        Drifts go on with the lab's time, remanence remembers the last field. Limit cycles about one
        steady state are one branch: hysteresis between them is not kept.

        Args:
            seed: of the run.
            point: its number in the run, from 0.

        Raises:
            InputError: a negative seed or point.
        """
        if seed < 0 or point < 0:
            raise InputError(f"seed {seed}, point {point}: give whole numbers from 0.")
        with self._evolving:
            if self._moved:
                self._arrive(self._prepare())
            *self._seeds, other = np.random.SeedSequence([seed, point]).spawn(BLOCKS + 1)
            self._noise = np.random.default_rng(other)
            self._stretch = None
            self._moved = True  # also where nothing is changed: the past is forgotten

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
        how = (np.asarray(frequencies_hz, float), resolution_bandwidth_hz, window)
        with self._evolving:
            start_s = self._begin()
            analysis = Analysis(*how, self.dt)
            rows: list[NDArray[np.floating]] = []
            while len(rows) < averages and not (should_stop and should_stop()):
                lit = self._settings.joined
                if lit and self._moved:
                    self._settle()
                dt = self._stepper.dt if lit else self.dt
                if analysis.dt != dt:
                    analysis = Analysis(*how, dt)
                rows.extend(self._seen(analysis) if lit else self._unseen(analysis))
            self._clock.finish(start_s, len(rows) * analysis.samples * analysis.dt, should_stop)
        densities = np.array(rows[:averages]).reshape(-1, len(how[0]))
        return SHOT_NOISE_W_PER_HZ * densities

    def _seen(self, analysis: Analysis) -> list[NDArray[np.floating]]:
        """One periodogram of every replica."""
        added = self._tone(analysis)
        angle = self._replicas.angle + self._detection.angle

        def work(currents: NDArray[np.floating]) -> NDArray[np.floating]:
            return analysis.periodograms(currents + added)

        blocks = self._replicas.currents(self._stepper, analysis.samples, angle, work)
        return [row for block in blocks for row in block]

    def _unseen(self, analysis: Analysis) -> list[NDArray[np.floating]]:
        """As many periodograms without light at the detector."""
        shape = (analysis.samples, LANES * BLOCKS)
        currents = darkness(shape, analysis.dt, self.imperfections.imprecision, self._noise)
        return list(analysis.periodograms(currents + self._tone(analysis)))

    def _tone(self, analysis: Analysis) -> NDArray[np.floating]:
        """What a calibration tone adds to the currents, where the source drives no device."""
        source = None if self._drives_microwaves else self._settings.microwave
        return tone(analysis.samples, analysis.dt, source, self._noise)

    def s_parameters(
        self, frequencies_hz: NDArray[np.floating], *, power_w: float, if_bandwidth_hz: float
    ) -> NDArray[np.complexfloating]:
        """One sweep of all four S-parameters, with the trace noise of this bandwidth.

        The linear response of the driven device as it stands, by the bench's own time steps:
        `scattering`. Frequencies near the device's microwave modes are those of the wave;
        others are counted upwards from the laser's, whose upper sideband is the probe. Port 1 sends
        clockwise into a ring, port 2 counter-clockwise; other devices are connected by the first
        ports of their file, and port 2 stays open where there is but one.

        Args:
            frequencies_hz: equally spaced, shape (points,).
            power_w: of the probe at the ports, W; it sets the trace noise alone.
            if_bandwidth_hz: Hz.

        Returns:
            Complex, shape (2, 2, points): [output port, input port, frequency].

        Raises:
            InputError: frequencies not equally spaced, a response too long to follow, a device that
                cannot be connected.
        """
        f = np.asarray(frequencies_hz, float)
        if not (power_w > 0 and if_bandwidth_hz > 0):
            raise InputError(
                f"power_w is {power_w} and if_bandwidth_hz {if_bandwidth_hz}; give positive ones."
            )
        with self._evolving:
            start_s = self._begin()
            if self._moved:
                self._settle()
            S = bench_scattering.sweep(
                self._operated,
                f,
                state=self._replicas.first,
                dt=self._stepper.dt,
                far=self._far,
                if_bandwidth_hz=if_bandwidth_hz,
            )
            floor = 1 + self.imperfections.imprecision
            S += bench_scattering.trace_noise(
                S.shape, floor, power_w=power_w, if_bandwidth_hz=if_bandwidth_hz, random=self._noise
            )
            self._clock.finish(start_s, 2 * len(f) / if_bandwidth_hz)
        return S

    def vibration(
        self, phonon: int, reference_hz: float, time_constant_s: float, rate_hz: float, count: int
    ) -> NDArray[np.complexfloating]:
        """Demodulated record of one phonon, X + iY in V; see `vibrations`.

        Records of several phonons that are asked for with the same rate and count, one after the
        other, show the same stretch of time.

        Args:
            phonon: which, from 0, in the file's order.
            reference_hz: frequency of the demodulator's oscillator, Hz.
            time_constant_s: of its low-pass of first order, s.
            rate_hz: samples a second.
            count: of samples.

        Returns:
            Complex, shape (count,).

        Raises:
            InputError: no such phonon, or a record that takes too long or is too fine.
        """
        phonons = self.device.phonons
        if not 0 <= phonon < len(phonons):
            raise InputError(f"phonon {phonon}: the device has {len(phonons)}, counted from 0.")
        how = {"time_constant_s": time_constant_s, "rate_hz": rate_hz, "count": count}
        with self._evolving:
            asked = (rate_hz, count)
            start_s = self._begin()
            known = self._stretch
            if self._moved or known is None or known[0] != asked or phonon in known[1]:
                if self._moved:
                    self._settle()
                frequencies = np.array(self.vibration_frequencies_hz)
                stretch = bench_vibrations.record(
                    self._replicas, self._stepper, phonons, frequencies, **how
                )
                known = self._stretch = (asked, set(), stretch)
                self._clock.finish(start_s, count / rate_hz)
            known[1].add(phonon)
            return bench_vibrations.demodulate(
                known[2],
                phonon,
                reference_hz,
                **how,
                random=self._noise,
                floor=1 + self.imperfections.imprecision,
            )

    def _prepare(self) -> Stepper:
        """Steps for what the device is now."""
        self._operated = now = self._operate()
        network, fastest = reachable(now.network, self._far)
        return Stepper(
            network,
            now.port,
            self._detection.efficiency,
            min(self.dt, step_length(fastest, self.device.phonons)),
            incoming=now.incoming,
            imprecision=self.imperfections.imprecision + ELECTRONICS,
        )

    def _settle(self) -> None:
        """Let the device forget its former setting, and lock the local oscillator's phase."""
        stepper, start = self._prepare(), None
        if self._seeds:
            start = self._arrive(stepper)
        self._stepper = self._replicas.settle(stepper, self.device.phonons)
        if start is not None:
            self._replicas.centre = start  # as if the point were only walked through

    def _arrive(self, stepper: Stepper) -> NDArray[np.complexfloating]:
        """Put the replicas on the branch to which the settings lead; give its amplitudes."""
        start = self._branches.reached(self._replicas, stepper, self.device.phonons)
        self._replicas.begin(start, [np.random.default_rng(seed) for seed in self._seeds])
        self._seeds = []
        return start
