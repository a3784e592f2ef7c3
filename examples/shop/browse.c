#include "message.h"
#include "shop.h"

static void reply_empty_page(struct reply *r, uint64_t page)
{
    reply_json(r, 200,
               json_pack("{s:I, s:i, s:i, s:i, s:[]}", "page", (json_int_t)page,
                         "pages", CATALOGUE_PAGES, "perPage",
                         CATALOGUE_PER_PAGE, "total", CATALOGUE_PRODUCTS,
                         "products"));
}

void shop_products(struct shop *s, const struct request *q, struct reply *r)
{
    uint64_t page = 1;

    if (q->page && (!parse_number(q->page, &page) || page == 0))
        reply_error(r, 400, "page must be a whole number from 1");
    else if (page > CATALOGUE_PAGES)
        reply_empty_page(r, page);
    else
        reply_text(r, 200, catalogue_page(&s->catalogue, (uint32_t)page));
}

void shop_product(struct shop *s, const struct request *q, struct reply *r)
{
    uint64_t id = 0;

    if (parse_number(q->id, &id) && catalogue_has((int64_t)id))
        reply_text(r, 200, catalogue_product(&s->catalogue, (uint32_t)id));
    else
        reply_error(r, 404, "no such product");
}
