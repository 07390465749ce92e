# The differences between the architectures of guests.
import os
import re
import shutil
import subprocess
from typing import NamedTuple

VM_DIR = os.path.dirname(os.path.realpath(__file__))


class Architecture(NamedTuple):
    name: str
    qemu: str
    machine: tuple  # arguments that select the machine and the processor
    iommu: tuple  # arguments for the IOMMU of a scenario that names none
    command_line: str  # for the kernel
    modules: tuple  # kernel modules to load at boot
    truth: tuple  # arguments that trace what the IOMMU recorded
    own_qemu: bool  # whether QEMU always comes from the cache
    root: str = ""  # the directory with programs and libraries for guests; empty: the host


# no_timer_check: at boot the kernel panics if the timer's interrupt does not come within a few
# ticks. An emulator on a busy machine may be late.
AMD64 = Architecture(
    name="amd64", qemu="qemu-system-x86_64",
    machine=("-machine", "q35,kernel-irqchip=split", "-cpu", "max"),
    iommu=("-device", "intel-iommu"),
    command_line="console=ttyS0 intel_iommu=on iommu=nopt no_timer_check",
    modules=(), truth=("-trace", "vtd_frr_new"), own_qemu=False)

# The SMMU belongs to the machine. Older versions of QEMU have no second serial line. A device gets its
# translation when its first driver probes it (before 7.3): guest-init lets pci-stub do that.
ARM64 = Architecture(
    name="arm64", qemu="qemu-system-aarch64",
    machine=("-machine", "virt,gic-version=3", "-cpu", "cortex-a72"),
    iommu=("-machine", "iommu=smmuv3"),
    command_line="console=ttyAMA0",
    modules=("pci_stub",), own_qemu=True,
    # guest_errors has the addresses.
    truth=("-trace", "smmuv3_propagate_event", "-trace", "smmuv3_trigger_irq", "-d", "guest_errors"))


def of_kernel(choice, preferred):
    """The architecture of a kernel, given as for tests/vm/kernel or as a directory."""
    releases = [choice]
    if "/" in choice:
        base = os.path.join(choice, "lib/modules")
        releases += os.listdir(base) if os.path.isdir(base) else []
    arm64 = preferred in ("arm64", "aarch64") or any(name.endswith("-arm64") for name in releases)
    return ARM64 if arm64 else AMD64


def with_root(architecture, fetched):
    """The architecture with the root that tests/vm/cross has made."""
    if architecture is AMD64:
        return architecture
    prefix = fetched("compiler for arm64", "cross")
    root = os.path.join(os.path.dirname(os.path.dirname(prefix)), "root")
    return architecture._replace(root=root)


def program(architecture, name):
    """The path of a program for the guest, or None."""
    if not architecture.root:
        return shutil.which(name)
    for directory in ("usr/bin", "bin", "usr/sbin", "sbin"):
        path = os.path.join(architecture.root, directory, name)
        if os.path.exists(path):
            return path
    return None


def shared_libraries(architecture, path):
    """Pairs of host path and guest path: the libraries and the loader of a program, and None as the
    host path of one that is missing. None at all for a static program."""
    if architecture.root:
        yield from foreign_libraries(architecture.root, path, set())
        return
    listing = subprocess.run(["ldd", path], capture_output=True, text=True, check=False)
    for line in listing.stdout.splitlines():
        if line.endswith("=> not found"):
            yield None, line.split()[0]
        for word in line.split():
            if word.startswith("/"):
                yield word, word


# In the output of readelf.
NEEDED = re.compile(r"\(NEEDED\).*\[(.*)\]|program interpreter: (.*)\]")


def foreign_libraries(root, path, seen):
    """ldd cannot run programs of another architecture."""
    listing = subprocess.run(["readelf", "-Wld", path], capture_output=True, text=True, check=False)
    for library, loader in NEEDED.findall(listing.stdout):
        name = os.path.basename(library or loader)
        if name in seen:
            continue
        seen.add(name)
        found = [guest for directory in ("lib", "usr/lib")
                 for guest in (f"{directory}/aarch64-linux-gnu/{name}", f"{directory}/{name}")
                 if os.path.exists(os.path.join(root, guest))]
        if not found:
            yield None, name
            continue
        host = os.path.join(root, found[0])
        yield host, loader or found[0]
        yield from foreign_libraries(root, host, seen)
