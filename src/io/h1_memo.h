/* h1_memo — heads of answers that were seen before, byte for byte.
 *
 * A server under load sends the same head again and again, but for its date
 * once a second. Parsing is a function of the bytes, so what it made of a head
 * holds for its next occurrence; a comparison is a tenth of the work. Only
 * whole answers in one read, with a length or without a body, are remembered.
 * One for each size of an answer, modulo a few: that tells endpoints apart well
 * enough. Belongs to a client; a zeroed struct remembers nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/http_cache.h"

struct h1_answer;

enum { H1_MEMO_HEADS = 16, H1_MEMO_HEAD_BYTES = 512 };

struct h1_memo {
    struct h1_memo_head {
        size_t size; /* of the whole answer; 0: nothing is remembered */
        size_t head_bytes;
        size_t lines_at;
        size_t line_bytes;
        int status;
        int minor;
        enum http_cache cache;
        bool keeps_alive;
        char head[H1_MEMO_HEAD_BYTES];
    } heads[H1_MEMO_HEADS];
};

/* The first bytes of an answer: if they are all of one that is known, it is
 * filled in and done. */
bool h1_memo_recall(const struct h1_memo *m, struct h1_answer *a,
                    const char *bytes, size_t size);
/* The answer, parsed from these bytes, is done and used all of them. */
void h1_memo_note(struct h1_memo *m, const struct h1_answer *a,
                  const char *bytes, size_t size);
