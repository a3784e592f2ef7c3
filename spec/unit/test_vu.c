/* vu: the state table of its header, cell by cell. */
#include "base/clock.h"
#include "engine/plan.h"
#include "engine/vu.h"
#include "engine/worker.h"
#include "fake_journey.h"
#include "fake_plan.h"
#include "fake_worker.h"
#include "unit.h"

enum { TURNS = 5 };

static const int64_t FAR = 3600 * NS_PER_S;

struct fixture {
    struct run_plan plan;
    struct worker worker;
    struct fake_script *script;
    struct vu *vu;
};

static struct fixture f;

static void turn(void)
{
    fake_worker_turn(&f.worker, TURNS);
}

/* One user whose parts end by hand; `parts` says which there are. */
static void begin(bool has_on_start, bool has_on_stop)
{
    f.script = fake_script_new();
    for (int i = 0; i < FAKE_PARTS; i++)
        f.script->parts[i].way = FAKE_BY_HAND;
    fake_plan_init(&f.plan, 1);
    f.plan.script = f.script;
    f.plan.has_on_start = has_on_start;
    f.plan.has_on_stop = has_on_stop;
    fake_plan_constant(&f.plan, PROFILE_VUS, 1, FAR);
    plan_seal(&f.plan);
    fake_worker_init(&f.worker, &f.plan, 0);
    f.vu = &f.worker.pools[0].users[0];
}

static void begin_running(bool has_on_start, bool has_on_stop)
{
    begin(has_on_start, has_on_stop);
    vu_start(f.vu);
    turn();
}

/* Every user that was opened is closed, every part that began has ended. */
static int end(void **state)
{
    (void)state;
    fake_worker_fini(&f.worker);
    bool balanced = fake_count(f.script, FAKE_OPEN, FAKE_ANY, FAKE_ANY) ==
                        fake_count(f.script, FAKE_CLOSE, FAKE_ANY, FAKE_ANY) &&
                    fake_count(f.script, FAKE_START, FAKE_ANY, FAKE_ANY) ==
                        fake_count(f.script, FAKE_END, FAKE_ANY, FAKE_ANY);
    plan_fini(&f.plan);
    fake_script_free(f.script);
    return !balanced;
}

static void finish(enum journey_outcome outcome)
{
    fake_finish(f.vu, outcome);
}

/* The diary as letters: o(pened), then s(tart) and e(nd) with the part: 1 for
 * on_start, i for an iteration, 9 for on_stop; x is a cancel, c(losed). */
static const char *diary(void)
{
    static char text[128];
    static const char parts[] = {'S', '1', 'i', '9', 'T'};
    size_t at = 0;
    for (size_t i = 0; i < f.script->count; i++) {
        const struct fake_event *e = &f.script->events[i];
        assert_true(at + 3 < sizeof text);
        if (e->kind == FAKE_OPEN)
            text[at++] = 'o';
        if (e->kind == FAKE_CANCEL)
            text[at++] = 'x';
        if (e->kind == FAKE_CLOSE)
            text[at++] = 'c';
        if (e->kind == FAKE_START || e->kind == FAKE_END) {
            text[at++] = e->kind == FAKE_START ? 's' : 'e';
            text[at++] = parts[e->part];
        }
    }
    text[at] = '\0';
    return text;
}

/* ------------------------------------------------------------- idle, running
 */

static void an_idle_user_ignores_all_but_start(void **state)
{
    (void)state;
    begin(true, true);
    vu_drain(f.vu, 0);
    vu_cut_off(f.vu);
    turn();
    assert_int_equal(VU_IDLE, f.vu->state);
    assert_string_equal("", diary());
    assert_true(list_is_empty(&f.vu->pool_link));
}

static void iterations_follow_each_other(void **state)
{
    (void)state;
    begin_running(false, false);
    assert_int_equal(VU_RUNNING, f.vu->state);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(i, f.vu->iteration);
        finish(OUTCOME_DONE);
        assert_false(f.vu->busy); /* queued, not begun: no recursion */
        turn();
        assert_true(f.vu->busy);
    }
    assert_string_equal("osieisieisieisi", diary());
    assert_int_equal(1, f.worker.users);
}

