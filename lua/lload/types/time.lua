---@meta _
-- The time of day, and how it is written.

---@class lload
local lload = {}

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
