"""Oxford Mercury iPS: the twin on the wire, QCoDeS' driver, and the wrapper."""

import pytest
from qcodes.instrument_drivers.oxford import OxfordMercuryiPS
from qcodes.math_utils import FieldVector

from phonosync.instruments.adapters import open_role
from phonosync.instruments.errors import InstrumentError, NonsenseError, QuenchError
from phonosync.instruments.magnets.mercury import MercurySupply, from_mercury
from phonosync.instruments.magnets.safe_magnet import SafeMagnet
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.roles import Magnet
from phonosync.instruments.virtual.faults import Faults, Kind
from phonosync.instruments.virtual.magnets.mercury_ips import MercuryIPS
from phonosync.theory.errors import InputError

Z = "DEV:GRPZ:PSU:"


@pytest.fixture
def twin(bore, hand_clock):
    return MercuryIPS(bore, clock=hand_clock)


@pytest.fixture
def mercury(server, connect):
    return connect(OxfordMercuryiPS, server.resource_name, "mercury")


@pytest.fixture
def build(mercury, hand_clock):
    def magnet(axes="xyz", *, switch=False, **settings):
        return from_mercury(
            mercury,
            settings=MagnetSettings(ramp_rate_t_per_s=0.005, **settings),
            axes=axes,
            switch=switch,
            clock=hand_clock,
            sleep=hand_clock.sleep,
        )

    return magnet


# The twin


def test_it_introduces_itself(line):
    assert line.ask("*IDN?") == "IDN:OXFORD INSTRUMENTS:MERCURY IPS:184950123:2.5.02.000"


def test_reads_and_sets_are_answered_in_the_words_of_the_manual(line):
    assert line.ask(f"READ:{Z}SIG:FLD") == f"STAT:{Z}SIG:FLD:0.0000T"
    assert line.ask(f"READ:{Z}SIG:CURR?") == f"STAT:{Z}SIG:CURR:0.0000A"
    assert line.ask(f"SET:{Z}SIG:FSET:-0.25") == f"STAT:SET:{Z}SIG:FSET:-0.25:VALID"
    assert line.ask(f"READ:{Z}SIG:CSET") == f"STAT:{Z}SIG:CSET:-2.5000A"
    assert line.ask(f"SET:{Z}SIG:RFST:0.2") == f"STAT:SET:{Z}SIG:RFST:0.2:VALID"
    assert line.ask(f"READ:{Z}SIG:RCST") == f"STAT:{Z}SIG:RCST:2.0000A/m"
    assert line.ask(f"READ:{Z}STAT") == f"STAT:{Z}STAT:00000000"


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ("WRITE:SOMETHING", "WRITE:INVALID"),
        ("READ:SYS", "STAT:SYS:INVALID"),
        ("READ:DEV:GRPQ:PSU:SIG:FLD", "STAT:DEV:GRPQ:NOT_FOUND"),
        ("READ:DEV:GRPZ:SPSU:SIG:FLD", "STAT:DEV:GRPZ:SPSU:INVALID"),
        (f"READ:{Z}SIG:FOO", f"STAT:{Z}SIG:FOO:INVALID"),
        (f"read:{Z}SIG:FLD", "read:INVALID"),
        (f"SET:{Z}SIG:FSET:much", f"STAT:SET:{Z}SIG:FSET:much:INVALID"),
        (f"SET:{Z}SIG:FSET:4.1", f"STAT:SET:{Z}SIG:FSET:4.1:INVALID"),
        (f"SET:{Z}SIG:CSET:1A", f"STAT:SET:{Z}SIG:CSET:1A:INVALID"),
        (f"SET:{Z}SIG:RFST:-1", f"STAT:SET:{Z}SIG:RFST:-1:INVALID"),
        (f"SET:{Z}SIG:FLD:1", f"STAT:SET:{Z}SIG:FLD:1:INVALID"),
        (f"SET:{Z}ACTN:RTOS", f"STAT:SET:{Z}ACTN:RTOS:INVALID"),  # it is clamped
        (f"SET:{Z}ACTN:JUMP", f"STAT:SET:{Z}ACTN:JUMP:INVALID"),
        (f"SET:{Z}SIG:SWHT:ON", f"STAT:SET:{Z}SIG:SWHT:ON:INVALID"),  # there is no switch
        ("SET:DEV:MB1.T1:TEMP:SIG:TEMP:3", "STAT:DEV:MB1.T1:TEMP:SIG:TEMP:3:INVALID"),
        ("READ:DEV:MB1.T1:TEMP:SIG:TEMP", "STAT:DEV:MB1.T1:TEMP:SIG:TEMP:4.2000K"),
    ],
)
def test_what_it_does_not_understand_or_must_not_do_is_invalid(line, message, reply):
    assert line.ask(message) == reply


