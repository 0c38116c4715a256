"""Breaks a file as chance has it: bytes changed, doubled, dropped, or replaced by what hurts readers."""

import random

NASTY = [
    b"<", b">", b"</", b"&", b"<![CDATA[", b"]]>", b'"', b"'", b";", b",", b"88,", b"16,", b"-", b"?20",
    b"/REMI/", b"{",
    b":61:", b":86:",
    b"-0", b"1e9", b"NaN", b"EUR", "\u0663".encode(), b"\0", b"\n", b"\xff\xfe", b"\xc3",
    b"9" * 40,
]  # fmt: skip


def mutate(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(content) + 1)
        end = min(len(content), start + chance.choice((0, 1, 1, 2, 10, 100)))
        piece = chance.choice((b"", b"", bytes([chance.randrange(256)]), chance.choice(NASTY), content[start:end] * 2))
        content = content[:start] + piece + content[end:]
    return content
