#include "stats/traffic.h"

void traffic_fini(struct traffic *t)
{
    histogram_fini(&t->durations);
}

void traffic_reset(struct traffic *t)
{
    histogram_reset(&t->durations);
    *t = (struct traffic){.durations = t->durations};
}

void traffic_merge(struct traffic *into, const struct traffic *from)
{
    into->requests += from->requests;
    into->failed += from->failed;
    into->sent_bytes += from->sent_bytes;
    into->received_bytes += from->received_bytes;
    histogram_merge(&into->durations, &from->durations);
}
