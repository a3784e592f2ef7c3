/* control — the Lua state of the control thread: command line to exit code.
 *
 * Owns what its scenario files share (shared.h), by file, so that a file that
 * is loaded, checked and then run reads its data once. */
#pragma once

struct script_shared;
struct vm;

/* Runs lload.main with the arguments; returns the exit code. */
int control_main(int argc, char **argv);
/* The shared part of a scenario file, made on first use; it becomes the one
 * that lload.csv and its kin load into. */
struct script_shared *control_scenario(struct vm *vm, const char *file);
/* A worker thread could not be ended: the process must leave without tidying up
 * what that thread still uses. */
void control_lost_a_worker(struct vm *vm);
