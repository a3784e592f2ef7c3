--- The commands of lload, in the order of the help; what they do is in lload.command.

---@class lload.Command
---@field name string
---@field usage string what follows `lload NAME`
---@field summary string one line
---@field files "none"|"optional"|"one"|"many"|"any"
---@field detail? string more for `lload help NAME`

---@type lload.Command[]
return {
  {
    name = "run", usage = "FILE... [options]", files = "many",
    summary = "run scenarios, one after another, with one verdict",
    detail = [[
Without --stage: the file's default_stage, else its only stage. -u, -d, -i and -r
replace the profiles of the chosen stage: -d (with -u users, default 1) runs for a
time, -i (with -u users) a number of iterations, -r (with -d) starts iterations at a
rate, with at most -u users. --segment divides the load over machines: each gets the
same file, seed and options and its own number. Every option can also be set in the
environment as LLOAD_NAME, for example LLOAD_BASE_URL; a repeatable one takes one
value a line there. The command line wins over LLOAD_*, that over the file.
Progress goes to standard error, results to standard output. The first Ctrl-C lets
running iterations finish, the second cuts them off; reports are written either way.]],
  },
  {
    name = "check", usage = "FILE... [--json] [--arrivals N]", files = "many",
    summary = "validate, print the plan of each stage, send nothing",
  },
  {
    name = "report", usage = "RESULT.json|DIR [--threshold T] [--html F] …", files = "one",
    summary = "render reports again from a stored result",
    detail = [[
Prints the summary, and writes the reports asked for. The exit code is 0 when the
stored result could be rendered, whatever its verdict was.]],
  },
  {
    name = "compare", usage = "BASE NEW | --base A... --new B... | --baseline DIR NEW",
    files = "any", summary = "did it become slower? a verdict between stored results",
    detail = [[
BASE and NEW are result.json files, or folders that --out wrote. A regression needs
three things: a relative change (--effect), an absolute one (--floor), and
significance over all endpoints together. How sure one can be depends on how many
runs there are: one a side is weak evidence, five or more a side find a change of
20 % nearly always. --interleave runs two commands alternately and compares them;
each gets LLOAD_OUT from it. Exit codes: 0 no regression, 96 a regression, 98 not
comparable or not to be told.]],
  },
  {
    name = "budget", usage = "FILE --until 'METRIC EXPR' [--max N] [--between CMD] [options]",
    files = "one", summary = "run, judge, let CMD change something, run again until it holds",
    detail = [[
Met only when the whole 95 % interval is on the right side and a second run confirms
it, and no threshold on another metric fails. CMD gets LLOAD_BUDGET_JSON, _ACTUAL,
_TARGET, _GAP, _ENDPOINT, _BROKEN and _ITERATION in its environment. Ends early when
three measurements lie within noise. Exit codes: 0 met, 99 not met, 98 inconclusive.
Options of run hold for each run; --out DIR has a folder for each.]],
  },
  {
    name = "trend", usage = "DIR [--svg F] [--html F]", files = "one",
    summary = "p95 over stored results: when it changed, whether it creeps",
    detail = [[
DIR holds results as --out writes them, one folder or file each. Of each scenario and
stage, the newest 50 results of one target and machine are looked at; the chart shows
the last 10.]],
  },
  {
    name = "capacity", usage = "RESULT [--plan F --target RATE]", files = "one",
    summary = "where it breaks, over a stored result, and what more would take",
    detail = [[
RESULT is a result.json, or a folder that --out wrote, of a run that held several loads:
a search, or a ramp in steps. Each limit is told with the two levels between which it is
crossed. --plan names a Lua file with what a client cannot see: pods, connections,
prices. See docs/capacity.md.]],
  },
  {
    name = "new", usage = "[--template NAME] [FILE]", files = "optional",
    summary = "write a commented starter scenario and what editors need",
    detail = [[
FILE is scenario.lua when not given. A file that exists is not overwritten. Templates:
starter (when none is named), minimal, checkout, api, arrival-rate, soak. Beside it go
.luarc.json, the settings of the Lua language server, unless there are some, and .lload/,
annotations of all that a scenario may use, from which editors complete.]],
  },
  {
    name = "import", usage = "openapi|har|log|postman|curl SRC [-o FILE]", files = "any",
    summary = "write a scenario from what you have already",
    detail = [[
SRC is a file, or - for standard input; of curl also the command itself, between quotes.
Without -o the scenario goes to standard output. A file that exists is not overwritten.
Secrets are not copied: the scenario asks lload.env for them. --smoke sends one user once
through each journey before the command ends; its exit code is that run's. --confirm
does the same with a recording (har), whose table of correlated values is on standard
error. A log may be gzip and of any size; its popular ids become CSV files beside FILE.]],
  },
  { name = "version", usage = "", files = "none", summary = "print the version" },
  {
    name = "help", usage = "[COMMAND | exit-codes]", files = "optional",
    summary = "explain a command, or list the exit codes",
  },
}
