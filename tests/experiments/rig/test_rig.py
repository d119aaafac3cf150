"""Rig files and what is wrong with them; instruments that are not there; the way to safety."""

import socket

import pytest

from phonosync.experiments.rig.file import load_rig
from phonosync.experiments.rig.rig import open_rig
from phonosync.experiments.rig.virtual import virtual_rig
from phonosync.instruments.errors import InstrumentError
from phonosync.theory import load_device
from phonosync.theory.errors import InputError


@pytest.fixture
def content(lab, rig_content):
    return rig_content(lab.addresses)


def said(path):
    with pytest.raises(InputError) as error, open_rig(load_rig(path)):
        pass
    message = str(error.value)
    assert "\n" not in message
    assert error.value.exit_code == 2
    return message


def test_an_unknown_role_is_named_with_those_that_exist(content, write):
    content["instruments"]["kettle"] = content["instruments"]["laser"]
    message = said(write("rig.yaml", content))
    assert "'kettle' is no role" in message
    assert "laser, direction_switch, spectrum_analyzer" in message


@pytest.mark.parametrize("role", ["laser", "direction_switch", "spectrum_analyzer"])
def test_a_missing_role_is_named(content, write, role):
    del content["instruments"][role]
    assert f"no instrument plays the role {role!r}" in said(write("rig.yaml", content))


def test_a_mistyped_key_of_a_parameter_is_met_with_the_right_one(content, write):
    """QCoDeS itself only warns, and the limit would not hold."""
    content["instruments"]["laser"]["parameters"] = {"power": {"limts": [0, 1e-3]}}
    message = said(write("rig.yaml", content))
    assert "instruments.laser.parameters.power.limts" in message
    assert "did you mean 'limits'" in message


def test_without_a_calibration_spectra_can_be_measured_but_nothing_is_claimed(content, write):
    del content["calibration"]
    assert load_rig(write("rig.yaml", content)).calibration.detection_efficiency is None


@pytest.mark.parametrize("efficiency", [0, 1.2])
def test_an_impossible_efficiency_is_refused(content, write, efficiency):
    content["calibration"]["detection_efficiency"] = efficiency
    assert "calibration.detection_efficiency" in said(write("rig.yaml", content))


@pytest.mark.parametrize("quanta", [0, -3e9, "many", [3e9]])
def test_impossible_quanta_per_volt_squared_are_refused(content, write, quanta):
    content["calibration"]["quanta_per_v2"] = quanta
    assert "calibration.quanta_per_v2" in said(write("rig.yaml", content))


def test_quanta_per_volt_squared_may_be_one_number_or_one_a_channel(content, write):
    for written, read in ((3.2e9, 3.2e9), ([3.2e9, 2.9e9], (3.2e9, 2.9e9))):
        content["calibration"]["quanta_per_v2"] = written
        assert load_rig(write("rig.yaml", content)).calibration.quanta_per_v2 == read


def test_a_missing_rig_file_is_named(tmp_path):
    assert "check the name" in said(tmp_path / "absent.yaml")


@pytest.mark.parametrize("role", ["laser", "direction_switch", "spectrum_analyzer"])
def test_an_instrument_that_is_not_there_is_named_with_its_address(content, write, role):
    with socket.socket() as nobody:  # bound, never listening: connections are refused
        nobody.bind(("127.0.0.1", 0))
        address = f"TCPIP0::127.0.0.1::{nobody.getsockname()[1]}::SOCKET"
        content["instruments"][role]["address"] = address
        message = said(write("rig.yaml", content))
    assert message.startswith(f"{role} is not there: {address}")
    assert "cable" in message


@pytest.mark.parametrize(
    ("driver", "words"),
    [
        ("phonosync.instruments.drivers.santec_tsl570.SantecTSL571", "cannot be imported"),
        ("phonosync.instruments.drivers.santec.SantecTSL570", "cannot be imported"),
        ("SantecTSL570", "instruments.laser.type"),
    ],
)
def test_a_driver_that_does_not_exist_is_named(content, write, driver, words):
    content["instruments"]["laser"]["type"] = driver
    message = said(write("rig.yaml", content))
    assert words in message
    assert driver in message


