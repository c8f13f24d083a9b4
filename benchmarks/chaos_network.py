"""A network that is cut between a run and the object store which holds its tables, at random moments."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaos_homes import Ground, Trial, differences, make_toy, rows_of
from chaos_kills import PATIENCE_S, has_ended_well, moment_in, running

from astro_assets.ledger.home import Home
from astro_assets.ledger.home_verification import verify_home
from astro_assets.ledger.variables import environment
from astro_assets_tests.object_store import ObjectStoreServer, Wire, new_url, served

#: How long the wire is cut, in seconds: a run waits 20 s for its store.
_CUTS_S = (0.5, 5.0, 45.0)


@dataclass
class Remote:
    """Homes of the toy wing whose tables are in an object store."""

    folder: Path
    server: ObjectStoreServer
    ground: Ground

    def cut(self, rng: random.Random) -> Trial:
        """Cut the network while a run works, mend it, and run the same command again."""
        while True:
            root = self.folder / "home"
            shutil.rmtree(root, ignore_errors=True)
            with environment({**self.server.variables(), "ASTRO_ASSETS_STORE": new_url()}):
                home = make_toy(root).home
                moment, cut = moment_in(rng, self.ground, "changed"), rng.choice(_CUTS_S)
                trial = Trial("the network is cut", f"{moment:.2f} s, for {cut:g} s")
                with Wire(self.server.port) as wire:
                    variables, log = self.server.variables(wire.address), self.folder / "log"
                    with running(self.ground.command(home), log, **variables) as process:
                        time.sleep(moment)
                        if has_ended_well(process, log):
                            self.ground.seconds["changed"] = min(self.ground.seconds["changed"], moment)
                            continue
                        wire.cut()
                        time.sleep(cut)
                        wire.mend()
                        code = process.wait(timeout=PATIENCE_S)
                trial.moment += ", went on" if code == 0 else ", failed"
                if code and "s3://" not in log.read_text(errors="replace"):
                    trial.problems.append(f"it does not name the store: {log.read_text()[-600:]}")
                return self._judged(trial, home)

    def _judged(self, trial: Trial, home: Home) -> Trial:
        self.ground.again(trial, home)
        ledger = self.ground.ledger(home)
        found = differences(rows_of(ledger), self.ground.expected["changed"])
        trial.problems += [*found, *(str(finding) for finding in verify_home(ledger)[1])]
        trial.is_identical = not found
        return trial


@contextmanager
def remote(folder: Path, ground: Ground) -> Iterator[Remote]:
    """Serve an object store for the block; an undisturbed run with it takes its own time."""
    folder.mkdir(parents=True)
    with served() as server:
        with environment({**server.variables(), "ASTRO_ASSETS_STORE": new_url()}):
            home = make_toy(folder / "home").home
            began = time.monotonic()
            ground.again(Trial("", ""), home)
        seconds = {"changed": time.monotonic() - began}
        yield Remote(folder, server, Ground(ground.folder, ground.expected, seconds, is_toy=True))
