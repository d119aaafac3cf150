"""The way out: interruptions, silent supplies, rest."""

import pytest

from phonosync.instruments.errors import InstrumentError


def test_an_interrupted_ramp_is_paused_where_it_is(build, hand_clock, coil_of):
    magnet = build()
    hand_clock.interrupt_at(4.0)
    with pytest.raises(KeyboardInterrupt):
        magnet.go_to((0.0, 0.0, 0.1))
    assert not coil_of(magnet).moving
    hand_clock.sleep(50.0)
    assert magnet.read().field_t[2] == pytest.approx(0.04, abs=0.005)
    magnet.go_to((0.0, 0.0, 0.1))
    assert magnet.read().field_t[2] == pytest.approx(0.1, abs=2e-4)


def test_a_supply_that_falls_silent_does_not_keep_the_others_from_pausing(
    build, hand_clock, coil_of
):
    magnet = build("xz")

    def silence():
        magnet.coils.supplies["x"].mute = hand_clock.now > 3.0

    hand_clock.happening = silence
    with pytest.raises(InstrumentError, match=r"to FIELD\?.*MAY STILL RAMP: magnet x") as it:
        magnet.go_to((0.1, 0.0, 0.1))
    assert type(it.value) is InstrumentError
    assert not coil_of(magnet, "z").moving


def test_an_interruption_carries_the_warning_of_a_supply_that_does_not_pause(build, hand_clock):
    magnet = build()

    def interrupt():
        if hand_clock.now > 3.0:
            magnet.coils.supplies["z"].mute = True
            raise KeyboardInterrupt

    hand_clock.happening = interrupt
    with pytest.raises(KeyboardInterrupt) as it:
        magnet.go_to((0.0, 0.0, 0.1))
    assert "MAY STILL RAMP" in it.value.__notes__[0]


def test_rest_goes_to_zero_or_holds_as_it_was_set(build, bore):
    magnet = build()
    magnet.go_to((0.0, 0.0, 0.1))
    magnet.rest()
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.0), abs=2e-4)
    holding = build(rest="hold")
    holding.go_to((0.0, 0.0, 0.1))
    holding.rest()
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.1))


def test_rest_pauses_a_ramp_that_somebody_else_has_left(build, coil_of):
    holding = build(rest="hold")
    coil_of(holding).ramp(1.0, 0.01)
    assert holding.read().ramping
    holding.rest()
    assert not holding.read().ramping
