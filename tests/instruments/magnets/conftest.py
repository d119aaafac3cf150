"""A bore that remembers its fields, and magnets on virtual coils."""

import numpy as np
import pytest

from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.magnet import SafeMagnet
from phonosync.instruments.magnet_settings import MagnetSettings
from phonosync.instruments.magnet_supply import SupplyReading
from phonosync.instruments.virtual.coil import Coil, CoilData, VectorField


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
