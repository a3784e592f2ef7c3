#include <string.h>

#include <jansson.h>

#include "message.h"
#include "shop.h"

#define ORDER_ITEMS_MAX 5
#define ORDERS_LISTED_MAX 20
#define QUANTITY_MAX 99

static const char *const VARIANTS[] = {[VARIANT_S] = "S",
                                       [VARIANT_M] = "M",
                                       [VARIANT_L] = "L",
                                       [VARIANT_XL] = "XL"};

/* A number, or its digits as a string, as CSV data often has them. */
static bool read_id(const json_t *value, uint64_t *out)
{
    if (json_is_string(value))
        return parse_number(json_string_value(value), out);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static bool read_variant(const json_t *value, uint8_t *out)
{
    *out = VARIANT_NONE;
    if (!value)
        return true;
    for (uint8_t v = VARIANT_S; json_is_string(value) && v <= VARIANT_XL; v++) {
        if (strcmp(json_string_value(value), VARIANTS[v]) == 0)
            *out = v;
    }
    return *out != VARIANT_NONE;
}

/* Reads productId, quantity and variant; else replies with what is wrong. */
static bool read_line(const json_t *item, struct line *line, struct reply *r)
{
    uint64_t product = 0;
    const json_t *quantity = json_object_get(item, "quantity");
    json_int_t count = json_integer_value(quantity);

    if (!read_id(json_object_get(item, "productId"), &product))
        reply_error(r, 400, "productId must be a whole number");
    else if (!json_is_integer(quantity) || count < 1 || count > QUANTITY_MAX)
        reply_error(r, 400, "quantity must be a whole number from 1 to 99");
    else if (!read_variant(json_object_get(item, "variant"), &line->variant))
        reply_error(r, 400, "variant must be one of S, M, L, XL");
    else if (!catalogue_has((int64_t)product))
        reply_error(r, 404, "no such product");
    else {
        line->product_id = (uint16_t)product;
        line->quantity = (uint16_t)count;
        return true;
    }
    return false;
}

/* NULL, with the reply given, without a valid token or a JSON object. */
static json_t *read_own_body(struct shop *s, const struct request *q,
                             struct reply *r, uint64_t *user)
{
    if (!shop_authenticate(s, q, r, user))
        return NULL;
    json_t *body = json_loadb(q->body ? q->body : "", q->body_bytes, 0, NULL);
    if (json_is_object(body))
        return body;
    json_decref(body);
    reply_error(r, 400, "the body must be a JSON object");
    return NULL;
}

static json_t *describe_line(const struct shop *s, const struct line *line)
{
    uint32_t cents = catalogue_price_cents(&s->catalogue, line->product_id);
    json_t *item =
        json_pack("{s:i, s:i, s:f}", "productId", (int)line->product_id,
                  "quantity", (int)line->quantity, "price", cents / 100.0);
    if (line->variant != VARIANT_NONE)
        json_object_set_new(item, "variant",
                            json_string(VARIANTS[line->variant]));
    return item;
}

static json_t *describe_lines(const struct shop *s, const struct basket *b)
{
    json_t *items = json_array();
    for (size_t i = 0; i < b->line_count; i++)
        json_array_append_new(items, describe_line(s, &b->lines[i]));
    return items;
}

static double total_of(const struct shop *s, const struct basket *b)
{
    uint64_t cents = 0;
    for (size_t i = 0; i < b->line_count; i++) {
        const struct line *line = &b->lines[i];
        cents += (uint64_t)line->quantity *
                 catalogue_price_cents(&s->catalogue, line->product_id);
    }
    return (double)cents / 100.0;
}

static json_t *describe_cart(const struct shop *s, const struct basket *cart)
{
    return json_pack("{s:I, s:o, s:f}", "cartId", (json_int_t)cart->id, "items",
                     describe_lines(s, cart), "total", total_of(s, cart));
}

static json_t *describe_order(const struct shop *s, const struct basket *order)
{
    return json_pack("{s:I, s:s, s:f, s:o}", "id", (json_int_t)order->id,
                     "status", "created", "total", total_of(s, order), "items",
                     describe_lines(s, order));
}

/* The user's cart that a body names; else replies 400 or 404. */
static struct basket *named_cart(struct shop *s, const json_t *id,
                                 uint64_t user, struct reply *r)
{
    uint64_t number = 0;
    if (!read_id(id, &number)) {
        reply_error(r, 400, "cartId must be a whole number");
        return NULL;
    }
    struct basket *cart = store_cart_find(&s->store, number, user);
    if (!cart)
        reply_error(r, 404, "no such cart");
    return cart;
}

static void add_to_cart(struct shop *s, const json_t *body, uint64_t user,
                        struct reply *r)
{
    struct line line;
    const json_t *id = json_object_get(body, "cartId");
    if (!read_line(body, &line, r))
        return;

    struct basket *cart =
        id ? named_cart(s, id, user, r) : store_cart_new(&s->store, user);
    if (!cart)
        return;
    if (basket_add(cart, line))
        reply_json(r, 200, describe_cart(s, cart));
    else
        reply_error(r, 400, "the cart is full");
}

void shop_cart_add(struct shop *s, const struct request *q, struct reply *r)
{
    uint64_t user = 0;
    json_t *body = read_own_body(s, q, r, &user);
    if (body)
        add_to_cart(s, body, user, r);
    json_decref(body);
}

static void order_cart(struct shop *s, const json_t *id, uint64_t user,
                       struct reply *r)
{
    struct basket *cart = named_cart(s, id, user, r);
    if (!cart)
        return;

    struct basket *order = store_order_new(&s->store, user);
    order->line_count = cart->line_count;
    memcpy(order->lines, cart->lines, sizeof order->lines);
    store_cart_forget(cart);
    reply_json(r, 201, describe_order(s, order));
}

static void order_items(struct shop *s, const json_t *items, uint64_t user,
                        struct reply *r)
{
    struct line lines[ORDER_ITEMS_MAX];
    size_t count = json_array_size(items);
    if (count < 1 || count > ORDER_ITEMS_MAX) {
        reply_error(r, 400, "items must be an array of 1 to 5 items");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_line(json_array_get(items, i), &lines[i], r))
            return;
    }

    struct basket *order = store_order_new(&s->store, user);
    for (size_t i = 0; i < count; i++)
        basket_add(order, lines[i]);
    reply_json(r, 201, describe_order(s, order));
}

