/* store — the newest carts and orders, in memory that never grows.
 *
 * Two rings of STORE_KEPT baskets each: the id of a basket is its serial
 * number and so also says where it lies, and a new one takes the place of the
 * oldest. Memory is taken from the system as the rings fill for the first
 * time. Knows no prices and no JSON. Single-threaded; a basket pointer is good
 * until the next store_*_new. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_KEPT 200000
#define STORE_LINES_MAX 20
#define STORE_QUANTITY_MAX 9999

enum variant { VARIANT_NONE, VARIANT_S, VARIANT_M, VARIANT_L, VARIANT_XL };

struct line {
    uint16_t product_id;
    uint16_t quantity;
    uint8_t variant; /* enum variant */
};

/* A cart, or an order. */
struct basket {
    uint64_t id;       /* 0: none */
    uint64_t user;     /* whose it is */
    uint64_t previous; /* an order's predecessor in its bucket, or 0 */
    uint8_t line_count;
    struct line lines[STORE_LINES_MAX];
};

struct ring {
    struct basket *slots; /* owned: STORE_KEPT */
    uint64_t last_id;
};

struct store {
    struct ring carts;
    struct ring orders;
    uint64_t *newest; /* owned: by hash of the user, newest order's id */
};

/* False when out of memory; store_fini is due either way. */
bool store_init(struct store *s);
void store_fini(struct store *s);

struct basket *store_cart_new(struct store *s, uint64_t user);
struct basket *store_order_new(struct store *s, uint64_t user);

/* NULL if there never was one, it is forgotten, or it is somebody else's. */
struct basket *store_cart_find(struct store *s, uint64_t id, uint64_t user);
struct basket *store_order_find(struct store *s, uint64_t id, uint64_t user);

void store_cart_forget(struct basket *cart);

/* The user's orders, newest first, at most `room`; returns how many. */
size_t store_orders_of(struct store *s, uint64_t user,
                       const struct basket **out, size_t room);

/* The same product and variant share a line. False if the basket is full or
 * the line's quantity would exceed STORE_QUANTITY_MAX. */
bool basket_add(struct basket *b, struct line line);
