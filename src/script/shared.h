/* shared — what all Lua states of one scenario file have in common.
 *
 * Made by the control thread, handed to the workers as `run_plan.script`. The
 * source and the tables of settings are read-only while workers run; data files
 * (dataset.h) and the result of setup are guarded by the lock. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/intern.h"
#include "engine/exchange.h"
#include "engine/plan.h"

struct alias;
struct dataset;
struct dataset_request;
struct error;

struct shared_file;

struct script_shared {
    pthread_mutex_t lock;
    struct dataset *datasets;  /* owned */
    struct shared_file *files; /* owned; see attachment.h */
    char *file;                /* owned: the scenario's path as given */
    char *source;              /* owned */
    size_t source_bytes;
    char *base_url; /* owned; NULL if none */
    struct tag_pairs env;
    struct tag_pairs headers; /* sent with every request */
    struct buffer setup_data; /* packed result of setup */
    struct buffer abort_reason;
    struct intern news;       /* script errors that were logged */
    struct exchange exchange; /* what users share; has a lock of its own */
    struct buffer part_error; /* why setup or teardown did not end well */
};

struct script_shared *shared_new(void);
void shared_free(struct script_shared *s);
/* The data file, read the first time anybody asks; the request's path is
 * relative to the scenario file. NULL: `err` names the file and the line. */
struct dataset *shared_dataset(struct script_shared *s,
                               const struct dataset_request *request,
                               struct error *err);
/* The alias table of a column, made the first time anybody asks. */
const struct alias *shared_weights(struct script_shared *s, struct dataset *d,
                                   const char *column, struct error *err);
/* What an earlier run of the same file left here. */
void shared_forget_run(struct script_shared *s);
/* Appends the path of a file that is meant relative to the scenario's. */
void shared_resolve_path(const struct script_shared *s, const char *path,
                         struct buffer *out);
/* True once for each message, over all workers; bounded. */
bool shared_is_news(struct script_shared *s, const char *message);
/* Replaces the text of one of the buffers above, under the lock. */
void shared_set(struct script_shared *s, struct buffer *which,
                const char *bytes, size_t size);
/* The same, unless it holds something already. */
void shared_set_once(struct script_shared *s, struct buffer *which,
                     const char *bytes, size_t size);
