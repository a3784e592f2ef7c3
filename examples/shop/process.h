/* process — what the system says about this process: clocks, memory, files.
 *
 * The only place that reads a clock or /proc. */
#pragma once

#include <stdint.h>

int64_t process_monotonic_ns(void);
int64_t process_wall_clock_s(void);
uint64_t process_resident_bytes(void);
uint64_t process_open_fds(void);

/* Raises the limit of open files to what is allowed, and returns it. */
uint64_t process_raise_fd_limit(void);
