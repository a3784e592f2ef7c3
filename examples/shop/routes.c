#include "routes.h"

#include <string.h>

#include "catalogue.h"
#include "message.h"
#include "shop.h"

static void answer_health(struct shop *s, const struct request *q,
                          struct reply *r)
{
    static char OK[] = "{\"status\":\"ok\"}";
    const struct text text = {OK, sizeof OK - 1};
    (void)s;
    (void)q;
    reply_text(r, 200, &text);
}

#define GET "GET", "GET, HEAD"
#define POST "POST", "POST"

static const struct route ROUTES[ROUTE_COUNT] = {
    [ROUTE_LOGIN] = {"/api/login", POST, shop_login},
    [ROUTE_PRODUCTS] = {"/api/v1/products", GET, shop_products},
    [ROUTE_PRODUCT] = {"/api/v1/products/:id", GET, shop_product},
    [ROUTE_CART_ADD] = {"/api/cart/add", POST, shop_cart_add},
    [ROUTE_ORDER_CREATE] = {"/api/orders/create", POST, shop_order_create},
    [ROUTE_ORDER] = {"/api/orders/:id", GET, shop_order},
    [ROUTE_USER_ORDERS] = {"/api/v1/users/:id/orders", GET, shop_user_orders},
    [ROUTE_HEALTHZ] = {"/healthz", GET, answer_health},
    [ROUTE_METRICS] = {"/metrics", GET, NULL},
    [ROUTE_NONE] = {"(none)", "", "", NULL},
};

static void copy_id(char *id, const char *segment, size_t bytes)
{
    if (bytes >= ROUTE_ID_BYTES)
        bytes = 0;
    memcpy(id, segment, bytes);
    id[bytes] = '\0';
}

/* On success `id` holds the segment in the place of ":id", if there is one. */
static bool matches(const char *pattern, const char *path, char *id)
{
    const char *mark = strstr(pattern, ":id");
    id[0] = '\0';
    if (!mark)
        return strcmp(pattern, path) == 0;

    size_t before = (size_t)(mark - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    size_t segment = strcspn(path + before, "/");
    if (segment == 0 || strcmp(mark + 3, path + before + segment) != 0)
        return false;
    copy_id(id, path + before, segment);
    return true;
}

static bool allows(const struct route *r, const char *method)
{
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    return strcmp(r->method, method) == 0;
}

/* A literal path stands before the pattern that would also match it, so
 * GET /api/orders/create is a wrong method and not an order. */
void route_find(const char *method, const char *path, struct match *out)
{
    out->method_is_allowed = false;
    for (int i = 0; i < ROUTE_NONE; i++) {
        if (!matches(ROUTES[i].path, path, out->id))
            continue;
        out->route = (enum route_id)i;
        out->method_is_allowed = allows(&ROUTES[i], method);
        return;
    }
    out->route = ROUTE_NONE;
}

bool route_parse(const char *text, size_t bytes, enum route_id *out)
{
    for (int i = 0; i < ROUTE_NONE; i++) {
        const struct route *r = &ROUTES[i];
        size_t method = strlen(r->method);
        if (route_is_pooled(r->path) && bytes == method + 1 + strlen(r->path) &&
            text[method] == ' ' && strncmp(text, r->method, method) == 0 &&
            strncmp(text + method + 1, r->path, strlen(r->path)) == 0) {
            *out = (enum route_id)i;
            return true;
        }
    }
    return false;
}

const struct route *route_get(enum route_id id)
{
    return &ROUTES[id];
}

bool route_is_pooled(const char *path)
{
    return strncmp(path, "/api", 4) == 0 && (path[4] == '/' || path[4] == 0);
}
