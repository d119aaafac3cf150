"""The whole virtual lab: station file, drivers, roles, and what happens when it breaks."""

import json
import subprocess
import sys
import warnings

import pytest
from qcodes.instrument_drivers.Keysight import KeysightN9030B
from qcodes.station import Station

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.polatis import PolatisSwitch
from phonosync.instruments.drivers.santec_tsl570 import SantecTSL570
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import Direction, DirectionSwitch, Laser, SpectrumAnalyzer
from phonosync.instruments.switches.wiring import RingWiring
from phonosync.instruments.virtual.lab import station, write_station_file
from phonosync.theory.errors import InputError


def errors(opened, role):
    return opened[role].ask(":SYSTem:ERRor?").split(",")[0]


# Station and roles


@pytest.fixture
def loaded(lab, tmp_path):
    """Instruments as an experiment opens them: from a station file, with a device clear."""
    path = write_station_file(tmp_path / "station.yaml", lab.addresses)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # QCoDeS only warns of a file that breaks its schema
        described = Station(config_file=str(path))
    yield {role: described.load_instrument(role) for role in lab.addresses}
    described.close_all_registered_instruments()


def test_a_station_file_opens_every_instrument_under_its_role(loaded):
    assert {role: item.name for role, item in loaded.items()} == {role: role for role in loaded}
    assert isinstance(loaded["spectrum_analyzer"], KeysightN9030B)
    assert isinstance(loaded["laser"], SantecTSL570)
    assert isinstance(loaded["direction_switch"], PolatisSwitch)
    assert {item.visabackend for item in loaded.values()} == {"py"}


def test_a_device_clear_leaves_the_dialogue_in_step(loaded):
    for item in loaded.values():
        item.device_clear()
        assert item.get_idn()["vendor"]
        assert "No error" in item.ask(":SYSTem:ERRor?")


def test_a_station_of_an_unknown_role_says_which_exist():
    with pytest.raises(InputError, match=r"'kettle' is no role.*direction_switch"):
        station({"kettle": "TCPIP0::127.0.0.1::1::SOCKET"})


def test_each_adapter_plays_its_role(roles):
    assert isinstance(roles["laser"], Laser)
    assert isinstance(roles["direction_switch"], DirectionSwitch)
    assert isinstance(roles["spectrum_analyzer"], SpectrumAnalyzer)


def test_a_driver_in_the_wrong_role_is_refused_by_name(opened):
    with pytest.raises(
        InputError, match=r"PolatisSwitch cannot play the role 'laser'.*SantecTSL570"
    ):
        open_role("laser", opened["direction_switch"])
    with pytest.raises(InputError, match="'kettle' is no role"):
        open_role("kettle", opened["laser"])


def test_a_driver_that_refines_a_known_one_plays_its_role(lab, connect):
    class TunedAnalyzer(KeysightN9030B):
        pass

    refined = connect(TunedAnalyzer, lab.addresses["spectrum_analyzer"], "refined")
    assert isinstance(open_role("spectrum_analyzer", refined), SpectrumAnalyzer)


def test_importing_the_roles_loads_no_instrument_library():
    code = (
        "import sys, json, phonosync.instruments.roles, phonosync.instruments.adapters;"
        "print(json.dumps([m for m in ('qcodes', 'pyvisa', 'xarray') if m in sys.modules]))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(output.stdout) == []


# Laser


def test_the_laser_role_drives_the_light(bench, roles, opened):
    laser = roles["laser"]
    laser.set_power(2e-3)
    laser.set_wavelength(1551e-9)
    laser.on()
    assert bench.laser == {
        "power_w": pytest.approx(2e-3),
        "wavelength_m": pytest.approx(1551e-9, rel=1e-12),
        "on": True,
    }
    reading = laser.read()
    assert reading.on
    assert reading.power_w == pytest.approx(2e-3, rel=1e-6)
    assert reading.set_power_w == pytest.approx(2e-3, rel=1e-6)
    assert reading.wavelength_m == pytest.approx(1551e-9, rel=1e-8)
    laser.off()
    assert not bench.laser["on"]
    assert not laser.read().on
    assert errors(opened, "laser") == "0"


def test_a_power_beyond_the_laser_is_an_input_error_with_a_next_step(roles):
    with pytest.raises(InputError, match=r"laser cannot set laser_power to 1.0.*Choose a value"):
        roles["laser"].set_power(1.0)


# Direction


@pytest.mark.parametrize("direction", [+1, -1])
def test_the_switch_sends_light_either_way_and_says_so(bench, roles, opened, direction):
    for step in (-direction, direction, direction):
        roles["direction_switch"].set(step)
    assert bench.direction == direction
    assert roles["direction_switch"].read() == direction
    assert errors(opened, "direction_switch") == "0"


def test_each_direction_joins_the_fibres_of_the_wiring_plan():
    assert RingWiring().connections(Direction.CLOCKWISE) == {1: 9, 3: 11}
    assert RingWiring().connections(Direction.COUNTERCLOCKWISE) == {1: 10, 4: 11}


@pytest.mark.parametrize(
    "connections", [{}, {1: 9}, {1: 9, 4: 11}, {1: 10, 3: 11}, {3: 11}, {1: 11}]
)
def test_half_a_path_is_no_direction(bench, roles, opened, connections):
    opened["direction_switch"].connections(connections)
    assert bench.direction == 0
    assert roles["direction_switch"].read() == 0


def test_a_blocked_switch_parts_the_detector_alone(bench, roles, opened):
    opened["direction_switch"].connections({7: 15})
    roles["direction_switch"].set(-1)
    assert bench.joined
    roles["direction_switch"].block()
    assert not bench.joined
    assert opened["direction_switch"].connections() == {1: 10, 7: 15}
    assert roles["direction_switch"].read() == 0
    roles["direction_switch"].set(+1)
    assert bench.joined


def test_a_switch_that_does_not_part_the_detector_is_an_error(lab, roles):
    roles["direction_switch"].set(+1)
    lab.servers["direction_switch"].instrument.stick()
    with pytest.raises(InstrumentError, match="still joins a port to the detector"):
        roles["direction_switch"].block()


def test_other_users_of_the_switch_keep_their_connections(roles, opened):
    opened["direction_switch"].connections({7: 15, 5: 9, 1: 16})
    roles["direction_switch"].set(+1)
    assert opened["direction_switch"].connections() == {1: 9, 3: 11, 7: 15}


@pytest.mark.parametrize("direction", [0, 2])
def test_there_are_only_two_directions(roles, direction):
    with pytest.raises(InputError, match=r"no direction\. Use"):
        roles["direction_switch"].set(direction)


def test_a_switch_that_does_not_obey_is_an_error(roles, opened, monkeypatch):
    monkeypatch.setattr(opened["direction_switch"], "connect", lambda connections: None)
    with pytest.raises(InstrumentError, match="reads direction 0 after CLOCKWISE"):
        roles["direction_switch"].set(+1)
