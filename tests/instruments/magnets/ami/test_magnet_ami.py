"""American Magnetics 430: the wrapper that cannot hurt, on the wire."""

import pytest
from qcodes.instrument_drivers.american_magnetics import AMIModel430

from phonosync.instruments.adapters import open_role
from phonosync.instruments.errors import InstrumentError, QuenchError
from phonosync.instruments.magnets.ami import AmiSupply, from_ami430
from phonosync.instruments.magnets.safe_magnet import SafeMagnet
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.roles import Magnet
from phonosync.instruments.virtual.faults import Faults, Kind


@pytest.fixture
def build(programmer, hand_clock):
    def magnet(**settings):
        return from_ami430(
            programmer,
            settings=MagnetSettings(ramp_rate_t_per_s=0.005, **settings),
            clock=hand_clock,
            sleep=hand_clock.sleep,
        )

    return magnet


@pytest.fixture
def magnet(build):
    return build()


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


def test_a_reversal_passes_zero_on_a_monotone_path(magnet, reverse):
    reverse(magnet)


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


def test_a_persistent_cycle_on_the_wire(build, programmer, twin, bore):
    programmer.switch_heater.enabled(True)
    magnet = build(persistent=True)
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


def test_a_programmer_that_forgot_its_coil_keeps_the_switch_closed(build, programmer, twin):
    programmer.switch_heater.enabled(True)
    magnet = build(persistent=True)
    magnet.go_to((0.0, 0.0, 0.1))
    twin.recorded_a = 0.0  # as after a power cut
    with pytest.raises(InstrumentError, match=r"holds 0.00000 T, but 0.10000 T was left"):
        magnet.go_to((0.0, 0.0, 0.05))
    assert not twin.coil.heater
    assert twin.coil.quenches == 0


def test_a_programmer_in_kilogauss_and_minutes_makes_the_same_field(
    build, programmer, bore, hand_clock
):
    programmer.field_units("kilogauss")
    programmer.ramp_rate_units("minutes")
    magnet = build()
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
    build, programmer, kind, message, ramp_with_fault
):
    programmer.switch_heater.enabled(True)
    magnet = build()
    programmer.timeout(0.3)
    ramp_with_fault(magnet, message, kind)


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


CHECK = ("SYST:ERR?", '0,"No errors"')


def test_the_dialogue_is_the_one_of_the_manual(script, connect, greeting):
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
    server.instrument.greeting = greeting
    supply = AmiSupply(connect(AMIModel430, server.resource_name, "ami"), name="magnet z")
    supply.start(-0.1, 0.005)
    reading = supply.read()
    assert (reading.field_t, reading.supply_field_t) == pytest.approx((-0.0123, -0.01231))
    assert (reading.ramping, reading.quenched, reading.heater_on) == (True, False, True)
    supply.set_heater(False)
    supply.acknowledge_quench()
    supply.pause()
