// SPDX-License-Identifier: GPL-2.0-or-later
/* The messages of netlink itself: the end of an answer, and news of families. */
#include <errno.h>
#include <stdio.h>

#include "attrs.h"
#include "decode.h"
#include "faultcast.h"

/* MAX_ERRNO of the kernel: a greater number is not an error number. */
#define ERRNO_MAX 4095

/* Extended acknowledgement, Documentation/userspace-api/netlink/intro.rst */
static void get_text(struct nlmsghdr *nlh, char *text, size_t size)
{
	const struct nlmsgerr *e = nlmsg_data(nlh);
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	uint64_t skip = sizeof(*e);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	/* The rest of the request follows; its header is a part of the error. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
		skip += NLMSG_ALIGN((uint64_t)e->msg.nlmsg_len) - sizeof(e->msg);
	if (skip > (uint64_t)nlmsg_datalen(nlh) ||
	    nlmsg_parse(nlh, (int)skip, tb, NLMSGERR_ATTR_MAX, NULL) < 0)
		return;
	if (tb[NLMSGERR_ATTR_MSG])
		snprintf(text, size, "%.*s", nla_len(tb[NLMSGERR_ATTR_MSG]),
			 (const char *)nla_data(tb[NLMSGERR_ATTR_MSG]));
}

bool decode_end(struct nlmsghdr *nlh, int *err, char *text, size_t size)
{
	bool is_done = nlh->nlmsg_type == NLMSG_DONE;
	size_t need = is_done ? sizeof(int) : sizeof(struct nlmsgerr);

	if (!is_done && nlh->nlmsg_type != NLMSG_ERROR)
		return false;
	*text = '\0';
	*err = -EBADMSG;
	if (!nlmsg_valid_hdr(nlh, (int)need))
		return true;
	/* Both structs begin with the error number. */
	*err = *(int *)nlmsg_data(nlh);
	if (*err > 0 || *err < -ERRNO_MAX)
		*err = -EBADMSG;
	else if (!is_done)
		get_text(nlh, text, size);
	return true;
}

enum family_change decode_family_change(struct nlmsghdr *nlh)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	const struct genlmsghdr *hdr;

	if (nlh->nlmsg_type != GENL_ID_CTRL ||
	    nlmsg_parse(nlh, GENL_HDRLEN, tb, CTRL_ATTR_MAX, NULL) < 0 ||
	    !tb[CTRL_ATTR_FAMILY_NAME] ||
	    nla_strcmp(tb[CTRL_ATTR_FAMILY_NAME], FAULTCAST_GENL_NAME) != 0)
		return FAMILY_UNCHANGED;
	hdr = nlmsg_data(nlh);
	switch (hdr->cmd) {
	case CTRL_CMD_NEWFAMILY:
		return FAMILY_CAME;
	case CTRL_CMD_DELFAMILY:
		return FAMILY_WENT;
	default:
		return FAMILY_UNCHANGED;
	}
}
