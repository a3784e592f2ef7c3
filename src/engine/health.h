/* health — how the machine treated the generator while it measured.
 *
 * Reads what the kernel counts: CPU time and run-queue delay of each worker's
 * thread (/proc/self/task/TID/schedstat, see the kernel's
 * Documentation/scheduler/sched-stats.rst), throttling of the control group
 * (cpu.stat, cgroup-v2.rst) and steal time (/proc/stat, proc_stat(5)). What a
 * kernel does not tell stays 0. Control thread only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct worker;

struct thread_times {
    int64_t cpu_ns;
    int64_t delay_ns; /* runnable, but not running */
};

/* The counters at one moment. */
struct health_mark {
    int64_t at_ns;
    struct thread_times *threads; /* owned: one a worker */
    size_t thread_count;
    int64_t throttled_ns;
    uint64_t steal_ticks;
    uint64_t all_ticks;
};

/* Shares of the time between two moments, 0 to 1. */
struct health {
    double cpu;       /* of the busiest worker */
    double delay;     /* of the worker that waited longest for a CPU */
    double throttled; /* the control group was not let run */
    double steal;     /* another guest had the CPUs */
};

void health_mark(struct health_mark *m, const struct worker *workers,
                 size_t count, int64_t now_ns);
void health_mark_fini(struct health_mark *m);
struct health health_between(const struct health_mark *from,
                             const struct health_mark *to);
