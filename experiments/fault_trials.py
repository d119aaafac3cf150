"""Put one seeded fault on an instrument's wire and see what the experiment would have made of it.

Every trial opens one virtual instrument as a rig, lets it play its role through, strikes once, and
then asks: did anything hang, was a wrong number taken for data, does the message name instrument
and command, does the same dialogue work afterwards, and is all that shines dark at the end?
"""

from __future__ import annotations

import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from phonosync.experiments.rig import Rig, open_rig
from phonosync.experiments.rig_file import RigFile, Role
from phonosync.instruments.virtual.catalogue import MODELS
from phonosync.instruments.virtual.faults import AILMENTS, Fault, Faults, Kind, can_suffer
from phonosync.instruments.virtual.lab import VirtualLab, station
from phonosync.theory.checked_file import check
from phonosync.theory.errors import PhonosyncError

SPEED_UP = 1e4
PATIENCE_S = 30.0  # much longer than a dialogue with every answer late


class Outcome(StrEnum):
    """What a fault led to."""

    UNHARMED = "right data all the same"
    TOLD = "an error that names instrument and command"
    NOT_STRUCK = "the fault found no occasion"
    HUNG = "HUNG"
    WRONG = "WRONG DATA"
    FOREIGN = "FOREIGN ERROR"
    NAMELESS = "ERROR WITHOUT A NAME"
    AFTERWARDS = "WRONG DATA AFTERWARDS"
    LIT = "LEFT LIT IN SILENCE"

    @property
    def bad(self) -> bool:
        """Whether this must never happen."""
        return self.value.isupper()


@dataclass(frozen=True)
class Trial:
    """One trial.

    Attributes:
        fault: what struck, None if nothing did.
        said: the error's message.
    """

    role: str
    model: str
    seed: int
    outcome: Outcome
    fault: Fault | None
    said: str
    duration_s: float


@dataclass
class StillBench:
    """A bench on which everything is known: every reading is the same for the same settings."""

    laser: dict[str, Any] = field(default_factory=dict)
    microwave: dict[str, Any] = field(default_factory=dict)
    temperature_k: float = 4.0
    vibration_frequencies_hz: tuple[float, ...] = (10e6, 10.2e6)

    @property
    def lit(self) -> bool:
        """Whether light or microwaves leave their source."""
        return bool(self.laser.get("on") or self.microwave.get("on"))

    @property
    def laser_monitor_w(self) -> float:
        """Power at the laser's output, W."""
        return self.laser["power_w"] if self.laser.get("on") else 0.0

    @property
    def monitor_power_w(self) -> float:
        """Power in the monitor arm, W; there is a steady light of its own."""
        return 1.3e-4

    def set_laser(self, **setting: Any) -> None:
        """Keep what leaves the laser."""
        self.laser = setting

    def set_microwave(self, **setting: Any) -> None:
        """Keep what leaves the microwave source."""
        self.microwave = setting

    def set_direction(self, direction: int) -> None:
        """Take note of nothing: the switch answers for itself."""

    def set_field(self, field_t: tuple[float, float, float]) -> None:
        """Take note of nothing: the supply answers for itself."""

    def set_temperature(self, temperature_k: float) -> None:
        """Keep the temperature."""
        self.temperature_k = temperature_k

    def periodograms(
        self, frequencies_hz: np.ndarray, rbw_hz: float, averages: int, window: str, stop: Any
    ) -> np.ndarray:
        """A line at 1.5 MHz."""
        line = 1e-15 + 1e-12 / (1 + ((frequencies_hz - 1.5e6) / 1e5) ** 2)
        return np.tile(line, (averages, 1))

    def s_parameters(
        self, frequencies_hz: np.ndarray, *, power_w: float, if_bandwidth_hz: float
    ) -> np.ndarray:
        """A resonance that passes one way better than the other."""
        line = 1 / (1 - 1j * (frequencies_hz - 10e9) / 1e6)
        return np.array([[1 - line, 0.3 * line], [0.8 * line, 1 - line]])

    def vibration(
        self, phonon: int, reference_hz: float, time_constant_s: float, rate_hz: float, count: int
    ) -> np.ndarray:
        """A slow rotation."""
        return 1e-3 * np.exp(0.01j * (phonon + 1) * np.arange(count))


