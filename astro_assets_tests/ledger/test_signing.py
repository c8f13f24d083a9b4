"""A home signs with a key of its own, made once; only what it signed is opened with that."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.signing import (
    PAYLOAD_TYPE,
    KeyFileError,
    _encoded,
    opened,
    public_key_file,
    read_public_key,
    signed,
)
from astro_assets.ledger.star_proofs import ProofError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def test_the_key_is_made_once_and_is_nobody_elses_to_read(home: Home) -> None:
    signed(home, b"something")
    private, public = home.root / "keys" / "private.pem", public_key_file(home)
    before = private.read_bytes(), public.read_bytes()
    assert private.stat().st_mode & 0o777 == 0o600
    assert private.read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert {path.name for path in private.parent.iterdir()} == {"private.pem", "public.pem"}
    signed(home, b"something else")
    assert (private.read_bytes(), public.read_bytes()) == before
    assert signed(home, b"something") == signed(home, b"something")


def test_what_was_signed_is_opened(home: Home) -> None:
    assert opened(signed(home, b"\x00 anything"), public_key_file(home)) == b"\x00 anything"


def test_what_is_signed_is_as_the_specification_has_it() -> None:
    assert _encoded(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_another_homes_key_does_not_open_it(home: Home, tmp_path: Path) -> None:
    other = open_home(tmp_path / "other")
    theirs = signed(other, b"payload")
    envelope = signed(home, b"payload")
    with pytest.raises(ProofError, match="not signed by the key"):
        opened(envelope, public_key_file(other))
    claimed = json.loads(envelope)
    claimed["signatures"][0]["keyid"] = json.loads(theirs)["signatures"][0]["keyid"]
    with pytest.raises(ProofError, match="forged"):
        opened(json.dumps(claimed), public_key_file(other))
    both = json.loads(envelope)
    both["signatures"] += json.loads(theirs)["signatures"]
    assert opened(json.dumps(both), public_key_file(home)) == b"payload"


def test_a_signature_is_for_one_type_of_payload(home: Home) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key((signed(home, b"") and home.root / "keys" / "private.pem").read_bytes(), None)
    envelope = json.loads(signed(home, b"payload"))
    envelope["payloadType"] = "text/plain"
    with pytest.raises(ProofError, match="forged"):
        opened(json.dumps(envelope), public_key_file(home))
    envelope["signatures"][0]["sig"] = b64encode(key.sign(_encoded(b"payload", "text/plain"))).decode()
    with pytest.raises(ProofError, match="'text/plain', not an in-toto statement"):
        opened(json.dumps(envelope), public_key_file(home))


def test_base64_is_written_one_way(home: Home) -> None:
    envelope = json.loads(signed(home, b"payload"))
    payload = envelope["payload"]
    assert payload.endswith("=")
    last = payload.rstrip("=")[-1]
    same = payload.replace(last + "=", chr(ord(last) + 1) + "=")
    assert b64decode(same) == b"payload"
    for changed in (same, payload + "\n", payload.rstrip("=")):
        with pytest.raises(ProofError, match="no signed statement"):
            opened(json.dumps({**envelope, "payload": changed}), public_key_file(home))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"payload": 1}', '{"payloadType": "x", "payload": "!"}'])
def test_what_is_no_envelope_is_refused(home: Home, text: str) -> None:
    signed(home, b"")
    with pytest.raises(ProofError, match="no signed statement"):
        opened(text, public_key_file(home))


def test_damaged_and_foreign_keys_are_named(home: Home, tmp_path: Path) -> None:
    signed(home, b"")
    private, public = home.root / "keys" / "private.pem", public_key_file(home)
    with pytest.raises(KeyFileError, match=r"private\.pem holds no public key"):
        read_public_key(private)
    data = private.read_bytes()
    private.unlink()
    with pytest.raises(KeyFileError, match=r"private\.pem is gone"):
        signed(home, b"")
    private.write_bytes(data[:40])
    with pytest.raises(KeyFileError, match=r"private\.pem is damaged"):
        signed(home, b"")
    other = open_home(tmp_path / "other")
    signed(other, b"")
    private.write_bytes((other.root / "keys" / "private.pem").read_bytes())
    with pytest.raises(KeyFileError, match=r"public\.pem is not the public half of"):
        signed(home, b"")
    public.unlink()
    assert opened(signed(home, b"x"), public_key_file(other)) == b"x", "the public half can be made again"


def test_processes_that_sign_first_at_the_same_time_share_one_key(home: Home) -> None:
    program = (
        "import sys; from astro_assets.ledger.home import open_home; "
        "from astro_assets.ledger.signing import signed; "
        "sys.stdout.buffer.write(signed(open_home(sys.argv[1]), b'payload'))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(home.root)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    answers = {process.communicate()[0] for process in processes}
    (envelope,) = answers
    assert opened(envelope, public_key_file(home)) == b"payload"
    assert json.loads(envelope)["payloadType"] == PAYLOAD_TYPE
