import pytest

from phonosync.theory.verification import Check, checks


@pytest.fixture(scope="module")
def done():
    return list(checks())


def test_every_exact_and_published_number_comes_out(done):
    assert [check.what for check in done if not check.passed] == []


def test_all_five_sources_are_checked(done):
    assert len({check.source for check in done}) == 5
    assert len(done) >= 60


def test_a_number_that_is_not_one_fails():
    assert not Check("x", "nobody", 1.0, float("nan"), 1e9).passed
