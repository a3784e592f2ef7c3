#include "engine/tagging.h"

#include <stdio.h>
#include <string.h>

#include "engine/builtin.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/vu.h"
#include "engine/worker.h"
#include "stats/tags.h"

static void set_tag(const struct run_plan *plan, struct tag_set *tags, int key,
                    const char *value, size_t length)
{
    if (key >= 0)
        tags->value[key] = tag_value_find(&plan->vocabulary, value, length);
}

void tagging_set(const struct worker *w, struct tag_set *tags, const char *key,
                 size_t key_length, const char *value, size_t value_length)
{
    const struct run_plan *plan = worker_plan(w);
    if (plan->selector_count)
        set_tag(plan, tags, tag_key_find(&plan->vocabulary, key, key_length),
                value, value_length);
}

void tagging_set_builtin(const struct worker *w, struct tag_set *tags,
                         int builtin, const char *value, size_t length)
{
    const struct run_plan *plan = worker_plan(w);
    set_tag(plan, tags, plan->tag_keys[builtin], value, length);
}

static void set_pairs(const struct worker *w, struct tag_set *tags,
                      const struct tag_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        tagging_set(w, tags, pairs->pairs[i].key, strlen(pairs->pairs[i].key),
                    pairs->pairs[i].value, strlen(pairs->pairs[i].value));
}

void tagging_user(struct vu *vu)
{
    const struct run_plan *plan = worker_plan(vu->worker);
    vu->tags = (struct tag_set){0};
    tagging_set_builtin(vu->worker, &vu->tags, TAG_STAGE, plan->stage,
                        strlen(plan->stage));
    set_pairs(vu->worker, &vu->tags, &plan->tags);
    if (vu->pool)
        set_pairs(vu->worker, &vu->tags, &vu->pool->profile->tags);
}

void tagging_journey(struct vu *vu)
{
    const char *name = worker_plan(vu->worker)->journeys[vu->journey].name;
    tagging_set_builtin(vu->worker, &vu->tags, TAG_JOURNEY, name, strlen(name));
}

void tagging_set_number(const struct worker *w, struct tag_set *tags,
                        int builtin, unsigned number)
{
    const struct run_plan *plan = worker_plan(w);
    int key = plan->tag_keys[builtin];
    char digits[16];
    if (key < 0)
        return;
    int length = snprintf(digits, sizeof digits, "%u", number);
    set_tag(plan, tags, key, digits, (size_t)length);
}

void tagging_step(const struct vu *vu, struct tag_set *tags)
{
    tagging_set_number(vu->worker, tags, TAG_STEP,
                       vu->pool->step - vu->pool->profile->first_step + 1);
}

struct tag_set tagging_of(const struct vu *vu)
{
    struct tag_set tags = vu->tags;
    if (vu->pool)
        tagging_step(vu, &tags);
    return tags;
}
