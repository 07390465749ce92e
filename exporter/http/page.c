// SPDX-License-Identifier: GPL-2.0-or-later
#include "page.h"

static void add_html(struct strbuf *sb, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			strbuf_adds(sb, "&lt;");
			break;
		case '&':
			strbuf_adds(sb, "&amp;");
			break;
		case '"':
			strbuf_adds(sb, "&quot;");
			break;
		default:
			strbuf_addc(sb, *text);
		}
	}
}

void page_render(struct strbuf *sb, const char *metrics_path)
{
	strbuf_adds(sb, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
			"<title>faultcast exporter</title></head>\n<body>\n"
			"<h1>faultcast exporter</h1>\n"
			"<p>PCIe devices that do DMA they must not do. Version " VERSION
			", revision " REVISION ".</p>\n<ul>\n<li><a href=\"");
	add_html(sb, metrics_path);
	strbuf_adds(sb,
		    "\">Metrics</a></li>\n"
		    "<li><a href=\"/v1/events\">Events</a>"
		    " (<a href=\"/v1/events?follow=1\">follow</a>)</li>\n"
		    "<li><a href=\"/v1/devices\">Devices</a></li>\n"
		    "<li><a href=\"/v1/status\">Status</a></li>\n"
		    "<li><a href=\"/-/healthy\">Healthy</a>, <a href=\"/-/ready\">ready</a></li>\n"
		    "</ul>\n</body>\n</html>\n");
}