static void starting_a_running_user_changes_nothing(void **state)
{
    (void)state;
    begin_running(false, false);
    vu_start(f.vu);
    turn();
    assert_string_equal("osi", diary());
    assert_int_equal(1, f.worker.users);
}

static void a_user_begins_with_on_start_and_ends_with_on_stop(void **state)
{
    (void)state;
    begin_running(true, true);
    finish(OUTCOME_DONE);
    turn();
    finish(OUTCOME_DONE);
    vu_drain(f.vu, clock_now_ns() + FAR);
    turn();
    assert_int_equal(VU_DRAINING, f.vu->state);
    finish(OUTCOME_DONE);
    assert_int_equal(VU_IDLE, f.vu->state);
    assert_string_equal("os1e1sieis9e9c", diary());
    assert_int_equal(0, f.worker.users);
}

static void a_new_start_is_a_new_user(void **state)
{
    (void)state;
    begin_running(true, false);
    finish(OUTCOME_DONE);
    turn();
    vu_cut_off(f.vu);
    vu_start(f.vu);
    turn();
    assert_false(f.vu->is_ready);
    finish(OUTCOME_DONE);
    turn();
    assert_int_equal(1, f.vu->iteration);
    assert_string_equal("os1e1sixeicos1e1si", diary());
}

/* --------------------------------------------------------------- draining */

static void a_draining_user_ends_its_iteration(void **state)
{
    (void)state;
    begin_running(false, false);
    vu_drain(f.vu, clock_now_ns() + FAR);
    turn();
    assert_int_equal(VU_DRAINING, f.vu->state);
    assert_true(f.vu->busy);
    finish(OUTCOME_DONE);
    turn();
    assert_int_equal(VU_IDLE, f.vu->state);
    assert_true(list_is_empty(&f.vu->pool_link));
    assert_string_equal("osieic", diary());
}

static void a_user_between_iterations_leaves_at_once(void **state)
{
    (void)state;
    begin_running(false, true);
    finish(OUTCOME_DONE);
    vu_drain(f.vu, clock_now_ns() + FAR);
    turn();
    finish(OUTCOME_DONE);
    assert_string_equal("osieis9e9c", diary());
}

static void a_draining_user_is_rescued(void **state)
{
    (void)state;
    begin_running(false, false);
    vu_drain(f.vu, clock_now_ns() + FAR);
    vu_start(f.vu);
    assert_int_equal(VU_RUNNING, f.vu->state);
    assert_true(list_is_empty(&f.vu->pool_link));
    finish(OUTCOME_DONE);
    turn();
    assert_int_equal(2, f.vu->iteration);
    assert_string_equal("osieisi", diary());
}

static void a_user_that_says_goodbye_is_not_rescued(void **state)
{
    (void)state;
    begin_running(false, true);
    vu_drain(f.vu, clock_now_ns() + FAR);
    finish(OUTCOME_DONE);
    turn(); /* on_stop is under way */
    vu_start(f.vu);
    assert_int_equal(VU_DRAINING, f.vu->state);
    finish(OUTCOME_DONE);
    assert_int_equal(VU_IDLE, f.vu->state);
}

static void the_end_of_the_grace_cuts_off(void **state)
{
    (void)state;
    begin_running(false, true);
    vu_drain(f.vu, clock_now_ns() - 1);
    turn();
    assert_int_equal(VU_IDLE, f.vu->state);
    assert_string_equal("osixeic", diary());
    assert_int_equal(1, f.worker.shards[0].journeys[0].cut_off);
}

static void the_grace_covers_on_stop(void **state)
{
    (void)state;
    begin_running(false, true);
    vu_drain(f.vu, clock_now_ns() + FAR);
    finish(OUTCOME_DONE);
    turn();
    assert_false(list_is_empty(&f.vu->pool_link));
    vu_drain(f.vu, clock_now_ns() - 1);
    turn();
    assert_string_equal("osieis9xe9c", diary());
}

static void the_shorter_grace_holds(void **state)
{
    (void)state;
    begin_running(false, false);
    int64_t now_ns = clock_now_ns();
    vu_drain(f.vu, now_ns + FAR);
    vu_drain(f.vu, now_ns + FAR / 2);
    assert_true(f.vu->grace_until_ns == now_ns + FAR / 2);
    vu_drain(f.vu, now_ns + FAR);
    assert_true(f.vu->grace_until_ns == now_ns + FAR / 2);
}

