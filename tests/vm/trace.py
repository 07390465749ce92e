#!/usr/bin/python3
# Lists the faults that QEMU's VT-d recorded, which are the truth for VM scenarios.
#
# Usage: tests/vm/trace.py qemu-trace.log
# Each line has requester, access, address and reason, such as "0000:00:04.0 read 0x10000000 0x6".
import re
import sys

# Trace event vtd_frr_new logs a fault recording register (VT-d spec, section 11.4.7.6). The high
# half has the source id (15:0), the reason (39:32), the type T1 (62: 1 is a read) and F (63).
# Reasons 0x20 to 0x2f are interrupt-remapping faults, for which the low half has an index in 63:48.
RECORD = re.compile(r"vtd_frr_new index (\d+) high (0x[0-9a-f]+) low (0x[0-9a-f]+)")


def decode(high, low):
    source = high & 0xFFFF
    reason = high >> 32 & 0xFF
    requester = "0000:%02x:%02x.%d" % (source >> 8, source >> 3 & 0x1F, source & 7)
    if 0x20 <= reason <= 0x2F:
        return f"{requester} interrupt {low >> 48:#x} {reason:#x}"
    access = "read" if high >> 62 & 1 else "write"
    return f"{requester} {access} {low & ~0xFFF:#x} {reason:#x}"


def faults(lines):
    for line in lines:
        match = RECORD.search(line)
        if match:
            yield decode(int(match[2], 16), int(match[3], 16))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: trace.py qemu-trace.log")
    with open(sys.argv[1], encoding="ascii", errors="replace") as log:
        for fault in faults(log):
            print(fault)


if __name__ == "__main__":
    main()
