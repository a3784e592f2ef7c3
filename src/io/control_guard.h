/* control_guard — which requests to the control server are let in.
 *
 * The server is for programs and people of this machine. A web page that is
 * open in a browser here can send requests to it too, in two ways: across
 * origins, which carries an Origin header, and by pointing a name of its own to
 * our address ("DNS rebinding"), which carries that name as Host. Both are
 * turned away, as are writes in a form that a page could send without asking.
 * Pure: any thread. */
#pragma once

#include <stdbool.h>

union address;

/* What the decision needs of a request; all borrowed. */
struct control_head {
    const char *method;
    const char *host;         /* NULL without that header, as the others */
    const char *origin;       /* any value is one too many */
    const char *content_type; /* of a write */
};

struct control_refusal {
    unsigned status;
    const char *json; /* static: { "error": … } with the remedy */
};

/* NULL lets the request in. `bound` is the address the server listens on: its
 * host is what Host must name, or any numeric address where it is a wildcard,
 * or "localhost". The port does not matter: it may be a tunnel's. */
const struct control_refusal *
control_guard_check(const struct control_head *head,
                    const union address *bound);
