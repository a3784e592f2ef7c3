/* tagging — the tags that a sample carries when it is recorded: of the run, the
 * user, its journey and step, and of what it does.
 *
 * Keys and values that no selector names cost nothing (stats/tags). */
#pragma once

#include <stddef.h>

#include "stats/tags.h"

struct vu;
struct worker;

/* The tags of a user as it begins, and of the journey it picked. */
void tagging_user(struct vu *vu);
void tagging_journey(struct vu *vu);
/* The step its profile is in; precondition: it has one. */
void tagging_step(const struct vu *vu, struct tag_set *tags);
/* Those of the user, with the step. */
struct tag_set tagging_of(const struct vu *vu);
/* Sets a built-in or custom tag of a set; unknown keys and values cost nothing.
 * `builtin` is an enum builtin_tag. */
void tagging_set(const struct worker *w, struct tag_set *tags, const char *key,
                 size_t key_length, const char *value, size_t value_length);
void tagging_set_builtin(const struct worker *w, struct tag_set *tags,
                         int builtin, const char *value, size_t length);
void tagging_set_number(const struct worker *w, struct tag_set *tags,
                        int builtin, unsigned number);
