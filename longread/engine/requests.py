"""What a server is sent for a prompt, by route. It sends nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from longread.config import Profile
from longread.types import Prompt, Route, Sampling, Turn

ENDPOINTS: dict[Route, str] = {"ids": "/v1/completions", "text": "/v1/chat/completions"}


def fields(profile: Profile, prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
    """Return the request's fields, without those that ask for a stream; the profile's own last."""
    limit = profile.output_limit or sampling.max_tokens
    common = {
        "model": profile.model,
        "max_tokens": min(sampling.max_tokens, limit),
        "temperature": sampling.temperature,
        "seed": sampling.seed,
    }
    own = _completion if profile.route == "ids" else _chat
    return {**common, **own(prompt, sampling), **profile.body}


def _completion(prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
    made: dict[str, Any] = {
        "prompt": prompt.ids.tolist(),
        "stop_token_ids": list(prompt.stop_ids),
    }
    if sampling.schema:
        made["structured_outputs"] = {"json": json.loads(sampling.schema)}
    if sampling.repetition_penalty != 1.0:
        made["repetition_penalty"] = sampling.repetition_penalty
    return made


def _chat(prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
    made: dict[str, Any] = {
        "messages": [{"role": turn.role, "content": content(turn)} for turn in prompt.turns]
    }
    if sampling.schema:
        made["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": json.loads(sampling.schema)},
        }
    return made


def content(turn: Turn) -> str | list[dict[str, object]]:
    """Return what a turn says: its text, or parts of text with pictures behind them."""
    if not any(piece.picture for piece in turn.pieces):
        return turn.text
    parts: list[dict[str, object]] = []
    text = ""
    for piece in turn.pieces:
        text += piece.text
        if piece.picture:
            url = f"data:image/png;base64,{b64encode(piece.picture.png).decode()}"
            parts += [
                {"type": "text", "text": text},
                {"type": "image_url", "image_url": {"url": url}},
            ]
            text = ""
    return [*parts, {"type": "text", "text": text}] if text else parts
