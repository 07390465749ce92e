#!/usr/bin/python3
# Proves: Debian's Prometheus scrapes the exporter in a virtual machine with the real module. Its
# series for real faults equal the counters that faultcastctl reads from the kernel there. The
# alerts fire for these devices.
import glob
import json
import os
import re
import subprocess

import prometheus
import testbed
import truth

PORT = 10186
RUN = os.path.join(prometheus.TOP, "tests", "vm", "run")
SCENARIO = os.path.join(prometheus.HERE, "machine.sh")
FAMILIES = "faultcast_(" + "|".join(truth.FAMILIES) + ").*"


class Machine(testbed.Process):
    """tests/vm/run with machine.sh. `results` is its TAP."""

    def __init__(self, bed):
        self.results = os.path.join(bed.dir, "machine.tap")
        with open(self.results, "wb") as results:
            super().__init__(bed, [RUN, "--hostfwd-port", str(PORT), SCENARIO], stdout=results,
                             env={**os.environ, "TMPDIR": bed.dir})

    def directory(self):
        """The directory that the guest sees as /host."""
        return next(iter(glob.glob(os.path.join(self.bed.dir, "faultcast-vm-*", "host"))), None)

    def tell(self, name):
        with open(os.path.join(self.directory(), name), "w", encoding="ascii"):
            pass

    def told(self, name):
        """A document that the guest has written, or None before that."""
        path = os.path.join(self.directory() or "/nonexistent", name)
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def pass_on(self, tap):
        """The checks that the guest made."""
        with open(self.results, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                found = re.match(r"(not )?ok \d+ - (.*)", line)
                if found:
                    tap.result(not found[1], "in the machine: " + found[2])
                elif line.startswith(("#", "Bail")):
                    tap.diag(line.strip("# \n"))


def scraped(server):
    return server.health().get("machine", ("", ""))[0] == "up"


def look(bed, machine, server):
    if not bed.wait(lambda: scraped(server), "the exporter in the machine is scraped", 180):
        return
    server.wait_scrapes()
    machine.tell("scraped")
    bed.wait(lambda: machine.told("devices.json"), "faults are over", 120)
    server.wait_scrapes(3)
    # Health comes from the exporter, everything else from faultcastctl.
    exporter = testbed.Served(("127.0.0.1", PORT))
    health = {device["address"]["name"]: device["health"] for device in exporter.json("/v1/devices")["devices"]}
    devices = machine.told("devices.json")["devices"]
    for device in devices:
        device["health"] = health[device["address"]["name"]]
    expected = truth.expected(devices, machine.told("status.json")["module"])
    found = {series - {("instance", "machine")}: value for series, value in
             server.query(f'{{__name__=~"{FAMILIES}"}}').items() if value and not truth.is_lost_elsewhere(series)}
    bed.tap.same(truth.differences(found, expected), [], f"all {len(expected)} series are the kernel's")
    bed.tap.same(server.value('increase(faultcast_io_page_faults_total{device="0000:00:04.0",access="read"}[5m]) > bool 0'),
                 1, "increase() sees the first faults of the rogue device")
    for alert in ("FaultcastDeviceFaulty", "FaultcastAerNonfatal"):
        bed.wait(lambda: alert in {name for name, _ in server.firing()}, f"{alert} fires")  # pylint: disable=cell-var-from-loop
    bed.tap.same(server.trouble(), [], "Prometheus complains of nothing")


def test(bed):
    machine = bed.started(Machine(bed))
    server = prometheus.start(bed, 9090, {"machine": ("127.0.0.1", PORT)}, rules=prometheus.RULES, interval=2)
    look(bed, machine, server)
    if machine.directory():
        machine.tell("done")
    bed.tap.same(machine.popen.wait(60), 0, "the machine ends well")
    machine.pass_on(bed.tap)


def fetch_kernel():
    """Puts the machine's kernel into the cache, because the testbed has no network."""
    subprocess.run([os.path.join(os.path.dirname(RUN), "kernel")], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    testbed.run(test, seconds=400, prepare=fetch_kernel)
