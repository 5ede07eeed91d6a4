"""The cases of Autobahn's fuzzing client, section by section, against the transport behind a real uvicorn.

A case is what the client sends, and what comes back until the end of the stream: echoed messages, pongs, one close.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from websockets.frames import CONT, Opcode

from server.live.incoming import MESSAGE_MAX
from tests.live.echo import EchoService, close_payload, connected, masked, serving

BOTH_LOOPS = True
TEXT, BINARY, CLOSE, PING, PONG = Opcode.TEXT, Opcode.BINARY, Opcode.CLOSE, Opcode.PING, Opcode.PONG
BYE = masked(CLOSE, close_payload(1000))
TAIL = b"\x00\x00\xff\xff"
RANDOM = random.Random(7)

Frames = list[tuple[int, bytes]]


@dataclass(frozen=True)
class Case:
    """`sends` in pieces of `chop` bytes (0: at once); then `echoes`, and a close with `code` (None: an empty one)."""

    name: str
    sends: bytes
    echoes: Frames
    code: int | None = 1000
    chop: int = 0


def echo(name: str, sends: bytes, *echoes: tuple[int, bytes], chop: int = 0) -> Case:
    """What is right: answered, and closed as the client asks."""
    return Case(name, sends + BYE, list(echoes), chop=chop)


def refused(name: str, sends: bytes, *echoes: tuple[int, bytes], code: int = 1002) -> Case:
    """What is wrong: the service closes, and nothing after it counts."""
    return Case(name, sends + masked(TEXT, b"after"), list(echoes), code)


def framing() -> list[Case]:
    """1: every edge of the three ways to write a length, at once and in pieces."""
    return [
        echo(f"1-{opcode.name}-{size}-{chop}", masked(opcode, b"*" * size), (opcode, b"*" * size), chop=chop)
        for opcode in (TEXT, BINARY)
        for size, chop in [
            (0, 0),
            (1, 0),
            (125, 0),
            (126, 0),
            (127, 0),
            (128, 0),
            (65_535, 0),
            (65_536, 0),
            (65_536, 997),
        ]
    ]


def pings() -> list[Case]:
    """2: pings are answered with their payload, pongs are ignored."""
    payloads = [b"", b"Hello, world!", bytes(range(0x80, 0x90)), b"\xfe" * 125]
    ten = [(PONG, b"payload-%d" % number) for number in range(10)]
    return [
        *(
            echo(f"2-ping-{len(each)}-{chop}", masked(PING, each), (PONG, each), chop=chop)
            for each in payloads
            for chop in (0, 1)
        ),
        refused("2-ping-126", masked(PING, b"\xfe" * 126)),
        *(echo(f"2-pong-{len(each)}", masked(PONG, each)) for each in payloads),
        echo("2-pong-ping", masked(PONG, b"unasked") + masked(PING, b"asked"), (PONG, b"asked")),
        *(echo(f"2-ten-{chop}", b"".join(masked(PING, each) for _, each in ten), *ten, chop=chop) for chop in (0, 1)),
    ]


def reserved() -> list[Case]:
    """3: reserved bits mean nothing here."""
    opcodes = (TEXT, BINARY, PING, CLOSE)
    wrong = [(rsv, opcode) for rsv in range(1, 8) for opcode in opcodes]
    return [refused(f"3-{rsv}-{opcode.name}", masked(opcode, b"x", rsv=rsv)) for rsv, opcode in wrong] + [
        refused(f"3-{rsv}-after", masked(TEXT, b"good") + masked(TEXT, b"x", rsv=rsv), (TEXT, b"good"))
        for rsv in range(1, 8)
    ]


def opcodes() -> list[Case]:
    """4: reserved opcodes, and frames without a mask (5.1)."""
    unknown = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]
    return [
        *(refused(f"4-{number}-{len(each)}", masked(number, each)) for number in unknown for each in (b"", b"x")),
        *(refused(f"4-{number}-after", masked(TEXT, b"good") + masked(number), (TEXT, b"good")) for number in unknown),
        *(refused(f"4-unmasked-{each.name}", masked(each, b"x", mask=None)) for each in (TEXT, BINARY, PING, CLOSE)),
    ]


def fragments() -> list[Case]:
    """5: messages in pieces, with control frames between them."""
    one, two, end = masked(TEXT, b"one", fin=False), masked(CONT, b"two", fin=False), masked(CONT, b"end")
    whole, ping = (TEXT, b"onetwoend"), masked(PING, b"?")
    return [
        refused("5-ping-in-two", masked(PING, b"a", fin=False) + masked(CONT, b"b")),
        refused("5-pong-in-two", masked(PONG, b"a", fin=False) + masked(CONT, b"b")),
        refused("5-close-in-two", masked(CLOSE, close_payload(1000), fin=False)),
        *(echo(f"5-three-{chop}", one + two + end, whole, chop=chop) for chop in (0, 1)),
        *(echo(f"5-ping-between-{chop}", one + ping + two + end, (PONG, b"?"), whole, chop=chop) for chop in (0, 1)),
        echo("5-ping-twice", one + ping + two + ping + end, (PONG, b"?"), (PONG, b"?"), whole),
        echo("5-pong-between", one + masked(PONG, b"!") + two + end, whole),
        echo("5-empty", masked(TEXT, b"", fin=False) + masked(CONT, b"", fin=False) + masked(CONT, b""), (TEXT, b"")),
        echo("5-empty-then", masked(TEXT, b"", fin=False) + masked(CONT, b"x", fin=False) + masked(CONT), (TEXT, b"x")),
        echo("5-binary", masked(BINARY, b"\xff", fin=False) + masked(CONT, b"\xfe"), (BINARY, b"\xff\xfe")),
        echo("5-twice", one + end + one + end, (TEXT, b"oneend"), (TEXT, b"oneend")),
        refused("5-continuation-of-nothing", masked(CONT, b"x")),
        refused("5-continuation-of-nothing-open", masked(CONT, b"x", fin=False)),
        refused("5-continuation-after-the-end", one + end + masked(CONT, b"x"), (TEXT, b"oneend")),
        refused("5-text-in-text", one + masked(TEXT, b"x")),
        refused("5-binary-in-text", one + masked(BINARY, b"x", fin=False)),
    ]


GOOD_TEXT = [
    "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\0", "\x7f", "\x80", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff",
    "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\ufdd0", "\U0001fffe", "", "😀" * 40,
]  # fmt: skip
BAD_TEXT = [
    b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80edited", b"\x80", b"\xbf", b"\x80\xbf\x80", b"\xc0\xaf", b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf",
    b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80", b"\xf4\x90\x80\x80", b"\xf7\xbf\xbf\xbf",
    b"\xfe", b"\xff", b"\xfe\xfe\xff\xff", b"\xc2", b"\xe2\x82", b"\xf0\x9f\x98", b"\xe2\x28\xa1", b"good\xff",
]  # fmt: skip


def texts() -> list[Case]:
    """6: text is UTF-8, wherever it is cut, and refused as soon as it cannot be."""
    cases = []
    for number, text in enumerate(GOOD_TEXT):
        said = text.encode()
        bytewise = masked(TEXT, fin=False) + b"".join(
            masked(CONT, said[at : at + 1], fin=False) for at in range(len(said))
        )
        cases += [
            echo(f"6-good-{number}", masked(TEXT, said), (TEXT, said)),
            echo(f"6-good-{number}-bytewise", bytewise + masked(CONT), (TEXT, said)),
        ]
    for number, said in enumerate(BAD_TEXT):
        bytewise = masked(TEXT, fin=False) + b"".join(
            masked(CONT, said[at : at + 1], fin=False) for at in range(len(said))
        )
        cases += [
            refused(f"6-bad-{number}", masked(TEXT, said), code=1007),
            refused(f"6-bad-{number}-bytewise", bytewise + masked(CONT), code=1007),
            echo(f"6-bad-{number}-as-bytes", masked(BINARY, said), (BINARY, said)),
        ]
    early = masked(TEXT, b"\xce\xba\xf4\x90", fin=False)  # nothing can make it good, and its end never comes
    return [*cases, Case("6-fail-fast", early, [], 1007), Case("6-fail-fast-chopped", early, [], 1007, chop=1)]


VALID_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
INVALID_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]


def closes() -> list[Case]:
    """7: what a close frame may say, and what is heard after it: nothing."""
    long = "*" * 123
    return [
        Case("7-empty", masked(CLOSE), [], None),
        *(Case(f"7-valid-{code}", masked(CLOSE, close_payload(code)), [], code) for code in VALID_CODES),
        *(Case(f"7-reason-{code}", masked(CLOSE, close_payload(code, "why")), [], code) for code in VALID_CODES),
        *(Case(f"7-invalid-{code}", masked(CLOSE, close_payload(code)), [], 1002) for code in INVALID_CODES),
        *(
            Case(f"7-invalid-{code}-reason", masked(CLOSE, close_payload(code, "why")), [], 1002)
            for code in INVALID_CODES
        ),
        Case("7-one-byte", masked(CLOSE, b"\x03"), [], 1002),
        Case("7-long", masked(CLOSE, close_payload(1000, long)), [], 1000),
        Case("7-too-long", masked(CLOSE, close_payload(1000, long + "*")), [], 1002),
        Case("7-reason-not-text", masked(CLOSE, close_payload(1000, b"\xce\xba\xed\xa0\x80")), [], 1007),
        Case("7-twice", BYE + BYE, [], 1000),
        Case("7-then-ping", BYE + masked(PING, b"?"), [], 1000),
        Case("7-then-text", BYE + masked(TEXT, b"after"), [], 1000),
        Case("7-then-garbage", BYE + b"\xff" * 1_000, [], 1000),
        Case("7-between-fragments", masked(TEXT, b"one", fin=False) + BYE + masked(CONT, b"two"), [], 1000),
        Case("7-empty-between-fragments", masked(TEXT, b"one", fin=False) + masked(CLOSE), [], None),
        echo("7-large-before", masked(TEXT, b"*" * 262_144), (TEXT, b"*" * 262_144)),
    ]


def limits() -> list[Case]:
    """9 and 10: as large as a message may be, whole, in fragments and in pieces of 64 bytes; beyond it, 1009."""
    most = b"*" * MESSAGE_MAX
    cases = []
    for opcode in (TEXT, BINARY):
        for size in (65_536, 262_144, MESSAGE_MAX):
            data = b"*" * size
            cases.append(echo(f"9-{opcode.name}-{size}", masked(opcode, data), (opcode, data)))
            for part in (4_096, 65_536):
                rest = b"".join(masked(CONT, data[at : at + part], fin=False) for at in range(part, size, part))
                sends = masked(opcode, data[:part], fin=False) + rest + masked(CONT)
                cases.append(echo(f"9-{opcode.name}-{size}-by-{part}", sends, (opcode, data)))
        cases += [
            echo(f"9-{opcode.name}-chopped", masked(opcode, most[:65_536]), (opcode, most[:65_536]), chop=64),
            refused(f"9-{opcode.name}-beyond", masked(opcode, most + b"*"), code=1009),
            refused(f"9-{opcode.name}-beyond-in-two", masked(opcode, most, fin=False) + masked(CONT, b"*"), code=1009),
        ]
    many = [(TEXT, b"message %d" % number) for number in range(1_000)]
    return [*cases, echo("9-many", b"".join(masked(*each) for each in many), *many)]


CASES = [*framing(), *pings(), *reserved(), *opcodes(), *fragments(), *texts(), *closes(), *limits()]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service() -> AsyncIterator[EchoService]:
    async with serving() as service:
        yield service


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_a_case_is_answered_as_rfc_6455_says(service: EchoService, case: Case) -> None:
    async with connected(service) as client:
        await client.send(case.sends, case.chop)

        *answers, (last, payload) = await client.frames()

        assert (answers, last) == (case.echoes, CLOSE)
        assert payload[:2] == (b"" if case.code is None else close_payload(case.code))


OFFERS = [
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits",
    "permessage-deflate; client_max_window_bits=9",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    "permessage-deflate; server_max_window_bits=12",
    "permessage-deflate; server_max_window_bits=15; client_max_window_bits=15",
    "permessage-deflate; server_max_window_bits=9, permessage-deflate; server_no_context_takeover",
]
SIZES = [0, 16, 64, 255, 256, 1_024, 4_096, 8_192, 32_768, 65_536, 131_072]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("noisy", [False, True], ids=["text", "noise"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("offer", OFFERS)
async def test_compressed_messages_come_back(service: EchoService, offer: str, size: int, noisy: bool) -> None:
    """12 and 13: each message is made and read without those before it, whole or in three fragments."""
    data = RANDOM.randbytes(size) if noisy else (b"an answer that repeats itself, " * size)[:size]
    opcode = BINARY if noisy else TEXT
    bits = 9 if "client_max_window_bits=9" in offer else 15
    compressor = zlib.compressobj(wbits=-bits)
    sent = (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)
    third = len(sent) // 3
    parts = masked(opcode, sent[:third], fin=False, rsv=4) + masked(CONT, sent[third : 2 * third], fin=False)
    async with connected(service, f"Sec-WebSocket-Extensions: {offer}") as client:
        await client.send(masked(opcode, sent, rsv=4) + parts + masked(CONT, sent[2 * third :]) + masked(opcode, data))

        for _ in range(3):
            frame = await client.frame()
            payload = bytes(frame.data)
            if frame.rsv1:
                window = 12 if "server_max_window_bits=12" in offer else 15
                payload = zlib.decompressobj(-window).decompress(payload + TAIL)
            assert (frame.opcode, payload) == (opcode, data)
