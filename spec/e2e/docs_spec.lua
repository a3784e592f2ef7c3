--- The Lua in the documentation works. What a fenced block is says its first line:
---
---   ```lua            a scenario file, or the top of one; it passes `lload check` and, for one
---                     iteration, a run against the demo shop
---   ```lua journey    what a journey does, with lload, http, check, group, think and random at
---                     hand; it runs against the demo shop
---   ```lua stages     entries of `stages`; they pass `lload check`
---   ```lua fields     fields of the table that a scenario returns; they pass `lload check`
---   ```lua not run: REASON   compiles
local lfs = require "lfs"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local pages = require "spec.support.pages"
local process = require "spec.support.process"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

-- What the blocks read, by the paths that they use.
local FILES = {
  ["data/products.csv"] = tmp.read "scenarios/data/products.csv",
  ["data/users.csv"] = tmp.read "scenarios/data/users.csv",
  ["data/orders.json"] = tmp.read "examples/data_driven/data/orders.json",
  ["data/settings.json"] = '{ "currency": "EUR" }\n',
  ["data/events.jsonl"] = '{"type":"view","id":17}\n{"type":"buy","id":4}\n',
  ["data/partners.csv"] = "ada@example.com;secret\nbob@example.com;hidden\n",
  ["data/letter.txt"] = "Dear NAME,\n",
  ["lib/shop.lua"] = "return { path = '/api/v1/products' }\n",
}

local KEY_PASSWORD = "sesame"

-- The demo shop, and what it does not have.
local FRONT = [[
  server {
    listen 127.0.0.1:@PORT_A@;
    location ~ ^(/api/v1)?/events$ {
      default_type text/event-stream;
      return 200 "event: order_paid\ndata: 17\n\nevent: order_shipped\ndata: 17\n\n";
    }
    location ~ ^/(ws|feed) {
      rewrite .* /echo break;
      proxy_pass @WS@;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
    location / { proxy_pass @SHOP@; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
]]

-- In place of %s: the block, whose lines keep their numbers.
local LOCALS = [[
local lload = require "lload"
local http, check, group = lload.http, lload.check, lload.group
local think, random = lload.think, lload.random
]]

-- Each iteration runs one block; errors name the block and its line.
local JOURNEYS = LOCALS .. [[
local blocks = {
%s
}
for i, block in ipairs(blocks) do blocks[i] = assert(load(block[2], "=" .. block[1])) end
return { journey = function(vu)
  blocks[vu.iteration](vu, lload, http, check, group, think, random)
end }
]]

local JOURNEY_HEAD = "local vu, lload, http, check, group, think, random = ... "

-- Assignments become fields of a table.
local ASSIGNED = LOCALS .. [[
local fields = setmetatable({}, { __index = _G })
setfenv(function()
%s
end, fields)()
setmetatable(fields, nil)
]]

local FRAMES = {
  stages = ASSIGNED .. "return { stages = fields, journey = function() end }\n",
  fields = ASSIGNED .. "fields.journey = fields.journey or function() end\nreturn fields\n",
  top = "%s\nreturn { journey = function() end }\n",
}

local function framed(frame, text)
  return (FRAMES[frame]:gsub("%%s", function() return text end))
end

local function quoted(text)
  local level = "=="
  while text:find("]" .. level .. "]", 1, true) do level = level .. "=" end
  return ("[%s[%s]%s]"):format(level, text, level)
end

local function openssl(dir, ...)
  local child = process.spawn({ "openssl", ... }, { cwd = dir, stderr = dir .. "/openssl.err" })
  assert(child:wait(20) and child.code == 0, tmp.read(dir .. "/openssl.err"))
end

-- A folder with all files that blocks read.
local function folder()
  local dir = tmp.dir()
  for _, name in ipairs { "data", "lib", "tls" } do assert(lfs.mkdir(dir .. "/" .. name)) end
  for path, text in pairs(FILES) do tmp.write(dir, path, text) end
  openssl(dir .. "/tls", "req", "-x509", "-newkey", "rsa:2048", "-subj", "/CN=client", "-days", "2",
    "-passout", "pass:" .. KEY_PASSWORD, "-keyout", "client.key", "-out", "client.pem")
  tmp.write(dir, "tls/our-ca.pem", tmp.read(dir .. "/tls/client.pem"))
  return dir
end

-- How a block is tried: "journey", "file", "check" or "compile"; nil for a mark nobody knows.
local WAYS = { [""] = "file", journey = "journey", stages = "check", fields = "check" }
local function way_of(block)
  return WAYS[block.mark] or block.mark:find "^not run: %S" and "compile" or nil
end

-- The journeys of one page, run once, one after another.
local function run_journeys(blocks, dir, url)
  local list = {}
  for i, block in ipairs(blocks) do
    list[i] = ("  { %q, %s },"):format(block.place, quoted(JOURNEY_HEAD .. block.text))
  end
  local path = tmp.write(dir, "journeys.lua",
    (JOURNEYS:gsub("%%s", function() return table.concat(list, "\n") end)))
  local result = dir .. "/result.json"
  local r = cli.run({ "run", path, "--base-url", url, "-u", "1", "-i", tostring(#blocks),
    "--json", result, "-q" }, { timeout = 120 })
  assert(tmp.read(result), r.stderr)
  r.result = cli.read_json(result)
  return r
end

-- What runs together: the blocks of a page that want the same server.
local function group_of(block)
  block.is_for_room = block.text:find("lload.ws.", 1, true) ~= nil
  return block.page .. (block.is_for_room and ", WebSockets" or "")
end

describe("documentation", function()
  local blocks, journeys, done = pages.blocks "lua", {}, {}
  local shop, socket, front, room, dir, url
  local no_room

  for _, block in ipairs(blocks) do
    block.way, block.group = way_of(block), group_of(block)
    if block.way == "journey" then
      journeys[block.group] = journeys[block.group] or {}
      table.insert(journeys[block.group], block)
    end
  end

  setup(function()
    shop = server.shop { "--service-time", "1ms" }
    socket = server.websocket()
    front = server.nginx {
      servers = FRONT:gsub("@(%u+)@", { SHOP = shop.url, WS = socket and socket.url or shop.url }),
    }
    url = "http://127.0.0.1:" .. front.port_a
    room, no_room = server.node("examples/websocket/server.js", "0")
    dir = folder()
  end)

  teardown(function()
    front:stop()
    if socket then socket:stop() end
    shop:stop()
    if room then room:stop() end
  end)

  local TRY = {}

  function TRY.journey(block)
    if block.is_for_room and not room then
      pending(no_room)
      return
    end
    local group = block.group
    done[group] = done[group]
      or run_journeys(journeys[group], dir, block.is_for_room and room.url or url)
    for _, e in ipairs(done[group].result.script_errors or {}) do
      assert.falsy(e.message:find(block.place .. ":", 1, true), e.message)
    end
  end

  local function write(text)
    return tmp.write(dir, "scenario.lua", text)
  end

  local function check(path)
    expect.code(cli.run { "check", path, "-e", "KEY_PASSWORD=" .. KEY_PASSWORD }, 0)
  end

  -- Thresholds of pages are for real machines: a slow one may break those on times, no others.
  local function assert_only_slow(r, result)
    local broken = 0
    for _, t in ipairs(result.thresholds) do
      local is_time = t.data and t.expression:find "^p%("
      assert.truthy(t.ok or is_time, r.stdout)
      broken = broken + (t.ok and 0 or 1)
    end
    assert.is_true(broken > 0, r.stdout)
  end

  function TRY.file(block)
    local whole = block.text:find("return {", 1, true)
    local path, stored = write(whole and block.text or framed("top", block.text)), dir .. "/r.json"
    if block.text:find("stages", 1, true) then check(path) end
    local r = cli.run { "run", path, "--base-url", url, "-u", "1", "-i", "1", "--json", stored }
    if r.code == 99 then assert_only_slow(r, cli.read_json(stored)) else expect.code(r, 0) end
  end

  function TRY.check(block) check(write(framed(block.mark, block.text))) end

  function TRY.compile(block) assert(loadstring(block.text, block.place)) end

  for _, block in ipairs(blocks) do
    it("says what is true at " .. block.place, function()
      assert(TRY[block.way], "what is ```lua " .. block.mark .. "?")(block)
    end)
  end

  for group, list in pairs(journeys) do
    it("ends each journey well in " .. group, function()
      TRY.journey(list[1])
      local r = done[group]
      if not r then return end
      expect.code(r, 0)
      assert.equal(#list, expect.count(r, "iterations"))
      assert.equal(0, r.result.metrics.iterations_failed
        and r.result.metrics.iterations_failed.count or 0)
    end)
  end

  it("has no whole scenarios among the journeys", function()
    for _, list in pairs(journeys) do
      for _, block in ipairs(list) do
        assert.is_nil(("\n" .. block.text):find "\nreturn {", block.place)
      end
    end
  end)

  it("leaves few blocks unrun", function()
    local unrun = 0
    for _, block in ipairs(blocks) do
      unrun = unrun + (block.way == "compile" and 1 or 0)
    end
    assert.is_true(#blocks > 100 and unrun <= #blocks / 50, unrun .. " of " .. #blocks)
  end)
end)

describe("the blocks of a page", function()
  it("have a place, a language, a mark and a text", function()
    local found = pages.blocks_in("a\n```lua journey\none\ntwo\n```\n```\nthree\n```\n", "p.md")
    assert.same({
      { "p.md:2", "lua", "journey", "one\ntwo" }, { "p.md:6", "", "", "three" },
    }, {
      { found[1].place, found[1].language, found[1].mark, found[1].text },
      { found[2].place, found[2].language, found[2].mark, found[2].text },
    })
  end)
end)
