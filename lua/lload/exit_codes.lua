--- The exit codes of lload: one table of codes, names and meanings, in order of precedence.

local M = {}

---@class lload.ExitCode
---@field code integer
---@field name string
---@field verdict string the word in result.json
---@field meaning string one sentence for `lload help exit-codes`

--- Ordered: when several apply, over all files, the first row is the exit code.
---@type lload.ExitCode[]
M.table = {
  { code = 70, name = "internal", verdict = "error", meaning = "internal error of lload" },
  { code = 2, name = "usage", verdict = "error", meaning = "the command line does not parse" },
  {
    code = 104,
    name = "invalid_input",
    verdict = "error",
    meaning = "invalid scenario or configuration; nothing was sent",
  },
  { code = 100, name = "setup_timeout", verdict = "error", meaning = "setup timed out" },
  { code = 101, name = "teardown_timeout", verdict = "error", meaning = "teardown timed out" },
  {
    code = 108,
    name = "aborted",
    verdict = "aborted",
    meaning = "aborted by the script (lload.abort)",
  },
  {
    code = 105,
    name = "interrupted",
    verdict = "interrupted",
    meaning = "interrupted (Ctrl-C or SIGTERM)",
  },
  { code = 107, name = "script_error", verdict = "error", meaning = "uncaught script error" },
  {
    code = 98,
    name = "inconclusive",
    verdict = "invalid",
    meaning = "inconclusive: the measurement itself is invalid",
  },
  {
    code = 99,
    name = "threshold",
    verdict = "failed",
    meaning = "a threshold failed, no request succeeded, or a soak drifts",
  },
  {
    code = 96,
    name = "regression",
    verdict = "regression",
    meaning = "a regression (lload compare)",
  },
  { code = 0, name = "passed", verdict = "passed", meaning = "passed" },
}

local RANK, BY_CODE = {}, {}
for rank, row in ipairs(M.table) do
  RANK[row.code], BY_CODE[row.code] = rank, row
  M[row.name:upper()] = row.code
end

--- The exit code of a list of codes: the first that applies in order of precedence.
---@param codes integer[]
---@return integer
function M.first(codes)
  local best = M.PASSED
  for _, code in ipairs(codes) do
    if RANK[code] < RANK[best] then best = code end
  end
  return best
end

--- Is this one of the exit codes?
---@param code any
---@return boolean
function M.is_known(code)
  return BY_CODE[code] ~= nil
end

--- The word that stands for a code in result.json.
---@param code integer
---@return string
function M.verdict(code)
  return BY_CODE[code].verdict
end

--- What a code means, as one sentence.
---@param code integer
---@return string
function M.meaning(code)
  return BY_CODE[code].meaning
end

return M
