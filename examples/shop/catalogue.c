#include "catalogue.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define JSON_STYLE (JSON_COMPACT | JSON_REAL_PRECISION(12))

static const char *const MATERIAL[] = {"Linen", "Wool",   "Cotton", "Denim",
                                       "Silk",  "Canvas", "Hemp"};
static const char *const GARMENT[] = {"Shirt",   "Jacket", "Scarf",
                                      "Trouser", "Hoodie", "Sock",
                                      "Cap",     "Dress",  "Coat"};
static const char *const COLOUR[] = {"Moss", "Slate", "Coral", "Ink", "Sand"};

#define PICK(names, n) ((names)[(n) % (sizeof(names) / sizeof(names)[0])])

static json_t *describe(const struct catalogue *c, uint32_t index)
{
    char name[64];
    snprintf(name, sizeof name, "%s %s %s", PICK(COLOUR, index),
             PICK(MATERIAL, index), PICK(GARMENT, index));
    return json_pack("{s:i, s:s, s:f, s:s, s:[s,s,s,s]}", "id", (int)index + 1,
                     "name", name, "price", c->price_cents[index] / 100.0,
                     "currency", "EUR", "variants", "S", "M", "L", "XL");
}

/* Consumes `value`, which may be NULL. */
static bool render(struct text *t, json_t *value)
{
    t->chars = json_dumps(value, JSON_STYLE);
    json_decref(value);
    if (!t->chars)
        return false;
    t->bytes = strlen(t->chars);
    return true;
}

static json_t *describe_page(const struct catalogue *c, uint32_t page)
{
    json_t *products = json_array();
    uint32_t first = (page - 1) * CATALOGUE_PER_PAGE;
    for (uint32_t i = first;
         i < first + CATALOGUE_PER_PAGE && i < CATALOGUE_PRODUCTS; i++)
        json_array_append_new(products, describe(c, i));
    return json_pack("{s:i, s:i, s:i, s:i, s:o}", "page", (int)page, "pages",
                     CATALOGUE_PAGES, "perPage", CATALOGUE_PER_PAGE, "total",
                     CATALOGUE_PRODUCTS, "products", products);
}

bool catalogue_init(struct catalogue *c)
{
    memset(c, 0, sizeof *c);
    for (uint32_t i = 0; i < CATALOGUE_PRODUCTS; i++) {
        c->price_cents[i] = 499 + i * 7919 % 9500;
        if (!render(&c->product[i], describe(c, i)))
            return false;
    }
    for (uint32_t page = 1; page <= CATALOGUE_PAGES; page++) {
        if (!render(&c->page[page - 1], describe_page(c, page)))
            return false;
    }
    return true;
}

void catalogue_fini(struct catalogue *c)
{
    for (size_t i = 0; i < CATALOGUE_PRODUCTS; i++)
        free(c->product[i].chars);
    for (size_t i = 0; i < CATALOGUE_PAGES; i++)
        free(c->page[i].chars);
}

bool catalogue_has(int64_t product_id)
{
    return product_id >= 1 && product_id <= CATALOGUE_PRODUCTS;
}

uint32_t catalogue_price_cents(const struct catalogue *c, uint32_t product_id)
{
    assert(catalogue_has(product_id));
    return c->price_cents[product_id - 1];
}

const struct text *catalogue_product(const struct catalogue *c,
                                     uint32_t product_id)
{
    assert(catalogue_has(product_id));
    return &c->product[product_id - 1];
}

const struct text *catalogue_page(const struct catalogue *c, uint32_t page)
{
    assert(page >= 1 && page <= CATALOGUE_PAGES);
    return &c->page[page - 1];
}
