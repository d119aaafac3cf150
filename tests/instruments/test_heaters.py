"""Lake Shore 336 and 372 that heat: what they say on the wire, and when they have arrived."""

import pytest
from qcodes.instrument_drivers.Lakeshore import LakeshoreModel336, LakeshoreModel372

from phonosync.instruments.adapters import open_role
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import TemperatureController, Thermometer
from phonosync.instruments.temperature.heaters import HeatedThermometer, HeaterSettings
from phonosync.instruments.virtual.scpi.server import answer
from phonosync.instruments.virtual.thermometers.lakeshore_336 import Lakeshore336
from phonosync.instruments.virtual.thermometers.lakeshore_372 import Lakeshore372
from phonosync.theory.errors import InputError

FAST = {"settle_s": 0.02, "timeout_s": 20.0, "poll_s": 0.002}


class Cold:
    """A cryostat."""

    def __init__(self, kelvin):
        self.temperature_k = kelvin

    def set_temperature(self, temperature_k):
        self.temperature_k = temperature_k


@pytest.fixture
def cryostat():
    return Cold(4.0)


@pytest.fixture
def twin_336(cryostat):
    return Lakeshore336(cryostat, speed_up=3000.0)


@pytest.fixture
def twin_372(cryostat):
    cryostat.temperature_k = 0.012
    return Lakeshore372(cryostat, sensor=6, speed_up=3000.0)


@pytest.fixture
def open_heated(serve, connect):
    """Open a twin, heated; give the role and what it sends from now on."""

    def open_twin(twin, kind, channel, **heater):
        heard = []
        server = serve(twin)
        driver = connect(kind, server.resource_name)
        for part in driver.submodules.values():
            if hasattr(part, "RANGES"):
                part.setpoint.post_delay = 0.0
        settings = HeaterSettings.model_validate(FAST | heater)
        role = open_role("thermometer", driver, channel=channel, heater=settings)

        def listen(instrument, message):
            heard.append(message)
            return answer(instrument, message)

        server.answer = listen
        return role, heard

    return open_twin


@pytest.fixture
def heated_336(open_heated, twin_336):
    return open_heated(
        twin_336, LakeshoreModel336, "A", range="medium", max_k=20.0, tolerance_k=4e-3
    )


@pytest.fixture
def heated_372(open_heated, twin_372):
    heater = {"range": "10mA", "max_k": 0.3, "tolerance_k": 1e-5}
    return open_heated(twin_372, LakeshoreModel372, "ch06", **heater)


def test_a_336_sets_the_setpoint_before_anything_heats(heated_336, cryostat):
    role, heard = heated_336
    role.go_to(6.5)
    assert cryostat.temperature_k == 6.5
    assert role.read() == 6.5
    asked = [message for message in heard if "?" not in message]
    assert asked == ["SETP 1, 6.5", "OUTMODE 1, 1, 1, 0", "RANGE 1, 2"]


def test_a_372_sets_the_setpoint_before_anything_heats(heated_372, cryostat):
    role, heard = heated_372
    role.go_to(0.1)
    assert cryostat.temperature_k == 0.1
    asked = [message for message in heard if "?" not in message]
    assert asked == [
        "SCAN 6,0",
        "SETP 0, 0.1",
        "OUTMODE 0, 0, 6, 0, 0, 0, 005",
        "OUTMODE 0, 5, 6, 0, 0, 0, 005",
        "RANGE 0, 6",
    ]


@pytest.mark.parametrize("model", ["heated_336", "heated_372"])
def test_at_rest_the_heater_is_off_and_the_cryostat_cools_to_its_base(model, request, cryostat):
    role, heard = request.getfixturevalue(model)
    base_k = cryostat.temperature_k
    role.go_to(2 * base_k)
    del heard[:]
    role.rest()
    output = "1" if model == "heated_336" else "0"
    assert heard == [f"RANGE {output}, 0", f"RANGE? {output}"]
    role.go_to(base_k)
    assert cryostat.temperature_k == base_k


@pytest.mark.parametrize("kelvin", [20.1, 0.0, -1.0, float("nan")])
def test_temperatures_beyond_the_limit_are_refused_before_anything_is_sent(heated_336, kelvin):
    role, heard = heated_336
    with pytest.raises(InputError, match="by 'max_k' in the rig file, not above 20 K"):
        role.go_to(kelvin)
    assert heard == []


def test_a_temperature_beyond_the_heaters_reach_is_waited_for_no_longer_than_said(
    open_heated, twin_336
):
    heater = {"range": "low", "max_k": 20.0, "tolerance_k": 0.01, "timeout_s": 0.3}
    role, _ = open_heated(twin_336, LakeshoreModel336, "A", **heater)
    with pytest.raises(InstrumentError, match=r"reads 5 K, 0.3 s after it was sent to 10 K.*range"):
        role.go_to(10.0)


def test_a_temperature_that_is_passed_is_not_one_that_is_held(heated_336, twin_336):
    role, heard = heated_336

    def swinging(key):
        """The temperature swings through the setpoint once before it stays."""
        readings = heard.count("KRDG? A")
        return (6.5 if readings == 4 or readings > 8 else 7.0), 0

    twin_336.reading = swinging
    role.go_to(6.5)
    assert heard.count("KRDG? A") > 9


def test_a_loop_that_counts_in_ohms_is_refused(heated_336):
    role, heard = heated_336
    role._thermometer.sensor.units("sensor")
    with pytest.raises(InstrumentError, match="in sensor, not in kelvin"):
        role.go_to(5.0)
    assert not any(message.startswith(("SETP", "OUTMODE", "RANGE")) for message in heard)


def test_a_heater_that_stays_on_is_told(heated_336, twin_336):
    role, _ = heated_336
    role.go_to(5.0)
    twin_336.change_row = lambda row, key, values: None  # deaf to every command
    with pytest.raises(InstrumentError, match="reads the heater range medium after it was"):
        role.rest()


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"range": "highest"}, r"no heater range 'highest'\. Choose from low, medium, high"),
        ({"output": "output_5"}, r"no output 'output_5'\. Choose from output_1, output_2"),
    ],
)
def test_outputs_and_ranges_that_do_not_exist_are_input_errors(
    open_heated, twin_336, wrong, advice
):
    heater = {"range": "low", "max_k": 20.0, "tolerance_k": 0.01} | wrong
    with pytest.raises(InputError, match=advice):
        open_heated(twin_336, LakeshoreModel336, "A", **heater)


def test_nothing_is_heated_on_the_word_of_an_open_sensor(open_heated, twin_336):
    heater = {"range": "low", "max_k": 20.0, "tolerance_k": 0.01}
    role, heard = open_heated(twin_336, LakeshoreModel336, "B", **heater)
    with pytest.raises(InstrumentError, match="no valid reading at channel B"):
        role.go_to(5.0)
    assert all("?" in message for message in heard)


def test_a_thermometer_without_a_heater_only_reads(heated_336, serve, connect, twin_372):
    role, _ = heated_336
    assert isinstance(role, HeatedThermometer)
    assert isinstance(role, TemperatureController)
    driver = connect(LakeshoreModel372, serve(twin_372).resource_name, "bridge")
    only_reads = open_role("thermometer", driver)
    assert isinstance(only_reads, Thermometer)
    assert not isinstance(only_reads, TemperatureController)
