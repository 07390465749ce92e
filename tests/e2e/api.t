#!/usr/bin/python3
# Proves: /v1/events does what docs/http-api.md and proto/README.md say: encodings by Accept, resumption, filters,
# limits and times, and clear refusals. The unix socket serves only the users that it is meant for.
# A slow client is told what it missed and delays no other client.
import http.client
import os
import select
import socket
import subprocess
import time

import account
import stream
import testbed

NOBODY = 65534


def refused(exporter, query, encoding=stream.NDJSON, headers=()):
    """The status and text of an answer that is not 200."""
    try:
        with stream.Stream(exporter.address, query, encoding, headers=headers):
            return "200"
    except testbed.Error as error:
        return str(error).removeprefix("HTTP/1.1 ").strip()


def events(exporter, query="", encoding=stream.NDJSON, headers=()):
    with stream.Stream(exporter.address, query, encoding, headers=headers) as client:
        return client.read_all()


def seqs(messages):
    return [m.seq for m in messages if m.body == "event"]


def refusals(bed, exporter):
    for query, words in (
            ("after=xyz", ["after=xyz", "cursor"]), ("follow=2", ["follow=2", "0 or 1"]),
            ("limit=0", ["limit=0"]), ("limit=-1", ["limit=-1"]),
            ("device=03:00", ["device=03:00"]), ("kind=dma", ["kind=dma", "io_page_fault"]),
            ("since=yesterday", ["since=yesterday"]), ("until=5m&follow=1", ["until", "follow"]),
            ("since=1m&until=2m", ["since", "until"]), ("color=red", ["color", "after"])):
        answer = refused(exporter, query)
        bed.tap.result(answer.startswith("400 ") and all(word in answer for word in words),
                       f"{query} is refused: {answer.partition(': ')[2]}")
    answer = refused(exporter, "", headers=["Last-Event-ID: 17"])
    bed.tap.result(answer.startswith("400 ") and "Last-Event-ID" in answer,
                   "a Last-Event-ID that is no cursor is refused")
    status, text = exporter.get("/v1/events", accept="text/html")
    bed.tap.result(status == 406 and stream.SSE in text, "an unknown encoding gets 406 and the list of known ones")


def encodings(bed, exporter):
    for accept, encoding in (
            ("*/*", stream.NDJSON), ("text/*", stream.SSE),
            ("application/x-ndjson;q=0.1, application/x-protobuf", stream.PROTOBUF),
            ("text/html, text/event-stream;q=0.9, */*;q=0.1", stream.SSE)):
        connection = http.client.HTTPConnection(*exporter.address, timeout=10)
        connection.request("GET", "/v1/events?limit=1", headers={"Accept": accept})
        response = connection.getresponse()
        bed.tap.same((response.status, response.headers["Content-Type"],
                      response.headers["Cache-Control"], response.headers["Content-Encoding"]),
                     (200, encoding, "no-store", None), f"Accept: {accept} gets {encoding}")
        connection.close()


def selection(bed, standin, exporter):
    every = events(exporter)
    bed.tap.same(seqs(every), list(range(1, 1001)), "without parameters everything retained is sent")
    documents = {m.seq: m.document()["event"] for m in every if m.body == "event"}
    device = documents[1]["device"]["name"]
    wanted = [seq for seq, ev in documents.items() if ev["device"]["name"] == device]
    bed.tap.same(seqs(events(exporter, f"device={device}")), wanted, f"device={device}")
    bed.tap.result(0 < len(wanted) < 1000, "the filter passes at least one event")
    other = next(ev["device"]["name"] for ev in documents.values() if ev["device"]["name"] != device)
    wanted = [seq for seq, ev in documents.items() if ev["device"]["name"] in (device, other)]
    bed.tap.same(seqs(events(exporter, f"device={device}&device={other}")), wanted, "two devices")
    wanted = [seq for seq, ev in documents.items() if ev["kind"] in ("KIND_AER", "KIND_HOTPLUG")]
    bed.tap.same(seqs(events(exporter, "kind=aer,hotplug")), wanted, "kind=aer,hotplug")
    bed.tap.same(seqs(events(exporter, "kind=aer&limit=2")), seqs(events(exporter, "kind=aer"))[:2],
                 "limit= counts what passes the filter")
    bed.tap.same(seqs(events(exporter, f"after={every[499].cursor}")), list(range(501, 1001)), "after=")
    bed.tap.same(seqs(events(exporter, f"after={every[499].cursor}", stream.SSE,
                             headers=["Last-Event-ID: " + every[899].cursor])),
                 list(range(901, 1001)), "Last-Event-ID wins over after=")
    bed.tap.same(seqs(events(exporter, "after=latest")), [], "after=latest sends no earlier event")
    at = int(documents[400]["realtimeNs"])
    since = f"{at // 10**9}.{at % 10**9:09}"
    wanted = [seq for seq, ev in documents.items() if at <= int(ev["realtimeNs"])]
    bed.tap.same(seqs(events(exporter, f"since={since}")), wanted, "since= to the nanosecond")
    bed.tap.same(seqs(events(exporter, f"until={since}")),
                 [seq for seq in documents if seq not in wanted], "until= is the rest")
    bed.tap.same((seqs(events(exporter, "since=1h")), seqs(events(exporter, "until=1h"))),
                 (list(range(1, 1001)), []), "since=1h, until=1h")
    standin.ask("step 7200")
    standin.ask("publish 5")
    bed.wait(lambda: exporter.has(1005), "events of a clock that was set forward arrive")
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    bed.tap.same(seqs(events(exporter, f"since={soon}")), list(range(1001, 1006)), f"since={soon}")
    standin.ask("step -7200")


