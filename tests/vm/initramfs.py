# Builds the guest's initramfs: an uncompressed newc archive with busybox, kernel modules, the
# scenario's programs and their shared libraries. It is built for each run, in milliseconds.
import lzma
import os
import stat
import subprocess

import architecture as architectures

DIRECTORIES = "bin dev etc host lib proc root run sys tmp vm".split()


class Error(Exception):
    """The reason why the archive cannot be built, in one line."""


class Archive:
    """Collects files by guest path. write() makes the cpio archive."""

    def __init__(self, architecture):
        self.architecture, self.entries = architecture, {}
        for directory in DIRECTORIES:
            self.add_directory(directory)

    def add_directory(self, path):
        if path and path not in self.entries:
            self.add_directory(os.path.dirname(path))
            self.entries[path] = (stat.S_IFDIR | 0o755, b"")

    def add(self, path, content, mode=0o644):
        path = path.strip("/")
        self.add_directory(os.path.dirname(path))
        self.entries[path] = (stat.S_IFREG | mode, content)

    def add_link(self, path, target):
        self.entries[path.strip("/")] = (stat.S_IFLNK | 0o777, target.encode())

    def add_file(self, host_path, path):
        try:
            with open(host_path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise Error(f"{host_path}: {error.strerror}") from error
        executable = os.access(host_path, os.X_OK)
        self.add(path, content, 0o755 if executable else 0o644)
        if executable and content.startswith(b"\x7fELF"):
            self.add_libraries(host_path)

    def add_libraries(self, program):
        for library, guest_path in architectures.shared_libraries(self.architecture, program):
            if not library:
                raise Error(f"{program}: library {guest_path} is missing")
            if guest_path.strip("/") not in self.entries:
                with open(library, "rb") as file:
                    self.add(guest_path, file.read(), 0o755)

    def write(self, path):
        with open(path, "wb") as out:
            for number, (name, (mode, content)) in enumerate(self.entries.items(), 1):
                out.write(newc_entry(number, name, mode, content))
            out.write(newc_entry(0, "TRAILER!!!", 0, b""))


def newc_entry(number, name, mode, content):
    encoded = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
    header = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
    return padded(header) + padded(content)


def padded(content):
    return content + b"\0" * (-len(content) % 4)


def add_busybox(archive):
    busybox = architectures.program(archive.architecture, "busybox")
    if not busybox:
        raise Error("busybox is missing: install busybox-static")
    archive.add_file(busybox, "bin/busybox")
    if archive.architecture.root:
        return  # guest-init makes the links, because this busybox cannot run here
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
    for applet in applets.stdout.split():
        if applet != "busybox":
            archive.add_link("bin/" + applet, "busybox")


class KernelModules:
    """The modules below a kernel directory, by name, with their dependencies."""

    def __init__(self, kernel_dir):
        self.root, self.release = None, None
        self.dependencies, self.builtin = {}, set()
        base = os.path.join(kernel_dir, "lib/modules")
        releases = os.listdir(base) if os.path.isdir(base) else []
        if len(releases) > 1:
            raise Error(f"{base}: more than one kernel release")
        if releases:
            self.release = releases[0]
            self.root = os.path.join(base, self.release)
            self.read_indexes()

    def read_indexes(self):
        with open(os.path.join(self.root, "modules.builtin"), encoding="ascii") as lines:
            self.builtin = {module_name(line) for line in lines}
        with open(os.path.join(self.root, "modules.dep"), encoding="ascii") as lines:
            for line in lines:
                path, needed = line.split(":")
                self.dependencies[module_name(path)] = [path] + needed.split()

    def has(self, name):
        return not self.root or name in self.builtin or name in self.dependencies

    def add(self, archive, names):
        """Adds modules with all dependencies, and the index for modprobe. Returns the names of
        those that are not built in. A kernel without any modules has everything built in."""
        loadable, index = [], []
        for name in (name.replace("-", "_") for name in names):
            if name in self.builtin or not self.root:
                continue
            if name not in self.dependencies:
                raise Error(f"kernel {self.release} has no module {name}")
            loadable.append(name)
            for path in self.dependencies[name]:
                archive.add(self.guest_path(path), self.content(path))
                needed = self.dependencies[module_name(path)]
                index.append(self.index_line(needed))
        if self.root:
            archive.add(f"lib/modules/{self.release}/modules.dep", "".join(index).encode())
        return loadable

    def index_line(self, paths):
        first, *needed = [uncompressed_name(path) for path in paths]
        return first + ": " + " ".join(needed) + "\n"

    def guest_path(self, path):
        return f"lib/modules/{self.release}/{uncompressed_name(path)}"

    def content(self, path):
        with open(os.path.join(self.root, path), "rb") as file:
            content = file.read()
        return lzma.decompress(content) if path.endswith(".xz") else content


def module_name(path):
    return os.path.basename(path.strip()).split(".")[0].replace("-", "_")


def uncompressed_name(path):
    """The name of a module after decompression. busybox cannot decompress modules."""
    return path[:-3] if path.endswith(".xz") else path
