--- A capacity plan: what a target takes in pods, connections and money, and how sure that is.
--
-- What one pod bears is what all of them bore, shared equally. Linear scaling takes any number of
-- pods to bear that many times as much, which is an assumption. The pessimistic column lets pods
-- get into each other's way as much as requests did when measured: p pods bear as much as
-- p / (1 + σ(p - 1)) of them would alone, the Universal Scalability Law with contention only.

local reader = require "lload.reader"
local units = require "lload.units"

local M = {}

M.HEADROOM = 0.2
M.HOURS = 730 -- of a month: 365.25 · 24 / 12, rounded
local MOST_PODS = 1e6
local MOST_MONEY = 1e12

---@class lload.PlanFacts
---@field pods integer that bore the measured load
---@field pool_per_pod integer|nil connections that each pod may hold
---@field max_connections integer|nil what the database takes from all pods
---@field price_per_pod_month number|nil
---@field price_per_pod_hour number|nil
---@field fixed_per_month number|nil what else is paid each month
---@field currency string|nil
---@field headroom number share of the capacity that stays free
---@field hours number that a month is paid for
---@field load_now number|nil requests a second at today's peak
---@field assumed table<string, boolean> facts that the file does not give

local function share(raw)
  local value, message = units.share(raw)
  if value and (value < 0 or value >= 1) then
    return nil, ("%s is out of range; it is a share of the capacity, 0 to 99%%")
      :format(units.format_share(value))
  end
  return value, message
end

-- A number that is not negative, or within other bounds.
local function amount(most, positive)
  return function(raw)
    if type(raw) ~= "number" then
      return nil, ("must be a number, not a %s"):format(type(raw))
    elseif raw ~= raw then
      return nil, "is not a number"
    elseif raw < 0 or raw > most or positive and raw == 0 then
      return nil, ("%s is out of range, %s to %s"):format(tostring(raw),
        positive and "above 0" or "0", units.count(most))
    end
    return raw
  end
end

local function positive_rate(raw)
  local rate, message = units.rate(raw)
  if rate == 0 then return nil, "must be above 0" end
  return rate, message
end

local function check_prices(r, facts)
  if facts.price_per_pod_month and facts.price_per_pod_hour then
    r:problem("price_per_pod_hour", "and price_per_pod_month are both given; keep one")
  end
  if r.raw.hours ~= nil and not r.raw.price_per_pod_hour then
    r:problem("hours", "belongs to price_per_pod_hour, which is not given")
  end
  if facts.max_connections and not r.raw.pool_per_pod then
    r:problem("max_connections", "says nothing without pool_per_pod, the connections of one pod")
  end
end

local function read_facts(r)
  local facts = {
    pods = r:whole("pods", { required = true, min = 1, max = MOST_PODS,
      remedy = "; say how many bore the measured load" }),
    pool_per_pod = r:whole("pool_per_pod", { min = 1, max = MOST_PODS }),
    max_connections = r:whole("max_connections", { min = 1, max = 1e9 }),
    price_per_pod_month = r:parsed("price_per_pod_month", {}, amount(MOST_MONEY)),
    price_per_pod_hour = r:parsed("price_per_pod_hour", {}, amount(MOST_MONEY)),
    fixed_per_month = r:parsed("fixed_per_month", {}, amount(MOST_MONEY)),
    currency = r:typed("currency", "string"),
    headroom = r:parsed("headroom", { default = M.HEADROOM }, share),
    hours = r:parsed("hours", { default = M.HOURS }, amount(744, true)),
    load_now = r:parsed("load_now", {}, positive_rate),
    assumed = { headroom = r.raw.headroom == nil, hours = r.raw.hours == nil },
  }
  check_prices(r, facts)
  return facts
end

--- Validates what a plan file returned; all problems at once.
---@param raw any
---@param file string
---@return lload.PlanFacts|nil
---@return string[] problems
function M.read(raw, file)
  local problems = reader.problems(file)
  if type(raw) ~= "table" then
    problems:add("", ("returns a %s; a plan ends with return { pods = 4, … }"):format(type(raw)))
    return nil, problems.lines
  end
  local r = reader.new(raw, "", problems)
  local facts = read_facts(r)
  r:done()
  if #problems.lines > 0 then return nil, problems.lines end
  return facts, {}
end

--- Reads a growth: "3x" or "3" is three times as much.
---@param value string
---@return number|nil
---@return string|nil message
function M.growth(value)
  local factor = tonumber((value:match "^%s*([%d.]+)%s*[xX]?%s*$"))
  if factor and factor > 0 and factor <= 1e6 then return factor end
  return nil, ('"%s" is not a growth such as 3x'):format(value)
end

-- ------------------------------------------------------------------ numbers

-- From what is known best to what is known least; a result is as good as its worst part.
local RANK = { given = 1, measured = 2, interpolated = 3, extrapolated = 4, assumed = 5 }

local function worst(...)
  local tag = "given"
  for index = 1, select("#", ...) do
    local other = select(index, ...)
    if RANK[other] > RANK[tag] then tag = other end
  end
  return tag
end

local function tagged(value, tag) return value and { value = value, tag = tag } end

