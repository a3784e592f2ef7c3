/* thread — starts threads that no signal interrupts.
 *
 * Signals are for the threads that wait for them. */
#pragma once

#include <pthread.h>

/* 0, or the error as errno has it. */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);
