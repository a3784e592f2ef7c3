---@meta _
-- Metrics that a scenario declares.

---@class lload
local lload = {}

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
--- ```lua
--- local lload = require "lload"
--- local latency, errors = lload.trend "login_latency", lload.rate "login_errors"
---
--- return {
---   journey = function()
---     local login = lload.http.post("/api/login", { json = { email = "ada@example.com" } })
---     latency:add(login.timings.duration, { kind = "first" })
---     errors:add(not login.ok)
---   end,
--- }
--- ```
---@param value number|boolean true counts as 1, false as 0
---@param tags? table<string, string|number|boolean> tags of this sample, beside those of the user
function metric:add(value, tags) end
