/* signals — SIGINT and SIGTERM, which stop the run under way: once in order,
 * twice at once.
 *
 * Of the process, like signals themselves; the handler counts, and wakes who
 * waits. */
#pragma once

void signals_catch(void);
/* How often a signal asked for the end since signals_catch. */
int signals_count(void);
/* The eventfd that each signal writes to; -1: none. Borrowed. */
void signals_wake(int fd);
