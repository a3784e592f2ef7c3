#include "script/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "engine/plan.h"

/* ------------------------------------------------------------------ reading */

enum { TEXT_MAX_MB = 16 };

static bool parse(struct dataset *d, const struct dataset_request *r,
                  struct buffer *text, struct error *err)
{
    struct buffer taken = *text;
    *text = (struct buffer){0};
    switch (r->kind) {
    case DATASET_CSV:
        d->is_array = true;
        if (!csv_parse(&d->csv, taken.data, taken.size, &r->csv, err))
            break;
        d->row_count = d->csv.row_count;
        return true;
    case DATASET_JSON:
        if (!json_rows_of_document(&d->json, taken.data, taken.size, err))
            break;
        d->is_array = d->json.is_array;
        d->row_count = d->json.row_count;
        return true;
    case DATASET_JSON_LINES:
        if (!json_rows_of_lines(&d->json, taken.data, taken.size, err))
            break;
        d->is_array = true;
        d->row_count = d->json.row_count;
        return true;
    case DATASET_TEXT:
        d->text = taken;
        if (taken.size <= (size_t)TEXT_MAX_MB << 20)
            return true;
        error_set(err, "is larger than %d MB", TEXT_MAX_MB);
        break;
    }
    return error_wrap(err, "%s", r->path);
}

struct dataset *dataset_load(const struct dataset_request *r, struct error *err)
{
    struct buffer text = {0};
    struct dataset *d = xcalloc(1, sizeof *d);
    d->path = xstrdup(r->path);
    d->kind = r->kind;
    dataset_key(r, &d->key);
    if (file_read(r->path, &text, err) && parse(d, r, &text, err))
        return d;
    buffer_fini(&text);
    dataset_free(d);
    return NULL;
}

void dataset_key(const struct dataset_request *r, struct buffer *out)
{
    const struct csv_options *o = &r->csv;
    const char *name = o->names;
    buffer_printf(out, "%d%d%c%c%s", (int)r->kind, (int)o->no_header,
                  o->delimiter ? o->delimiter : ',',
                  o->comment ? o->comment : ' ', r->path);
    for (size_t i = 0; i < o->name_count; i++, name += strlen(name) + 1) {
        buffer_add_char(out, '\0');
        buffer_add_text(out, name);
    }
}

/* ------------------------------------------------------------------- one run
 */

void dataset_rewind(struct dataset *d)
{
    atomic_store(&d->cursor, 0);
    atomic_store(&d->claimed, 0);
    free(atomic_exchange(&d->claims, NULL));
}

static void weighting_free(struct weighting *w)
{
    free(w->column);
    alias_fini(&w->alias);
    free(w);
}

void dataset_free(struct dataset *d)
{
    struct weighting *w = atomic_load(&d->weightings);
    while (w) {
        struct weighting *next = w->next;
        weighting_free(w);
        w = next;
    }
    dataset_rewind(d);
    csv_fini(&d->csv);
    buffer_fini(&d->text);
    json_rows_fini(&d->json);
    buffer_fini(&d->key);
    free(d->path);
    free(d);
}

static struct stripe machine_of(const struct run_plan *plan)
{
    struct stripe machine = plan_stripe(plan, 0);
    machine.workers = 1;
    return machine;
}

uint64_t dataset_own_row(const struct run_plan *plan, uint64_t place)
{
    struct stripe machine = machine_of(plan);
    return stripe_unit(&machine, place);
}

uint64_t dataset_own_rows(const struct dataset *d, const struct run_plan *plan)
{
    struct stripe machine = machine_of(plan);
    return stripe_share(&machine, d->row_count);
}

/* By user id, of all users of the plan; made by whoever asks first. */
static uint32_t *claims_of(struct dataset *d, const struct run_plan *plan)
{
    uint32_t *claims = atomic_load(&d->claims);
    if (claims)
        return claims;
    const struct profile *last = &plan->profiles[plan->profile_count - 1];
    uint32_t *made =
        xcalloc((size_t)last->first_id + last->max_vus + 1, sizeof *made);
    if (atomic_compare_exchange_strong(&d->claims, &claims, made))
        return made;
    free(made);
    return claims;
}

/* A user's entry is only ever touched by the worker it lives on. */
uint64_t dataset_claim(struct dataset *d, const struct run_plan *plan,
                       uint32_t user_id)
{
    uint32_t *own = &claims_of(d, plan)[user_id];
    if (!*own)
        *own = (uint32_t)atomic_fetch_add(&d->claimed, 1) + 1;
    return *own - 1;
}

/* ------------------------------------------------------------------ weights */

const struct alias *dataset_weights(const struct dataset *d, const char *column)
{
    for (const struct weighting *w = atomic_load(&d->weightings); w;
         w = w->next)
        if (strcmp(w->column, column) == 0)
            return &w->alias;
    return NULL;
}

/* Text of a cell or a JSON number as a weight; NULL-terminated. */
static bool read_weight(const char *text, double *weight)
{
    char *end;
    *weight = strtod(text, &end);
    return end > text && !*end && isfinite(*weight) && *weight >= 0;
}

static bool csv_weight(const struct dataset *d, size_t row, long column,
                       double *weight, char *shown, size_t size)
{
    const char *cell = csv_cell(&d->csv, row, (size_t)column);
    snprintf(shown, size, "%s", cell);
    return read_weight(cell, weight);
}

static bool json_weight(const struct dataset *d, size_t row, const char *path,
                        double *weight, char *shown, size_t size)
{
    struct json_slice in = json_rows_at(&d->json, row), found;
    if (!json_find(in.at, in.length, path, &found))
        found = (struct json_slice){"nothing", 7};
    snprintf(shown, size, "%.*s", (int)found.length, found.at);
    return found.length < size && read_weight(shown, weight);
}

static bool read_weights(const struct dataset *d, const char *column,
                         double *weights, struct error *err)
{
    char shown[64];
    double sum = 0;
    long number = d->kind == DATASET_CSV ? csv_column(&d->csv, column) : 0;
    if (number < 0)
        return error_set(err, "%s has no column '%.60s'", d->path, column);
    for (size_t row = 0; row < d->row_count; row++) {
        bool ok =
            d->kind == DATASET_CSV
                ? csv_weight(d, row, number, &weights[row], shown, sizeof shown)
                : json_weight(d, row, column, &weights[row], shown,
                              sizeof shown);
        if (!ok)
            return error_set(err,
                             "%s, row %zu: '%.60s' in '%.60s' is no weight; a "
                             "number of 0 or more is wanted",
                             d->path, row + 1, shown, column);
        sum += weights[row];
    }
    return (sum > 0 && isfinite(sum)) ||
           error_set(err, "%s: all weights in '%.60s' together are %g", d->path,
                     column, sum);
}

const struct alias *dataset_make_weights(struct dataset *d, const char *column,
                                         struct error *err)
{
    const struct alias *known = dataset_weights(d, column);
    if (known)
        return known;
    if (d->row_count > UINT32_MAX) {
        error_set(err, "%s has too many rows to be weighted", d->path);
        return NULL;
    }
    double *weights = xcalloc(d->row_count, sizeof *weights);
    struct weighting *made = NULL;
    if (read_weights(d, column, weights, err)) {
        made = xcalloc(1, sizeof *made);
        made->column = xstrdup(column);
        alias_init(&made->alias, weights, (uint32_t)d->row_count);
        made->next = atomic_load(&d->weightings);
        atomic_store(&d->weightings, made);
    }
    free(weights);
    return made ? &made->alias : NULL;
}