static void cutting_off_skips_on_stop(void **state)
{
    (void)state;
    begin_running(false, true);
    vu_cut_off(f.vu);
    assert_int_equal(VU_IDLE, f.vu->state);
    vu_cut_off(f.vu);
    assert_string_equal("osixeic", diary());
}

static void a_user_that_is_not_busy_is_cut_off_too(void **state)
{
    (void)state;
    begin_running(false, true);
    finish(OUTCOME_DONE);
    vu_cut_off(f.vu);
    turn();
    assert_string_equal("osieic", diary());
}

/* --------------------------------------------------------- on_start fails */

static void a_failed_on_start_is_tried_again(void **state)
{
    (void)state;
    begin_running(true, true);
    finish(OUTCOME_FAILED);
    turn();
    assert_false(f.vu->busy);
    assert_true(f.vu->pause.due_ns - f.vu->part_started_ns == NS_PER_S);
    /* The second passes. */
    loop_timer_start(&f.worker.loop, &f.vu->pause, 0);
    turn();
    finish(OUTCOME_DONE);
    turn();
    assert_string_equal("os1e1s1e1si", diary());
    assert_int_equal(1, f.vu->iteration);
}

static void a_user_that_never_started_has_no_on_stop(void **state)
{
    (void)state;
    begin_running(true, true);
    finish(OUTCOME_ERROR);
    vu_drain(f.vu, clock_now_ns() + FAR);
    turn();
    assert_string_equal("os1e1c", diary());
}

static void draining_in_on_start_still_says_goodbye(void **state)
{
    (void)state;
    begin_running(true, true);
    vu_drain(f.vu, clock_now_ns() + FAR);
    finish(OUTCOME_DONE);
    turn();
    assert_string_equal("os1e1s9", diary());
}

/* -------------------------------------------------------------- held back */

static void an_iteration_that_never_waits_is_held_back(void **state)
{
    (void)state;
    begin(false, false);
    f.script->parts[PART_ITERATION].way = FAKE_AT_ONCE;
    vu_start(f.vu);
    fake_worker_turn(&f.worker, 0);
    assert_int_equal(1, f.worker.held_back);
    assert_true(loop_timer_is_armed(&f.vu->pause));
    assert_string_equal("osiei", diary());
}

static void without_any_answer_the_next_iteration_is_held_back(void **state)
{
    (void)state;
    static const struct {
        uint32_t requests, answers;
        bool held;
    } rows[] = {{0, 0, false}, {1, 1, false}, {5, 1, false}, {1, 0, true}};
    begin_running(false, false);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        f.vu->requests = rows[i].requests;
        f.vu->answers = rows[i].answers;
        finish(OUTCOME_FAILED);
        assert_int_equal(rows[i].held, loop_timer_is_armed(&f.vu->pause));
        if (!rows[i].held)
            turn();
    }
    assert_true(f.vu->pause.due_ns - f.vu->part_started_ns == 100 * NS_PER_MS);
    assert_int_equal(1, f.worker.held_back);
    vu_drain(f.vu, clock_now_ns() + FAR); /* does not sit the pause out */
    turn();
    assert_int_equal(VU_IDLE, f.vu->state);
}

/* ------------------------------------------------------------------ pacing */

/* The pause ends, whenever it was to end. */
static void end_pause(void)
{
    assert_true(loop_timer_is_armed(&f.vu->pause));
    loop_timer_start(&f.worker.loop, &f.vu->pause, 0);
    turn();
    assert_true(f.vu->busy);
}

static void with_pacing_iterations_start_on_a_grid(void **state)
{
    (void)state;
    begin_running(false, false);
    f.plan.profiles[0].pacing_ns = FAR;
    int64_t first_ns = f.vu->part_started_ns;
    assert_true(f.vu->paced_ns == first_ns);
    for (int64_t i = 1; i <= 3; i++) {
        finish(OUTCOME_DONE);
        assert_false(f.vu->busy);
        assert_true(f.vu->pause.due_ns == first_ns + i * FAR);
        assert_true(f.vu->paced_ns == first_ns + i * FAR);
        end_pause(); /* at another time: the grid stays */
    }
    assert_int_equal(4, f.vu->iteration);
    assert_int_equal(0, f.worker.held_back);
}

