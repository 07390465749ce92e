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
        self.groups = 0
        for directory in ("bus/pci/devices", "bus/pci/slots", "bus/pci/drivers", "bus/pci_express/devices",
                          "bus/pci_express/drivers/aer", "bus/platform/devices", "class/iommu",
                          "kernel/iommu_groups"):
            os.makedirs(self.path(directory))

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def device(self, address, *parts):
        return self.path("bus/pci/devices", address, *parts)

    def add(self, path, vendor=0x8086, model=0x10d3, driver=None, domain=None, aer=False, numa=-1,
            code=0x020000, physfn=None, iommu="dmar0"):
        """Adds a device at devices/@path, such as pci0000:00/0000:00:04.0. With a @domain it is behind
        @iommu. @physfn: it is a virtual function of this device, which is on the same port. @aer: it has
        the capability, and the kernel's AER driver is bound to its root port."""
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
            names = path.split("/")
            self.add_aer_service(names[max(i for i, name in enumerate(names) if name.startswith("pci")) + 1])
        self.bind(address, driver)
        self.set_domain(address, domain, iommu=iommu)

    def add_aer_service(self, address, suffix="pcie002", driver="aer"):
        """The service device of a root port, or of an event collector with "pcie602"."""
        service = self.path("bus/pci_express/devices", f"{address}:{suffix}")
        os.makedirs(service, exist_ok=True)
        if driver and not os.path.lexists(service + "/driver"):
            os.symlink("../../../../bus/pci_express/drivers/" + driver, service + "/driver")

    def add_iommu(self, name):
        """Also the registers of a VT-d unit, which "dmar1" has at 0xfed91000."""
        directory = self.path("devices/virtual/iommu", name)
        if os.path.isdir(directory):
            return
        os.makedirs(directory)
        os.symlink("../../devices/virtual/iommu/" + name, self.path("class/iommu", name))
        if name.startswith("dmar"):
            os.mkdir(directory + "/intel-iommu")
            with open(directory + "/intel-iommu/address", "w", encoding="ascii") as out:
                out.write(f"{0xfed90000 + 0x1000 * int(name[4:]):x}\n")

    def set_iommu(self, address, iommu):
        """@iommu None: the device is behind none, or no driver has attached it yet."""
        link = self.device(address, "iommu")
        if os.path.lexists(link):
            os.unlink(link)
        if iommu:
            self.add_iommu(iommu)
            os.symlink(self.path("class/iommu", iommu), link)

    def write(self, address, file, text):
        with open(self.device(address, file), "w", encoding="ascii") as out:
            out.write(text + "\n")

    def bind(self, address, driver):
        link = self.device(address, "driver")
        if os.path.lexists(link):
            os.unlink(link)
        if driver:
            os.symlink("../../../bus/pci/drivers/" + driver, link)

    def set_domain(self, address, domain, group=None, iommu="dmar0"):
        """Puts the device into the group @group, or one of its own, and behind @iommu. Returns the number
        of the group. @domain None: the device is in no IOMMU group and behind no IOMMU."""
        link = self.device(address, "iommu_group")
        if os.path.lexists(link):
            os.unlink(link)
        self.set_iommu(address, iommu if domain else None)
        if domain:
            if group is None:
                group, self.groups = self.groups, self.groups + 1
            directory = self.path("kernel/iommu_groups", str(group))
            os.makedirs(directory, exist_ok=True)
            os.symlink(directory, link)
            self.write(address, "iommu_group/type", domain)
        return group

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
