#!/usr/bin/python3
# Proves: the exporter judges devices by the kernel's counters, soon after events but not at each
# event. A device's health is the same everywhere, and survives restarts of exporter and module.
import os
import re
import subprocess
import time

import stream
import sysfs
import testbed

NIC, GPU, NVME, PORT = "0000:04:00.1", "0000:41:00.0", "0000:03:00.0", "0000:00:1c.0"
OK, SUSPECT, FAULTY = 0, 1, 2


def gauge(exporter, device):
    return exporter.metric(f'faultcast_device_health{{device="{device}"}}')


def transitions(exporter):
    return [exporter.metric(f'faultcast_health_transitions_total{{to="{to}"}}')
            for to in ("ok", "suspect", "faulty")]


def listed(exporter):
    return {device["address"]["name"]: device["health"]
            for device in exporter.json("/v1/devices")["devices"] if device["raised"] != "0"}


def started(bed, standin, *flags):
    exporter = bed.start_exporter(standin, *flags)
    bed.wait(exporter.is_ready, "an exporter is ready")
    return exporter


def is_so(bed, exporter, device, state, name):
    bed.wait(lambda: gauge(exporter, device) == state, name, 10)


def getting_worse(bed, standin, exporter):
    time.sleep(1.1)  # longer than the time between two looks
    start = time.monotonic()
    # Two faults of the NIC and one corrected error of the GPU.
    standin.ask("publish 3")
    is_so(bed, exporter, NIC, SUSPECT, "a fault makes a device suspect")
    bed.tap.result(time.monotonic() - start < 0.9, "at once")
    standin.ask(f"suppress {NIC} 8")
    standin.ask("summarize")
    is_so(bed, exporter, NIC, FAULTY, "faults that were not published make it faulty")
    bed.tap.result(time.monotonic() - start > 0.9, "the second look was no sooner than a second later")
    bed.tap.same((gauge(exporter, GPU), gauge(exporter, NVME)), (OK, None),
                 "of the others one is ok, and of one nobody has heard")
    bed.tap.same(listed(exporter), {NIC: "HEALTH_FAULTY", GPU: "HEALTH_OK"},
                 "/v1/devices says the same")
    bed.tap.same(transitions(exporter), [0, 1, 1], "both transitions are counted")
    log = exporter.log()
    bed.tap.result(f"level=warn msg=\"device {NIC} is suspect: io_page_fault_seen\"" in log and
                   f"level=warn msg=\"device {NIC} is faulty: io_page_fault_repeated\"" in log,
                   "and in the log")


def number_in(path, key):
    with open(path, encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(key))


def changes(messages):
    """For each change of health: device, old state, new state and rule."""
    told = (m.document()["health"] for m in messages if m.body == "health")
    return [(t["device"]["name"], t["from"].removeprefix("HEALTH_"), t["to"].removeprefix("HEALTH_"),
             t["rule"]) for t in told]


def retained(exporter, query=""):
    with stream.Stream(exporter.address, query) as client:
        return client.read_all()


NIC_CHANGES = [(NIC, "OK", "SUSPECT", "io_page_fault_seen"),
               (NIC, "SUSPECT", "FAULTY", "io_page_fault_repeated")]


def told(bed, exporter, client, began):
    """The stream has each change behind the event that caused it."""
    read = client.read_until(lambda m: m.body == "health" and changes([m])[0][2] == "FAULTY", 10)
    bed.tap.same(changes(read), NIC_CHANGES, "a follower is told of both changes")
    bed.tap.same([m.body for m in read], ["heartbeat", "event", "event", "event", "health", "gap",
                                          "event", "health"], "each change follows the event that caused it")
    suspect, faulty = (m for m in read if m.body == "health")
    instance = suspect.instance
    bed.tap.same([m.cursor.split(".")[:2] for m in (suspect, faulty)],
                 [[instance, "3"], [instance, "4"]], "with the last event's number in the cursor")
    bed.tap.result(all(began <= int(m.document()["health"]["realtimeNs"]) / 1e9 <= time.time()
                       for m in (suspect, faulty)), "and when it was")
    everything = [m.document() for m in retained(exporter)]
    bed.tap.same(everything, [m.document() for m in read[1:]], "a later client reads the same")
    # If the resumed stream begins with a gap that belongs to an event, the gap is sent again.
    rest = {number: [m.document() for m in retained(exporter, "after=" + message["cursor"])]
            for number, message in enumerate(everything) if "gap" not in message}
    bed.tap.same(rest, {number: everything[number + 1:] for number in rest},
                 "a client that resumes after any message gets the rest")
    for query, expected in ((f"device={NIC}", NIC_CHANGES), (f"device={GPU}", []),
                            ("kind=aer", NIC_CHANGES), ("since=1h", NIC_CHANGES),
                            ("until=1h", []), ("limit=1", [])):
        bed.tap.same(changes(retained(exporter, query)), expected, f"{query}: {len(expected)} changes")
    for encoding in (stream.PROTOBUF, stream.SSE):
        with stream.Stream(exporter.address, encoding=encoding) as other:
            bed.tap.same([m.protobuf() for m in other.read_all()],
                         [m.protobuf() for m in read[1:]], f"the same as {encoding}")
    return faulty.cursor


