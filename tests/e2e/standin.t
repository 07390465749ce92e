#!/usr/bin/python3
# Proves: with the stand-in in place of the kernel module, over real netlink sockets at full speed,
# the exporter delivers every event once or states the gap. This holds across an absent module,
# ENOBUFS, a history that is too small, unloading and loading, and a restart. It also proves that
# the stand-in's own counters are correct.
import time

import account
import stream
import testbed

OVERRUNS = 'faultcast_source_overruns_total{source="standin"}'
REFETCHES = 'faultcast_source_refetches_total{source="standin"}'
PAGE = 4096
TURN = 64  # DATAGRAMS_PER_TURN, exporter/feed/netlink.c


def everything(exporter, query="", encoding=stream.NDJSON):
    with stream.Stream(exporter.address, query, encoding) as client:
        return client.read_all()


def identified(exporter):
    source = exporter.json("/v1/status")["source"]
    return source["name"] == "standin" and "not from the kernel" in exporter.log()


def without_a_module(bed, standin, exporter):
    bed.wait(exporter.answers, "the exporter starts without a module")
    bed.tap.same(exporter.get("/-/ready"),
                 (503, "not ready: kernel module faultcast is not loaded\n"), "and says so")
    bed.tap.result(identified(exporter), "and that its events are a program's")
    standin.ask("load")
    bed.wait(exporter.is_ready, "it notices that a module was loaded")


def content_is_right(messages):
    """Checks the content of events: the address of an I/O page fault is its number in pages."""
    faults = [m for m in messages if "ioPageFault" in m.document()["event"]]
    return len(faults) > len(messages) / 2 and all(
        int(m.document()["event"]["ioPageFault"]["iova"]) == m.seq * PAGE for m in faults)


def live_events(bed, standin, exporter):
    clients = {encoding: stream.Stream(exporter.address, "follow=1", encoding)
               for encoding in stream.READERS}
    answer = standin.ask("publish 1000")
    read = {encoding: client.read_until(lambda m: m.seq == 1000, 20)
            for encoding, client in clients.items()}
    for encoding, client in clients.items():
        bed.tap.same(account.balance_of(read[encoding], answer), account.Balance(1000),
                     f"1000 events arrive live as {encoding}")
        client.cut()
    events = {encoding: [m for m in messages if m.body == "event"]
              for encoding, messages in read.items()}
    for encoding in (stream.NDJSON, stream.SSE):
        bed.tap.same([m.protobuf() for m in events[encoding]],
                     [m.protobuf() for m in events[stream.PROTOBUF]],
                     f"{encoding} says the same as protobuf")
    bed.tap.result(content_is_right(events[stream.NDJSON]), "each has the content of its number")
    bed.tap.same([m.document() for m in everything(exporter) if m.body == "event"],
                 [m.document() for m in events[stream.NDJSON]], "and so has what is read later")
    bed.tap.same((exporter.metric(OVERRUNS), exporter.metric(REFETCHES)), (0, 0),
                 "all of them by multicast")


def foreign_messages(bed, standin, exporter):
    """A program unknown to the exporter sends messages to the same multicast groups."""
    stranger = bed.start_standin()
    foreign = stranger.ask("load")["instance"]
    stranger.ask("publish 100")
    stranger.unload()
    head = standin.ask("publish 1")["head"]
    bed.wait(lambda: exporter.has(head), "an event arrives after a stranger's")
    read = everything(exporter)
    bed.tap.same((read[-1].seq, [m for m in read if m.instance == foreign]), (head, []),
                 "the loading, events and unloading of the foreign program are ignored")


def counters_are_true(bed, standin, exporter):
    standin.ask("suppress 0000:03:00.0 70")
    standin.ask("suppress platform/12340000.dma 3")
    standin.ask("lose 0000:04:00.1 5")
    # These events include one of each device, but none after the last suppression.
    standin.ask("publish 16")
    standin.ask("suppress 0000:03:00.0 4")
    standin.ask("lose 0000:04:00.1 6")
    answer = standin.ask("summarize")
    bed.wait(lambda: exporter.has(answer["head"]), "events after suppression arrive")
    read = everything(exporter)
    told = {}
    for event in (m.document()["event"] for m in read if m.body == "event"):
        before = (int(event["suppressedBefore"]), int(event["lostBefore"]))
        if any(before):
            told.setdefault(event["device"]["name"], []).append((*before, event["kind"]))
    bed.tap.same(told, {"0000:03:00.0": [(70, 0, "KIND_IO_PAGE_FAULT"), (4, 0, "KIND_SUPPRESSED")],
                        "0000:04:00.1": [(0, 5, "KIND_IO_PAGE_FAULT"), (0, 6, "KIND_SUPPRESSED")],
                        "platform/12340000.dma": [(3, 0, "KIND_IO_PAGE_FAULT")]},
                 "events and summaries report suppressed and lost faults, once")
    bed.tap.same(account.balance_of(read, answer),
                 account.Balance(answer["head"], summaries=2, suppressed=77, lost=11),
                 "gaps report them too")
    devices = standin.devices()
    seen = {device["address"]["name"]: tuple(int(device.get(key, 0)) for key in
                                             ("raised", "published", "suppressed", "lost"))
            for device in exporter.json("/v1/devices")["devices"]}
    bed.tap.same(seen, devices, "the exporter has the stand-in's counters")
    bed.tap.result(all(r == p + s + l for r, p, s, l in devices.values()), "they obey the law")
    bed.tap.same([sum(column) for column in zip(*devices.values())],
                 [answer[key] for key in ("raised", "published", "suppressed", "lost")],
                 "the devices add up to the totals")


