// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compares the configuration file's reader with a prototype on libcyaml: prints the result of both
 * for the same texts, and how many texts are accepted by one and refused by the other.  The
 * prototype has only the settings that show the differences: a text, a number, a duration, a
 * choice, a flag, and the rules of health.  libcyaml cannot read units, hexadecimal numbers and
 * ranges, so the prototype takes all values as strings and hands them to options_set() afterwards.
 */
#include <cyaml/cyaml.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "health/settings.h"

static const char *const colours[] = { "red", "green", NULL };

static struct values {
	const char *text;
	uint64_t number;
	uint64_t keep;
	int colour;
	bool on;
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
	{ .name = "web.keep",
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
	{ .name = NULL },
};

static struct health_options rules;
static struct option_set sets[] = { { rows, &got }, { NULL, &rules }, { NULL, NULL } };

/* PROTOTYPE BEGINS */

struct web {
	char *text, *number, *keep;
};

struct rule {
	char *name, *kind, *severity, *threshold, *window, *state, *clear_after;
};

struct health_section {
	struct rule *rules;
	unsigned int rules_count;
};

struct file {
	struct web *web;
	struct health_section *health;
	char *colour, *on;
	/* The same settings by their dotted names. */
	char *web_text, *web_number, *web_keep;
};

#define STRING(key, of, member)                                                                    \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL, struct of,  \
			       member, 0, CYAML_UNLIMITED)
#define STRING_REQUIRED(key, of, member)                                                           \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct of, member, 0, CYAML_UNLIMITED)

static const cyaml_schema_field_t web_fields[] = {
	STRING("text", web, text),
	STRING("number", web, number),
	STRING("keep", web, keep),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t rule_fields[] = {
	STRING_REQUIRED("name", rule, name),
	STRING_REQUIRED("kind", rule, kind),
	STRING("severity", rule, severity),
	STRING_REQUIRED("threshold", rule, threshold),
	STRING("window", rule, window),
	STRING_REQUIRED("state", rule, state),
	STRING_REQUIRED("clear-after", rule, clear_after),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t rule_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rule, rule_fields),
};

static const cyaml_schema_field_t health_fields[] = {
	CYAML_FIELD_SEQUENCE("rules", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			     struct health_section, rules, &rule_value, 0, HEALTH_RULES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_MAPPING_PTR("web", CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
				struct file, web, web_fields),
	CYAML_FIELD_MAPPING_PTR("health", CYAML_FLAG_POINTER_NULL_STR | CYAML_FLAG_OPTIONAL,
				struct file, health, health_fields),
	STRING("colour", file, colour),
	STRING("on", file, on),
	STRING("web.text", file, web_text),
	STRING("web.number", file, web_number),
	STRING("web.keep", file, web_keep),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields),
};

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	(void)level;
	strbuf_vaddf(ctx, fmt, args);
}

static int set(const char *name, const char *text, struct strbuf *error)
{
	const struct option_row *row;
	void *value;

	if (!text)
		return 0;
	row = options_find(sets, name, strlen(name), &value);
	return options_set(row, value, name, text, error);
}

/*
 * The values of the rules are not checked here. They would need a second table of options, and
 * checks that depend on several keys.
 */
static int apply(const struct file *file, struct strbuf *error)
{
	const struct web *web = file->web;

	return set("colour", file->colour, error) || set("on", file->on, error) ||
	       (web &&
		(set("web.text", web->text, error) || set("web.number", web->number, error) ||
		 set("web.keep", web->keep, error))) ||
	       set("web.text", file->web_text, error) ||
	       set("web.number", file->web_number, error) || set("web.keep", file->web_keep, error);
}

static int prototype(const char *text, struct strbuf *error)
{
	const cyaml_config_t config = {
		.log_fn = on_log,
		.log_ctx = error,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
	struct file *file = NULL;
	cyaml_err_t code = cyaml_load_data((const uint8_t *)text, strlen(text), &config,
					   &file_value, (cyaml_data_t **)&file, NULL);
	int err = code != CYAML_OK;

	if (err)
		strbuf_addf(error, "(%s)", cyaml_strerror(code));
	else if (file)
		err = apply(file, error);
	cyaml_free(&config, &file_value, file, 0);
	return err;
}

/* PROTOTYPE ENDS */

#define RULE(more) "health:\n  rules:\n  - {name: r, kind: aer, " more "}\n"

static const char *const texts[] = {
	/* sound */
	"web:\n  text: a\n  number: 0x10\n  keep: 5s\ncolour: green\non: true\n",
	"web.text: a\nweb.number: 16\n",
	"web: {text: 'a'}\nweb.number: 16\n",
	"",
	"# nothing\n",
	"web:\n",
	/* values */
	"\nweb:\n  number: 2\n",
	"\nweb:\n  number: [4]\n",
	"web:\n  keep: 5\n",
	"colour: Red\n",
	"web.text: \"a\\0b\"\n",
	/* keys */
	"web:\n  txt: a\n",
	"colour: red\ncolour: green\n",
	"web: {text: a}\n\nweb.text: b\n",
	"web: {text: a}\nweb: {number: 4}\n",
	/* texts */
	"colour: red\n---\non: true\n",
	"colour: &a red\n",
	"colour: !!str red\n",
	"web: {text: a\n",
	"web:\n\ttext: a\n",
	/* rules */
	"health.rules:\n- name: r\n",
	"health:\n  rules:\n  - name: r\n    tresh: 1\n",
	RULE("severity: fatal, threshold: 1, state: faulty"),
};

static void show(const char *who, int err, const struct strbuf *error)
{
	printf("  %-8s ", who);
	for (const char *c = strbuf_str(error); *c; c++) {
		if (*c == '\n')
			printf(c[1] ? " / " : "");
		else
			putchar(*c);
	}
	printf("%s\n", err ? "" : "accepted");
}

static void show_text(const char *text)
{
	printf("\"");
	for (; *text; text++)
		printf(*text == '\n' ? "\\n" : *text == '\t' ? "\\t" : "%c", *text);
	printf("\"\n");
}

int main(void)
{
	static struct config config;
	size_t count = sizeof(texts) / sizeof(texts[0]), differ = 0;

	sets[1].rows = health_settings.rows;
	for (size_t i = 0; i < count; i++) {
		struct strbuf ours = STRBUF_INIT, theirs = STRBUF_INIT;
		int ours_err, theirs_err;

		memset(&config, 0, sizeof(config));
		memset(&rules, 0, sizeof(rules));
		ours_err = config_parse(&config, sets, "f.yaml", texts[i], strlen(texts[i]), &ours);
		theirs_err = prototype(texts[i], &theirs);
		show_text(texts[i]);
		show("reader", ours_err, &ours);
		show("libcyaml", theirs_err, &theirs);
		differ += !ours_err != !theirs_err;
		config_free(&config);
		strbuf_free(&ours);
		strbuf_free(&theirs);
	}
	printf("%zu texts; %zu are accepted by one and refused by the other\n", count, differ);
	return EXIT_SUCCESS;
}
