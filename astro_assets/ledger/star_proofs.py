"""Proofs that a star is, or is not, among those that a model was trained on.

Two trees: over the sorted hashes of all training rows, and over the stars in the order of their keys, where
a leaf holds the key of a star and the root of its own rows. A star that is there is shown with its leaf, one
that is not with the two neighbouring leaves that its key lies between. Pure: what says the roots, and is
signed, is in :mod:`astro_assets.ledger.statement`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from astro_assets.ledger.hashing import hash_parts, merkle_root
from astro_assets.ledger.merkle import Tree, root_of

FORMAT: Final = "astro_assets proof 1"
Hash = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
#: Long enough for a tree of any number of leaves that there can be.
_Path = Annotated[tuple[Hash, ...], Field(max_length=64)]


class ProofError(ValueError):
    """A proof or a statement does not show what it is said to; the message says why."""


class Strict(BaseModel):
    """What is read from files of others: nothing is converted, nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Place(Strict):
    """A place in a tree, with the siblings on the way from there to the root."""

    index: int = Field(ge=0)
    path: _Path


class Included(Place):
    """The leaf of the star itself: its rows, and the place of each among all training rows."""

    row_hashes: tuple[Hash, ...] = Field(min_length=1)
    rows: tuple[Place, ...]


class Neighbour(Place):
    """A leaf of another star, which is named by its key only."""

    key: Hash
    rows_root: Hash


class Proof(Strict):
    """What a third party is given besides the signed statement.

    Attributes
    ----------
    included
        For a star that was trained on.
    before, after
        For one that was not: the leaves that its key lies between; one of them is missing at an end of the
        tree, both in an empty one.
    """

    format: Literal["astro_assets proof 1"]
    model: str
    version: str
    star: str
    included: Included | None = None
    before: Neighbour | None = None
    after: Neighbour | None = None


class Rows(Strict):
    """The tree over the sorted hashes of all training rows."""

    n_leaves: int = Field(ge=0)
    root: Hash


class Stars(Rows):
    """The tree over the stars.

    Attributes
    ----------
    n_leaves
        One more than stars where there are rows of no star.
    n_rows_of_no_star
        Whose they are nobody can tell: that a star was not trained on is shown but for these.
    """

    n_stars: int = Field(ge=0)
    n_rows_of_no_star: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class StarTrees:
    """The trees of a model. Use :meth:`of`.

    Attributes
    ----------
    salt
        What the keys of the stars are made with.
    rows
        Sorted hashes of all rows.
    stars
        Key and sorted row hashes of each star, and of the rows of no star, in the order of the keys.
    """

    salt: str
    rows: list[str]
    stars: list[tuple[str, list[str]]]
    n_stars: int
    n_rows_of_no_star: int

    @classmethod
    def of(cls, members: Iterable[tuple[str | None, str]], salt: str) -> Self:
        """Sort members, star and row hash, into trees."""
        of_star: dict[str | None, list[str]] = {}
        for star, row_hash in members:
            of_star.setdefault(star, []).append(row_hash)
        rows = sorted(row_hash for hashes in of_star.values() for row_hash in hashes)
        stars = sorted((star_key(star, salt), sorted(hashes)) for star, hashes in of_star.items())
        return cls(salt, rows, stars, len(of_star.keys() - {None}), len(of_star.get(None, ())))

    def heads(self) -> tuple[Rows, Stars]:
        """Return what a statement says of the trees."""
        tree = _star_tree(self.stars)
        stars = Stars(
            n_leaves=len(self.stars),
            root=tree.root.hex(),
            n_stars=self.n_stars,
            n_rows_of_no_star=self.n_rows_of_no_star,
        )
        return Rows(n_leaves=len(self.rows), root=merkle_root(self.rows)), stars

    def prove(self, model: str, version: str, star: str) -> Proof:
        """Show that a star is among these, or that it is not."""
        tree, key = _star_tree(self.stars), star_key(star, self.salt)
        place = bisect_left(self.stars, key, key=lambda leaf: leaf[0])
        if place < len(self.stars) and self.stars[place][0] == key:
            included = self._included(tree, place)
            return Proof(format=FORMAT, model=model, version=version, star=star, included=included)
        before, after = (
            self._neighbour(tree, index) if 0 <= index < len(self.stars) else None
            for index in (place - 1, place)
        )
        return Proof(format=FORMAT, model=model, version=version, star=star, before=before, after=after)

    def _included(self, tree: Tree, place: int) -> Included:
        hashes = self.stars[place][1]
        of_rows = Tree.over([bytes.fromhex(row_hash) for row_hash in self.rows])
        indices: list[int] = []
        for row_hash in hashes:
            # A row that was trained on in two roles stands there twice.
            indices.append(bisect_left(self.rows, row_hash, lo=indices[-1] + 1 if indices else 0))
        rows = tuple(Place(index=index, path=_hexadecimal(of_rows.path(index))) for index in indices)
        path = _hexadecimal(tree.path(place))
        return Included(index=place, path=path, row_hashes=tuple(hashes), rows=rows)

    def _neighbour(self, tree: Tree, index: int) -> Neighbour:
        key, hashes = self.stars[index]
        path = _hexadecimal(tree.path(index))
        return Neighbour(index=index, path=path, key=key, rows_root=merkle_root(hashes))


