# shellcheck shell=bash disable=SC2034
# Proves: storm control suppresses faults beyond rate and burst, and counts all of them. The next
# event or a summary reports their number. No other device has to wait, and no number of devices
# in storm hides the first fault of a quiet one.
VM_CPUS=2
VM_TIMEOUT=600
VM_DEVICES="i82559er,addr=0x4 i82559er,addr=0x5 i82559er,addr=0x6"
VM_FILES="curl jq build/san/faultcast_exporter:bin/faultcast_exporter"

loud=0000:00:04.0
quiet=0000:00:05.0
third=0000:00:06.0

# number FIELD: a number of the module's status.
number() {
	faultcastctl --json status | jq -r ".module.$1"
}

# device_number DEVICE FIELD: a number of the device.
device_number() {
	faultcastctl --json devices | jq -r ".devices[] | select(.address.name == \"$1\") | .$2"
}

# told: the number of suppressed faults that events report.
told() {
	faultcastctl --json tail --all --once |
		jq -rs 'map(.event.suppressedBefore // "0" | tonumber) | add // 0'
}

# all_told: for use with wait_for.
all_told() {
	[ "$(told)" = "$(number suppressed)" ]
}

# delivery: the number of events received, and of those within 10 ms, at one moment.
delivery() {
	fetch /metrics | awk '$1 == "faultcast_delivery_seconds_bucket{le=\"0.01\"}" { soon = $2 }
		$1 == "faultcast_delivery_seconds_count" { print $2, soon }'
}

