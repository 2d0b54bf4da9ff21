"""Citations for a model too small to write them: it chooses from a list of places shown."""

from __future__ import annotations

import json
from collections.abc import Sequence

from longread.types import Document, Span

MOST = 2
"""Places one answer may choose."""
REQUEST = "Which of these places says so? {labels}"


def label(document: Document, span: Span) -> str:
    """Return how a place stands in the list: "d3:L10-L40"."""
    return f"{document.id}:{span}"


def schema(labels: Sequence[str]) -> str:
    """Return a JSON schema, as text, whose only values are the places given."""
    places = {
        "type": "array",
        "items": {"type": "string", "enum": list(labels)},
        "minItems": 1,
        "maxItems": MOST,
    }
    return json.dumps(
        {
            "type": "object",
            "properties": {"places": places},
            "required": ["places"],
            "additionalProperties": False,
        }
    )


def request(labels: Sequence[str]) -> str:
    """Return what the model is asked after its answer."""
    return REQUEST.format(labels=", ".join(labels))


def read_choice(text: str, labels: Sequence[str]) -> list[str]:
    """Return the places chosen, each once; none where the text is not what the schema asked."""
    try:
        places = json.loads(text)["places"]
    except (ValueError, KeyError, TypeError):
        return []
    return [label for label in dict.fromkeys(places) if label in labels]
