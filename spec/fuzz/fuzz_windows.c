/* fuzz_windows — whatever a file may hold, to the reader of interval logs.
 *
 * Every series is merged over everything and over a part, each window alone and
 * the last one twice. What a log announces must not be believed: neither memory
 * nor time may grow with it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "engine/stored_windows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void merge(struct stored_windows *w, uint32_t series, double from_s)
{
    struct histogram h = {0};
    struct error err = {0};
    if (stored_windows_merge(w, series, from_s, 1e18, &h, &err) && h.count &&
        h.min > h.max)
        abort();
    histogram_fini(&h);
}

static void merge_each(struct stored_windows *w, uint32_t series)
{
    struct histogram h = {0};
    struct error err = {0};
    for (size_t i = 0; i <= w->stage_count && w->stage_count; i++) {
        size_t window = i < w->stage_count ? i : i - 1;
        if (!stored_windows_merge_one(w, series, window, &h, &err))
            break;
    }
    histogram_fini(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stored_windows w;
    struct error err = {0};
    if (!size)
        return 0;
    FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
    if (!stored_windows_read(&w, file, "fuzz", &err))
        return 0;
    for (uint32_t series = 0; series < w.series.count && series < 20;
         series++) {
        merge(&w, series, -1e18);
        merge(&w, series, 1);
        merge_each(&w, series);
    }
    stored_windows_close(&w);
    return 0;
}
