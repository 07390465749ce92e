# shellcheck shell=bash disable=SC2034
# Proves: on the debug kernel, the check at the end of every scenario fails when a fault probe walks
# the PCI bus, whose list others lock with interrupts enabled.
VM_CPUS=1
VM_UNSOUND=1
VM_DEVICES="i82559er,addr=0x4"

guest() {
	ok "at first the kernel is sound$(kernel_checkers)" kernel_sound
	control "a probe that walks the bus" "^WARNING: inconsistent lock state" misdeed_at_fault walk
}
