/* scripted_server — a listener that does to each connection what a script says.
 *
 * One thread, one connection after another: the first script is for the first
 * connection, and so on. A script that is over waits until the client hangs up.
 * Blocking sockets; 127.0.0.1 only. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum step_kind {
    STEP_WAIT, /* until the client hangs up */
    STEP_READ, /* one whole request */
    STEP_SEND,
    STEP_DRIP,  /* as STEP_SEND, byte by byte, each in a packet of its own */
    STEP_PAUSE, /* some milliseconds */
    STEP_CLOSE,
    STEP_RESET,
    STEP_READ_SOME,   /* the first bytes of a request */
    STEP_SUDDEN_CLOSE /* without TLS's goodbye */
};

struct step {
    enum step_kind kind;
    const char *bytes; /* borrowed; of STEP_SEND and STEP_DRIP */
    size_t size;       /* 0: strlen(bytes); milliseconds of STEP_PAUSE */
};

#define READ                                                                   \
    {                                                                          \
        STEP_READ, NULL, 0                                                     \
    }
#define READ_SOME                                                              \
    {                                                                          \
        STEP_READ_SOME, NULL, 0                                                \
    }
#define SEND(text)                                                             \
    {                                                                          \
        STEP_SEND, text, 0                                                     \
    }
#define PAUSE(ms)                                                              \
    {                                                                          \
        STEP_PAUSE, NULL, ms                                                   \
    }
#define CLOSE                                                                  \
    {                                                                          \
        STEP_CLOSE, NULL, 0                                                    \
    }
#define RESET                                                                  \
    {                                                                          \
        STEP_RESET, NULL, 0                                                    \
    }

enum { SCRIPT_STEPS = 10, SCRIPTS_MAX = 8 };

struct script {
    struct step steps[SCRIPT_STEPS];
};

struct scripted_server {
    int fd;
    unsigned port;
    pthread_t thread;
    struct script scripts[SCRIPTS_MAX];
    size_t count;
    void *tls; /* borrowed: an SSL_CTX, or NULL */
    /* Read them after scripted_server_stop. */
    size_t accepted;
    size_t requests;
    size_t resumed;  /* TLS sessions */
    size_t bytes;    /* of requests, heads and bodies */
    char last[1024]; /* the beginning of the last request */
};

void scripted_server_start(struct scripted_server *s, const struct script *all,
                           size_t count, void *tls);
void scripted_server_stop(struct scripted_server *s);
