#!/usr/bin/python3
# Proves: from the address of a device, metrics lead to the card: its physical slot, which is the
# nearest one up the tree, and for a virtual function the physical one. A card that faults under a
# requester id that is not its own is found from that id, and is not ok. A device whose interrupts
# are refused has a counter for that.
import os
import re

import sysfs
import testbed

BRIDGE, LEGACY, BUS = "0000:02:00.0", "0000:03:02.0", "0000:03:00.0"  # bridge, card, requester id
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


def cards(exporter, device):
    return [(labels["card"], labels["bridge"], labels["slot"], labels["model"])
            for labels in series(exporter, "faultcast_requester_info") if labels["device"] == device]


def health(exporter, device):
    return exporter.metric(f'faultcast_device_health{{device="{device}"}}')


def behind_a_bridge(bed):
    tree = sysfs.Sysfs(os.path.join(bed.dir, "bridge"))
    port = "0000:00:1c.0"
    tree.add(f"pci0000:00/{port}", 0x8086, 0x7abc, "pcieport", "DMA", code=0x060400)
    tree.add(f"pci0000:00/{port}/{BRIDGE}", 0x10b5, 0x8112, None, "DMA", code=0x060400)
    tree.add(f"pci0000:00/{port}/{BRIDGE}/{LEGACY}", 0x8086, 0x1209, "e100", "DMA")
    for device in (port, BRIDGE):
        tree.write(device, "max_link_speed", "2.5 GT/s PCIe")
    tree.add_slot("7", "0000:02:00")
    standin = bed.start_standin()
    standin.ask("load abi=4")
    standin.ask(f"forget {BUS}")
    exporter = bed.start_exporter(standin, f"--path.sysfs={tree.root}")
    bed.wait(exporter.is_ready, "a card behind a bridge, and a module that reports no aliases")
    bed.tap.same(cards(exporter, BUS), [], "a requester id that has raised nothing has no series")
    bed.tap.same([exporter.metric(f'faultcast_io_page_faults_total{{device="{LEGACY}",access="read"}}'),
                  health(exporter, LEGACY)], [None, None], "the card has no zero of its own, and no health")
    standin.ask("publish 16")
    bed.wait(lambda: cards(exporter, BUS), "the id of the bridge's bus has raised faults")
    bed.tap.same([(card, bridge, slot) for card, bridge, slot, _ in cards(exporter, BUS)],
                 [(LEGACY, BRIDGE, "7")], "it leads to the card, the bridge and the slot")
    bed.tap.same([info(exporter, BUS).get(label) for label in ("slot", "driver", "device_id", "root_port")],
                 ["7", "e100", "0x1209", port], "the id is described like its only card")
    bed.wait(lambda: health(exporter, BUS) == 1, "the id becomes suspect")
    bed.tap.same(health(exporter, LEGACY), 1, "its card is not ok")
    said = {device["address"]["name"]: device.get("health") for device in exporter.json("/v1/devices?coverage=1")["devices"]}
    bed.tap.same((said.get(BUS), said.get(LEGACY)), ("HEALTH_SUSPECT", "HEALTH_SUSPECT"), "/v1/devices says the same")
    sibling = LEGACY.replace("02.0", "04.0")
    tree.add(f"pci0000:00/{port}/{BRIDGE}/{sibling}", 0x8086, 0x1209, "vfio-pci", "DMA")
    tree.tell("add", sibling)
    bed.wait(lambda: len(cards(exporter, BUS)) == 2, "a second card behind the bridge is a candidate too")
    bed.tap.same([info(exporter, BUS).get(label) for label in ("slot", "driver", "device_id")],
                 ["7", "", "0x1209"], "the id has the labels in which both agree")
    standin.unload()


def by_the_module(bed):
    """The module's word counts, not the guess."""
    tree = sysfs.Sysfs(os.path.join(bed.dir, "module"))
    tree.add("pci0000:00/0000:00:1c.0/0000:04:00.1", 0x15b3, 0x101d, "mlx5_core", "DMA")
    tree.add("pci0000:40/0000:40:01.0/0000:41:00.0", 0x1002, 0x74a1, "amdgpu", "DMA")
    standin = bed.start_standin()
    standin.ask("load")
    standin.ask("alias 0000:41:00.0 0000:04:00.1")
    exporter = bed.start_exporter(standin, f"--path.sysfs={tree.root}")
    bed.wait(exporter.is_ready, "a module that reports aliases")
    standin.ask("publish 3")
    bed.wait(lambda: health(exporter, "0000:04:00.1") == 1, "a device that is an alias of another one faults")
    bed.tap.same([card for card, *_ in cards(exporter, "0000:04:00.1")], ["0000:04:00.1", "0000:41:00.0"],
                 "it may have been either")
    found = {device["address"]["name"]: device.get("cards", []) for device in exporter.json("/v1/devices")["devices"]}
    bed.tap.same([card["name"] for card in found["0000:04:00.1"]], ["0000:41:00.0"], "/v1/devices names the other")
    bed.tap.result("0000:03:00.0" not in found, "and lists no device that has raised nothing")
    bed.tap.same(info(exporter, "0000:04:00.1").get("driver"), "mlx5_core", "the device keeps its own description")
    bed.tap.same(health(exporter, "0000:41:00.0"), 1, "the other is not ok")
    standin.unload()


def interrupts(bed):
    tree = sysfs.Sysfs(os.path.join(bed.dir, "interrupts"))
    tree.add("pci0000:00/0000:00:1c.0/0000:04:00.1", 0x15b3, 0x101d, "mlx5_core", "DMA")
    standin = bed.start_standin()
    standin.ask("load")
    exporter = bed.start_exporter(standin, f"--path.sysfs={tree.root}")
    bed.wait(exporter.is_ready, "a device with interrupt remapping")
    name = 'faultcast_device_faults_total{device="0000:04:00.1",kind="interrupt_remapping"}'
    standin.ask("publish 160")
    bed.wait(lambda: exporter.metric(name) == 10, "its refused interrupt requests are counted")
    page = exporter.get("/metrics", "application/openmetrics-text")[1]
    bed.tap.result(re.search(re.escape(name) + r" 10 # \{cursor=", page), "with an exemplar")
    standin.unload()


def test(bed):
    slots(bed)
    behind_a_bridge(bed)
    by_the_module(bed)
    interrupts(bed)


if __name__ == "__main__":
    testbed.run(test, seconds=60)
