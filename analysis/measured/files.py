"""Which reader a measured file needs, told by its first bytes; nothing in it is ever executed."""

from __future__ import annotations

from pathlib import Path

from phonosync.analysis.measured.arrays import read_netcdf, read_npy, read_npz
from phonosync.analysis.measured.table import Table
from phonosync.analysis.measured.text import read_csv
from phonosync.theory.errors import InputError

FORMATS = "CSV, netCDF, HDF5, NumPy (.npy, .npz)"


def read_table(path: Path, *, column: str | None = None) -> Table:
    """Read a file, told by its first bytes and not by its name.

    Args:
        path: the file.
        column: the one wanted, where it lies in a group of an HDF5 file ("run/psd").

    Raises:
        InputError: missing, empty, damaged, of another kind, or a pickle.
    """
    head = first_bytes(path)
    if head.startswith(b"CDF"):
        return read_netcdf(path, "scipy")
    if head.startswith(b"\x89HDF"):
        return read_netcdf(path, "h5netcdf", column=column)
    if head.startswith(b"\x93NUMPY"):
        return read_npy(path)
    if head.startswith(b"PK"):
        return read_npz(path)
    # Pickles of protocol 2 and later begin so; older ones are text that is no table.
    if head.startswith(b"\x80") or path.suffix in (".pkl", ".pickle"):
        raise InputError(
            f"{path} is a pickle, which would run as a program; it is not opened. "
            "Save the arrays with numpy.save or as CSV."
        )
    if path.suffix in (".npy", ".npz"):
        raise InputError(
            f"{path} is not what its name says: no NumPy array begins like this. Save it again "
            "with numpy.save."
        )
    return read_csv(path)


def first_bytes(path: Path) -> bytes:
    """The first eight bytes of a file.

    Raises:
        InputError: it is missing, a folder, closed to us, or empty.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name a file: {FORMATS}, Touchstone.")
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Check the path.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be opened ({error.strerror}). Check its rights.") from None
    if not head:
        raise InputError(f"{path} is empty. Export the measurement again.")
    return head
