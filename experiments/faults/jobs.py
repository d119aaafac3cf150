"""What each role is asked to do while faults strike, and a bench on which everything is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from phonosync.experiments.rig.rig import Rig


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

    def set_detector(self, *, joined: bool) -> None:
        """Likewise."""

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
