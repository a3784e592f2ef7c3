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

--- A rate: `"50/s"`, `"10000/m"`, `"100/h"`, or a number a second.
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
--- A scenario without stages has one user do one iteration. `-u`, `-d` and `-i` give it another
--- shape.

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

--- ## Stages: how much load, and when
---
--- A stage is one profile, or a list of profiles that run in parallel, each with users of its own.
--- What a profile takes depends on its `executor`. `lload check FILE` prints what each stage will
--- do.

--- One profile, or a list of them.
---@alias lload.Stage lload.Profile|lload.Profile[]

--- A profile, by its `executor`.
---@alias lload.Profile
---| lload.ConstantVus
---| lload.RampingVus
---| lload.SharedIterations
---| lload.PerVuIterations
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
--- Tags of every sample of these users.
---@field tags? table<string, string|number|boolean>
--- What `lload.env` finds first in the journeys of these users.
---@field env? table<string, string|number|boolean>

--- A fixed number of users for a fixed time.
---
--- ```lua fragment
--- smoke = { executor = "constant-vus", vus = 2, duration = "10s" }
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

--- A steady base, a sudden peak, and the base again to watch the recovery. Its five steps are
--- before, rise, hold, fall and recovery.
---
--- ```lua fragment
--- spike = { executor = "spike", vus = 50, peak = 500, rise = "10s", hold = "1m", fall = "10s" }
--- ```
---@class lload.Spike: lload.ProfileOptions
---@field executor "spike"
--- Users before and after the peak, 0 or more.
---@field vus lload.Count
--- Users at the peak, more than `vus`.
---@field peak lload.Count
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
--- soak.
---
--- ```lua fragment
--- soak = { executor = "soak", vus = 500, ramp = "2m", duration = "30m" }
--- ```
---@class lload.Soak: lload.ProfileOptions
---@field executor "soak"
--- Users that are held.
---@field vus lload.Count
--- How long the way up takes, 0 if absent.
---@field ramp? lload.Duration
--- How long the load is held.
---@field duration lload.Duration

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
--- ```
---@class lload.Vu
--- 1 to N, over all profiles and workers of the run.
---@field id integer
--- The number of this user's iteration, from 1. 0 before the first.
---@field iteration integer
--- The name of the journey that runs; `"default"` for the one of `journey`. Nil in `on_start`.
---@field journey? string
--- The name of the stage.
---@field stage string
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
--- Answers compressed with gzip or deflate are decoded. `Accept-Encoding` is sent only if you set
--- it. `User-Agent` is `lload/VERSION` unless you set it.
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
--- The body as it is. Only one of `json`, `form` and `body` may be given.
---@field body? string
--- A token for `Authorization: Bearer`. It wins over an `Authorization` of the scenario or of `-H`;
--- with `basic`, or with one in the `headers` of the same request, it is misuse and raises.
---@field bearer? string
--- Credentials for `Authorization: Basic`: `{ user, password }` or `"user:password"`. They win and
--- raise like `bearer`.
---@field basic? string|string[]
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
--- The decoded body, made a Lua string when it is first read. `""` without one.
---@field body string
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
--- Files are read while the scenario loads, once, and shared by all users. Paths are relative to
--- the scenario file.

--- Reads a CSV file. The first line names the columns; a row is a table of texts by these names.
--- Quotes and both kinds of line ends are understood. A missing file, a ragged line or no rows at
--- all is an error with exit code 104.
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
---@return lload.Data rows
function lload.csv(path) end

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
