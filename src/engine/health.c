#include "engine/health.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/procfile.h"
#include "engine/worker.h"

static struct thread_times read_thread(int tid)
{
    struct thread_times t = {0};
    char path[64], line[128];
    snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", tid);
    if (procfile_line(path, "", line, sizeof line))
        sscanf(line, "%" SCNd64 " %" SCNd64, &t.cpu_ns, &t.delay_ns);
    return t;
}

/* Of this process's group; in a container its own is often at the top. */
static int64_t read_throttled(void)
{
    char line[512], path[640];
    int64_t us = 0;
    char *group = procfile_line("/proc/self/cgroup", "0::", line, sizeof line);
    if (group)
        group[strcspn(group, "\n")] = '\0';
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.stat",
             group ? group : "");
    char *found = procfile_line(path, "throttled_usec", line, sizeof line);
    if (!found)
        found = procfile_line("/sys/fs/cgroup/cpu.stat", "throttled_usec", line,
                              sizeof line);
    if (found)
        sscanf(found, "%" SCNd64, &us);
    return us * NS_PER_US;
}

static void read_ticks(struct health_mark *m)
{
    enum { STEAL = 7, FIELDS = 8 };
    char line[512];
    char *at = procfile_line("/proc/stat", "cpu ", line, sizeof line);
    if (!at)
        return;
    for (int i = 0; i < FIELDS; i++) {
        uint64_t ticks = strtoull(at, &at, 10);
        m->all_ticks += ticks;
        if (i == STEAL)
            m->steal_ticks = ticks;
    }
}

void health_mark(struct health_mark *m, const struct worker *workers,
                 size_t count, int64_t now_ns)
{
    health_mark_fini(m);
    m->at_ns = now_ns;
    m->thread_count = count;
    m->threads = xcalloc(count, sizeof *m->threads);
    for (size_t i = 0; i < count; i++)
        m->threads[i] = read_thread(workers[i].tid);
    m->throttled_ns = read_throttled();
    read_ticks(m);
}

void health_mark_fini(struct health_mark *m)
{
    free(m->threads);
    *m = (struct health_mark){0};
}

static double share(int64_t part, int64_t whole)
{
    return whole > 0 && part > 0 ? (double)part / (double)whole : 0;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

struct health health_between(const struct health_mark *from,
                             const struct health_mark *to)
{
    int64_t wall_ns = to->at_ns - from->at_ns;
    struct health h = {
        .throttled = share(to->throttled_ns - from->throttled_ns, wall_ns),
        .steal = share((int64_t)(to->steal_ticks - from->steal_ticks),
                       (int64_t)(to->all_ticks - from->all_ticks))};
    for (size_t i = 0; i < from->thread_count && i < to->thread_count; i++) {
        const struct thread_times *a = &from->threads[i], *b = &to->threads[i];
        h.cpu = larger(h.cpu, share(b->cpu_ns - a->cpu_ns, wall_ns));
        h.delay = larger(h.delay, share(b->delay_ns - a->delay_ns, wall_ns));
    }
    return h;
}
