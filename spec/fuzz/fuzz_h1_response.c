/* fuzz_h1_response — whatever a server may send, to the parser of h1.
 *
 * The first byte says what was asked for and how the rest is cut into reads;
 * each read comes in memory of its exact size that is gone afterwards. The same
 * bytes in one read must end the same way, with the same status, headers and
 * body. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/h1_answer.h"

enum { MAX_BODY = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    enum h1_answer_state state;
    size_t used; /* of all bytes, once it is done */
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static struct seen read_all(struct h1_answer *a, bool to_head,
                            const uint8_t *data, size_t size, size_t piece,
                            char **last)
{
    struct seen seen = {.state = H1_ANSWER_MORE};
    size_t at = 0;
    h1_answer_begin(a, to_head, MAX_BODY);
    while (seen.state == H1_ANSWER_MORE && at < size) {
        size_t n = piece < size - at ? piece : size - at, used = 0;
        free(*last);
        *last = malloc(n);
        memcpy(*last, data + at, n);
        seen.state = h1_answer_feed(a, *last, n, &used);
        must(used <= n, "it used more than there was");
        seen.used = at + used;
        at += n;
    }
    if (seen.state == H1_ANSWER_MORE) {
        free(*last);
        *last = NULL;
        seen.state = h1_answer_end(a);
        seen.used = at;
    }
    must(seen.state != H1_ANSWER_MORE, "it never ends");
    return seen;
}

static void compare(const struct h1_answer *a, const struct h1_answer *b)
{
    must(a->status == b->status, "the statuses differ");
    must(a->keeps_alive == b->keeps_alive, "the ends differ");
    must(a->body_bytes <= MAX_BODY, "the body is too large");
    must(a->header_bytes <= H1_HEAD_MAX_BYTES, "the headers are too large");
    must(a->header_bytes == b->header_bytes &&
             memcmp(a->headers, b->headers, a->header_bytes) == 0,
         "the headers differ");
    must(a->body_bytes == b->body_bytes &&
             memcmp(a->body, b->body, a->body_bytes) == 0,
         "the bodies differ");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct h1_answer whole = {0}, pieces = {0};
    char *last[2] = {NULL, NULL};
    if (size < 2)
        return 0;
    bool to_head = data[0] & 1;
    size_t piece = 1u + (data[0] >> 1);
    data++;
    size--;
    struct seen a = read_all(&whole, to_head, data, size, size, &last[0]);
    struct seen b = read_all(&pieces, to_head, data, size, piece, &last[1]);
    must(a.state == b.state, "the outcomes differ");
    if (a.state == H1_ANSWER_DONE) {
        must(a.used == b.used, "they end at different bytes");
        compare(&whole, &pieces);
    } else {
        must(whole.problem && *whole.problem, "there is no reason");
    }
    for (int i = 0; i < 2; i++)
        free(last[i]);
    h1_answer_fini(&whole);
    h1_answer_fini(&pieces);
    return 0;
}
