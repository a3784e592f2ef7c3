/* http_cache — what the head of an answer says about caches on its way.
 *
 * Pure; knows CF-Cache-Status (Cloudflare), X-Cache (CloudFront, Fastly,
 * Akamai, Varnish, Squid and others), Age (RFC 9111 5.1) and status 304. Most
 * answers say nothing. */
#pragma once

#include <stddef.h>

enum http_cache {
    HTTP_CACHE_SILENT, /* the head does not say */
    HTTP_CACHE_MISS,   /* a cache had to ask the server */
    HTTP_CACHE_HIT     /* a cache had it, or what the client has still holds */
};

/* `headers` are "Name: value\r\n" lines, without a NUL. */
enum http_cache http_cache_verdict(int status, const char *headers,
                                   size_t header_bytes);
