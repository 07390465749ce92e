// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proves: the configuration file is read as written, with nested or dotted keys. Each
 * mistake gets one line that names the line in the file, the key, and the expected value.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "config/config.h"
#include "health/settings.h"
#include "model/health.h"

static const char *const colours[] = { "red", "green", NULL };

static struct values {
	const char *text;
	uint64_t number;
	uint64_t keep;
	int colour;
	bool on;
	bool flag;
} got;

static const struct option_row rows[] = {
	{ .name = "web.text",
	  .type = OPTION_STRING,
	  .offset = offsetof(struct values, text),
	  .arg = "TEXT" },
	{ .name = "web.number",
	  .type = OPTION_NUMBER,
	  .offset = offsetof(struct values, number),
	  .min = 3,
	  .max = 300,
	  .arg = "N" },
	{ .name = "web.deep.keep",
	  .type = OPTION_DURATION,
	  .offset = offsetof(struct values, keep),
	  .min = NSEC_PER_SEC,
	  .max = 60 * NSEC_PER_SEC,
	  .arg = "DURATION" },
	{ .name = "colour",
	  .type = OPTION_CHOICE,
	  .offset = offsetof(struct values, colour),
	  .choices = colours,
	  .arg = "COLOUR" },
	{ .name = "on", .type = OPTION_FLAG, .offset = offsetof(struct values, on) },
	{ .name = "flag",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct values, flag),
	  .command_line_only = true },
	{ .name = NULL },
};

static struct health_options rules;
static struct option_set sets[] = { { rows, &got }, { NULL, &rules }, { NULL, NULL } };

static struct config config;

static int setup(void **state)
{
	(void)state;
	sets[1].rows = health_settings.rows;
	memset(&config, 0, sizeof(config));
	memset(&rules, 0, sizeof(rules));
	memset(&got, 0, sizeof(got));
	got.text = "default";
	got.number = 7;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	config_free(&config);
	return 0;
}

static int parse(const char *text, size_t len, struct strbuf *error)
{
	/* An allocation of the exact size lets the sanitizer see a read beyond the end. */
	char *exact = malloc(len + !len);
	int err;

	memcpy(exact, text, len);
	err = config_parse(&config, sets, "f.yaml", exact, len, error);
	free(exact);
	return err;
}

static void must_parse(const char *text)
{
	struct strbuf error = STRBUF_INIT;

	if (parse(text, strlen(text), &error) || error.len)
		fail_msg("%s: %s", text, strbuf_str(&error));
	strbuf_free(&error);
}

static const char *const alike[] = {
	"web:\n  text: a=b\n  number: 0x10\n  deep:\n    keep: 5s\ncolour: green\non: true\n",
	"web.text: a=b\nweb.number: 16\nweb.deep.keep: 5s\ncolour: green\non: true\n",
	"web: {text: 'a=b', number: \"16\", deep.keep: 5s}\ncolour: green\non: \"true\"",
	"\xef\xbb\xbf"
	"%YAML 1.1\n---\nweb: {deep: {keep: 5000ms}}\nweb.text: a=b\nweb.number: 16\n"
	"colour: green # comment\non: true\n...\n",
	"{\"web\": {\"text\": \"a=b\", \"number\": 16, \"deep\": {\"keep\": \"5s\"}},"
	" \"colour\": \"green\", \"on\": true}",
};

static void reads(void **state)
{
	for (size_t i = 0; i < sizeof(alike) / sizeof(alike[0]); i++) {
		setup(state);
		must_parse(alike[i]);
		assert_string_equal(got.text, "a=b");
		assert_int_equal(got.number, 16);
		assert_int_equal(got.keep, 5 * NSEC_PER_SEC);
		assert_int_equal(got.colour, 1);
		assert_true(got.on);
		assert_false(rules.has_rules);
		teardown(state);
	}
}

static const char *const empty[] = {
	"",	  "\n",	  "# nothing\n", "---\n",     "---\n...\n",
	"null\n", "{}\n", "web:\n",	 "web: {}\n", "health:\n",
};

static void empty_is_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		must_parse(empty[i]);
	assert_string_equal(got.text, "default");
	assert_int_equal(got.number, 7);
	assert_false(rules.has_rules);
}

/* A quoted empty string is a valid value. */
static void empty_text(void **state)
{
	(void)state;
	must_parse("web.text: ''");
	assert_string_equal(got.text, "");
}

#define RULE(more) "health:\n  rules:\n  - {name: r, kind: aer, " more "}\n"
#define FATAL "severity: fatal, threshold: 1, state: faulty, clear-after: 1h"

