# shellcheck shell=bash disable=SC2034
# Proves: on a machine with Secure Boot in the strictest lockdown, a module signed with a key in the
# firmware's db loads and attaches all probes, as docs/secure-boot.md promises. A module without a
# signature is refused.
VM_SECURE_BOOT=1
VM_CPUS=1
VM_MEMORY=1024
VM_DEVICES="pcie-root-port,id=rp0,addr=0x5,slot=7 e1000e,bus=rp0,romfile="
VM_MODULES="aer_inject"
VM_FILES="jq"
VM_APPEND="lockdown=confidentiality"

probes() {
	faultcastctl --json status | jq -r '.module.probes[] | "\(.name) \(.state) \(.exact)"'
}

published() {
	faultcastctl --json status | jq -r '.module.published // 0' | grep -x "$1"
}

guest() {
	mount -t securityfs securityfs /sys/kernel/security
	like "Secure Boot is on" "$(dmesg)" 'Secure boot enabled'
	like "all is locked down" "$(cat /sys/kernel/security/lockdown)" '\[confidentiality\]'
	like "a module without a signature is refused" "$(insmod /lib/iommu_raise.ko 2>&1)" \
		'Key was rejected by service'
	like "signature enforcement refused it" "$(dmesg)" 'Loading of unsigned module is rejected'
	ok "the signed module loads" load_faultcast
	is "it does not taint the kernel as unsigned" $(($(cat /proc/sys/kernel/tainted) >> 13 & 1)) 0
	for probe in vtd aer; do
		like "probe $probe" "$(probes)" "^$probe PROBE_STATE_ACTIVE true$"
	done
	ok "aer_inject, signed by Debian" modprobe aer_inject
	ok "the card reports an error" aer 1 0 0 0 0x40
	ok "the error is published" wait_for 10 published 1
	like "the event has the error" "$(faultcastctl tail --all --once)" '0000:01:00.0.*BadTLP'
	ok "the law holds" law_holds
	ok "the module can be removed" unload_faultcast
}
