#include "io/h1_memo.h"

#include <string.h>

#include "io/h1_answer.h"

bool h1_memo_recall(const struct h1_memo *m, struct h1_answer *a,
                    const char *bytes, size_t size)
{
    const struct h1_memo_head *h = &m->heads[size % H1_MEMO_HEADS];
    if (h->size != size || a->answers_head || a->on_head ||
        (size - h->head_bytes > a->max_body_bytes && !a->discards_body) ||
        memcmp(h->head, bytes, h->head_bytes) != 0)
        return false;
    a->is_fresh = false;
    a->status = h->status;
    a->minor = h->minor;
    a->cache = h->cache;
    a->headers = bytes + h->lines_at;
    a->header_bytes = h->line_bytes;
    a->body = bytes + h->head_bytes;
    a->body_bytes = a->discards_body ? 0 : size - h->head_bytes;
    a->keeps_alive = h->keeps_alive;
    return true;
}

void h1_memo_note(struct h1_memo *m, const struct h1_answer *a,
                  const char *bytes, size_t size)
{
    struct h1_memo_head *h = &m->heads[size % H1_MEMO_HEADS];
    /* Chunks are not told apart by their head alone. */
    bool is_plain = a->head_bytes + a->body_bytes == size && !a->interim;
    if (!is_plain || a->answers_head || a->head_bytes > H1_MEMO_HEAD_BYTES)
        return;
    h->size = size;
    h->head_bytes = a->head_bytes;
    h->lines_at = (size_t)(a->headers - bytes);
    h->line_bytes = a->header_bytes;
    h->status = a->status;
    h->minor = a->minor;
    h->cache = a->cache;
    h->keeps_alive = a->keeps_alive;
    memcpy(h->head, bytes, a->head_bytes);
}