def switches(exporter):
    """How often the exporter went to sleep. /proc here belongs to another namespace, so the
    exporter's number there comes from a pidfd."""
    pidfd = os.pidfd_open(exporter.popen.pid)
    try:
        pid = number_in(f"/proc/self/fdinfo/{pidfd}", "Pid:")
    finally:
        os.close(pidfd)
    return number_in(f"/proc/{pid}/status", "voluntary_ctxt_switches:")


def nothing_to_do(bed, exporter):
    time.sleep(1.5)  # the last look has passed
    # It looks for changes of sysfs every 30 seconds, so one of two intervals may not be quiet.
    woken = []
    for _ in range(2):
        before = switches(exporter)
        time.sleep(2)
        woken.append(switches(exporter) - before)
    bed.tap.same(min(woken), 0, "a faulty and quiet device causes no work")


def quiet(bed, standin):
    """The faults are nearly 15 minutes old when an exporter starts, so the time of quiet ends soon."""
    standin.unload()
    standin.ask("load")
    standin.ask("age 896")
    standin.ask("publish 2")
    standin.ask("age 0")
    exporter = started(bed, standin)
    is_so(bed, exporter, NIC, SUSPECT, "a device is suspect that faulted 896 s ago")
    is_so(bed, exporter, NIC, OK, "and ok when it was quiet for 15 minutes")
    bed.tap.same(transitions(exporter), [1, 0, 0], "the end of the quiet time is a change")
    bed.tap.result(f"level=info msg=\"device {NIC} is ok again: io_page_fault_seen is over\"" in
                   exporter.log(), "and said")
    exporter.check_stop()
    another = started(bed, standin)
    is_so(bed, another, NIC, OK, "the next exporter has it ok from the start")


def restarted(bed, standin, exporter, last):
    exporter.kill()
    again = started(bed, standin)
    is_so(bed, again, NIC, FAULTY, "for which the device is faulty too")
    bed.tap.same(listed(again), {NIC: "HEALTH_FAULTY", GPU: "HEALTH_OK"}, "the other device does not change")
    bed.tap.same(transitions(again), [0, 0, 0], "the state is in the stream although nothing changed")
    read = retained(again, "after=" + last)
    bed.tap.same(changes(read), [(NIC, "UNSPECIFIED", "FAULTY", "io_page_fault_repeated")],
                 "a client that resumes is told the state, not a change")
    old, new = (cursor.split(".") for cursor in (last, read[0].cursor))
    bed.tap.result(len(read) == 1 and new[:2] == old[:2] and int(new[2]) > int(old[2]),
                   f"and nothing else, at a place behind the old one: {new} after {old}")
    bed.tap.result(f"level=info msg=\"device {NIC} is faulty, as past events tell: io_page_fault_repeated\""
                   in again.log(), "it says where it knows from")
    return again


def reloaded(bed, standin, exporter):
    standin.unload()
    bed.wait(lambda: gauge(exporter, NIC) is None, "without the module no device is judged")
    standin.ask("load")
    bed.wait(exporter.is_ready, "the module comes again")
    standin.ask("publish 1")
    is_so(bed, exporter, NIC, FAULTY, "its counters are new, what is known of the device is not")
    # These events include a fatal error of the GPU.
    standin.ask("publish 11")
    is_so(bed, exporter, GPU, FAULTY, "a fatal error makes a device faulty")
    bed.tap.same(gauge(exporter, PORT), OK, "adding or removing a card makes no device worse")
    bed.tap.same(listed(exporter)["platform/12340000.dma"], "HEALTH_SUSPECT", "a device that is not on PCI is judged too")
    bed.tap.same(transitions(exporter), [0, 3, 1], "each state that is new to this exporter is a change")


