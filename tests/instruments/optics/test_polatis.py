"""The optical switch: what its twin says on the wire, and its driver on top of it."""

import pytest

from phonosync.instruments.drivers.polatis import PolatisSwitch
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.virtual.optics.polatis import Polatis


@pytest.fixture
def seen():
    """Connections after every change, as the fibres see them."""
    return []


@pytest.fixture
def twin(seen):
    return Polatis(seen.append)


@pytest.fixture
def switch(server, connect):
    return connect(PolatisSwitch, server.resource_name, "switch")


def test_it_introduces_itself(line):
    assert line.ask("*IDN?") == "Polatis,OST-8x8-LU1-DMHNS,002414,6.5.2.18"
    assert line.ask(":oxc:swit:size?") == "8,8"


def test_add_keeps_and_only_replaces(line, seen):
    line.send(":OXC:SWITch:CONNect:ADD (@1,2),(@9,10)")
    line.send(":oxc:swit:conn:add (@5),(@16)")
    assert line.ask(":OXC:SWITch:CONNect:STATe?") == "(@1,2,5),(@9,10,16)"
    line.send(":OXC:SWITch:CONNect:ONLY (@3),(@11)")
    assert line.ask(":oxc:swit:conn:stat?") == "(@3),(@11)"
    assert seen[-1] == {3: 11}


def test_sub_breaks_single_connections_and_all_every_one(line):
    line.send(":oxc:swit:conn:add (@1,2,3),(@9,10,11)")
    line.send(":oxc:swit:conn:sub (@1),(@9)")
    assert line.ask(":oxc:swit:conn:stat?") == "(@2,3),(@10,11)"
    line.send(":oxc:swit:disc:all")
    assert line.ask(":oxc:swit:conn:stat?;:syst:err?") == '(@),(@);0,"No error"'


def test_the_partner_of_a_port_is_quoted_from_either_end(line):
    line.send(":oxc:swit:conn:add (@2),(@15)")
    assert line.ask(":oxc:swit:conn:port? 2") == '"15"'
    assert line.ask(":oxc:swit:conn:port? 15") == '"2"'
    assert line.ask(":oxc:swit:conn:port? 3") == '""'


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("ADD (@1),(@10)", -221),  # ingress occupied
        ("ADD (@2),(@9)", -221),  # egress occupied
        ("SUB (@1),(@10)", -221),
        ("ADD (@9),(@1)", -222),
        ("ADD (@2),(@17)", -222),
        ("ADD (@2,3),(@10)", -224),
        ("ADD (@2,2),(@10,11)", -224),
        ("ADD (@),(@)", -224),
        ("ADD (@2)", -109),
        ("ADD 2,10", -104),
    ],
)
def test_an_impossible_connection_is_refused_and_changes_nothing(line, command, number):
    line.send(":oxc:swit:conn:add (@1),(@9)")
    line.send(f":oxc:swit:conn:{command}")
    assert line.error() == number
    assert line.ask(":oxc:swit:conn:stat?") == "(@1),(@9)"


def test_a_connection_that_exists_may_be_added_again(line):
    line.send(":oxc:swit:conn:add (@1),(@9)")
    line.send(":oxc:swit:conn:add (@1,2),(@9,10)")
    assert line.error() == 0


def test_a_disabled_port_loses_its_connection_and_takes_no_other(line):
    line.send(":oxc:swit:conn:add (@3),(@11)")
    line.send(":oxc:swit:port:dis (@3)")
    assert line.ask(":oxc:swit:port:stat?") == "(E,E,D,E,E,E,E,E,E,E,E,E,E,E,E,E)"
    assert line.ask(":oxc:swit:conn:stat?") == "(@),(@)"
    line.send(":oxc:swit:conn:add (@3),(@11)")
    assert line.error() == -221
    line.send(":oxc:swit:port:enab (@3)")
    line.send(":oxc:swit:conn:add (@3),(@11)")
    assert line.error() == 0


def test_all_errors_come_in_one_reply(line):
    line.send(":oxc:swit:conn:add (@1),(@1)")
    line.send("nonsense")
    assert line.ask(":SYST:ERR:ALL?").count(",") == 3
    assert line.ask(":SYST:ERR:ALL?") == '0,"No error"'


# The driver


def test_connecting_changes_no_connection(server, connect):
    server.instrument.execute(":oxc:swit:conn:add (@1),(@9)")
    switch = connect(PolatisSwitch, server.resource_name, "switch")
    assert switch.connections() == {1: 9}


@pytest.mark.parametrize("connections", [{1: 9, 3: 11}, {8: 16}, {}])
def test_connections_survive_a_round_trip(switch, connections, no_error):
    switch.connections(connections)
    assert switch.connections() == connections
    no_error(switch)


def test_connect_and_disconnect_leave_the_others(switch):
    switch.connections({1: 9, 2: 10})
    switch.connect({3: 11})
    switch.disconnect({1: 9})
    assert switch.connections() == {2: 10, 3: 11}
    assert (switch.partner(2), switch.partner(1)) == (10, None)
    switch.disconnect_all()
    assert switch.connections() == {}


def test_ports_can_be_disabled(switch):
    switch.disable(2, 9)
    assert [n for n, state in enumerate(switch.port_states(), 1) if state == "D"] == [2, 9]
    switch.enable(2, 9)
    assert set(switch.port_states()) == {"E"}


def test_a_snapshot_reads_everything_without_an_error(switch, no_error):
    assert switch.snapshot(update=True)["parameters"]["size"]["value"] == (8, 8)
    no_error(switch)


def test_an_occupied_port_is_named_with_the_next_step(switch):
    switch.connect({1: 9})
    with pytest.raises(InstrumentError) as caught:
        switch.connect({2: 9})
    for part in ("switch", "CONNect:ADD (@2),(@9)", "-221", "port 9", "stands in the way"):
        assert part in str(caught.value)


def test_a_reply_that_is_no_connection_list_is_an_error(script, connect):
    server = script(
        [("*IDN?", "Polatis,OST-8x8,1,6"), (":OXC:SWITch:CONNect:STATe?", "(@1,2),(@9)")]
    )
    switch = connect(PolatisSwitch, server.resource_name, "switch")
    with pytest.raises(InstrumentError, match="no pair of port lists"):
        switch.connections()


def test_the_dialogue_is_the_one_of_the_manual(script, connect):
    check = (":SYSTem:ERRor?", '0,"No error"')
    server = script(
        [
            ("*IDN?", "Polatis,OST-8x8-LU1-DMHNS,002414,6.5.2.18"),
            (":OXC:SWITch:CONNect:ADD (@1,3),(@9,11)", None),
            check,
            (":OXC:SWITch:CONNect:SUB (@1),(@9)", None),
            check,
            (":OXC:SWITch:CONNect:ONLY (@2),(@10)", None),
            check,
            (":OXC:SWITch:CONNect:STATe?", "(@2),(@10)"),
            (":OXC:SWITch:CONNect:PORT? 2", '"10"'),
            (":OXC:SWITch:PORT:DISable (@4,5)", None),
            check,
            (":OXC:SWITch:PORT:ENABle (@4)", None),
            check,
            (":OXC:SWITch:DISConnect:ALL", None),
            check,
        ],
        b"\r\n",
    )
    switch = connect(PolatisSwitch, server.resource_name, "switch")
    switch.connect({1: 9, 3: 11})
    switch.disconnect({1: 9})
    switch.connections({2: 10})
    assert switch.connections() == {2: 10}
    assert switch.partner(2) == 10
    switch.disable(4, 5)
    switch.enable(4)
    switch.disconnect_all()
