#!/usr/bin/python3
# Proves: a device has zero counts of a kind, and health 0, only if its faults of that kind would be
# counted. The setting coverage.accept is shown, and changes nothing else. Every other device is
# unwatched with a reason, on hosts with each kind of IOMMU, without native AER, and without the
# module. A host bridge and an IOMMU are not unwatched. A device whose faults are counted under
# another requester id says so, with this id.
import os
import re
import signal
import subprocess

import sysfs
import testbed

ROOT, PORT, CARD = "pci0000:00/", "0000:00:1c.0", "0000:03:00.0"
BELOW = ROOT + PORT + "/"


def counts(exporter, kind):
    """{(state, reason): devices} of a kind, without zeros."""
    found = {}
    for line in exporter.get("/metrics")[1].splitlines():
        if line.startswith("faultcast_device_coverage{") and f'kind="{kind}"' in line:
            labels, value = line.split("} ")
            state, reason = [part.split('"')[1] for part in labels.split(",")[1:]]
            if int(value):
                found[state, reason] = int(value)
    return found


def unwatched(exporter):
    """{reason: devices} without zeros."""
    found = {}
    for line in exporter.get("/metrics")[1].splitlines():
        if line.startswith("faultcast_devices_unwatched{") and not line.endswith(" 0"):
            found[line.split('"')[1]] = int(line.split()[1])
    return found


def claims(exporter, device):
    """Which of these the device has: zero counts of DMA faults, of AER errors, and health 0."""
    return [name for name, series in (
        ("dma", f'faultcast_io_page_faults_total{{device="{device}",access="read"}}'),
        ("aer", f'faultcast_aer_events_total{{device="{device}",severity="fatal"}}'),
        ("health", f'faultcast_device_health{{device="{device}"}}')) if exporter.metric(series) == 0]


def coverage_text(message):
    return " ".join([message["kind"].removeprefix("KIND_").lower(),
                     message["state"].removeprefix("COVERAGE_STATE_").lower(), message["reason"]])


def listed(exporter):
    """{device: its coverages} of the present devices."""
    return {device["address"]["name"]: [coverage_text(message) for message in device["coverage"]]
            for device in exporter.json("/v1/devices?coverage=1")["devices"] if "coverage" in device}


def shown(exporter):
    """The rows of faultcastctl devices --all."""
    done = subprocess.run([os.path.join(testbed.BUILD, "san/faultcastctl"), "devices", "--all",
                           f"--exporter=http://127.0.0.1:{exporter.address[1]}"],
                          check=True, capture_output=True, text=True, timeout=60)
    return [re.split("  +| (?=ok |-  )", line.strip()) for line in done.stdout.splitlines()]


def healths(exporter, query=""):
    return {device["address"]["name"]: device["health"].removeprefix("HEALTH_")
            for device in exporter.json("/v1/devices" + query)["devices"]}


def host(bed, name, vtd="exact", iommu="unavailable", aer="exact", amd_log="unavailable"):
    """An empty sysfs, and a module whose probes are in these states."""
    root = os.path.join(bed.dir, name)
    os.mkdir(root)
    standin = bed.start_standin()
    standin.ask("load")
    for probe, state in (("vtd", vtd), ("iommu", iommu), ("aer", aer), ("amd", amd_log)):
        standin.ask(f"probe {probe} {state}")
    return sysfs.Sysfs(root), standin


def start(bed, tree, standin, what, *flags):
    exporter = bed.start_exporter(standin, f"--path.sysfs={tree.root}", *flags)
    bed.wait(exporter.is_ready, what)
    return exporter


