#include "io/http.h"

const char *http_failure_name(enum http_failure failure)
{
    static const char *const names[HTTP_FAILURES] = {
        [HTTP_OK] = "ok",
        [HTTP_TIMEOUT] = "timeout",
        [HTTP_REFUSED] = "refused",
        [HTTP_UNREACHABLE] = "unreachable",
        [HTTP_RESET] = "reset",
        [HTTP_CLOSED] = "closed",
        [HTTP_DNS] = "dns",
        [HTTP_TLS] = "tls",
        [HTTP_PROTOCOL] = "protocol",
        [HTTP_DECODING] = "decoding",
        [HTTP_TOO_LARGE] = "too_large",
        [HTTP_TOO_MANY_REDIRECTS] = "too_many_redirects",
        [HTTP_CUT_OFF] = "cut_off",
        [HTTP_OTHER] = "other",
    };
    return names[failure];
}

int64_t http_timings_duration_ns(const struct http_timings *t)
{
    return t->phase_ns[HTTP_SENDING] + t->phase_ns[HTTP_WAITING] +
           t->phase_ns[HTTP_RECEIVING];
}
