/* exchange — one request and its reply on a libmicrohttpd connection.
 *
 * Collects the body, takes a ticket from the pool where the path needs one,
 * suspends the connection until the ticket is settled, and queues what the
 * shop answers. Its memory lives from the request's first byte to
 * libmicrohttpd's notice of completion. Runs on the server's thread. */
#pragma once

#include <microhttpd.h>

struct ticket;

/* See MHD_AccessHandlerCallback; `arg` is the struct server. */
enum MHD_Result exchange_on_request(void *arg, struct MHD_Connection *c,
                                    const char *path, const char *method,
                                    const char *version, const char *upload,
                                    size_t *upload_bytes, void **slot);

/* See MHD_RequestCompletedCallback. */
void exchange_on_completed(void *arg, struct MHD_Connection *c, void **slot,
                           enum MHD_RequestTerminationCode why);

/* Lets the connection of a settled ticket go on. */
void exchange_resume(struct ticket *t);