def amd(bed):
    tree, standin = host(bed, "amd", vtd="unavailable", amd_log="exact")
    tree.add(ROOT + "0000:00:00.0", 0x1022, 0x1630, code=0x060000)
    tree.add(ROOT + "0000:00:00.2", 0x1022, 0x1631, code=0x080600)
    tree.add(ROOT + "0000:00:01.0", 0x1022, 0x1632, None, "DMA-FQ", code=0x060000, iommu="ivhd0")
    tree.add(ROOT + PORT, 0x1022, 0x1634, "pcieport", "DMA-FQ", True, code=0x060400, iommu="ivhd0")
    tree.add(BELOW + CARD, 0x144d, 0xa80a, "nvme", "DMA-FQ", True, code=0x010802, iommu="ivhd0")
    exporter = start(bed, tree, standin, "an exporter on a host with AMD's IOMMU")
    bed.tap.same(unwatched(exporter), {}, "neither its host bridges nor the IOMMU are unwatched")
    bed.tap.same(counts(exporter, "io_page_fault"), {("exact", "none"): 2}, "its devices are watched")
    bed.tap.same(claims(exporter, CARD), ["dma", "aer", "health"], "so a device of it has its zeros")
    bed.tap.same([claims(exporter, device) for device in ("0000:00:00.0", "0000:00:00.2", "0000:00:01.0")],
                 [[], [], []], "and a host bridge has none")
    bed.tap.same(listed(exporter), {
        "0000:00:00.0": ["interrupt_remapping unwatched no_iommu", "aer unwatched no_capability"],
        "0000:00:00.2": ["interrupt_remapping unwatched no_iommu", "aer unwatched no_capability"],
        "0000:00:01.0": ["interrupt_remapping exact ", "aer unwatched no_capability"],
        PORT: ["io_page_fault exact ", "interrupt_remapping exact ", "aer exact "],
        CARD: ["io_page_fault exact ", "interrupt_remapping exact ", "aer exact "],
    }, "/v1/devices?coverage=1 has the coverage of each")
    table = shown(exporter)
    bed.tap.same([len(table), table[1:2], table[4]], [6, [["0000:00:00.0", "-", "-", "unwatched: no_iommu",
                                                           "unwatched: no_capability", "-"]],
                  [PORT, "ok", "exact", "exact", "exact", "-"]],
                 "faultcastctl devices --all shows the same")
    standin.ask("unit 2 1 0")
    bed.tap.same(counts(exporter, "interrupt_remapping"),
                 {("unwatched", "no_iommu"): 2, ("unwatched", "off"): 3},
                 "without interrupt remapping there are no such faults")
    standin.ask("unit 2 0 1")
    bed.tap.same(unwatched(exporter), {"unit_unwatched": 2}, "an IOMMU that logs no events is not watched")
    standin.ask("unit 2 1 1")
    standin.ask("probe amd failed")
    standin.ask("probe iommu exact")
    bed.tap.same(counts(exporter, "io_page_fault"), {("lower_bound", "driver_partial"): 2},
                 "without the probe amd, what the driver reports is watched")
    standin.ask("probe iommu failed")
    bed.tap.same([unwatched(exporter), claims(exporter, CARD)], [{"probe_inactive": 2}, ["aer"]],
                 "without both probes they are unwatched")


def silent(bed):
    tree, standin = host(bed, "silent", vtd="unavailable", iommu="exact")
    tree.add(ROOT + PORT, driver="pcieport", domain="DMA", aer=True, code=0x060400, iommu="0000:00:03.0")
    tree.add(BELOW + CARD, driver="nvme", domain="identity", iommu="0000:00:03.0", aer=True)
    tree.add(BELOW + "0000:04:00.0")
    exporter = start(bed, tree, standin, "an exporter on a host with a virtio IOMMU")
    bed.tap.same(unwatched(exporter), {"no_tracepoint": 1, "identity": 1, "not_attached": 1},
                 "whose driver reports no faults, and which passes a device's DMA through")
    bed.tap.same(claims(exporter, CARD), ["aer"], "a device has no zero of DMA faults, and no health")
    bed.tap.same(claims(exporter, "0000:04:00.0"), [], "nor has one that no driver has attached yet")
    tree.bind("0000:04:00.0", "igc")
    tree.set_domain("0000:04:00.0", "DMA", iommu="smmu.0x0000000005000000")
    tree.tell("bind", "0000:04:00.0")
    bed.wait(lambda: unwatched(exporter) == {"no_tracepoint": 1, "identity": 1, "no_requester": 1},
             "with a driver it is behind another IOMMU, whose faults name no device")
    standin.ask("publish 16")
    bed.wait(lambda: exporter.metric(f'faultcast_io_page_faults_total{{device="{CARD}",access="read"}}'),
             "faults that come nevertheless are counted")
    bed.wait(lambda: exporter.metric(f'faultcast_device_health{{device="{CARD}"}}') == 1, "and judged")
    bed.tap.same([healths(exporter).get(CARD), healths(exporter, "?coverage=1").get(PORT), CARD in healths(exporter)],
                 ["SUSPECT", "UNSPECIFIED", True], "/v1/devices calls no device ok that is not watched")
    bed.tap.same(exporter.get("/v1/devices?coverage=2")[0], 400, "coverage= is 0 or 1")


