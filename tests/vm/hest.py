# An ACPI table HEST (ACPI 6.4 18.3.2.7), with which firmware says that it reports hardware errors.
# It has one error source, which the kernel asks every 100 ms. A fixed address holds the address of
# the error status block. The test module port_raise, which takes the place of the firmware, writes
# both. The scenario keeps the kernel from using the memory there.
import struct

# Memory that neither the BIOS nor the boot loader uses: it must be zero when the kernel starts.
# port_raise.c and aer_firmware.sh have the address too.
ADDRESS = 0x10000000

GENERIC = 9
NO_SOURCE = 0xFFFF
MAX_BLOCK = 0xE00
POLLED = 0
POLL_MS = 100


def table():
    """The table without its header, which QEMU adds."""
    memory, bits, quadword = 0, 64, 4
    source = struct.pack("<HHHBBIII", GENERIC, 0, NO_SOURCE, 0, 1, 1, 1, MAX_BLOCK)
    source += struct.pack("<BBBBQ", memory, bits, 0, quadword, ADDRESS)
    source += struct.pack("<BBHIIIIII", POLLED, 28, 0, POLL_MS, 0, 0, 0, 0, 0)
    source += struct.pack("<I", MAX_BLOCK)
    assert len(source) == 64
    return struct.pack("<I", 1) + source
