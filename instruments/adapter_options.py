"""Check the options of an adapter before any instrument is touched."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import create_model

from phonosync.theory.checked_file import CheckedModel, check


def check_options(
    adapter: Callable[..., Any], options: Mapping[str, Any], source: str
) -> dict[str, Any]:
    """Read the options of an adapter: its keyword arguments, but for the role.

    Args:
        adapter: class or function.
        options: as a file states them.
        source: names the file in messages.

    Raises:
        InputError: an unknown option (the nearest known one is named) or a wrong value.
    """
    fields: dict[str, Any] = {
        name: (parameter.annotation, parameter.default)
        for name, parameter in inspect.signature(adapter).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and name != "role"
    }
    model = create_model("Options", __base__=CheckedModel, **fields)
    checked = check(options, model, source)
    return {name: getattr(checked, name) for name in checked.model_fields_set}
