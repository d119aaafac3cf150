from collections import Counter

import pytest

from phonosync.theory.verification import Check, checks, published_numbers


@pytest.fixture(scope="module")
def done():
    return list(checks())


def test_every_exact_and_published_number_comes_out(done):
    assert [check.what for check in done if not check.passed] == []


def test_every_source_is_checked(done):
    counted = Counter(check.source.split()[0] for check in done)
    assert counted == {
        "exact": 17,
        "Wilson-Rae": 1,
        "Huang": 7,
        "Li": 17,
        "Gupta": 10,
        "Mari": 28,
    }


def test_no_number_is_checked_twice_under_one_name(done):
    names = [check.what for check in done]
    assert len(set(names)) == len(names)


def test_no_tolerance_passes_a_number_that_is_a_tenth_off(done):
    for check in done:
        assert check.tolerance <= max(0.1 * abs(check.published), 1e-3), check.what


def test_a_wrong_number_fails(monkeypatch):
    monkeypatch.setattr(published_numbers, "optical_kerr", lambda **_: 4.7645e6)
    failed = [check.what for check in published_numbers.sagnac_and_kerr() if not check.passed]
    assert failed == ["optical Kerr rate (1/s)"]


def test_a_number_that_is_not_one_fails():
    assert not Check("x", "nobody", 1.0, float("nan"), 1e9).passed
