/* listener — a listening TCP socket on a numeric address.
 *
 * Opened here rather than by libmicrohttpd so that a failure has a reason. */
#pragma once

#include <stdint.h>

/* A non-blocking socket, or -1 with errno set. */
int listener_open(const char *address, uint16_t port);

/* The port it got, which matters when it was opened with 0. */
uint16_t listener_port(int fd);