def overrun(bed, standin):
    """With a small buffer and a paused reader, the kernel drops messages and reports ENOBUFS.
    EVENT_GET then returns all events."""
    standin.unload()
    standin.ask("load")
    exporter = bed.start_exporter(standin, "--netlink.rcvbuf=1")
    bed.wait(exporter.is_ready, "an exporter with a small buffer is ready")
    exporter.pause()
    answer = standin.ask("publish 10000")
    exporter.resume()
    bed.wait(lambda: exporter.has(10000), "it catches up with 10000 events it did not read")
    bed.tap.result(exporter.metric(OVERRUNS) > 0 and exporter.metric(REFETCHES) > 0,
                   "it was told ENOBUFS and has fetched")
    bed.tap.same(account.balance_of(everything(exporter), answer), account.Balance(10000),
                 "every event is there once, without a gap")
    standin.unload()
    return exporter


def held(standin, exporter):
    """Pauses the exporter. Returns how many messages of one event its buffer holds; the next is
    dropped."""
    exporter.pause()
    before, events = testbed.netlink_drops(), 0
    while testbed.netlink_drops() == before:
        standin.ask("publish 1")
        events += 1
    return events - 1


def overrun_of_one_turn(bed, standin):
    """ENOBUFS comes behind exactly as many messages as are read in one turn. Nothing wakes the
    exporter after that."""
    standin.ask("load")
    standin.ask("batch 1")
    rcvbuf, size = 30000, 400
    for _ in range(10):
        exporter = bed.start_exporter(standin, f"--netlink.rcvbuf={rcvbuf}")
        testbed.wait_for(exporter.is_ready)
        messages = held(standin, exporter)
        if messages == TURN - 1:
            break
        exporter.kill()
        rcvbuf += (TURN - 1 - messages) * size
    bed.tap.same(messages, TURN - 1, "a buffer holds what is read in one turn")
    exporter.resume()
    head = standin.ask("batch 0")["head"]
    bed.wait(lambda: exporter.has(head), "the messages that were dropped behind it are fetched")
    standin.unload()
    exporter.check_stop()


def small_history(bed, standin, exporter):
    standin.ask("load history=256")
    bed.wait(exporter.is_ready, "the module is there with a history of 256")
    standin.ask("publish 100")
    bed.wait(lambda: exporter.has(100), "100 events arrive")
    exporter.pause()
    answer = standin.ask("publish 10000")
    exporter.resume()
    bed.wait(lambda: exporter.has(10100), "it catches up with 10000 more")
    mine = [m for m in everything(exporter) if m.instance == answer["instance"]]
    gaps = [m for m in mine if m.body == "gap"]
    bed.tap.same([m.reason for m in gaps], ["GAP_REASON_HISTORY"], "there is one gap, because of the history")
    first, last = gaps[0].missing
    bed.tap.result(last >= 10100 - 256 and first > 100,
                   f"which is no larger than it must be: {first} to {last}")
    missing = last - first + 1
    bed.tap.same(account.balance_of(mine, answer), account.Balance(10100 - missing, stated=missing),
                 "received and missing are what was published")
    answer = standin.unload()
    exporter.check_stop()


def reload(bed, standin, exporter):
    old = standin.ask("load")
    bed.wait(exporter.is_ready, "a module is loaded")
    with stream.Stream(exporter.address, "after=latest&follow=1") as client:
        client.read_until(lambda m: m.body == "heartbeat", 10)
        standin.ask("publish 50")
        old = standin.unload()
        new = standin.ask("load")
        standin.ask("publish 20")
        read = client.read_until(lambda m: m.instance == new["instance"] and m.seq == 20, 20)
    gaps = [m for m in read if m.body == "gap"]
    bed.tap.same([(m.reason, m.missing, m.cursor) for m in gaps],
                 [("GAP_REASON_UNLOADED", None, f"{old['instance']}.50.{stream.SUB_END}")],
                 "an unload is a gap of unknown size behind the last event")
    bed.tap.same((account.balance_of(read, old), account.balance_of(read, {**new, "head": 20})),
                 (account.Balance(50, unknown=1), account.Balance(20)), "the events of both instances are there")


