"""YAML files that are checked before anything uses them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from phonosync.theory.errors import InputError

_MISPLACED = "misplaced"


class CheckedModel(BaseModel):
    """Base of every file's model: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


M = TypeVar("M", bound=BaseModel)


def read_yaml(path: Path, what: str) -> dict[str, Any]:
    """Read a YAML mapping; `what` names the kind of file in messages.

    Raises:
        InputError: missing, unreadable, not YAML, or not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"no {what} at {path}; check the name.{_similar_files(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a {what}: {error}.") from error
    return parse_yaml(text, str(path), what)


def parse_yaml(text: str, source: str, what: str) -> dict[str, Any]:
    """Read the text of a YAML mapping.

    Raises:
        InputError: not YAML, or not a mapping.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise InputError(
            f"{source}{where} is not YAML: {error.problem}; mend that line."
        ) from error
    except YAMLError as error:
        raise InputError(f"{source} is not YAML: {str(error).splitlines()[0]}.") from error
    if not isinstance(content, Mapping):
        raise InputError(f"{source} is not a {what}: it must hold 'key: value' lines.")
    return dict(content)


def check(
    content: Mapping[str, Any], model: type[M], source: str, *, file: Path | None = None
) -> M:
    """Check a mapping against a pydantic model and say the first thing wrong in one sentence.

    Args:
        content: as `read_yaml` gives it.
        model: what it must be.
        source: what messages call it.
        file: where it was read; with it, messages name the line.

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
        where = line_of(file, _keys(problems[0])) if file is not None else ""
        raise InputError(f"{source}{where}: {_sentence(problems[0], model)}{rest}") from None


def misplaced(place: Sequence[str | int], message: str) -> PydanticCustomError:
    """What a model's own check raises where the fault lies at a place deeper in the file."""
    return PydanticCustomError(_MISPLACED, "{said}", {"place": tuple(place), "said": message})


def line_of(file: Path, place: Sequence[str | int]) -> str:
    """Say ", line 12" of a place in a YAML file, or of the nearest place above it; else ""."""
    from ruamel.yaml import YAML

    node = YAML(typ="safe", pure=True).compose(file.read_text(encoding="utf-8"))
    line = None
    for key in place:
        if not isinstance(node.value, list):
            break
        for index, item in enumerate(node.value):
            named, value = item if isinstance(item, tuple) else (None, item)
            if key == (index if named is None else named.value):
                line, node = (named or value).start_mark.line + 1, value
                break
        else:
            break
    return "" if line is None else f", line {line}"


def _keys(problem: Any) -> list[str | int]:
    """Keys of the file that lead to a problem."""
    if problem["type"] == _MISPLACED:
        return list(problem["ctx"]["place"])
    return [part for part in problem["loc"] if not _is_tag(part)]


def _sentence(problem: Any, model: type[BaseModel]) -> str:
    *parents, last = _keys(problem) or [""]
    place = ".".join(str(p) for p in (*parents, last))
    if problem["type"] == "extra_forbidden":
        known = _known_keys(model, parents)
        return f"unknown key {place!r}; {hint(str(last), known, 'known keys')}"
    if problem["type"] == "missing":
        return f"{place!r} is missing; add it."
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] in ("value_error", _MISPLACED):
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
