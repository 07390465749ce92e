// SPDX-License-Identifier: GPL-2.0-only
/* Writes the state of the module as the attributes of STATUS_GET. */
#include <net/genetlink.h>

#include "attrs.h"
#include "core/blame.h"
#include "core/iommu.h"
#include "core/log.h"
#include "core/storm.h"
#include "probe/probe.h"

static int put_u64(struct sk_buff *skb, int attr, u64 value, int pad)
{
	return nla_put_u64_64bit(skb, attr, value, pad);
}

static int fill_kindcount(struct sk_buff *skb, u32 kind, u64 value)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_STATUS_PUBLISHED_KIND);

	if (!nest ||
	    nla_put_u32(skb, FAULTCAST_A_KINDCOUNT_KIND, kind) ||
	    put_u64(skb, FAULTCAST_A_KINDCOUNT_VALUE, value, FAULTCAST_A_KINDCOUNT_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_probe(struct sk_buff *skb, const struct faultcast_probe *probe)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_STATUS_PROBE);
	struct faultcast_probe_status now = faultcast_probe_status(probe);

	if (!nest ||
	    nla_put_string(skb, FAULTCAST_A_PROBE_NAME, probe->name) ||
	    nla_put_u32(skb, FAULTCAST_A_PROBE_STATE, now.state) ||
	    nla_put_string(skb, FAULTCAST_A_PROBE_REASON, now.reason) ||
	    nla_put_u8(skb, FAULTCAST_A_PROBE_EXACT, now.exact))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_unit_error(struct sk_buff *skb, const char *name, u64 value)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_UNIT_ERROR);

	if (!nest ||
	    nla_put_string(skb, FAULTCAST_A_UNIT_ERROR_NAME, name) ||
	    put_u64(skb, FAULTCAST_A_UNIT_ERROR_VALUE, value, FAULTCAST_A_UNIT_ERROR_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_unit_errors(struct sk_buff *skb, const struct faultcast_iommu *iommu)
{
	const char *name;
	u32 row;

	for (row = 0; (name = faultcast_blame_name(iommu->type, row)); row++) {
		u64 value = atomic64_read(&iommu->errors[row]);

		if (value && fill_unit_error(skb, name, value))
			return -EMSGSIZE;
	}
	return 0;
}

static int fill_unit(struct sk_buff *skb, const struct faultcast_unit *unit)
{
	struct nlattr *nest = nla_nest_start(skb, FAULTCAST_A_STATUS_UNIT);
	const struct faultcast_iommu *iommu = unit->iommu;
	const char *name = faultcast_iommu_name(iommu->slot);

	if (!nest ||
	    put_u64(skb, FAULTCAST_A_UNIT_ADDRESS, iommu->address, FAULTCAST_A_UNIT_PAD) ||
	    nla_put_u32(skb, FAULTCAST_A_UNIT_SEGMENT, iommu->segment) ||
	    nla_put_u32(skb, FAULTCAST_A_UNIT_FLAGS, unit->flags) ||
	    (name && nla_put_string(skb, FAULTCAST_A_UNIT_NAME, name)) ||
	    nla_put_u32(skb, FAULTCAST_A_UNIT_TYPE, iommu->type) ||
	    put_u64(skb, FAULTCAST_A_UNIT_STALLS, atomic64_read(&iommu->stalls),
		    FAULTCAST_A_UNIT_PAD) ||
	    fill_unit_errors(skb, iommu))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_probes(struct sk_buff *skb)
{
	struct faultcast_probe *probe;
	struct faultcast_unit unit;
	unsigned int i, n;

	for (i = 0; (probe = faultcast_probe_at(i)); i++) {
		if (fill_probe(skb, probe))
			return -EMSGSIZE;
		for (n = 0; probe->unit && probe->unit(n, &unit); n++)
			if (fill_unit(skb, &unit))
				return -EMSGSIZE;
	}
	return 0;
}

static int fill_totals(struct sk_buff *skb)
{
	struct faultcast_totals t;
	u32 kind;

	faultcast_log_totals(&t);
	if (put_u64(skb, FAULTCAST_A_STATUS_HEAD, t.head, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_TAIL, t.tail, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_RAISED, t.raised, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_PUBLISHED, t.published, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_SUPPRESSED, t.suppressed, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_LOST, t.lost, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_QUEUED, t.queued, FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_SUMMARIES, t.summaries, FAULTCAST_A_STATUS_PAD))
		return -EMSGSIZE;
	for (kind = 1; kind <= FAULTCAST_KIND_MAX; kind++)
		if (t.by_kind[kind] && fill_kindcount(skb, kind, t.by_kind[kind]))
			return -EMSGSIZE;
	return 0;
}

int faultcast_attrs_status(struct sk_buff *skb, const struct faultcast_load *load)
{
	const struct faultcast_limit *limit = faultcast_storm_limit();
	const struct faultcast_limit *host = faultcast_storm_host_limit();

	if (put_u64(skb, FAULTCAST_A_STATUS_INSTANCE, load->instance, FAULTCAST_A_STATUS_PAD) ||
	    nla_put_string(skb, FAULTCAST_A_STATUS_VERSION, FAULTCAST_VERSION) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_ABI, FAULTCAST_ABI) ||
	    put_u64(skb, FAULTCAST_A_STATUS_LOADED_REAL, load->loaded_real,
		    FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_HW_OVERFLOW,
		    atomic64_read(&faultcast_probe_hw_overflow), FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_NMISSED, faultcast_probe_nmissed(),
		    FAULTCAST_A_STATUS_PAD) ||
	    put_u64(skb, FAULTCAST_A_STATUS_UNKNOWN_UNIT,
		    atomic64_read(&faultcast_probe_unknown_unit), FAULTCAST_A_STATUS_PAD) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_DEVICES, load->devices) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_HISTORY, load->history) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_QUEUE, load->queue) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_RATE, READ_ONCE(limit->rate)) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_BURST, READ_ONCE(limit->burst)) ||
	    nla_put_u32(skb, FAULTCAST_A_STATUS_HOST_RATE, READ_ONCE(host->rate)) ||
	    fill_totals(skb))
		return -EMSGSIZE;
	return fill_probes(skb);
}
