---@meta _
-- Random choices from the stream of a user.

---@class lload
local lload = {}

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