# What each role is asked to do; the results are compared, number by number.


def _laser(rig: Rig) -> Iterator[Any]:
    rig.laser.set_wavelength(1551e-9)
    rig.laser.set_power(2e-3)
    rig.laser.on()
    yield asdict(rig.laser.read())
    rig.laser.off()
    yield rig.laser.read().on


def _switch(rig: Rig) -> Iterator[Any]:
    for direction in (1, -1):
        rig.direction_switch.set(direction)
        yield rig.direction_switch.read()


def _spectrum(rig: Rig) -> Iterator[Any]:
    spectrum = rig.spectrum_analyzer.psd(1e6, 2e6, points=101, rbw_hz=10e3, averages=3)
    yield from (spectrum.values, spectrum["frequency"].values, spectrum.attrs)


def _microwave(rig: Rig) -> Iterator[Any]:
    rig.microwave_source.set_frequency(9.5e9)
    rig.microwave_source.set_power(1e-3)
    rig.microwave_source.on()
    yield asdict(rig.microwave_source.read())
    rig.microwave_source.off()
    yield rig.microwave_source.read().on


def _scattering(rig: Rig) -> Iterator[Any]:
    s = rig.network_analyzer.s_parameters(
        9.99e9, 10.01e9, points=21, if_bandwidth_hz=1e4, power_w=1e-6, averages=2
    )
    yield from (s.values, s["frequency"].values, s.attrs)


def _magnet(rig: Rig) -> Iterator[Any]:
    for z in (0.01, -0.005):
        rig.magnet.go_to((0.0, 0.0, z))
        reading = rig.magnet.read()
        yield [round(component, 3) for component in reading.field_t]
        yield reading.quenched


def _vibrations(rig: Rig) -> Iterator[Any]:
    record = rig.demodulator.quadratures(0.05, rate_hz=100.0)
    yield from (record.values, record["reference"].values)


def _temperature(rig: Rig) -> Iterator[Any]:
    yield rig.thermometer.read()


def _power(rig: Rig) -> Iterator[Any]:
    rig.power_meter.set_wavelength(1551e-9)
    yield rig.power_meter.read()


JOBS: dict[str, Callable[[Rig], Iterator[Any]]] = {
    "laser": _laser,
    "direction_switch": _switch,
    "spectrum_analyzer": _spectrum,
    "microwave_source": _microwave,
    "network_analyzer": _scattering,
    "magnet": _magnet,
    "demodulator": _vibrations,
    "thermometer": _temperature,
    "power_meter": _power,
}
IMPATIENT = {  # options of adapters: a trial does not wait for what never comes
    "laser": {"settling_s": 2.0},
    "spectrum_analyzer": {"sweep_timeout_s": 3.0},
    "network_analyzer": {"overtime_s": 3.0},
    "magnet": {
        "settings": {"settle_s": 0.0, "poll_s": 0.01, "timeout_s": 3.0, "tolerance_t": 3e-4}
    },
}