def requesters(exporter, device):
    """The state of the device's DMA faults in /v1/devices, and its other requester ids."""
    for message in exporter.json("/v1/devices?coverage=1")["devices"]:
        if message["address"]["name"] == device:
            return message["coverage"][0]["state"].removeprefix("COVERAGE_STATE_"), [
                requester["name"] for requester in message.get("requesters", [])]
    return None


def aliases(bed):
    """The module reports other requester ids of CARD and of MULTI, and none for the card of the stand-in."""
    multi, behind = "0000:04:00.1", "0000:41:00.0"
    tree, standin = host(bed, "aliases")
    tree.add(ROOT + PORT + "/" + CARD, driver="nvme", domain="DMA", aer=True)
    tree.add(ROOT + PORT + "/" + multi, driver="ahci", domain="DMA")
    tree.add("pci0000:40/0000:40:01.0/" + behind, driver="e100", domain="DMA")
    standin.ask(f"alias {multi} 0000:04:00.2")
    standin.ask(f"alias {behind} 0000:40:00.0")
    exporter = start(bed, tree, standin, "an exporter on a host whose devices have other requester ids")
    expected = {("exact", "none"): 1, ("by_requester", "none"): 1, ("lower_bound", "other_ids"): 1}
    bed.tap.same([counts(exporter, "io_page_fault"), counts(exporter, "interrupt_remapping")], [expected, expected],
                 "one of them is watched under another id only, and one under its own id among others")
    bed.tap.same([requesters(exporter, device) for device in (CARD, multi, behind)],
                 [("EXACT", []), ("LOWER_BOUND", ["0000:04:00.2"]), ("BY_REQUESTER", ["0000:40:00.0"])],
                 "/v1/devices says under which")
    bed.tap.same([row[2:3] + row[5:] for row in shown(exporter) if row[0] in (multi, behind)],
                 [["lower bound: other_ids", "0000:04:00.2"], ["by requester", "0000:40:00.0"]],
                 "faultcastctl devices --all says the same")
    bed.tap.same([claims(exporter, device) for device in (multi, behind)], [["dma", "health"], []],
                 "a device has no zeros and no health if none of its faults would be counted as its own")
    bed.tap.same(unwatched(exporter), {}, "it is not unwatched")
    tree.set_domain(behind, "identity")
    tree.tell("bind", behind)
    bed.wait(lambda: unwatched(exporter) == {"identity": 1}, "unless the requester id is")


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text + "\n")


def accepted(exporter):
    return [line.split("{")[1] for line in exporter.get("/metrics")[1].splitlines()
            if line.startswith("faultcast_coverage_accepted{")]


def accept(bed, file, exporter):
    bed.tap.same(accepted(exporter), ['kind="io_page_fault",reason="identity"} 1', 'kind="aer",reason="not_native"} 1'],
                 "what the operator accepts is shown")
    bed.tap.same(unwatched(exporter).get("identity"), 1, "the devices still count")
    bed.tap.same([(row["reason"], row.get("accepted")) for row in exporter.json("/v1/status")["coverage"]
                  if row["kind"] == "KIND_IO_PAGE_FAULT" and row["state"] == "COVERAGE_STATE_UNWATCHED"],
                 [("no_iommu", False), ("identity", True)], "also in /v1/status")
    write(file, "coverage.accept: [{kind: aer, reason: identity}]")
    exporter.popen.send_signal(signal.SIGHUP)
    bed.wait(lambda: exporter.metric("faultcast_config_reload_failures_total") == 1,
             "a reason that does not exist for the kind is refused")
    bed.tap.result("coverage.accept: expected a reason of kind aer: no_capability, " in exporter.log(), "with those that do")
    bed.tap.same(len(accepted(exporter)), 2, "nothing has changed")
    write(file, "coverage.accept: [{kind: aer, reason: firmware_first}]")
    exporter.popen.send_signal(signal.SIGHUP)
    bed.wait(lambda: accepted(exporter) == ['kind="aer",reason="firmware_first"} 1'], "a new list takes effect at once")


