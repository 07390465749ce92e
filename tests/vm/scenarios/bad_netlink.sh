# shellcheck shell=bash disable=SC2034
# Proves: malformed and forbidden requests to the module's netlink family are refused with the right
# error, which names the attribute. They change nothing and do no harm. An unprivileged process can
# read the totals and the counters of one device, but can neither dump devices nor read or inject
# events.
VM_DEVICES="i82559er,addr=0x4"
VM_FILES="jq"

guest() {
	ok "the module loads" load_faultcast
	raise_iommu_fault device=0000:00:04.0 count=5
	ok "the law holds" law_holds
	faultcastctl --json status >/tmp/before
	faultcastctl --json devices >/tmp/devices.before
	badnl 6 >/host/answers
	is "every request was answered" $? 0
	faultcastctl --json status >/tmp/after
	faultcastctl --json devices >/tmp/devices.after
	same "no counter has moved" /tmp/after /tmp/before
	same "no device's counter has moved" /tmp/devices.after /tmp/devices.before
	badnl unprivileged >/host/unprivileged
	is "every request without privilege was answered" $? 0
	ok "the law still holds" law_holds
	ok "the module unloads" unload_faultcast
}

host() {
	# Request, error, and whether the kernel points at the attribute.
	cat >expected <<-END
		command/notification	EOPNOTSUPP	-
		command/0	EOPNOTSUPP	-
		command/unknown	EOPNOTSUPP	-
		command/dump of a do	EOPNOTSUPP	-
		command/do of a dump	EOPNOTSUPP	-
		header/reserved set	EINVAL	-
		$(attributes status_get)
		$(attributes device_get)
		$(attributes event_get)
		$(attributes inject)
		$(attributes config_set)
		event_get/from 0	EINVAL	any
		event_get/from head + 2	EINVAL	any
		event_get/from far beyond	EINVAL	any
		event_get/from head + 1	0	-
		event_get/from of 32 bits	EINVAL	attr
		device_get/no device	EINVAL	-
		device_get/device without a slot	ENODEV	attr
		device_get/bdf without segment	EINVAL	attr
		device_get/name without a bus	EINVAL	attr
		device_get/by slot	EINVAL	attr
		device_get/dump of one device	EINVAL	any
		inject/no kind	EINVAL	-
		inject/kind 0	ERANGE	attr
		inject/kind that cannot be	ERANGE	attr
		inject/kind without attributes	EINVAL	attr
		inject/bdf without segment	EINVAL	attr
		inject/segment without bdf	EINVAL	attr
		inject/bdf 65536	ERANGE	attr
		inject/bdf of all ones	ERANGE	attr
		inject/access 4	ERANGE	attr
		inject/access of all ones	ERANGE	attr
		inject/iova of 32 bits	EINVAL	attr
		inject/kind of 64 bits	EINVAL	attr
		inject/fault with a status	EINVAL	attr
		inject/aer with an access	EINVAL	attr
		inject/severity 3	ERANGE	attr
		inject/name too long	EINVAL	attr
		inject/name without its end	EINVAL	attr
		inject/name without a bus	EINVAL	attr
		inject/name of nobody	EINVAL	attr
		inject/name with an empty bus	EINVAL	attr
		inject/name and address	EINVAL	attr
		config_set/name without a bus	EINVAL	attr
		config_set/rate over the largest	ERANGE	attr
		config_set/host rate of all ones	ERANGE	attr
		config_set/burst 0	ERANGE	attr
		config_set/burst of all ones	ERANGE	attr
		config_set/bdf without segment	EINVAL	attr
		config_set/segment without bdf	EINVAL	attr
		config_set/host rate of a device	EINVAL	attr
		config_set/default without a device	EINVAL	attr
		config_set/nothing	EINVAL	-
	END
	# Some kernel versions pass on only a message, without the attribute, when a dump begins.
	awk -F '\t' -v OFS='\t' '{print $1, $2, $1 ~ /^event_get.from (0|head . 2|far)|^device_get.dump/ ? "any" : $3}' \
		answers >seen
	same "each is refused as it should be" seen expected
	# No kernel has a message for a missing command.
	is "every other refusal has a message" \
		"$(awk -F '\t' '$2 != "0" && $2 != "EOPNOTSUPP" && $4 == "-"' answers)" ""
	cat >expected <<-END
		status_get	0
		device_get	EPERM
		device_get of one	0
		event_get	EPERM
		inject	EPERM
		config_set	EPERM
		join	EPERM
	END
	cut -f 1-2 unprivileged >seen
	same "the answers without privilege" seen expected
}

# attributes COMMAND: the expected lines for its attributes.
attributes() {
	printf '%s\t%s\t%s\n' "$1/unknown attribute" EINVAL attr \
		"$1/attribute 1" EINVAL attr \
		"$1/truncated attribute" EINVAL - \
		"$1/two bytes" EINVAL attr \
		"$1/garbage" EINVAL - \
		"$1/nest instead of a number" EINVAL attr
}