static const struct {
	const char *text;
	const char *error; /* without the prefix "f.yaml:" */
} refused[] = {
	/* values */
	{ "\nweb:\n  number: 2\n", "3: web.number: expected a number from 3 to 300, got \"2\"" },
	{ "web.number: [4]\n", "1: web.number: expected a value (N)" },
	{ "web.number: {a: b}\n", "1: web.number: expected a value (N)" },
	{ "web.number:\n", "1: web.number: expected a value (N)" },
	{ "web.text: ~\n", "1: web.text: expected a value (TEXT)" },
	{ "web.text: \"a\\0b\"\n", "1: web.text: expected a value (TEXT)" },
	{ "web.deep.keep: 5\n", "1: web.deep.keep: expected a duration from 1s to 1m, got \"5\"" },
	{ "colour: Red\n", "1: colour: expected red, green, got \"Red\"" },
	{ "colour: \"a\\nb\"\n", "1: colour: expected red, green, got \"a\\nb\"" },
	{ "on: yes\n", "1: on: expected true or false, got \"yes\"" },
	/* keys */
	{ "web:\n  txt: a\n",
	  "2: expected the name of a flag (see --help) or health.rules, got \"web.txt\"" },
	{ "we: {text: a}\n",
	  "1: expected the name of a flag (see --help) or health.rules, got \"we\"" },
	{ "health: {rule: []}\n",
	  "1: expected the name of a flag (see --help) or health.rules, got \"health.rule\"" },
	{ "flag: true\n", "1: flag: only for the command line" },
	{ "web: a\n", "1: web: expected settings below it" },
	{ "web: [text]\n", "1: web: expected settings below it" },
	{ "[a]: b\n", "1: expected the name of a setting as key" },
	{ "'': b\n", "1: expected the name of a setting as key" },
	{ "colour: red\ncolour: green\n", "2: colour: it stands above already" },
	{ "web: {text: a}\n\nweb.text: b\n", "3: web.text: it stands above already" },
	{ "web: {text: a}\nweb: {number: 4}\n", "2: web: it stands above already" },
	/* texts */
	{ "- a\n", "1: expected settings, such as web.listen-address: ..." },
	{ "text\n", "1: expected settings, such as web.listen-address: ..." },
	{ "colour: red\n---\non: true\n", "2: expected one YAML document, got a second one" },
	{ "colour: &a red\n", "1: expected no anchor, got \"a\"" },
	{ "web: &a\n  text: b\n", "1: expected no anchor, got \"a\"" },
	{ "colour: *a\n", "1: expected no alias, got \"a\"" },
	{ "<<: *a\n", "1: expected no alias, got \"a\"" },
	{ "colour: !!str red\n", "1: expected no tag, got \"tag:yaml.org,2002:str\"" },
	{ "colour: !<%0a> red\n", "1: expected no tag, got \"\\n\"" },
	{ "web:\n\ttext: a\n",
	  "2: expected YAML: while scanning for the next token, found character that cannot start "
	  "any token" },
	{ "web.text: red\n on: true\n",
	  "2: expected YAML: mapping values are not allowed in this context" },
	{ "web: {text: a\n", "2: expected YAML: while parsing a flow mapping, did not find "
			     "expected ',' or '}'" },
	{ "colour: red\nweb.text: \xff\n",
	  "2: expected UTF-8 text: invalid leading UTF-8 octet (0xff)" },
	{ "\xff\xfe#\n", "1: expected UTF-8 text: invalid leading UTF-8 octet (0xff)" },
	{ "on: \x01\n", "1: expected UTF-8 text: control characters are not allowed (0x01)" },
	/* rules */
	{ "health.rules: a\n", "1: health.rules: expected a list, [] for none" },
	{ "health.rules:\n", "1: health.rules: expected a list, [] for none" },
	{ "health.rules:\n- a\n",
	  "2: health.rules: expected defaults, or a rule, such as {name: ..., kind: ...}" },
	{ "health.rules: [[[[]]]]\n",
	  "1: health.rules: expected defaults, or a rule, such as {name: ..., kind: ...}" },
	{ "health.rules:\n- name: r\n  tresh: 1\n",
	  "3: health.rules: expected name, kind, severity, device, driver, id, slot, reason, "
	  "threshold, window, state, clear-after, got \"tresh\"" },
	{ "health.rules:\n- name: r\n  name: s\n",
	  "3: health.rules.name: it stands above already" },
	{ "health.rules:\n- {name: a b}\n", "2: health.rules.name: expected 1 to 47 letters, "
					    "digits and any of _.-, got \"a b\"" },
	{ "health.rules:\n- {name: 0123456789a123456789b123456789c123456789d1234567}\n",
	  "2: health.rules.name: expected 1 to 47 letters, digits and any of _.-, got "
	  "\"0123456789a123456789b123456789c123456789d1234567\"" },
	{ "health.rules:\n- {kind: dma}\n",
	  "2: health.rules.kind: expected io_page_fault, interrupt_remapping, aer, link, hotplug, "
	  "dpc, recovery, got \"dma\"" },
	{ RULE("severity: bad"), "3: health.rules.severity: expected nonfatal, fatal, corrected, "
				 "got \"bad\"" },
	{ RULE("threshold: 0"),
	  "3: health.rules.threshold: expected a number from 1 to 4294967295, got \"0\"" },
	{ RULE("window: 1ms"),
	  "3: health.rules.window: expected a duration from 1s to 1y, got \"1ms\"" },
	{ RULE("state: ok"), "3: health.rules.state: expected suspect, faulty, got \"ok\"" },
	{ RULE("clear-after: 2y"),
	  "3: health.rules.clear-after: expected a duration from 1s to 1y, got \"2y\"" },
	{ "health.rules:\n- {kind: aer, " FATAL "}\n", "2: health.rules: this rule: expected a "
						       "name" },
	{ "health.rules:\n- {name: r, " FATAL "}\n", "2: health.rules: rule r: expected a kind" },
	{ "health.rules:\n- {name: r, kind: link, " FATAL "}\n",
	  "2: health.rules: rule r: expected no severity, which only kind aer has" },
	{ RULE("threshold: 1, state: faulty, clear-after: 1h"),
	  "3: health.rules: rule r: expected a severity, since its kind is aer" },
	{ RULE("severity: fatal, state: faulty, clear-after: 1h"),
	  "3: health.rules: rule r: expected a threshold" },
	{ RULE("severity: fatal, threshold: 2, state: faulty, clear-after: 1h"),
	  "3: health.rules: rule r: expected a window, since its threshold is above 1" },
	{ RULE("severity: fatal, threshold: 1, clear-after: 1h"),
	  "3: health.rules: rule r: expected a state" },
	{ RULE("severity: fatal, threshold: 1, state: faulty"),
	  "3: health.rules: rule r: expected clear-after" },
	/* scopes */
	{ RULE("device: 0:2.0"), "3: health.rules.device: expected an address, such as "
				 "0000:00:02.0, or a pattern, such as 0000:3b:*, got \"0:2.0\"" },
	{ RULE("device: ''"), "3: health.rules.device: expected an address, such as 0000:00:02.0, "
			      "or a pattern, such as 0000:3b:*, got \"\"" },
	{ RULE("driver: [i915]"), "3: health.rules.driver: expected a value (DRIVER)" },
	{ RULE("driver: 0123456789a123456789b123456789c1"),
	  "3: health.rules.driver: expected a driver's name or pattern of 1 to 31 characters, got "
	  "\"0123456789a123456789b123456789c1\"" },
	{ RULE("slot: ''"), "3: health.rules.slot: expected a physical slot's name or pattern of 1 "
			    "to 31 characters, got \"\"" },
	{ RULE("id: 8086"), "3: health.rules.id: expected vendor and device, such as 8086:3e92, or "
			    "a pattern, such as 8086:*, got \"8086\"" },
	{ RULE("id: '8086*'"), "3: health.rules.id: expected vendor and device, such as 8086:3e92, "
			       "or a pattern, such as 8086:*, got \"8086*\"" },
	{ RULE("id: 8086:3e921"), "3: health.rules.id: expected vendor and device, such as "
				  "8086:3e92, or a pattern, such as 8086:*, got \"8086:3e921\"" },
	{ RULE("reason: 256"),
	  "3: health.rules.reason: expected a number from 1 to 255, got \"256\"" },
	{ RULE("reason: 6, " FATAL),
	  "3: health.rules: rule r: expected no reason, which only kinds io_page_fault and "
	  "interrupt_remapping have" },
	{ RULE(FATAL) "  - {name: s, kind: aer, driver: e1000e, " FATAL "}\n",
	  "4: health.rules: rule s: expected above rule r, which takes the faults of all devices" },
	{ "health.rules:\n- defaults\n- {name: r, kind: aer, slot: 4, " FATAL "}\n",
	  "3: health.rules: rule r: expected above rule aer_fatal_seen, which takes the faults of "
	  "all devices" },
	{ "health.rules: [defaults, defaults]\n",
	  "1: health.rules: rule io_page_fault_seen: expected another name, this one stands above "
	  "already" },
	{ RULE(FATAL) "  - {name: r, kind: aer, " FATAL "}\n",
	  "4: health.rules: rule r: expected another name, this one stands above already" },
};

