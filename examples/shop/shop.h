/* shop — the shop itself: who may buy what, and what is answered.
 *
 * Owns the catalogue, the carts and orders, and the token key. One function
 * per endpoint, in account.c, browse.c and checkout.c; each fills in the
 * reply, always. Knows nothing of connections, the pool or metrics.
 * Single-threaded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "catalogue.h"
#include "jwt.h"
#include "store.h"

struct reply;
struct request;

struct shop {
    struct catalogue catalogue;
    struct store store;
    struct jwt jwt;
    int64_t token_ttl_s;
};

/* False if memory or OpenSSL fails; shop_close is due either way. */
bool shop_open(struct shop *s, int64_t token_ttl_s);
void shop_close(struct shop *s);

/* Reads the bearer token; without a valid one replies 401. */
bool shop_authenticate(struct shop *s, const struct request *q, struct reply *r,
                       uint64_t *user);

/* "u" and 16 hexadecimal digits. */
#define USER_ID_BYTES 18
void user_id_format(uint64_t user, char out[USER_ID_BYTES]);

void shop_login(struct shop *s, const struct request *q, struct reply *r);
void shop_products(struct shop *s, const struct request *q, struct reply *r);
void shop_product(struct shop *s, const struct request *q, struct reply *r);
void shop_cart_add(struct shop *s, const struct request *q, struct reply *r);
void shop_order_create(struct shop *s, const struct request *q,
                       struct reply *r);
void shop_order(struct shop *s, const struct request *q, struct reply *r);
void shop_user_orders(struct shop *s, const struct request *q, struct reply *r);