class Stage:
    """One model of instrument, its healthy answers known.

    Args:
        role, model: as in `catalogue.MODELS`.
        timeout_s: of the connection; a late answer is twice as late, s.
    """

    def __init__(self, role: Role, model: str, *, timeout_s: float = 0.5):
        self.role, self.model, self.timeout_s = role, model, timeout_s
        counting = Faults()
        self._opening = 0
        self.healthy = self._play(counting, timeout_s=10.0)
        self._messages = counting.heard

    def try_fault(self, seed: int) -> Trial:
        """Let one fault strike at one message, both by chance."""
        random = np.random.default_rng([seed, zlib.crc32(f"{self.role} {self.model}".encode())])
        twin = next(iter(MODELS[self.role][self.model].build(StillBench(), SPEED_UP).values()))
        kinds = [kind for kind in Kind if can_suffer(twin, kind)]
        twin.close()
        kind = kinds[random.integers(len(kinds))]
        # Opening takes most of the messages; three faults in four strike later.
        first, last = (self._opening, self._messages)
        if random.random() < 0.25:
            first, last = 0, self._opening
        at = int(random.integers(first, last)) + 1
        faults = Faults(int(random.integers(2**31)), plan={at: kind}, lateness_s=2 * self.timeout_s)
        watch: list[Any] = []
        thread = threading.Thread(
            target=lambda: watch.append(self._judge(faults)), name="trial", daemon=True
        )
        started = time.monotonic()
        thread.start()
        thread.join(PATIENCE_S)
        outcome, said = watch[0] if watch else (Outcome.HUNG, "")
        struck = faults.happened[0] if faults.happened else None
        if struck is None and not outcome.bad:
            outcome = Outcome.NOT_STRUCK
        taken_s = time.monotonic() - started
        return Trial(self.role, self.model, seed, outcome, struck, said, taken_s)

    def _judge(self, faults: Faults) -> tuple[Outcome, str]:
        afterwards: list[Any] = []
        said = ""
        bench = StillBench()
        try:
            results = self._play(faults, bench=bench, afterwards=afterwards)
            honest = same(results, self.healthy) or admits(results, faults.happened)
            outcome = Outcome.UNHARMED if honest else Outcome.WRONG
            if outcome is Outcome.WRONG:
                said = f"{results} instead of {self.healthy}"
        except PhonosyncError as error:
            said = str(error)
            named = self.role in said and names_a_command(said, faults.happened)
            outcome = Outcome.TOLD if named else Outcome.NAMELESS
        except LitError as error:
            outcome, said = Outcome.LIT, str(error)
        except Exception as error:
            outcome, said = Outcome.FOREIGN, f"{type(error).__name__}: {error}"
        if not outcome.bad and afterwards and not same(afterwards[0], self.healthy):
            return Outcome.AFTERWARDS, f"{afterwards[0]} instead of {self.healthy} after: {said}"
        return outcome, said

    def _play(
        self,
        faults: Faults,
        *,
        timeout_s: float | None = None,
        bench: StillBench | None = None,
        afterwards: list[Any] | None = None,
    ) -> list[Any]:
        """Open the rig and do the role's job.

        A job that fails is done again: what it gives then goes into `afterwards`.

        Raises:
            LitError: light is on at the end and nobody says so.
        """
        bench = bench or StillBench()
        with VirtualLab(bench, [self.role], {self.role: self.model}, speed_up=SPEED_UP) as lab:
            for server in lab.servers.values():
                server.answer = faults.answer
            content = station(lab.addresses, lab.models)
            entry = content["instruments"][self.role]
            entry["init"]["timeout"] = timeout_s or self.timeout_s
            entry["adapter"] = {
                **lab.adapters.get(self.role, {}),
                **IMPATIENT.get(self.role, {}),
            }
            job, rig = JOBS[self.role], None
            try:
                with open_rig(check(content, RigFile, "trial")) as rig:
                    self._opening = self._opening or faults.heard
                    try:
                        return list(job(rig))
                    except PhonosyncError:
                        if afterwards is not None:
                            with suppress(PhonosyncError):  # an error again is honest
                                afterwards.append(list(job(rig)))
                        raise
            finally:
                if rig is not None and bench.lit and not rig.left_unsafe:
                    raise LitError(f"{self.role} still shines and nobody says so.")


class LitError(Exception):
    """Light or microwaves stay on in silence."""


def names_a_command(said: str, happened: list[Fault]) -> bool:
    """Whether a message names a command, a parameter or what ails the instrument."""
    if (happened and happened[0].kind in AILMENTS) or "is not there" in said:
        return True
    text = re.sub(r"TCPIP0::[\w.:]+", "", said)
    return re.search(r"[*:][A-Za-z]\w+|\w\?|\w ?= ?|[A-Z]{3,}|refused '|_\w+ to ", text) is not None


def admits(results: list[Any], happened: list[Fault]) -> bool:
    """Whether readings say themselves that a laser went dark or a coil has quenched."""
    if not happened:
        return False
    if happened[0].kind is Kind.DARKEN:
        return results[0]["on"] is False and results[0]["power_w"] == 0.0
    return happened[0].kind is Kind.QUENCH and results[-1] is True


def same(found: Any, expected: Any) -> bool:
    """Whether two results agree to the accuracy of numbers on a wire."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            same(found[key], expected[key]) for key in expected
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, str | bool | type(None)):
        return found == expected
    return np.shape(found) == np.shape(expected) and bool(
        np.allclose(found, expected, rtol=1e-6, atol=0)
    )
