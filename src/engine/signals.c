#include "engine/signals.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* The handler runs on whichever thread the kernel picks. */
static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler must not lock");
static atomic_int signal_count;
static atomic_int signal_fd = -1;

static void on_signal(int number)
{
    (void)number;
    int saved = errno;
    uint64_t one = 1;
    signal_count++;
    if (signal_fd >= 0) {
        ssize_t written = write(signal_fd, &one, sizeof one);
        (void)written;
    }
    errno = saved;
}

void signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    signal_count = 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* write() says so, too, and that is handled */
}

int signals_count(void)
{
    return signal_count;
}

void signals_wake(int fd)
{
    signal_fd = fd;
}
