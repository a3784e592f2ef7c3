---@meta _
-- The user, and its cookies.

--- ## The user

--- A virtual user. Journeys, `on_start` and `on_stop` get it as their argument. It lives as long as
--- the user, has connections of its own, and keeps any field that a script sets.
---
--- ```lua journey
--- vu.visits = (vu.visits or 0) + 1
--- http.get("/api/v1/products/:id", { params = { id = (vu.id + vu.visits) % 300 + 1 } })
--- local email = ("buyer%d@example.com"):format(vu.iteration_in_run) -- a new one each time
--- http.post("/api/login", { json = { email = email } })
--- ```
---@class lload.Vu
--- 1 to N, over all profiles and workers of the run.
---@field id integer
--- The number of this user's iteration, from 1. 0 before the first.
---@field iteration integer
--- The number of this iteration, from 1, over all users and all machines (`--segment`): no other
--- iteration of the profile has it. In the open model it is the number of the arrival. 0 in the
--- warm-up.
---@field iteration_in_run integer
--- The name of the journey that runs; `"default"` for the one of `journey`. Nil in `on_start`.
---@field journey? string
--- The name of the stage.
---@field stage string
--- How much of the time of this user's profile is over, from 0 to 1. Nil in `setup`.
---@field progress? number
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