def intel(bed):
    tree, standin = host(bed, "intel")
    tree.add(ROOT + PORT, driver="pcieport", domain="DMA", aer=True, code=0x060400)
    tree.add(BELOW + CARD, driver="nvme", domain="DMA", aer=True)
    tree.add(BELOW + "0000:03:00.1", domain="identity")
    tree.add(BELOW + "0000:04:00.0", 0x8086, 0x10d3, "e1000e")
    file = os.path.join(bed.dir, "exporter.yaml")
    write(file, "coverage.accept: [{kind: io_page_fault, reason: identity}, {kind: aer, reason: not_native}]")
    exporter = start(bed, tree, standin, "an exporter on a host with VT-d", "--config.file=" + file)
    accept(bed, file, exporter)
    bed.tap.same(unwatched(exporter), {"identity": 1, "no_iommu": 1}, "devices are unwatched for two reasons")
    bed.tap.same([claims(exporter, device) for device in (CARD, "0000:03:00.1", "0000:04:00.0")],
                 [["dma", "aer", "health"], [], []], "only a watched device has its zeros")
    tree.set_domain("0000:03:00.1", "identity", group=tree.set_domain(CARD, "identity"))
    tree.bind("0000:03:00.1", "vfio-pci")
    tree.tell("bind", "0000:03:00.1")
    tree.tell("bind", CARD)
    bed.wait(lambda: unwatched(exporter).get("unknown_domain") == 2,
             "VFIO's domain holds for the whole group, and nobody knows it")
    tree.set_domain(CARD, "DMA")
    tree.tell("bind", CARD)
    bed.wait(lambda: claims(exporter, CARD) == ["dma", "aer", "health"], "in a group of its own it is watched")
    units(bed, standin, exporter)
    aer(bed, tree, standin, exporter)


def units(bed, standin, exporter):
    """CARD and PORT are watched, and 0000:03:00.1 is in VFIO's domain."""
    bed.tap.same([counts(exporter, kind) for kind in ("io_page_fault", "interrupt_remapping")],
                 [{("exact", "none"): 2, ("unwatched", "unknown_domain"): 1, ("unwatched", "no_iommu"): 1},
                  {("exact", "none"): 3, ("unwatched", "no_iommu"): 1}], "VT-d sees every fault, whatever the domain")
    status = exporter.json("/v1/status")["coverage"]
    bed.tap.same([f'{coverage_text(row)}: {row["devices"]}' for row in status if row["kind"] == "KIND_IO_PAGE_FAULT"],
                 ["io_page_fault exact : 2", "io_page_fault unwatched no_iommu: 1",
                  "io_page_fault unwatched unknown_domain: 1"], "/v1/status has the same")
    standin.ask("unit 0 1 0")
    bed.tap.same(counts(exporter, "interrupt_remapping"), {("unwatched", "off"): 3, ("unwatched", "no_iommu"): 1},
                 "a unit may not remap interrupts")
    bed.tap.same(claims(exporter, CARD), ["dma", "aer", "health"], "which is no lack")
    iommu_errors(bed, standin, exporter)
    standin.ask("unit 0 0 1")
    bed.tap.same([unwatched(exporter).get("unit_unwatched"), claims(exporter, CARD)], [2, ["aer"]],
                 "a unit without a fault interrupt sees nothing")
    standin.ask("units-forget")
    bed.tap.same([counts(exporter, "io_page_fault").get(("lower_bound", "unit_unknown")), claims(exporter, CARD)],
                 [2, ["dma", "aer", "health"]], "an older module does not tell, and gives a lower bound")


