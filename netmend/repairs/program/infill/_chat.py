"""One question to a server that speaks the OpenAI protocol, and what came of it: an answer, or why there is none."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from netmend.core.errors import UsageError

SECONDS = 180.0
"""How long an answer is waited for: a local model on a processor writes some tokens a second. Own choice."""

MOST_BYTES = 4 * 2**20
"""Of an answer that are read."""

_NO = re.compile(
    r"\s*(i['’]?m sorry|i am sorry|sorry|i can(['’]t|not)|i['’]?m (not able|unable)|as an ai)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a model is asked.

    Attributes:
        address: of the endpoint, as `http://127.0.0.1:8000/v1`. model: its name there. key: sent as bearer token.
    """

    address: str
    model: str
    key: str = ""
    seconds: float = SECONDS

    @property
    def url(self) -> str:
        """Where questions are sent.

        Raises:
            UsageError: the address is none of the web.
        """
        parts = urllib.parse.urlsplit(self.address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            hint = "for example --endpoint http://127.0.0.1:8000/v1"
            raise UsageError(f"{self.address!r} is no address of a server", where="--endpoint", hint=hint)
        path = parts.path.rstrip("/")
        path += "" if path.endswith("/chat/completions") else "/chat/completions"
        return urllib.parse.urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is none: "refused", "not JSON", "timeout", "HTTP error" or "unreachable"; `detail` for a person."""

    why: str
    detail: str = ""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nobody: what is sent is for the server that was named."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def ask(server: Server, messages: list[Mapping[str, str]]) -> Any:
    """The JSON that a model answers with; a `NoAnswer` where it does not."""
    body = json.dumps({"model": server.model, "messages": messages, "temperature": 0}).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {server.key}"} if server.key else {})
    request = urllib.request.Request(server.url, body, headers)
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=server.seconds) as answer:
            raw = answer.read(MOST_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            return NoAnswer("HTTP error", f"{error.code} {error.reason}")
    except TimeoutError:
        return NoAnswer("timeout", f"nothing within {server.seconds:g} s")
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            return NoAnswer("timeout", f"nothing within {server.seconds:g} s")
        return NoAnswer("unreachable", str(reason))
    return _content(raw)


def _content(raw: bytes) -> Any:
    try:
        choice = json.loads(raw)["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return NoAnswer("not JSON", "the server's answer is not of the protocol")
    refused = message.get("refusal") or choice.get("finish_reason") == "content_filter"
    found = None if refused or not isinstance(text, str) else json_in(text)
    if found is not None:
        return found
    if refused or not text or _NO.match(text):
        return NoAnswer("refused", str(message.get("refusal") or text)[:200])
    return NoAnswer("not JSON", str(text)[:200])


def json_in(text: str) -> Any:
    """The first object or array in a text, whatever is written around it; None if there is none."""
    decoder = json.JSONDecoder()
    for match in re.finditer(r"[{\[]", text):
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if found and (isinstance(found, dict) or all(isinstance(each, dict) for each in found)):
            return found
    return None