# single_faults: raises ten faults. Fails unless they and all other events arrive within 10 ms.
single_faults() {
	before=$(delivery)
	for i in 1 2 3 4 5 6 7 8 9 10; do
		raise_iommu_fault device=$quiet count=1 base=0x777000 >/dev/null
		sleep 0.05
	done
	after=$(delivery)
	delivered=$((${after% *} - ${before% *}))
	in_time=$((${after#* } - ${before#* }))
	diag "in the storm $delivered events arrived, $in_time of them within 10 ms"
	[ $delivered -ge 10 ] && [ $in_time -eq $delivered ]
}

# fakes FIRST LAST FIELD: the sum of a number of the devices platform/fake.FIRST to LAST.
fakes() {
	faultcastctl --json devices | jq --argjson first "$1" --argjson last "$2" \
		'[.devices[] | select(.address.name | startswith("platform/fake.")) |
		select(.address.name[14:] | tonumber | . >= $first and . <= $last) |
		.'"$3"' // "0" | tonumber] | add // 0'
}

# published_after SEQUENCE: the events after this one, as "DEVICE SUPPRESSED-BEFORE" lines.
published_after() {
	faultcastctl --json tail --all --once | jq -r --argjson after "$1" \
		'select(.event and (.cursor | split(".")[1] | tonumber) > $after) |
		.event.device.name + " " + (.event.suppressedBefore // "0")'
}

# queue_is_empty: for use with wait_for.
queue_is_empty() {
	[ "$(number 'queued // 0')" = 0 ]
}

# first_faults: the host's limit has one token a second, and 64 devices take the tokens of the
# burst. Each offers fewer faults than its own burst, so only the host's limit suppresses any. The
# first faults of 32 other devices come next: 31 of them can pass only as those of quiet devices,
# unless half a minute passes between the two commands.
first_faults() {
	ok "the host's limit is one event a second" faultcastctl config --host-rate 1
	raise_iommu_fault device=$loud fake=64 count=1536 burst=1536 >/dev/null
	ok "the burst of 64 devices is published" wait_for 10 queue_is_empty
	before=$(number head)
	raise_iommu_fault device=$loud fake=32 first=64 count=32 burst=32 >/dev/null
	ok "the law holds with 64 devices over the host's limit, and first faults of others" law_holds
	is "64 devices have faults" "$(fakes 0 63 raised)" 1536
	ok "the host's limit suppressed faults of them" test "$(fakes 0 63 suppressed)" -ge 256
	is "the first fault of every quiet device is published" \
		"$(fakes 64 95 published) $(fakes 64 95 suppressed)" "32 0"
	is "apart from summaries, they are the next events" "$(published_after "$before" | grep -v ' [^0]' | head -n 32)" \
		"$(seq 64 95 | sed 's,.*,platform/fake.& 0,')"
	ok "the host's limit is the default again" faultcastctl config --host-rate 2000
}

# storm_of_many: faults of 64 devices, each over its own rate, until /tmp/end exists.
storm_of_many() {
	while [ ! -e /tmp/end ]; do
		raise_iommu_fault device=$loud fake=64 count=16384 || return
	done >/dev/null
}

# storm_goes_on SUPPRESSED: for use with wait_for. Many more faults were suppressed since then.
storm_goes_on() {
	[ "$(fakes 0 63 suppressed)" -ge $(($1 + 5000)) ]
}

# faults_in_storm: each fault that follows a time of silence passes storm control.
faults_in_storm() {
	suppressed=$(device_number $quiet suppressed)
	raised=$(device_number $quiet raised)
	storm_of_many &
	storm=$!
	ok "64 devices are in storm" wait_for 30 storm_goes_on "$(fakes 0 63 suppressed)"
	for i in 1 2 3; do
		raise_iommu_fault device=$quiet count=1 base=0x666000 >/dev/null
		sleep 0.2
	done
	ok "the storm goes on" wait_for 30 storm_goes_on "$(fakes 0 63 suppressed)"
	touch /tmp/end
	wait $storm
	rm /tmp/end
	is "three faults of the quiet device were raised" $(($(device_number $quiet raised) - raised)) 3
	is "none of them was suppressed" "$(device_number $quiet suppressed)" "$suppressed"
	ok "the law holds after the storm of many" law_holds
}

guest() {
	ok "the module loads with its defaults" load_faultcast
	start_exporter
	ok "the exporter is ready" wait_for 10 exporter_ready
	raise_iommu_fault device=$loud count=20000 base=0x10000 >/dev/null
	ok "the law holds" law_holds
	is "every fault was counted" "$(device_number $loud raised)" 20000
	published=$(device_number $loud published)
	diag "published $published of 20000"
	ok "the burst was published" test "$published" -ge 512
	ok "little more than the burst was published" test "$published" -lt 1500
	ok "events or a summary report all suppressed faults" wait_for 5 all_told
	ok "a summary reports the last ones" test "$(number summaries)" -ge 1
	is "head equals published plus summaries" "$(number head)" $(($(number published) + $(number summaries)))
	is "the metric has the suppressed faults" "$(metric "faultcast_events_suppressed_total{device=\"$loud\"}")" \
		"$(number suppressed)"
	is "the metric has all faults" "$(metric "faultcast_io_page_faults_total{device=\"$loud\",access=\"read\"}")" 20000

	# Fairness: single faults of another device in the middle of a storm. The loud device may
	# publish almost nothing, so that the delivered events are those of the quiet device.
	ok "the loud device gets a limit" faultcastctl config --device $loud --rate 1 --burst 1
	while [ ! -e /tmp/end ]; do
		raise_iommu_fault device=$loud count=20000 base=0x10000
	done >/dev/null &
	storm=$!
	sleep 0.5
	raised=$(device_number $loud raised)
	published=$(device_number $quiet published)
	rounds=1
	# The host may pause the VM at any time. One undisturbed round is enough to show that the
	# storm does not delay the quiet device.
	until single_faults || [ $rounds -eq 10 ]; do
		rounds=$((rounds + 1))
	done
	raised=$(($(device_number $loud raised) - raised))
	touch /tmp/end
	wait $storm
	rm /tmp/end
	diag "$raised faults were raised meanwhile"
	is "all single faults of a round arrived within 10 ms" "$in_time" "$delivered"
	ok "the storm went on meanwhile" test "$raised" -ge 100000
	is "each single fault was published" $(($(device_number "$quiet" published) - ${published:-0})) $((rounds * 10))
	ok "the law holds after it" law_holds

	ok "the loud device's limit is removed" faultcastctl config --device $loud --default
	is "the device has no limit of its own" "$(device_number $loud limit)" null
	ok "a rate is set for all devices" faultcastctl config --rate 1 --burst 2
	is "the status shows the rate" "$(number rate) $(number burst)" "1 2"
	sleep 1.2
	before=$(device_number $quiet published)
	raise_iommu_fault device=$quiet count=10 base=0x777000 >/dev/null
	ok "the law holds with it" law_holds
	is "only the burst is published" $(($(device_number $quiet published) - before)) 2
	ok "one device gets a limit" faultcastctl config --device $third --rate 0
	raise_iommu_fault device=$third count=500 base=0x888000 burst=1 >/dev/null
	ok "the law holds with that" law_holds
	is "all of its events are published" "$(device_number $third published)" 500
	is "the device's limit is shown" "$(device_number $third limit.rate)" 0
	ok "all limits are removed" faultcastctl config --rate 0 --host-rate 0
	raise_iommu_fault device=$quiet count=300 base=0x999000 burst=1 >/dev/null
	ok "the law holds without" law_holds
	is "nothing more is suppressed" $(($(device_number $quiet published) - before)) 302

	like "a burst over half the queue is refused" "$(faultcastctl config --burst 513 2>&1)" \
		'burst is 0 or over half the queue'
	like "a host rate for a device is refused" \
		"$(faultcastctl config --device $third --host-rate 5 2>&1)" "the host's rate is no device's"
	like "a default together with a rate is refused" "$(faultcastctl config --device $third --default --rate 5 2>&1)" \
		'the default has no rate or burst'
	like "a command without a setting is refused" "$(faultcastctl config 2>&1)" 'expected --rate'
	is "refused commands changed nothing" "$(number rate) $(number burst)" "0 2"
	ok "events or a summary report all suppressed faults in the end" wait_for 5 all_told

	# Last, because these storms fill the history that all_told reads.
	ok "the limits are the defaults again" faultcastctl config --rate 100 --burst 512 --host-rate 2000
	first_faults
	faults_in_storm
	ok "the exporter ends cleanly" stop_exporter
	ok "the module unloads" unload_faultcast
}