static void expect_refused(const char *text, size_t len, const char *expected)
{
	struct strbuf error = STRBUF_INIT;

	if (parse(text, len, &error) != -EINVAL)
		fail_msg("is accepted: %s", text);
	if (strncmp(strbuf_str(&error), "f.yaml:", 7) != 0 ||
	    strcmp(strbuf_str(&error) + 7, expected) != 0)
		fail_msg("%s: \"%s\" instead of \"%s\"", text, strbuf_str(&error), expected);
	strbuf_free(&error);
}

static void refuses(void **state)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		setup(state);
		expect_refused(refused[i].text, strlen(refused[i].text), refused[i].error);
		teardown(state);
	}
	expect_refused("on: true\n\0", 10,
		       "2: expected UTF-8 text: control characters are not allowed (0x00)");
}

static void reads_rules(void **state)
{
	const struct health_rule expected[] = {
		{ .name = "a.B-3_c",
		  .kind = FAULTCAST_KIND_IO_PAGE_FAULT,
		  .threshold = 1,
		  .state = HEALTH_SUSPECT,
		  .clear_after_ns = 90 * NSEC_PER_SEC },
		{ .name = "corrected",
		  .kind = FAULTCAST_KIND_AER,
		  .severity = FAULTCAST_SEVERITY_CORRECTED,
		  .threshold = 4294967295,
		  .window_ns = 60 * NSEC_PER_SEC,
		  .state = HEALTH_FAULTY,
		  .clear_after_ns = 365ULL * 86400 * NSEC_PER_SEC },
		{ .name = "flaps",
		  .kind = FAULTCAST_KIND_HOTPLUG,
		  .threshold = 3,
		  .window_ns = NSEC_PER_SEC,
		  .state = HEALTH_SUSPECT,
		  .clear_after_ns = NSEC_PER_SEC },
	};

	(void)state;
	must_parse("health:\n  rules:\n"
		   "  - {name: a.B-3_c, kind: io_page_fault, threshold: 1, state: suspect, "
		   "clear-after: 1m30s}\n"
		   "  - name: corrected\n    kind: aer\n    severity: corrected\n"
		   "    threshold: 4294967295\n    window: 1m\n    state: faulty\n"
		   "    clear-after: 1y\n"
		   "  - {name: flaps, kind: hotplug, threshold: 3, window: 1s, state: suspect, "
		   "clear-after: 1s}\n");
	assert_true(rules.has_rules);
	assert_int_equal(rules.num_rules, 3);
	assert_memory_equal(rules.rules, expected, sizeof(expected));
	teardown(state);
	setup(state);
	must_parse("health: {rules: []}");
	assert_true(rules.has_rules);
	assert_int_equal(rules.num_rules, 0);
}

