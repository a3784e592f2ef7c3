--- One side of a comparison: runs of the same kind, and what they say of each endpoint.

local block_bootstrap = require "lload.statistics.block_bootstrap"
local proportion = require "lload.statistics.proportion"

local M = {}

---@class lload.Run a result and where it came from
---@field result table
---@field file string
---@field windows? lload.Windows the histograms beside it
---@field open_windows? fun(): lload.Windows|nil opens them when somebody asks first

--- The histograms of a run; nil without any. Raises { problem = message } when they cannot be used.
---@param run lload.Run
---@return lload.Windows|nil
function M.windows(run)
  if run.open_windows and not run.windows then
    local windows, problem = run.open_windows()
    if problem then error { problem = problem } end
    run.windows, run.open_windows = windows, nil
  end
  return run.windows
end

-- What a reader of histograms returns; a broken one is a problem of the file.
local function ask(read, ...)
  local ok, answer = pcall(read, ...)
  if not ok then error { problem = (tostring(answer):gsub("^%S+%.lua:%d+: ", "")) } end
  return answer
end

local function row_of(run, name)
  for _, row in ipairs(run.result.requests) do
    if row.name == name then return row end
  end
  return nil
end

--- The names of all endpoints of some runs.
---@param runs lload.Run[]
---@return table<string, boolean>
function M.names(runs)
  local names = {}
  for _, run in ipairs(runs) do
    for _, row in ipairs(run.result.requests) do names[row.name] = true end
  end
  return names
end

--- The rows of an endpoint, of the runs that have it.
---@param runs lload.Run[]
---@param name string
---@return table[]
function M.rows(runs, name)
  local rows = {}
  for _, run in ipairs(runs) do rows[#rows + 1] = row_of(run, name) end
  return rows
end

--- The runs that have an endpoint.
---@param runs lload.Run[]
---@param name string
---@return lload.Run[]
function M.having(runs, name)
  local kept = {}
  for _, run in ipairs(runs) do
    if row_of(run, name) then kept[#kept + 1] = run end
  end
  return kept
end

--- A figure of the durations in each of some rows; of those that have one above 0.
---@param rows table[]
---@param figure string "p(95)"
---@return number[] ms
function M.figures(rows, figure)
  local values = {}
  for _, row in ipairs(rows) do
    local value = row.duration and row.duration[figure]
    if value and value > 0 then values[#values + 1] = value end
  end
  return values
end

--- The middle of several runs: the geometric mean, as their logarithms are what is compared.
---@param values number[] at least one, above 0
---@return number
function M.typical(values)
  local sum = 0
  for _, value in ipairs(values) do sum = sum + math.log(value) end
  return math.exp(sum / #values)
end

local function series_of(name)
  return ("http_req_duration{name:%s}"):format(name)
end

--- A run of one endpoint from whose windows can be drawn; nil without stored windows.
---@param run lload.Run
---@param name string
---@param percentile number 95
---@return lload.Resampled|nil
function M.resampled(run, name, percentile)
  local windows = M.windows(run)
  if not windows then return nil end
  local drawn = block_bootstrap.of_windows(windows, series_of(name), "p", percentile)
  return {
    count = drawn.count, figures_of = function(draws) return ask(drawn.figures_of, draws) end,
  }
end

local function counts_of(windows, series)
  return ask(windows.counts, windows, series, block_bootstrap.MOST_PARTS)
end

-- How many requests of an endpoint failed in each stored window of a run. Timeouts count among the
-- durations, so histograms do not know them as failed.
-- Where none failed nothing needs to be decoded: 120 windows without any tell the same.
local function of_histograms(run, name, row)
  local list = {}
  if (row.failed or 0) == 0 then
    local each = row.count / block_bootstrap.MOST_PARTS
    for i = 1, block_bootstrap.MOST_PARTS do list[i] = { hits = 0, n = each } end
    return list
  end
  local windows = M.windows(run)
  if not windows then return list end
  local failed = counts_of(windows, ("http_req_failed_duration{name:%s}"):format(name))
  local ok = counts_of(windows, series_of(name))
  for i, hits in ipairs(failed) do list[i] = { hits = hits, n = (ok[i] or 0) + hits } end
  return list
end

-- The same of all endpoints together.
local function of_result(run)
  local list = {}
  for i, window in ipairs(run.result.windows or {}) do
    list[i] = { hits = window.failed or 0, n = window.requests or 0 }
  end
  return list
end

local function hits_of(windows)
  local hits = 0
  for _, window in ipairs(windows) do hits = hits + window.hits end
  return hits
end

local function append(list, items)
  for _, item in ipairs(items) do list[#list + 1] = item end
end

--- The share of an endpoint's requests that failed, over all runs; nil when it had none. How
--- unevenly failures came is seen in the endpoint's own windows when those know most of them.
---@param runs lload.Run[]
---@param name string
---@return lload.Share|nil
function M.failures(runs, name)
  local total, own, all, of_runs = { hits = 0, n = 0 }, {}, {}, {}
  for _, run in ipairs(runs) do
    local row = row_of(run, name)
    if row then
      local failed = row.failed or 0
      total.hits, total.n = total.hits + failed, total.n + row.count
      of_runs[#of_runs + 1] = { hits = failed, n = row.count }
      append(own, of_histograms(run, name, row))
      append(all, of_result(run))
    end
  end
  local are_known = 2 * hits_of(own) >= total.hits and #own > 0
  return proportion.share(total, are_known and own or all, of_runs)
end

return M
