"""A laboratory on paper: a bistable device whose instruments take no time and forget nothing."""

from typing import Any, cast

import numpy as np
import pytest
import xarray as xr

from phonosync.experiments.rig.file import RigFile
from phonosync.experiments.rig.rig import Rig
from phonosync.experiments.run.start import measure_plan
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import FieldReading, LaserReading, MicrowaveReading

SHOT_NOISE = 2.5e-15
JUMPS_UP_W, FALLS_DOWN_W = 0.25e-3, 0.15e-3
ROLES = (
    "laser",
    "direction_switch",
    "spectrum_analyzer",
    "microwave_source",
    "network_analyzer",
    "magnet",
    "demodulator",
    "thermometer",
    "power_meter",
)


class PaperLab:
    """All instruments round a device that is bistable in the laser's power.

    Above 0.25 mW it is on its upper branch, below 0.15 mW on its lower one, between them where it
    was; without light it falls down.

    Attributes:
        diary: everything that was switched or set, in order.
        before_spectrum: called with the number of the spectrum, from 1; may break something.
        point: that has begun, in the order of measurement.
        temperature_k, monitor_w: what is read; lists are read one by one to their last entry.
    """

    def __init__(self):
        self.diary: list[tuple[Any, ...]] = []
        self.before_spectrum = lambda number: None
        self.upper, self.light, self.dark = False, 0, False
        self.laser_on, self.power, self.wavelength = False, 0.0, 1550e-9
        self.microwave_on, self.microwave_power, self.microwave_frequency = False, 0.0, 1e9
        self.field, self.quenched = (0.0, 0.0, 0.0), False
        self.temperature_k, self.monitor_w = [0.02], [1e-4]
        self.spectra, self.point = 0, -1
        self.random = np.random.default_rng(0)

    def begin_point(self, seed, number):
        self.point = number
        self.random = np.random.default_rng([seed, number])

    def note(self, *words):
        self.diary.append(words)
        power = self.power if self.laser_on else 0.0
        self.upper = power > JUMPS_UP_W or (self.upper and power > FALLS_DOWN_W)

    def spectrum(self, frequency, averages):
        self.spectra += 1
        self.before_spectrum(self.spectra)
        power = self.power if self.laser_on else 0.0
        height = 1 + power * 1e4 * (2 + self.light) * (1 + 3 * self.upper)
        noise = self.random.exponential(size=(averages, len(frequency))).mean(axis=0)
        return SHOT_NOISE * (0.1 if self.dark else height) * noise

    def rig(self, *roles):
        """The instruments as a rig; all of them by default."""
        from qcodes.station import Station

        wanted = roles or ROLES
        kinds = {
            "laser": Laser,
            "direction_switch": Switch,
            "spectrum_analyzer": Analyzer,
            "microwave_source": Source,
            "network_analyzer": NetworkAnalyzer,
            "magnet": Coil,
            "demodulator": LockIn,
            "thermometer": Cryostat,
            "power_meter": PowerMeter,
        }
        entries = {role: {"type": "paper.lab", "address": f"PAPER::{role}"} for role in wanted}
        calibration = {"detection_efficiency": 0.7}
        return Rig(
            station=Station(),
            file=RigFile.model_validate({"instruments": entries, "calibration": calibration}),
            roles=cast("Any", {role: kinds[role](self) for role in wanted}),
            lab_control=cast("Any", self),
        )


class OnPaper:
    def __init__(self, lab):
        self.lab = lab


class Laser(OnPaper):
    def set_power(self, power_w):
        self.lab.power = power_w
        self.lab.note("laser power", power_w)

    def set_wavelength(self, wavelength_m):
        self.lab.wavelength = wavelength_m
        self.lab.note("wavelength", wavelength_m)

    def on(self):
        self.lab.laser_on = True
        self.lab.note("laser on")

    def off(self):
        self.lab.laser_on = False
        self.lab.note("laser off")

    def read(self):
        lab = self.lab
        power = lab.power if lab.laser_on else 0.0
        return LaserReading(lab.laser_on, power, lab.power, lab.wavelength)


