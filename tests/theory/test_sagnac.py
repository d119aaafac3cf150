import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.constants import c as speed_of_light

from phonosync.theory import sagnac_fizeau_shift
from phonosync.theory.sagnac import optical_frequency

repeatable = settings(deadline=None, derandomize=True, max_examples=50)
RESONATOR = {"index": 1.4, "radius": 30e-6, "wavelength": 1550e-9}


def test_the_shift_per_turn_is_that_of_the_photon_blockade_paper():
    # Huang et al., PRL 121, 153601
    assert sagnac_fizeau_shift(**RESONATOR, rotation=1.0) == pytest.approx(83.3897, rel=1e-6)


@repeatable
@given(rotation=st.floats(-1e6, 1e6), dispersion=st.floats(-1e5, 1e5))
def test_turning_the_other_way_shifts_the_other_way(rotation, dispersion):
    there = sagnac_fizeau_shift(**RESONATOR, rotation=rotation, dispersion=dispersion)
    back = sagnac_fizeau_shift(**RESONATOR, rotation=-rotation, dispersion=dispersion)
    assert there == -back


def test_a_resonator_at_rest_is_not_shifted():
    assert sagnac_fizeau_shift(**RESONATOR, rotation=0.0) == 0


def test_matter_that_does_not_refract_drags_no_light():
    assert sagnac_fizeau_shift(index=1.0, radius=1.0, rotation=1.0, wavelength=1e-6) == 0


@repeatable
@given(index=st.floats(1.01, 4), speed=st.floats(1e-3, 1e3))
def test_without_dispersion_the_shift_is_fresnels_drag(index, speed):
    # The light's phase velocity grows by v (1 - 1/n²); the frequency by the same part of c/n.
    omega = 2 * np.pi * speed_of_light / 1e-6
    expected = omega * speed * (1 - 1 / index**2) / (speed_of_light / index)
    shift = sagnac_fizeau_shift(index=index, radius=2.0, rotation=speed / 2, wavelength=1e-6)
    assert shift == pytest.approx(expected, rel=1e-12)


def test_normal_dispersion_adds_to_the_drag():
    # Lorentz's term: dn/dλ < 0 makes the drag stronger.
    plain = sagnac_fizeau_shift(**RESONATOR, rotation=1.0)
    lorentz = sagnac_fizeau_shift(**RESONATOR, rotation=1.0, dispersion=-0.01e6)
    drag, term = 1 - 1 / 1.4**2, 1550e-9 / 1.4 * 0.01e6
    assert lorentz / plain == pytest.approx(1 + term / drag, rel=1e-12)


def test_a_sweep_of_rotations_is_shifted_one_by_one():
    rotations = np.array([-2.0, 0.0, 5.0])
    shifts = sagnac_fizeau_shift(**RESONATOR, rotation=rotations)
    np.testing.assert_allclose(shifts, 83.3897 * rotations, rtol=1e-6)


def test_telecom_light_has_193_terahertz():
    assert optical_frequency(1550e-9) / (2 * np.pi) == pytest.approx(193.4145e12, rel=1e-6)


def test_the_linewidth_of_the_photon_blockade_cavity_follows_from_its_quality():
    assert optical_frequency(1550e-9) / 5e9 == pytest.approx(2.43052e5, rel=3e-6)
