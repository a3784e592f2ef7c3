---@meta lload
-- What scenario files see: the annotations for the Lua language server, and the one source of
-- docs/scenario-api.md, which scripts/api-reference.lua writes from this file. Never required at
-- run time. A comment block that belongs to nothing is prose and goes to the page as it is.
--
-- luacheck: ignore 212 241 (declarations without bodies: nothing here uses its arguments)

--- A scenario is a Lua file that returns one table, a [lload.Scenario](#lloadscenario). What it
--- needs comes from one module:
---
--- ```lua
--- local lload = require "lload"
--- ```
---
--- The whole table is validated before anything is sent, and every problem is listed at once (exit
--- code 104). An undefined global is an error where it is read; so is a new global in a journey.
--- Modules of your own are found beside the scenario file: `require "lib.shop"` is `lib/shop.lua`.
--- `print` writes a log line to standard error. `math.random` follows `--seed`, each user with a
--- stream of its own.
---
--- The library is that of LuaJIT without what ends the process (`os.exit`), reaches below the
--- language (`ffi`, `newproxy`, `package.loadlib`, of `debug` all but `traceback` and `getinfo`, of
--- `jit` all but its version) or would change the process for all users (`os.setlocale`,
--- `collectgarbage "stop"`). `load` and its kin take text, not bytecode, and what they make sees
--- the globals of the scenario. There is no `module`; write `local M = {} … return M`.
---
--- In short examples, which are what a journey does, `http`, `check`, `group`, `think` and `random`
--- stand for `lload.http` and so on, and `vu` for the user.
---
--- Misuse of the API, such as an unknown option, raises an error at the caller's line. It ends the
--- iteration, is counted in `iteration_errors`, and makes the run exit with 107. What a server does
--- never raises.

--- ## Values with units

--- A time: `"500ms"`, `"30s"`, `"1h30m"`, or a number of seconds. Units are us, ms, s, m, h and d.
---@alias lload.Duration number|string

--- A whole number. Digits in a string count too, because that is what `lload.env` returns.
---@alias lload.Count integer|string

--- How often something starts: `"50/s"`, `"10000/m"`, `"100/h"`, or a number a second (where there
--- is a `time_unit`, for each of these). At most 1,000,000 a second.
---@alias lload.Rate number|string

--- A share: `"5%"` or `0.05`.
---@alias lload.Share number|string

--- Status codes: `200`, `"2xx"`, `"200-399"`, or a list of these.
---@alias lload.Statuses integer|string|(integer|string)[]

--- ## The scenario file
---
--- A file may hold no more than this:
---
--- ```lua
--- local lload = require "lload"
---
--- return {
---   base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
---   journey = function() lload.http.get "/api/v1/products" end,
--- }
--- ```
---
--- A scenario without stages has one user do one iteration. `-u`, `-d`, `-i` and `-r` give it
--- another shape.

--- The table that a scenario file returns. It has `journey` or `journeys`; all else may be absent.
--- For settings that can also be given on the command line, the command line wins, then the
--- environment (`LLOAD_*`).
---@class lload.Scenario
--- What reports call it. The file's name without `.lua` if absent.
---@field name? string
--- Where paths lead: scheme, host, perhaps a port and a path. Also `--base-url`.
---@field base_url? string
--- What holds for every request.
---@field http? lload.HttpOptions
--- Load profiles by name, chosen with `--stage`.
---@field stages? table<string, lload.Stage>
--- The stage to run when `--stage` is not given. If absent too, the only stage.
---@field default_stage? string
--- What must hold for the run to pass, see [Thresholds](#thresholds).
---@field thresholds? table<string, string|string[]|lload.Threshold>
--- Runs once, before all users. Its result, plain values only, reaches every user as a copy in
--- `vu.data`. If it fails, no user starts.
---@field setup? fun(): any
--- Runs once per user, before its first iteration. If it fails, that user tries again after 1 s.
---@field on_start? fun(vu: lload.Vu)
--- What one user does, again and again. Each run of it is an iteration.
---@field journey? fun(vu: lload.Vu)
--- Several journeys by name. Each iteration picks one in proportion to the weights. A function
--- alone has the weight 1.
---@field journeys? table<string, lload.Journey|fun(vu: lload.Vu)>
--- Runs once per user, after its last iteration.
---@field on_stop? fun(vu: lload.Vu)
--- Runs once, after all users. It gets what `setup` returned.
---@field teardown? fun(data: any)
--- How long `setup` may take, 60 s if absent. Beyond it the run ends with exit code 100.
---@field setup_timeout? lload.Duration
--- How long `teardown` may take, 60 s if absent. Beyond it the exit code is 101.
---@field teardown_timeout? lload.Duration
--- How long a journey may compute without waiting, 5 s if absent. Beyond it the iteration ends with
--- an error, because all users of its worker stand still meanwhile.
---@field max_busy? lload.Duration
--- How much memory the tables and texts of a scenario may take in one Lua state, garbage included:
--- `"512MB"`, `"4GB"`; 1 GB if absent. Each thread has a state for every 1,024 users. Beyond it the
--- run ends with exit code 107.
---@field max_memory? integer|string

--- A journey with its weight.
---
--- ```lua
--- local http = require("lload").http
---
--- local function browse() http.get "/api/v1/products" end
--- local function read(vu) http.get("/api/v1/products/:id", { params = { id = vu.id } }) end
---
--- return {
---   journeys = {
---     browse = { weight = 7, run = browse },
---     read = { weight = 3, run = read },
---   },
--- }
--- ```
---@class lload.Journey
--- 0 or more, 1 if absent. A journey of weight 0 runs only where a profile names it.
---@field weight? number
--- The journey.
---@field run fun(vu: lload.Vu)

--- What holds for every request of a scenario.
---
--- ```lua
--- return {
---   http = { timeout = "10s", headers = { ["Accept-Language"] = "de" }, max_body = "1MB" },
---   journey = function() require("lload").http.get "/api/v1/products" end,
--- }
--- ```
---@class lload.HttpOptions
--- The longest a request may take, connecting included. 60 s if absent.
---@field timeout? lload.Duration
--- Headers by name, in one spelling each. `-H` wins over these, and those of a request over both.
---@field headers? table<string, string|number|boolean>
--- The largest body that is accepted, decoded: bytes, or `"512kB"`, `"64MB"`, `"1GiB"`. 64 MB if
--- absent. A larger one gives the error `too_large`.
---@field max_body? integer|string
--- Whether bodies are received and counted but not kept: saves memory where nobody looks at them.
--- `false` if absent. See the option of a request.
---@field discard_body? boolean
--- Accepts any TLS certificate. Also `--insecure`.
---@field insecure? boolean
--- Which statuses are no failure. `"200-399"` if absent.
---@field expect? lload.Statuses
--- How many redirects a request follows, 0 to 100. 10 if absent. One more gives the error
--- `too_many_redirects`; with 0 the redirect is the answer.
---@field redirects? integer
--- How long a user keeps its [cookies](#lloadcookies): `"iteration"` (if absent), each iteration
--- begins with what `on_start` left; `"keep"`, as long as it lives; `"none"` or `false`, not at
--- all.
---@field cookies? "iteration"|"keep"|"none"|false
--- How long a user keeps a connection: `"vu"`, as long as it lives (if absent); `"iteration"`,
--- until its next iteration begins; `"none"`, for one request.
---@field reuse? "vu"|"iteration"|"none"
--- Whether a user resumes its TLS sessions, as browsers do; `true` if absent. `false` makes every
--- handshake a full one.
---@field tls_resumption? boolean
--- `"1.1"` (if absent), or `"2"`: HTTP/2 is offered over TLS, and libcurl performs all requests.
---@field http_version? "1.1"|"2"
--- Whom to trust, a certificate of one's own, versions and ciphers.
---@field tls? lload.TlsOptions
--- Where requests for a host are connected to, instead of what DNS says: a host or an address, with
--- a port or without. `Host`, TLS and results keep the name. A key may have a port, too: then it
--- holds for that one alone. `--resolve` goes before.
---
--- ```lua fragment
--- http = { hosts = { ["api.example.com"] = "127.0.0.1:8443", ["cdn.test:80"] = "10.0.0.7" } }
--- ```
---@field hosts? table<string, string>
--- Which addresses of a name are used; `"any"` if absent. A name without such addresses gives the
--- error `dns`.
---@field dns? "any"|"ipv4"|"ipv6"
--- A proxy: `"http://host:3128"`, `"socks5://user:password@host:1080"`; also `https://`, and
--- `socks5h://`, which looks names up itself. libcurl then performs all requests. What the proxy
--- does not let through gives the error `unreachable`. `http_proxy` of the environment is nothing
--- to lload.
---@field proxy? string
--- Hosts that nothing is sent to: names, addresses, or `"*.example.com"` for all names below one. A
--- request to one of them fails at once as `unreachable`, also where a redirect leads there.
---@field block_hosts? string[]

--- How connections over TLS are made. Files are in PEM form, relative to the scenario file, and
--- read before the run: one that cannot be used is an error with exit code 104.
---
--- ```lua fragment
--- http = {
---   tls = {
---     ca = "tls/our-ca.pem", cert = "tls/client.pem", key = "tls/client.key",
---     key_password = lload.env "KEY_PASSWORD", min_version = "1.3",
---   },
--- }
--- ```
---@class lload.TlsOptions
--- The authorities to trust, instead of the system's.
---@field ca? string
--- The certificate that users show, followed by those that lead to its authority.
---@field cert? string
--- Its private key. If absent, it is in the file of the certificate.
---@field key? string
--- What opens the key, if it is encrypted.
---@field key_password? string
--- The lowest version. `"any"`, which is 1.2 and later, if absent.
---@field min_version? "any"|"1.2"|"1.3"
--- The highest version. `"any"` if absent.
---@field max_version? "any"|"1.2"|"1.3"
--- Names of ciphers, separated by colons, as `openssl ciphers` has them. Those that begin with
--- `TLS_` are for 1.3; a version for which none is named keeps its usual ones.
---@field ciphers? string

--- ## Stages: how much load, and when
---
--- A stage is one profile, or a list of profiles that run in parallel, each with users of its own.
--- What a profile takes depends on its `executor`. `lload check FILE` prints what each stage will
--- do.
---
--- In the closed model a number of users iterate, each as fast as the server lets it. In the open
--- model iterations start at a rate, whatever the server does; users only carry them.
--- [Load models](load-models.md) tells which to choose, and what the times mean.

--- One profile, or a list of them.
---@alias lload.Stage lload.Profile|lload.Profile[]

--- A profile, by its `executor`.
---@alias lload.Profile
---| lload.ConstantVus
---| lload.RampingVus
---| lload.SharedIterations
---| lload.PerVuIterations
---| lload.ConstantArrivalRate
---| lload.RampingArrivalRate
---| lload.Spike
---| lload.Soak
---| lload.Search

--- What every profile takes, whatever its executor.
---@class lload.ProfileOptions
--- The journey that these users run, instead of one picked by weight.
---@field journey? string
--- When the profile starts, counted from the start of the stage. 0 if absent.
---@field start_time? lload.Duration
--- How long running iterations may finish when the profile is over, 30 s if absent. Then they are
--- cut off.
---@field graceful_stop? lload.Duration
--- For so long before the stage, the profile runs at the load with which it starts, and nothing of
--- it is counted. 0 if absent; also `--warmup`. The profiles of a stage share the longest one; a
--- profile with a `start_time` does not warm up.
---@field warmup? lload.Duration
--- The iterations of a user start this far apart. One that takes longer is followed at once, and
--- the time counts from there on. Not for arrivals.
---@field pacing? lload.Duration
--- A user's next iteration starts no sooner than this after its last one did. Not for arrivals, and
--- not beside `pacing`.
---@field minimum_iteration? lload.Duration
--- Tags of every sample of these users.
---@field tags? table<string, string|number|boolean>
--- What `lload.env` finds first in the journeys of these users.
---@field env? table<string, string|number|boolean>

--- A fixed number of users for a fixed time.
---
--- ```lua fragment
--- smoke = { executor = "constant-vus", vus = 2, duration = "10s" }
--- visitors = { executor = "constant-vus", vus = 200, duration = "10m", pacing = "30s" }
--- ```
---@class lload.ConstantVus: lload.ProfileOptions
---@field executor "constant-vus"
--- Users, 1 to 1,000,000.
---@field vus lload.Count
--- How long.
---@field duration lload.Duration

--- The number of users follows straight lines from target to target.
---
--- ```lua fragment
--- ramp = {
---   executor = "ramping-vus",
---   start_vus = 10,
---   steps = { { duration = "2m", target = 50 }, { duration = "5m", target = 50 } },
--- }
--- ```
---@class lload.RampingVus: lload.ProfileOptions
---@field executor "ramping-vus"
--- Users at the start, 1 if absent.
---@field start_vus? lload.Count
--- The lines, one after another. They are numbered, and every sample carries its `step`.
---@field steps lload.Step[]
--- How long a user that the plan no longer wants may finish its iteration, 30 s if absent.
---@field graceful_ramp_down? lload.Duration

--- One line of a ramp.
---@class lload.Step
--- How long it lasts. 0 jumps to the target at once.
---@field duration lload.Duration
--- Users at its end.
---@field target lload.Count

--- Users share a number of iterations until all are done. A fast user does more of them.
---
--- ```lua fragment
--- once = { executor = "shared-iterations", vus = 10, iterations = 200 }
--- ```
---@class lload.SharedIterations: lload.ProfileOptions
---@field executor "shared-iterations"
--- Users, 1 if absent.
---@field vus? lload.Count
--- Iterations in all, 1 if absent.
---@field iterations? lload.Count
--- The stage ends after this time even if iterations are left. 10 m if absent.
---@field max_duration? lload.Duration

--- Every user does a number of iterations of its own.
---
--- ```lua fragment
--- each = { executor = "per-vu-iterations", vus = 10, iterations = 20 }
--- ```
---@class lload.PerVuIterations: lload.ProfileOptions
---@field executor "per-vu-iterations"
--- Users, 1 if absent.
---@field vus? lload.Count
--- Iterations of each user, 1 if absent.
---@field iterations? lload.Count
--- The stage ends after this time even if iterations are left. 10 m if absent.
---@field max_duration? lload.Duration

--- What the executors of the open model share: who carries the iterations, and when they come.
---@class lload.ArrivalOptions: lload.ProfileOptions
--- The most users that may be busy at once, 1 to 1,000,000: at least rate × iteration time. A user
--- is opened when it is first needed.
---@field max_vus lload.Count
--- How the iterations come: `"uniform"`, evenly (if absent), or `"poisson"`, at random with that
--- mean rate, as people do who do not know of each other. Chosen by `--seed`.
---@field arrival? "uniform"|"poisson"
--- What becomes of an arrival that finds all `max_vus` users busy. `"drop"` (if absent): it is
--- counted in `dropped_iterations`. `"queue"`: it waits for a user, and its wait is in
--- `iteration_lag` and `iteration_response_time`.
---@field on_saturation? "drop"|"queue"

--- Iterations start at a fixed rate, however long they take.
---
--- ```lua fragment
--- steady = { executor = "constant-arrival-rate", rate = "200/s", duration = "5m", max_vus = 400 }
--- orders = { executor = "constant-arrival-rate", rate = 90, time_unit = "1m", duration = "1h",
---   max_vus = 20, arrival = "poisson", on_saturation = "queue" }
--- ```
---@class lload.ConstantArrivalRate: lload.ArrivalOptions
---@field executor "constant-arrival-rate"
--- Iterations that start a second, or `time_unit`. Above 0.
---@field rate lload.Rate
--- What a rate that is a plain number counts in, 1 s if absent. Not beside a rate that names its
--- own, such as `"50/s"`.
---@field time_unit? lload.Duration
--- How long.
---@field duration lload.Duration

--- The rate at which iterations start follows straight lines from target to target.
---
--- ```lua fragment
--- launch = {
---   executor = "ramping-arrival-rate",
---   start_rate = "10/s",
---   steps = { { duration = "5m", target = "540/s" }, { duration = "10m", target = "540/s" } },
---   max_vus = 2000,
--- }
--- ```
---@class lload.RampingArrivalRate: lload.ArrivalOptions
---@field executor "ramping-arrival-rate"
--- The rate at the start, 0 if absent.
---@field start_rate? lload.Rate
--- What rates that are plain numbers count in, 1 s if absent.
---@field time_unit? lload.Duration
--- The lines, one after another. They are numbered, and every sample carries its `step`.
---@field steps lload.RateStep[]

--- One line of a ramp of rates.
---@class lload.RateStep
--- How long it lasts. 0 jumps to the target at once.
---@field duration lload.Duration
--- The rate at its end, 0 or more.
---@field target lload.Rate

--- A steady base, a sudden peak, and the base again to watch the recovery. Its five steps are
--- before, rise, hold, fall and recovery. The load is `vus` and `peak`, or in the open model
--- `rate`, `peak_rate` and `max_vus`.
---
--- ```lua fragment
--- spike = { executor = "spike", vus = 50, peak = 500, rise = "10s", hold = "1m", fall = "10s" }
--- sale = { executor = "spike", rate = "50/s", peak_rate = "900/s", max_vus = 3000, hold = "2m" }
--- ```
---@class lload.Spike: lload.ProfileOptions
---@field executor "spike"
--- Users before and after the peak, 0 or more.
---@field vus? lload.Count
--- Users at the peak, more than `vus`.
---@field peak? lload.Count
--- The rate before and after the peak, 0 or more, instead of `vus`.
---@field rate? lload.Rate
--- The rate at the peak, more than `rate`.
---@field peak_rate? lload.Rate
--- With rates: as in [lload.ArrivalOptions](#lloadarrivaloptions).
---@field max_vus? lload.Count
--- With rates: as there.
---@field arrival? "uniform"|"poisson"
--- With rates: as there.
---@field on_saturation? "drop"|"queue"
--- How long the base lasts before the peak. As long as `recovery` if absent.
---@field before? lload.Duration
--- How long the way up takes, 10 s if absent.
---@field rise? lload.Duration
--- How long the peak lasts, 60 s if absent.
---@field hold? lload.Duration
--- How long the way down takes, 10 s if absent.
---@field fall? lload.Duration
--- How long the base lasts after the peak, 60 s if absent.
---@field recovery? lload.Duration

--- A ramp to a load that is held for long, to find what leaks or drifts. Its two steps are ramp and
--- soak. The load is `vus`, or in the open model `rate` and `max_vus`.
---
--- ```lua fragment
--- soak = { executor = "soak", vus = 500, ramp = "2m", duration = "30m" }
--- night = { executor = "soak", rate = "120/s", max_vus = 300, ramp = "5m", duration = "8h" }
--- ```
---@class lload.Soak: lload.ProfileOptions
---@field executor "soak"
--- Users that are held.
---@field vus? lload.Count
--- The rate that is held, above 0, instead of `vus`.
---@field rate? lload.Rate
--- With a rate: as in [lload.ArrivalOptions](#lloadarrivaloptions).
---@field max_vus? lload.Count
--- With a rate: as there.
---@field arrival? "uniform"|"poisson"
--- With a rate: as there.
---@field on_saturation? "drop"|"queue"
--- How long the way up takes, 0 if absent.
---@field ramp? lload.Duration
--- How long the load is held.
---@field duration lload.Duration
--- What a significant drift of what is measured means: `"fail"` (if absent), or `"warn"`.
---@field on_drift? "fail"|"warn"
--- The address of a page of the server's own metrics in the Prometheus format, such as
--- `"http://127.0.0.1:8080/metrics"`.
---@field scrape? string

--- Looks for the highest load that still meets the thresholds. The load doubles from `from` until a
--- level fails, then the gap between the last good and the first bad level is halved down to the
--- `resolution`, then both ends are tested again. The exit code is 0 when that confirms them, 99
--- when `from` fails already, and 98 when the search did not get there: the generator was the limit
--- itself, or the time was over.
---
--- A level is measured after its `settle` time, for `hold` at least and until it has `samples`
--- requests, and judged by these requests alone. While the busy users of a rate pile up, it is held
--- on: a server that falls behind slowly breaks any threshold, only later. At five times `hold` a
--- level fails for what it still lacks. After a level that fails no load is offered until nobody is
--- busy, for 30 s at most.
---
--- ```lua fragment
--- limit = { executor = "search", from = "50/s", to = "5000/s", max_vus = 2000 }
--- crowd = { executor = "search", of = "vus", from = 10, to = 1000, hold = "30s" }
--- ```
---@class lload.Search: lload.ProfileOptions
---@field executor "search"
--- What is raised: `"rate"` (if absent), iterations started a second, or `"vus"`, users.
---@field of? "rate"|"vus"
--- The first level: a rate, or whole users.
---@field from lload.Rate
--- The highest level that is tried, above `from`.
---@field to lload.Rate
--- How long a level is measured at least, 10 s if absent.
---@field hold? lload.Duration
--- How long a level runs before it is measured, 3 s if absent. Give it at least the time of an
--- iteration.
---@field settle? lload.Duration
--- How far apart the last good and the first bad level may be, as a share of the good one: 0.1% to
--- 50%, 5% if absent. Users are never split.
---@field resolution? lload.Share
--- How many requests a level needs, 100 if absent.
---@field samples? lload.Count
--- Of a rate, and required there: the most users. A level fails when more than 1 % of its
--- iterations could not start because all users were busy.
---@field max_vus? lload.Count
--- How long the whole search may take, 1 h if absent.
---@field max_duration? lload.Duration

--- ## Thresholds
---
--- A key names a metric, or the samples of a metric that have certain tags:
--- `metric{tag:value,tag:value}`. A value is an expression, a list of them, or a
--- [lload.Threshold](#lloadthreshold). An expression is an aggregation, a comparison (`< <= > >= ==
--- !=`) and a number. When one does not hold, the exit code is 99.
---
--- | kind of metric | aggregations | units of the number |
--- |---|---|---|
--- | counter | `count` `rate` | none; `/s` `/m` |
--- | gauge | `value` `min` `max` | none |
--- | rate | `rate` | a share from 0 to 1, or `%` |
--- | trend | `avg` `min` `med` `max` `p(x)` `count` | `us` `ms` `s` `m`; plain is ms for times |
---
--- Built-in metrics: counters `http_reqs iterations dropped_iterations iterations_failed
--- iteration_errors data_sent data_received`; rates `http_req_failed checks`; gauges `vus vus_max`;
--- trends `http_req_duration http_req_failed_duration http_req_blocked http_req_looking_up
--- http_req_connecting http_req_tls_handshaking http_req_sending http_req_waiting
--- http_req_receiving iteration_duration iteration_lag iteration_response_time group_duration`.
--- Built-in tags: `name method status stage step journey group check`.
---
--- ```lua
--- local http = require("lload").http
---
--- return {
---   journey = function() http.get "/api/v1/products" end,
---   thresholds = {
---     http_req_duration = { "p(95)<800", "p(99)<2s" },
---     ["http_req_duration{name:GET /api/v1/products}"] = "p(95)<400ms",
---     http_req_failed = { "rate<1%", abort_on_fail = true, delay_abort = "10s" },
---   },
--- }
--- ```

--- Expressions with options.
---@class lload.Threshold
--- One or more expressions.
---@field [integer] string
--- Stops the run as soon as the threshold fails. False if absent.
---@field abort_on_fail? boolean
--- Not before this time of the run. 0 if absent.
---@field delay_abort? lload.Duration
--- What a metric without data means: `"fail"` if absent.
---@field on_no_data? "fail"|"pass"

--- ## The user

--- A virtual user. Journeys, `on_start` and `on_stop` get it as their argument. It lives as long as
--- the user, has connections of its own, and keeps any field that a script sets.
---
--- ```lua journey
--- vu.visits = (vu.visits or 0) + 1
--- http.get("/api/v1/products/:id", { params = { id = (vu.id + vu.visits) % 300 + 1 } })
--- local email = ("buyer%d@example.com"):format(vu.iteration_in_run) -- a new one each time
--- http.post("/api/login", { json = { email = email } })
--- ```
---@class lload.Vu
--- 1 to N, over all profiles and workers of the run.
---@field id integer
--- The number of this user's iteration, from 1. 0 before the first.
---@field iteration integer
--- The number of this iteration, from 1, over all users and all machines (`--segment`): no other
--- iteration of the profile has it. In the open model it is the number of the arrival. 0 in the
--- warm-up.
---@field iteration_in_run integer
--- The name of the journey that runs; `"default"` for the one of `journey`. Nil in `on_start`.
---@field journey? string
--- The name of the stage.
---@field stage string
--- How much of the time of this user's profile is over, from 0 to 1. Nil in `setup`.
---@field progress? number
--- This user's own copy of what `setup` returned, made when it is first read. Nil if that was nil.
---@field data any
--- This user's cookies.
---@field cookies lload.Cookies
--- Whatever the script keeps here.
---@field [string] any

--- A user's cookies, as RFC 6265 has them. Those that answers set, hops of redirects included, go
--- with the user's later requests by domain, path and lifetime. `Secure` ones go over TLS, and to
--- `localhost`, `127.0.0.1` and `::1`. `HttpOnly` and `SameSite` change nothing: there are no
--- pages. Nobody sets cookies for a public suffix such as `co.uk`. A user holds 50 a domain and
--- 3000 in all, the oldest go; one whose name and value exceed 4096 bytes is ignored. A request
--- with a `Cookie` header of the script carries that alone.
---
--- How long they live says `http.cookies`. Two users never share one. `setup` and `teardown` have
--- theirs in common.
---
--- ```lua journey
--- http.post("/api/login", { json = { email = "ada@example.com" } }) -- may set a cookie
--- vu.cookies:set("variant", "b")
--- http.get("/api/v1/products", { cookies = { debug = 1 } })
--- ```
---@class lload.Cookies
local cookies = {}

--- The value of a cookie.
---
--- ```lua journey
--- vu.cookies:set("variant", "b")
--- local here = vu.cookies:get "variant"
--- local there = vu.cookies:get("variant", "https://other.test/") -- nil
--- ```
---@param name string
---@param url? string what a request there would carry; the newest of that name if absent
---@return string? value
function cookies:get(name, url) end

--- All cookies, by name.
---
--- ```lua journey
--- for name, value in pairs(vu.cookies:all "/api/login") do lload.log.debug(name, value) end
--- ```
---@param url? string those that a request there would carry; all there are if absent
---@return table<string, string> values
function cookies:all(url) end

--- Sets a cookie. Raises for what no cookie can be, and where `http.cookies` is `"none"`.
---
--- ```lua journey
--- vu.cookies:set("consent", "all")
--- vu.cookies:set("session", "s-1", { domain = "shop.test", path = "/api", max_age = "10m" })
--- ```
---@param name string
---@param value string|number|boolean
---@param options? lload.CookieOptions
function cookies:set(name, value, options) end

--- Forgets cookies.
---
--- ```lua journey
--- vu.cookies:clear "session"
--- vu.cookies:clear()
--- ```
---@param name? string those of this name; all if absent
function cookies:clear(name) end

--- Where a cookie goes, and how long.
---@class lload.CookieOptions
--- For this host and those below it. If absent, for the host of `base_url` alone.
---@field domain? string
--- For this path and those below it, `"/"` if absent.
---@field path? string
--- Not over plain HTTP. False if absent.
---@field secure? boolean
--- How long it lives; 0 removes it. As long as `http.cookies` says if absent.
---@field max_age? lload.Duration

--- What `require "lload"` returns.
---@class lload
local lload = {}

--- ## Requests
---
--- A request waits for its answer; other users run meanwhile. It works in journeys, `setup`,
--- `on_start`, `on_stop` and `teardown`, and not while the file loads.
---
--- The address is a path below `base_url`, or a whole URL. `:name` segments of the path are filled
--- in from `params`. Results are kept per name: `options.name`, else the method and the path as
--- written, without the query (`GET /api/orders/:id`). At most 500 names a run are told apart.
---
--- Answers compressed with gzip, deflate, br or zstd are decoded. `Accept-Encoding` is sent only
--- if you set it. `User-Agent` is `lload/VERSION` unless you set it.
---
--- Redirects (301, 302, 303, 307 and 308 with a `Location` of http or https) are followed. Each hop
--- is a sample of its own under the same name, its 3xx an expected status; the response, `expect`
--- and `timings` are those of the last answer, and the timeout is for all hops together. 303 turns
--- the method into GET, except HEAD; 301 and 302 turn POST into GET; all else keeps method and
--- body. At another scheme, host or port, `Authorization`, `Cookie` and `Host` of the script are
--- left out. To see a 3xx, follow none:
---
--- ```lua journey
--- local login = http.post("/api/login", {
---   json = { email = "ada@example.com" }, redirects = 0, expect = { 200, 302 },
--- })
--- if login.status == 302 then lload.log.info("it leads to", login.headers.location) end
--- ```

--- The functions that send requests.
---@class lload.http
lload.http = {}

--- Sends a GET request.
---
--- ```lua journey
--- local page = http.get("/api/v1/products", { query = { page = 2 } })
--- local id = page:json "products[1].id"
--- local product = http.get("/api/v1/products/:id", { params = { id = id } })
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.get(url, options) end

--- Sends a HEAD request. The response has no body.
---
--- ```lua journey
--- local head = http.head("/api/v1/products", { expect = { 200, 405 } })
--- local length = head.headers["Content-Length"]
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.head(url, options) end

--- Sends a POST request. Without `json`, `form` or `body` its body is empty.
---
--- ```lua journey
--- local login = http.post("/api/login", { json = { email = "ada@example.com" } })
--- vu.token = login:json "token"
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.post(url, options) end

--- Sends a PUT request. Without `json`, `form` or `body` its body is empty.
---
--- ```lua journey
--- http.put("/api/orders/:id", {
---   params = { id = 1 },
---   json = { note = "gift" },
---   expect = { 200, 405 },
--- })
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.put(url, options) end

--- Sends a PATCH request. Without `json`, `form` or `body` its body is empty.
---
--- ```lua journey
--- http.patch("/api/orders/:id", { params = { id = 1 }, body = "gift", expect = { 200, 405 } })
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.patch(url, options) end

--- Sends a DELETE request.
---
--- ```lua journey
--- http.delete("/api/orders/:id", { params = { id = 1 }, expect = { 204, 405 } })
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.delete(url, options) end

--- Sends an OPTIONS request.
---
--- ```lua journey
--- local allowed = http.options("/api/login", { expect = { 200, 405 } }).headers.allow
--- ```
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.options(url, options) end

--- Sends a request with any method.
---
--- ```lua journey
--- http.request("PURGE", "/api/v1/products", { expect = 405 })
--- ```
---@param method string in capital letters, at most 16
---@param url string a path below `base_url`, or a whole URL
---@param options? lload.RequestOptions
---@return lload.Response response
function lload.http.request(method, url, options) end

--- What a request takes. An unknown option raises.
---
--- ```lua journey
--- local login = http.post("/api/login", { json = { email = "ada@example.com" } }):expect(200)
--- http.get("/api/v1/users/:id/orders", {
---   params = { id = login:json "userId" },
---   query = { page = 1, tag = { "new", "paid" } },
---   headers = { ["X-Trace"] = "on" },
---   bearer = login:json "token",
---   timeout = "2s",
---   tags = { kind = "account" },
--- })
--- ```
---@class lload.RequestOptions
--- Values of the `:name` segments of the path, percent-encoded on the way. A nil value ends the
--- iteration, counted in `iterations_failed` with its reason. A name that the path does not have
--- raises.
---@field params? table<string, string|number|boolean>
--- What follows the `?`: names and values, or the text itself. A list repeats its name. It is added
--- to a query in the path. A table is written in the order of its names.
---@field query? string|table<string, string|number|boolean|(string|number|boolean)[]>
--- Headers by name; they win over those of the scenario and of `-H`. `Content-Length` and
--- `Transfer-Encoding` are lload's own business.
---@field headers? table<string, string|number|boolean>
--- A body in JSON, with its `Content-Type`. Whole numbers up to 2^53 are written as such. An empty
--- table is `{}`; see `lload.array` and `lload.null`.
---@field json? any
--- A body of form fields, `application/x-www-form-urlencoded`. A list repeats its name.
---@field form? table<string, string|number|boolean|(string|number|boolean)[]>
--- The body as it is: text, or a file. Only one of `json`, `form`, `body` and `multipart` may be
--- given. A file with a type sends it as `Content-Type`.
---@field body? string|lload.File
--- A body of several parts, `multipart/form-data`, as a form with files has it: names with values
--- or files, in the order of their names. A list repeats its name. To choose the order, give a list
--- of [lload.Part](#lloadpart).
---@field multipart? table<string, lload.PartValue|lload.PartValue[]>|lload.Part[]
--- A token for `Authorization: Bearer`. It wins over an `Authorization` of the scenario or of `-H`;
--- with `basic`, `digest`, or one in the `headers` of the same request, it is misuse and raises.
---@field bearer? string
--- Credentials for `Authorization: Basic`: `{ user, password }` or `"user:password"`. They win and
--- raise like `bearer`.
---@field basic? string|string[]
--- Credentials for HTTP Digest, given like those of `basic`: when the server challenges the request
--- with a 401, it is sent again with the answer (SHA-256 or MD5). The challenge is a sample of its
--- own under the same name, its 401 an expected status. A redirect to another origin does not get
--- them.
---
--- ```lua journey
--- http.get("/api/v1/products", { digest = { "ada", "secret" } })
--- ```
---@field digest? string|string[]
--- The longest this request may take, connecting included. That of the scenario if absent.
---@field timeout? lload.Duration
--- The name under which the request is counted.
---@field name? string
--- Tags of this request's samples.
---@field tags? table<string, string|number|boolean>
--- Which statuses are no failure. That of the scenario if absent.
---@field expect? lload.Statuses
--- The largest body that is accepted, in bytes. That of the scenario if absent.
---@field max_body? integer
--- How many redirects are followed. As many as the scenario says if absent.
---@field redirects? integer
--- Cookies of this request, beside those of the user and instead of their namesakes. Redirects
--- within the origin carry them on, unless an answer sets a new one. They are sent as they stand.
--- With a `Cookie` among the headers they are misuse and raise.
---@field cookies? table<string, string|number|boolean>
--- Compresses the body: `"gzip"`, `"deflate"`, `"br"` or `"zstd"`, which is sent as
--- `Content-Encoding`. A request without a body stays as it is. Each request is compressed anew, at
--- the price of this machine's CPU.
---
--- ```lua journey
--- http.put("/api/v1/products", { body = ("x"):rep(1000), compress = "zstd", expect = 405 })
--- ```
---@field compress? "gzip"|"deflate"|"br"|"zstd"
--- Receives the body and counts its bytes, but keeps nothing: `max_body` does not apply, nothing is
--- decoded, `r.body` is nil and `r:json()` finds nothing. That of the scenario if absent.
---@field discard_body? boolean

--- What a part of a `multipart` body holds.
---@alias lload.PartValue string|number|boolean|lload.File

--- A part of a `multipart` body that is given as a list.
---
--- ```lua journey
--- http.post("/api/login", {
---   multipart = {
---     { "meta", '{"kind":"logo"}', type = "application/json" },
---     { "upload", "any bytes", filename = "logo.bin" },
---   },
---   expect = { 200, 400, 415 },
--- })
--- ```
---@class lload.Part
--- Its name, then its value.
---@field [integer] lload.PartValue
--- Its media type. Of a file: that of the file, else `application/octet-stream`; else none.
---@field type? string
--- What the file is called, which makes any value a file. That of the file if absent.
---@field filename? string

--- ## Responses

--- What a request returns. It never raises for what the network or the server did: then `status` is
--- 0 and `error` says what happened.
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- if page.error then
---   lload.log.warn("no answer:", page.error, page.error_message)
--- elseif page.timings.waiting > 500 then
---   lload.log.info("a slow page:", page.timings.waiting, "ms")
--- end
--- ```
---@class lload.Response
--- The status, 0 if there was no complete answer.
---@field status integer
--- A complete answer whose status was expected (200 to 399, or option `expect`).
---@field ok boolean
--- Why there was no answer: `timeout` `refused` `unreachable` `reset` `closed` `dns` `tls`
--- `protocol` `decoding` `too_large` `too_many_redirects` `cut_off` `other`; nil if there was one.
---@field error? string
--- The same in words.
---@field error_message? string
--- Headers by name, whatever its case. Several of one name are joined with `", "`, those of
--- `Set-Cookie` with a newline. `pairs` gives the names in lower case.
---@field headers table<string, string>
--- The decoded body, made a Lua string when it is first read. `""` without one; nil if it was
--- discarded (`discard_body`).
---@field body? string
--- The address that was asked, after redirects the last one.
---@field url string
--- The redirects that were followed, in order: who redirected, and with which status.
---@field hops lload.Hop[]
--- The name under which the request was counted.
---@field name string
--- Where the time went.
---@field timings lload.Timings
local r = {}

--- The body as JSON, or one value in it. Only what is asked for is decoded. JSON null reads as nil,
--- half of a surrogate pair as U+FFFD; of members with one name the last counts.
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- local id = page:json "products[1].id"   -- indices count from 1
--- local all = page:json().products
--- local nothing, why = page:json "no.such[3].field"
--- ```
---@param path? string keys and indices such as `items[2].id`; the whole document if absent
---@return any value nil if the body is not JSON, or there is no such value
---@return string? message why it is nil
function r:json(path) end

--- The body as HTML: its elements, links and forms, CSRF tokens among them.
---
--- ```lua journey
--- local page = http.get("/api/v1/products"):html()
--- local token = page:hidden "csrf"
--- ```
---@return lload.Html page without elements if the body is something else
function r:html() end

--- Ends the iteration unless the status is as wanted. That is no script error: it is counted in
--- `iterations_failed` with its reason, and the next iteration follows.
---
--- ```lua journey
--- local login = http.post("/api/login", { json = { email = "ada@example.com" } })
--- vu.token = login:expect(200):json "token"
--- ```
---@param statuses lload.Statuses
---@return lload.Response response the response itself
function r:expect(statuses) end

--- Sends several requests of one user at the same time, as a browser does for a page, and waits for
--- all of them. Each is a sample of its own. A request is its address, or a table with the address
--- first, `method` (default GET) and the options of the request. Requests may have names; responses
--- have those of their requests, or are in their order.
---
--- ```lua journey
--- local page = http.batch {
---   list = "/api/v1/products",
---   item = { "/api/v1/products/:id", params = { id = 7 } },
---   login = { "/api/login", method = "POST", json = { email = "ada@example.com" } },
--- }
--- check(page.list, { ["the list is there"] = page.list.status == 200 })
--- ```
---@param requests table<string|integer, string|table> at most 1000
---@param limits? lload.BatchLimits
---@return table<string|integer, lload.Response> responses
function lload.http.batch(requests, limits) end

--- How many requests of a batch are under way at once; the next starts when one ends.
---@class lload.BatchLimits
--- In all; default 20.
---@field batch? integer
--- To one scheme, host and port; default 6, as browsers do.
---@field per_host? integer

--- Requests that share an address, headers and other options. What a request gives itself goes
--- before; `headers`, `tags`, `query` and `params` are joined.
---
--- ```lua journey
--- local api = http.session {
---   headers = { ["Accept-Language"] = "de" }, tags = { team = "shop" }, name_prefix = "v1 ",
--- }
--- api.get "/api/v1/products" -- named "v1 GET /api/v1/products"
--- api.get("/api/v1/products/:id", { params = { id = 7 } })
--- ```
---@param defaults lload.SessionOptions
---@return lload.Session session
function lload.http.session(defaults) end

--- The options of a session: those of a request but for its body, and these.
---@class lload.SessionOptions: lload.RequestOptions
--- Where paths of the session lead, instead of the scenario's `base_url`.
---@field base_url? string
--- Stands before the name of each request.
---@field name_prefix? string

--- What `lload.http.session` returns: called with a dot, like `lload.http`.
---@class lload.Session
---@field get fun(url: string, options?: lload.RequestOptions): lload.Response
---@field head fun(url: string, options?: lload.RequestOptions): lload.Response
---@field post fun(url: string, options?: lload.RequestOptions): lload.Response
---@field put fun(url: string, options?: lload.RequestOptions): lload.Response
---@field patch fun(url: string, options?: lload.RequestOptions): lload.Response
---@field delete fun(url: string, options?: lload.RequestOptions): lload.Response
---@field options fun(url: string, options?: lload.RequestOptions): lload.Response
---@field request fun(method: string, url: string, options?: lload.RequestOptions): lload.Response
--- A redirect that was followed.
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- for _, hop in ipairs(page.hops) do lload.log.info(hop.status, "by", hop.url) end
--- ```
---@class lload.Hop
---@field status integer
---@field url string

--- Phases of a request, in milliseconds. A phase that did not happen is 0.
---@class lload.Timings
--- Sending, waiting and receiving together. For a timeout, all the time until then.
---@field duration number
--- Until the request could start.
---@field blocked number
--- DNS.
---@field looking_up number
--- TCP.
---@field connecting number
--- TLS.
---@field tls_handshaking number
--- Sending the request.
---@field sending number
--- From then to the first byte of the answer.
---@field waiting number
--- From then to the last byte.
---@field receiving number

--- ## Checks and groups

--- Counts tests as passed or failed under their names. A failed check stops nothing; judge it with
--- a threshold on `checks`. A test that raises has failed, and its message is reported.
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- local ok = check(page, {
---   ["status is 200"] = function(response) return response.status == 200 end,
---   ["there are products"] = page:json "products[1]" ~= nil,
--- })
--- if not ok then return end
--- ```
---@param value any handed to each test, usually a response
---@param tests table<string, boolean|fun(value: any): any> a function, or its result
---@return boolean passed whether all tests passed
function lload.check(value, tests) end

--- Runs a function as a group. Its duration goes to the trend `group_duration`, think times
--- included, and every sample inside carries the tag `group`. Groups nest: the inner tag is
--- `outer::inner`.
---
--- ```lua journey
--- local id = group("find", function()
---   return http.get("/api/v1/products"):json "products[1].id"
--- end)
--- group("read", function() http.get("/api/v1/products/:id", { params = { id = id } }) end)
--- ```
---@param name string
---@param run function
---@param ... any handed to `run`
---@return any ... what `run` returns
function lload.group(name, run, ...) end

--- ## Waiting

--- Waits like a person who reads: a random time, evenly spread between two, chosen by the seed.
---
--- ```lua journey
--- think(0.01, 0.03)
--- think "10ms"
--- ```
---@param shortest lload.Duration
---@param longest? lload.Duration `shortest` if absent; raises if it is less
function lload.think(shortest, longest) end

--- Waits a random time around a mean, chosen by the seed: for think times that are not evenly
--- spread. People's are close to lognormal, independent events exponential.
---
--- ```lua journey
--- lload.pause "20ms"
--- lload.pause(0.02, { distribution = "lognormal", deviation = "10ms" })
--- ```
---@param mean lload.Duration
---@param options? lload.PauseOptions
function lload.pause(mean, options) end

--- How `lload.pause` spreads.
---@class lload.PauseOptions
--- `"exponential"` (default), `"lognormal"` or `"normal"`; what a normal distribution draws below
--- 0 is no time at all.
---@field distribution? "exponential"|"lognormal"|"normal"
--- Standard deviation, default a quarter of the mean; not for exponential, whose is the mean.
---@field deviation? lload.Duration

--- Waits a fixed time.
---
--- ```lua journey
--- lload.sleep "20ms"
--- ```
---@param duration lload.Duration
function lload.sleep(duration) end

--- ## Metrics of your own
---
--- Declared while the file loads, added to by users. They appear in every report, and thresholds
--- may name them. A name has letters, digits, `_` and `.`, and is not that of a built-in metric.
--- Declaring the same name and kind again gives the same metric.
---
--- ```lua
--- local lload = require "lload"
---
--- local latency = lload.trend "list_latency"
--- local errors = lload.rate "errors"
---
--- return {
---   thresholds = { list_latency = "p(95)<800", errors = "rate<5%" },
---   journey = function()
---     local page = lload.http.get "/api/v1/products"
---     latency:add(page.timings.duration, { page = "first" })
---     errors:add(not page.ok)
---   end,
--- }
--- ```

--- Declares a counter: the sum of what is added, and its rate a second.
---
--- ```lua
--- local lload = require "lload"
--- local seen = lload.counter "products_seen"
---
--- return {
---   journey = function()
---     seen:add(#lload.http.get("/api/v1/products"):json "products")
---   end,
--- }
--- ```
---@param name string
---@return lload.Metric metric
function lload.counter(name) end

--- Declares a gauge: the latest value, with the least and the greatest.
---
--- ```lua
--- local lload = require "lload"
--- local pages = lload.gauge "pages"
---
--- return {
---   journey = function() pages:add(lload.http.get("/api/v1/products"):json "pages") end,
--- }
--- ```
---@param name string
---@return lload.Metric metric
function lload.gauge(name) end

--- Declares a rate: the share of samples that are true.
---
--- ```lua
--- local lload = require "lload"
--- local cached = lload.rate "cached"
---
--- return {
---   journey = function() cached:add(lload.http.get("/healthz").headers.age ~= nil) end,
--- }
--- ```
---@param name string
---@return lload.Metric metric
function lload.rate(name) end

--- Declares a trend: a distribution with percentiles, to three significant digits. Values are 0 or
--- more, in any unit.
---
--- ```lua
--- local lload = require "lload"
--- local size = lload.trend "page_bytes"
---
--- return {
---   journey = function() size:add(#lload.http.get("/api/v1/products").body) end,
--- }
--- ```
---@param name string
---@return lload.Metric metric
function lload.trend(name) end

--- What the four functions above return.
---@class lload.Metric
local metric = {}

--- Adds a sample. Raises while the file loads.
---
--- ```lua fragment
--- order_latency:add(order.timings.duration, { variant = "XL" })
--- errors:add(not ok)
--- ```
---@param value number|boolean true counts as 1, false as 0
---@param tags? table<string, string|number|boolean> tags of this sample, beside those of the user
function metric:add(value, tags) end

--- ## Data
---
--- Files are read while the scenario loads, once, and shared by all users: a file costs about its
--- own size and 8 bytes a row, however many users there are. Paths are relative to the scenario
--- file.
---
--- | who gets which row | |
--- |---|---|
--- | `data[i]` | row i |
--- | `data:random()` `data:weighted(column)` `data:zipf(s)` | drawn anew each time, by the seed |
--- | `data:next()` | one after another, over all users of the run |
--- | `data:unique()` | each user one of its own |

--- Reads a CSV file (RFC 4180) in UTF-8. The first line names the columns; a row is a table of
--- texts by these names. Quotes, both kinds of line ends and a byte order mark are understood. A
--- missing file, a ragged line or no rows at all is an error with exit code 104.
---
--- ```lua
--- local lload = require "lload"
--- local products = lload.csv "data/products.csv"
---
--- return {
---   journey = function()
---     local row = products:random()
---     lload.http.get("/api/v1/products/:id", { params = { id = row.id } })
---   end,
--- }
--- ```
---@param path string
---@param options? lload.CsvOptions
---@return lload.Data rows
function lload.csv(path, options) end

--- How a CSV file is written, where it is not the usual way.
---
--- ```lua fragment
--- local users = lload.csv("users.csv", { delimiter = ";", header = { "email", "password" } })
--- ```
---@class lload.CsvOptions
--- What is between two fields, one character. A comma if absent.
---@field delimiter? string
--- `false`: the file has no line of names, and a row is a list, `row[1]`, `row[2]`. A list of
--- names: the file has no such line either, and these are the names.
---@field header? boolean|string[]
--- Lines that begin with this character are skipped. None are if absent.
---@field comment? string

--- Reads a JSON file. The elements of an array can be any values; another document is returned as
--- it is.
---
--- ```lua fragment
--- local orders = lload.json "data/orders.json"     -- [ { "items": [ … ] }, … ]
--- local settings = lload.json "data/settings.json" -- { "currency": "EUR" }
--- ```
---@param path string
---@return lload.Data|any data
function lload.json(path) end

--- Reads a file as text, up to 16 MB: a key, a certificate, a body to send. A file that is missing
--- or too large is an error with exit code 104.
---
--- ```lua
--- local lload = require "lload"
--- local list = lload.read_file "data/products.csv"
---
--- return {
---   journey = function() lload.http.post("/api/login", { body = list, expect = 400 }) end,
--- }
--- ```
---@param path string
---@return string text
function lload.read_file(path) end
--- Reads a file of JSON lines: each line is a value of its own, blank ones are skipped.
---
--- ```lua fragment
--- local events = lload.jsonl "data/events.jsonl" -- {"type":"view","id":17} and so on
--- ```
---@param path string
---@return lload.Data rows
function lload.jsonl(path) end
--- Reads a file that requests send, as `body` or within `multipart`. Its bytes are kept once for
--- all users, and requests send them from there; as a body, a file costs no memory of the script.
---
--- ```lua
--- local lload = require "lload"
--- local list = lload.file("data/products.csv", { type = "text/csv" })
---
--- return {
---   journey = function()
---     lload.http.put("/api/v1/products", { body = list, expect = 405 })
---     lload.http.post("/api/login", {
---       multipart = { upload = list, note = "all of them" }, expect = { 200, 400, 415 },
---     })
---   end,
--- }
--- ```
---@param path string
---@param options? lload.FileOptions
---@return lload.File file
function lload.file(path, options) end

--- What a file is called where it goes.
---@class lload.FileOptions
--- Its name in a `multipart` body. The last part of the path if absent.
---@field name? string
--- Its media type, such as `"image/png"`.
---@field type? string

--- A file to send. `#file` is its size in bytes.
---@class lload.File
---@field name string
---@field type? string
local file = {}

--- Its bytes, made a Lua string with each call.
---
--- ```lua fragment
--- local template = letter:text():gsub("NAME", name)
--- ```
---@return string text
function file:text() end

--- Rows of a file. `data[i]` is row i, from 1, or nil; `#data` is how many there are. Each access
--- makes a new table, so that a row may be changed.
---
--- ```lua fragment
--- local account = users[(vu.id - 1) % #users + 1] -- user 1 gets row 1, and so on around
--- ```
---@class lload.Data
--- A row of a CSV file, or an element of a JSON array.
---@field [integer] any
local data = {}

--- A row chosen at random, by the seed.
---
--- ```lua fragment
--- local product = products:random()
--- ```
---@return any row
function data:random() end

--- A row chosen at random, in proportion to the numbers in one of its columns. The first draw reads
--- all of them: with millions of rows make one at the top of the file.
---
--- ```lua
--- local lload = require "lload"
--- local products = lload.csv "data/products.csv"
---
--- return {
---   journey = function()
---     local row = products:weighted "max_quantity"
---     lload.http.get("/api/v1/products/:id", { params = { id = row.id } })
---   end,
--- }
--- ```
---@param column string of rows of JSON: a path like `stock.share`
---@return any row raises if a row has something else there than a number of 0 or more
function data:weighted(column) end

--- A row chosen at random, the first ones more often: row i with a share in proportion to 1 / i^s
--- (Zipf's law), which is how popularity is usually spread.
---
--- ```lua
--- local lload = require "lload"
--- local products = lload.csv "data/products.csv"
---
--- return {
---   journey = function()
---     local row = products:zipf(1)
---     lload.http.get("/api/v1/products/:id", { params = { id = row.id } })
---   end,
--- }
--- ```
---@param s number above 0, at most 100; about 1 for the pages of a site
---@return any row
function data:zipf(s) end

--- The next row: one cursor for all users of the run, warm-up included, whatever the number of
--- threads. After the last row it begins again with the first one, unless `on_end` says otherwise.
--- With `--segment` each machine has its own part of the rows, so that no two get the same one.
--- Raises while the file loads.
---
--- ```lua
--- local lload = require "lload"
--- local products = lload.csv "data/products.csv"
---
--- return {
---   journey = function()
---     local row = products:next { on_end = "stop" }
---     lload.http.get("/api/v1/products/:id", { params = { id = row.id } })
---   end,
--- }
--- ```
---@param options? lload.RowOptions `on_end` is `"wrap"` if absent
---@return any row
function data:next(options) end

--- A row that no other user has: the next free one at a user's first call, and the same at every
--- later one, also when the user leaves and comes back. With `--segment` each machine has its own
--- part of the rows; keep a few to spare where several profiles share a file. Raises while the file
--- loads, and in `setup` and `teardown`, where there is no user.
---
--- ```lua
--- local lload = require "lload"
--- local users = lload.csv "data/users.csv"
---
--- return {
---   on_start = function(vu)
---     local account = users:unique()
---     local body = { email = account.email, password = account.password }
---     vu.token = lload.http.post("/api/login", { json = body }):json "token"
---   end,
---   journey = function() lload.http.get "/api/v1/products" end,
--- }
--- ```
---@param options? lload.RowOptions `on_end` is `"error"` if absent
---@return any row
function data:unique(options) end

--- What `data:next` and `data:unique` take.
---@class lload.RowOptions
--- When no row is left: `"stop"`, this user is done: it leaves without finishing its iteration,
--- which is not counted, runs `on_stop`, and does not come back; a profile whose users are all done
--- is over. `"wrap"`: rows are given again, from the first. `"error"`: the iteration ends, counted
--- in `iterations_failed` with its reason.
---@field on_end? "stop"|"wrap"|"error"

--- Iterates over all rows in order.
---
--- ```lua
--- local lload = require "lload"
--- local single = 0
--- for _, row in lload.csv("data/products.csv"):rows() do
---   if tonumber(row.max_quantity) == 1 then single = tonumber(row.id) end
--- end
---
--- return {
---   journey = function() lload.http.get("/api/v1/products/:id", { params = { id = single } }) end,
--- }
--- ```
---@return fun(): integer, any iterator gives the number of a row, and the row
function data:rows() end

--- ## What users share
---
--- Users know nothing of one another: each has its own `vu`, and each thread its own Lua states.
--- What they have in common goes through these, by name, in journeys, `setup`, `on_start`,
--- `on_stop` and `teardown`. Values are copied: nil, booleans, numbers, strings and tables of them.
--- They live as long as the run, and are this machine's own with `--segment`.

--- Where they are.
---@class lload.shared
lload.shared = {}

--- A whole number that all users count with. It is no metric: `lload.counter` makes one.
---
--- ```lua
--- local lload = require "lload"
--- local pages = lload.shared.counter "pages"
---
--- return {
---   journey = function()
---     lload.http.get("/api/v1/products", { query = { page = (pages:add() - 1) % 15 + 1 } })
---   end,
--- }
--- ```
---@param name string
---@return lload.SharedCounter counter the same for everybody who asks for that name; 0 at first
function lload.shared.counter(name) end

--- A queue from users who have something to users who want it, first in, first out.
---
--- ```lua
--- local lload = require "lload"
--- local http, carts = lload.http, lload.shared.queue("carts", { limit = 1000 })
---
--- local function fill()
---   local page = http.get "/api/v1/products"
---   if not carts:push { id = page:json "products[1].id" } then lload.think(1) end
--- end
---
--- local function view()
---   local cart = carts:pop "2s"
---   if cart then http.get("/api/v1/products/:id", { params = cart }) end
--- end
---
--- return { journeys = { fill = fill, view = view } }
--- ```
---@param name string
---@param options? lload.QueueOptions the same wherever they are given
---@return lload.SharedQueue queue the same for everybody who asks for that name
function lload.shared.queue(name, options) end

--- What is made by one user and used by all. The first user that asks runs the function, which may
--- wait and send requests; others wait until it is done. If it raises, or its user is cut off, the
--- next one runs it.
---
--- ```lua journey
--- local token = lload.shared.once("token", function()
---   local login = http.post("/api/login", { json = { email = "ada@example.com" } })
---   return login:json "token" or "none"
--- end)
--- http.get("/api/v1/products", { bearer = token })
--- ```
---@param name string
---@param make fun(): any its first result is copied for the others
---@return any value
function lload.shared.once(name, make) end

--- What `lload.shared.counter` returns.
---@class lload.SharedCounter
local counter = {}

--- Adds to it.
---
--- ```lua journey
--- local number = lload.shared.counter("orders"):add()
--- ```
---@param change? integer 1 if absent
---@return integer value the new value, which no other user gets from the same change
function counter:add(change) end

--- The value as it is.
---
--- ```lua journey
--- if lload.shared.counter("orders"):get() > 1000 then return end
--- ```
---@return integer value
function counter:get() end

--- What `lload.shared.queue` returns. `#queue` is how many values it holds.
---@class lload.SharedQueue
local queue = {}

--- Adds a value at its end. It never waits.
---
--- ```lua journey
--- local there_was_room = lload.shared.queue("orders"):push { id = 17 }
--- ```
---@param value any but nil
---@return boolean taken false if the queue is full
function queue:push(value) end

--- Takes the first value. With a timeout it waits until there is one; who came first is served
--- first. At the end of a run users that wait are cut off after their `graceful_stop`.
---
--- ```lua journey
--- local orders = lload.shared.queue "orders"
--- local order = orders:pop() or orders:pop "10ms"
--- ```
---@param timeout? lload.Duration how long to wait; not at all if absent
---@return any value nil if there is none
function queue:pop(timeout) end

--- What `lload.shared.queue` takes.
---@class lload.QueueOptions
--- How many values it holds at most, 100,000 if absent.
---@field limit? integer

--- Marks a table as a JSON array, so that an empty one is written `[]` instead of `{}`.
---
--- ```lua journey
--- http.post("/api/login", {
---   json = { email = "ada@example.com", roles = lload.array {}, password = nil },
--- })
--- ```
---@generic T: table
---@param list T
---@return T list the same table
function lload.array(list) end

--- JSON null, for what is sent: `json = { note = lload.null }`. Received nulls read as nil.
---
--- ```lua journey
--- http.post("/api/login", { json = { email = "ada@example.com", note = lload.null } })
--- ```
---@type userdata
lload.null = nil

--- ## Random choices
---
--- Each user has a stream of its own, drawn from `--seed`: the same seed makes the same choices,
--- whatever the number of threads. The seed of a run is in its summary.

--- Functions that choose.
---@class lload.random
lload.random = {}

--- A whole number, both ends included.
---
--- ```lua journey
--- http.get("/api/v1/products", { query = { page = random.int(1, 15) } })
--- ```
---@param low integer
---@param high integer not below `low`, else it raises
---@return integer number
function lload.random.int(low, high) end

--- A number from `low` up to, but not including, `high`.
---
--- ```lua journey
--- lload.sleep(random.float(0.01, 0.02))
--- ```
---@param low? number 0 if absent
---@param high? number 1 if absent
---@return number number
function lload.random.float(low, high) end

--- One element of a list. Raises if the list is empty.
---
--- ```lua journey
--- local variant = random.pick { "S", "M", "L", "XL" }
--- ```
---@generic T
---@param list T[]
---@return T element
function lload.random.pick(list) end

--- A key of a table, in proportion to its weight.
---
--- ```lua journey
--- local path = random.weighted { ["/healthz"] = 9, ["/api/v1/products"] = 1 }
--- http.get(path)
--- ```
---@generic K
---@param weights table<K, number> weights are 0 or more, and not all 0, else it raises
---@return K key
function lload.random.weighted(weights) end

--- Text of random characters.
---
--- ```lua journey
--- local email = random.string(8) .. "@example.com"
--- local pin = random.string(4, "0123456789")
--- ```
---@param length integer
---@param alphabet? string the characters to choose from; lower-case letters and digits if absent
---@return string text
function lload.random.string(length, alphabet) end

--- A number from a normal distribution: most are near the mean, 95 % within two deviations.
---
--- ```lua journey
--- local weight_g = math.max(1, random.normal(500, 80))
--- ```
---@param mean? number 0 if absent
---@param deviation? number the standard deviation, 0 or more; 1 if absent
---@return number number
function lload.random.normal(mean, deviation) end

--- A rank from 1 to `n` by Zipf's law, rank k in proportion to 1/k^s: a few things are asked for
--- very often, most of them hardly ever, as with products, pages and words.
---
--- ```lua journey
--- http.get("/api/v1/products/:id", { params = { id = random.zipf(300) } })
--- ```
---@param n integer 1 or more, else it raises
---@param s? number how steep, from 0, which is even; 1 if absent, which is usual
---@return integer rank
function lload.random.zipf(n, s) end

--- A UUID of version 4 from the user's stream: repeatable by `--seed`, hence no secret.
---
--- ```lua journey
--- http.post("/api/login", {
---   headers = { ["Idempotency-Key"] = lload.uuid() }, json = { email = "ada@example.com" },
--- })
--- ```
---@return string uuid
function lload.uuid() end

--- ## Digests, signatures and encodings
---
--- All of this works while the file loads, too. What is not text is refused at the caller's line;
--- what came from a server and turns out wrong gives nil and a message.

--- Digests, HMAC and base64, by OpenSSL.
---@class lload.crypto
lload.crypto = {}

--- How bytes are written: two hexadecimal digits each, base64 (RFC 4648) with the standard alphabet
--- and padding, base64 for URLs without padding, or as they are.
---@alias lload.Encoding "hex"|"base64"|"base64url"|"raw"

--- The MD5 digest of a text. Of use for servers that want it, not against anybody.
---
--- ```lua journey
--- http.get("/api/v1/products", { headers = { ["X-Checksum"] = lload.crypto.md5 "page=1" } })
--- ```
---@param text string
---@param encoding? lload.Encoding `"hex"` if absent
---@return string digest
function lload.crypto.md5(text, encoding) end

--- The SHA-1 digest of a text.
---
--- ```lua journey
--- local digest = lload.crypto.sha1("gift", "base64")
--- ```
---@param text string
---@param encoding? lload.Encoding `"hex"` if absent
---@return string digest
function lload.crypto.sha1(text, encoding) end

--- The SHA-256 digest of a text.
---
--- ```lua journey
--- local body = '{"email":"ada@example.com"}'
--- local digest = "sha-256=:" .. lload.crypto.sha256(body, "base64") .. ":"
--- http.post("/api/login", { body = body, headers = { ["Content-Digest"] = digest } })
--- ```
---@param text string
---@param encoding? lload.Encoding `"hex"` if absent
---@return string digest
function lload.crypto.sha256(text, encoding) end

--- The SHA-512 digest of a text.
---
--- ```lua journey
--- local digest = lload.crypto.sha512 "gift"
--- ```
---@param text string
---@param encoding? lload.Encoding `"hex"` if absent
---@return string digest
function lload.crypto.sha512(text, encoding) end

--- The HMAC of a text (RFC 2104), which signs requests to many APIs.
---
--- ```lua journey
--- local signature = lload.crypto.hmac("sha256", "the shared key", "GET /healthz", "base64")
--- http.get("/healthz", { headers = { ["X-Signature"] = signature } })
--- ```
---@param algorithm "md5"|"sha1"|"sha256"|"sha512"
---@param key string
---@param text string
---@param encoding? lload.Encoding `"hex"` if absent
---@return string code
function lload.crypto.hmac(algorithm, key, text, encoding) end

--- Bytes that nobody can guess or repeat, not even with `--seed`. For what only has to differ, take
--- `lload.uuid` or `random.string`.
---
--- ```lua journey
--- local nonce = lload.crypto.random_bytes(16, "base64url")
--- ```
---@param n integer up to 1,048,576
---@param encoding? lload.Encoding `"raw"` if absent
---@return string bytes
function lload.crypto.random_bytes(n, encoding) end

--- Base64 with `+`, `/` and padding.
---@class lload.crypto.base64
lload.crypto.base64 = {}

--- Writes bytes as base64.
---
--- ```lua journey
--- local upload = { name = "note.txt", content = lload.crypto.base64.encode "a note" }
--- ```
---@param text string
---@return string encoded
function lload.crypto.base64.encode(text) end

--- Reads base64. Spaces, missing padding and other alphabets are not taken.
---
--- ```lua journey
--- local note = lload.crypto.base64.decode "YSBub3Rl" -- "a note"
--- ```
---@param text string
---@return string? decoded nil if it is not base64
---@return string? message why it is nil
function lload.crypto.base64.decode(text) end

--- Base64 with `-` and `_`, for URLs and tokens.
---@class lload.crypto.base64url
lload.crypto.base64url = {}

--- Writes bytes as base64 for URLs, without padding.
---
--- ```lua journey
--- local state = lload.crypto.base64url.encode '{"page":1}'
--- http.get("/api/v1/products", { query = { state = state } })
--- ```
---@param text string
---@return string encoded
function lload.crypto.base64url.encode(text) end

--- Reads base64 for URLs, with padding or without.
---
--- ```lua journey
--- local state = lload.crypto.base64url.decode "eyJwYWdlIjoxfQ" -- {"page":1}
--- ```
---@param text string
---@return string? decoded nil if it is not base64 for URLs
---@return string? message why it is nil
function lload.crypto.base64url.decode(text) end

--- JSON web tokens: what an identity provider would issue, made by the test itself, and what a
--- server issued, taken apart.
---@class lload.jwt
lload.jwt = {}

--- Makes a signed token (RFC 7519). `exp`, `iat` and the like are claims as any other.
---
--- ```lua journey
--- local claims = { sub = "user-" .. vu.id, exp = os.time() + 300 }
--- local token = lload.jwt.sign(claims, "the shared key")
--- http.get("/api/v1/products", { bearer = token })
--- ```
---@param claims table<string, any> what `json` of a request takes
---@param key string the secret of HS256, or a private RSA key in PEM; see `lload.read_file`
---@param options? lload.JwtSignOptions
---@return string token
function lload.jwt.sign(claims, key, options) end

--- How a token is signed.
---@class lload.JwtSignOptions
--- `"RS256"` for a key in PEM and `"HS256"` for any other, if absent. PEM with HS256 raises.
---@field algorithm? "HS256"|"RS256"
--- Fields of the header beside `alg` and `typ`, such as `kid`.
---@field header? table<string, any>

--- Takes a token apart. Without a key nothing is verified. With one, the signature must be right,
--- and by the algorithm that belongs to the key, whatever the token itself says; one that is not
--- signed (`none`) is refused.
---
--- ```lua journey
--- local token = lload.jwt.sign({ sub = "ada", exp = os.time() + 300 }, "a key")
--- local claims = assert(lload.jwt.decode(token, "a key", { at = os.time() }))
--- lload.log.debug("signed in as", claims.sub)
--- ```
---@param token string? nil is no token
---@param key? string the secret of HS256, or an RSA key in PEM, public or private
---@param options? lload.JwtDecodeOptions
---@return table? claims nil if it is no token, or not a valid one
---@return table|string header or, without claims, why it is not valid
function lload.jwt.decode(token, key, options) end

--- What is verified.
---@class lload.JwtDecodeOptions
--- The only algorithm that is taken. That of the key if absent.
---@field algorithm? "HS256"|"RS256"
--- A time in seconds since 1970 at which the token must be valid, by its `exp` and `nbf`. Neither
--- is looked at if absent.
---@field at? number

--- ## Pages
---
--- An extractor, not a browser: tags, attributes, comments and scripts are read as browsers read
--- them, but a broken page is not repaired, and no script runs. An element reaches to its end tag,
--- or to that of an element around it. Character references are numbers, `&amp;`, `&lt;`, `&gt;`,
--- `&quot;`, `&apos;` and `&nbsp;`; others stay as they are. Of a page with more than 100,000
--- elements the rest is not seen; lists end after 1,000 entries, texts after 64 kB.
---
--- A selector is a tag or `*` with any of `#id`, `.class`, `[name]` and `[name=value]` (also `~=`
--- `^=` `$=` `*=`), and several of these, separated by spaces, inside each other:
--- `form#login input[name="csrf"]`. Anything else raises.

--- HTML that came in another way than as the body of a response.
---
--- ```lua journey
--- local page = lload.html '<p>Your code is <b class="code">1234</b></p>'
--- local code = page:first ".code".text
--- ```
---@param text string
---@return lload.Html page
function lload.html(text) end

--- A page, see `r:html` and `lload.html`. What is not there is nil, or an empty list.
---@class lload.Html
local page = {}

--- An element of a page.
---@class lload.Element
--- In lower case.
---@field tag string
--- What is in it, without tags; white space counts as one space.
---@field text string
--- By name, in lower case. One without a value is `""`.
---@field attributes table<string, string>

--- The first element that fits.
---
--- ```lua journey
--- local page = lload.html '<meta name="csrf-token" content="a1b2">'
--- local token = page:first 'meta[name="csrf-token"]'.attributes.content
--- ```
---@param selector string
---@return lload.Element? element
function page:first(selector) end

--- All elements that fit.
---
--- ```lua journey
--- local page = lload.html "<ul><li>one<li>two</ul>"
--- for _, item in ipairs(page:all "ul li") do lload.log.debug(item.text) end
--- ```
---@param selector string
---@return lload.Element[] elements
function page:all(selector) end

--- The links: all `a` elements with a `href`.
---
--- ```lua journey
--- local r = http.get "/api/v1/products"
--- local link = random.pick(lload.html('<a href="products?page=2">next</a>'):links())
--- http.get(lload.url.resolve(r.url, link.href), { name = "next page" })
--- ```
---@return lload.Link[] links
function page:links() end

--- A link as it is written; `lload.url.resolve` says where it leads.
---@class lload.Link
---@field href string
---@field text string

--- The value of the first hidden field of that name.
---
--- ```lua journey
--- local page = lload.html '<form id=login><input type=hidden name=csrf value=a1b2></form>'
--- local token = page:hidden("csrf", "#login")
--- ```
---@param name string
---@param form? string a selector of the form; the whole page if absent
---@return string? value
function page:hidden(name, form) end

--- A form with all that a browser would send of it if nobody had changed anything: hidden fields,
--- texts, checked boxes, selected options; neither buttons nor files.
---
--- ```lua journey
--- local r = http.get "/api/v1/products"
--- local page = lload.html '<form method=post action=/api/login><input name=email></form>'
--- local form = page:form()
--- form.fields.email = "ada@example.com"
--- http.request(form.method, lload.url.resolve(r.url, form.action), { form = form.fields })
--- ```
---@param selector? string the first form if absent
---@return lload.Form? form
function page:form(selector) end

--- A form of a page.
---@class lload.Form
--- As it is written; `""` is the page itself.
---@field action string
---@field method "GET"|"POST"
--- Values by name, what option `form` or `query` of a request takes. A repeated name has a list.
---@field fields table<string, string|string[]>

--- ## Finding values in text
---
--- `r:json` and `r:html` find values in JSON and HTML. In other text, Lua patterns do for most
--- things: `body:match "token=(%w+)"`. They are no regular expressions: there is no `|`, no group
--- that repeats or may be absent, and `-` is the shortest repetition. For all that there is
--- `lload.regex`.

--- A regular expression with the syntax and meaning of Perl's, by PCRE2. It is compiled once,
--- wherever it stands.
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- local name = lload.regex([["name":\s*"(.*?)"]]):match(page.body)
--- local size = lload.regex("(\\d+) ?(kb|mb)", "i"):match "a file of 12 MB"
--- ```
---@param pattern string in `[[…]]` backslashes need not be doubled; a broken one raises
---@param flags? lload.RegexFlags
---@return lload.Regex regex
function lload.regex(pattern, flags) end

--- Letters: `i` ignores case, `m` lets `^` and `$` match at every line, `s` lets `.` match
--- newlines, `x` allows spaces and comments in the pattern, `u` reads UTF-8 instead of bytes.
---@alias lload.RegexFlags string

--- A compiled regular expression. A group that took no part in a match is `false`. What takes too
--- long is given up, after a million steps or about 0.1 s: no answer of a server can hold up a run.
---@class lload.Regex
local re = {}

--- The groups of the first match, or all of it if there are no groups.
---
--- ```lua journey
--- local major, minor = lload.regex([[(\d+)\.(\d+)]]):match "lload 0.1"
--- ```
---@param text string? nil, which is what a server did not send, is no match
---@param init? integer where to begin, as in `string.match`
---@return string|boolean|nil ... nil and perhaps a message if there is no match
function re:match(text, init) end

--- Where the first match is.
---
--- ```lua journey
--- local first, last = lload.regex("b+"):find "abbbc" -- 2, 4
--- ```
---@param text string?
---@param init? integer where to begin, as in `string.find`
---@return integer? first nil and perhaps a message if there is no match
---@return integer last
---@return string|boolean ... the groups
function re:find(text, init) end

--- Iterates over all matches; each gives what `match` does.
---
--- ```lua journey
--- for name, value in lload.regex([[(\w+)=(\w+)]]):gmatch "a=1&b=2" do
---   lload.log.debug(name, value)
--- end
--- ```
---@param text string?
---@return fun(): string|boolean, ... iterator ends early if matching takes too long
function re:gmatch(text) end

--- ## Addresses
---
--- What a request takes as `params` and `query` is encoded for you. These functions are for links
--- and addresses that a server sends.

--- Addresses by RFC 3986.
---@class lload.url
lload.url = {}

--- The parts of an address. Absent parts are nil.
---@class lload.Url
--- In lower case, such as `https`.
---@field scheme? string
--- What stands before the `@`.
---@field userinfo? string
--- In lower case, an IPv6 address without its brackets.
---@field host? string
---@field port? integer
--- As it is written, with its escapes. `""` if there is none.
---@field path string
--- Names and values, decoded; a repeated name has a list.
---@field query? table<string, string|string[]>
--- As it is written, without the `#`.
---@field fragment? string

--- Takes an address apart, a whole one or a relative one.
---
--- ```lua journey
--- local next_page = lload.url.parse "http://shop.test/api/v1/products?page=2"
--- http.get(next_page.path, { query = { page = next_page.query.page } })
--- ```
---@param text string
---@return lload.Url? parts nil if the host or the port is not valid
---@return string? message why it is nil
function lload.url.parse(text) end

--- Puts an address together. What may not stand in it is percent-encoded; a `%` in the path is
--- taken for an escape.
---
--- ```lua journey
--- local url = lload.url.parse "/api/v1/products?page=2"
--- url.query.page = 3
--- http.get(lload.url.build(url))
--- ```
---@param parts lload.Url `query` may be text as well; unknown parts raise
---@return string url
function lload.url.build(parts) end

--- Where a link leads that was found on a page (RFC 3986, section 5).
---
--- ```lua journey
--- local page = http.get "/api/v1/products"
--- http.get(lload.url.resolve(page.url, "products?page=2"))
--- ```
---@param base string the address of the page, such as `response.url`
---@param reference string the link as it is written: `../cart`, `?page=2`, `//other.test/`
---@return string? url nil if the base has no scheme, or one of them is no text
---@return string? message why it is nil
function lload.url.resolve(base, reference) end

--- Percent-encodes all but letters, digits and `- . _ ~`.
---
--- ```lua journey
--- http.get("/api/v1/products?page=" .. lload.url.encode "1")
--- ```
---@param text string
---@return string encoded
function lload.url.encode(text) end

--- Undoes percent-encoding. What is no escape stays as it is, so does `+`.
---
--- ```lua journey
--- local name = lload.url.decode "caf%C3%A9"
--- ```
---@param text string
---@return string decoded
function lload.url.decode(text) end

--- Names and values as a query, in the order of the names: what option `query` sends.
---
--- ```lua journey
--- http.get("/api/v1/products?" .. lload.url.query { page = 2, tag = { "new", "paid" } })
--- ```
---@param values table<string, string|number|boolean|(string|number|boolean)[]>
---@return string query without a `?`
function lload.url.query(values) end

--- ## Time
---
--- For timestamps that are sent or received. What a run measures has a clock of its own, which
--- nobody sets; see `r.timings`, `lload.group` and `lload.trend`.

--- Time as seconds since 1970, and as text in UTC.
---@class lload.time
lload.time = {}

--- The time of day as seconds since 1970, to the millisecond.
---
--- ```lua journey
--- local token = lload.jwt.sign({ iat = math.floor(lload.time.now()) }, "the shared key")
--- ```
---@return number seconds
function lload.time.now() end

--- A time in ISO 8601, as in `2026-01-31T10:00:00.000Z`.
---
--- ```lua journey
--- http.post("/api/login", { json = { email = "ada@example.com", at = lload.time.iso8601() } })
--- ```
---@param t? number seconds since 1970, now if absent
---@return string text
function lload.time.iso8601(t) end

--- A time in UTC by a format of C's `strftime`.
---
--- ```lua journey
--- local tomorrow = lload.time.format(lload.time.now() + 86400, "%Y-%m-%d")
--- ```
---@param t? number seconds since 1970, now if nil
---@param format string
---@return string text
function lload.time.format(t, format) end

--- Reads a date, or date and time, in ISO 8601, such as `2026-01-31T12:00:00.5+02:00`. Without a
--- zone it is UTC.
---
--- ```lua journey
--- local age_s = lload.time.now() - lload.time.parse "2026-01-31T12:00:00+02:00"
--- ```
---@param text string
---@return number? seconds since 1970; nil if it is no such time
---@return string? message why it is nil
function lload.time.parse(text) end

--- ## Settings, log lines, and giving up

--- A setting from outside: from the profile's `env` (in its journeys), else `-e NAME=VALUE`, else
--- the environment.
---
--- ```lua
--- local lload = require "lload"
--- local PAGE = tonumber(lload.env("PAGE", "1"))
---
--- return {
---   base_url = lload.env("BASE_URL", "http://127.0.0.1:8080"),
---   journey = function() lload.http.get("/api/v1/products", { query = { page = PAGE } }) end,
--- }
--- ```
---@param name string
---@param default? string what stands for a setting that is not there
---@return string? value
function lload.env(name, default) end

--- Ends the run: no further iterations start, reports are written, the exit code is 108. Does not
--- return. Raises while the file loads.
---
--- ```lua journey
--- if http.get("/healthz").status ~= 200 then
---   lload.abort "the shop is not healthy"
--- end
--- ```
---@param reason? string
function lload.abort(reason) end

--- Log lines on standard error, each with the number of the user and of its iteration.
---@class lload.log
lload.log = {}

--- Writes an error line. It changes no verdict.
---
--- ```lua journey
--- lload.log.error("cannot happen", vu.id)
--- ```
---@param ... any joined with spaces
function lload.log.error(...) end

--- Writes a warning.
---
--- ```lua journey
--- lload.log.warn("no stock for", 17)
--- ```
---@param ... any joined with spaces
function lload.log.warn(...) end

--- Writes a line for people who watch the run.
---
--- ```lua journey
--- lload.log.info("iteration", vu.iteration, "of user", vu.id)
--- ```
---@param ... any joined with spaces
function lload.log.info(...) end

--- Writes a line for debugging, which is hidden at the usual log level.
---
--- ```lua journey
--- lload.log.debug("token", vu.token)
--- ```
---@param ... any joined with spaces
function lload.log.debug(...) end

return lload
