/* resolver — host names to addresses, off the loop's thread.
 *
 * One thread a resolver, started with the first lookup, asks getaddrinfo(3),
 * one name after another; answers come back through the loop. A close does not
 * wait for a lookup under way: the thread then ends by itself. All calls from
 * the loop's thread. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct resolver;

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Shared by reference count, never changed. */
struct addresses {
    unsigned refs;
    size_t count;
    union address list[];
};

struct addresses *addresses_ref(struct addresses *a);
void addresses_unref(struct addresses *a); /* NULL is nothing to do */
/* "1.2.3.4", "::1", several separated by commas, each with or without
 * brackets; NULL if it is anything else. */
struct addresses *addresses_parse(const char *text, uint16_t port);
socklen_t address_bytes(const union address *a);
enum { ADDRESS_TEXT_BYTES = INET6_ADDRSTRLEN + sizeof "[]:65535" };
const char *address_text(const union address *a, char text[ADDRESS_TEXT_BYTES]);

/* `found` is borrowed, NULL where `problem` says why. */
typedef void resolver_done(void *arg, struct addresses *found,
                           const char *problem);

/* `family`: AF_UNSPEC, AF_INET or AF_INET6. */
struct resolver *resolver_open(struct loop *loop, int family);
/* Lookups under way are forgotten: their `done` does not run. */
void resolver_close(struct resolver *r);
void resolver_ask(struct resolver *r, const char *host, uint16_t port,
                  resolver_done *done, void *arg);
