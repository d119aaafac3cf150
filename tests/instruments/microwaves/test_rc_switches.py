"""The microwave switches: their twins on the wire, their drivers, and the role they play."""

import importlib.util
import runpy
from pathlib import Path

import pytest

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.mini_circuits_rc import MiniCircuitsRC
from phonosync.instruments.errors import InstrumentError, NonsenseError
from phonosync.instruments.roles import Direction, DirectionSwitch
from phonosync.instruments.switches.microwave import MicrowaveWiring
from phonosync.instruments.virtual.microwaves.rc_switches import RcSp4t, RcSpdt
from phonosync.theory.errors import InputError

FAST = 1e6
MODULES = {
    "MiniCircuitsRCSPDT": "_minicircuits_rc_spdt.py",
    "MiniCircuitsRCSP4T": "_minicircuits_rc_sp4t.py",
}


def upstream(name):
    """A driver in QCoDeS' package for Mini-Circuits, which itself needs pythonnet."""
    package = importlib.util.find_spec("qcodes.instrument_drivers.Minicircuits")
    assert package is not None
    assert package.origin is not None
    return runpy.run_path(str(Path(package.origin).with_name(MODULES[name])))[name]


@pytest.fixture
def twin(bench):
    return RcSpdt(bench, speed_up=FAST)


@pytest.fixture
def line(server, talk):
    line = talk(server)
    assert line.read() == ""  # the greeting
    return line


@pytest.fixture
def box(server, connect):
    return connect(MiniCircuitsRC, server.resource_name, "box")


@pytest.fixture
def role(box):
    return open_role("direction_switch", box)


# The twin


def test_it_introduces_itself(line):
    assert line.ask("MN?") == "MN=RC-2SPDT-A18"
    assert line.ask("sn?").startswith("SN=")


def test_each_switch_is_one_bit_of_the_state(bench, line):
    for message, state, direction in (
        ("SETA=1", "1", 0),
        ("SETB=1", "3", -1),
        ("SETA=0", "2", 0),
        ("SETB=0", "0", +1),
        ("SETP=3", "3", -1),
        ("SETP=0", "0", +1),
    ):
        assert line.ask(message) == "1"
        assert line.ask("SWPORT?") == state
        assert bench.direction == direction


@pytest.mark.parametrize("message", ["SETC=1", "SETP=4"])
def test_a_switch_that_it_does_not_have_is_refused(bench, line, message):
    assert line.ask(message) == "0"
    assert (line.ask("SWPORT?"), bench.direction) == ("0", +1)


def test_what_it_does_not_understand_is_said(line):
    assert line.ask("SETA=2").startswith("-99 Unrecognized Command.")


# The drivers


@pytest.mark.parametrize("name", ["switch_a", "switch_b"])
@pytest.mark.parametrize("position", [1, 2])
def test_a_parameter_survives_a_round_trip(box, name, position, round_trip):
    round_trip(box.parameters[name], position)


def test_every_settable_parameter_is_tried(box, settable):
    assert settable(box) == {"switch_a", "switch_b", "timeout"}


def test_it_says_who_it_is(box):
    assert box.get_idn() == {
        "vendor": "Mini-Circuits",
        "model": "RC-2SPDT-A18",
        "serial": "11703020018",
        "firmware": "C8",
    }


def test_connecting_moves_no_switch(bench, twin, server, connect):
    assert twin.execute("SETP=3") == b"1"
    connect(MiniCircuitsRC, server.resource_name, "box")
    assert bench.direction == -1


def test_the_dialogue_is_the_one_of_the_manual(script, connect):
    server = script(
        [
            ("MN?", "MN=RC-1SPDT-A18"),
            ("SN?", "SN=11703020018"),
            ("FIRMWARE?", "FIRMWARE=C8"),
            ("SETA=1", "1"),
            ("SWPORT?", "1"),
            ("SETA=0", "0"),
        ],
        b"\r\n",
    )
    server.instrument.greeting = b"\r\n"
    box = connect(MiniCircuitsRC, server.resource_name, "box")
    box.switch_a(2)
    assert box.switch_a() == 2
    with pytest.raises(InstrumentError, match=r"box refused 'SETA=0': 0\. Check its 24 V supply"):
        box.switch_a(1)


def test_another_model_is_not_taken_for_a_box_of_such_switches(script, connect):
    server = script([("MN?", "MN=RC-2SP6T-A12")], b"\r\n")
    with pytest.raises(InstrumentError, match=r"'RC-2SP6T-A12', no RC-xSPDT or RC-xSP4T switch"):
        connect(MiniCircuitsRC, server.resource_name, "box")


def test_qcodes_own_driver_moves_the_switches_too(bench, server):
    theirs = upstream("MiniCircuitsRCSPDT")("theirs", "127.0.0.1", server.port)
    try:
        assert theirs.get_idn()["model"] == "RC-2SPDT-A18"
        for channel in theirs.channels:
            for position in (2, 1, 2):
                channel.switch(position)
                assert channel.switch() == position
        assert bench.direction == -1
    finally:
        theirs.close()


# The role


@pytest.mark.parametrize("direction", [+1, -1])
def test_it_sends_microwaves_either_way_and_says_so(bench, role, direction):
    assert isinstance(role, DirectionSwitch)
    for step in (-direction, direction, direction):
        role.set(step)
    assert bench.direction == role.read() == direction


def test_positions_that_do_not_belong_together_are_no_direction(bench, box, role):
    box.switch_a(2)
    assert bench.direction == role.read() == 0


