--- Assertions on a finished run that show its standard error when they fail.
local M = {}

local function fail(run, message)
  error(("%s\n--- stdout\n%s\n--- stderr\n%s"):format(message, run.stdout, run.stderr), 3)
end

--- The run ended by itself with this exit code, and its result.json (if any) says the same.
function M.code(run, code)
  if run.code ~= code then
    fail(run, ("exit code %s, expected %d"):format(tostring(run.code or run.signal), code))
  end
  if run.result and run.result.exit_code ~= code then
    fail(run, ("exit_code %d in the result, expected %d"):format(run.result.exit_code, code))
  end
end

--- Every text occurs in the standard error, letter for letter.
function M.says(run, ...)
  for _, text in ipairs { ... } do
    if not run.stderr:find(text, 1, true) then
      fail(run, ("standard error does not say %q"):format(text))
    end
  end
end

--- Every text occurs in the standard output, letter for letter.
function M.prints(run, ...)
  for _, text in ipairs { ... } do
    if not run.stdout:find(text, 1, true) then
      fail(run, ("standard output does not hold %q"):format(text))
    end
  end
end

--- A line of the standard error holds all of these texts; returns how many such lines there are.
function M.line(run, ...)
  local lines = 0
  for line in run.stderr:gmatch "[^\n]+" do
    local all = true
    for _, text in ipairs { ... } do
      all = all and line:find(text, 1, true) ~= nil
    end
    lines = lines + (all and 1 or 0)
  end
  if lines == 0 then
    fail(run, ("no line of standard error holds %q"):format(table.concat({ ... }, '" and "')))
  end
  return lines
end

--- `ok` is true; otherwise raises with the run's output.
function M.that(run, ok, message)
  if not ok then
    fail(run, message)
  end
end

--- The count of a counter or trend; a metric without data is absent, hence 0.
function M.count(run, metric)
  local m = run.result.metrics[metric]
  return m and m.count or 0
end

--- The row of requests[] with this name, nil if there is none.
function M.request(run, name)
  for _, row in ipairs(run.result.requests) do
    if row.name == name then
      return row
    end
  end
end

--- How many requests ended with this failure class, over all names.
function M.errors(run, class)
  local n = 0
  for _, row in ipairs(run.result.requests) do
    n = n + (row.errors and row.errors[class] or 0)
  end
  return n
end

--- http_reqs, the rows of requests[] and the server agree on `total`.
function M.total(run, total)
  local sum = 0
  for _, row in ipairs(run.result.requests) do
    sum = sum + row.count
  end
  local reqs = M.count(run, "http_reqs")
  if reqs ~= total or sum ~= total then
    fail(run, ("http_reqs is %d, the sum of requests[] %d, not %d"):format(reqs, sum, total))
  end
end

return M
