# shellcheck shell=bash
# What a scenario's host() may use beside lib.sh. Runs in bash after the VM has ended; the cwd has
# qemu-trace.log, console.log, dmesg, guest.log and what the guest left in /host.

# hardware_faults: each fault that the emulated hardware recorded, in order, one a line:
# 0000:00:04.0 read 0x10000000 0x6
hardware_faults() {
	"$VM_DIR/trace.py" qemu-trace.log
}

# decode_stream FILE: a varint-delimited stream of StreamMessages in protobuf's text format.
decode_stream() {
	"$VM_DIR/stream.py" "$1"
}
