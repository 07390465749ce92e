#!/usr/bin/python3
# Proves: /-/ready is 200 when the exporter receives events and has caught up, otherwise 503 with
# the reason. The service manager is told the same, and also when the exporter reloads and stops.
# The watchdog is served as long as the event loop runs. A module of another version is reported
# everywhere.
import http.client
import os
import re
import signal
import socket
import subprocess
import time

import testbed

WATCHDOG_USEC = 400000
def skew_of(exporter):
    """(older, newer): the metrics for a module of another version."""
    return tuple(exporter.metric(f'faultcast_module_abi_skew{{module="{which}"}}') for which in ("older", "newer"))


class Manager:
    """The service manager's end of the notification socket."""

    def __init__(self, bed, abstract):
        self.name = "@faultcast-test" if abstract else os.path.join(bed.dir, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + self.name[1:] if abstract else self.name)
        self.read = []

    def environment(self, **more):
        return {"NOTIFY_SOCKET": self.name, **more}

    def receive(self, seconds):
        """The next message as a list of its lines, or None."""
        self.socket.settimeout(seconds)
        try:
            lines = self.socket.recv(4096).decode().splitlines()
        except TimeoutError:
            return None
        self.read += lines
        return lines

    def lives(self, seconds):
        """The number of watchdog messages within @seconds."""
        end, signs = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            signs += "WATCHDOG=1" in (self.receive(max(end - time.monotonic(), 0.01)) or [])
        return signs

    def waits_for(self, line, seconds=20):
        """Whether the message @line comes. Earlier messages are discarded."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if line in (self.receive(end - time.monotonic()) or []):
                return True
        return False


def ready(exporter):
    return exporter.get("/-/ready")


def catching_up(bed, standin):
    standin.ask("load history=1000000")
    head = standin.ask("publish 600000")["head"]
    exporter = bed.start_exporter(standin)
    testbed.wait_for(exporter.answers)
    answers, end = [ready(exporter)], time.monotonic() + 60
    while answers[-1][0] != 200 and time.monotonic() < end:
        answers.append(ready(exporter))
    bed.tap.result(answers[0] == (503, "not ready: still catching up\n"),
                   f"with much to catch up with it is not ready: {answers[0]}")
    bed.tap.same(set(answers[:-1]), {(503, "not ready: still catching up\n")}, "all the while")
    bed.tap.same((answers[-1], exporter.has(head)), ((200, "ready\n"), True), "it is ready when it has caught up")
    exporter.check_stop()
    standin.unload()


def comes_late(bed, standin):
    """A module with events is loaded while an exporter waits. The reason in /-/ready changes."""
    exporter = bed.start_exporter(standin)
    bed.wait(lambda: exporter.answers() and "not loaded" in ready(exporter)[1], "an exporter has no module")
    exporter.pause()
    standin.ask("load history=1000000")
    standin.ask("publish 600000")
    exporter.resume()
    said, end = [], time.monotonic() + 60
    while "ready\n" not in said and time.monotonic() < end:
        answer = ready(exporter)[1]
        if answer not in said:
            said.append(answer)
    if "not loaded" in said[0]:
        said = said[1:]  # until the exporter has noticed
    bed.tap.same(said, ["not ready: still catching up\n", "ready\n"], "the reason is that it catches up, once a module is loaded")
    exporter.check_stop()
    standin.unload()


def overrun(bed, standin):
    """After an overrun the exporter fetches the dropped events, and stays ready meanwhile."""
    standin.ask("load")
    exporter = bed.start_exporter(standin, "--netlink.rcvbuf=1")
    bed.wait(exporter.is_ready, "an exporter with a small buffer is ready")
    exporter.pause()
    head = standin.ask("publish 16000")["head"]
    exporter.resume()
    answers, end = [ready(exporter)], time.monotonic() + 60
    while not exporter.has(head) and time.monotonic() < end:
        answers.append(ready(exporter))
    bed.tap.result(exporter.metric('faultcast_source_refetches_total{source="standin"}') > 0,
                   "it has to fetch what the kernel dropped")
    bed.tap.same(set(answers), {(200, "ready\n")}, "the exporter stays ready meanwhile")
    exporter.check_stop()
    standin.unload()


def gone_and_come(bed, standin):
    manager = Manager(bed, abstract=False)
    exporter = bed.start_exporter(standin, env=manager.environment())
    bed.tap.result(manager.waits_for("READY=1"), "without a module the start is done")
    bed.tap.same(ready(exporter), (503, "not ready: kernel module faultcast is not loaded\n"),
                 "but the exporter is not ready")
    bed.tap.result("STATUS=receives no events: kernel module faultcast is not loaded" in manager.read,
                   "the manager is told why")
    manager.read.clear()
    standin.ask("load")
    bed.tap.result(manager.waits_for("STATUS=receives events"), "a module comes")
    bed.tap.same(ready(exporter), (200, "ready\n"), "the exporter is ready with the module")
    standin.unload()
    bed.tap.result(manager.waits_for("STATUS=receives no events: kernel module faultcast is not loaded"),
                   "the module goes")
    bed.tap.same(ready(exporter)[0], 503, "the exporter is not ready without the module")
    bed.tap.same(manager.read.count("READY=1"), 0, "the start is done once")
    bed.tap.same(manager.lives(0.5), 0, "there are no watchdog messages without a watchdog")
    exporter.check_stop()


def reloading(bed, standin):
    path = os.path.join(bed.dir, "exporter.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("log.level: info\n")
    standin.ask("load")
    manager = Manager(bed, abstract=True)
    exporter = bed.start_exporter(standin, "--config.file=" + path, env=manager.environment())
    bed.tap.result(manager.waits_for("READY=1"), "an exporter starts; the manager's name is abstract")
    while manager.receive(0.3):
        pass
    begin = time.monotonic_ns() // 1000
    exporter.popen.send_signal(signal.SIGHUP)
    first = (manager.receive(10) or []) + ["", ""]
    stamp = re.fullmatch(r"MONOTONIC_USEC=(\d+)", first[1])
    bed.tap.same(first[0], "RELOADING=1", "SIGHUP: the manager is told that it reloads")
    bed.tap.result(stamp and begin <= int(stamp.group(1)) <= time.monotonic_ns() // 1000, "the reload message has the time")
    bed.tap.result(manager.waits_for("READY=1", 10), "the manager is told that the reload is over")
    with open(path, "w", encoding="utf-8") as file:
        file.write("log.level: none\n")
    exporter.popen.send_signal(signal.SIGHUP)
    bed.tap.result(manager.waits_for(f"STATUS=receives events; {path} is broken, its old settings are in use"),
                   "with a broken file the status has the error")
    bed.tap.result(manager.waits_for("READY=1", 10), "with a broken file the reload is over too")
    return manager, exporter


def stopping(bed, manager, exporter):
    """A signal and a request on an open connection are both pending when the exporter continues."""
    connection = http.client.HTTPConnection(*exporter.address, timeout=20)
    connection.request("GET", "/-/ready")
    bed.tap.same(connection.getresponse().read(), b"ready\n", "a client has a connection")
    exporter.pause()
    exporter.popen.terminate()
    connection.request("GET", "/-/ready")
    exporter.resume()
    response = connection.getresponse()
    bed.tap.same((response.status, response.read()), (503, b"not ready: stopping\n"),
                 "/-/ready says that the exporter stops")
    bed.tap.result(manager.waits_for("STOPPING=1"), "the manager is told that the exporter stops")
    bed.tap.same(exporter.popen.wait(20), 0, "it ends")


def watchdog(bed, standin):
    manager = Manager(bed, abstract=False)
    exporter = bed.start_exporter(standin, env=manager.environment(WATCHDOG_USEC=str(WATCHDOG_USEC)))
    bed.tap.result(manager.waits_for("READY=1"), "an exporter has a watchdog")
    signs = manager.lives(2)
    bed.tap.result(7 <= signs <= 11, f"the exporter sends two watchdog messages in each interval: {signs} in 5 intervals")
    exporter.pause()
    manager.lives(0.1)
    bed.tap.same(manager.lives(1), 0, "it sends none while its loop is blocked")
    exporter.resume()
    bed.tap.result(manager.lives(1) > 0, "it sends them again afterwards")
    exporter.check_stop()
    os.unlink(manager.name)
    manager = Manager(bed, abstract=False)
    exporter = bed.start_exporter(standin, env=manager.environment(WATCHDOG_USEC=str(WATCHDOG_USEC),
                                                                  WATCHDOG_PID="1"))
    bed.tap.result(manager.waits_for("READY=1"), "an exporter has another one's watchdog")
    bed.tap.same(manager.lives(1), 0, "it sends no messages for another process's watchdog")
    exporter.check_stop()


def fill(manager, other):
    try:
        while True:
            other.sendto(b"full", "\0" + manager.name[1:])
    except BlockingIOError:
        pass


def manager_is_slow(bed, standin):
    """The manager's socket is full. The exporter does not wait, and sends the state when there is
    room."""
    manager = Manager(bed, abstract=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.setblocking(False)
        fill(manager, other)
        exporter = bed.start_exporter(standin, env=manager.environment())
        bed.wait(exporter.is_ready, "an exporter does not wait for a manager that does not read")
        bed.tap.result(manager.waits_for("READY=1"), "the manager is told of the start when it reads again")
        bed.tap.result("STATUS=receives events" in manager.read, "the manager gets the whole state")
        fill(manager, other)
        exporter.popen.send_signal(signal.SIGHUP)
        time.sleep(0.15)  # the exporter retries every tenth of a second
        while manager.receive(0.001) == ["full"]:
            pass
        exporter.popen.send_signal(signal.SIGHUP)
        told = list(iter(lambda: manager.receive(0.5), None))
        bed.tap.result(["READY=1"] in [message[:1] for message in told] and [] not in told,
                       "the state is sent again, without an empty message")
    exporter.check_stop()


def versions(bed, standin):
    """[(load arguments, metric, log text, log level)]"""
    for flags, skew, text, level in (
            ("abi=3 version=0.0.9", (1, 0), "module 0.0.9 has ABI 3, older than 6", "warn"),
            ("abi=7 version=9.0.0", (0, 1), "module 9.0.0 has ABI 7, newer than 6", "warn"),
            ("version=0.0.9", (0, 0), "module 0.0.9 and this", "info")):
        exporter = bed.start_exporter(standin)
        standin.ask("load " + flags)
        bed.wait(exporter.is_ready, f"a module comes: {flags}")
        standin.ask("publish 10")
        bed.tap.same(skew_of(exporter), skew, "faultcast_module_abi_skew is that")
        status = exporter.json("/v1/status")
        bed.tap.result(text in status["skew"] and status["abi"] == 6, "/v1/status says so")
        line = f'level={level} msg="{text}'
        bed.tap.same(exporter.log().count(line), 1, f"and the log, once, as {level}")
        standin.unload()
        bed.wait(lambda: skew_of(exporter) == (None, None), "without a module the metric is absent")
        standin.ask("load " + flags)
        bed.wait(lambda: exporter.log().count(line) == 2, "each load of another version is logged")
        standin.unload()
        exporter.check_stop()


def same_version(bed, standin):
    version = subprocess.run([os.path.join(testbed.BUILD, "faultcast_exporter"), "--version"], check=True,
                             capture_output=True, text=True).stdout.split()[2]
    standin.ask(f"load version={version}")
    exporter = bed.start_exporter(standin)
    bed.wait(exporter.is_ready, "a module of the exporter's own version")
    bed.tap.same((exporter.json("/v1/status").get("skew", ""), "same ABI" in exporter.log()), ("", False),
                 "a module of the same version is not logged")
    exporter.check_stop()
    standin.unload()


def test(bed):
    standin = bed.start_standin()
    catching_up(bed, standin)
    comes_late(bed, standin)
    overrun(bed, standin)
    gone_and_come(bed, standin)
    manager, exporter = reloading(bed, standin)
    stopping(bed, manager, exporter)
    manager.socket.close()
    os.unlink(os.path.join(bed.dir, "notify"))
    watchdog(bed, standin)
    manager_is_slow(bed, standin)
    standin.unload()
    versions(bed, standin)
    same_version(bed, standin)


if __name__ == "__main__":
    testbed.run(test, seconds=150)
