"""A bore that remembers its fields, and magnets on virtual coils."""

import numpy as np
import pytest

from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.magnets.safe_magnet import SafeMagnet
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.magnets.supply import SupplyReading
from phonosync.instruments.virtual.faults import Faults
from phonosync.instruments.virtual.magnets.coil import Coil, CoilData, VectorField


class Bore:
    """Remembers every field that the device has felt."""

    def __init__(self):
        self.fields = []

    def set_field(self, field_t):
        self.fields.append(field_t)

    @property
    def path(self):
        """All fields, shape (n, 3), T."""
        return np.array(self.fields)


class Supply:
    """A supply without a wire, straight on a virtual coil."""

    max_field_t, max_rate_t_per_s, min_rate_t_per_s = 1.0, 0.02, 1e-6
    resolution_t = 1e-6

    def __init__(self, coil, name):
        self.coil, self.name = coil, name
        self.constant = coil.data.constant
        self.mismatch_at_opening = []
        self.mute = False
        self.started = 0
        self.lost_a = 0.0

    def start(self, field_t, rate_t_per_s):
        assert rate_t_per_s <= self.max_rate_t_per_s * (1 + 1e-9)
        self.started += 1
        self.coil.ramp(field_t / self.constant, rate_t_per_s / self.constant)

    def advance(self):
        pass

    def pause(self):
        if self.mute:
            raise InstrumentError(f"{self.name} does not answer to PAUSE.")
        self.coil.pause()

    def read(self):
        if self.mute:
            raise InstrumentError(f"{self.name} does not answer to FIELD?")
        self.coil.advance()
        return SupplyReading(
            field_t=self.coil.magnet_a * self.constant,
            supply_field_t=(self.coil.supply_a - self.lost_a) * self.constant,
            ramping=self.coil.moving,
            quenched=self.coil.quenched,
            heater_on=self.coil.heater if self.coil.with_switch else None,
        )

    def set_heater(self, on):
        if on:
            self.mismatch_at_opening.append(abs(self.coil.supply_a - self.coil.magnet_a))
        self.coil.set_heater(on)

    def acknowledge_quench(self):
        self.coil.acknowledge()


@pytest.fixture
def bore():
    return Bore()


@pytest.fixture
def rate():
    """How fast magnets ramp here, T/s."""
    return 0.01


@pytest.fixture
def build(bore, hand_clock, rate):
    """Make a magnet on virtual coils."""

    def magnet(axes="z", data=None, *, orientation=None, **settings):
        field = VectorField(bore, orientation)
        supplies = {
            axis: Supply(
                Coil(data or CoilData(), field.along(axis), clock=hand_clock), f"magnet {axis}"
            )
            for axis in axes
        }
        settings = {"ramp_rate_t_per_s": rate, **settings}
        return SafeMagnet(
            supplies, MagnetSettings(**settings), clock=hand_clock, sleep=hand_clock.sleep
        )

    return magnet


@pytest.fixture
def coil_of():
    """The virtual coil of a magnet that `build` made."""
    return lambda magnet, axis="z": magnet.coils.supplies[axis].coil


@pytest.fixture
def reverse(bore):
    """Reverse 0.1 T and return the path, T, which passes zero and never turns back."""

    def check(magnet):
        magnet.go_to((0.0, 0.0, 0.1))
        assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.1), abs=1e-5)
        first = len(bore.fields)
        magnet.go_to((0.0, 0.0, -0.1))
        path = bore.path[first:, 2]
        assert 0.0 in path
        assert (np.diff(path) <= 0).all()
        assert path[-1] == pytest.approx(-0.1)
        return path

    return check


@pytest.fixture
def ramp_with_fault(server):
    """Ramp while a message goes wrong on the wire; at worst the ramp pauses, and another works."""

    def check(magnet, message, kind, within_t=1e-6):
        faults = Faults(3, plan={message: kind})
        server.answer = faults.answer
        try:
            magnet.go_to((0.0, 0.0, 0.1))
        except InstrumentError:
            # Its read-back proves it: what was sent before has been carried out.
            assert not magnet.read().ramping
        magnet.go_to((0.0, 0.0, 0.1))
        assert magnet.read().field_t == pytest.approx((0.0, 0.0, 0.1), abs=within_t)
        assert faults.happened

    return check
