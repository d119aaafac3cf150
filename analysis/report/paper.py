"""A run's table as a paper wants it: LaTeX (booktabs) and CSV, rounded by the uncertainty."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from phonosync.analysis.report.row import Row
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval

_SYMMETRIC = 0.15  # of the half width that the two sides may differ by
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "µ": r"\ensuremath{\mu}",
    "χ": r"\ensuremath{\chi}",
    "φ": r"\ensuremath{\varphi}",
    "−": r"\ensuremath{-}",
    "≥": r"\ensuremath{\ge}",
    "≤": r"\ensuremath{\le}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
}


def decimals_of(interval: Interval) -> int:
    """Decimals that leave two digits of the smaller side of an interval.

    >>> decimals_of(Interval(0.60903, 0.59975, 0.61860))
    4
    """
    sides = [interval.value - interval.low, interval.high - interval.value]
    # A side that a bound has cut says nothing of the value's digits.
    sides = [side for side in sides if np.isfinite(side) and side > 0.02 * max(sides)]
    if not sides:
        return 3 if abs(interval.value) < 100 else 0
    return 1 - int(np.floor(np.log10(min(sides))))


def value_text(interval: Interval) -> str:
    """A value as papers print it.

    Symmetric: standard uncertainty (of the 95 % interval, /1.96) of the last digits in parentheses;
    else the 95 % interval as a superscript and subscript. A limit has its sign.

    >>> value_text(Interval(0.60903, 0.59923, 0.61883))
    '0.6090(50)'
    >>> value_text(Interval(12.3, 11.2, 14.5))
    '12.3^{+2.2}_{-1.1}'
    >>> value_text(Interval(float("nan"), 0.02, float("nan")))
    '> 0.020'
    """
    value, low, high = interval.value, interval.low, interval.high
    if np.isnan(value):
        if np.isnan(low) and np.isnan(high):
            return "undetermined"
        sign, end = (">", low) if not np.isnan(low) else ("<", high)
        return f"{sign} {_two_digits(end)}"
    if np.isnan(low) or np.isnan(high):
        return f"{value:.6g}"
    minus, plus = value - low, high - value
    if not min(minus, plus) > 0 or abs(plus - minus) > _SYMMETRIC * (plus + minus) / 2:
        places = max(0, decimals_of(interval))
        return f"{value:.{places}f}^{{+{plus:.{places}f}}}_{{-{minus:.{places}f}}}"
    sigma = (plus + minus) / 2 / SIGMAS_95
    places = 1 - int(np.floor(np.log10(sigma)))
    if places <= 0:
        step = 10.0 ** (-places)
        return f"{round(value / step) * step:.0f}({round(sigma / step) * step:.0f})"
    if round(sigma * 10**places) >= 100:  # 0.0996 → 0.10
        places -= 1
    shown = f"{sigma:.{places}f}" if sigma >= 1 else f"{round(sigma * 10**places)}"
    return f"{value:.{places}f}({shown})"


def interval_text(interval: Interval) -> tuple[str, str]:
    """Ends of the 95 % interval at the value's decimals; "" where there is none."""
    if np.isnan(interval.low) and np.isnan(interval.high):
        return "", ""
    if np.isnan(interval.value):
        return tuple(
            "" if np.isnan(end) else _two_digits(end) for end in (interval.low, interval.high)
        )  # pyright: ignore[reportReturnType]
    places = max(0, decimals_of(interval))
    return f"{interval.low:.{places}f}", f"{interval.high:.{places}f}"


def table_csv(rows: Sequence[Row]) -> str:
    """One line a row: value, 95 % ends and standard uncertainty, rounded as in the LaTeX table."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    head = ("group", "quantity", "where", "value", "low_95", "high_95", "standard_uncertainty")
    writer.writerow((*head, "unit", "truth", "comment"))
    for row in rows:
        low, high = interval_text(row.interval)
        places = max(0, decimals_of(row.interval)) if low and high else None
        value, sigma = row.text()[0] if row.is_probability else "", ""
        if not row.is_probability and not np.isnan(row.interval.value):
            plain = row.interval.value
            value = f"{plain:.6g}" if places is None else f"{plain:.{places}f}"
            if places is not None:
                half = (row.interval.high - row.interval.low) / 2 / SIGMAS_95
                sigma = _two_digits(half)
        truth = "" if row.truth is None else f"{row.truth:.9g}"
        cells = (row.group, row.quantity, row.where, value, low, high, sigma, row.unit, truth)
        writer.writerow([_harmless(cell) for cell in (*cells, row.comment)])
    return stream.getvalue()


def table_tex(rows: Sequence[Row], *, caption: str, label: str) -> str:
    """A table* of booktabs, one group under the other; it needs that package alone."""
    lines = [
        "% needs \\usepackage{booktabs}",
        r"\begin{table*}",
        rf"\caption{{{escaped(caption)}}}",
        rf"\label{{tab:{re.sub('[^A-Za-z0-9:-]', '-', label)}}}",
        r"\begin{tabular}{llrll}",
        r"\toprule",
        r"Quantity & Direction, setting & Value & 95\,\% interval & Unit \\",
    ]
    for group, members in groupby(rows, key=lambda row: row.group):
        lines += [r"\midrule", rf"\multicolumn{{5}}{{l}}{{\emph{{{escaped(group)}}}}} \\"]
        for row in members:
            low, high = interval_text(row.interval)
            ends = rf"${low}$ to ${high}$" if low and high else ""
            value = row.text()[0] if row.is_probability else value_text(row.interval)
            number = value if value in ("undetermined", "not given") else f"${value}$"
            unit = {"": "", "dB": "dB"}.get(row.unit, escaped(row.unit))
            cells = (escaped(row.quantity), escaped(row.where), number, ends, unit)
            lines.append(" & ".join(cells).rstrip() + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table*}", ""]
    return "\n".join(lines)


def escaped(text: str) -> str:
    r"""Text in which TeX sees no command.

    >>> escaped("50 % of a_b")
    '50 \\% of a\\_b'
    """
    return "".join(_SPECIAL.get(character, character) for character in text)


def _two_digits(x: float) -> str:
    """Two digits without an exponent where that is readable."""
    if x == 0 or not np.isfinite(x):
        return f"{x:g}"
    places = 1 - int(np.floor(np.log10(abs(x))))
    return f"{x:.{places}f}" if 0 <= places < 7 else f"{float(f'{x:.2g}'):g}"


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: numbers may begin with a sign."""
    if cell and cell[0] in "=@+-" and not re.fullmatch(r"[-+][\d.eE+-]+", cell):
        return f"'{cell}"
    return cell
