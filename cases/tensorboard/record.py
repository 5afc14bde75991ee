"""An event file as `wattle train --events` writes it, put together here by other code, and what TensorBoard reads from it.

Writes the file, and by tag the wall time, step and value of every scalar. See README.md."""

import json
import pathlib

from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

START = 1_700_000_000.25
file = pathlib.Path(__file__).parent / "events.out.tfevents.1700000000.wattle"
with file.open("wb") as stream:
    writer = RecordWriter(stream)
    writer.write(Event(wall_time=START, file_version="brain.Event:2").SerializeToString())
    for step, value in [(1, 0.5), (300, -1.25), (70_000, 3.0e-5)]:
        event = Event(wall_time=START + step, step=step)
        event.summary.value.add(tag="training/loss", simple_value=value)
        event.summary.value.add(tag="speed/updates_per_second", simple_value=2 * value + 1e4)
        writer.write(event.SerializeToString())

scalars: dict[str, list[list[float]]] = {}
for event in LegacyEventFileLoader(str(file)).Load():
    for value in event.summary.value:
        scalars.setdefault(value.tag, []).append([event.wall_time, event.step, value.simple_value])
file.with_name("scalars.json").write_text(json.dumps(scalars, indent=1, sort_keys=True) + "\n")