local function up(value) return math.ceil(value - 1e-9) end

local function pods_linear(target, capacity, facts)
  return up(target / (capacity.rps * (1 - facts.headroom) / facts.pods))
end

--- What p pods bear, as a multiple of one that has no others beside it.
---@param pods number
---@param sigma number
---@return number
function M.speedup(pods, sigma) return pods / (1 + sigma * (pods - 1)) end

-- The fewest pods that bear the target; nil when no number of them does.
local function pods_contended(target, capacity, facts, sigma)
  local usable = capacity.rps * (1 - facts.headroom)
  local needed = target * M.speedup(facts.pods, sigma) / usable
  if sigma * needed >= 1 then return nil end
  local pods = up(needed * (1 - sigma) / (1 - sigma * needed))
  return pods <= MOST_PODS and pods or nil
end

local function month_of(pods, facts)
  local price = facts.price_per_pod_month
  if not price and facts.price_per_pod_hour then price = facts.price_per_pod_hour * facts.hours end
  if not price then return nil end
  return pods * price + (facts.fixed_per_month or 0)
end

-- One column: the pods and all that follows from them.
local function column(pods, load, facts, tag)
  if not pods then return nil end
  local month = month_of(pods, facts)
  local prices = worst(tag, facts.price_per_pod_hour and facts.assumed.hours and "assumed" or tag)
  return {
    pods = tagged(pods, tag),
    connections = tagged(facts.pool_per_pod and pods * facts.pool_per_pod, tag),
    cost_month = tagged(month, prices),
    cost_per_1000_rps = month and tagged(month / (load.value / 1000), worst(prices, load.tag)),
  }
end

local function target_of(wanted, facts, capacity)
  if wanted.target then return { value = wanted.target, tag = "given" } end
  local now = facts.load_now
  if now then return { value = wanted.growth * now, tag = "given" } end
  return { value = wanted.growth * capacity.rps * (1 - facts.headroom), tag = "assumed" }
end

local function load_now(facts, capacity)
  if facts.load_now then return tagged(facts.load_now, "given") end
  return tagged(capacity.rps * (1 - facts.headroom), worst(capacity.tag, "assumed"))
end

local function change(after, before)
  if not after or not after.cost_month then return end
  after.cost_change = tagged(after.cost_month.value - before.cost_month.value,
    worst(after.cost_month.tag, before.cost_month.tag))
end

-- As many pods as were measured bear what was measured; any other number is a guess about scaling.
local function tag_of(pods, target, facts, capacity)
  return worst(pods == facts.pods and capacity.tag or "extrapolated", target.tag)
end

---@class lload.CapacityPlan
---@field target { value: number, tag: string } requests a second
---@field load_now { value: number, tag: string }
---@field capacity { value: number, tag: string }
---@field per_pod { value: number, tag: string } capacity of a pod, headroom included
---@field headroom { value: number, tag: string }
---@field now table pods, connections, cost_month, cost_per_1000_rps
---@field linear table the same for the target, with cost_change
---@field pessimistic table|nil
---@field pessimism string why there is no pessimistic column, or what it takes for granted
---@field max_connections { value: number, tag: string }|nil
---@field most_pods integer|nil that max_connections lets connect

local function pessimistic_of(target, load, facts, capacity, fit)
  if not fit then return nil, "no pessimistic column: there is no fit of the scalability law" end
  local pods = pods_contended(target.value, capacity, facts, fit.contention)
  if not pods then
    return nil, ("with the measured contention (σ %.3g) no number of pods bears the target")
      :format(fit.contention)
  end
  return column(pods, load, facts, tag_of(pods, target, facts, capacity)),
    ("pessimistic: pods get into each other's way as requests did (contention σ %.3g)")
      :format(fit.contention)
end

--- Works the plan out.
---@param facts lload.PlanFacts
---@param wanted { target?: number, growth?: number } requests a second, or how many times as much
---@param capacity { rps: number, tag: string } what the present pods bear
---@param fit lload.CapacityFit|nil
---@return lload.CapacityPlan
function M.work_out(facts, wanted, capacity, fit)
  local target, now_load = target_of(wanted, facts, capacity), load_now(facts, capacity)
  local linear = pods_linear(target.value, capacity, facts)
  local plan = {
    target = target, load_now = now_load, capacity = tagged(capacity.rps, capacity.tag),
    per_pod = tagged(capacity.rps / facts.pods, capacity.tag), currency = facts.currency,
    headroom = tagged(facts.headroom, facts.assumed.headroom and "assumed" or "given"),
    hours = facts.price_per_pod_hour
      and tagged(facts.hours, facts.assumed.hours and "assumed" or "given") or nil,
    now = column(facts.pods, now_load, facts, "given"),
    linear = column(linear, target, facts, tag_of(linear, target, facts, capacity)),
    max_connections = tagged(facts.max_connections, "given"),
    most_pods = facts.max_connections
      and math.floor(facts.max_connections / facts.pool_per_pod) or nil,
  }
  plan.pessimistic, plan.pessimism = pessimistic_of(target, target, facts, capacity, fit)
  change(plan.linear, plan.now)
  change(plan.pessimistic, plan.now)
  return plan
end

return M
