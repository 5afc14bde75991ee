"""What TensorBoard reads from an event file that `wattle train --events` could have written.

Prints, by tag, the wall time, step and value of every scalar. See README.md."""

import json
import pathlib

from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

here = pathlib.Path(__file__).parent
scalars: dict[str, list[list[float]]] = {}
versions = []
for event in LegacyEventFileLoader(str(here / "events.out.tfevents.1700000000.wattle")).Load():
    if event.HasField("file_version"):
        versions.append(event.file_version)
    for value in event.summary.value:
        scalars.setdefault(value.tag, []).append([event.wall_time, event.step, value.simple_value])
assert versions == ["brain.Event:2"], versions
(here / "scalars.json").write_text(json.dumps(scalars, indent=1, sort_keys=True) + "\n")
