#include "engine/sample_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json_write.h"
#include "engine/journey.h"
#include "engine/plan.h"
#include "engine/record_request.h"
#include "engine/registry.h"
#include "engine/sample.h"

static void add_text(struct buffer *out, const char *text)
{
    json_add_string(out, text, strlen(text));
}

void sample_format_init(struct sample_format *f, const struct run_plan *plan,
                        int64_t now_ns, int64_t wall_ms)
{
    *f = (struct sample_format){.plan = plan,
                                .epoch_ns = wall_ms * NS_PER_MS - now_ns};
    buffer_add_text(&f->head, ",\"scenario\":");
    add_text(&f->head, plan->scenario ? plan->scenario : "");
    buffer_add_text(&f->head, ",\"stage\":");
    add_text(&f->head, plan->stage);
    f->journeys = xcalloc(plan->journey_count + 1, sizeof *f->journeys);
    for (size_t i = 0; i < plan->journey_count; i++)
        add_text(&f->journeys[i], plan->journeys[i].name);
}

void sample_format_fini(struct sample_format *f)
{
    for (size_t i = 0; f->journeys && i < f->plan->journey_count; i++)
        buffer_fini(&f->journeys[i]);
    free(f->journeys);
    buffer_fini(&f->head);
}

void sample_names_fini(struct sample_names *n)
{
    for (size_t i = 0; i < n->capacity; i++)
        buffer_fini(&n->texts[i]);
    free(n->texts);
    *n = (struct sample_names){0};
}

static const struct buffer *name_of(struct sample_names *n, struct registry *r,
                                    uint32_t number)
{
    array_reserve((void **)&n->texts, &n->capacity, (size_t)number + 1,
                  sizeof *n->texts);
    struct buffer *text = &n->texts[number];
    if (text->size)
        return text;
    pthread_mutex_lock(&r->lock);
    const struct intern_entry *e = &r->names.entries[number];
    json_add_string(text, e->text, e->length);
    pthread_mutex_unlock(&r->lock);
    return text;
}

static void add_key(struct buffer *out, const char *name)
{
    buffer_add_text(out, ",\"");
    buffer_add_text(out, name);
    buffer_add_text(out, "\":");
}

/* A whole number and its millionths, as far as they are not 0. */
static void add_millionths(struct buffer *out, int64_t value)
{
    char digits[8] = ".";
    int64_t rest = value % 1000000;
    size_t length = 7;
    buffer_add_int(out, value / 1000000);
    for (size_t i = 6; i >= 1; i--, rest /= 10)
        digits[i] = (char)('0' + rest % 10);
    while (digits[length - 1] == '0')
        length--;
    if (length > 1)
        buffer_add(out, digits, length);
}

static void add_ms(struct buffer *out, const char *name, int64_t ns)
{
    if (ns <= 0)
        return;
    add_key(out, name);
    add_millionths(out, ns);
}

static void add_number(struct buffer *out, const char *name, uint64_t value)
{
    add_key(out, name);
    buffer_add_int(out, (int64_t)value);
}

static void add_outcome(struct buffer *out, const struct sample *s)
{
    const char *proto = http_proto_name((enum http_proto)s->proto);
    if (*proto) {
        add_key(out, "proto");
        add_text(out, proto);
    }
    add_number(out, "status", s->status);
    buffer_add_text(out, s->is_expected ? ",\"ok\":true" : ",\"ok\":false");
    if (s->failure == HTTP_OK)
        return;
    add_key(out, "error");
    add_text(out, http_failure_name((enum http_failure)s->failure));
}

/* The whole always, the phases where they took time. */
static void add_times(struct buffer *out, const struct sample *s)
{
    static const char *const phases[HTTP_PHASES] = {
        "blocked", "looking_up", "connecting", "tls_handshaking",
        "sending", "waiting",    "receiving"};
    add_key(out, "duration");
    add_millionths(out, s->duration_ns > 0 ? s->duration_ns : 0);
    for (int i = 0; i < HTTP_PHASES; i++)
        add_ms(out, phases[i], s->phase_ns[i]);
}

static void add_step(const struct run_plan *plan, struct buffer *out,
                     uint32_t row)
{
    for (size_t i = 0; i < plan->profile_count; i++) {
        const struct profile *f = &plan->profiles[i];
        if (row < f->first_step || row - f->first_step >= f->step_count)
            continue;
        add_number(out, "profile", i + 1);
        add_number(out, "step", row - f->first_step + 1);
    }
}

static void add_origin(const struct sample_format *f, struct buffer *out,
                       const struct sample *s)
{
    enum journey_part part = (enum journey_part)s->part;
    add_number(out, "vu", s->vu);
    if (part != PART_ITERATION) {
        add_key(out, "part");
        add_text(out, journey_part_name(part));
    } else {
        const struct buffer *journey = &f->journeys[s->journey];
        add_number(out, "iteration", s->iteration);
        add_key(out, "journey");
        buffer_add(out, journey->data, journey->size);
    }
    if (s->step != RECORD_NO_STEP)
        add_step(f->plan, out, s->step);
}

void sample_line(const struct sample_format *f, struct sample_names *names,
                 struct registry *registry, const struct sample *s,
                 struct buffer *out)
{
    const struct buffer *name = name_of(names, registry, s->name);
    buffer_add_text(out, "{\"t_ms\":");
    add_millionths(out, (f->epoch_ns + s->started_ns) / NS_PER_US * NS_PER_US);
    buffer_add(out, f->head.data, f->head.size);
    add_key(out, "name");
    buffer_add(out, name->data, name->size);
    add_key(out, "method");
    add_text(out, s->method);
    add_outcome(out, s);
    add_times(out, s);
    add_number(out, "sent", s->sent_bytes);
    add_number(out, "received", s->received_bytes);
    add_origin(f, out, s);
    buffer_add_text(out, "}\n");
}
