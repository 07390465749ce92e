#!/usr/bin/python3
# Proves: a module that lies cannot hide other devices from /metrics, hold up scrapes or events, or
# make the exporter ask again and again. Each contradiction is counted, and readers of the stream are
# told a gap for everything that does not follow.
import collections
import time

import stream
import testbed
from liar import DEVICE_GET, EVENT_GET, STATUS_GET, Liar, counter, device, nest, text, u32, u64

MALFORMED = 'faultcast_source_malformed_total{source="standin"}'
FAULTS = 'faultcast_io_page_faults_total{device="%s",access="read"}'


def begin(bed, **members):
    liar = Liar()
    vars(liar).update(members)
    return liar, bed.start_exporter(liar)


def told(exporter, query=""):
    """[instance.seq, or (reason, from, to)] of what a client receives."""
    with stream.Stream(exporter.address, query, stream.NDJSON) as client:
        return [f"{m.instance}.{m.seq}" if m.body == "event" else (m.reason, *(m.missing or ()))
                for m in client.read_all() if m.body in ("event", "gap")]


def devices(bed):
    liar, exporter = begin(bed)
    bed.wait(exporter.is_ready, "an exporter whose module lies is ready")
    liar.devices = [
        device(1, bdf=0x300, faults=5), device(2, bdf=0x400, faults=6),
        u64(8, 1),                                              # no slot
        device(3, bdf=0x500) + nest(7, u32(4, 1)),              # a counter of the wrong size
        device(4, bdf=0x600) + b"\xff\x00\x02\x00",             # an attribute that is longer than the message
        device(5, bdf=0x300, faults=1000),                      # again
        device(6, bdf=0x10400, faults=1000),                    # no requester id
        device(7, name="0000:04:00.0", faults=1000), device(8, name="overflow"), device(9, name=""),
        device(10, name="platform/\x1b[2J\xff", faults=7), device(11, bdf=0x700, faults=8) + counter(2**64 - 1),
    ]
    status, page = exporter.get("/metrics")
    series = collections.Counter(line.rpartition(" ")[0] for line in page.splitlines() if line and line[0] != "#")
    bed.tap.same((status, [name for name, times in series.items() if times > 1]), (200, []), "no series comes twice")
    values = [exporter.metric(FAULTS % name) for name in ("0000:03:00.0", "0000:04:00.0", "platform/?[2J\u00ff")]
    bed.tap.same(values, [5, 6, 7], "malformed and repeated devices hide no other")
    bed.tap.result(exporter.metric(MALFORMED) >= 6, "they are counted")
    liar.endless = {DEVICE_GET}
    begun = time.monotonic()
    bed.tap.result(exporter.get("/metrics", seconds=60)[0] and time.monotonic() - begun < 50,
                   f"a dump without end ends: {time.monotonic() - begun:.0f} s")
    liar.endless = set()
    liar.mute = {DEVICE_GET}
    begun = time.monotonic()
    bed.tap.result(exporter.get("/metrics", seconds=60)[0] and time.monotonic() - begun < 50,
                   f"a scrape does not wait for a module that does not answer: {time.monotonic() - begun:.0f} s")
    liar.mute = set()
    bed.wait(lambda: exporter.metric(FAULTS % "0000:03:00.0") == 5, "afterwards all is well")


def backwards(bed):
    liar, exporter = begin(bed)
    bed.wait(exporter.is_ready, "another exporter is ready")
    liar.publish(10)
    bed.wait(lambda: exporter.cursor()[:2] == ("abc", 10), "it has 10 events")
    # The module was loaded again, and nobody said so. Its instance is the same.
    liar.head = liar.tail = 0
    liar.events = {}
    until = time.monotonic() + 60
    while exporter.cursor()[0] == "abc" and time.monotonic() < until:
        liar.publish(1)
        time.sleep(0.3)
    bed.wait(lambda: exporter.cursor()[1] == liar.head, "it notices that sequence numbers begin anew")
    now = exporter.cursor()[0]
    bed.tap.same(told(exporter), [f"abc.{n}" for n in range(1, 11)] + [("GAP_REASON_UNLOADED",)] +
                 [f"{now}.{n}" for n in range(1, liar.head + 1)], "a gap, and each event once under its own cursor")
    bed.tap.same(told(exporter, "after=abc.9.0")[:2], ["abc.10", ("GAP_REASON_UNLOADED",)], "old cursors stay valid")
    liar.publish(5)
    bed.wait(lambda: exporter.cursor()[:2] == (now, liar.head), "later events have the new number too")
    # Another instance, without notice.
    liar.instance, liar.head, liar.tail, liar.events = 0xdef, 0, 0, {}
    liar.publish(3)
    bed.wait(lambda: exporter.cursor()[:2] == ("def", 3), "it notices another instance")
    bed.tap.same(told(exporter)[-4:], [("GAP_REASON_UNLOADED",), "def.1", "def.2", "def.3"], "with a gap")
    bed.tap.result(exporter.metric(MALFORMED) > 1, "both are counted")


def withheld(bed):
    liar, exporter = begin(bed, head=100, tail=1)
    bed.wait(exporter.is_ready, "an exporter of a module without its events is ready")
    bed.tap.same(told(exporter, "after=abc.0.0"), [("GAP_REASON_HISTORY", 1, 100)], "published = received + gaps")
    bed.tap.result(exporter.metric(MALFORMED) > 0, "this is counted")
    liar.publish(1)
    bed.wait(lambda: exporter.has(101), "later events come")
    # An event far ahead that the module neither has nor has published.
    asked = liar.requests[STATUS_GET] + liar.requests[EVENT_GET]
    until = time.monotonic() + 3
    while time.monotonic() < until:
        liar.send(liar.event(10**9))
        time.sleep(0.01)
    asked = liar.requests[STATUS_GET] + liar.requests[EVENT_GET] - asked
    bed.tap.result(asked < 30, f"hundreds of events that do not exist make it ask {asked} times")
    liar.publish(3)
    bed.wait(lambda: exporter.has(104), "the events that exist come")


def no_answers(bed, liar, exporter):
    bed.wait(exporter.answers, "an exporter of a silent module serves")
    bed.wait(lambda: "feed netlink is down" in exporter.log(), "a module that does not answer is given up", 60)
    liar.mute = set()
    liar.publish(5)
    bed.wait(exporter.is_ready, "and asked again later", 60)
    bed.wait(lambda: exporter.has(5), "it has the events", 60)
    liar.mute = {EVENT_GET}
    liar.head += 100
    liar.publish(1)
    bed.wait(lambda: not exporter.json("/v1/status")["source"].get("up"), "it does not wait for ever for a dump", 60)
    liar.mute = set()
    bed.wait(lambda: exporter.has(106), "it recovers", 60)
    bed.tap.same(told(exporter, "after=abc.5.0"), [("GAP_REASON_HISTORY", 6, 106)], "what it never sent is a gap")
    liar.status = text(3, "no instance")
    asked = liar.requests[STATUS_GET]
    liar.send(liar.event(3), instance=0x123)
    time.sleep(4)
    asked = liar.requests[STATUS_GET] - asked
    bed.tap.result(asked < 10, f"malformed answers are asked for {asked} times in 4 s")


def test(bed):
    silent = begin(bed, mute={STATUS_GET})
    devices(bed)
    backwards(bed)
    withheld(bed)
    no_answers(bed, *silent)


if __name__ == "__main__":
    testbed.run(test, seconds=300)
