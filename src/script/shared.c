#include "script/shared.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "script/attachment.h"
#include "script/dataset.h"

enum { NEWS_MAX = 100 };

struct script_shared *shared_new(void)
{
    struct script_shared *s = xcalloc(1, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    intern_init(&s->news, NEWS_MAX);
    exchange_init(&s->exchange);
    return s;
}

void shared_free(struct script_shared *s)
{
    while (s->datasets) {
        struct dataset *d = s->datasets;
        s->datasets = d->next;
        dataset_free(d);
    }
    attachment_free_all(s->files);
    tag_pairs_fini(&s->env);
    tag_pairs_fini(&s->headers);
    buffer_fini(&s->setup_data);
    buffer_fini(&s->abort_reason);
    buffer_fini(&s->part_error);
    intern_fini(&s->news);
    exchange_fini(&s->exchange);
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

void shared_resolve_path(const struct script_shared *s, const char *path,
                         struct buffer *out)
{
    const char *slash = s->file ? strrchr(s->file, '/') : NULL;
    if (path[0] != '/' && slash)
        buffer_add(out, s->file, (size_t)(slash - s->file) + 1);
    buffer_add_text(out, path);
    buffer_text(out);
}

static struct dataset *find(const struct script_shared *s,
                            const struct dataset_request *r)
{
    struct buffer key = {0};
    struct dataset *d;
    dataset_key(r, &key);
    for (d = s->datasets; d; d = d->next)
        if (d->key.size == key.size &&
            memcmp(d->key.data, key.data, key.size) == 0)
            break;
    buffer_fini(&key);
    return d;
}

struct dataset *shared_dataset(struct script_shared *s,
                               const struct dataset_request *request,
                               struct error *err)
{
    struct buffer full = {0};
    struct dataset_request r = *request;
    shared_resolve_path(s, r.path, &full);
    r.path = full.data;
    pthread_mutex_lock(&s->lock);
    struct dataset *d = find(s, &r);
    if (!d && (d = dataset_load(&r, err))) {
        d->next = s->datasets;
        s->datasets = d;
    }
    pthread_mutex_unlock(&s->lock);
    buffer_fini(&full);
    return d;
}

const struct alias *shared_weights(struct script_shared *s, struct dataset *d,
                                   const char *column, struct error *err)
{
    const struct alias *known = dataset_weights(d, column);
    if (known)
        return known;
    pthread_mutex_lock(&s->lock);
    known = dataset_make_weights(d, column, err);
    pthread_mutex_unlock(&s->lock);
    return known;
}

void shared_forget_run(struct script_shared *s)
{
    tag_pairs_fini(&s->headers);
    tag_pairs_fini(&s->env);
    buffer_clear(&s->setup_data);
    buffer_clear(&s->abort_reason);
    buffer_clear(&s->part_error);
    for (struct dataset *d = s->datasets; d; d = d->next)
        dataset_rewind(d);
    exchange_clear(&s->exchange);
}
