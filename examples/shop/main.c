#include <stdio.h>

#include "options.h"
#include "server.h"

enum { EXIT_OK = 0, EXIT_CANNOT_START = 1, EXIT_USAGE = 2 };

static void announce(const struct options *o, const struct server *s)
{
    bool is_v6 = false;
    for (const char *c = o->listen; *c; c++)
        is_v6 = is_v6 || *c == ':';
    printf("lload-shop listening on http://%s%s%s:%u\n", is_v6 ? "[" : "",
           o->listen, is_v6 ? "]" : "", s->port);
    fflush(stdout);
}

static int serve(const struct options *o)
{
    struct server server;
    char error[SERVER_ERROR_BYTES];

    if (!server_open(&server, o, error)) {
        fprintf(stderr, "lload-shop: %s\n", error);
        return EXIT_CANNOT_START;
    }
    announce(o, &server);
    server_run(&server);
    server_close(&server);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    struct options options;
    char error[OPTIONS_ERROR_BYTES];

    if (!options_parse(argc, argv, &options, error)) {
        fprintf(stderr, "lload-shop: %s\n", error);
        return EXIT_USAGE;
    }
    if (options.wants_help) {
        options_print_help(stdout);
        return EXIT_OK;
    }
    return serve(&options);
}
