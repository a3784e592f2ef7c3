#include "store.h"

#include <stdlib.h>

#define BUCKETS ((size_t)1 << 18)

static bool ring_init(struct ring *r)
{
    r->last_id = 0;
    r->slots = calloc(STORE_KEPT, sizeof *r->slots);
    return r->slots != NULL;
}

static struct basket *ring_append(struct ring *r, uint64_t user)
{
    uint64_t id = ++r->last_id;
    struct basket *b = &r->slots[id % STORE_KEPT];
    b->id = id;
    b->user = user;
    b->previous = 0;
    b->line_count = 0;
    return b;
}

static struct basket *ring_find(struct ring *r, uint64_t id)
{
    struct basket *b = &r->slots[id % STORE_KEPT];
    return id != 0 && b->id == id ? b : NULL;
}

static struct basket *ring_find_of(struct ring *r, uint64_t id, uint64_t user)
{
    struct basket *b = ring_find(r, id);
    return b && b->user == user ? b : NULL;
}

/* The user is the start of a SHA-256: its low bits are as good as any. */
static uint64_t *bucket_of(struct store *s, uint64_t user)
{
    return &s->newest[user % BUCKETS];
}

bool store_init(struct store *s)
{
    bool carts = ring_init(&s->carts);
    bool orders = ring_init(&s->orders);
    s->newest = calloc(BUCKETS, sizeof *s->newest);
    return carts && orders && s->newest;
}

void store_fini(struct store *s)
{
    free(s->carts.slots);
    free(s->orders.slots);
    free(s->newest);
}

struct basket *store_cart_new(struct store *s, uint64_t user)
{
    return ring_append(&s->carts, user);
}

struct basket *store_order_new(struct store *s, uint64_t user)
{
    struct basket *order = ring_append(&s->orders, user);
    uint64_t *newest = bucket_of(s, user);
    order->previous = *newest;
    *newest = order->id;
    return order;
}

struct basket *store_cart_find(struct store *s, uint64_t id, uint64_t user)
{
    return ring_find_of(&s->carts, id, user);
}

struct basket *store_order_find(struct store *s, uint64_t id, uint64_t user)
{
    return ring_find_of(&s->orders, id, user);
}

void store_cart_forget(struct basket *cart)
{
    cart->id = 0;
}

/* Ids fall along a chain and the ring overwrites lowest ids first, so the
 * first forgotten order ends the chain. O(orders in the bucket) if another
 * user's orders share it, else O(room). */
size_t store_orders_of(struct store *s, uint64_t user,
                       const struct basket **out, size_t room)
{
    size_t count = 0;
    const struct basket *b = ring_find(&s->orders, *bucket_of(s, user));
    while (b && count < room) {
        if (b->user == user)
            out[count++] = b;
        b = ring_find(&s->orders, b->previous);
    }
    return count;
}

bool basket_add(struct basket *b, struct line line)
{
    for (size_t i = 0; i < b->line_count; i++) {
        struct line *have = &b->lines[i];
        if (have->product_id != line.product_id ||
            have->variant != line.variant)
            continue;
        if (have->quantity + line.quantity > STORE_QUANTITY_MAX)
            return false;
        have->quantity = (uint16_t)(have->quantity + line.quantity);
        return true;
    }
    if (b->line_count == STORE_LINES_MAX)
        return false;
    b->lines[b->line_count++] = line;
    return true;
}
