---@meta _
-- Files of data, and files to send.

---@class lload
local lload = {}

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
--- ```lua
--- local lload = require "lload"
--- local header = { "email", "password" }
--- local partners = lload.csv("data/partners.csv", { delimiter = ";", header = header })
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
--- ```lua
--- local lload = require "lload"
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
--- ```lua
--- local lload = require "lload"
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
--- ```lua
--- local lload = require "lload"
--- local template = lload.file("data/letter.txt"):text()
--- local letter = template:gsub("NAME", "Ada")
--- ```
---@return string text
function file:text() end

--- Rows of a file. `data[i]` is row i, from 1, or nil; `#data` is how many there are. Each access
--- makes a new table, so that a row may be changed.
---
--- ```lua
--- local lload = require "lload"
--- local users = lload.csv "data/users.csv"
---
--- return {
---   journey = function(vu)
---     local account = users[(vu.id - 1) % #users + 1] -- user 1 gets row 1, and so on around
---     lload.http.post("/api/login", { json = { email = account.email } })
---   end,
--- }
--- ```
---@class lload.Data
--- A row of a CSV file, or an element of a JSON array.
---@field [integer] any
local data = {}

--- A row chosen at random, by the seed.
---
--- ```lua
--- local lload = require "lload"
--- local products = lload.csv "data/products.csv"
---
--- return {
---   journey = function()
---     lload.http.get("/api/v1/products/:id", { params = { id = products:random().id } })
---   end,
--- }
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
