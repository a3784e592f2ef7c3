---@meta _
-- Settings from outside, log lines, and giving up.

---@class lload
local lload = {}

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