/* The next one follows at once, and the grid begins anew. */
static void a_late_iteration_is_not_made_up_for(void **state)
{
    (void)state;
    begin_running(false, false);
    f.plan.profiles[0].pacing_ns = FAR;
    f.vu->paced_ns -= 3 * FAR;
    int64_t before_ns = clock_now_ns();
    finish(OUTCOME_DONE);
    assert_false(loop_timer_is_armed(&f.vu->pause));
    assert_true(f.vu->paced_ns >= before_ns);
    int64_t paced_ns = f.vu->paced_ns;
    turn();
    assert_int_equal(2, f.vu->iteration);
    finish(OUTCOME_DONE);
    assert_true(f.vu->pause.due_ns == paced_ns + FAR);
}

static void a_minimum_counts_from_the_start_of_each(void **state)
{
    (void)state;
    begin_running(false, false);
    f.plan.profiles[0].minimum_iteration_ns = FAR;
    for (int i = 0; i < 3; i++) {
        int64_t started_ns = f.vu->part_started_ns;
        finish(OUTCOME_DONE);
        assert_true(f.vu->pause.due_ns == started_ns + FAR);
        end_pause();
        assert_true(f.vu->part_started_ns < started_ns + FAR);
    }
    f.vu->part_started_ns -= 2 * FAR; /* it took longer than that */
    finish(OUTCOME_DONE);
    assert_false(loop_timer_is_armed(&f.vu->pause));
    turn();
    assert_int_equal(5, f.vu->iteration);
}

