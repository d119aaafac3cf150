import logging

from numba import njit

from phonosync.theory.kernels import compilation


def test_the_first_compilation_of_a_process_says_what_it_is_doing_once(caplog):
    compilation._announced.clear()

    def kernel(x):
        return 2 * x

    kernel.__module__ = "phonosync.theory.example"
    with caplog.at_level(logging.WARNING, logger="phonosync"):
        compiled = njit(kernel)
        assert compiled(1.5) == 3.0
        assert compiled(2) == 4
    assert [r.getMessage() for r in caplog.records] == [
        "Compiling the theory's kernels for this machine; takes up to a minute, once."
    ]


def test_other_peoples_compilations_are_none_of_our_business(caplog):
    compilation._announced.clear()
    with caplog.at_level(logging.WARNING, logger="phonosync"):
        assert njit(lambda x: x + 1)(1) == 2
    assert not caplog.records


def twice(x):
    return 2 * x


def test_a_kernel_on_disk_is_used_only_if_no_kernel_has_changed(monkeypatch):
    """Numba looks at the file of the kernel alone, and not at those whose kernels it calls."""
    stamps = []
    for digest in ("before", "after"):
        monkeypatch.setattr(compilation, "kernels_digest", lambda digest=digest: digest)
        kernel = compilation.compiled()(twice)
        stamps.append(kernel._cache._cache_file._source_stamp)
    assert stamps[0] != stamps[1]
