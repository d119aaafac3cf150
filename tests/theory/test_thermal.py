import numpy as np
import pytest
import scipy.constants
from hypothesis import given, settings
from hypothesis import strategies as st

from phonosync.theory import bath_occupation, thermal

repeatable = settings(deadline=None, derandomize=True, max_examples=60)
frequencies = st.floats(1e3, 1e16)
temperatures = st.floats(1e-3, 1e3)


def test_the_constants_are_those_of_the_si():
    assert pytest.approx(scipy.constants.hbar, rel=1e-9) == thermal.HBAR
    assert scipy.constants.k == thermal.BOLTZMANN
    assert scipy.constants.c == thermal.SPEED_OF_LIGHT


@repeatable
@given(frequency=frequencies, temperature=temperatures)
def test_a_bath_takes_and_gives_in_detailed_balance(frequency, temperature):
    n = bath_occupation(frequency, temperature)
    x = scipy.constants.hbar * frequency / (scipy.constants.k * temperature)
    assert n / (n + 1) == pytest.approx(np.exp(-x), rel=1e-6)


@repeatable
@given(frequency=st.floats(1e3, 1e8), temperature=st.floats(1, 1e3))
def test_a_hot_bath_is_classical(frequency, temperature):
    x = scipy.constants.hbar * frequency / (scipy.constants.k * temperature)
    assert bath_occupation(frequency, temperature) == pytest.approx(1 / x - 0.5, rel=1e-5)


@repeatable
@given(frequency=frequencies)
def test_the_coldest_bath_is_empty(frequency):
    assert bath_occupation(frequency, 0.0) == 0


def test_light_in_a_laboratory_is_vacuum():
    assert bath_occupation(2 * np.pi * 193e12, 300.0) < 1e-13


def test_occupation_one_is_at_ln_two():
    T = scipy.constants.hbar * 1e9 / (scipy.constants.k * np.log(2))
    assert bath_occupation(1e9, T) == pytest.approx(1, rel=1e-8)


def test_many_baths_are_occupied_one_by_one():
    n = bath_occupation([[1e7], [1e8]], [0.0, 0.01, 1.0])
    assert n.shape == (2, 3)
    assert n[1, 2] == bath_occupation(1e8, 1.0)
