--- `lload import`: turns what a team has already into a scenario that runs; nothing is overwritten,
--- and nothing is written that `lload check` would refuse.

local exit_codes = require "lload.exit_codes"
local model = require "lload.import.model"
local scenario = require "lload.scenario"
local settings = require "lload.settings"
local suggest = require "lload.suggest"
local text = require "lload.text"
local write = require "lload.report.write"
local writer = require "lload.import.writer"

local M = {}

---@class lload.import.Kind
---@field reader string module with `read(text, context)`, or `read_file(path, context)`
---@field streams? boolean the source is too large to be read at once
---@field command? string how a source begins that is no file but the text itself
---@field options? table<string, boolean> options of its own, by their keys

---@type table<string, lload.import.Kind>
local KINDS = {
  har = {
    reader = "lload.import.har",
    options = { with_assets = true, with_third_parties = true, confirm = true },
  },
  log = {
    reader = "lload.import.log", streams = true,
    options = { format = true, session = true, at = true, top = true, openapi = true },
  },
  curl = { reader = "lload.import.curl", command = "^%s*curl%s" },
  postman = { reader = "lload.import.postman", options = { env = true } },
  openapi = { reader = "lload.import.openapi", options = { only = true, allow_writes = true } },
}

-- Options that every kind has.
local COMMON = { output = true, smoke = true, help = true }

local function fail(problems, world, code)
  for _, problem in ipairs(problems) do
    world.stderr:write("lload: ", text.lines(problem), "\n")
  end
  return code or exit_codes.INVALID_INPUT
end

local function kind_names()
  local names = {}
  for name in pairs(KINDS) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- What the command line asks for; a mistake is one of usage.
local function kind_of(request)
  local name, source = request.files[1], request.files[2]
  local kind = name and KINDS[name]
  local names = kind_names()
  if not name then
    return nil, "lload import needs a kind and a source: lload import "
      .. table.concat(names, "|") .. " SRC"
  elseif not kind then
    local hint = suggest.hint(name, names)
    return nil, ('lload import knows no "%s"%s'):format(name,
      hint ~= "" and hint or "; there are " .. table.concat(names, ", "))
  elseif not source then
    return nil, ("lload import %s needs a source: a file, or - for standard input"):format(name)
  elseif request.files[3] then
    return nil, ('unexpected argument "%s"; a command with spaces goes between quotes')
      :format(request.files[3])
  end
  for key in pairs(request.given) do
    if not COMMON[key] and not (kind.options and kind.options[key]) then
      return nil, ("option --%s is not for lload import %s"):format(key:gsub("_", "-"), name)
    end
  end
  return kind
end

local LARGEST = 256 * 2 ^ 20 -- bytes of a source that is read at once

local PIECE = 2 ^ 20

