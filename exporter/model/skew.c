// SPDX-License-Identifier: GPL-2.0-or-later
#include "skew.h"
#include "faultcast.h"

#include <stdio.h>
#include <string.h>

int skew_of(const struct module_status *module)
{
	return (int)((int64_t)module->abi - FAULTCAST_ABI);
}

/*
 * The interface is only ever extended (kmod/uapi/faultcast.h), so everything that both sides know
 * works in both cases.
 */
void skew_describe(const struct module_status *module, char out[SKEW_LEN])
{
	int skew = skew_of(module);

	out[0] = '\0';
	if (skew)
		snprintf(out, SKEW_LEN, "module %s has ABI %u, %s than %d of this %s: %s",
			 module->version, module->abi, skew < 0 ? "older" : "newer", FAULTCAST_ABI,
			 VERSION,
			 skew < 0 ? "data that it does not send is missing here"
				  : "its new data is ignored");
	else if (strcmp(module->version, VERSION) != 0)
		snprintf(out, SKEW_LEN, "module %s and this %s have the same ABI %d",
			 module->version, VERSION, FAULTCAST_ABI);
}
