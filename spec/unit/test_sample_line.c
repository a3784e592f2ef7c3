/* sample_line: lines of JSON, to the byte. */
#include <stdio.h>

#include "base/clock.h"
#include "engine/journey.h"
#include "engine/record_request.h"
#include "engine/registry.h"
#include "engine/sample.h"
#include "engine/sample_line.h"
#include "fake_plan.h"
#include "unit.h"

#define HEAD ",\"scenario\":\"a \\\"b\\\"\",\"stage\":\"test\",\"name\":"

static struct {
    struct run_plan plan;
    struct registry registry;
    struct sample_format format;
    struct sample_names names;
} f;

static int begin(void **state)
{
    (void)state;
    fake_plan_init(&f.plan, 1);
    fake_plan_constant(&f.plan, PROFILE_VUS, 2, NS_PER_S);
    fake_plan_constant(&f.plan, PROFILE_VUS, 2, NS_PER_S);
    plan_seal(&f.plan);
    f.plan.scenario = strdup("a \"b\"");
    registry_init(&f.registry);
    sample_format_init(&f.format, &f.plan, 1000, 1769853600123);
    f.names = (struct sample_names){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    sample_names_fini(&f.names);
    sample_format_fini(&f.format);
    registry_fini(&f.registry);
    plan_fini(&f.plan);
    return 0;
}

static uint32_t name(const char *text, size_t length)
{
    return registry_name(&f.registry, text, length);
}

static void assert_line(const char *expected, const struct sample *s)
{
    struct buffer out = {0};
    sample_line(&f.format, &f.names, &f.registry, s, &out);
    assert_string_equal(expected, buffer_text(&out));
    buffer_fini(&out);
}

static void a_request_of_an_iteration(void **state)
{
    (void)state;
    const struct sample s = {
        .started_ns = 1000 + 2500000,
        .duration_ns = 1234567,
        .phase_ns = {[HTTP_CONNECTING] = 250000, [HTTP_WAITING] = 1000000},
        .sent_bytes = 100,
        .received_bytes = 5000000000,
        .iteration = 7,
        .name = name("GET /\xff\n", 7),
        .vu = 12,
        .step = f.plan.profiles[1].first_step,
        .status = 200,
        .proto = HTTP_PROTO_1_1,
        .part = PART_ITERATION,
        .is_expected = true,
        .method = "GET"};
    static const char expected[] =
        "{\"t_ms\":1769853600125.5" HEAD "\"GET /\xef\xbf\xbd\\n\","
        "\"method\":\"GET\",\"proto\":\"HTTP/"
        "1.1\",\"status\":200,\"ok\":true,\"duration\":1.234567,"
        "\"connecting\":0.25,\"waiting\":1,\"sent\":100,\"received\":"
        "5000000000,"
        "\"vu\":12,\"iteration\":7,\"journey\":\"default\",\"profile\":2,"
        "\"step\":1}\n";
    assert_line(expected, &s);
    assert_line(expected, &s); /* the name is known now */
}

static void a_failure_outside_any_iteration(void **state)
{
    (void)state;
    const struct sample s = {.started_ns = 1000,
                             .name = name("x", 1),
                             .step = RECORD_NO_STEP,
                             .failure = HTTP_TIMEOUT,
                             .part = PART_SETUP,
                             .method = "POST"};
    assert_line("{\"t_ms\":1769853600123" HEAD
                "\"x\",\"method\":\"POST\",\"status\":0,\"ok\":false,"
                "\"error\":\"timeout\",\"duration\":0,\"sent\":0,"
                "\"received\":0,\"vu\":0,\"part\":\"setup\"}\n",
                &s);
}

static void names_beyond_the_limit_share_one(void **state)
{
    (void)state;
    char text[16];
    uint32_t last = 1;
    for (int i = 0; i <= REGISTRY_NAMES; i++) {
        int length = snprintf(text, sizeof text, "n%d", i);
        last = name(text, (size_t)length);
    }
    const struct sample s = {
        .started_ns = 1000, .name = last, .step = RECORD_NO_STEP};
    struct buffer out = {0};
    sample_line(&f.format, &f.names, &f.registry, &s, &out);
    assert_non_null(strstr(buffer_text(&out), "\"name\":\"(other)\""));
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_of_an_iteration, begin, end),
        cmocka_unit_test_setup_teardown(a_failure_outside_any_iteration, begin,
                                        end),
        cmocka_unit_test_setup_teardown(names_beyond_the_limit_share_one, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
