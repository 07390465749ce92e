#!/usr/bin/python3
# Proves: every event is in the store once, although the kernel's history is longer than the window,
# and although the exporter is killed while events come. Events that cannot be stored are counted.
import os
import random
import sqlite3
import time

import testbed

KILLS = 5
HISTORY = 100000


def output(exporter, what):
    return exporter.metric(f'faultcast_output_{what}{{output="store"}}')


def is_all_stored(exporter, head):
    return exporter.has(head) and output(exporter, "lag_events") == 0


# Without the entries that the exporter itself adds.
EVENTS = "SELECT count(*), count(DISTINCT seq), min(seq), max(seq) FROM event WHERE sub = 0"


def stored(path, query=EVENTS):
    with sqlite3.connect(path) as db:
        row = db.execute(query).fetchone()
    db.close()
    return row


def longer_than_the_window(bed, standin, path):
    standin.ask(f"load history={HISTORY}")
    head = standin.ask("publish 60000")["head"]
    exporter = bed.start_exporter(standin, f"--storage.path={path}")
    bed.wait(exporter.is_ready, "an exporter starts behind a long history", 60)
    bed.wait(lambda: is_all_stored(exporter, head), "and stores it", 60)
    bed.tap.same((output(exporter, "received_total"), output(exporter, "sent_total"),
                  output(exporter, "dropped_total")), (head, head, 0), "without losing any")
    bed.tap.same((exporter.metric("faultcast_store_up"),
                  exporter.metric("faultcast_store_errors_total"),
                  exporter.metric('faultcast_events_lost_total{stage="store"}')), (1, 0, 0),
                 "and says so")
    bed.wait(lambda: exporter.metric("faultcast_store_bytes") > 1000000, "it tells its size")
    bed.tap.result(exporter.metric("faultcast_store_oldest_timestamp_seconds") > 0, "and its age")
    exporter.check_stop()
    bed.tap.same(stored(path), (head, head, 1, head), "all events are in the file")


def killed_while_storing(bed, standin, path):
    chance = random.Random(1)
    standin.ask("background 5000")
    for _ in range(KILLS):
        exporter = bed.start_exporter(standin, f"--storage.path={path}")
        testbed.wait_for(exporter.is_ready, 60)
        time.sleep(chance.uniform(0.1, 0.7))
        exporter.kill()
    exporter = bed.start_exporter(standin, f"--storage.path={path}")
    testbed.wait_for(exporter.is_ready, 60)
    standin.ask("stop")
    head = standin.ask("status")["head"]
    bed.wait(lambda: is_all_stored(exporter, head), f"killed {KILLS} times, it stores what is left", 60)
    exporter.check_stop()
    bed.tap.same(stored(path), (head, head, 1, head), "each event is there once")
    bed.tap.same(stored(path, "PRAGMA integrity_check"), ("ok",), "the file is intact")


def no_room(bed, standin, path):
    os.mkdir(path)  # a directory at the path of the file
    exporter = bed.start_exporter(standin, f"--storage.path={path}")
    bed.wait(exporter.is_ready, "without a usable path it serves all the same", 60)
    head = standin.ask("publish 30000")["head"]
    bed.wait(lambda: exporter.has(head), "the exporter receives events")
    bed.tap.same(exporter.metric("faultcast_store_up"), 0, "the store is down")
    bed.tap.result(exporter.metric('faultcast_events_lost_total{stage="store"}') > 10000,
                   "events that it cannot store are counted")
    os.rmdir(path)
    bed.wait(lambda: output(exporter, "lag_events") == 0, "it recovers by itself", 60)
    counts = [output(exporter, f"{what}_total") for what in ("received", "sent", "dropped")]
    bed.tap.same(counts[0], counts[1] + counts[2], "received = stored + dropped")
    exporter.check_stop()
    bed.tap.same(stored(path)[0], counts[1], "stored is what is there")


def test(bed):
    standin = bed.start_standin()
    path = os.path.join(bed.dir, "events")
    longer_than_the_window(bed, standin, path)
    killed_while_storing(bed, standin, path)
    no_room(bed, standin, path + "-2")


if __name__ == "__main__":
    testbed.run(test, seconds=240)
