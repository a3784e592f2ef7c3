--- What the conveniences of a journey cost: CPU time per request, each beside the bare request.

local measure = require "spec.bench.measure"

local M = {}

local USERS = "50"
local MUST = 1.2 -- for all but the parsing of what the script asks for

local HEAD = [[
local lload = require "lload"
local http, check, group = lload.http, lload.check, lload.group
local is_200 = { ["status is 200"] = function(r) return r.status == 200 end }
local three = {
  ["status is 200"] = function(r) return r.status == 200 end,
  ["it is good"] = function(r) return r.ok end,
  ["there is no error"] = function(r) return r.error == nil end,
}
local tagged = { tags = { kind = "page", area = "shop" } }
local own_cookies = { cookies = { variant = "b" } }
local session = http.session { headers = { ["X-Team"] = "shop" }, name_prefix = "v1 " }
local function get() return http.get "/x" end
]]

-- Ways of one base stand behind it. `text` is the body of the journey.
local WAYS = {
  { name = "a request, nothing else", text = [[http.get "/x"]] },
  { name = "one check", text = [[check(http.get "/x", is_200)]], must = MUST },
  { name = "three checks", text = [[check(http.get "/x", three)]], must = MUST },
  { name = "a header read", text = [[local size = http.get "/x".headers.etag]], must = MUST },
  { name = "a timing read", text = [[local ms = http.get "/x".timings.waiting]], must = MUST },
  { name = "two tags", text = [[http.get("/x", tagged)]], must = MUST },
  { name = "a group", text = [[group("page", get)]], must = MUST },
  { name = "`r:expect`", text = [[http.get "/x":expect(200)]], must = MUST },
  { name = "a session with a header", text = [[session.get "/x"]], must = MUST },
  { name = "a cookie of the request", text = [[http.get("/x", own_cookies)]], must = MUST },
  {
    name = "a cookie of the user", text = [[http.get "/x"]], must = MUST,
    on_start = [[vu.cookies:set("session", "0123456789abcdef")]],
  },
  { name = "a cookie set by each answer", text = [[http.get "/cookie"]], must = MUST },
  {
    name = "one check, two tags, a group and a cookie of the user",
    text = [[group("page", function() check(http.get("/x", tagged), is_200) end)]],
    on_start = [[vu.cookies:set("session", "0123456789abcdef")]],
  },
  { name = "0.8 kB of JSON, not looked at", text = [[http.get "/json"]], is_base = true },
  { name = "one value by its path", text = [[local id = http.get "/json":json "products[5].id"]] },
  { name = "the whole document", text = [[local all = http.get "/json":json()]] },
}

local function scenario(way)
  return ("%sreturn {\n  on_start = function(vu) %s end,\n  journey = function(vu) %s end,\n}\n")
    :format(HEAD, way.on_start or "", way.text)
end

-- CPU microseconds of the worker's thread per request, without what starts and ends a run.
local function cost(way, url, seconds)
  local _, result = measure.lload(scenario(way),
    { "--base-url", url, "-u", USERS, "-d", seconds .. "s", "--warmup", "200ms" })
  assert(result.metrics.http_req_failed.rate == 0, "requests failed")
  return result.generator.busiest_worker * result.duration_s / result.metrics.http_reqs.count * 1e6
end

--- Measures all ways in turn, several times over. What else the machine does can only add: the
--- least of each counts, and its ratio to that of its base.
---@param seconds number of each run
---@param rounds integer
---@return table[]
function M.run(seconds, rounds)
  local nginx = measure.nginx()
  local least = {}
  for _ = 1, rounds do
    for i, way in ipairs(WAYS) do
      local us = cost(way, nginx.url, seconds)
      least[i] = math.min(least[i] or us, us)
      io.stderr:write(("  %-42s %6.2f µs\n"):format(way.name, us))
    end
  end
  measure.stop(nginx)
  local figures, base = {}, 1
  for i, way in ipairs(WAYS) do
    if way.is_base then base = i end
    local ratio = i ~= base and least[i] / least[base] or nil
    figures[i] = { name = way.name, us = least[i], must = way.must, ratio = ratio }
  end
  return figures
end

return M