def iommu_errors(bed, standin, exporter):
    for error in "0 context_entry_absent 7", "1 unknown 18446744073709551615", "1 unknown 3":
        standin.ask(f"unit-error {error}")
    name = "faultcast_iommu_errors_total"
    bed.tap.same([line for line in exporter.get("/metrics")[1].splitlines() if line.startswith(name + "{")],
                 [name + '{iommu="dmar0",error="context_entry_absent"} 7',
                  name + '{iommu="dmar1",error="unknown"} 18446744073709551615'],
                 "errors of an IOMMU have their series, and none comes twice")
    bed.tap.same([(row["name"], row["type"], row.get("errors", [])) for row in exporter.json("/v1/status")["module"]["iommus"]],
                 [("dmar0", "IOMMU_TYPE_VTD", [{"name": "context_entry_absent", "count": "7"}]),
                  ("dmar1", "IOMMU_TYPE_VTD", [{"name": "unknown", "count": "18446744073709551615"}]),
                  ("ivhd0", "IOMMU_TYPE_AMD", [])],
                 "/v1/status has the same")


def aer(bed, tree, standin, exporter):
    watched = counts(exporter, "aer")
    bed.tap.same(watched, {("exact", "none"): 2, ("unwatched", "no_capability"): 2},
                 "AER is watched where a device has it")
    driver = tree.path("bus/pci_express/devices", PORT + ":pcie002", "driver")
    os.unlink(driver)
    tree.send(f"unbind@/devices/{BELOW}{PORT}:pcie002", "ACTION=unbind", "SUBSYSTEM=pci_express", "SEQNUM=1")
    bed.wait(lambda: counts(exporter, "aer").get(("unwatched", "not_native")) == 2,
             "but not below a port without the AER driver")
    bed.tap.same(claims(exporter, CARD), ["dma"], "a device there has no zero of AER, and no health")
    os.makedirs(tree.path("bus/platform/devices/GHES.0"))
    os.symlink("../../drivers/GHES", tree.path("bus/platform/devices/GHES.0/driver"))
    tree.tell("change", CARD)
    bed.wait(lambda: counts(exporter, "aer").get(("lower_bound", "firmware_first")) == 2,
             "firmware may report its errors")
    bed.tap.same(claims(exporter, CARD), ["dma", "aer", "health"], "and then it has its zeros")
    standin.ask("probe aer active")
    os.symlink("../../drivers/aer", driver)
    tree.tell("change", PORT)
    bed.wait(lambda: counts(exporter, "aer").get(("lower_bound", "probe_inexact")) == 2,
             "a probe that is not exact gives a lower bound")
    bed.tap.same(exporter.metric("faultcast_device_coverage"
                                 '{kind="aer",state="unwatched",reason="not_native"}'), 0,
                 "combinations without devices are there, with zero")
    standin.unload()
    bed.wait(lambda: unwatched(exporter).get("no_module") == 2, "without the module no device is watched")
    bed.tap.same(counts(exporter, "aer"), {("unwatched", "no_capability"): 2, ("unwatched", "no_module"): 2},
                 "also for AER")


def documented(section):
    """{kind: its reasons, in the order of the table in docs/coverage.md}."""
    with open(os.path.join(os.path.dirname(testbed.TESTS), "docs/coverage.md"), encoding="utf-8") as file:
        text = file.read().split(f"\n## {section}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|", text, re.MULTILINE)
    return {kind: [reason for reason, kinds in rows if kinds == "all" or name in kinds.split(", ")]
            for kind, name in (("io_page_fault", "DMA"), ("interrupt_remapping", "interrupts"), ("aer", "AER"))}


def order(bed):
    """The metric has the reasons in the order in which they apply; tests/unit/model/coverage_order.c."""
    standin = bed.start_standin()
    standin.ask("load")
    exporter = bed.start_exporter(standin)
    bed.wait(exporter.is_ready, "an exporter is ready")
    page = exporter.get("/metrics")[1]
    for state, section in (("unwatched", "Reasons for unwatched devices"), ("lower_bound", "Reasons for lower bounds")):
        shown_reasons = {kind: re.findall(f'^faultcast_device_coverage{{kind="{kind}",state="{state}",reason="(\\w+)"',
                                          page, re.MULTILINE) for kind in documented(section)}
        bed.tap.same(documented(section), shown_reasons, f"docs/coverage.md has the reasons of {state} in their order")


def test(bed):
    order(bed)
    intel(bed)
    amd(bed)
    silent(bed)
    aliases(bed)


if __name__ == "__main__":
    testbed.run(test, seconds=60)
