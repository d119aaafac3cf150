"""American Magnetics 430 and 4303D: the twin on the wire, QCoDeS' drivers, and the wrapper."""

import threading

import numpy as np
import pytest
from qcodes.instrument_drivers.american_magnetics import AMIModel430, AMIModel4303D

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.ami4303d import AMI4303D
from phonosync.instruments.errors import InstrumentError, QuenchError
from phonosync.instruments.magnet import SafeMagnet
from phonosync.instruments.magnet_ami import AmiSupply, from_ami430, from_ami4303d
from phonosync.instruments.magnet_settings import MagnetSettings
from phonosync.instruments.roles import Magnet
from phonosync.instruments.virtual.ami430 import AMI430
from phonosync.instruments.virtual.coil import VectorField
from phonosync.instruments.virtual.faults import Faults, Kind

GREETING = b"American Magnetics Model 430 IP Interface\r\nHello.\r\n"
SETTINGS = MagnetSettings(ramp_rate_t_per_s=0.005)


@pytest.fixture
def twin(bore, hand_clock):
    return AMI430(bore, clock=hand_clock)


@pytest.fixture
def line(server, talk):
    line = talk(server)
    assert (line.read(), line.read()) == tuple(GREETING.decode().split("\r\n")[:2])
    return line


@pytest.fixture
def programmer(server, connect):
    return connect(AMIModel430, server.resource_name, "ami")


@pytest.fixture
def magnet(programmer, hand_clock):
    return from_ami430(programmer, settings=SETTINGS, clock=hand_clock, sleep=hand_clock.sleep)


# The twin


def test_it_greets_with_two_lines_and_introduces_itself(line):
    assert line.ask("*IDN?") == "AMERICAN MAGNETICS INC.,MODEL 430,2.01"
    assert line.ask("SYST:ERR?") == '0,"No errors"'


def test_a_ramp_goes_through_its_states(line, hand_clock, bore):
    assert line.ask("STATE?") == "3"
    line.do("CONF:RAMP:RATE:CURR 1,0.1,0")
    line.do("CONFigure:FIELD:TARGet 0.05")
    line.do("RAMP")
    assert line.ask("STATE?") == "1"
    hand_clock.sleep(2.0)
    assert float(line.ask("FIELD:MAG?")) == pytest.approx(0.02)
    assert float(line.ask("VOLT:SUPP?")) == pytest.approx(5.0 * 0.1)  # L dI/dt
    line.do("PAUSE")
    hand_clock.sleep(9.0)
    assert line.ask("STATE?") == "3"
    assert float(line.ask("CURR:MAG?")) == pytest.approx(0.2)
    line.do("RAMP")
    hand_clock.sleep(4.0)
    assert line.ask("STATE?") == "2"
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.05))
    line.do("ZERO")
    assert line.ask("STATE?") == "6"
    hand_clock.sleep(6.0)
    assert line.ask("STATE?") == "8"
    assert bore.fields[-1] == (0.0, 0.0, 0.0)


def test_the_voltage_limit_slows_a_ramp_down(line, hand_clock):
    line.do("CONF:VOLT:LIM 0.5;:CONF:RAMP:RATE:CURR 1,1,0;:CONF:CURR:TARG 10;:RAMP")
    hand_clock.sleep(3.0)
    assert float(line.ask("CURR:MAG?")) == pytest.approx(0.1 * 3.0)  # V / L


def test_kilogauss_and_minutes_are_units_too(line):
    line.do("CONF:FIELD:UNITS 0;:CONF:RAMP:RATE:UNITS 1")
    assert float(line.ask("COIL?")) == pytest.approx(1.0)
    line.do("CONF:FIELD:TARG 5")
    assert float(line.ask("CURR:TARG?")) == pytest.approx(5.0)
    line.do("CONF:RAMP:RATE:FIELD 1,6,0")
    assert float(line.ask("RAMP:RATE:FIELD:1?").split(",")[0]) == pytest.approx(6.0)
    line.do("CONF:RAMP:RATE:UNITS 0")
    assert float(line.ask("RAMP:RATE:CURR:1?").split(",")[0]) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("BLOW UP", -101),
        ("FIELD:GAUSS?", -201),
        ("CONF:FIELD:TARG", -104),
        ("CONF:FIELD:TARG much", -102),
        ("CONF:FIELD:TARG 4.1", -105),
        ("CONF:CURR:TARG -41", -105),
        ("CONF:RAMP:RATE:CURR 1,1E-6,0", -105),
        ("PS 1", -107),
    ],
)
def test_a_refusal_has_its_own_number(line, message, number):
    line.send(message)
    assert line.error() == number
    assert line.error() == 0


