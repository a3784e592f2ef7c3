/* control_desk — where one thread asks and another answers, one at a time.
 *
 *   nothing --ask--> posted --next--> taken --answer--> answered --> nothing
 *
 * The asker waits up to 3 s, and goes away earlier when the desk closes or
 * nobody is there any more: with what is posted; what is taken is then answered
 * in vain. Knows nothing of HTTP but the words. The first group of functions is
 * for the asking thread, the second for the answering one. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* All text is as it was sent: nothing is decoded. */
struct control_request {
    const char *method;
    const char *path;  /* without the query */
    const char *query; /* behind the '?'; "" without one */
    const char *body;  /* ends with a NUL that does not count */
    size_t body_bytes;
};

/* A request that is handed over: the struct its reader sees, and its bytes. */
struct control_question {
    struct control_request shown; /* complete once it is asked */
    char *method;                 /* owned */
    char *target;                 /* owned; path and query, a NUL between */
    struct buffer body;           /* the asker fills it */
};

struct control_answer {
    unsigned status;
    char *text; /* owned */
    size_t length;
};

struct control_desk {
    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t changed;
    bool is_closing;
    int notify_fd;                   /* borrowed; -1 if nobody is there */
    struct control_question *posted; /* owned */
    struct control_question *taken;  /* owned */
    bool taken_is_awaited;
    struct control_answer answer; /* until the asker takes it */
    unsigned in_flight;
};

struct control_question *control_question_new(const char *target);
void control_question_free(struct control_question *q); /* NULL too */
struct control_answer control_answer_text(unsigned status, const char *text);

/* Takes `q`; the text of the answer is the caller's. */
struct control_answer control_desk_ask(struct control_desk *d,
                                       struct control_question *q,
                                       const char *method);
/* Between the two, a close gives the asker time to pass the answer on. */
void control_desk_arrive(struct control_desk *d);
void control_desk_leave(struct control_desk *d);

void control_desk_init(struct control_desk *d);
/* No asker may be left. */
void control_desk_fini(struct control_desk *d);
/* See control_server.h for these. */
void control_desk_notify(struct control_desk *d, int notify_fd);
const struct control_request *control_desk_next(struct control_desk *d);
void control_desk_answer(struct control_desk *d, unsigned status,
                         const char *text, size_t length);
/* Sends the asker away, and waits up to 250 ms until all have left. */
void control_desk_close(struct control_desk *d);