static void reads_scopes(void **state)
{
	static const struct health_scope expected = {
		.device = "0000:00:02.0",
		.driver = "i915",
		.id = "8086:*",
		.slot = "4",
		.reason = 6,
	};
	const struct health_scope *scope = &rules.rules[0].scope;

	(void)state;
	must_parse("health:\n  rules:\n"
		   "  - {name: noise, kind: io_page_fault, device: '00:02.0', driver: i915, "
		   "id: '8086:*', slot: 4, reason: 0x06, threshold: 1000, window: 1m, "
		   "state: suspect, clear-after: 1m}\n"
		   "  - {name: faulty, kind: aer, severity: fatal, device: platform/1.dma, "
		   "threshold: 1, state: faulty, clear-after: 1m}\n"
		   "  - defaults\n");
	assert_memory_equal(scope, &expected, sizeof(expected));
	assert_string_equal(rules.rules[1].scope.device, "platform/1.dma");
	assert_int_equal(rules.num_rules, 2 + health_num_default_rules);
	assert_memory_equal(&rules.rules[2], health_default_rules,
			    health_num_default_rules * sizeof(rules.rules[0]));
}

static void rules_are_bounded(void **state)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, "health.rules:\n");
	for (int i = 0; i < HEALTH_RULES_MAX; i++)
		strbuf_addf(&text, "- {name: r%d, kind: aer, " FATAL "}\n", i);
	must_parse(strbuf_str(&text));
	assert_int_equal(rules.num_rules, HEALTH_RULES_MAX);
	teardown(state);
	setup(state);
	strbuf_adds(&text, "- {name: more, kind: aer, " FATAL "}\n");
	expect_refused(text.s, text.len, "66: health.rules: expected at most 64 rules");
	strbuf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_is_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_text, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_scopes, setup, teardown),
		cmocka_unit_test_setup_teardown(rules_are_bounded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
