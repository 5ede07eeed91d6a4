"""What every refusal looks like."""

from __future__ import annotations

import httpx


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which is always a problem without a word of what is inside."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:300]
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"] == "about:blank"
    assert not {word for word in ("Traceback", "sqlalchemy", "asyncpg", "SELECT ", ".py") if word in answer.text}
    return answer.status_code, body["code"]


def wrong_fields(answer: httpx.Response) -> set[tuple[str, str]]:
    """Field and code of everything that is wrong."""
    assert problem(answer) == (422, "invalid")
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}
