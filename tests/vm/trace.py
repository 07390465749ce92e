#!/usr/bin/python3
# Lists the faults that QEMU's IOMMU recorded, which are the truth for VM scenarios.
#
# Usage: tests/vm/trace.py qemu-trace.log
# VT-d: each line has requester, access, address and reason, such as
# "0000:00:04.0 read 0x10000000 0x6". SMMUv3: QEMU does not print the access, for which the line
# has "-"; the reason is the event's code. AMD: each line has only the requester.
import itertools
import re
import sys

# Trace event vtd_frr_new logs a fault recording register (VT-d spec, section 11.4.7.6). The high
# half has the source id (15:0), the reason (39:32), the type T1 (62: 1 is a read) and F (63).
# Reasons 0x20 to 0x2f are interrupt-remapping faults, for which the low half has an index in 63:48.
RECORD = re.compile(r"vtd_frr_new index (\d+) high (0x[0-9a-f]+) low (0x[0-9a-f]+)")


def requester(source):
    return "0000:%02x:%02x.%d" % (source >> 8, source >> 3 & 0x1F, source & 7)


def decode(high, low):
    source = requester(high & 0xFFFF)
    reason = high >> 32 & 0xFF
    if 0x20 <= reason <= 0x2F:
        return f"{source} interrupt {low >> 48:#x} {reason:#x}"
    access = "read" if high >> 62 & 1 else "write"
    return f"{source} {access} {low & ~0xFFF:#x} {reason:#x}"


# An event of the SMMU: first its address, then the event, then the interrupt. Without the interrupt 0
# the queue was full, and the event was not recorded. Arm IHI 0070, section 7.3, has the codes.
SMMU = re.compile(r"translation failed for iova=(?P<iova>0x[0-9a-f]+)"
                  r"|smmuv3_propagate_event SMMU_EVT_(?P<type>\w+) sid=(?P<sid>0x[0-9a-f]+)"
                  r"|smmuv3_trigger_irq irq=(?P<irq>\d+)")
CODES = {"C_BAD_STREAMID": 0x02, "F_STE_FETCH": 0x03, "C_BAD_STE": 0x04, "F_STREAM_DISABLED": 0x06,
         "C_BAD_CD": 0x0A, "F_WALK_EABT": 0x0B, "F_TRANSLATION": 0x10, "F_ADDR_SIZE": 0x11,
         "F_ACCESS": 0x12, "F_PERMISSION": 0x13}


def smmu_faults(lines):
    address = event = None
    for match in filter(None, map(SMMU.search, lines)):
        if match["iova"]:
            address = match["iova"]
        elif match["type"]:
            code, sid = CODES[match["type"]], int(match["sid"], 16)
            event = f"{requester(sid)} - {address if code >= 0x10 else '0x0'} {code:#x}"
        elif match["irq"] == "0" and event:
            yield event
            event = None


# AMD's IOMMU: a fault, and then its requester. If the fault was recorded, the interrupt stands
# before it. A full log stops recording and raises the same interrupt for the first fault that it
# drops, so that the next one has none.
AMD_INTERRUPT = "amdvi_generate_msi_interrupt"
AMD_FAULT = "amdvi_page_fault"
AMD_REQUESTER = re.compile(r"amdvi_translation_result devid: ([0-9a-f:.]+)")


def amd_faults(lines):
    """The requesters of the recorded faults. A fault is kept back until the next one tells whether
    it was recorded."""
    interrupt, fault, waiting = False, None, None
    for line in lines:
        match = AMD_REQUESTER.search(line)
        if AMD_INTERRUPT in line:
            interrupt = True
        elif AMD_FAULT in line:
            fault, interrupt = interrupt, False
        elif match and fault is not None:
            if waiting and fault:
                yield waiting
            waiting = "0000:" + match[1] if fault else None
            fault = None
    if waiting:
        yield waiting


def faults(lines):
    for line in lines:
        match = RECORD.search(line)
        if match:
            yield decode(int(match[2], 16), int(match[3], 16))
        elif "smmu" in line:
            yield from smmu_faults(itertools.chain([line], lines))
        elif "amdvi" in line:
            yield from amd_faults(itertools.chain([line], lines))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: trace.py qemu-trace.log")
    with open(sys.argv[1], encoding="ascii", errors="replace") as log:
        for fault in faults(log):
            print(fault)


if __name__ == "__main__":
    main()