def waited(bed, standin):
    """An exporter that has waited for the module reads many old events before the recent ones."""
    standin.unload()
    exporter = bed.start_exporter(standin)
    bed.wait(exporter.answers, "an exporter starts before the module")
    exporter.pause()
    standin.ask("load")
    standin.ask("age 7200")
    standin.ask("publish 16000")
    standin.ask("age 300")
    standin.ask(f"suppress {NIC} 10")
    standin.ask("summarize")
    standin.ask("age 0")
    exporter.resume()
    bed.wait(exporter.is_ready, "it is ready when a module is loaded")
    is_so(bed, exporter, NIC, FAULTY, "a device is faulty that stormed 5 minutes ago")
    is_so(bed, exporter, NVME, OK, "and one ok that did 2 hours ago")


def stored(bed, standin):
    standin.unload()
    standin.ask("load")
    flag = "--storage.path=" + os.path.join(bed.dir, "events")
    exporter = bed.start_exporter(standin, flag)
    bed.wait(exporter.is_ready, "an exporter has a store")
    standin.ask("publish 2")
    is_so(bed, exporter, NIC, SUSPECT, "a device becomes suspect")
    before = retained(exporter)
    exporter.check_stop()
    another = bed.start_exporter(standin, flag)
    bed.wait(another.is_ready, "the next one has the same store")
    is_so(bed, another, NIC, SUSPECT, "for which it is suspect too")
    bed.wait(lambda: len(changes(retained(another))) == 2, "and says so")
    after = retained(another)
    bed.tap.same([m.document() for m in after[:-1]], [m.document() for m in before],
                 "the earlier changes are in the store")
    bed.tap.same(changes(after), [(NIC, "OK", "SUSPECT", "io_page_fault_seen"),
                                  (NIC, "UNSPECIFIED", "SUSPECT", "io_page_fault_seen")],
                 "the new changes come last")
    bed.tap.same(changes(retained(another, f"device={GPU}")), [], "a filter keeps it out")
    rows = table("events", f"--exporter=http://127.0.0.1:{another.address[1]}")
    bed.tap.same([row[5:] for row in rows if row[4] == "health"],
                 [["suspect", "io_page_fault_seen"]] * 2, "faultcastctl shows it")


def many(bed, standin):
    """/metrics asks for all devices at once, /v1/devices for each one."""
    standin.unload()
    standin.ask("load fleet=300")
    root = os.path.join(bed.dir, "sys")
    os.mkdir(root)
    sysfs.Sysfs(root).add("pci0000:00/0000:00:04.0", domain="DMA")  # watched, and without faults
    exporter = started(bed, standin, "--path.sysfs=" + root)
    standin.ask("publish 150")
    for device in ("0001:00:00.3", "0001:05:00.1", "0001:12:00.2"):
        standin.ask(f"suppress {device} 20")
    bed.wait(lambda: exporter.has(150), "many devices have faults")

    def gauges():
        found = re.findall(r'^faultcast_device_health\{device="(.*)"\} (\d)$', exporter.get("/metrics")[1], re.M)
        return {device: ("HEALTH_OK", "HEALTH_SUSPECT", "HEALTH_FAULTY")[int(state)] for device, state in found}
    bed.wait(lambda: len(set(gauges().values())) == 3, "and are judged", 10)
    time.sleep(1.1)  # until the next look is over
    states, said = gauges(), listed(exporter)
    bed.tap.same({device: states.get(device) for device in said}, said, f"all {len(said)} the same everywhere")
    bed.tap.same({state for device, state in states.items() if device not in said}, {"HEALTH_OK"},
                 "and the rest are ok")
    exporter.check_stop()


def table(*arguments):
    """The words of each row that faultcastctl prints."""
    answer = subprocess.run([os.path.join(testbed.BUILD, "san/faultcastctl"), *arguments], check=True,
                            capture_output=True, text=True, timeout=20)
    return [line.split() for line in answer.stdout.splitlines()]


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    exporter = started(bed, standin)
    began = time.time()
    with stream.Stream(exporter.address, "follow=1") as client:
        getting_worse(bed, standin, exporter)
        last = told(bed, exporter, client, began)
    nothing_to_do(bed, exporter)
    exporter = restarted(bed, standin, exporter, last)
    reloaded(bed, standin, exporter)
    exporter.check_stop()
    quiet(bed, standin)
    waited(bed, standin)
    stored(bed, standin)
    many(bed, standin)


if __name__ == "__main__":
    testbed.run(test, seconds=90)
