# shellcheck shell=bash disable=SC2034
# Proves: on the debug kernel, the check at the end of every scenario fails when memory leaks, when
# memory is overwritten, and when a fault probe sleeps.
VM_CPUS=1
VM_UNSOUND=1
VM_DEVICES="i82559er,addr=0x4"

guest() {
	ok "at first the kernel is sound$(kernel_checkers)" kernel_sound
	control "a leak" "^unreferenced object" insmod /lib/misdeed.ko deed=leak
	rmmod misdeed
	control "a write behind a block" "^BUG: KASAN: slab-out-of-bounds" insmod /lib/misdeed.ko deed=stray
	rmmod misdeed
	# This one comes last: lockdep also reports it, and stops after its first report.
	control "a probe that sleeps" "^BUG: sleeping function" misdeed_at_fault sleep
}
