#include "engine/journey.h"

const char *journey_part_name(enum journey_part part)
{
    static const char *const names[] = {[PART_SETUP] = "setup",
                                        [PART_ON_START] = "on_start",
                                        [PART_ITERATION] = "journey",
                                        [PART_ON_STOP] = "on_stop",
                                        [PART_TEARDOWN] = "teardown"};
    return names[part];
}
