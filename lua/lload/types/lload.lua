---@meta lload
-- What scenario files see, for the Lua language server, in the files of this folder. They are the
-- one source of docs/scenario-api.md, which scripts/api-reference.lua writes from them in the order
-- of its own table. Never required at run time. A comment block that belongs to nothing is prose
-- and goes to the page as it is.
--
-- This one: what a scenario is made of, values with units, and the module itself.

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

--- What `require "lload"` returns.
---@class lload
local lload = {}

return lload
