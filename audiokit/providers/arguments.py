"""The arguments that a model writes for a tool."""

from __future__ import annotations

import json

from audiokit.errors import ProviderError


def read_arguments(provider: str, tool: str, text: str) -> dict[str, object]:
    """Read the arguments of a tool call; none at all is an empty object.

    Raises
    ------
    ProviderError : no JSON object.
    """
    try:
        arguments = json.loads(text or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise ProviderError(
            f"{provider}'s model called the tool {tool!r} with {text[:80]!r}; expected a JSON object. "
            "A higher limit of tokens, or a larger model, may write it whole.",
            provider=provider,
            retryable=True,
        )
    return arguments
