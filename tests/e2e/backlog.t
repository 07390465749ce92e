#!/usr/bin/python3
# Proves: a client that asks for more than the window holds is served from the store, and continues
# in the window without a gap or duplicate. This holds after a restart, across instances of the
# module, with filters, and for a client that was too slow. Events that neither has are stated as a
# gap. faultcastctl events shows the same.
import json
import os
import subprocess

import account
import stream
import testbed

STEP = 5000


def read(exporter, query=""):
    with stream.Stream(exporter.address, query, stream.PROTOBUF) as client:
        return client.read_all()


def all_of(count):
    return account.Balance(count)


def stored(exporter, count):
    return exporter.metric('faultcast_output_sent_total{output="store"}') == count


def ctl(exporter, *flags):
    program = os.path.join(testbed.BUILD, "san/faultcastctl")
    done = subprocess.run([program, "events", f"--exporter=http://127.0.0.1:{exporter.address[1]}", *flags],
                          capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout, done.stderr


def publish(bed, standin, exporter, count, name):
    """Publishes no faster than the store can write on a busy machine."""
    for _ in range(count // STEP):
        head = standin.ask(f"publish {STEP}")["head"]
        if not testbed.wait_for(lambda head=head: stored(exporter, head), 60):
            break
    answer = standin.ask("status")
    bed.tap.result(stored(exporter, answer["head"]), name)
    return answer


def beyond_the_window(bed, standin, exporter):
    answer = publish(bed, standin, exporter, 50000, "50000 events are stored")
    bed.tap.same(account.balance_of(read(exporter), answer), all_of(50000), "all of them can be read")
    messages = read(exporter, f"after={answer['instance']}.12345.0")
    bed.tap.same([m.seq for m in messages if m.body == "event"], list(range(12346, 50001)),
                 "the events after a cursor can be read")
    devices = standin.devices()
    name, counts = max(devices.items(), key=lambda item: item[1][1])
    wanted = [m for m in read(exporter, f"device={name}") if m.body == "event"]
    bed.tap.same(len(wanted), counts[1], f"the events of {name} can be read")
    bed.tap.same(len([m for m in read(exporter, "kind=aer&limit=7&since=1h")]), 7, "limit=7 sends seven events")
    return answer


def too_slow(bed, standin, exporter):
    head = standin.ask("status")["head"]
    with stream.Stream(exporter.address, "follow=1&after=latest", stream.NDJSON, rcvbuf=stream.SMALL_BUFFER) as slow:
        publish(bed, standin, exporter, 40000, "40000 events that a client does not read")
        messages = slow.read_until(lambda m: m.seq == head + 40000, 60)
    seqs = [m.seq for m in messages if m.body == "event"]
    bed.tap.same(seqs, list(range(head + 1, head + 40001)), "a slow client continues from the store")
    bed.tap.same([m for m in messages if m.body == "gap"], [], "the slow client has no gap")


def restarted(bed, standin, exporter, path):
    exporter.check_stop()
    standin.ask("publish 20000")  # the module keeps only 16384 of them
    exporter = bed.start_exporter(standin, "--storage.path=" + path)
    bed.wait(exporter.is_ready, "the exporter is there again")
    answer = standin.ask("publish 1")
    bed.wait(lambda: exporter.has(answer["head"]), "the client resumes")
    got = account.balance_of(read(exporter), answer)
    bed.tap.same((got.received + got.stated, got.stated, got.unstated, got.disordered, got.duplicates),
                 (answer["head"], 20000 - 16384, 0, 0, 0), "what the module had no more is a gap")
    return exporter


def another_instance(bed, standin, exporter, first):
    before = standin.unload()
    standin.ask("load")
    answer = standin.ask("publish 100")
    bed.wait(lambda: exporter.cursor()[:2] == (answer["instance"], 100), "the module was loaded anew")
    messages = read(exporter, f"after={first['instance']}.{before['head'] - 5}.0")
    bed.tap.same([m.cursor for m in messages if m.instance == before["instance"]][-1],
                 f"{before['instance']}.{before['head']}.{stream.SUB_END}", "a reader is told where the first one ended")
    bed.tap.same([m.seq for m in messages if m.instance == answer["instance"]], list(range(1, 101)),
                 "it continues with the second instance")
    messages = read(exporter, "after=1234.5.0")
    bed.tap.same((messages[0].reason, messages[1].cursor),
                 ("GAP_REASON_UNKNOWN_CURSOR", f"{first['instance']}.1.0"),
                 "a foreign cursor: a gap, then the oldest stored")
    return answer


def by_ctl(bed, exporter, answer):
    code, out, _ = ctl(exporter, "--limit=3")
    bed.tap.result(code == 0 and len(out.splitlines()) == 4 and out.startswith("TIME "),
                   "faultcastctl events prints a table")
    code, out, _ = ctl(exporter, "--json", f"--after={answer['instance']}.98.0")
    bed.tap.same((code, [json.loads(line)["cursor"] for line in out.splitlines()]),
                 (0, [f"{answer['instance']}.{seq}.0" for seq in (99, 100)]), "or JSON")
    code, out, _ = ctl(exporter, "--since=24h", "--device=0000:7f:00.0")
    bed.tap.same((code, len(out.splitlines())), (0, 3), "a filter for a device without events sends the two gaps")
    code, out, err = ctl(exporter, "--since=yesterday")
    bed.tap.result(code == 1 and not out and "since=yesterday" in err, f"bad input: {err.strip()}")


def test(bed):
    path = os.path.join(bed.dir, "events.db")
    standin = bed.start_standin()
    standin.ask("load")
    exporter = bed.start_exporter(standin, "--storage.path=" + path)
    bed.wait(exporter.is_ready, "the exporter is ready")
    first = beyond_the_window(bed, standin, exporter)
    too_slow(bed, standin, exporter)
    exporter = restarted(bed, standin, exporter, path)
    answer = another_instance(bed, standin, exporter, first)
    by_ctl(bed, exporter, answer)


if __name__ == "__main__":
    testbed.run(test, seconds=180)
