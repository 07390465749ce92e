# shellcheck shell=bash
# Functions for a scenario's host(), beside lib.sh. They run in bash after the VM has ended. The
# working directory has qemu-trace.log, console.log, dmesg, guest.log and the files that the guest
# left in /host.

# hardware_faults: the faults that the emulated hardware recorded, in order, one on each line:
# 0000:00:04.0 read 0x10000000 0x6
hardware_faults() {
	"$VM_DIR/trace.py" qemu-trace.log
}

# decode_stream FILE: a varint-delimited stream of StreamMessages in protobuf's text format.
decode_stream() {
	"$VM_DIR/stream.py" "$1"
}