class Switch(OnPaper):
    def set(self, direction):
        self.lab.light, self.lab.dark = direction, False
        self.lab.note("light", direction)

    def block(self):
        self.lab.light, self.lab.dark = 0, True
        self.lab.note("light blocked")

    def read(self):
        return self.lab.light


class Analyzer(OnPaper):
    def psd(self, start_hz, stop_hz, *, points, rbw_hz, averages):
        f = np.linspace(start_hz, stop_hz, points)
        attributes = {
            "units": "W/Hz",
            "resolution_bandwidth_hz": rbw_hz,
            "averages": averages,
            "window": "gaussian",
            "detector": "sample",
            "averaging": "rms",
        }
        psd = self.lab.spectrum(f, averages)
        return xr.DataArray(psd, {"frequency": f}, ("frequency",), attrs=attributes)


class Source(OnPaper):
    def set_power(self, power_w):
        self.lab.microwave_power = power_w
        self.lab.note("microwave power", power_w)

    def set_frequency(self, frequency_hz):
        self.lab.microwave_frequency = frequency_hz
        self.lab.note("microwave frequency", frequency_hz)

    def on(self):
        self.lab.microwave_on = True
        self.lab.note("microwave on")

    def off(self):
        self.lab.microwave_on = False
        self.lab.note("microwave off")

    def read(self):
        lab = self.lab
        return MicrowaveReading(lab.microwave_on, lab.microwave_power, lab.microwave_frequency)


class NetworkAnalyzer(OnPaper):
    def s_parameters(self, start_hz, stop_hz, *, points, if_bandwidth_hz, power_w, averages):
        f = np.linspace(start_hz, stop_hz, points)
        phase = np.exp(2j * np.pi * self.lab.random.random(points))
        s = np.array([[0.1j * phase, 0.2 * phase], [(0.5 + 0.1 * self.lab.light) * phase, -phase]])
        dims = ("output_port", "input_port", "frequency")
        return xr.DataArray(s, {"output_port": [1, 2], "input_port": [1, 2], "frequency": f}, dims)


class LockIn(OnPaper):
    def quadratures(self, duration_s, *, rate_hz, time_constant_s=None):
        count = round(duration_s * rate_hz)
        coordinates = {
            "channel": [1, 2],
            "quadrature": ["x", "y"],
            "time": np.arange(count) / rate_hz,
            "reference": ("channel", [10e6, 11e6]),
        }
        values = self.lab.random.standard_normal((2, 2, count))
        return xr.DataArray(values, coordinates, ("channel", "quadrature", "time"))


class Coil(OnPaper):
    max_field_t = 1.0

    def go_along(self, direction, field_t):
        unit = np.array(direction) / np.linalg.norm(direction)
        self.lab.field = tuple(float(x) for x in field_t * unit)
        self.lab.note("field", *self.lab.field)

    def read(self):
        return FieldReading(self.lab.field, False, False, self.lab.quenched)

    def rest(self):
        self.lab.field = (0.0, 0.0, 0.0)
        self.lab.note("magnet at rest")


class Cryostat(OnPaper):
    def read(self):
        now = self.lab.temperature_k
        return now.pop(0) if len(now) > 1 else now[0]

    def go_to(self, temperature_k):
        self.lab.temperature_k = [temperature_k]
        self.lab.note("temperature", temperature_k)

    def rest(self):
        self.lab.note("heater off")


class PowerMeter(OnPaper):
    def set_wavelength(self, wavelength_m):
        pass

    def read(self):
        now = self.lab.monitor_w
        if isinstance(now, Exception):
            raise now
        return now.pop(0) if len(now) > 1 else now[0]


@pytest.fixture
def paper_lab():
    return PaperLab()


@pytest.fixture(scope="session")
def new_paper_lab():
    return PaperLab


@pytest.fixture(scope="session")
def on_paper(small_plan):
    """Measure the small plan, with changes, in a lab on paper: the run."""

    def run(lab, folder, *, seed=1, watch=lambda step: None, roles=(), **changes):
        return measure_plan(small_plan(**changes), lab.rig(*roles), seed, out=folder, watch=watch)

    return run


@pytest.fixture
def failure():
    return InstrumentError("the analyzer is silent.")
