"""American Magnetics 4303D: three programmers make one vector magnet."""

import pytest
from qcodes.instrument_drivers.american_magnetics import AMIModel430, AMIModel4303D

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.ami4303d import AMI4303D
from phonosync.instruments.errors import QuenchError
from phonosync.instruments.magnets.ami import from_ami4303d
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.roles import Magnet
from phonosync.instruments.virtual.magnets.ami430 import AMI430
from phonosync.instruments.virtual.magnets.coil import VectorField


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


@pytest.fixture
def magnet(vector_driver, hand_clock):
    return from_ami4303d(
        vector_driver,
        settings=MagnetSettings(ramp_rate_t_per_s=0.005),
        clock=hand_clock,
        sleep=hand_clock.sleep,
    )


def test_a_vector_magnet_makes_a_tenth_of_a_tesla_along_110(magnet, vector_driver, bore):
    magnet.go_along("[110]", 0.1)
    assert bore.fields[-1] == pytest.approx((0.0707107, 0.0707107, 0.0), abs=1e-6)
    assert vector_driver.cartesian_measured() == pytest.approx([0.0707107, 0.0707107, 0], abs=1e-6)
    magnet.go_along("[100]", 0.1)
    assert bore.fields[-1] == pytest.approx((0.1, 0.0, 0.0), abs=1e-6)


def test_one_coil_that_quenches_pauses_all_three(magnet, three):
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


COORDINATES = {
    "cartesian": (0.01, 0.02, 0.03),
    "spherical": (0.04, 30.0, 45.0),
    "cylindrical": (0.02, 60.0, 0.01),
    "x": 0.02,
    "y": -0.02,
    "z": 0.03,
    "field": 0.05,
    "theta": 40.0,
    "phi": 20.0,
    "rho": 0.02,
}
WAYS = {
    "block_during_ramp": False,
    "ramp_mode": "simultaneous",
    "vector_ramp_rate": 0.001,
    "ramping_state_check_interval": 0.01,
}


@pytest.fixture
def fast(bore, serve, connect):
    """The set of three on programmers that ramp in no time."""
    field = VectorField(bore)
    places = [serve(AMI430(field, axis=axis, speed_up=1e5)).resource_name for axis in "xyz"]
    return connect(
        lambda name, address, visalib, timeout, device_clear: AMI4303D(
            name,
            address,
            address_y=places[1],
            address_z=places[2],
            field_limit=1.0,
            visalib=visalib,
            timeout=timeout,
        ),
        places[0],
        "fast",
    )


@pytest.mark.parametrize("name", COORDINATES)
def test_a_coordinate_survives_a_round_trip_and_is_reached(fast, bore, name, no_error):
    fast.cartesian((0.01, 0.01, 0.01))  # angles of nothing are undefined
    fast.parameters[name].set(COORDINATES[name])
    assert fast.parameters[name].get() == pytest.approx(COORDINATES[name], rel=1e-9)
    assert fast.parameters[f"{name}_measured"].get() == pytest.approx(COORDINATES[name], rel=1e-3)
    assert bore.fields[-1] == pytest.approx(fast.cartesian(), abs=1e-6)
    for part in fast.parts:
        no_error(part)


def test_upstreams_own_ramp_forgets_an_exact_reversal_which_the_wrapper_makes(
    fast, magnet, vector_driver, bore
):
    fast.x(0.1)
    fast.x(-0.1)  # neither smaller nor larger in magnitude: QCoDeS ramps nothing
    assert fast.x() == -0.1
    assert fast.x_measured() == pytest.approx(0.1, abs=1e-6)
    magnet.go_to((0.1, 0.0, 0.0))
    magnet.go_to((-0.1, 0.0, 0.0))
    assert vector_driver.x_measured() == pytest.approx(-0.1, abs=1e-6)
    assert bore.fields[-1] == pytest.approx((-0.1, 0.0, 0.0), abs=1e-6)


@pytest.mark.parametrize("name", WAYS)
def test_how_it_ramps_survives_a_round_trip(fast, name, round_trip):
    round_trip(fast.parameters[name], WAYS[name])


def test_every_settable_parameter_is_tried(fast, settable):
    assert settable(fast) == {*COORDINATES, *WAYS}


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
