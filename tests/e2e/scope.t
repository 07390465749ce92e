#!/usr/bin/python3
# Proves: a device whose noise is known can be exempted by its address, driver, model, slot or fault
# reason, and all other devices are judged as before. An exempted device that faults more often is
# reported, and so is a storm whose reason nobody knows.
import os

import stream
import sysfs
import testbed

NIC, NVME, GPU, BEHIND_VMD, ENGINE = ("0000:04:00.1", "0000:03:00.0", "0000:41:00.0", "10000:e1:00.5",
                                      "platform/12340000.dma")
OK, SUSPECT, FAULTY = 0, 1, 2

RULE = "  - {{name: {}, {}, threshold: 1000, window: 1h, state: suspect, clear-after: 1h}}\n"


def started(bed, standin, *rules):
    path = os.path.join(bed.dir, "exporter.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("health:\n  rules:\n" + "".join(RULE.format(*rule) for rule in rules) + "  - defaults\n")
    exporter = bed.start_exporter(standin, "--config.file=" + path, "--path.sysfs=" + os.path.join(bed.dir, "sys"))
    bed.wait(exporter.is_ready, f"an exporter starts with {len(rules)} exemptions")
    return exporter


def state(exporter, device):
    return exporter.metric(f'faultcast_device_health{{device="{device}"}}')


def changes(exporter, device):
    with stream.Stream(exporter.address, f"device={device}") as client:
        told = [m.document()["health"] for m in client.read_all() if m.body == "health"]
    return [(t["to"].removeprefix("HEALTH_"), t["rule"]) for t in told]


def storm(standin, device, faults):
    standin.ask(f"suppress {device} {faults}")
    standin.ask("summarize")


def by_device(bed, standin):
    standin.ask("load")
    exporter = started(bed, standin, ("by_reason", "kind: interrupt_remapping, reason: 0x22"),
                       ("by_slot", "kind: io_page_fault, slot: 4"),
                       ("by_id", "kind: io_page_fault, id: '144D:*'"),
                       ("by_riser", "kind: io_page_fault, slot: riser*"),
                       ("by_driver", "kind: aer, severity: nonfatal, driver: amdgpu"),
                       ("by_address", "kind: aer, severity: fatal, device: '41:00.0'"))
    standin.ask("publish 16")
    bed.wait(lambda: [state(exporter, device) for device in (ENGINE, "unknown")] == [SUSPECT] * 2,
             "devices without an exemption are suspect")
    storm(standin, NIC, 1000)
    bed.wait(lambda: state(exporter, NIC) == SUSPECT, "an exempted device is, after a thousand faults")
    bed.tap.same(changes(exporter, NIC), [("SUSPECT", "by_slot")], "its rule says why, and no rule before it")
    bed.tap.same({device: (state(exporter, device), changes(exporter, device))
                  for device in (NVME, GPU, BEHIND_VMD)},
                 {device: (OK, []) for device in (NVME, GPU, BEHIND_VMD)}, "the other exempted devices are ok")
    exporter.check_stop()


def by_reason(bed, standin):
    standin.unload()
    standin.ask("load")
    exporter = started(bed, standin, ("noise", "kind: io_page_fault, reason: 6"))
    # The events of another load of the module may arrive before its counters are read.
    standin.unload()
    standin.ask("load")
    standin.ask("publish 6")  # three of the NIC (reasons 5, 6 and 5), one of the NVMe drive (reason 6)
    bed.wait(lambda: state(exporter, NIC) == SUSPECT, "a device with another reason is suspect")
    storm(standin, ENGINE, 10)
    bed.wait(lambda: state(exporter, ENGINE) == FAULTY, "faults without events count for a device without a reason")
    bed.tap.same(state(exporter, NVME), OK, "one with the exempted reason is ok")
    storm(standin, NVME, 10)
    bed.wait(lambda: state(exporter, NVME) == FAULTY, "suppressed faults, whose reason nobody knows, are no noise")
    bed.tap.same(changes(exporter, NVME), [("FAULTY", "io_page_fault_repeated")], "as the default rule says")
    exporter.kill()
    again = started(bed, standin, ("noise", "kind: io_page_fault, reason: 6"))
    bed.wait(lambda: [state(again, device) for device in (NIC, NVME)] == [SUSPECT, FAULTY],
             "the next exporter says the same")
    again.check_stop()


def test(bed):
    tree = sysfs.Sysfs(os.path.join(bed.dir, "sys"))
    tree.add(f"pci10000:e0/{BEHIND_VMD}", 0x8086, 0x0a54, domain="DMA")
    tree.add_slot("riser3", "10000:e1:00")
    standin = bed.start_standin()
    by_device(bed, standin)
    by_reason(bed, standin)


if __name__ == "__main__":
    testbed.run(test, seconds=60)
