"""What TensorBoard's own reader finds in a folder: {tag: [[step, value, wall time], ...]} as JSON.

Usage: tensorboard_events.py FOLDER
"""
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

accumulator = EventAccumulator(sys.argv[1])
accumulator.Reload()
tags = accumulator.Tags()["scalars"]
print(json.dumps({tag: [[e.step, e.value, e.wall_time] for e in accumulator.Scalars(tag)] for tag in tags}))