def test_a_clamped_supply_ramps_only_after_a_hold(line, hand_clock, bore):
    assert line.ask(f"READ:{Z}ACTN") == f"STAT:{Z}ACTN:CLMP"
    line.ask(f"SET:{Z}SIG:FSET:0.05")
    line.ask(f"SET:{Z}ACTN:HOLD")
    assert line.ask(f"SET:{Z}ACTN:RTOS").endswith("VALID")
    hand_clock.sleep(2.0)
    assert line.ask(f"READ:{Z}ACTN") == f"STAT:{Z}ACTN:RTOS"
    assert line.ask(f"READ:{Z}SIG:VOLT") == f"STAT:{Z}SIG:VOLT:0.5000V"  # L dI/dt
    hand_clock.sleep(9.0)
    assert line.ask(f"READ:{Z}ACTN") == f"STAT:{Z}ACTN:HOLD"
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.05))
    assert line.ask(f"SET:{Z}ACTN:CLMP").endswith("INVALID")
    line.ask(f"SET:{Z}ACTN:RTOZ")
    hand_clock.sleep(9.0)
    assert line.ask(f"SET:{Z}ACTN:CLMP").endswith(":VALID")


def test_a_quench_shows_in_the_status_word_of_its_group(line, twin, hand_clock):
    twin.coils["z"].quench_field = 0.02
    line.ask(f"SET:{Z}SIG:FSET:0.05")
    line.ask(f"SET:{Z}ACTN:HOLD")
    line.ask(f"SET:{Z}ACTN:RTOS")
    hand_clock.sleep(5.0)
    assert line.ask(f"READ:{Z}STAT") == f"STAT:{Z}STAT:00000100"
    assert line.ask("READ:DEV:GRPX:PSU:STAT").endswith("00000000")
    assert line.ask(f"SET:{Z}ACTN:RTOS").endswith("INVALID")
    line.ask(f"SET:{Z}ACTN:HOLD")
    assert line.ask(f"READ:{Z}STAT").endswith("00000000")


def test_the_switch_is_not_heated_over_a_mismatch_unless_forced(line, twin, hand_clock):
    twin.coils["z"].with_switch = True
    line.ask(f"SET:{Z}SIG:FSET:0.05")
    line.ask(f"SET:{Z}ACTN:HOLD")
    line.ask(f"SET:{Z}ACTN:RTOS")
    hand_clock.sleep(9.0)
    assert line.ask(f"SET:{Z}SIG:SWHT:ON").endswith(":INVALID")
    assert line.ask(f"READ:{Z}STAT").endswith("00000001")
    assert line.ask(f"SET:{Z}SIG:SWHN:ON").endswith(":VALID")
    hand_clock.sleep(9.0)
    assert line.ask(f"READ:{Z}STAT").endswith("00000100")


# QCoDeS' driver, unmodified

WORKER_ROUND_TRIPS = {
    "current_target": 1.5,
    "field_target": 0.25,
    "current_ramp_rate": 0.05,
    "field_ramp_rate": 0.004,
    "ATOB": 12.0,
    "ramp_status": "HOLD",
}


@pytest.mark.parametrize("name", WORKER_ROUND_TRIPS)
def test_a_parameter_of_a_group_survives_a_round_trip(mercury, name, round_trip):
    rel = 0.0 if name == "ramp_status" else 1e-3
    round_trip(mercury.GRPY.parameters[name], WORKER_ROUND_TRIPS[name], rel=rel)


def test_the_switch_of_a_group_survives_a_round_trip(mercury, twin):
    twin.coils["y"].with_switch = True
    mercury.GRPY.heater_switch("ON")
    assert mercury.GRPY.heater_switch() == "ON"


def test_every_settable_parameter_of_a_group_is_tried(mercury, settable):
    assert settable(mercury.GRPY) == {*WORKER_ROUND_TRIPS, "heater_switch"}


COORDINATES = {
    "x": 0.5,
    "y": 0.6,
    "z": -0.7,
    "r": 0.9,
    "theta": 40.0,
    "phi": 20.0,
    "rho": 0.8,
}
FIELD_VECTORS = {"field_target", "field_ramp_rate"}


SET_ROUND_TRIPS = [
    *(f"{coordinate}_{kind}" for coordinate in COORDINATES for kind in ("target", "ramp")),
    *(f"{coordinate}_simulramp" for coordinate in ("r", "theta", "phi", "rho")),
]


