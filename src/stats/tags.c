#include "stats/tags.h"

#include <string.h>

enum { VALUES_MAX = UINT16_MAX - 1 };

void tag_vocabulary_init(struct tag_vocabulary *v)
{
    intern_init(&v->keys, TAG_KEYS_MAX);
    intern_init(&v->values, VALUES_MAX);
}

void tag_vocabulary_fini(struct tag_vocabulary *v)
{
    intern_fini(&v->keys);
    intern_fini(&v->values);
}

int tag_key_add(struct tag_vocabulary *v, const char *key)
{
    uint32_t n = intern_add(&v->keys, key, strlen(key), NULL);
    return n == INTERN_NONE ? -1 : (int)n;
}

uint16_t tag_value_add(struct tag_vocabulary *v, const char *value)
{
    uint32_t n = intern_add(&v->values, value, strlen(value), NULL);
    return n == INTERN_NONE ? TAG_UNKNOWN : (uint16_t)(n + 1);
}

int tag_key_find(const struct tag_vocabulary *v, const char *key, size_t length)
{
    uint32_t n = intern_find(&v->keys, key, length);
    return n == INTERN_NONE ? -1 : (int)n;
}

uint16_t tag_value_find(const struct tag_vocabulary *v, const char *value,
                        size_t length)
{
    uint32_t n = intern_find(&v->values, value, length);
    return n == INTERN_NONE ? TAG_UNKNOWN : (uint16_t)(n + 1);
}

bool selector_matches(const struct selector *s, const struct tag_set *tags)
{
    for (uint32_t i = 0; i < s->term_count; i++)
        if (tags->value[s->terms[i].key] != s->terms[i].value)
            return false;
    return true;
}
