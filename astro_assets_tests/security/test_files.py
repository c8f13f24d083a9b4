"""Files and folders: what others may write, links of others, pipes and devices in an inbox."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.opening import opened
from astro_assets.ledger.signing import signed
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.inbox import Inbox, seen
from astro_assets.orchestration.inbox_links import is_trusted
from astro_assets.orchestration.ingest import find_files, ingest
from astro_assets_tests.orchestration import homes

#: A user who is neither this one nor root.
OTHER = 12345
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make links of others")


def test_others_can_write_nothing_that_a_run_makes(hostile: Path) -> None:
    """Its mask forbade nothing."""
    paths = [path for path in (hostile / "home").rglob("*") if not path.is_symlink()]
    assert len(paths) > 100
    ours = [path for path in paths if (hostile / "home" / "inbox") not in path.parents]
    assert [path for path in ours if path.stat().st_mode & stat.S_IWOTH] == []


def test_a_mask_that_forbids_more_is_kept(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_bytes(tmp_path / "a" / "b" / "c", b"")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b", "a/b/c")]
    assert modes == [0o700, 0o700, 0o600]


def test_only_its_owner_reads_the_private_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        home = open_home(tmp_path / "home")
        signed(home, b"{}")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home.root / "keys").iterdir()}
    assert modes == {"private.pem": 0o600, "public.pem": 0o644}


def test_a_file_that_was_laid_in_the_way_is_not_written_through(tmp_path: Path) -> None:
    """The name of a temporary file is not known before, and a link in its place is not followed."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"before")
    (tmp_path / "place").symlink_to(victim)
    write_bytes(tmp_path / "place", b"after")
    assert victim.read_bytes() == b"before"
    assert not (tmp_path / "place").is_symlink()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", n_shards=homes.N_SHARDS)


def _taken(home: Home) -> tuple[set[str], list[str]]:
    ledger = homes.ledger_of(home)
    report = ingest(ledger, RAW_FILES, [home.inbox])
    return set(ledger.open(RAW_FILES).rows(["file_name"]).collect()["file_name"]), report.notes


def test_own_links_are_followed_and_what_they_lead_to_is_data(home: Home) -> None:
    (home.inbox / "passwd").symlink_to("/etc/passwd")
    names, notes = _taken(home)
    assert (names, notes) == ({"passwd"}, [])


@as_root
def test_links_of_others_are_not_followed(home: Home, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.pem").write_bytes(b"private")
    theirs = secret / "theirs.fits"
    theirs.write_bytes(b"theirs")
    os.chown(theirs, OTHER, OTHER)
    for name, target in {"file": secret / "key.pem", "folder": secret, "theirs": theirs}.items():
        (home.inbox / name).symlink_to(target)
        os.chown(home.inbox / name, OTHER, OTHER, follow_symlinks=False)
    names, notes = _taken(home)
    assert names == {"theirs"}, "a link to a file of one's own gives nothing away"
    assert notes == [f"{home.inbox / 'file'} was not taken in: a link of another user, which is not followed"]
    assert Inbox(home).look().waiting == 1
    with pytest.raises(OSError, match="a link of another user"):
        seen(home.inbox / "file")


@as_root
def test_who_made_a_link_decides(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/etc/passwd")
    assert is_trusted(link, link.stat())
    os.chown(link, OTHER, OTHER, follow_symlinks=False)
    assert not is_trusted(link, link.stat())
    assert is_trusted(tmp_path, tmp_path.stat())


def test_pipes_and_devices_are_passed_over_and_nothing_waits(home: Home) -> None:
    os.mkfifo(home.inbox / "pipe.fits")
    os.mkfifo(home.inbox / "targets.csv")
    (home.inbox / "null").symlink_to("/dev/null")
    (home.inbox / "zero.fits").symlink_to("/dev/zero")
    (home.inbox / "memory").symlink_to("/proc/self/environ")
    found: list[tuple[set[str], list[str]]] = []
    thread = threading.Thread(target=lambda: found.append(_taken(home)), daemon=True)
    thread.start()
    thread.join(120)
    assert not thread.is_alive(), "it waits for what never comes"
    names, notes = found[0]
    assert names == set()
    assert len(notes) == 5
    assert Inbox(home).look().waiting == 1, "the environment looks like an empty file, until it is read"


@pytest.mark.parametrize("read", [sha256_of, opened])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path, read: object) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert callable(read)
    with pytest.raises(OSError, match="not a regular file"):
        read(tmp_path / "pipe")


def test_a_hard_link_is_a_file(home: Home, tmp_path: Path) -> None:
    file = homes.star_file(tmp_path / "star.fits")
    (home.inbox / "star.fits").hardlink_to(file)
    assert _taken(home)[0] == {"star.fits"}
    assert list(find_files([home.inbox])) == [home.inbox / "star.fits"]