void shop_order_create(struct shop *s, const struct request *q, struct reply *r)
{
    uint64_t user = 0;
    json_t *body = read_own_body(s, q, r, &user);
    if (!body)
        return;

    const json_t *cart_id = json_object_get(body, "cartId");
    const json_t *items = json_object_get(body, "items");
    if ((cart_id != NULL) == (items != NULL))
        reply_error(r, 400, "either cartId or items is required");
    else if (cart_id)
        order_cart(s, cart_id, user, r);
    else
        order_items(s, items, user, r);
    json_decref(body);
}

void shop_order(struct shop *s, const struct request *q, struct reply *r)
{
    uint64_t user = 0;
    uint64_t id = 0;
    if (!shop_authenticate(s, q, r, &user))
        return;

    const struct basket *order =
        parse_number(q->id, &id) ? store_order_find(&s->store, id, user) : NULL;
    if (order)
        reply_json(r, 200, describe_order(s, order));
    else
        reply_error(r, 404, "no such order");
}

void shop_user_orders(struct shop *s, const struct request *q, struct reply *r)
{
    uint64_t user = 0;
    char own_id[USER_ID_BYTES];
    if (!shop_authenticate(s, q, r, &user))
        return;
    user_id_format(user, own_id);
    if (strcmp(q->id, own_id) != 0) {
        reply_error(r, 404, "no such user");
        return;
    }

    const struct basket *orders[ORDERS_LISTED_MAX];
    size_t count = store_orders_of(&s->store, user, orders, ORDERS_LISTED_MAX);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, describe_order(s, orders[i]));
    reply_json(r, 200,
               json_pack("{s:s, s:o}", "userId", own_id, "orders", list));
}