def test_the_error_buffer_holds_ten_and_says_when_it_overflows(line):
    for _ in range(12):
        line.send("NONSENSE")
    errors = [line.error() for _ in range(11)]
    assert errors == [-101] * 9 + [-304, 0]


def test_a_quench_at_a_set_field_ends_the_ramp_and_lets_the_current_die(line, twin, hand_clock):
    twin.coil.quench_field = 0.03
    line.do("CONF:RAMP:RATE:CURR 1,0.1,0;:CONF:FIELD:TARG 0.05;:RAMP")
    hand_clock.sleep(3.0)
    assert line.ask("STATE?;:QU?;:QU:COUNT?") == "7;1;1"
    assert float(line.ask("FIELD:MAG?")) == pytest.approx(0.03)
    hand_clock.sleep(1.0)
    assert float(line.ask("FIELD:MAG?")) == pytest.approx(0.03 * 2.718281828**-1, rel=1e-4)
    line.send("RAMP")
    assert line.error() == -302
    line.do("QU 0")
    assert line.ask("STATE?;:QU?") == "3;0"


def test_the_switch_heats_and_cools_and_keeps_the_current(line, hand_clock, bore):
    line.do("CONF:PS 1;:PS 1")
    assert line.ask("STATE?;:PS?") == "9;1"
    line.send("RAMP")
    assert line.error() == -301
    hand_clock.sleep(16.0)
    line.do("CONF:RAMP:RATE:CURR 1,0.1,0;:CONF:FIELD:TARG 0.05;:RAMP")
    hand_clock.sleep(6.0)
    line.do("PS 0")
    assert line.ask("STATE?;:PERS?") == "10;0"
    hand_clock.sleep(31.0)
    assert line.ask("STATE?;:PERS?") == "3;1"
    line.do("ZERO")
    hand_clock.sleep(1.0)
    assert line.ask("STATE?") == "8"
    assert float(line.ask("CURR:SUPP?")) == 0.0
    assert float(line.ask("FIELD:MAG?")) == pytest.approx(0.05)
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.05))


def test_the_device_feels_a_ramp_that_nobody_watches(serve, talk):
    arrived = threading.Event()

    class Gate:
        def set_field(self, field_t):
            if field_t[2] == pytest.approx(0.05):
                arrived.set()

    line = talk(serve(AMI430(Gate(), speed_up=1e3)))
    line.send("CONF:FIELD:TARG 0.05;:RAMP")
    assert arrived.wait(10.0)


def test_three_programmers_make_one_vector(bore, hand_clock):
    field = VectorField(bore)
    for axis in "xyz":
        AMI430(field, axis=axis, clock=hand_clock).execute(":CONF:CURR:TARG 1;:RAMP")
    twin = AMI430(field, axis="y", clock=hand_clock)
    field.set_field((0.1, 0.2, 0.3))
    twin.execute(":CONF:CURR:TARG 1;:CONF:RAMP:RATE:CURR 1,1,0;:RAMP")
    hand_clock.sleep(2.0)
    twin.execute("STATE?")
    assert bore.fields[-1] == pytest.approx((0.1, 0.1, 0.3))


# QCoDeS' driver, unmodified

ROUND_TRIPS = {
    "ramp_rate_units": "minutes",
    "field_units": "kilogauss",
    "current_ramp_limit": 0.03,
    "field_ramp_limit": 0.004,
    "coil_constant": 0.2,
    "current_limit": 30.0,
    "field_limit": 2.0,
    "ramp_rate": 0.003,
    "ramping_state_check_interval": 0.01,
}
HEATER_ROUND_TRIPS = {"enabled": True, "current": 42.0, "heat_time": 20, "cool_time": 600}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_survives_a_round_trip(programmer, name, round_trip, no_error):
    value = ROUND_TRIPS[name]
    round_trip(programmer.parameters[name], value, rel=0.0 if isinstance(value, str) else 1e-6)
    no_error(programmer)


@pytest.mark.parametrize("name", HEATER_ROUND_TRIPS)
def test_a_parameter_of_the_switch_survives_a_round_trip(programmer, name, round_trip, no_error):
    round_trip(programmer.switch_heater.parameters[name], HEATER_ROUND_TRIPS[name])
    no_error(programmer)


