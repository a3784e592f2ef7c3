#include "engine/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"

void plan_init(struct run_plan *p)
{
    static const uint32_t alone[] = {1};
    *p = (struct run_plan){.workers = 1};
    stripe_cycle_init(&p->machine, alone, 1, 0);
    tag_vocabulary_init(&p->vocabulary);
    for (int i = 0; i < BUILTIN_METRICS; i++)
        plan_add_metric(p, builtin_metrics[i].name, builtin_metrics[i].kind);
}

void tag_pairs_fini(struct tag_pairs *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->pairs[i].key);
        free(t->pairs[i].value);
    }
    free(t->pairs);
    *t = (struct tag_pairs){0};
}

void profile_fini(struct profile *f)
{
    schedule_fini(&f->schedule);
    arrivals_fini(&f->arrivals);
    tag_pairs_fini(&f->tags);
    tag_pairs_fini(&f->env);
}

static void free_texts(char **texts)
{
    for (size_t i = 0; texts && texts[i]; i++)
        free(texts[i]);
    free(texts);
}

void plan_fini(struct run_plan *p)
{
    for (size_t i = 0; i < p->profile_count; i++)
        profile_fini(&p->profiles[i]);
    for (size_t i = 0; i < p->journey_count; i++)
        free(p->journeys[i].name);
    for (size_t i = 0; i < p->metric_count; i++)
        free(p->metrics[i].name);
    free_texts(p->resolve);
    free_texts(p->connect_to);
    free_texts(p->blocked);
    free(p->proxy);
    stripe_cycle_fini(&p->machine);
    tag_pairs_fini(&p->tags);
    tag_vocabulary_fini(&p->vocabulary);
    http_tls_fini(&p->tls);
    free(p->profiles);
    free(p->journeys);
    free(p->metrics);
    free(p->selectors);
    free(p->scenario);
    free(p->spans);
    free(p->stage);
    free(p->source);
    *p = (struct run_plan){0};
}

void plan_add_metric(struct run_plan *p, const char *name,
                     enum metric_kind kind)
{
    p->metrics =
        xrealloc(p->metrics, (p->metric_count + 1) * sizeof *p->metrics);
    p->metrics[p->metric_count++] =
        (struct plan_metric){.name = xstrdup(name), .kind = kind};
}

int plan_find_metric(const struct run_plan *p, const char *name)
{
    for (size_t i = 0; i < p->metric_count; i++)
        if (strcmp(p->metrics[i].name, name) == 0)
            return (int)i;
    return -1;
}

void plan_add_journey(struct run_plan *p, const char *name, double weight)
{
    p->journeys =
        xrealloc(p->journeys, (p->journey_count + 1) * sizeof *p->journeys);
    p->journeys[p->journey_count++] =
        (struct plan_journey){.name = xstrdup(name), .weight = weight};
    p->journey_weights += weight;
}

int plan_find_journey(const struct run_plan *p, const char *name)
{
    for (size_t i = 0; i < p->journey_count; i++)
        if (strcmp(p->journeys[i].name, name) == 0)
            return (int)i;
    return -1;
}

void tag_pairs_add(struct tag_pairs *t, const char *key, const char *value)
{
    t->pairs = xrealloc(t->pairs, (t->count + 1) * sizeof *t->pairs);
    t->pairs[t->count++] =
        (struct tag_pair){.key = xstrdup(key), .value = xstrdup(value)};
}

static uint32_t last_step(const struct schedule *s)
{
    uint32_t last = 1;
    for (size_t i = 0; i < s->count; i++)
        if (s->segments[i].step > last)
            last = s->segments[i].step;
    return last;
}

void plan_seal(struct run_plan *p)
{
    uint32_t ids = 0, steps = 0;
    for (size_t i = 0; i < p->profile_count; i++) {
        struct profile *f = &p->profiles[i];
        f->first_id = ids;
        f->first_step = steps;
        f->step_count = last_step(&f->schedule);
        if (f->kind != PROFILE_ARRIVALS && !f->is_manual)
            f->max_vus = schedule_max(&f->schedule);
        ids += f->max_vus;
        steps += f->step_count;
    }
    p->step_rows = steps;
    for (int i = 0; i < TAG_BUILTINS; i++)
        p->tag_keys[i] = tag_key_find(&p->vocabulary, builtin_tags[i],
                                      strlen(builtin_tags[i]));
}

uint32_t plan_pick_journey(const struct run_plan *p, uint32_t vu_id,
                           uint64_t iteration)
{
    uint64_t draw = random_hash(p->seed, vu_id, iteration);
    double at = (double)(draw >> 11) * 0x1.0p-53 * p->journey_weights;
    for (uint32_t i = 0; i + 1 < p->journey_count; i++) {
        at -= p->journeys[i].weight;
        if (at < 0)
            return i;
    }
    return (uint32_t)p->journey_count - 1;
}

int64_t plan_duration_ns(const struct run_plan *p)
{
    int64_t longest = 0;
    for (size_t i = 0; i < p->profile_count; i++) {
        const struct profile *f = &p->profiles[i];
        int64_t end = f->start_ns + schedule_end_ns(&f->schedule);
        if (end > longest)
            longest = end;
    }
    return longest;
}

uint32_t plan_max_vus(const struct run_plan *p)
{
    uint32_t sum = 0;
    struct stripe machine = {&p->machine, 0, 1};
    for (size_t i = 0; i < p->profile_count; i++)
        sum += (uint32_t)stripe_share(&machine, p->profiles[i].max_vus);
    return sum;
}

struct stripe plan_stripe(const struct run_plan *p, uint32_t worker)
{
    return (struct stripe){&p->machine, worker, p->workers};
}

struct shard_shape plan_shape(const struct run_plan *p)
{
    enum metric_kind *metrics = xcalloc(p->metric_count, sizeof *metrics);
    enum metric_kind *selectors = xcalloc(p->selector_count, sizeof *selectors);
    for (size_t i = 0; i < p->metric_count; i++)
        metrics[i] = p->metrics[i].kind;
    for (size_t i = 0; i < p->selector_count; i++)
        selectors[i] = p->metrics[p->selectors[i].metric].kind;
    return (struct shard_shape){.journeys = p->journey_count,
                                .steps = p->step_rows,
                                .metrics = p->metric_count,
                                .metric_kinds = metrics,
                                .selectors = p->selector_count,
                                .selector_kinds = selectors};
}

bool expectation_meets(const struct expectation *e, int status)
{
    for (uint32_t i = 0; i < e->count; i++)
        if (status >= e->ranges[i].from && status <= e->ranges[i].to)
            return true;
    return false;
}
