"""A verifier written from docs/proofs.md alone: nothing of the package, only hashes and a signature."""

from __future__ import annotations

import json
from base64 import b64decode
from hashlib import blake2b, sha256
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_public_key


def h(*parts: bytes) -> bytes:
    return blake2b(b"".join(parts), digest_size=32).digest()


def framed(*parts: str) -> bytes:
    return h(*(b"%d:%b" % (len(part.encode()), part.encode()) for part in parts))


def root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return h(b"\x00", *leaves) if leaves else h()
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return h(b"\x01", root(leaves[:split]), root(leaves[split:]))


def climb(leaf: bytes, place: dict[str, Any], n: int) -> bytes:
    i, path, node = place["index"], [bytes.fromhex(x) for x in place["path"]], h(b"\x00", leaf)
    assert 0 <= i < n
    while n > 1:
        if i ^ 1 < n:
            sibling = path.pop(0)
            node = h(b"\x01", sibling, node) if i % 2 else h(b"\x01", node, sibling)
        i, n = i // 2, (n + 1) // 2
    assert not path
    return node


def verify(statement: bytes, proof: bytes, key_pem: bytes, artefact: bytes) -> bool:
    """Return whether the star was trained on; raises where the proof shows nothing."""
    envelope, key = json.loads(statement), load_pem_public_key(key_pem)
    kind, body = envelope["payloadType"].encode(), b64decode(envelope["payload"])
    (signature,) = envelope["signatures"]
    assert signature["keyid"] == sha256(key.public_bytes_raw()).hexdigest()
    key.verify(b64decode(signature["sig"]), b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body))
    said, shown = json.loads(body), json.loads(proof)
    assert said["subject"][0]["digest"]["sha256"] == sha256(artefact).hexdigest()
    said = said["predicate"]
    assert (said["model"], said["version"]) == (shown["model"], shown["version"])
    star, rows, stars = framed(said["recipe"], shown["star"]), said["rows"], said["stars"]
    if leaf := shown.get("included"):
        hashes = [bytes.fromhex(x) for x in leaf["row_hashes"]]
        assert climb(star + root(hashes), leaf, stars["n_leaves"]).hex() == stars["root"]
        for row, place in zip(hashes, leaf["rows"], strict=True):
            assert climb(row, place, rows["n_leaves"]).hex() == rows["root"]
        return True
    ends = shown.get("before"), shown.get("after")
    for leaf in filter(None, ends):
        content = bytes.fromhex(leaf["key"] + leaf["rows_root"])
        assert climb(content, leaf, stars["n_leaves"]).hex() == stars["root"]
    low, high = (bytes.fromhex(leaf["key"]) if leaf else None for leaf in ends)
    assert low is None or low < star
    assert high is None or star < high
    first, last = (leaf["index"] if leaf else None for leaf in ends)
    assert (-1 if first is None else first) + 1 == (stars["n_leaves"] if last is None else last)
    return False