@pytest.mark.parametrize("name", SET_ROUND_TRIPS)
def test_a_coordinate_survives_a_round_trip(bore, serve, connect, name):
    coordinate, _, kind = name.partition("_")
    mercury = connect(OxfordMercuryiPS, serve(MercuryIPS(bore, speed_up=1e4)).resource_name)
    mercury.field_target(FieldVector(x=0.4, y=0.4, z=0.4))  # angles of nothing are undefined
    mercury.parameters[name].set(COORDINATES[coordinate])
    got = mercury.parameters[name].get()
    assert got == pytest.approx(COORDINATES[coordinate], rel=1e-9)
    if kind != "target":
        measured = mercury.parameters[f"{coordinate}_measured"].get()
        assert measured == pytest.approx(COORDINATES[coordinate], rel=1e-3)


def test_every_settable_parameter_of_the_set_is_tried(mercury, settable):
    assert settable(mercury) == {*SET_ROUND_TRIPS, *FIELD_VECTORS, "timeout"}


@pytest.mark.parametrize(("name", "value"), [("x_target", 0.1), ("z_target", -0.2)])
def test_a_target_survives_a_round_trip(mercury, name, value):
    mercury.parameters[name].set(value)
    assert mercury.parameters[name].get() == pytest.approx(value)
    assert getattr(mercury, f"GRP{name[0].upper()}").field_target() == pytest.approx(value)


def test_the_ramp_rates_of_all_groups_survive_a_round_trip(mercury):
    mercury.field_ramp_rate(FieldVector(x=0.001, y=0.002, z=0.003))
    assert mercury.field_ramp_rate().get_components("x", "y", "z") == pytest.approx(
        [0.001, 0.002, 0.003], abs=1e-6
    )


@pytest.mark.parametrize("firmware", ["2.5.02.000", "2.6.04.000"])
def test_the_drivers_own_ramp_works_with_either_firmware(bore, serve, connect, firmware):
    fast = serve(MercuryIPS(bore, speed_up=1e4, firmware=firmware))
    mercury = connect(OxfordMercuryiPS, fast.resource_name, "mercury")
    mercury.field_target(FieldVector(x=0.05, y=0.0, z=-0.02))
    mercury.ramp("safe")
    assert mercury.x_measured() == pytest.approx(0.05)
    assert bore.fields[-1] == pytest.approx((0.05, 0.0, -0.02))
    assert mercury.IDN()["firmware"] == firmware


def test_a_snapshot_reads_everything(mercury):
    snapshot = mercury.snapshot(update=True)
    assert snapshot["parameters"]["magnet_temp"]["value"] == pytest.approx(4.2)
    assert snapshot["parameters"]["pt1_temp"]["value"] == pytest.approx(3.9)
    assert snapshot["submodules"]["GRPZ"]["parameters"]["ramp_status"]["value"] == "CLAMP"


# The wrapper on the wire


def test_it_can_be_opened_by_role_and_knows_the_limits_of_the_supply(mercury):
    magnet = open_role("magnet", mercury)
    assert isinstance(magnet, Magnet)
    assert isinstance(magnet, SafeMagnet)
    assert magnet.max_field_t == pytest.approx(4.0)
    assert magnet.ramp_rate_t_per_s == pytest.approx(0.01)


def test_a_field_along_110_and_a_reversal_reach_the_device(build, bore):
    magnet = build()
    magnet.go_along("[110]", 0.1)
    assert bore.fields[-1] == pytest.approx((0.07071, 0.07071, 0.0), abs=1e-4)
    first = len(bore.fields)
    magnet.go_along("[110]", -0.1)
    assert bore.fields[-1] == pytest.approx((-0.07071, -0.07071, 0.0), abs=1e-4)
    assert abs(bore.path[first:, :2]).sum(axis=1).min() == 0.0
    magnet.rest()
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.0), abs=1e-4)


def test_a_quench_stops_the_run_and_stays_until_it_is_acknowledged(build, twin, hand_clock):
    magnet = build("xz")
    twin.coils["z"].quench_field = 0.06
    with pytest.raises(QuenchError, match=r"magnet z quenched at \(0\.0\d+, 0, 0\.0\d+\) T"):
        magnet.go_to((0.05, 0.0, 0.1))
    assert not twin.coils["x"].moving
    # The supply forgets its quench at the next hold; the wrapper does not.
    with pytest.raises(QuenchError, match="nobody has acknowledged"):
        magnet.go_to((0.0, 0.0, 0.01))
    magnet.rest()
    hand_clock.sleep(20.0)
    magnet.acknowledge_quench()
    magnet.go_to((0.0, 0.0, 0.05))
    assert not magnet.read().quenched


def test_a_persistent_cycle_on_the_wire(build, twin, bore):
    twin.coils["z"].with_switch = True
    magnet = build("z", switch=True, persistent=True)
    magnet.go_to((0.0, 0.0, 0.1))
    assert magnet.read().persistent
    assert twin.coils["z"].supply_a == 0.0
    magnet.go_to((0.0, 0.0, -0.05))
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, -0.05), abs=1e-4)
    assert twin.coils["z"].quenches == 0