def test_other_switches_of_the_box_are_left_alone(bench, serve, connect):
    wiring = MicrowaveWiring(source="C", detector="A")
    twin = RcSpdt(bench, speed_up=FAST, switches=4, wiring=wiring)
    box = connect(MiniCircuitsRC, serve(twin).resource_name, "box")
    role = open_role("direction_switch", box, wiring=wiring)
    box.switch_b(2)
    role.set(Direction.COUNTERCLOCKWISE)
    assert (box.switch_a(), box.switch_b(), box.switch_c(), box.switch_d()) == (2, 2, 2, 1)
    assert bench.direction == -1


@pytest.mark.parametrize("direction", [0, 2])
def test_there_are_only_two_directions(role, direction):
    with pytest.raises(InputError, match=r"no direction\. Use"):
        role.set(direction)


def test_a_wiring_with_a_missing_switch_is_refused(box):
    role = open_role("direction_switch", box, wiring=MicrowaveWiring(detector="F"))
    with pytest.raises(InputError, match=r"has no switch 'F'\. Choose from A, B"):
        role.read()


def test_a_switch_that_does_not_move_is_an_error(twin, role):
    twin.stick()
    with pytest.raises(InstrumentError, match=r"reads direction 1 after COUNTERCLOCKWISE.*supply"):
        role.set(-1)


def test_a_dead_box_is_named_with_its_address(server, role, box):
    assert role.read() == +1
    box.timeout(0.5)
    server.stop()
    with pytest.raises(InstrumentError) as caught:
        role.read()
    for part in ("direction_switch", server.resource_name, "Check its power, its cable"):
        assert part in str(caught.value)


# Switches with four positions


@pytest.fixture
def fourfold(bench, serve):
    return serve(RcSp4t(bench, speed_up=FAST))


@pytest.fixture
def wide(fourfold, connect):
    return connect(MiniCircuitsRC, fourfold.resource_name, "wide")


def test_a_switch_with_four_positions_sets_one_bit_of_four(bench, fourfold, talk):
    line = talk(fourfold)
    assert line.read() == ""
    assert line.ask("MN?") == "MN=RC-2SP4T-A18"
    for state, direction in ((0, 0), (17, +1), (34, -1), (18, 0), (136, 0), (16, 0)):
        assert line.ask(f"SETP={state}") == "1"
        assert line.ask("SWPORT?") == str(state)
        assert bench.direction == direction


@pytest.mark.parametrize("state", [3, 48, 256])
def test_two_positions_at_once_and_a_third_switch_are_refused(bench, fourfold, talk, state):
    line = talk(fourfold)
    assert line.read() == ""
    assert line.ask("SETP=17") == "1"
    assert line.ask(f"SETP={state}") == "0"
    assert (line.ask("SWPORT?"), bench.direction) == ("17", +1)


@pytest.mark.parametrize("name", ["switch_a", "switch_b"])
@pytest.mark.parametrize("position", range(5))
def test_each_of_four_positions_and_none_survive_a_round_trip(wide, name, position, round_trip):
    round_trip(wide.parameters[name], position)


def test_a_switch_moves_without_its_neighbour(wide):
    wide.switch_a(3)
    wide.switch_b(4)
    wide.switch_a(1)
    assert (wide.switch_a(), wide.switch_b()) == (1, 4)


def test_the_dialogue_of_a_fourfold_switch_keeps_the_other_one(script, connect):
    server = script(
        [
            ("MN?", "MN=RC-2SP4T-A18"),
            ("SN?", "SN=11703020018"),
            ("FIRMWARE?", "FIRMWARE=C8"),
            ("SWPORT?", "36"),
            ("SETP=132", "1"),
            ("SWPORT?", "132"),
            ("SWPORT?", "192"),
        ],
        b"\r\n",
    )
    server.instrument.greeting = b"\r\n"
    wide = connect(MiniCircuitsRC, server.resource_name, "wide")
    wide.switch_b(4)
    assert wide.switch_a() == 3
    with pytest.raises(NonsenseError, match=r"by 1100 for switch B, which is no position"):
        wide.switch_b()


@pytest.mark.parametrize("direction", [+1, -1])
def test_two_fourfold_switches_send_microwaves_either_way(bench, wide, direction):
    role = open_role("direction_switch", wide)
    assert role.read() == 0  # open
    for step in (-direction, direction, direction):
        role.set(step)
    assert bench.direction == role.read() == direction
    wide.switch_a(3)
    assert bench.direction == role.read() == 0


def test_qcodes_own_driver_moves_the_fourfold_switches_too(bench, fourfold):
    theirs = upstream("MiniCircuitsRCSP4T")("theirs", "127.0.0.1", fourfold.port)
    try:
        for channel in theirs.channels:
            for position in (4, 0, 2):
                channel.switch(position)
                assert channel.switch() == position
        assert bench.direction == -1
    finally:
        theirs.close()


def test_a_switch_with_an_open_position_leaves_the_detector_dark(bench, wide, role):
    fourfold = open_role("direction_switch", wide)
    fourfold.set(+1)
    assert bench.joined
    fourfold.block()
    assert (bench.joined, fourfold.read(), wide.switch_a(), wide.switch_b()) == (False, 0, 1, 0)
    fourfold.set(-1)
    assert bench.joined
    with pytest.raises(InputError, match="switch B has two positions, and both join it"):
        role.block()
