"""What people write: cleaning, limits, mentions, and the folded form that search and filters compare."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from server.domain.words import RecordId, UserId
from server.errors import Invalid

TEXT_MAX = 20_000  # characters; a long letter is about 5,000
SCAN_MAX = 4 * TEXT_MAX  # characters; looking at a megabyte one by one would stop everybody else
LINE_MAX = 255  # characters of titles, names and other one-line fields

_USER = re.compile(r"@\{(\d{1,18})\}")
_RECORD = re.compile(r"#\{(\d{1,18})\}")
_ALLOWED_CONTROLS = {"\n", "\t"}


def clean_text(value: str, field: str, *, limit: int = TEXT_MAX) -> str:
    """Text of several lines: line ends unified, composed form, no outer blank lines. Raises Invalid on `field`."""
    return _clean(value.replace("\r\n", "\n").replace("\r", "\n"), field, limit, _ALLOWED_CONTROLS)


def clean_line(value: str, field: str, *, limit: int = LINE_MAX) -> str:
    """One line of text: runs of white space become one blank. Raises Invalid on `field`."""
    if not _has_control(value, {"\n", "\t", "\r"}):
        value = " ".join(value.split())
    return _clean(value, field, limit, set())


def _clean(value: str, field: str, limit: int, controls: set[str]) -> str:
    if len(value) > SCAN_MAX:
        raise Invalid.one(field, "too_long", f"at most {limit} characters", limit=limit)
    if _has_control(value, controls):
        raise Invalid.one(field, "control_character", "control characters are not text")
    value = unicodedata.normalize("NFC", value).strip()
    if len(value) > limit:
        raise Invalid.one(field, "too_long", f"at most {limit} characters", limit=limit)
    return value


def _has_control(value: str, allowed: set[str]) -> bool:
    return not value.isprintable() and any(
        unicodedata.category(char) in {"Cc", "Cs"} and char not in allowed for char in value
    )


def fold(value: str) -> str:
    """Lower case without accents: `Óptica` and `optica` are the same. Used wherever text is compared, SQL included."""
    if value.isascii():
        return value.lower()
    decomposed = unicodedata.normalize("NFKD", value)
    for _ in range(2):  # decomposing makes capitals (℡) and folding makes marks (İ): the second round leaves neither
        plain = "".join(char for char in decomposed if not unicodedata.combining(char))
        decomposed = unicodedata.normalize("NFKD", plain.casefold())
    return decomposed


_EMAIL = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s.]+(\.[^@\s.]+)+")
EMAIL_MAX = 254  # characters; RFC 5321 §4.5.3.1


def check_email(value: str, field: str) -> str:
    """An e-mail address as typed, without outer blanks. Raises Invalid on `field`; whether it exists, only mail tells."""
    address = clean_line(value, field, limit=EMAIL_MAX)
    if not _EMAIL.fullmatch(address):
        raise Invalid.one(field, "email", "this is not an e-mail address", value=address)
    return address


REPLACEMENT = "\ufffd"  # stands for bytes that were no text
EMOJI_MAX = 16  # code points; a family with skin tones has 11


def check_emoji(value: str, field: str) -> str:
    """One emoji: no letters, digits alone, blanks or controls. Raises Invalid on `field`."""
    categories = {unicodedata.category(char) for char in value}
    pictures = "So" in categories or "\u20e3" in value  # the second one makes a key of a digit
    allowed = categories <= {"So", "Sk", "Mn", "Me", "Cf", "Nd"} and REPLACEMENT not in value
    if not pictures or not allowed or len(value) > EMOJI_MAX:
        raise Invalid.one(field, "emoji", "one emoji is expected")
    return value


@dataclass(frozen=True, slots=True)
class Mentions:
    """The people and records a text names, in order of appearance, each once."""

    users: tuple[UserId, ...] = ()
    records: tuple[RecordId, ...] = ()


def parse_mentions(text: str) -> Mentions:
    """Reads the tokens `@{7}` (user) and `#{42}` (record). A text holds no names, so none can leak by it."""
    return Mentions(
        users=tuple(dict.fromkeys(UserId(int(number)) for number in _USER.findall(text))),
        records=tuple(dict.fromkeys(RecordId(int(number)) for number in _RECORD.findall(text))),
    )
