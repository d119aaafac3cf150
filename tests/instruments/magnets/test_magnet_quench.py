"""A magnet that has quenched: everything stops, and stays so until somebody says so."""

import pytest

from phonosync.instruments.errors import InstrumentError, QuenchError


def test_a_quench_stops_everything_and_says_where(build, coil_of):
    magnet = build("xz")
    coil_of(magnet, "x").quench_field = 0.06
    with pytest.raises(QuenchError, match=r"magnet x quenched at \(0.0\d+, 0, 0.0\d+\) T") as it:
        magnet.go_to((0.1, 0.0, 0.1))
    assert "acknowledge_quench" in str(it.value)
    assert it.value.exit_code == 3
    assert not coil_of(magnet, "z").moving
    assert coil_of(magnet, "z").supply_a > 0.3
    assert magnet.read().quenched


def test_after_a_quench_nothing_ramps_until_it_is_acknowledged(build, hand_clock, coil_of):
    magnet = build()
    coil_of(magnet).quench_field = 0.06
    with pytest.raises(QuenchError):
        magnet.go_to((0.0, 0.0, 0.1))
    with pytest.raises(QuenchError, match="nobody has acknowledged"):
        magnet.go_to((0.0, 0.0, 0.01))
    with pytest.raises(InstrumentError, match="still reads"):
        magnet.acknowledge_quench()
    hand_clock.sleep(30.0)
    magnet.acknowledge_quench()
    assert not magnet.read().quenched
    magnet.go_to((0.0, 0.0, 0.05))
    assert magnet.read().field_t == pytest.approx((0.0, 0.0, 0.05), abs=2e-4)


def test_rest_after_a_quench_takes_the_healthy_coils_to_zero(build, bore, coil_of):
    magnet = build("xz")
    coil_of(magnet, "x").quench_field = 0.06
    with pytest.raises(QuenchError):
        magnet.go_to((0.1, 0.0, 0.1))
    supplies = magnet.coils.supplies
    before = supplies["x"].started
    magnet.rest()
    assert supplies["x"].started == before
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.0), abs=2e-4)
    assert magnet.read().quenched


def test_a_quench_while_the_field_settles_is_seen(build, hand_clock, coil_of):
    magnet = build(settle_s=20.0)

    def disturb():
        if hand_clock.now > 15.0 and not coil_of(magnet).quenches:
            coil_of(magnet).quench()

    hand_clock.happening = disturb
    with pytest.raises(QuenchError, match="on its way to"):
        magnet.go_to((0.0, 0.0, 0.1))


def test_a_quench_that_comes_back_at_once_is_an_error_again(build, hand_clock, coil_of):
    magnet = build()
    coil_of(magnet).quench()
    assert magnet.read().quenched
    magnet.coils.supplies["z"].acknowledge_quench = lambda: None
    with pytest.raises(QuenchError, match="after its quench was acknowledged"):
        magnet.acknowledge_quench()