def test_every_settable_parameter_is_tried(programmer, settable):
    assert settable(programmer) == {*ROUND_TRIPS, "field", "timeout"}
    assert settable(programmer.switch_heater) == {*HEATER_ROUND_TRIPS, "state"}


def test_the_drivers_own_ramp_and_switch_work_with_the_twin(bore, serve, connect, no_error):
    fast = serve(AMI430(bore, speed_up=1e4))
    ami = connect(AMIModel430, fast.resource_name, "ami")
    ami.field(0.05)
    assert ami.field() == pytest.approx(0.05)
    assert ami.ramping_state() == "holding"
    ami.switch_heater.enabled(True)
    ami.pause()
    ami.field_limit(1.0)
    assert not ami.switch_heater.state()
    no_error(ami)


def test_a_snapshot_reads_everything_without_an_error(programmer, no_error):
    parameters = programmer.snapshot(update=True)["parameters"]
    assert parameters["is_quenched"]["value"] is False
    assert parameters["ramping_state"]["value"] == "paused"
    no_error(programmer)


# The wrapper on the wire


def test_it_can_be_opened_by_role(programmer):
    magnet = open_role("magnet", programmer)
    assert isinstance(magnet, Magnet)
    assert isinstance(magnet, SafeMagnet)
    assert magnet.max_field_t == pytest.approx(4.0)
    assert magnet.ramp_rate_t_per_s == pytest.approx(0.06 * 0.1)  # the driver's own limit


def test_a_ramp_up_reaches_the_device(magnet, bore, twin):
    magnet.go_to((0.0, 0.0, 0.1))
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.1))
    assert magnet.read().field_t == pytest.approx((0.0, 0.0, 0.1), abs=1e-6)
    assert twin.execute("STATE?") == b"2"
    assert twin.execute("SYST:ERR?") == b'0,"No errors"'


def test_a_reversal_passes_zero_on_a_monotone_path(magnet, bore):
    magnet.go_to((0.0, 0.0, 0.1))
    first = len(bore.fields)
    magnet.go_to((0.0, 0.0, -0.1))
    path = bore.path[first:, 2]
    assert 0.0 in path
    assert (np.diff(path) <= 0).all()
    assert path[-1] == pytest.approx(-0.1)


def test_a_quench_at_a_set_field_stops_the_run(magnet, twin, hand_clock, bore):
    twin.coil.quench_field = 0.06
    with pytest.raises(QuenchError, match=r"magnet z quenched at \(0, 0, 0\.0\d+\) T") as it:
        magnet.go_to((0.0, 0.0, 0.1))
    assert it.value.exit_code == 3
    assert magnet.read().quenched
    with pytest.raises(QuenchError, match="nobody has acknowledged"):
        magnet.go_to((0.0, 0.0, 0.01))
    magnet.rest()
    hand_clock.sleep(20.0)
    assert magnet.read().field_t == pytest.approx((0.0, 0.0, 0.0), abs=1e-3)
    assert bore.path[:, 2].max() == pytest.approx(0.06)
    magnet.acknowledge_quench()
    twin.coil.quench_field = 1.0
    magnet.go_to((0.0, 0.0, 0.1))
    assert not magnet.read().quenched


def test_a_persistent_cycle_on_the_wire(programmer, twin, hand_clock, bore):
    programmer.switch_heater.enabled(True)
    magnet = from_ami430(
        programmer,
        settings=MagnetSettings(ramp_rate_t_per_s=0.005, persistent=True),
        clock=hand_clock,
        sleep=hand_clock.sleep,
    )
    magnet.go_to((0.0, 0.0, 0.1))
    assert magnet.read().persistent
    assert twin.coil.supply_a == 0.0
    magnet.go_to((0.0, 0.0, -0.1))
    assert magnet.read().persistent
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, -0.1), abs=1e-5)
    magnet.rest()
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.0), abs=1e-5)
    assert twin.coil.quenches == 0
    assert twin.execute("SYST:ERR?") == b'0,"No errors"'


def test_a_programmer_that_forgot_its_coil_keeps_the_switch_closed(programmer, twin, hand_clock):
    programmer.switch_heater.enabled(True)
    magnet = from_ami430(
        programmer,
        settings=MagnetSettings(ramp_rate_t_per_s=0.005, persistent=True),
        clock=hand_clock,
        sleep=hand_clock.sleep,
    )
    magnet.go_to((0.0, 0.0, 0.1))
    twin.recorded_a = 0.0  # as after a power cut
    with pytest.raises(InstrumentError, match=r"holds 0.00000 T, but 0.10000 T was left"):
        magnet.go_to((0.0, 0.0, 0.05))
    assert not twin.coil.heater
    assert twin.coil.quenches == 0


