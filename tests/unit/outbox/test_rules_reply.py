"""What a server's answer means, and how a dialogue reads."""

import pytest

from app.outbox.rules_reply import explain_reply, read_dialogue

MEANINGS = [
    ("550 5.1.1 no such mailbox", "no such mailbox"),
    ("550-5.1.1 The email account does not exist", "no such mailbox"),
    ("452 4.2.2 over quota", "mailbox is full"),
    ("552 5.2.2 over quota", "mailbox is full"),
    ("550 5.7.1 who are you", "SPF and DKIM"),
    ("451 4.7.1 greylisted, try again in 5 minutes", "come back later"),
    ("535 5.7.8 bad credentials", "sign-in"),
    ("535 no", "sign-in"),
    ("451 4.99.99 something new", "problem of its own"),
    ("421 closing", "busy or closing"),
    ("552 too big", "too large"),
    ("Given up after three days. Last answer: 450 4.2.0 greylisted", "come back later"),
    ("250 2.0.0 taken in", ""),
    ("The server did not answer in time.", ""),
    ("kept as 20261122T090000Z-000535.eml", ""),
    ("599 a code nobody knows", ""),
    ("", ""),
    (None, ""),
]


@pytest.mark.parametrize(("reply", "meaning"), MEANINGS)
def test_a_reply_is_explained_by_its_enhanced_code_or_its_number(reply, meaning):
    explained = explain_reply(reply)
    assert meaning in explained
    assert bool(explained) == bool(meaning)


def test_a_dialogue_reads_as_steps_with_their_meaning():
    steps = read_dialogue(
        ["< 220 mx ready", "> EHLO [127.0.0.1]", "< 250 mx SIZE", "> RCPT TO:<a@b.example>", "< 550 5.1.1 nobody"]
    )
    assert [(one.said, one.answered, one.is_good) for one in steps] == [
        ("", "220 mx ready", True),
        ("EHLO [127.0.0.1]", "250 mx SIZE", True),
        ("RCPT TO:<a@b.example>", "550 5.1.1 nobody", False),
    ]
    assert steps[0].meaning == "The server is there."
    assert "no such mailbox" in steps[2].meaning


def test_a_dialogue_that_ends_in_silence_says_so():
    (first, last) = read_dialogue(["< 220 mx", "> EHLO x"])
    assert first.is_good
    assert (last.answered, last.is_good, last.meaning) == ("", False, "The server did not answer.")
    assert read_dialogue([]) == []
