"""What an experiment hears when an instrument dies."""

import threading

import pytest

from phonosync.instruments.errors import InstrumentError
from phonosync.theory.errors import PhonosyncError

SPECTRUM = {"points": 101, "rbw_hz": 1e3, "averages": 5}


def use(roles, role):
    if role == "spectrum_analyzer":
        roles[role].psd(1e6, 2e6, **SPECTRUM)
    else:
        roles[role].read()


@pytest.mark.parametrize("role", ["laser", "direction_switch", "spectrum_analyzer"])
def test_a_dead_instrument_is_named_with_its_address_and_the_next_step(lab, roles, opened, role):
    address = lab.addresses[role]
    use(roles, role)
    opened[role].timeout(0.5)
    lab.servers[role].stop()
    with pytest.raises(InstrumentError) as caught:
        use(roles, role)
    for part in (role, address, "does not answer to", "Check its power, its cable"):
        assert part in str(caught.value)
    assert isinstance(caught.value, PhonosyncError)
    assert caught.value.exit_code == 3


def test_an_analyzer_that_dies_in_the_middle_of_a_sweep_is_noticed(lab, bench, roles, opened):
    bench.gate.clear()
    opened["spectrum_analyzer"].timeout(0.5)
    server = lab.servers["spectrum_analyzer"]
    periodograms = bench.periodograms

    def dying(*arguments):
        threading.Thread(target=server.stop, daemon=True).start()
        return periodograms(*arguments)

    bench.periodograms = dying
    with pytest.raises(InstrumentError, match=r"spectrum_analyzer at .* does not answer"):
        roles["spectrum_analyzer"].psd(1e6, 2e6, **SPECTRUM)


def test_the_others_go_on_when_one_instrument_dies(lab, bench, roles):
    roles["laser"].on()
    lab.servers["spectrum_analyzer"].stop()
    roles["laser"].off()
    roles["direction_switch"].set(-1)
    assert (bench.laser["on"], bench.direction) == (False, -1)
