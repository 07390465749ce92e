/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes attributes.  All functions return 0, or -EMSGSIZE if @skb is full. */
#ifndef FAULTCAST_NL_ATTRS_H
#define FAULTCAST_NL_ATTRS_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct faultcast_event;

/* Describes this load of the module for STATUS_GET.  Constant once the module is loaded. */
struct faultcast_load {
	u64 instance;		/* random, not 0 */
	u64 loaded_real;	/* CLOCK_REALTIME in ns */
	u32 devices;		/* the module's parameters */
	u32 queue;
	u32 history;
};

/* Writes FAULTCAST_A_STATUS_*.  On error the caller drops the message. */
int faultcast_attrs_status(struct sk_buff *skb, const struct faultcast_load *load);

/*
 * Writes FAULTCAST_A_DEVICE_* of slot @index.  @serial: also the serial number, which
 * only readers with CAP_NET_ADMIN may get.  On error the caller drops the message.
 */
int faultcast_attrs_device(struct sk_buff *skb, u32 index, bool serial);

/*
 * Writes one nest FAULTCAST_A_BATCH_EVENT.  @serial as above.  On error nothing was
 * added.
 */
int faultcast_attrs_event(struct sk_buff *skb, const struct faultcast_event *ev, bool serial);

/*
 * Writes one nest FAULTCAST_A_BATCH_GAP with the first and the last missing sequence
 * number.  On error nothing was added.
 */
int faultcast_attrs_gap(struct sk_buff *skb, u64 from, u64 to);

#endif /* FAULTCAST_NL_ATTRS_H */
