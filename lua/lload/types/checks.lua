---@meta _
-- Checks and groups.

---@class lload
local lload = {}

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
