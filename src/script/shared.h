/* shared — what all Lua states of one scenario file have in common.
 *
 * Made by the control thread, handed to the workers as `run_plan.script`. The
 * source and the tables of settings are read-only while workers run; data files
 * and the result of setup are guarded by the lock. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/csv.h"
#include "base/intern.h"
#include "base/json.h"
#include "engine/plan.h"

struct error;

enum dataset_kind { DATASET_CSV, DATASET_JSON, DATASET_TEXT };

/* One data file, kept once for all users. Immutable after loading. */
struct dataset {
    struct dataset *next;
    char *path; /* owned */
    enum dataset_kind kind;
    struct csv csv;             /* DATASET_CSV */
    char *text;                 /* owned; DATASET_JSON, DATASET_TEXT */
    struct json_slice document; /* in `text`; DATASET_TEXT: all of it */
    struct json_slice *rows;    /* owned; elements of an array */
    size_t row_count;
    bool is_array;
};

struct script_shared {
    pthread_mutex_t lock;
    struct dataset *datasets; /* owned */
    char *file;               /* owned: the scenario's path as given */
    char *source;             /* owned */
    size_t source_bytes;
    char *base_url; /* owned; NULL if none */
    struct tag_pairs env;
    struct tag_pairs headers; /* sent with every request */
    struct buffer setup_data; /* packed result of setup */
    struct buffer abort_reason;
    struct intern news;       /* script errors that were logged */
    struct buffer part_error; /* why setup or teardown did not end well */
};

struct script_shared *shared_new(void);
void shared_free(struct script_shared *s);
/* The data file, read the first time anybody asks. `path` is relative to the
 * scenario file. NULL: `err` names the file and the line. */
const struct dataset *shared_dataset(struct script_shared *s, const char *path,
                                     enum dataset_kind kind, struct error *err);
/* True once for each message, over all workers; bounded. */
bool shared_is_news(struct script_shared *s, const char *message);
/* Replaces the text of one of the buffers above, under the lock. */
void shared_set(struct script_shared *s, struct buffer *which,
                const char *bytes, size_t size);
/* The same, unless it holds something already. */
void shared_set_once(struct script_shared *s, struct buffer *which,
                     const char *bytes, size_t size);
