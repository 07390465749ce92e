# Chooses QEMU, the accelerator and the number of processors for a kernel.
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from typing import NamedTuple

VM_DIR = os.path.dirname(os.path.realpath(__file__))

# Linux 7.0 and later with two processors panics under the TCG of QEMU 7.2, while it patches its own
# text. QEMU 11 works. Versions in between have not been tried.
NEEDING_KERNEL = (7, 0)
NEEDED_QEMU = (11, 0)


class EmulatorError(Exception):
    """The reason why no QEMU can be run, in one line."""


class Emulator(NamedTuple):
    qemu: str
    accel: str
    cpus: str


def choose(options, settings, architecture, release, kernel, tap):
    """Never replaces options.qemu if it is given. Changes for the kernel's sake are reported in
    @tap."""
    cpus = settings["VM_CPUS"]
    if architecture.own_qemu:
        return choose_own(options, architecture, cpus)
    qemu = options.qemu or "qemu-system-x86_64"
    if not shutil.which(qemu):
        raise EmulatorError(f"{qemu} is not installed")
    accel = options.accel
    if accel == "auto":
        works = kvm_is_known_to_work(os.path.join(options.build, "vm"), qemu, kernel)
        accel = "kvm" if works else "tcg"
    kernel_needs = accel != "kvm" and version(release) >= NEEDING_KERNEL
    if qemu_version(qemu) >= NEEDED_QEMU or not (kernel_needs or settings["VM_NEW_QEMU"]):
        return Emulator(qemu, accel, cpus)
    newer = None if options.qemu else newer_qemu()
    if newer:
        return Emulator(newer, accel, cpus)
    if not kernel_needs:
        return Emulator(qemu, accel, cpus)
    if cpus != "1":
        tap.diag(f"1 CPU instead of {cpus}: Linux {release} panics with more under "
                 f"QEMU {'.'.join(map(str, qemu_version(qemu)))} without KVM (text patching)")
    return Emulator(qemu, accel, "1")


def choose_own(options, architecture, cpus):
    qemu = options.qemu or newer_qemu(architecture.name)
    if not qemu:
        raise EmulatorError(f"{architecture.qemu} cannot be fetched")
    return Emulator(qemu, "tcg", cpus)


def version(text):
    """Returns (7, 3) for a text that begins with 7.3. A kernel without modules has no version and
    counts as old."""
    numbers = re.search(r"(\d+)\.(\d+)", text or "")
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def qemu_version(qemu):
    done = subprocess.run([qemu, "--version"], stdout=subprocess.PIPE, text=True, check=False)
    return version(done.stdout)


def newer_qemu(architecture="amd64"):
    done = subprocess.run([os.path.join(VM_DIR, "qemu"), architecture], stdout=subprocess.PIPE, text=True,
                          check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def kvm_is_known_to_work(directory, qemu, kernel):
    """The answer of kvm_works(), which takes 10 seconds where KVM hangs. It is kept in @directory
    until the host boots again."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        question = f"{file.read().strip()} {shutil.which(qemu)} {os.path.realpath(kernel)} "
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "kvm"), "a+", encoding="utf-8") as answers:
        answers.seek(0)
        for line in answers:
            if line.startswith(question):
                return line.endswith(" yes\n")
        works = kvm_works(qemu, kernel)
        answers.write(question + ("yes\n" if works else "no\n"))
    return works


def kvm_works(qemu, kernel):
    """Whether this kernel really runs with KVM. In nested machines /dev/kvm may open and even run
    the firmware, but fail at the first unusual instruction of the kernel."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    with (tempfile.NamedTemporaryFile() as serial, tempfile.NamedTemporaryFile() as said,
          contextlib.suppress(OSError)):
        command = [qemu, "-accel", "kvm", "-machine", "q35,kernel-irqchip=split", "-cpu", "max",
                   "-m", "512", "-nodefaults", "-display", "none", "-no-reboot",
                   "-serial", f"file:{serial.name}", "-kernel", kernel,
                   "-append", "earlyprintk=ttyS0 panic=-1"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said) as process:
            deadline = time.monotonic() + 10
            while process.poll() is None and time.monotonic() < deadline:
                if holds(serial.name, b"Linux version") or holds(said.name, b"KVM internal error"):
                    break
                time.sleep(0.05)
            process.kill()
        return holds(serial.name, b"Linux version")
    return False


def holds(path, text):
    with open(path, "rb") as file:
        return text in file.read()