def test_a_programmer_in_kilogauss_and_minutes_makes_the_same_field(
    programmer, hand_clock, bore, twin
):
    programmer.field_units("kilogauss")
    programmer.ramp_rate_units("minutes")
    magnet = from_ami430(programmer, settings=SETTINGS, clock=hand_clock, sleep=hand_clock.sleep)
    assert magnet.max_field_t == pytest.approx(4.0)
    before = hand_clock.now
    magnet.go_to((0.0, 0.0, 0.1))
    assert hand_clock.now - before == pytest.approx(0.1 / 0.005 + 1.0, abs=0.5)
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.1))
    assert magnet.read().field_t == pytest.approx((0.0, 0.0, 0.1), abs=1e-6)


def test_a_refused_command_names_magnet_command_and_reason(magnet, programmer):
    programmer.current_limit(0.5)
    with pytest.raises(InstrumentError) as it:
        magnet.go_to((0.0, 0.0, 0.1))
    for part in ("magnet z", "CONF:FIELD:TARG 0.1000000", "-105", "Out of range"):
        assert part in str(it.value)


@pytest.mark.parametrize(
    "kind", [Kind.DROP, Kind.GARBLE, Kind.TRUNCATE, Kind.WRONG_TYPE, Kind.FULL_QUEUE, Kind.REFUSE]
)
@pytest.mark.parametrize("message", [2, 8, 11, 41])
def test_a_fault_on_the_wire_at_worst_pauses_the_ramp(
    programmer, hand_clock, server, kind, message
):
    programmer.switch_heater.enabled(True)
    magnet = from_ami430(programmer, settings=SETTINGS, clock=hand_clock, sleep=hand_clock.sleep)
    programmer.timeout(0.3)
    faults = Faults(3, plan={message: kind})
    server.answer = faults.answer
    try:
        magnet.go_to((0.0, 0.0, 0.1))
    except InstrumentError:
        # Its read-back proves it: what was sent before has been carried out.
        assert not magnet.read().ramping
    magnet.go_to((0.0, 0.0, 0.1))
    assert magnet.read().field_t == pytest.approx((0.0, 0.0, 0.1), abs=1e-6)
    assert faults.happened


def test_an_answer_that_comes_too_late_is_not_taken_for_another(magnet, programmer, server, twin):
    programmer.timeout(0.2)
    magnet.go_to((0.0, 0.0, 0.1))
    server.answer = Faults(plan={2: Kind.LATE}, lateness_s=0.4).answer
    with pytest.raises(InstrumentError, match=r"magnet z at .* does not answer"):
        magnet.read()
    programmer.timeout(5.0)
    assert magnet.read().field_t == pytest.approx((0.0, 0.0, 0.1), abs=1e-6)


def test_a_programmer_that_dies_during_a_ramp_is_named_with_the_danger(
    magnet, programmer, server, hand_clock
):
    programmer.timeout(0.3)

    def die():
        if hand_clock.now > 3.0:
            server.stop()

    hand_clock.happening = die
    with pytest.raises(InstrumentError, match=r"does not answer to .* MAY STILL RAMP: magnet z"):
        magnet.go_to((0.0, 0.0, 0.1))


def test_an_interrupted_ramp_leaves_the_programmer_paused(magnet, hand_clock, twin):
    hand_clock.interrupt_at(8.0)
    with pytest.raises(KeyboardInterrupt):
        magnet.go_to((0.0, 0.0, 0.1))
    assert twin.execute("STATE?") == b"3"


@pytest.fixture
def three(bore, serve, hand_clock):
    """Servers of three programmers on one vector magnet."""
    field = VectorField(bore)
    return {axis: serve(AMI430(field, axis=axis, clock=hand_clock)) for axis in "xyz"}


@pytest.fixture
def vector_driver(three, connect):
    addresses = {axis: server.resource_name for axis, server in three.items()}
    return connect(
        lambda name, address, visalib, timeout, device_clear: AMI4303D(
            name,
            address,
            address_y=addresses["y"],
            address_z=addresses["z"],
            field_limit=1.0,
            visalib=visalib,
            timeout=timeout,
        ),
        addresses["x"],
        "vector",
    )


