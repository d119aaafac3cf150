"""Every model of the virtual lab opens from a station file and plays its role; devices choose."""

import warnings

import numpy as np
import pytest
from qcodes.station import Station

from phonosync.instruments import roles
from phonosync.instruments.adapter_options import check_options
from phonosync.instruments.adapters import ADAPTERS, find_adapter, open_role
from phonosync.instruments.virtual.catalogue import MODELS, find_model, roles_of, spare_roles
from phonosync.instruments.virtual.faults import Kind
from phonosync.instruments.virtual.lab import VirtualLab, station, write_station_file
from phonosync.instruments.virtual.twins import local_oscillator_hz
from phonosync.theory.device import load_device
from phonosync.theory.errors import InputError

PAIRS = [(role, model) for role, models in MODELS.items() for model in models]
PROTOCOLS = {
    "laser": roles.Laser,
    "direction_switch": roles.DirectionSwitch,
    "spectrum_analyzer": roles.SpectrumAnalyzer,
    "microwave_source": roles.MicrowaveSource,
    "network_analyzer": roles.NetworkAnalyzer,
    "magnet": roles.Magnet,
    "demodulator": roles.Demodulator,
    "thermometer": roles.Thermometer,
    "power_meter": roles.PowerMeter,
}


class Anything:
    """A bench for every instrument: it feels all settings and is 4 K warm."""

    temperature_k = 4.0
    laser_monitor_w = monitor_power_w = 0.0
    vibration_frequencies_hz = (10.0e6, 10.2e6)

    def vibration(self, phonon, reference_hz, time_constant_s, rate_hz, count):
        return np.zeros(count, complex)

    def __getattr__(self, name):
        if not name.startswith("set_"):
            raise AttributeError(name)
        return lambda *arguments, **settings: None


class Vibrating:
    def __init__(self, *frequencies_hz):
        self.vibration_frequencies_hz = frequencies_hz


@pytest.mark.parametrize(("role", "model"), PAIRS, ids=lambda name: name)
def test_every_model_opens_from_a_station_file_and_plays_its_role(role, model, tmp_path):
    with VirtualLab(Anything(), [role], {role: model}, speed_up=1e4) as lab:
        path = write_station_file(tmp_path / "station.yaml", lab.addresses, lab.models)
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            described = Station(config_file=str(path))
        try:
            instrument = described.load_instrument(role)
            adapter = find_adapter(role, type(instrument))
            options = check_options(adapter, lab.adapters.get(role, {}), "the catalogue")
            assert isinstance(open_role(role, instrument, **options), PROTOCOLS[role])
        finally:
            described.close_all_registered_instruments()


def test_every_role_that_an_adapter_plays_has_a_model():
    assert set(MODELS) == set(ADAPTERS) == set(PROTOCOLS)


# What a device asks for


@pytest.mark.parametrize(
    ("device", "there", "not_there"),
    [
        ("ring", {"laser", "direction_switch", "power_meter", "demodulator"}, {"magnet"}),
        ("reciprocal", {"laser", "network_analyzer"}, {"microwave_source", "magnet"}),
        ("hybrid", {"laser", "magnet"}, {"microwave_source"}),
        ("yig_pair", {"magnet", "microwave_source"}, {"laser", "direction_switch", "power_meter"}),
        ("huang_resonator", {"laser"}, {"demodulator", "magnet"}),
    ],
)
def test_a_device_is_served_by_instruments_that_can_act_on_it(device, there, not_there):
    chosen = set(roles_of(load_device(device)))
    assert there | {"spectrum_analyzer", "thermometer"} <= chosen
    assert chosen & not_there == set()


def test_a_source_calibrates_the_detector_where_it_drives_nothing():
    assert spare_roles(load_device("ring")) == ("microwave_source",)
    assert spare_roles(load_device("yig_pair")) == spare_roles(load_device("hybrid")) == ()


def test_a_model_that_does_not_exist_is_met_with_those_that_do():
    with pytest.raises(InputError, match=r"'iphone' is no model of the virtual laser.*n7776c"):
        find_model("laser", "iphone")
    with pytest.raises(InputError, match=r"'kettle' is no role.*magnet"):
        VirtualLab(Anything(), ["kettle"])


# Instruments with several addresses


def test_the_programmers_of_a_vector_magnet_move_one_field():
    class Bore:
        def set_field(self, field_t):
            self.field_t = field_t

    bore = Bore()
    with VirtualLab(bore, ["magnet"], {"magnet": "ami4303d"}, speed_up=1e4) as lab:
        assert list(lab.addresses) == ["magnet", "magnet.address_y", "magnet.address_z"]
        for value, server in zip((1.0, 2.0, 3.0), lab.servers.values(), strict=True):
            execute = server.instrument.execute
            execute(f"CONF:FIELD:UNITS 1;:CONF:FIELD:TARG 0.0{value:.0f};:RAMP")
            while execute("STATE?") != b"2":
                pass
        assert bore.field_t == pytest.approx((0.01, 0.02, 0.03))
        entry = station(lab.addresses, lab.models)["instruments"]["magnet"]
    assert entry["init"]["address_z"] == lab.addresses["magnet.address_z"]


@pytest.mark.parametrize(
    ("frequencies_hz", "highest_hz", "mixed"),
    [
        ((1e6, 2e6), 4e6, (1e6, 2e6)),
        ((10e6, 11e6), 4e6, (1.5e6, 2.5e6)),
        ((10e6,), 500e3, (250e3,)),
    ],
)
def test_a_mixer_brings_vibrations_into_the_middle_of_a_lock_ins_range(
    frequencies_hz, highest_hz, mixed
):
    local_hz = local_oscillator_hz(Vibrating(*frequencies_hz), highest_hz)
    assert tuple(f - local_hz for f in frequencies_hz) == pytest.approx(mixed)


def test_vibrations_too_far_apart_for_one_mixer_are_refused_with_a_way_out():
    with pytest.raises(InputError, match="Choose sr865a"):
        local_oscillator_hz(Vibrating(10e6, 11e6), 500e3)


# Faults


def test_a_disturbed_lab_has_the_same_faults_for_the_same_seed():
    def struck(seed):
        lab = VirtualLab(Anything(), ["laser", "spectrum_analyzer"])
        faults = lab.disturb(seed, rate=0.3, lateness_s=0.0)
        for role, server in lab.servers.items():
            for _ in range(50):
                try:
                    server.answer(server.instrument, "*IDN?")
                except ConnectionError:
                    assert faults[role].happened[-1].kind is Kind.DROP
        return {role: own.happened for role, own in faults.items()}

    first = struck(5)
    assert all(first.values())
    assert first["laser"] != first["spectrum_analyzer"]
    assert struck(5) == first
    assert struck(6) != first