def test_a_driver_that_plays_another_role_is_refused(content, write):
    switch = content["instruments"]["direction_switch"]
    content["instruments"]["laser"] = switch
    assert "PolatisSwitch cannot play the role 'laser'" in said(write("rig.yaml", content))


def test_an_unknown_option_of_a_driver_is_named(content, write):
    content["instruments"]["laser"]["init"]["visalob"] = "@py"
    message = said(write("rig.yaml", content))
    assert "laser" in message
    assert "visalob" in message
    assert "correct 'init'" in message


def test_a_limit_in_the_rig_file_holds(content, write, laser_is_on):
    content["instruments"]["laser"]["parameters"] = {"power": {"limits": [0.0, 1e-3]}}
    with open_rig(load_rig(write("rig.yaml", content))) as rig:
        rig.laser.set_power(0.9e-3)
        with pytest.raises(InputError, match="cannot set laser_power"):
            rig.laser.set_power(2e-3)


def test_the_laser_is_off_after_a_rig_is_left_by_an_error(rig_file, laser_is_on):
    def use():
        with open_rig(load_rig(rig_file)) as rig:
            rig.laser.on()
            assert laser_is_on()
            raise LookupError("something else")

    with pytest.raises(LookupError):
        use()
    assert not laser_is_on()
    with open_rig(load_rig(rig_file)):  # every connection was given back
        pass


def test_opening_a_rig_that_is_not_used_lights_nothing(rig_file, bench):
    with open_rig(load_rig(rig_file)):
        assert bench.laser["on"] is False


@pytest.mark.parametrize("failure", [InstrumentError("silent."), RuntimeError("odd"), OSError()])
def test_whatever_keeps_the_laser_on_is_told_and_never_raised(rig, monkeypatch, failure):
    def off():
        raise failure

    monkeypatch.setattr(rig.laser, "off", off)
    rig.make_safe()
    assert "LASER MAY BE ON, switch it off by hand" in rig.left_unsafe[0]


def test_a_laser_that_says_it_is_still_on_is_told(rig, monkeypatch):
    rig.laser.on()
    monkeypatch.setattr(rig.laser, "off", lambda: None)
    rig.make_safe()
    assert "still on" in rig.left_unsafe[0]
    monkeypatch.undo()


def test_the_virtual_rig_knows_the_detectors_calibration_and_nothing_more():
    with virtual_rig("ring", 1) as rig:
        assert rig.virtual == "ring"
        assert rig.calibration.detection_efficiency == load_device("ring").detection.efficiency
        assert rig.calibration.quadrature == "phase"
        assert rig.laser.read().on is False


def test_a_virtual_rig_begins_points_and_hardware_knows_of_none(rig_file):
    with virtual_rig("ring", 1) as rig:
        assert rig.lab_control is not None
        assert rig.lab_control.device == "ring"
        rig.lab_control.begin_point(1, 0)
        closed = rig.lab_control
    with pytest.raises(InstrumentError, match="does not answer"):
        closed.begin_point(1, 1)
    with open_rig(load_rig(rig_file)) as rig:
        assert (rig.virtual, rig.lab_control) == (None, None)


def test_a_rig_file_speaks_of_a_virtual_lab_that_must_be_there(content, write):
    content["virtual"] = {"device": "ring", "control": "TCPIP0::127.0.0.1::1::SOCKET"}
    rig = load_rig(write("rig.yaml", content))
    with pytest.raises(InstrumentError, match=r"virtual lab at .* does not answer"), open_rig(rig):
        pass
    content["virtual"] = {"device": "ring", "controll": "x"}
    with pytest.raises(InputError, match="controll"):
        load_rig(write("rig.yaml", content))
