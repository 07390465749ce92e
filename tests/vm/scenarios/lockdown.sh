# shellcheck shell=bash disable=SC2034
# Proves: docs/secure-boot.md is right about kernel lockdown. Lockdown and signature enforcement
# refuse a module without a trusted signature, with the messages given there. A module that is
# already loaded continues in both modes of lockdown: its counts are exact and its requests are
# answered, while tracefs and PCI registers are closed to all.
VM_ONLY="amd64 its truth is VT-d"
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="jq"

rogue=0000:00:04.0
level=/sys/kernel/security/lockdown

raised() {
	faultcastctl --json status | jq -r '.module.raised // 0'
}

# more_than COUNT: for use with wait_for.
more_than() {
	now=$(raised)
	echo "$now"
	[ "$now" -gt "$1" ]
}

lock() {
	ok "lockdown: $1" eval "echo $1 >$level"
	not_ok "$1: no new access to PCI registers" rogue read $rogue
	ok "$1: faults are seen as before" wait_for 10 more_than "$(raised)"
	is "$1: the module's probe is exact" "$(faultcastctl --json status |
		jq -c '.module.probes[] | select(.name == "vtd") | [.state, .exact]')" '["PROBE_STATE_ACTIVE",true]'
	ok "$1: a request that needs CAP_NET_ADMIN is answered" faultcastctl inject --device $rogue
	ok "$1: the injected event is there" eval "faultcastctl tail --all --once | grep -q synthetic"
}

rejected() {
	clear_log
	message=$(insmod /lib/faultcast.ko 2>&1)
	like "$1: insmod prints the reason" "$message" "$2"
	like "$1: the kernel logs the reason" "$(dmesg)" "$3"
}

guest() {
	mount -t securityfs securityfs /sys/kernel/security
	if [ ! -e $level ]; then
		skip "lockdown" "this kernel has none"
		return
	fi
	ok "the module loads" load_faultcast
	# The program opens the device before lockdown forbids this, and ends by itself.
	rogue read $rogue count=2000 gap_us=100000 &
	ok "faults are seen" wait_for 10 more_than 0
	lock integrity
	ok "integrity: tracefs is open" cat /sys/kernel/tracing/available_events
	lock confidentiality
	not_ok "confidentiality: tracefs is closed" cat /sys/kernel/tracing/available_events
	kill $!
	ok "the law holds" law_holds
	all_events | grep -v synthetic | cut -d ' ' -f 2- >/host/events
	ok "the module can be removed" unload_faultcast
	rejected "lockdown" 'Operation not permitted' \
		'Lockdown: insmod: unsigned module loading is restricted'
	echo 1 >/sys/module/module/parameters/sig_enforce
	rejected "sig_enforce" 'Key was rejected by service' 'Loading of unsigned module is rejected'
}

host() {
	[ -e events ] || return 0
	hardware_faults >hardware
	same "each fault that the hardware recorded was seen" events hardware
}
