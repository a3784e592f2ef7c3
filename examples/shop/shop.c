#include "shop.h"

bool shop_open(struct shop *s, int64_t token_ttl_s)
{
    s->token_ttl_s = token_ttl_s;
    bool catalogue = catalogue_init(&s->catalogue);
    bool store = store_init(&s->store);
    bool jwt = jwt_open(&s->jwt);
    return catalogue && store && jwt;
}

void shop_close(struct shop *s)
{
    jwt_close(&s->jwt);
    store_fini(&s->store);
    catalogue_fini(&s->catalogue);
}
