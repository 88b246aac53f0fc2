#!/usr/bin/env python3
"""Writes tests/golden/events.tfevents with TensorBoard's own protocol buffers and record writer.

tests/storage/event_file_test.cpp makes the same events. Needs tensorboard. Usage: events.py OUTPUT
"""
import sys

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter


def main() -> None:
    histogram = summary_pb2.HistogramProto(
        min=-2.5, max=3.0, num=7, sum=4.25, sum_squares=20.0625, bucket_limit=[-2.0, 0.0, 1e-3, 4.0], bucket=[1, 0, 2, 4])
    scalars = [summary_pb2.Summary.Value(tag=tag, simple_value=value)
               for tag, value in (("train/loss", 3.25), ("train/lr", 1e-4), ("train/zero", 0.0))]
    events = [
        event_pb2.Event(wall_time=1.7e9, file_version="brain.Event:2"),
        event_pb2.Event(wall_time=1.7e9, step=301, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START)),
        event_pb2.Event(wall_time=1.7e9 + 0.5, step=1 << 40, summary=summary_pb2.Summary(value=scalars)),
        event_pb2.Event(wall_time=1.7e9 + 1, step=0, summary=summary_pb2.Summary(
            value=[summary_pb2.Summary.Value(tag="gradient/decoder.weight", histo=histogram)])),
    ]
    with open(sys.argv[1], "wb") as file:
        writer = RecordWriter(file)
        for event in events:
            writer.write(event.SerializeToString(deterministic=True))
        writer.close()


if __name__ == "__main__":
    main()
