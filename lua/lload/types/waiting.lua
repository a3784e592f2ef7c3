---@meta _
-- Think times and pauses.

---@class lload
local lload = {}

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
