--- The benchmarks: luajit spec/bench/run.lua [SECONDS [ROUNDS]]; writes docs/benchmarks.md.
--
-- Server on CPU 0, generator on CPU 1, both pinned; the contestants alternate, medians count.
-- A figure is requests per second of CPU time (user and system) of the generator: what a core can
-- do, however busy the machine is otherwise. Everything talks to 127.0.0.1 only.

package.path = "./?.lua;" .. package.path
local measure = require "spec.bench.measure"
local calls = require "spec.bench.calls"
local convenience = require "spec.bench.convenience"
local contest = require "spec.bench.contest"
local accuracy = require "spec.bench.accuracy"
local memory = require "spec.bench.memory"
local open_model = require "spec.bench.open_model"
local pacing = require "spec.bench.pacing"
local page = require "spec.bench.page"
local scale = require "spec.bench.scale"
local squeeze = require "spec.bench.squeeze"

local seconds = tonumber(arg[1]) or 4
local rounds = tonumber(arg[2]) or 3

local text = page.render {
  command = "make bench",
  seconds = seconds,
  rounds = rounds,
  machine = measure.machine(),
  contests = contest.run(seconds, rounds),
  accuracy = accuracy.run(),
  calls = calls.run(),
  convenience = convenience.run(seconds, rounds),
  pacing = pacing.run(seconds, rounds),
  squeeze = squeeze.run(20),
  open_model = open_model.run(seconds, rounds),
  memory = memory.run(),
  scale = scale.run(15000),
}
local file = assert(io.open("docs/benchmarks.md", "w"))
file:write(text)
file:close()
io.write(text)
