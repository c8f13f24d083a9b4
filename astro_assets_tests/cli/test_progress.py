"""How far work is, in a log where no bar can move."""

import io

from rich.console import Console

from astro_assets.cli.progress import lines_told


def test_a_log_is_told_each_time_that_is_due():
    log = io.StringIO()
    tell = lines_told(Console(file=log), every_s=0)
    tell("xray autoencoder: epoch", 3, 20)
    tell("[b]", 1, 2)
    assert log.getvalue().splitlines() == [
        "xray autoencoder: epoch: 3 of 20 after 0 s",
        "[b]: 1 of 2 after 0 s",
    ]


def test_a_short_work_is_not_told_step_by_step():
    log = io.StringIO()
    tell = lines_told(Console(file=log), every_s=3600)
    for done in range(9):
        tell("stars", done, 9)
    assert not log.getvalue()


def test_where_a_bar_moves_nothing_is_told():
    terminal = io.StringIO()
    lines_told(Console(file=terminal, force_terminal=True), every_s=0)("stars", 1, 9)
    assert not terminal.getvalue()
