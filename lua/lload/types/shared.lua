---@meta _
-- What users have in common.

---@class lload
local lload = {}

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
