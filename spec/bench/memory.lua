--- Does it grow? Peak resident memory after few and after many requests, and per idle user.

local measure = require "spec.bench.measure"

local M = {}

local BUSY = [[
local http = require "lload".http
return { journey = function() http.get("/x") end }
]]

local THINKING = [[
local lload = require "lload"
return { journey = function() lload.http.get("/x") lload.think(5) end }
]]

local function peak_kb(text, url, args)
  local run = measure.lload(text, { "--base-url", url, unpack(args) }, 120)
  return run.maxrss_kb
end

--- Figures in kB.
function M.run()
  local nginx = measure.nginx()
  local few, many = 100000, 1000000
  local users = 8000
  local figures = {
    few = few, many = many, users = users,
    few_kb = peak_kb(BUSY, nginx.url, { "-u", "50", "-i", tostring(few) }),
    many_kb = peak_kb(BUSY, nginx.url, { "-u", "50", "-i", tostring(many) }),
    one_user_kb = peak_kb(THINKING, nginx.url, { "-u", "1", "-d", "2s" }),
    users_kb = peak_kb(THINKING, nginx.url, { "-u", tostring(users), "-d", "6s" }),
  }
  measure.stop(nginx)
  return figures
end

return M
