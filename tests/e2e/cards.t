#!/usr/bin/python3
# Proves: from the address of a device, metrics lead to the card: its physical slot, which is the
# nearest one up the tree, and for a virtual function the physical one.
import os
import re

import sysfs
import testbed

RISER, NIC, VIRTUAL, NVME = "0000:80:03.1", "0000:81:00.0", "0000:81:01.2", "0000:82:00.0"

LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def series(exporter, name):
    """The labels of each series of this name."""
    return [dict(LABEL.findall(line)) for line in exporter.get("/metrics")[1].splitlines()
            if line.startswith(name + "{")]


def info(exporter, device):
    """The labels of the device's only device_info; none if it has none."""
    found = [labels for labels in series(exporter, "faultcast_device_info") if labels["device"] == device]
    return found[0] if len(found) == 1 else {}


def slots(bed):
    """A riser whose slot has the address of its ports, as on a server of 2024."""
    tree = sysfs.Sysfs(os.path.join(bed.dir, "slots"))
    tree.add(f"pci0000:80/{RISER}", 0x1022, 0x14a5, "pcieport", "DMA-FQ", code=0x060400)
    tree.add(f"pci0000:80/{RISER}/{NIC}", 0x15b3, 0x101f, "mlx5_core", "DMA-FQ")
    tree.add(f"pci0000:80/{RISER}/{VIRTUAL}", 0x15b3, 0x101e, "vfio-pci", "DMA-FQ", physfn=NIC)
    tree.add(f"pci0000:80/0000:80:03.2/{NVME}", 0x144d, 0xa824, "nvme", "DMA-FQ", code=0x010802)
    tree.add_slot("1", "0000:80:03")
    standin = bed.start_standin()
    standin.ask("load")
    exporter = bed.start_exporter(standin, f"--path.sysfs={tree.root}")
    bed.wait(exporter.is_ready, "an exporter is ready")
    bed.tap.same([info(exporter, device).get("slot") for device in (RISER, NIC, VIRTUAL, NVME)], ["1"] * 4,
                 "a card is in the slot of the port above it")
    bed.tap.same([info(exporter, device).get("class") for device in (RISER, NIC, NVME)],
                 ["0x060400", "0x020000", "0x010802"], "each device has its class")
    bed.tap.same([info(exporter, device).get("physfn") for device in (NIC, VIRTUAL)], ["", NIC],
                 "a virtual function names its physical one")
    tree.add_slot("9", "0000:81:00")
    for device in (NIC, VIRTUAL):
        tree.tell("change", device)
    bed.wait(lambda: [info(exporter, device).get("slot") for device in (NIC, VIRTUAL, NVME)] == ["9", "9", "1"],
             "a nearer slot is the card's, also for its virtual function")


def test(bed):
    slots(bed)


if __name__ == "__main__":
    testbed.run(test, seconds=60)
