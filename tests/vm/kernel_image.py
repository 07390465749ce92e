# The kernel as an ELF file, which QEMU starts through its PVH entry. A bzImage unpacks itself first,
# and that is half of the boot time under TCG. Only a bzImage moves itself to a random address.
import lzma
import os
import struct
import tempfile
import zlib

UNPACK = {
    b"\xfd7zXZ\0": lambda data: lzma.LZMADecompressor().decompress(data),
    b"\x1f\x8b\x08": lambda data: zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data),
}
# Offsets in a bzImage, Documentation/arch/x86/boot.rst.
SETUP_SECTORS, PAYLOAD_OFFSET = 0x1F1, 0x248
SECTOR = 512
# The type and the name of the ELF note with the PVH entry, XEN_ELFNOTE_PHYS32_ENTRY.
PVH_NOTE = struct.pack("<I4s", 18, b"Xen")


def fastest(directory):
    """The path of the kernel in @directory that boots fastest: vmlinux, which the first call makes
    from vmlinuz, or vmlinuz if that is not possible."""
    vmlinuz, vmlinux = (os.path.join(directory, name) for name in ("vmlinuz", "vmlinux"))
    try:
        if not os.path.exists(vmlinux) or os.path.getmtime(vmlinux) < os.path.getmtime(vmlinuz):
            with open(vmlinuz, "rb") as file:
                elf = unpacked(file.read())
            if PVH_NOTE not in elf:
                return vmlinuz
            write(vmlinux, elf)
    except (OSError, lzma.LZMAError, zlib.error):
        return vmlinuz
    return vmlinux


def unpacked(image):
    """The ELF file in a bzImage; empty if its compression is not known."""
    offset, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    start = ((image[SETUP_SECTORS] or 4) + 1) * SECTOR + offset
    payload = image[start:start + length]
    for magic, unpack in UNPACK.items():
        if payload.startswith(magic):
            return unpack(payload)
    return b""


def write(path, content):
    """Runs of several scenarios may do this at once."""
    with tempfile.NamedTemporaryFile(dir=os.path.dirname(path), delete=False) as file:
        file.write(content)
        os.fchmod(file.fileno(), 0o644)
    os.replace(file.name, path)
