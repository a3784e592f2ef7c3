#include "script/shared.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { NEWS_MAX = 100, TEXT_MAX = 16 << 20 };

struct script_shared *shared_new(void)
{
    struct script_shared *s = xcalloc(1, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    intern_init(&s->news, NEWS_MAX);
    return s;
}

static void dataset_free(struct dataset *d)
{
    csv_fini(&d->csv);
    free(d->text);
    free(d->rows);
    free(d->path);
    free(d);
}

void shared_free(struct script_shared *s)
{
    while (s->datasets) {
        struct dataset *d = s->datasets;
        s->datasets = d->next;
        dataset_free(d);
    }
    tag_pairs_fini(&s->env);
    tag_pairs_fini(&s->headers);
    buffer_fini(&s->setup_data);
    buffer_fini(&s->abort_reason);
    buffer_fini(&s->part_error);
    intern_fini(&s->news);
    free(s->file);
    free(s->source);
    free(s->base_url);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void shared_set(struct script_shared *s, struct buffer *which,
                const char *bytes, size_t size)
{
    pthread_mutex_lock(&s->lock);
    buffer_clear(which);
    buffer_add(which, bytes, size);
    pthread_mutex_unlock(&s->lock);
}

void shared_set_once(struct script_shared *s, struct buffer *which,
                     const char *bytes, size_t size)
{
    pthread_mutex_lock(&s->lock);
    if (!which->size)
        buffer_add(which, bytes, size);
    pthread_mutex_unlock(&s->lock);
}

bool shared_is_news(struct script_shared *s, const char *message)
{
    pthread_mutex_lock(&s->lock);
    uint32_t known = s->news.count;
    intern_add(&s->news, message, strlen(message), NULL);
    bool added = s->news.count > known;
    pthread_mutex_unlock(&s->lock);
    return added;
}

static void resolve_path(const struct script_shared *s, const char *path,
                         struct buffer *out)
{
    const char *slash = s->file ? strrchr(s->file, '/') : NULL;
    if (path[0] != '/' && slash)
        buffer_add(out, s->file, (size_t)(slash - s->file) + 1);
    buffer_add_text(out, path);
    buffer_text(out);
}

static bool read_file(const char *path, struct buffer *out, struct error *err)
{
    char block[64 * 1024];
    size_t got;
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(err, "%s: cannot read: %s", path, strerror(errno));
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        buffer_add(out, block, got);
    bool failed = ferror(file);
    int cause = errno;
    fclose(file);
    buffer_text(out);
    return !failed ||
           error_set(err, "%s: cannot read: %s", path, strerror(cause));
}

struct row_collector {
    struct dataset *dataset;
    size_t capacity;
};

static void collect_row(struct json_slice element, void *arg)
{
    struct row_collector *c = arg;
    struct dataset *d = c->dataset;
    array_reserve((void **)&d->rows, &c->capacity, d->row_count + 1,
                  sizeof *d->rows);
    d->rows[d->row_count++] = element;
}

static bool parse_json(struct dataset *d, struct buffer *text,
                       struct error *err)
{
    struct row_collector c = {.dataset = d};
    d->text = text->data;
    size_t size = text->size;
    *text = (struct buffer){0};
    if (!json_document(d->text, size, &d->document))
        return error_set(err, "%s: not valid JSON", d->path);
    d->is_array = json_each(d->document, collect_row, &c);
    return true;
}

static bool parse_csv(struct dataset *d, const struct buffer *text,
                      struct error *err)
{
    if (!csv_parse(&d->csv, text->data, text->size, err))
        return error_wrap(err, "%s", d->path);
    d->is_array = true;
    d->row_count = d->csv.rows;
    return true;
}

static bool take_text(struct dataset *d, struct buffer *text, struct error *err)
{
    if (text->size > TEXT_MAX)
        return error_set(err, "%s: is larger than %d MB", d->path,
                         (int)(TEXT_MAX >> 20));
    d->document = (struct json_slice){text->data, text->size};
    d->text = text->data;
    *text = (struct buffer){0};
    return true;
}

static bool take(struct dataset *d, struct buffer *text, struct error *err)
{
    if (d->kind == DATASET_TEXT)
        return take_text(d, text, err);
    return d->kind == DATASET_CSV ? parse_csv(d, text, err)
                                  : parse_json(d, text, err);
}

static struct dataset *load(const char *path, enum dataset_kind kind,
                            struct error *err)
{
    struct buffer text = {0};
    struct dataset *d = xcalloc(1, sizeof *d);
    d->path = xstrdup(path);
    d->kind = kind;
    bool ok = read_file(path, &text, err) && take(d, &text, err);
    buffer_fini(&text);
    if (ok)
        return d;
    dataset_free(d);
    return NULL;
}

static struct dataset *find(const struct script_shared *s, const char *path,
                            enum dataset_kind kind)
{
    for (struct dataset *d = s->datasets; d; d = d->next)
        if (d->kind == kind && strcmp(d->path, path) == 0)
            return d;
    return NULL;
}

const struct dataset *shared_dataset(struct script_shared *s, const char *path,
                                     enum dataset_kind kind, struct error *err)
{
    struct buffer full = {0};
    resolve_path(s, path, &full);
    pthread_mutex_lock(&s->lock);
    struct dataset *d = find(s, full.data, kind);
    if (!d && (d = load(full.data, kind, err))) {
        d->next = s->datasets;
        s->datasets = d;
    }
    pthread_mutex_unlock(&s->lock);
    buffer_fini(&full);
    return d;
}