local function read_all(handle)
  local pieces, size = {}, 0
  repeat
    local piece, message = handle:read(PIECE)
    if not piece and message then return nil, message end
    pieces[#pieces + 1] = piece
    size = size + #(piece or "")
    if size > LARGEST then return nil, "it is larger than 256 MiB" end
  until not piece
  return table.concat(pieces)
end

-- The content of a file; a directory opens, but does not read.
local function read_path(path)
  local handle, message = io.open(path, "rb")
  local content
  if handle then
    content, message = read_all(handle)
    handle:close()
  end
  if content then return content end
  return nil, "cannot read: " .. (message:gsub("^.*: ", ""))
end

local function content_of(kind, source, world)
  if source == "-" then
    local content, message = read_all(world.stdin or io.stdin)
    return content, content and "standard input" or "standard input: " .. message
  end
  if kind.command and source:find(kind.command) then return source, "command line" end
  local content, message = read_path(source)
  return content, content and source or ("%s: %s"):format(source, message)
end

local function read_model(kind, request, chosen, world)
  local reader, source = require(kind.reader), request.files[2]
  local context = {
    name = source, read_file = read_path, world = world,
    option = function(key) return chosen:value(key) end,
  }
  local found, message
  if kind.streams then
    found, message = reader.read_file(source, context)
  else
    local content
    content, context.name = content_of(kind, source, world)
    if not content then return nil, context.name end
    if not content:find "%S" then return nil, context.name .. ": is empty" end
    found, message = reader.read(content, context)
  end
  if found then return found end
  return nil, ("%s: %s"):format(context.name, message)
end

local function folder_of(path) return path:match "^(.*/)[^/]*$" or "" end

local function exists(path)
  local handle = io.open(path, "rb")
  if handle then handle:close() end
  return handle ~= nil
end

-- The files to write: the scenario and the data beside it.
local function outputs_of(found, path, content)
  local files = { { path = path, content = content } }
  for _, set in ipairs(found.data or {}) do
    files[#files + 1] = { path = folder_of(path) .. set.file, content = set.content }
  end
  return files
end

local function output_problems(found, path)
  if path == "-" then
    if #(found.data or {}) == 0 then return {} end
    return { "this needs data files beside the scenario; say where: -o FILE" }
  end
  local problems = {}
  for _, file in ipairs(outputs_of(found, path, "")) do
    if exists(file.path) then
      problems[#problems + 1] = file.path .. " exists and is left as it is; name another: -o FILE"
    end
  end
  return problems
end

local function write_files(files, world)
  for _, file in ipairs(files) do
    local ok, message = write.file(file.path, file.content, world.stdout)
    if not ok then return nil, message end
  end
  return true
end

-- Writes to a folder of its own, and calls use(path) before the files are gone again.
local function in_passing(found, content, world, use)
  local name = world.tmpname()
  local folder = name .. ".import"
  local files = outputs_of(found, folder .. "/imported.lua", content)
  local ok, message = world.engine.mkdir(folder)
  if ok then ok, message = write_files(files, world) end
  local result
  if ok then result, message = use(files[1].path) end
  for _, file in ipairs(files) do os.remove(file.path) end
  os.remove(folder)
  os.remove(name)
  return result, message
end

-- What `lload check` would say of it. That it says anything is a mistake of the writer.
local function check(found, content, world)
  return in_passing(found, content, world, function(path)
    local test, problems = scenario.load(path, {}, world.loader)
    return test and {} or problems
  end)
end

local function plural(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end

local function count_requests(found)
  local count = 0
  for _, journey in ipairs(found.journeys) do
    for _, group in ipairs(journey.groups) do
      for _, step in ipairs(group.steps) do
        if step.kind == "request" then count = count + 1 end
      end
    end
  end
  return count
end

-- What a person wants to know besides the file, on standard error.
local function tell(found, files, world)
  local err = world.stderr
  err:write(("%s in %s\n"):format(plural(count_requests(found), "request"),
    plural(#found.journeys, "journey")))
  for _, entry in ipairs(found.dropped or {}) do
    err:write(("left out: %s%s: %s\n"):format(text.one_line(entry.what),
      entry.count > 1 and (" (%d times)"):format(entry.count) or "", text.one_line(entry.why)))
  end
  for _, todo in ipairs(found.todos or {}) do err:write("to do: ", text.one_line(todo), "\n") end
  for _, note in ipairs(found.notes or {}) do err:write(text.one_line(note), "\n") end
  for _, line in ipairs(found.told or {}) do err:write(text.one_line(line), "\n") end
  if files[1].path == "-" then return end
  for _, file in ipairs(files) do world.stdout:write("wrote ", file.path, "\n") end
  world.stdout:write("next: lload run ", files[1].path, "\n")
end

-- One user once through each journey, with the options of a run.
local function smoke(path, base_url, world)
  return require("lload.command.run").run({
    command = "run", files = { path },
    given = { stage = "smoke", base_url = base_url, summary = "short" },
  }, world)
end

local function run_smoke(found, content, files, base_url, world)
  if files[1].path ~= "-" then return smoke(files[1].path, base_url, world) end
  -- Standard output has the scenario; what the run prints goes where progress goes.
  local aside = setmetatable({ stdout = world.stderr }, { __index = world })
  return (in_passing(found, content, aside, function(path) return smoke(path, base_url, aside) end))
end

-- Makes, checks and writes one scenario.
local function write_scenario(found, path, world)
  model.add_defaults(found)
  local taken = output_problems(found, path)
  if #taken > 0 then return nil, fail(taken, world) end
  local content = writer.write(found)
  local problems, message = check(found, content, world)
  if not problems then return nil, fail({ message }, world) end
  if #problems > 0 then
    table.insert(problems, 1, "internal error, please report it: the imported file is not valid")
    return nil, fail(problems, world, exit_codes.INTERNAL)
  end
  local files = outputs_of(found, path, content)
  local is_written, cause = write_files(files, world)
  if not is_written then return nil, fail({ cause }, world) end
  tell(found, files, world)
  return files, content
end

-- A recording replayed once: every check, and with them what was correlated, holds or not.
local function confirm(found, content, files, base_url, world)
  local code = run_smoke(found, content, files, base_url, world)
  world.stderr:write(code == exit_codes.PASSED
    and "confirmed: the replay was answered like the recording\n"
    or "not confirmed: what differs is above\n")
  return code
end

local function import_one(found, chosen, world)
  local files, content = write_scenario(found, chosen:value("output", nil, "-"), world)
  if not files then return content end
  local smoke_url, confirm_url = chosen:value "smoke", chosen:value "confirm"
  if confirm_url then return confirm(found, content, files, confirm_url, world) end
  return smoke_url and run_smoke(found, content, files, smoke_url, world) or exit_codes.PASSED
end

-- Scenarios of which there are several, into a folder.
local function import_several(list, chosen, world)
  local folder = chosen:value "output"
  if not folder or folder == "-" then
    return fail({ "this makes several files; say into which folder: -o DIR" }, world)
  end
  local ok, message = world.engine.mkdir(folder)
  if not ok then return fail({ ("cannot make %s: %s"):format(folder, message) }, world) end
  for _, item in ipairs(list) do
    local files, code = write_scenario(item.model, folder .. "/" .. item.file, world)
    if not files then return code end
    local base_url = chosen:value "smoke"
    code = base_url and smoke(files[1].path, base_url, world) or exit_codes.PASSED
    if code ~= exit_codes.PASSED then return code end
  end
  return exit_codes.PASSED
end

local function import(kind, request, chosen, world)
  local found, message = read_model(kind, request, chosen, world)
  if not found then return fail({ message }, world) end
  if found.several then return import_several(found.several, chosen, world) end
  return import_one(found, chosen, world)
end

---@param request lload.Request
---@param world table
---@return integer
function M.run(request, world)
  local kind, message = kind_of(request)
  if not kind then return fail({ message }, world, exit_codes.USAGE) end
  local chosen, problems = settings.read(request, world.getenv)
  if #problems > 0 then return fail(problems, world) end
  return import(kind, request, chosen, world)
end

return M
