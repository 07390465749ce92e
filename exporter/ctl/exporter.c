// SPDX-License-Identifier: GPL-2.0-or-later
#include "exporter.h"

#include <curl/curl.h>
#include <errno.h>
#include <unistd.h>

#include "ctl.h"

#define UNIT_SOCKET "/run/faultcast/exporter.sock"
#define DEFAULT_URL "http://127.0.0.1:10186"
#define BODY_MAX (64 << 20)
#define DEADLINE_SECONDS 30L

const char *exporter_default(void)
{
	return access(UNIT_SOCKET, R_OK | W_OK) ? DEFAULT_URL : UNIT_SOCKET;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct strbuf *body = ctx;
	size_t len = size * n;

	if (body->len + len > BODY_MAX)
		return 0;
	strbuf_add(body, bytes, len);
	return body->failed ? 0 : len;
}

static CURLcode perform(CURL *curl, CURLU *url, const char *exporter, struct curl_slist *headers,
			struct strbuf *body)
{
	curl_easy_setopt(curl, CURLOPT_CURLU, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	if (*exporter == '/')
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, exporter);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, DEADLINE_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	return curl_easy_perform(curl);
}

/* Only texts of this program and of libcurl are printed, not the server's. */
static int check(CURL *curl, CURLcode result, const char *exporter)
{
	long status = 0;

	if (result) {
		ctl_error("%s: %s", exporter, curl_easy_strerror(result));
		return -EIO;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return 0;
	ctl_error("%s: the exporter refused the request with the status %ld", exporter, status);
	return -EIO;
}

int exporter_get(const char *exporter, const char *path, const char *query, const char *accept,
		 struct strbuf *body)
{
	struct strbuf header = STRBUF_INIT;
	struct curl_slist *headers;
	CURL *curl = curl_easy_init();
	CURLU *url = curl_url();
	int err = -ENOMEM;

	strbuf_addf(&header, "Accept: %s", accept);
	headers = header.failed ? NULL : curl_slist_append(NULL, strbuf_str(&header));
	strbuf_free(&header);
	if (!curl || !url || !headers) {
		ctl_error("out of memory");
	} else if (curl_url_set(url, CURLUPART_URL,
				*exporter == '/' ? "http://localhost" : exporter, 0) ||
		   curl_url_set(url, CURLUPART_PATH, path, 0) ||
		   curl_url_set(url, CURLUPART_QUERY, query, 0)) {
		ctl_error("--exporter: expected http://HOST:PORT or /PATH, got \"%s\"", exporter);
		err = -EINVAL;
	} else {
		err = check(curl, perform(curl, url, exporter, headers, body), exporter);
	}
	curl_slist_free_all(headers);
	curl_url_cleanup(url);
	curl_easy_cleanup(curl);
	return err;
}
