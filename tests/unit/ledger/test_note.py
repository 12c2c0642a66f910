import base64

import pytest

from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import Head, head_text, note_key, open_head, parse_vkey, sign_head
from dyepack.ledger.checkpoint import parse_head
from dyepack.ledger.errors import NoteError, NoteSignatureError
from dyepack.ledger.note import NoteKey, decode_base64, encode_base64, open_note, parse_note, sign_note
from fakes.ledger_logs import ORIGIN, SIGNER, VKEY

KEY = parse_vkey(VKEY)
TEXT = "one\n\ntwo\n"
NOTE = sign_note(TEXT, ORIGIN, SIGNER)
HEAD = Head(ORIGIN, 600, bytes(range(32)))
OTHER = Ed25519Signer(bytes([8]) * 32)
LINE = NOTE.rpartition("\n\n")[2]


def line_of(name, blob):
    return f"— {name} {encode_base64(blob)}\n"


def test_a_note_is_opened_with_the_key_that_signed_it():
    assert open_note(NOTE, [KEY]) == TEXT


def test_text_and_signatures_part_at_the_last_blank_line():
    assert parse_note(NOTE).text == TEXT


def test_the_text_form_of_a_key_is_that_of_the_standard():
    signer = Ed25519Signer(bytes([1]) * 32)

    assert (
        note_key("ledger.example/dyepack", signer.public_key).vkey
        == "ledger.example/dyepack+3ea10a71+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
    )


def test_a_line_of_an_unknown_key_is_ignored():
    unknown = sign_note(TEXT, "another.example", OTHER).rpartition("\n\n")[2]

    assert open_note(NOTE + unknown, [KEY]) == TEXT


def test_a_note_without_a_known_key_is_refused():
    with pytest.raises(NoteSignatureError):
        open_note(sign_note(TEXT, "another.example", OTHER), [KEY])


def test_the_same_name_with_another_key_is_unknown():
    with pytest.raises(NoteSignatureError):
        open_note(sign_note(TEXT, ORIGIN, OTHER), [KEY])


def test_one_failing_line_of_a_known_key_refuses_the_note():
    with pytest.raises(NoteSignatureError):
        open_note(NOTE + line_of(ORIGIN, KEY.id + bytes(64)), [KEY])


@pytest.mark.parametrize("size", [63, 65])
def test_a_signature_of_another_length_refuses_the_note(size):
    with pytest.raises(NoteSignatureError):
        open_note(f"{TEXT}\n{line_of(ORIGIN, KEY.id + bytes(size))}", [KEY])


def test_a_line_is_checked_with_every_key_that_shares_its_id():
    class Twin(NoteKey):
        id = KEY.id

    twin = Twin(ORIGIN, OTHER.public_key)

    assert open_note(NOTE, [twin, KEY]) == open_note(NOTE, [KEY, twin]) == TEXT
    with pytest.raises(NoteSignatureError):
        open_note(NOTE, [twin])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        TEXT + "\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("one", "o\rne"),
        NOTE.replace("one", "o\x00ne"),
        NOTE.replace("one", "o\tne"),
        NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—"),
        NOTE.replace(ORIGIN, "two words"),
        NOTE.replace(ORIGIN, "a+b"),
        "\n" + "\n" + LINE,
        TEXT + "\n" + LINE * 33,
        TEXT * 9000 + "\n" + LINE,
        TEXT + "\n— " + ORIGIN + " AAAAAA==\n",
        TEXT + "\n— " + ORIGIN + "\n",
        TEXT + "\n" + LINE.replace("=", ""),
        TEXT + "\n" + LINE[:-1] + "!\n",
        "\ud800" + NOTE,
    ],
)
def test_a_malformed_note_is_refused(note):
    with pytest.raises(NoteError):
        open_note(note, [KEY])


def test_a_signed_note_of_64_kib_is_read_and_a_longer_one_is_not():
    room = 65_536 - len(LINE.encode()) - 2  # the text's newline and the blank line

    assert open_note(sign_note("x" * room + "\n", ORIGIN, SIGNER), [KEY]).startswith("xxx")
    with pytest.raises(NoteError, match="over 64 KiB"):
        open_note(sign_note("x" * (room + 1) + "\n", ORIGIN, SIGNER), [KEY])


def test_thirty_two_signatures_are_read():
    assert open_note(TEXT + "\n" + LINE * 32, [KEY]) == TEXT


def test_base64_has_one_spelling():
    assert base64.b64decode("AAB=", validate=True) == base64.b64decode("AAA=", validate=True)

    with pytest.raises(NoteError):
        decode_base64("AAB=")


@pytest.mark.parametrize("text", ["", "\n", "no newline", "tab\t\n", "\ud800\n"])
def test_a_text_that_no_reader_would_accept_is_not_signed(text):
    with pytest.raises(NoteError):
        sign_note(text, ORIGIN, SIGNER)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\x01b", "\ud800"])
def test_a_name_that_no_reader_would_accept_is_no_key_name(name):
    with pytest.raises(NoteError):
        note_key(name, SIGNER.public_key)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        ORIGIN,
        VKEY.replace("+", " "),
        VKEY[:-4],
        VKEY + "=",
        VKEY.replace(KEY.id.hex(), KEY.id.hex().upper()),
        VKEY.replace(KEY.id.hex(), "00000000"),
        f"{ORIGIN}+{KEY.id.hex()}+{encode_base64(bytes([6]) + SIGNER.public_key)}",
        f"x{VKEY}",
    ],
)
def test_a_malformed_key_is_refused(vkey):
    with pytest.raises(NoteError):
        parse_vkey(vkey)


def test_a_head_is_read_as_it_was_signed():
    assert open_head(sign_head(HEAD, SIGNER), VKEY) == HEAD
    assert head_text(HEAD) == f"{ORIGIN}\n600\n{encode_base64(HEAD.root)}\n"


@pytest.mark.parametrize(
    "text",
    [
        head_text(HEAD) + "extension\n",
        head_text(HEAD)[:-1],
        head_text(HEAD).replace("600", "0600"),
        head_text(HEAD).replace("600", "+600"),
        head_text(HEAD).replace("600", "-1"),
        head_text(HEAD).replace("600", "６00"),
        head_text(HEAD).replace("600", str(2**63)),
        head_text(HEAD).replace("600", "9" * 20),
        f"{ORIGIN}\n600\n{encode_base64(bytes(31))}\n",
        f"{ORIGIN}\n600\n\n",
        head_text(HEAD).replace(ORIGIN, ""),
        "",
    ],
)
def test_a_malformed_head_is_refused(text):
    with pytest.raises(NoteError):
        parse_head(text)


def test_a_head_of_another_origin_is_refused_though_the_log_signed_it():
    text = head_text(Head("another.example/log", 600, HEAD.root))

    with pytest.raises(NoteError, match="origin"):
        open_head(sign_note(text, ORIGIN, SIGNER), VKEY)
