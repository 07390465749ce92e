/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing attributes.  All return 0, or -EMSGSIZE when @skb is full. */
#ifndef FAULTCAST_WIRE_H
#define FAULTCAST_WIRE_H

#include <linux/skbuff.h>

#include "core/event.h"

/* FAULTCAST_A_STATUS_*; on error the caller drops the message. */
int faultcast_wire_status(struct sk_buff *skb, u64 instance);

/* FAULTCAST_A_DEVICE_* of slot @index; on error the caller drops the message. */
int faultcast_wire_device(struct sk_buff *skb, u32 index);

/* One nest FAULTCAST_A_BATCH_EVENT or _GAP; on error nothing was added. */
int faultcast_wire_event(struct sk_buff *skb, const struct faultcast_event *ev);
int faultcast_wire_gap(struct sk_buff *skb, u64 from, u64 to);

#endif /* FAULTCAST_WIRE_H */
