--- One side of a comparison: runs of the same kind, and what they say of each endpoint.

local M = {}

---@class lload.Run a result and where it came from
---@field result table
---@field file string
---@field windows? lload.Windows the histograms beside it

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
  local windows = run.windows
  if not windows then return nil end
  local series = series_of(name)
  return {
    count = #windows:times(),
    figure_of = function(indices) return windows:value_of(series, "p", percentile, indices) end,
  }
end

-- Timeouts and cut-off requests count among the durations, so that their windows do not tell them
-- from successes; of the whole run it is known how many each window had.
local function late_in(run, index)
  local window = run.result.windows[index]
  local failed = run.windows:value_of("http_req_failed_duration", "count", nil, { index }) or 0
  return math.max(0, (window and window.failed or 0) - failed)
end

-- Failures of an endpoint that are in none of its windows are spread as those of the whole run are.
local function spread(list, missing, run)
  local late, sum = {}, 0
  for index = 1, #list do
    late[index] = late_in(run, index)
    sum = sum + late[index]
  end
  for index, window in ipairs(list) do
    local part = sum > 0 and late[index] / sum or 1 / #list
    window.hits = math.min(window.n, window.hits + missing * part)
  end
end

-- How many requests of an endpoint failed in each window of a run: all of it in one when the
-- windows were not stored.
local function failures_of(run, row)
  local windows, list, known = run.windows, {}, 0
  if not windows then return { { hits = row.failed or 0, n = row.count } } end
  for index = 1, #windows:times() do
    local count = function(metric)
      local series = ("%s{name:%s}"):format(metric, row.name)
      return windows:value_of(series, "count", nil, { index }) or 0
    end
    local failed = count "http_req_failed_duration"
    list[index] = { hits = failed, n = failed + count "http_req_duration" }
    known = known + failed
  end
  if #list == 0 then return { { hits = row.failed or 0, n = row.count } } end
  local missing = (row.failed or 0) - known
  if missing > 0 then spread(list, missing, run) end
  return list
end

--- Failed requests and requests of an endpoint over the windows of all runs.
---@param runs lload.Run[]
---@param name string
---@return { hits: number, n: number }[]
function M.failures(runs, name)
  local all = {}
  for _, run in ipairs(runs) do
    local row = row_of(run, name)
    for _, window in ipairs(row and failures_of(run, row) or {}) do all[#all + 1] = window end
  end
  return all
end

return M