def browser(bed, standin, exporter):
    with stream.Stream(exporter.address, "follow=1&after=latest", stream.SSE) as client:
        head = standin.ask("publish 10")["head"]
        client.read_until(lambda m: m.seq == head, 10)
        bed.tap.same(client.reader.retry, 2000, "a browser is told when to come back")
        last = client.reader.last_id
        client.cut()
    standin.ask("publish 10")
    again = events(exporter, "after=latest", stream.SSE, headers=["Last-Event-ID: " + last])
    bed.tap.same(seqs(again), list(range(head + 1, head + 11)), "a browser that reconnects continues where it was")


def unpublished(bed, standin, exporter):
    device = next(iter(standin.devices()))
    before = standin.ask("status")["head"]
    standin.ask(f"suppress {device} 12")
    standin.ask(f"lose {device} 3")
    answer = standin.ask("publish 100")
    bed.wait(lambda: exporter.has(answer["head"]), "events after suppressed and lost faults arrive")
    balance = account.balance_of(events(exporter, f"after={answer['instance']}.{before}.0"), answer)
    bed.tap.same((balance.suppressed, balance.lost), (12, 3), "gaps report suppressed and lost faults, once each")
    gaps = [m for m in events(exporter, f"device={device}&kind=link&after={answer['instance']}.{before}.0")
            if m.body == "gap"]
    bed.tap.same(sum(gap.unpublished for gap in gaps), 15, "they are sent even to a client that asks only for another kind")


def local_clients(bed, exporter, path):
    bed.tap.same(os.stat(path).st_mode & 0o777, 0o660, "the unix socket is its group's")
    with stream.Stream(path, "limit=3", stream.PROTOBUF) as client:
        bed.tap.same(seqs(client.read_all()), [1, 2, 3], "the unix socket serves the same events")
    os.chmod(path, 0o666)
    os.chmod(bed.dir, 0o711)
    command = ["curl", "-s", "-w", "%{http_code}", "--unix-socket", path,
               "http://localhost/v1/events?limit=1"]
    if os.geteuid() or os.stat("/proc/self/ns/user").st_ino != os.stat("/proc/1/ns/user").st_ino:
        bed.tap.diag("skipped: only root can be somebody else")
        return
    stranger = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                               *command], capture_output=True, text=True, timeout=20, check=False)
    bed.tap.result(stranger.stdout.endswith("403") and str(NOBODY) in stranger.stdout,
                   f"not to a stranger: {stranger.stdout}")
    member = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--groups=0",
                             *command], capture_output=True, text=True, timeout=20, check=False)
    bed.tap.result(member.stdout.endswith("200"), "a member of its group by supplementary groups may use it")


def slow_clients(bed, standin, exporter, path):
    """Slow clients read a little now and then, while another client reads everything.

    Clients that read nothing at all would not do. TCP asks them less and less often whether they
    have room again, and the exporter ends a connection after a minute without progress.
    """
    head = standin.ask("status")["head"]
    slow = {stream.Stream(address, "follow=1&after=latest", encoding): []
            for encoding in stream.READERS for address in (exporter.address, path)}
    with stream.Stream(exporter.address, "follow=1&after=latest", stream.PROTOBUF) as fast:
        read = []
        standin.start("publish 60000 10000")
        sipped = time.monotonic()
        while not has_all(fast, read, head):
            read += fast.read(0.1)
            if time.monotonic() > sipped + 0.2:
                sipped = time.monotonic()
                for client, messages in slow.items():
                    messages += client.read(size=1000)
        answer = standin.answer()
    balance = account.balance_of(read, answer)
    bed.tap.same((balance.received, balance.stated), (60000, 0), "a fast client has all of 60000 events")
    while not all(has_all(client, messages, head) for client, messages in slow.items()):
        for client in select.select(slow, [], [], 1)[0]:
            slow[client] += client.read()
    for client, messages in slow.items():
        balance = account.balance_of(messages, answer)
        reasons = {m.reason for m in messages if m.missing}
        bed.tap.same((balance.received + balance.stated, reasons), (60000, {"GAP_REASON_TOO_SLOW"}),
                     f"a slow one is told of the {balance.stated} that it missed")
        client.cut()
    bed.tap.same(exporter.metric('faultcast_source_overruns_total{source="standin"}'), 0,
                 "the netlink socket was read meanwhile")
    bed.tap.result(exporter.metric('faultcast_events_lost_total{stage="stream"}') > 0, "it is counted")


def has_all(client, messages, head):
    """Whether @client has read everything after event @head."""
    return client.finished or any(m.seq == head + 60000 for m in messages[-1000:])


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    path = os.path.join(bed.dir, "exporter.sock")
    exporter = bed.start_exporter(standin, "--web.unix-socket=" + path)
    bed.wait(exporter.is_ready, "the exporter is ready")
    standin.ask("publish 1000 100000")
    bed.wait(lambda: exporter.has(1000), "and has 1000 events")
    refusals(bed, exporter)
    encodings(bed, exporter)
    selection(bed, standin, exporter)
    browser(bed, standin, exporter)
    unpublished(bed, standin, exporter)
    local_clients(bed, exporter, path)
    slow_clients(bed, standin, exporter, path)
    exporter.check_stop()
    bed.tap.result(not os.path.exists(path), "its socket is gone")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    exporter = bed.start_exporter(standin, "--web.unix-socket=" + path)
    bed.wait(exporter.is_ready, "a socket that a killed exporter has left is replaced")


if __name__ == "__main__":
    testbed.run(test, seconds=300)
