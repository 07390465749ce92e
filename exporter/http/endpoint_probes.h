/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The endpoints that a supervisor asks: is the exporter alive, and is it ready? */
#ifndef FAULTCAST_HTTP_ENDPOINT_PROBES_H
#define FAULTCAST_HTTP_ENDPOINT_PROBES_H

/* Must be called when the exporter begins to stop.  From then on /-/ready answers 503. */
void endpoint_probes_stopping(void);

#endif
