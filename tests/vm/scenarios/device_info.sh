# shellcheck shell=bash disable=SC2034
# Proves: the metrics show each device's real names, driver, slot, port and serial number, once at
# any time, while drivers are bound and cards are added and removed. A removed card keeps its series
# for the configured time. A device with passed-through DMA is counted as unwatched.
VM_CPUS=1
VM_DEVICES="e1000e,addr=0x4,mac=52:54:00:12:34:56 pcie-root-port,id=rp0,addr=0x5,slot=7"
# Uses the port's own hotplug instead of the firmware's.
VM_ARGS="-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
VM_MODULES="e1000e nvme"
VM_FILES="jq curl build/san/faultcast_exporter:bin/faultcast_exporter /usr/share/misc/pci.ids:usr/share/misc/pci.ids"

nic=0000:00:04.0
card=0000:01:00.0
sysfs=/sys/bus/pci/devices
keep=8

# info DEVICE LABEL...: the values of these labels in its device_info, separated by blanks.
info() {
	line=$(fetch /metrics | grep "^faultcast_device_info{device=\"$1\"")
	shift
	values=
	for label; do
		values="$values $(printf '%s\n' "$line" | sed "s/.*[{,]$label=\"\([^\"]*\)\".*/\1/")"
	done
	echo "${values# }"
}

# info_is DEVICE LABEL VALUE: for use with wait_for.
info_is() {
	[ "$(info "$1" "$2")" = "$3" ]
}

domain() {
	fetch /metrics | sed -n "s/^faultcast_device_iommu_domain{device=\"$1\",type=\"\(.*\)\"} 1\$/\1/p"
}

domain_is() {
	[ "$(domain "$1")" = "$2" ]
}

series_of() {
	fetch /metrics | grep -c "{device=\"$1\""
}

has_no_series() {
	[ "$(series_of $card)" = 0 ]
}

# Scrapes while /tmp/watching exists. Writes devices with two series to /tmp/twice.
watch_for_two() {
	while [ -e /tmp/watching ]; do
		fetch /metrics | grep -E '^faultcast_device_(info|iommu_domain)' |
			sed 's/\(device="[^"]*"\).*/\1/' | tee /tmp/seen | sort | uniq -d >>/tmp/twice
		[ ! -s /tmp/seen ] || echo >>/tmp/scrapes
		sleep 0.05
	done
}

rebind() {
	driver=$1
	echo $nic >$sysfs/$nic/driver/unbind
	ok "device_info of a device without a driver names none" wait_for 10 info_is $nic driver ""
	echo "$2" >$sysfs/$nic/iommu_group/type || diag "the type does not become $2"
	echo $nic >/sys/bus/pci/drivers/"$driver"/bind
	ok "with a driver it names the driver" wait_for 20 info_is $nic driver "$driver"
}

passed_through() {
	kind=$(cat $sysfs/$nic/iommu_group/type)
	is "the type of its domain" "$(domain $nic)" "$kind"
	like "its DMA is translated" "$kind" '^DMA'
	none=$(metric 'faultcast_devices_unwatched{reason="identity"}')
	rebind e1000e identity
	ok "its domain has changed" wait_for 10 domain_is $nic identity
	is "it is counted as unwatched" "$(metric 'faultcast_devices_unwatched{reason="identity"}')" \
		$((none + 1))
	rebind e1000e auto
	ok "its domain is as before" wait_for 10 domain_is $nic "$kind"
	is "it is watched again" "$(metric 'faultcast_devices_unwatched{reason="identity"}')" "$none"
}

plugged() {
	ok "a card is plugged in" qmp \
		'{"execute":"device_add","arguments":{"driver":"e1000e","id":"first","bus":"rp0","mac":"52:54:00:65:43:21"}}'
	ok "it gets its series with its driver" wait_for 30 info_is $card driver e1000e
	is "its name, slot and port" "$(info $card model slot root_port)" \
		"82574L Gigabit Network Connection 7 0000:00:05.0"
	ok "its serial number is known before it has faulted" wait_for 30 \
		info_is $card serial 52-54-00-ff-ff-65-43-21
	is "the module tells it to root" "$(dumpnl device 0 0x100 | grep -c '^serial')" 1
	is "and to nobody else" "$(dumpnl user device 0 0x100 | grep -E '^(device|serial|end)' | xargs)" \
		"device 0 256 end 0"
	raise_iommu_fault device=$card count=1 base=0x1000 >/dev/null
}

slot_is_empty() {
	[ ! -e $sysfs/$card ] && [ "$(cat /sys/bus/pci/slots/7/adapter)" = 0 ]
}

pulled() {
	faults="faultcast_io_page_faults_total{device=\"$card\",access=\"read\"}"
	ok "the card is pulled" qmp '{"execute":"device_del","arguments":{"id":"first"}}'
	ok "its slot is empty" wait_for 30 slot_is_empty
	gone=$(cut -d. -f1 /proc/uptime)
	is "its faults are still there" "$(metric "$faults")" 1
	is "its name is still there" "$(info $card model)" "82574L Gigabit Network Connection"
	ok "then its series end" wait_for 30 has_no_series
	took=$(($(cut -d. -f1 /proc/uptime) - gone))
	# The kernel reports the slot as empty some time after the device was removed.
	ok "after about $keep s: $took s" test $took -ge $((keep - 4))
	ok "the kernel still has its counters" sh -c "faultcastctl devices | grep -q $card"
	ok "another model is put there" qmp \
		'{"execute":"device_add","arguments":{"driver":"nvme","id":"second","bus":"rp0","serial":"x"}}'
	ok "the new model has a series" wait_for 30 info_is $card driver nvme
	is "it has its own name, without a serial number" "$(info $card vendor_id model serial)" "0x1b36 QEMU NVM Express Controller "
	is "the counters go on" "$(metric "$faults")" 1
}

guest() {
	modprobe e1000e
	modprobe nvme
	ok "the module loads" load_faultcast
	start_exporter --metrics.removed-devices=${keep}s
	ok "the exporter is ready" wait_for 10 exporter_ready
	touch /tmp/watching
	watch_for_two &
	is "a device has its name" "$(info $nic vendor model driver root_port)" \
		"Intel Corporation 82574L Gigabit Network Connection e1000e "
	passed_through
	plugged
	pulled
	rm /tmp/watching
	wait $!
	diag "scraped meanwhile: $(wc -l </tmp/scrapes)"
	ok "the series were scraped often" test "$(wc -l </tmp/scrapes)" -gt 5
	is "no device had two at any time" "$(cat /tmp/twice)" ""
	ok "the law holds" law_holds
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