/* Whichever ends later. */
static void pacing_and_holding_back_go_together(void **state)
{
    (void)state;
    static const struct {
        int64_t pacing_ns;
        bool held;
    } rows[] = {{0, true}, {1, true}, {FAR, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin_running(false, false);
        f.plan.profiles[0].pacing_ns = rows[i].pacing_ns;
        f.vu->requests = 1; /* without an answer */
        int64_t started_ns = f.vu->part_started_ns;
        finish(OUTCOME_FAILED);
        assert_int_equal(rows[i].held, f.worker.held_back);
        assert_true(f.vu->pause.due_ns ==
                    started_ns +
                        (rows[i].held ? 100 * NS_PER_MS : rows[i].pacing_ns));
        if (i + 1 < COUNT_OF(rows))
            assert_int_equal(0, end(NULL));
    }
}

static void a_paced_user_leaves_at_once(void **state)
{
    (void)state;
    begin_running(false, true);
    f.plan.profiles[0].pacing_ns = FAR;
    finish(OUTCOME_DONE);
    vu_drain(f.vu, clock_now_ns() + FAR);
    assert_false(loop_timer_is_armed(&f.vu->pause));
    turn();
    finish(OUTCOME_DONE);
    assert_string_equal("osieis9e9c", diary());
}

static void a_new_life_has_a_grid_of_its_own(void **state)
{
    (void)state;
    begin_running(false, false);
    f.plan.profiles[0].pacing_ns = FAR;
    finish(OUTCOME_DONE);
    vu_cut_off(f.vu);
    vu_start(f.vu);
    assert_true(f.vu->paced_ns == 0);
    turn();
    assert_true(f.vu->paced_ns == f.vu->part_started_ns);
    assert_int_equal(1, f.vu->iteration);
    assert_int_equal(2, f.vu->total_iterations);
}

/* ---------------------------------------------------------------- outcomes */

static void outcomes_are_counted_apart(void **state)
{
    (void)state;
    begin_running(true, true);
    finish(OUTCOME_ERROR); /* on_start: no iteration, but an error */
    loop_timer_start(&f.worker.loop, &f.vu->pause, 0);
    turn();
    finish(OUTCOME_DONE);
    turn();
    static const enum journey_outcome outcomes[] = {
        OUTCOME_DONE,   OUTCOME_DONE,   OUTCOME_DONE,
        OUTCOME_FAILED, OUTCOME_FAILED, OUTCOME_ERROR};
    for (size_t i = 0; i < COUNT_OF(outcomes); i++) {
        finish(outcomes[i]);
        turn();
    }
    vu_cut_off(f.vu);
    const struct shard *s = worker_shard(&f.worker);
    assert_int_equal(6, s->journeys[0].iterations);
    assert_int_equal(6, s->journeys[0].duration.count);
    assert_int_equal(2, s->journeys[0].failed);
    assert_int_equal(1, s->journeys[0].errors);
    assert_int_equal(1, s->journeys[0].cut_off);
    assert_true(s->metrics[BUILTIN_ITERATION_ERRORS].value == 1);
}

static void an_abort_is_passed_on(void **state)
{
    (void)state;
    begin_running(false, false);
    assert_false(f.worker.aborted);
    finish(OUTCOME_ABORTED);
    assert_true(f.worker.aborted);
}

static void each_user_draws_its_own_journeys(void **state)
{
    (void)state;
    begin(false, false);
    plan_add_journey(&f.plan, "second", 1);
    vu_start(f.vu);
    for (uint64_t i = 1; i <= 8; i++) {
        turn();
        assert_int_equal(plan_pick_journey(&f.plan, f.vu->id, i),
                         f.vu->journey);
        f.vu->journey = 0; /* the shard has one row */
        finish(OUTCOME_DONE);
    }
    f.plan.profiles[0].journey = 0;
    for (int i = 0; i < 8; i++) {
        turn();
        assert_int_equal(0, f.vu->journey);
        finish(OUTCOME_DONE);
    }
}

static void setup_and_teardown_share_one_user_without_a_pool(void **state)
{
    (void)state;
    begin(true, true);
    f.vu = &f.worker.service;
    vu_run_part(f.vu, PART_SETUP);
    assert_true(f.vu->busy);
    finish(OUTCOME_DONE);
    assert_int_equal(WORKER_READY, worker_state(&f.worker));
    assert_int_equal(OUTCOME_DONE, f.worker.mailbox.part_outcome);
    vu_run_part(f.vu, PART_TEARDOWN);
    finish(OUTCOME_ERROR);
    assert_int_equal(OUTCOME_ERROR, f.worker.mailbox.part_outcome);
    assert_string_equal("osSeSsTeT", diary());
    assert_int_equal(0, f.worker.users);
}

static void an_abort_in_setup_is_passed_on(void **state)
{
    (void)state;
    begin(false, false);
    f.vu = &f.worker.service;
    vu_run_part(f.vu, PART_SETUP);
    finish(OUTCOME_ABORTED);
    assert_int_equal(OUTCOME_ABORTED, f.worker.mailbox.part_outcome);
    assert_true(f.worker.aborted);
}

#define CELL(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CELL(an_idle_user_ignores_all_but_start),
        CELL(iterations_follow_each_other),
        CELL(starting_a_running_user_changes_nothing),
        CELL(a_user_begins_with_on_start_and_ends_with_on_stop),
        CELL(a_new_start_is_a_new_user),
        CELL(a_draining_user_ends_its_iteration),
        CELL(a_user_between_iterations_leaves_at_once),
        CELL(a_draining_user_is_rescued),
        CELL(a_user_that_says_goodbye_is_not_rescued),
        CELL(the_end_of_the_grace_cuts_off),
        CELL(the_grace_covers_on_stop),
        CELL(the_shorter_grace_holds),
        CELL(cutting_off_skips_on_stop),
        CELL(a_user_that_is_not_busy_is_cut_off_too),
        CELL(a_failed_on_start_is_tried_again),
        CELL(a_user_that_never_started_has_no_on_stop),
        CELL(draining_in_on_start_still_says_goodbye),
        CELL(an_iteration_that_never_waits_is_held_back),
        CELL(without_any_answer_the_next_iteration_is_held_back),
        CELL(outcomes_are_counted_apart),
        CELL(an_abort_is_passed_on),
        CELL(each_user_draws_its_own_journeys),
        CELL(setup_and_teardown_share_one_user_without_a_pool),
        CELL(an_abort_in_setup_is_passed_on),
        CELL(with_pacing_iterations_start_on_a_grid),
        CELL(a_late_iteration_is_not_made_up_for),
        CELL(a_minimum_counts_from_the_start_of_each),
        CELL(pacing_and_holding_back_go_together),
        CELL(a_paced_user_leaves_at_once),
        CELL(a_new_life_has_a_grid_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
