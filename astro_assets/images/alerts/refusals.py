"""Why something of a file of alerts cannot be used: the codes, and what each means."""

from __future__ import annotations

from typing import Final

#: Every value of ``reason_code`` in ``alerts``, with its meaning.
REASONS: Final = {
    "alerts_unreadable": "A file that seems to hold alerts holds none that can be read.",
    "packet_unreadable": "A packet of a file of alerts cannot be read; the others of the file are.",
    "too_many_packets": "A file holds more packets than are read of one; those before are.",
}
