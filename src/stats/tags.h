/* tags — which samples a threshold like `errors{page:cart}` speaks about.
 *
 * Only keys and values that some selector names are known; everything else is
 * value 0, so a sample's tags are a fixed array of small numbers, whatever the
 * scripts send. The vocabulary is filled before the run and read-only
 * afterwards: any thread may read it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/intern.h"

enum { TAG_KEYS_MAX = 32, TAG_UNKNOWN = 0 };

struct tag_vocabulary {
    struct intern keys;
    struct intern values;
};

/* What one sample carries: for each known key the number of its value. */
struct tag_set {
    uint16_t value[TAG_KEYS_MAX];
};

void tag_vocabulary_init(struct tag_vocabulary *v);
void tag_vocabulary_fini(struct tag_vocabulary *v);
/* The number of a key, added if need be; -1 beyond TAG_KEYS_MAX. */
int tag_key_add(struct tag_vocabulary *v, const char *key);
uint16_t tag_value_add(struct tag_vocabulary *v, const char *value);
/* -1 and TAG_UNKNOWN for what no selector names. */
int tag_key_find(const struct tag_vocabulary *v, const char *key,
                 size_t length);
uint16_t tag_value_find(const struct tag_vocabulary *v, const char *value,
                        size_t length);

struct selector_term {
    uint16_t key;
    uint16_t value;
};

/* The samples of one metric whose tags meet every term. */
struct selector {
    uint32_t metric;
    uint32_t term_count;
    struct selector_term terms[TAG_KEYS_MAX];
};

bool selector_matches(const struct selector *s, const struct tag_set *tags);
