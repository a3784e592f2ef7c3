/* catalogue — the products for sale, the same in every run.
 *
 * Owns each product's and each page's JSON, rendered once at the start, so
 * that browsing costs no more than sending bytes. Read-only afterwards. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CATALOGUE_PRODUCTS 300
#define CATALOGUE_PER_PAGE 20
#define CATALOGUE_PAGES                                                        \
    ((CATALOGUE_PRODUCTS + CATALOGUE_PER_PAGE - 1) / CATALOGUE_PER_PAGE)

struct text {
    char *chars; /* owned, NUL-terminated */
    size_t bytes;
};

struct catalogue {
    uint32_t price_cents[CATALOGUE_PRODUCTS];
    struct text product[CATALOGUE_PRODUCTS];
    struct text page[CATALOGUE_PAGES];
};

/* False when out of memory; catalogue_fini is due either way. */
bool catalogue_init(struct catalogue *c);
void catalogue_fini(struct catalogue *c);

/* Products are numbered from 1. */
bool catalogue_has(int64_t product_id);
uint32_t catalogue_price_cents(const struct catalogue *c, uint32_t product_id);
const struct text *catalogue_product(const struct catalogue *c,
                                     uint32_t product_id);

/* Pages are numbered from 1 to CATALOGUE_PAGES. */
const struct text *catalogue_page(const struct catalogue *c, uint32_t page);
