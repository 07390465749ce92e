/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family. */
#ifndef FAULTCAST_NL_GENL_H
#define FAULTCAST_NL_GENL_H

struct faultcast_load;
struct genl_family;
struct sk_buff;

extern struct genl_family faultcast_genl_family;

/* The argument of faultcast_genl_init(). */
extern const struct faultcast_load *faultcast_genl_load;

/*
 * Registers the family; requests are served from then on.  @load must stay.  Process
 * context.  Returns 0 or a negative errno.
 */
int faultcast_genl_init(const struct faultcast_load *load);

/* Unregisters the family. */
void faultcast_genl_exit(void);

/* From the return of this function on, INJECT fails with -ENODEV and raises nothing. */
void faultcast_genl_close(void);

/* Adds FAULTCAST_A_BATCH_INSTANCE.  Returns 0, or -EMSGSIZE if @skb is full. */
int faultcast_genl_put_instance(struct sk_buff *skb);

#endif /* FAULTCAST_NL_GENL_H */
