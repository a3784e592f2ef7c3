/* routes — which endpoint a method and a path lead to.
 *
 * One table, read-only, also the source of the metrics' route labels. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct reply;
struct request;
struct shop;

enum route_id {
    ROUTE_LOGIN,
    ROUTE_PRODUCTS,
    ROUTE_PRODUCT,
    ROUTE_CART_ADD,
    ROUTE_ORDER_CREATE,
    ROUTE_ORDER,
    ROUTE_USER_ORDERS,
    ROUTE_HEALTHZ,
    ROUTE_METRICS,
    ROUTE_NONE, /* no such path */
    ROUTE_COUNT,
};

struct route {
    const char *path;   /* :id stands for one segment; "(none)" for NONE */
    const char *method; /* the one it has */
    const char *allow;  /* value of the Allow header */
    void (*answer)(struct shop *s, const struct request *q, struct reply *r);
};

#define ROUTE_ID_BYTES 40

struct match {
    enum route_id route;
    bool method_is_allowed;
    char id[ROUTE_ID_BYTES]; /* empty if none, or absurdly long */
};

/* The endpoint of the pool that `text` names, as in "GET /api/orders/:id". */
bool route_parse(const char *text, size_t bytes, enum route_id *out);

void route_find(const char *method, const char *path, struct match *out);

/* `answer` is NULL for ROUTE_METRICS and ROUTE_NONE. */
const struct route *route_get(enum route_id id);

/* Whether the path is part of the shop proper, which the pool serves. */
bool route_is_pooled(const char *path);
