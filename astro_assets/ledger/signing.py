"""Signatures: a home's own key, and envelopes of what was signed with it.

Ed25519 in DSSE envelopes (https://github.com/secure-systems-lab/dsse), as in-toto has them. The key is made
when it is first needed and never replaced: whoever has its public half must go on being able to use it.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ValidationError

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.home import Home
from astro_assets.ledger.star_proofs import ProofError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"


class KeyFileError(ValueError):
    """A file is not the key that it should be; the message names it."""


class _Signature(BaseModel):
    keyid: str
    sig: str


class _Envelope(BaseModel):
    payloadType: str  # noqa: N815  the envelope's own spelling
    payload: str
    signatures: list[_Signature]


def public_key_file(home: Home) -> Path:
    """Return where the public half of a home's key lies; third parties get this file."""
    return home.root / "keys" / "public.pem"


def signed(home: Home, payload: bytes) -> bytes:
    """Sign something with the home's key and return the envelope, JSON.

    Raises
    ------
    KeyFileError
        If the home's key is damaged, or its halves do not belong together.
    """
    key = _private_key(home)
    signature = {"keyid": key_id(key.public_key()), "sig": b64encode(key.sign(_encoded(payload))).decode()}
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": b64encode(payload).decode(),
        "signatures": [signature],
    }
    return json.dumps(envelope, indent=1).encode() + b"\n"


def opened(envelope: str | bytes, public_key: Path) -> bytes:
    """Return what was signed, after verifying the signature.

    Raises
    ------
    ProofError
        If it was not signed by this key, or is not what was signed.
    KeyFileError
        If the file holds no such key.
    """
    from cryptography.exceptions import InvalidSignature

    key = read_public_key(public_key)
    try:
        read = _Envelope.model_validate_json(envelope)
        payload = _decoded(read.payload)
        signatures = [_decoded(one.sig) for one in read.signatures if one.keyid == key_id(key)]
    except (ValidationError, Base64Error):
        raise ProofError("this is no signed statement") from None
    if not signatures:
        raise ProofError(f"the statement is not signed by the key {public_key}")
    try:
        for signature in signatures:
            key.verify(signature, _encoded(payload, read.payloadType))
    except InvalidSignature:
        raise ProofError("the signature does not fit: the statement was changed since, or forged") from None
    if read.payloadType != PAYLOAD_TYPE:
        raise ProofError(f"what is signed is {read.payloadType!r}, not an in-toto statement")
    return payload


def key_id(key: Ed25519PublicKey) -> str:
    """Return what names a key: the sha256 of its 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key, PEM.

    Raises
    ------
    KeyFileError
        If the file holds none of Ed25519.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path} holds no public key of Ed25519 in PEM")
    return key


def _private_key(home: Home) -> Ed25519PrivateKey:
    """Return the home's key, made at first use."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = public_key_file(home)
    path = public.with_name("private.pem")
    if not path.exists():
        if public.exists():
            raise KeyFileError(f"{path} is gone, and {public} is still there: put it back, or move that away")
        new = Ed25519PrivateKey.generate()
        data = new.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        write_bytes(path, data, replace=False, mode=0o600)  # another process may have made it by now
    try:
        key = form.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is damaged: it holds no private key of Ed25519 in PEM")
    data = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    if not public.exists():
        write_bytes(public, data, replace=False)
    if key_id(read_public_key(public)) != key_id(key.public_key()):
        raise KeyFileError(f"{public} is not the public half of {path}")
    return key


def _encoded(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Return what is signed: type and payload, each with its length before it."""
    name = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def _decoded(text: str) -> bytes:
    data = b64decode(text, validate=True)
    if b64encode(data).decode() != text:
        raise Base64Error("not the one way to write it")
    return data
