/* dataset — one data file, kept once for all users of a scenario file.
 *
 * Owns its rows, which never change, and how far users have come with them in
 * this run: the cursor of next() and who has which row of unique(), both
 * without a lock. What a table of weights needs is made once, under the lock of
 * whoever owns the dataset. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alias.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "base/csv.h"
#include "base/json_rows.h"

struct error;
struct run_plan;

enum dataset_kind {
    DATASET_CSV,
    DATASET_JSON,
    DATASET_JSON_LINES,
    DATASET_TEXT /* no rows: the file as it is, up to 16 MB */
};

/* Which file, and how it is to be read. */
struct dataset_request {
    const char *path; /* borrowed; as found from the working directory */
    enum dataset_kind kind;
    struct csv_options csv;
};

/* The rows by the weights in one column. */
struct weighting {
    struct weighting *next;
    char *column; /* owned */
    struct alias alias;
};

struct dataset {
    struct dataset *next;
    char *path;        /* owned */
    struct buffer key; /* the request, to tell datasets apart */
    enum dataset_kind kind;
    struct csv csv;        /* DATASET_CSV */
    struct buffer text;    /* owned; DATASET_TEXT */
    struct json_rows json; /* the other kinds */
    size_t row_count;
    bool is_array;                          /* else the document is one value */
    _Atomic(struct weighting *) weightings; /* owned; only grows */
    atomic_uint_least64_t cursor;           /* rows that next() has given */
    atomic_uint_least64_t claimed;          /* users that asked for a row */
    /* owned: by user id, which claim is theirs, from 1; 0 is none yet */
    _Atomic(uint32_t *) claims;
};

/* NULL: `err` names the file and the line. */
struct dataset *dataset_load(const struct dataset_request *r,
                             struct error *err);
void dataset_free(struct dataset *d);
/* Appends what is the same for requests that ask for the same. */
void dataset_key(const struct dataset_request *r, struct buffer *out);
/* Before another run: everybody begins at the first row again. */
void dataset_rewind(struct dataset *d);

/* A row of this machine's part of the file, by its place in that part, and how
 * many there are. */
uint64_t dataset_own_row(const struct run_plan *plan, uint64_t place);
uint64_t dataset_own_rows(const struct dataset *d, const struct run_plan *plan);
/* Which claim on a row is this user's, from 0: its first call makes one, which
 * it keeps for the run. */
uint64_t dataset_claim(struct dataset *d, const struct run_plan *plan,
                       uint32_t user_id);

/* The alias table of a column, made if nobody did; under the owner's lock.
 * NULL: `err` says which row has no weight there. */
const struct alias *dataset_make_weights(struct dataset *d, const char *column,
                                         struct error *err);
/* The same if it is there already, else NULL; without any lock. */
const struct alias *dataset_weights(const struct dataset *d,
                                    const char *column);
