"""YAML files that are checked before anything uses them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from phonosync.theory.errors import InputError


class CheckedModel(BaseModel):
    """Base of every file's model: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


M = TypeVar("M", bound=BaseModel)


def read_yaml(path: Path, what: str) -> dict[str, Any]:
    """Read a YAML mapping; `what` names the kind of file in messages.

    Raises:
        InputError: missing, unreadable, not YAML, or not a mapping.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"no {what} at {path}; check the name.{_similar_files(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a {what}: {error}.") from error
    try:
        content = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{path}{where} is not YAML: {error.problem}; mend that line.") from error
    except YAMLError as error:
        raise InputError(f"{path} is not YAML: {str(error).splitlines()[0]}.") from error
    if not isinstance(content, Mapping):
        raise InputError(f"{path} is not a {what}: it must hold 'key: value' lines.")
    return dict(content)


def check(content: Mapping[str, Any], model: type[M], source: str) -> M:
    """Check a mapping against a pydantic model and say the first thing wrong in one sentence.

    Raises:
        InputError: an unknown key (the nearest known one is named), a wrong value or unit.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = error.errors()
        # A misspelt key makes the right one missing: speak of the misspelling. Where a number with
        # a unit or a mapping may stand, speak of the number.
        order = {"extra_forbidden": 0, "model_type": 2}
        problems.sort(key=lambda p: order.get(p["type"], 1))
        more = len(problems) - 1
        rest = f" (and {more} more)" if more else ""
        raise InputError(f"{source}: {_sentence(problems[0], model)}{rest}") from None


def _sentence(problem: Any, model: type[BaseModel]) -> str:
    *parents, last = [p for p in problem["loc"] if not _is_tag(p)] or [""]
    place = ".".join(str(p) for p in (*parents, last))
    if problem["type"] == "extra_forbidden":
        known = _known_keys(model, parents)
        return f"unknown key {place!r}; {hint(str(last), known, 'known keys')}"
    if problem["type"] == "missing":
        return f"{place!r} is missing; add it."
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{place}: {message}" if place else message
    return f"{place}: {message}, found {problem['input']!r}"


def hint(name: str, known: Iterable[str], what: str) -> str:
    """The nearest known name as a question, or all of them.

    >>> hint("linewdith", ["linewidth", "detuning"], "known keys")
    "did you mean 'linewidth'?"
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"{what}: {', '.join(known)}."


def _is_tag(part: Any) -> bool:
    """Whether a part of the path names a branch of a union and not a key of the file."""
    branches = [c.__name__ for c in CheckedModel.__subclasses__()]
    return str(part).startswith(("function-", "literal[")) or part in branches


def _known_keys(model: type[BaseModel], parents: list[Any]) -> list[str]:
    """Keys that would be right at this place: walk the models down the path."""
    current: Any = model
    for part in parents:
        if not (isinstance(current, type) and issubclass(current, BaseModel)):
            break
        field = current.model_fields.get(str(part))
        current = _inner_model(field.annotation) if field else current
    if isinstance(current, type) and issubclass(current, BaseModel):
        return list(current.model_fields)
    return []


def _inner_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        inner = _inner_model(part)
        if inner is not None:
            return inner
    return None


def _similar_files(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    near = difflib.get_close_matches(path.name, [p.name for p in path.parent.iterdir()], n=1)
    return f" Nearest: {path.parent / near[0]}." if near else ""