def star_key(star: str | None, salt: str) -> str:
    """Return what a star is named by in the tree; rows of no star have a key that no name has."""
    return hash_parts(salt) if star is None else hash_parts(salt, star)


def read_proof(text: str | bytes) -> Proof:
    """Read a proof.

    Raises
    ------
    ProofError
        If it is none.
    """
    try:
        return Proof.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ProofError(f"this is no proof: {where + ': ' if where else ''}{first['msg']}") from None


def check_proof(proof: Proof, rows: Rows, stars: Stars, salt: str) -> bool:
    """Return whether a proof shows that its star is among those of the trees, or that it is not.

    Raises
    ------
    ProofError
        If it shows neither.
    """
    key = star_key(proof.star, salt)
    if proof.included is not None:
        if proof.before is not None or proof.after is not None:
            raise ProofError("the proof claims both that the star is included and that it is not")
        _check_included(proof.included, key, rows, stars)
        return True
    before, after = proof.before, proof.after
    for leaf in (before, after):
        if leaf is not None:
            _check_leaf(leaf, leaf.key, leaf.rows_root, stars)
    if (before is not None and before.key >= key) or (after is not None and after.key <= key):
        raise ProofError("the star's key does not lie between those of the leaves shown")
    # At the ends: as if there were leaves just outside of the tree.
    if (before.index if before else -1) + 1 != (after.index if after else stars.n_leaves):
        raise ProofError("the leaves shown are not neighbours: the star may stand between them")
    return False


def _check_included(leaf: Included, key: str, rows: Rows, stars: Stars) -> None:
    _check_leaf(leaf, key, merkle_root(leaf.row_hashes), stars)
    if len(leaf.rows) != len(leaf.row_hashes):
        raise ProofError("the proof does not place each of the star's rows among the training rows")
    last = -1
    for row_hash, place in zip(leaf.row_hashes, leaf.rows, strict=True):
        found = root_of(bytes.fromhex(row_hash), place.index, rows.n_leaves, _binary(place.path))
        if place.index <= last or found != bytes.fromhex(rows.root):
            raise ProofError(f"row {row_hash[:12]} is not where the proof has it among the training rows")
        last = place.index


def _check_leaf(place: Place, key: str, rows_root: str, stars: Stars) -> None:
    found = root_of(bytes.fromhex(key + rows_root), place.index, stars.n_leaves, _binary(place.path))
    if found != bytes.fromhex(stars.root):
        raise ProofError(f"leaf {place.index} of the proof is not in the statement's tree of stars")


def _star_tree(stars: Sequence[tuple[str, list[str]]]) -> Tree:
    return Tree.over([bytes.fromhex(key + merkle_root(hashes)) for key, hashes in stars])


def _hexadecimal(path: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(node.hex() for node in path)


def _binary(path: Iterable[str]) -> list[bytes]:
    return [bytes.fromhex(node) for node in path]
