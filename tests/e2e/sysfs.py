"""A made-up sysfs of PCI devices for faultcast_exporter --path.sysfs. It also sends the kernel's
uevents, which in a test's own network namespace reach only the test's exporters."""
import os
import shutil
import socket

NETLINK_KOBJECT_UEVENT = 15
GROUP_KERNEL = 1


class Sysfs:
    def __init__(self, root):
        self.root = root
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT)
        for directory in ("bus/pci/devices", "bus/pci/slots", "bus/pci/drivers", "kernel/iommu_groups"):
            os.makedirs(self.path(directory))

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def device(self, address, *parts):
        return self.path("bus/pci/devices", address, *parts)

    def add(self, path, vendor=0x8086, model=0x10d3, driver=None, domain=None, aer=False, numa=-1,
            code=0x020000, physfn=None):
        """Adds a device at devices/@path, such as pci0000:00/0000:00:04.0. @physfn: it is a virtual
        function of this device, which is on the same port."""
        address = os.path.basename(path)
        directory = self.path("devices", path)
        os.makedirs(directory, exist_ok=True)
        os.symlink(os.path.join("../../../devices", path), self.device(address))
        self.write(address, "vendor", f"0x{vendor:04x}")
        self.write(address, "device", f"0x{model:04x}")
        self.write(address, "class", f"0x{code:06x}")
        self.write(address, "numa_node", str(numa))
        if physfn:
            os.symlink("../" + physfn, self.device(address, "physfn"))
        if aer:
            self.write(address, "aer_dev_correctable", "TOTAL_ERR_COR 0")
        self.bind(address, driver)
        self.set_domain(address, domain)

    def write(self, address, file, text):
        with open(self.device(address, file), "w", encoding="ascii") as out:
            out.write(text + "\n")

    def bind(self, address, driver):
        link = self.device(address, "driver")
        if os.path.lexists(link):
            os.unlink(link)
        if driver:
            os.symlink("../../../bus/pci/drivers/" + driver, link)

    def set_domain(self, address, domain):
        """@domain None: the device is in no IOMMU group."""
        shutil.rmtree(self.device(address, "iommu_group"), ignore_errors=True)
        if domain:
            os.mkdir(self.device(address, "iommu_group"))
            self.write(address, "iommu_group/type", domain)

    def add_slot(self, name, address):
        """@address has no function, such as 0000:03:00."""
        os.mkdir(self.path("bus/pci/slots", name))
        with open(self.path("bus/pci/slots", name, "address"), "w", encoding="ascii") as out:
            out.write(address + "\n")

    def remove(self, address):
        shutil.rmtree(os.path.realpath(self.device(address)))
        os.unlink(self.device(address))

    def tell(self, action, address):
        """Sends a uevent, like lib/kobject_uevent.c and pci_uevent()."""
        self.send(f"{action}@/devices/pci0000:00/{address}", f"ACTION={action}", "SUBSYSTEM=pci",
                  f"PCI_SLOT_NAME={address}", "SEQNUM=1")

    def send(self, *lines):
        self.socket.sendto(b"".join(line.encode() + b"\0" for line in lines), (0, GROUP_KERNEL))