def reload_unnoticed(bed, standin, exporter):
    """The module is loaded twice while the exporter is paused. The exporter reports the end of the
    first instance when the last one is present."""
    old = standin.ask("status")
    exporter.pause()
    standin.unload()
    standin.ask("load")
    standin.unload()
    new = standin.ask("load")
    standin.ask("publish 5")
    exporter.resume()
    bed.wait(lambda: exporter.cursor() == (new["instance"], 5, 0), "it sees the last of two loads")
    answer = standin.ask("publish 5")
    bed.wait(lambda: exporter.cursor() == (new["instance"], 10, 0), "it receives the events of the last one")
    read = everything(exporter)
    bed.tap.same([m.cursor for m in read if m.body == "gap"][-1:], [f"{old['instance']}.{old['head']}.{stream.SUB_END}"],
                 "the stream has the end of the first instance")
    bed.tap.same(account.balance_of(read, answer), account.Balance(10), "the last instance has not ended")


def reload_between_questions(bed, standin, exporter):
    """The exporter keeps its socket for requests, although the family's number changes."""
    with stream.Stream(exporter.address, "after=latest&follow=1") as client:
        client.read_until(lambda m: m.body == "heartbeat", 10)
        # Health sends requests too, at most one a second: one now, and the next after the test's
        # own.
        time.sleep(1.1)
        standin.ask("publish 1")
        client.read_until(lambda m: m.body == "event", 10)
        exporter.json("/v1/status")
        standin.unload()
        new = standin.ask("load")
        client.read_until(lambda m: m.body == "gap", 10)
        bed.wait(exporter.is_ready, "a module is loaded again, before any request to it")
    bed.tap.same(exporter.json("/v1/status").get("module", {}).get("instance"), str(int(new["instance"], 16)),
                 "the first question is answered")


def restart(bed, standin, exporter):
    """The exporter is killed while it streams. A client that resumes misses nothing."""
    books = account.Account()
    standin.ask("background 5000")
    with stream.Stream(exporter.address, "after=latest&follow=1", stream.PROTOBUF) as client:
        start = client.read_until(lambda m: m.body == "heartbeat", 10)[-1]
        for message in client.read_until(lambda m: m.body == "event", 10):
            books.take(message)
        exporter.kill()
        for message in client.read_until(lambda m: False, 10):
            books.take(message)
    again = bed.start_exporter(standin)
    bed.wait(again.is_ready, "the exporter that was killed is back")
    answer = standin.ask("stop")
    books.reconnected()
    with stream.Stream(again.address, f"follow=1&after={books.cursor}", stream.PROTOBUF) as client:
        for message in client.read_until(lambda m: m.seq == answer["head"], 20):
            books.take(message)
    first = int(start.cursor.split(".")[1]) + 1
    result = books.of(answer["instance"], answer["head"], first)
    bed.tap.same(result, account.Balance(answer["head"] - first + 1),
                 f"both connections together have all of {first} to {answer['head']} once")
    return again


def negative_control(bed, standin, exporter):
    """This test comes last, because it makes the counters wrong."""
    before = standin.ask("status")
    answer = standin.ask("drop")
    standin.ask("publish 1")
    status = exporter.json("/v1/status")["module"]
    bed.tap.same((answer["published"] - before["published"], int(status["head"])),
                 (1, answer["head"] + 1), "a dropped event counts and has no number")
    bed.tap.result(int(status["published"]) + int(status.get("summaries", 0)) == int(status["head"]) + 1,
                   "so that published and received differ by one")


def speed(bed, standin):
    standin.ask("load")
    start = time.monotonic()
    standin.ask("publish 1000000")
    rate = 1000000 / (time.monotonic() - start)
    bed.tap.diag(f"{rate:.0f} events/s published while nobody listens")
    standin.unload()


def test(bed):
    standin = bed.start_standin()
    speed(bed, standin)
    exporter = bed.start_exporter(standin)
    without_a_module(bed, standin, exporter)
    live_events(bed, standin, exporter)
    foreign_messages(bed, standin, exporter)
    counters_are_true(bed, standin, exporter)
    small = overrun(bed, standin)
    small_history(bed, standin, small)
    overrun_of_one_turn(bed, standin)
    reload(bed, standin, exporter)
    reload_unnoticed(bed, standin, exporter)
    reload_between_questions(bed, standin, exporter)
    exporter = restart(bed, standin, exporter)
    negative_control(bed, standin, exporter)


if __name__ == "__main__":
    testbed.run(test, seconds=180)
