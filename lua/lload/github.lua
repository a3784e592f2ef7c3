--- Tells GitHub Actions of the outcome: annotations on standard error, and the step summary.

local annotations = require "lload.report.github"
local markdown = require "lload.report.markdown"

local M = {}

---@class lload.GitHub
---@field required boolean --github on: a step summary that cannot be written is a mistake
---@field summary string|nil the file that GitHub gave for the step summary
---@field stream table where the annotations go
---@field workspace string|nil the top of the repository
---@field folder string where lload runs, seen from there
local GitHub = {}
GitHub.__index = GitHub

local function present(value)
  return value ~= "" and value or nil
end

-- Where lload runs, seen from the top of the repository; "" there, and when nobody knows.
local function folder_of(top, here)
  if not top or not here or here:sub(1, #top + 1) ~= top .. "/" then return "" end
  return here:sub(#top + 2) .. "/"
end

--- What to tell GitHub, or nil when nobody wants to hear it.
---@param settings lload.Settings
---@param world table
---@return lload.GitHub|nil
function M.new(settings, world)
  local when = settings:value("github", nil, "auto")
  local is_there = world.getenv "GITHUB_ACTIONS" == "true"
  if when == "off" or when == "auto" and not is_there then return nil end
  local workspace = present(world.getenv "GITHUB_WORKSPACE")
  return setmetatable({
    required = when == "on", summary = present(world.getenv "GITHUB_STEP_SUMMARY"),
    stream = world.stderr, workspace = workspace,
    folder = folder_of(workspace, present(world.getenv "PWD")),
  }, GitHub)
end

local function append(path, content)
  local handle, message = io.open(path, "ab")
  if not handle then return nil, message end
  handle:setvbuf "no"
  local ok
  ok, message = handle:write(content)
  local closed, close_message = handle:close()
  return ok and closed, message or close_message
end

local function unwritable(message)
  return ("--github: cannot write the step summary: %s"):format(message)
end

--- Why the step summary cannot be written, before the run; nil when it can, or need not be.
---@return string|nil
function GitHub:problem()
  if not self.summary then return nil end
  local ok, message = append(self.summary, "")
  if ok then return nil end
  self.summary = nil
  if self.required then return unwritable(message) end
  self.stream:write("lload: ", unwritable(message), "\n")
  return nil
end

--- A file as GitHub names it: from the top of the repository.
---@param file string
---@return string
function GitHub:path_of(file)
  local top = (self.workspace or "") .. "/"
  if file:sub(1, 1) ~= "/" then return self.folder .. file:gsub("^%./", "") end
  return #top > 1 and file:sub(1, #top) == top and file:sub(#top + 1) or file
end

--- Writes the annotations of one run or of several, and adds to the step summary.
---@param model table
---@return string|nil problem
function GitHub:publish(model)
  self.stream:write(annotations.render(model, function(file) return self:path_of(file) end))
  if not self.summary then return nil end
  local ok, message = append(self.summary, markdown.render(model) .. "\n")
  return not ok and unwritable(message) or nil
end

return M
