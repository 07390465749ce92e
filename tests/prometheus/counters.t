#!/usr/bin/python3
# Proves: Prometheus computes the right numbers from the counters. increase() and rate() see a
# device's first fault. They count nothing twice when the exporter restarts, and lose nothing when
# the module is loaded again. Without the module the target is up and its fault series are gone.
# Alerts fire for each of these and end again.
import math
import os

import yaml

import prometheus
import testbed
from sysfs import Sysfs

NIC = "0000:04:00.1"
READS = f'faultcast_io_page_faults_total{{device="{NIC}",access="read"}}'
WRITES = f'faultcast_io_page_faults_total{{device="{NIC}",access="write"}}'
DELIVERED = "faultcast_delivery_seconds_count"
WINDOW = 60  # seconds; the test never looks back further
PATTERN = 16  # the stand-in's events repeat after this number: 2 writes and 1 read of the NIC


def immediate_alerts(bed):
    """The alert rules with every `for` set to zero, and without keep_firing_for."""
    with open(os.path.join(prometheus.DEPLOY, "alerts.yml"), encoding="utf-8") as file:
        rules = yaml.safe_load(file)
    for group in rules["groups"]:
        for rule in group["rules"]:
            rule["for"] = "0s"
            del rule["keep_firing_for"]
    path = os.path.join(bed.dir, "alerts.yml")
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(rules, file)
    return path


def increase_is(bed, server, series, added, name):
    """Checks the samples themselves, and increase() and rate() over them. Both extrapolate to the
    whole window, and never return less than the difference of the samples."""
    [row] = server.api("query", query=f"{series}[{WINDOW}s]")["result"]
    now = row["values"][-1][0]
    values = [float(value) for _, value in row["values"]]
    seen = sum(new - old if new >= old else new for old, new in zip(values, values[1:]))
    bed.tap.same(seen, float(added), f"{name}: {added} more in the samples")
    samples = server.api("query", query=f"{series}[{WINDOW}s]", time=now)["result"][0]["values"]
    most = seen * WINDOW / (samples[-1][0] - samples[0][0])
    [increase] = [float(row["value"][1]) for row in
                  server.api("query", query=f"increase({series}[{WINDOW}s])", time=now)["result"]]
    [rate] = [float(row["value"][1]) for row in
              server.api("query", query=f"rate({series}[{WINDOW}s])", time=now)["result"]]
    bed.tap.result(seen <= increase * (1 + 1e-9) and increase <= most * (1 + 1e-9) and math.isclose(rate * WINDOW, increase),
                   f"{name}: increase() says {increase:.2f}, between {seen:.0f} and {most:.2f}, rate() the same")


def resets(server, series):
    return server.value(f"resets({series}[{WINDOW}s])")


def alert(bed, server, name, fires=True):
    """A check that this alert fires, or that it has stopped."""
    bed.wait(lambda: (name in {alert for alert, _ in server.firing()}) == fires,
             f"{name} {'fires' if fires else 'is over'}", 10)


def first_fault(bed, standin, exporter, server):
    bed.tap.same([server.value(READS), server.value(WRITES)], [0, 0], "a device that never faulted has its series")
    bed.tap.same(server.value(f'faultcast_device_health{{device="{NIC}"}}'), 0, "the device is ok")
    standin.ask(f"publish {PATTERN}")
    bed.wait(lambda: exporter.has(PATTERN), "its first faults arrive")
    server.wait_scrapes()
    increase_is(bed, server, READS, 1, "its first read ever")
    increase_is(bed, server, WRITES, 2, "its first writes ever")
    alert(bed, server, "FaultcastDeviceSuspect")
    standin.ask(f"publish {9 * PATTERN}")
    alert(bed, server, "FaultcastDeviceFaulty")
    alert(bed, server, "FaultcastAerFatal")
    server.wait_scrapes()
    increase_is(bed, server, WRITES, 20, "ten times as many")


def exporter_restarts(bed, standin, exporter, server, start):
    server.wait_scrapes(1)
    exporter.kill()
    bed.wait(lambda: server.value("up") == 0, "a scrape fails while no exporter is there")
    alert(bed, server, "FaultcastExporterDown")
    standin.ask(f"publish {PATTERN}")
    exporter = start()
    alert(bed, server, "FaultcastExporterDown", fires=False)
    server.wait_scrapes()
    increase_is(bed, server, WRITES, 22, "an exporter starts anew")
    bed.tap.same(resets(server, WRITES), 0, "the kernel's counters have not been reset")
    bed.tap.result(resets(server, DELIVERED) == 1, "the exporter's own counters have been reset")
    return exporter


def module_reloads(bed, standin, exporter, server):
    """The module is unloaded twice: once for longer than a scrape interval, once between two
    scrapes."""
    standin.unload()
    bed.wait(lambda: server.value(WRITES) is None, "without the module the series of faults are gone, not frozen")
    bed.tap.same(server.value("up"), 1, "the target is up")
    bed.tap.same(server.query('{__name__=~"faultcast_(io_page|aer|link|device_(health|last)|events_(raised|published)).*"}'), {},
                 "no series of a fault is left")
    alert(bed, server, "FaultcastModuleAbsent")
    alert(bed, server, "FaultcastDeviceFaulty", fires=False)
    standin.ask("load")
    standin.ask(f"publish {2 * PATTERN}")
    bed.wait(lambda: server.value(WRITES) == 4, "the module comes again and counts from 0")
    alert(bed, server, "FaultcastModuleAbsent", fires=False)
    increase_is(bed, server, WRITES, 22 + 4, "all before and after")
    bed.tap.same(resets(server, WRITES), 1, "the counters had one reset")
    standin.unload()
    standin.ask("load")
    standin.ask(f"publish {PATTERN}")
    bed.wait(lambda: server.value(WRITES) == 2, "it is reloaded at once")
    bed.wait(exporter.is_ready, "the exporter follows")
    server.wait_scrapes()
    increase_is(bed, server, WRITES, 22 + 4 + 2, "all of three instances")
    bed.tap.same(resets(server, WRITES), 2, "the counters had one more reset")


def test(bed):
    standin = bed.start_standin()
    standin.ask("load")
    sysfs = Sysfs(os.path.join(bed.dir, "sysfs"))
    sysfs.add(f"pci0000:00/{NIC}", domain="DMA", aer=True)

    def start():
        exporter = bed.start_exporter(standin, f"--path.sysfs={sysfs.root}", port=testbed.FIRST_PORT)
        bed.wait(exporter.is_ready, "an exporter is ready")
        return exporter

    exporter = start()
    server = prometheus.start(bed, 9090, {"host": exporter.address}, rules=[prometheus.RULES[0], immediate_alerts(bed)])
    server.wait_scrapes()
    bed.tap.same(server.firing(), {("FaultcastVersionSkew", "host")}, "the only alert is that the stand-in is no release")
    first_fault(bed, standin, exporter, server)
    exporter = exporter_restarts(bed, standin, exporter, server, start)
    module_reloads(bed, standin, exporter, server)
    bed.tap.same(server.trouble(), [], "Prometheus complains of nothing")


if __name__ == "__main__":
    testbed.run(test, seconds=110)
