/* blocklist — hosts that a run must not send to, whoever asks for them.
 *
 * Takes the exchanges that go there, and ends them from the loop as HTTP_
 * UNREACHABLE: nothing is looked up, nothing connected. Loop's thread only. */
#pragma once

#include "io/http.h"

struct blocklist;
struct loop;

/* Copies `patterns`: "host" or "*.domain", NULL-terminated. */
struct blocklist *blocklist_open(struct loop *loop,
                                 const char *const *patterns);
/* None of its exchanges may be under way. */
void blocklist_close(struct blocklist *b);
/* As http_start; NULL if the request may go. */
struct http_exchange *blocklist_start(struct blocklist *b,
                                      const struct http_request *request,
                                      http_done *done, void *arg);