def test_a_supply_that_refuses_its_heater_is_an_error(mercury, twin, hand_clock):
    twin.coils["z"].with_switch = True
    supply = MercurySupply(mercury, "z", name="magnet z", switch=True)
    supply.start(0.05, 0.01)
    hand_clock.sleep(20.0)
    with pytest.raises(InstrumentError, match="magnet z refused to switch its heater ON"):
        supply.set_heater(True)
    assert twin.coils["z"].quenches == 0


def test_a_target_that_the_supply_did_not_take_is_an_error(build, twin):
    magnet = build("z")
    twin.groups["GRPZ"].limit_a = 0.5
    with pytest.raises(InstrumentError, match=r"magnet z took 0 T for SIG:FSET where 0.1"):
        magnet.go_to((0.0, 0.0, 0.1))


def test_a_ramp_rate_of_zero_at_the_supply_is_refused_at_the_start(mercury):
    mercury.GRPX.field_ramp_rate(0)
    with pytest.raises(InputError, match="magnet x has its ramp rate set to zero"):
        open_role("magnet", mercury)


@pytest.mark.parametrize("kind", [Kind.DROP, Kind.GARBLE, Kind.TRUNCATE, Kind.WRONG_TYPE])
@pytest.mark.parametrize("message", [1, 4, 9, 12, 30])
def test_a_fault_on_the_wire_at_worst_pauses_the_ramp(
    build, mercury, kind, message, ramp_with_fault
):
    magnet = build("z")
    mercury.timeout(0.2)
    ramp_with_fault(magnet, message, kind)


def test_an_answer_of_another_form_is_no_number(mercury, server):
    supply = MercurySupply(mercury, "z", name="magnet z")
    server.answer = Faults(plan={1: Kind.WRONG_TYPE}).answer
    with pytest.raises(NonsenseError, match=r"magnet z answered '9.91E\+37' to READ:DEV:GRPZ"):
        supply.read()


def test_an_interrupted_ramp_leaves_the_supply_on_hold(build, hand_clock, twin):
    magnet = build("z")
    hand_clock.interrupt_at(8.0)
    with pytest.raises(KeyboardInterrupt):
        magnet.go_to((0.0, 0.0, 0.1))
    assert twin.execute(f"READ:{Z}ACTN").endswith(b"HOLD")
    assert not twin.coils["z"].moving


def test_the_dialogue_is_the_one_of_the_manual(script, connect):
    def read(noun, value, group="GRPZ"):
        return (f"READ:DEV:{group}:PSU:{noun}", f"STAT:DEV:{group}:PSU:{noun}:{value}")

    def put(noun, value):
        return (f"SET:{Z}{noun}:{value}", f"STAT:SET:{Z}{noun}:{value}:VALID")

    server = script(
        [
            ("*IDN?", "IDN:OXFORD INSTRUMENTS:MERCURY IPS:1:2.5.0"),
            *[read("SIG:FLD", "0.0000T", group) for group in ("GRPX", "GRPY", "GRPZ")],
            ("*IDN?", "IDN:OXFORD INSTRUMENTS:MERCURY IPS:1:2.5.0"),
            # the supply learns what it may do
            read("CLIM", "40.0000"),
            read("ATOB", "10.0000A/T"),
            read("SIG:RFST", "0.6000T/m"),
            # a ramp
            read("ACTN", "RTOS"),
            read("ACTN", "RTOS"),
            put("ACTN", "HOLD"),
            put("SIG:RFST", "0.3"),
            read("SIG:RFST", "0.3000T/m"),
            put("SIG:FSET", "-0.1"),
            read("SIG:FSET", "-0.1000T"),
            read("ACTN", "HOLD"),
            put("ACTN", "RTOS"),
            # a look
            read("SIG:FLD", "-0.0123T"),
            read("SIG:SWHT", "ON"),
            read("ACTN", "RTOS"),
            read("STAT", "00000104"),
        ]
    )
    mercury = connect(OxfordMercuryiPS, server.resource_name, "mercury")
    supply = MercurySupply(mercury, "z", name="magnet z", switch=True)
    supply.start(-0.1, 0.005)
    reading = supply.read()
    assert reading.field_t == pytest.approx(-0.0123)
    assert (reading.ramping, reading.quenched, reading.heater_on) == (True, True, True)


def test_a_ramp_that_is_refused_is_named_at_once(server, build):
    magnet = build("z")
    answer = server.answer

    def refusing(instrument, message):
        if message.endswith("RTOS"):
            return instrument.refuse(message) + instrument.reply_terminator
        return answer(instrument, message)

    server.answer = refusing
    with pytest.raises(InstrumentError, match=r"magnet z refused 'SET:.*ACTN:RTOS'"):
        magnet.go_to((0.0, 0.0, 0.1))