def test_a_vector_magnet_makes_a_tenth_of_a_tesla_along_110(vector_driver, hand_clock, bore):
    magnet = from_ami4303d(
        vector_driver, settings=SETTINGS, clock=hand_clock, sleep=hand_clock.sleep
    )
    magnet.go_along("[110]", 0.1)
    assert bore.fields[-1] == pytest.approx((0.0707107, 0.0707107, 0.0), abs=1e-6)
    assert vector_driver.cartesian_measured() == pytest.approx([0.0707107, 0.0707107, 0], abs=1e-6)
    magnet.go_along("[100]", 0.1)
    assert bore.fields[-1] == pytest.approx((0.1, 0.0, 0.0), abs=1e-6)


def test_one_coil_that_quenches_pauses_all_three(vector_driver, hand_clock, three):
    magnet = from_ami4303d(
        vector_driver, settings=SETTINGS, clock=hand_clock, sleep=hand_clock.sleep
    )
    three["y"].instrument.coil.quench_field = 0.03
    with pytest.raises(QuenchError, match="magnet y quenched"):
        magnet.go_to((0.1, 0.1, 0.1))
    assert three["x"].instrument.execute("STATE?") == b"3"
    assert three["z"].instrument.execute("STATE?") == b"3"
    assert three["y"].instrument.execute("STATE?") == b"7"
    magnet.rest()
    assert three["x"].instrument.coil.magnet_a == pytest.approx(0.0, abs=1e-6)


def test_the_set_of_three_is_upstreams_own_driver_and_closes_its_connections(vector_driver):
    assert isinstance(vector_driver, AMIModel4303D)
    assert isinstance(open_role("magnet", vector_driver), Magnet)
    assert vector_driver.get_idn()["vendor"] == "AMERICAN MAGNETICS INC."
    programmers = list(vector_driver._programmers)
    vector_driver.close()
    assert not any(AMIModel430.is_valid(programmer) for programmer in programmers)


def test_an_address_that_does_not_answer_leaves_no_connection_open(three):
    with pytest.raises(Exception, match=r"vector_y|refused|VI_ERROR"):
        AMI4303D(
            "vector",
            three["x"].resource_name,
            address_y="TCPIP0::127.0.0.1::1::SOCKET",
            address_z=three["z"].resource_name,
            field_limit=1.0,
            visalib="@py",
        )
    assert not [i for i in AMIModel430.instances() if i.name == "vector_x"]


CHECK = ("SYST:ERR?", '0,"No errors"')


def test_the_dialogue_is_the_one_of_the_manual(script, connect):
    server = script(
        [
            # the driver connects
            ("COIL?", "0.1000000"),
            ("COIL?", "0.1000000"),
            ("RAMP:RATE:UNITS?", "0"),
            ("FIELD:UNITS?", "1"),
            ("COIL?", "0.1000000"),
            ("*IDN?", "AMERICAN MAGNETICS INC.,MODEL 430,2.01"),
            # the supply learns what it may do
            ("*CLS", None),
            ("FIELD:UNITS?", "1"),
            ("RAMP:RATE:UNITS?", "0"),
            ("COIL?", "0.1000000"),
            ("CURR:LIMIT?", "40.0000"),
            ("PS:INST?", "1"),
            # a ramp
            ("PAUSE", None),
            CHECK,
            ("CONF:RAMP:RATE:SEG 1", None),
            ("CONF:RAMP:RATE:FIELD 1,0.005,0", None),
            ("CONF:FIELD:TARG -0.1000000", None),
            CHECK,
            ("RAMP", None),
            CHECK,
            # a look
            ("STATE?", "1"),
            ("FIELD:MAG?", "-0.0123"),
            ("CURR:SUPP?", "-0.1231"),
            ("PS:INST?", "1"),
            ("PS?", "1"),
            ("QU?", "0"),
            # the switch and the way out
            ("PS 0", None),
            CHECK,
            ("QU 0", None),
            CHECK,
            ("PAUSE", None),
            CHECK,
        ],
        b"\r\n",
    )
    server.instrument.greeting = GREETING
    supply = AmiSupply(connect(AMIModel430, server.resource_name, "ami"), name="magnet z")
    supply.start(-0.1, 0.005)
    reading = supply.read()
    assert (reading.field_t, reading.supply_field_t) == pytest.approx((-0.0123, -0.01231))
    assert (reading.ramping, reading.quenched, reading.heater_on) == (True, False, True)
    supply.set_heater(False)
    supply.acknowledge_quench()
    supply.pause()
