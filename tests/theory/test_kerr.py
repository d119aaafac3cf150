import numpy as np
import pytest

from phonosync.theory import magnon_kerr, optical_kerr

SILICA = {"wavelength": 1550e-9, "nonlinear_index": 3e-14, "index": 1.4, "volume": 150e-18}


def test_two_photons_shift_each_other_as_in_the_photon_blockade_paper():
    # Huang et al., PRL 121, 153601
    assert optical_kerr(**SILICA) == pytest.approx(4.76440e6, rel=2e-6)


def test_a_defocusing_medium_shifts_the_other_way():
    assert optical_kerr(**{**SILICA, "nonlinear_index": -3e-14}) == -optical_kerr(**SILICA)


def test_half_the_volume_doubles_the_shift_of_light_and_of_magnons():
    half = optical_kerr(**{**SILICA, "volume": 75e-18})
    assert half == pytest.approx(2 * optical_kerr(**SILICA), rel=1e-14)
    small = magnon_kerr(diameter=0.3e-3 / 2 ** (1 / 3), field=+1)
    assert small == pytest.approx(2 * magnon_kerr(diameter=0.3e-3, field=+1), rel=1e-14)


def test_a_quarter_millimetre_of_yig_has_the_published_coefficient():
    # arXiv:2509.25985 and Gupta et al., PRA 110, 063504
    assert magnon_kerr(diameter=250e-6, field=+1) == pytest.approx(2 * np.pi * 6.5e-9, rel=1e-14)


def test_the_axis_of_the_field_gives_the_sign():
    diameters = np.array([100e-6, 250e-6, 1e-3])
    along_100, along_110 = (magnon_kerr(diameter=diameters, field=f) for f in (+1, -1))
    assert np.all(along_100 > 0)
    np.testing.assert_array_equal(along_110, -along_100)
