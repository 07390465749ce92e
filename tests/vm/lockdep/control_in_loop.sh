# shellcheck shell=bash disable=SC2034
# Proves: on the debug kernel, the check at the end of every scenario finds a wrong kprobe. The
# kprobe is at the same place as faultcast's, in dmar_fault()'s loop. It takes a spinlock that is
# also taken elsewhere.
VM_CPUS=1
VM_UNSOUND=1
VM_DEVICES="i82559er,addr=0x4"

# fault_with_lock OFFSET
fault_with_lock() {
	insmod /lib/misdeed.ko deed=lock offset="$1" && rogue read 0000:00:04.0 && rmmod misdeed
}

guest() {
	ok "the module loads" load_faultcast
	offset=$(sed -n 's/.* k *dmar_fault+\(0x[0-9a-f]*\).*/\1/p' /sys/kernel/debug/kprobes/list)
	like "its kprobe is in the loop" "$offset" '^0x[0-9a-f]+$'
	ok "the module unloads" unload_faultcast
	ok "so far the kernel is sound$(kernel_checkers)" kernel_sound
	control "a spinlock in the in-loop probe" "WARNING: inconsistent lock state" fault_with_lock "$offset"
}
