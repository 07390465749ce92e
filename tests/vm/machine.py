# The virtual machine: QEMU with its console, TAP line and monitor on socket pairs that `run` holds.
import json
import os
import selectors
import shlex
import socket
import subprocess
import sys
import time

import hest

# Addresses that scenarios do not give to their devices.
SHARE_ADDRESS = "0x1e"
NET_ADDRESS = "0x1d"
DISK_ADDRESS = "0x1c"

# Firmware with Secure Boot, whose db has the key that secure-boot signs with.
OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
OVMF_VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd"

# log_buf_len: a storm must not push a warning out of the log before the log is read at the end.
# oops=panic: results after an oops are worthless, so stop.
KERNEL_COMMAND_LINE = "panic=-1 oops=panic quiet log_buf_len=4M"
CHUNK = 65536


class Machine:
    """A QEMU that runs inside the with block."""

    def __init__(self, options, settings, architecture, kernel, initrd, out, emulator):
        self.options, self.settings, self.out, self.emulator = options, settings, out, emulator
        self.architecture = architecture
        self.kernel, self.initrd = kernel, initrd
        self.process = None
        self.sockets, self.qemu_ends = {}, {}
        self.pending = b""

    def __enter__(self):
        for name in ("console", "tap", "qmp"):
            ours, theirs = socket.socketpair()
            self.sockets[name], self.qemu_ends[name] = ours, theirs
        try:
            # If this program is killed, QEMU must end too.
            command = ["setpriv", "--pdeathsig", "KILL", *self.command()]
            with open(os.path.join(self.out, "qemu.log"), "wb") as log:
                self.process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    pass_fds=[end.fileno() for end in self.qemu_ends.values()],
                    start_new_session=True)
        finally:
            for end in self.qemu_ends.values():
                end.close()
        self.qmp = Qmp(self.sockets["qmp"])
        return self

    def __exit__(self, *_exception):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        for end in self.sockets.values():
            end.close()

    def command(self):
        emulator, settings = self.emulator, self.settings
        append = f"{KERNEL_COMMAND_LINE} {self.architecture.command_line} {settings['VM_APPEND']}"
        accel = emulator.accel
        if accel == "tcg" and settings["VM_TCG_THREAD"]:
            accel += f",thread={settings['VM_TCG_THREAD']}"
        return [
            emulator.qemu,
            *self.architecture.machine, "-accel", accel,
            "-m", settings["VM_MEMORY"], "-smp", emulator.cpus,
            "-display", "none", "-no-reboot", "-nic", "none", "-no-user-config",
            "-kernel", self.kernel, "-initrd", self.initrd, "-append", append.strip(),
            *self.iommu(),
            *self.lines_to_host(), *self.share(), *self.network(), *self.disk(),
            *self.firmware(), *self.acpi(),
            *self.architecture.truth, "-D", os.path.join(self.out, "qemu-trace.log"),
            *(word for device in settings["VM_DEVICES"].split() for word in ("-device", device)),
            *shlex.split(settings["VM_ARGS"]),
        ]

    def acpi(self):
        """A table that QEMU does not make itself."""
        if not self.settings["VM_HEST"]:
            return []
        path = os.path.join(os.path.dirname(self.out), "hest")
        with open(path, "wb") as table:
            table.write(hest.table())
        return ["-acpitable", f"sig=HEST,rev=1,data={path}"]

    def iommu(self):
        named = self.settings["VM_IOMMU"]
        return ["-device", named] if named else list(self.architecture.iommu)

    def lines_to_host(self):
        words = []
        for name, end in self.qemu_ends.items():
            words += ["-chardev", f"socket,id={name},fd={end.fileno()}"]
        return words + ["-serial", "chardev:console", "-serial", "chardev:tap",
                        "-mon", "chardev=qmp,mode=control"]

    def share(self):
        return ["-fsdev", f"local,id=host,security_model=none,path={self.out.replace(',', ',,')}",
                "-device", f"virtio-9p-pci,fsdev=host,mount_tag=host,addr={SHARE_ADDRESS}"]

    def network(self):
        if not self.settings["VM_NET"]:
            return []
        forward = f"hostfwd=tcp:127.0.0.1:{self.options.hostfwd_port}-:10186"
        return ["-netdev", f"user,id=n0,{forward}",
                "-device", f"virtio-net-pci,netdev=n0,romfile=,addr={NET_ADDRESS}"]

    def disk(self):
        """The guest's changes to this disk are discarded with the machine."""
        image = self.settings["VM_DEBIAN"]
        if not image:
            return []
        return ["-drive", f"if=none,id=debian,format=raw,snapshot=on,file={image.replace(',', ',,')}",
                "-device", f"virtio-blk-pci,drive=debian,addr={DISK_ADDRESS}"]

    def firmware(self):
        """The firmware writes its screen to all serial lines. Its text on the TAP line ends before
        the guest's first line."""
        if not self.settings["VM_SECURE_BOOT"]:
            return []
        return ["-global", "driver=cfi.pflash01,property=secure,value=on",
                "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={OVMF_CODE}",
                "-drive", f"if=pflash,format=raw,unit=1,snapshot=on,file={OVMF_VARIABLES}"]

    def serve(self, tap):
        """Forwards TAP and keeps the console until QEMU ends. Returns None, or the reason of an
        early end."""
        limit = float(self.settings["VM_TIMEOUT"])
        deadline = time.monotonic() + limit if limit else None
        with (selectors.DefaultSelector() as selector,
              open(os.path.join(self.out, "console.log"), "wb", buffering=0) as console):
            for name in ("console", "tap"):
                selector.register(self.sockets[name], selectors.EVENT_READ, name)
            while selector.get_map():
                left = deadline - time.monotonic() if deadline else None
                if left is not None and left <= 0:
                    return f"not within {limit:g} s"
                for key, _ in selector.select(left):
                    chunk = receive(key.fileobj)
                    if not chunk:
                        selector.unregister(key.fileobj)
                    elif key.data == "tap":
                        self.tap_arrived(tap, chunk)
                    else:
                        self.console_arrived(console, chunk)
        return None if self.process.wait() == 0 else "QEMU failed"

    def console_arrived(self, log, chunk):
        log.write(chunk)
        if self.options.console:
            sys.stderr.buffer.write(chunk)
            sys.stderr.buffer.flush()

    def tap_arrived(self, tap, chunk):
        *lines, self.pending = (self.pending + chunk).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace")
            if text.startswith("qmp "):
                self.sockets["tap"].sendall(self.qmp.execute(text[4:]).encode() + b"\n")
            else:
                tap.feed(text)


class Qmp:
    """QEMU's monitor for guests. The answer to a command is one line of JSON."""

    def __init__(self, end):
        end.settimeout(10)
        self.file = end.makefile("rw", encoding="utf-8")
        self.ready = False

    def execute(self, command):
        try:
            if not self.ready:
                self.file.readline()
                self.exchange('{"execute": "qmp_capabilities"}')
                self.ready = True
            return json.dumps(self.exchange(command), separators=(",", ":"))
        except (OSError, ValueError) as error:
            return json.dumps({"error": str(error)})

    def exchange(self, command):
        self.file.write(command + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "event" not in answer:
                return answer


def receive(end):
    try:
        return end.recv(CHUNK)
    except ConnectionResetError:
        return b""
