--- Runs a README as somebody does who types what it says: the lines of its `console` blocks that
--- begin with "$ ", in one shell, in a folder that has a copy of examples/. In place of 8080 and 8081
--- stand ports of its own.
local binaries = require "spec.support.binaries"
local pages = require "spec.support.pages"
local process = require "spec.support.process"
local sanitizer = require "spec.support.sanitizer"
local server = require "spec.support.server"
local sources = require "spec.support.sources"
local tmp = require "spec.support.tmp"

local TIMEOUT_S = 200

local M = {}

--- The commands of a page: { text, shown = "what stands below it" }. A command that ends in a
--- backslash goes on in the next line.
function M.commands(text, page)
  local found = {}
  for _, block in ipairs(pages.blocks_in(text, page)) do
    local goes_on, one = false, nil
    for _, line in ipairs(block.language == "console" and sources.lines(block.text) or {}) do
      local command = line:match "^%$ (.*)$"
      if goes_on then
        one.text = one.text .. "\n" .. line
      elseif command then
        one = { text = command, shown = "" }
        found[#found + 1] = one
      elseif one then
        one.shown = one.shown .. line .. "\n"
      end
      goes_on = (goes_on or command ~= nil) and line:find "\\$" ~= nil
    end
  end
  return found
end

-- What was started in the background is given the time to listen; a reader takes it anyway.
local READY = [[
for _ in $(seq 200); do curl -so "$SCRATCH" http://127.0.0.1:@PORT@/healthz && break; sleep 0.1; done
]]

-- All that was started belongs to the shell's process group, and ends with it.
local HEAD = [[
trap 'exit 143' TERM
trap 'trap "" TERM; kill -TERM 0' EXIT
mark() { status=$?; echo "@@ $1 $status"; echo "@@ $1" >&2; return $status; }
]]

local function replaced(text, replacements)
  for from, to in pairs(replacements) do
    text = text:gsub(from:gsub("%p", "%%%0"), (to:gsub("%%", "%%%%")))
  end
  return text
end

local function script(commands, replacements)
  local lines = { HEAD }
  for index, one in ipairs(commands) do
    local text = replaced(one.text, replacements)
    lines[#lines + 1] = text
    local port = text:match "%-%-port (%d+).*&$"
    if port then lines[#lines + 1] = READY:gsub("@PORT@", port) end
    lines[#lines + 1] = "mark " .. index
  end
  return table.concat(lines, "\n") .. "\n"
end

-- What each command printed, and its exit code, by the marks behind them.
local function divide(commands, stdout)
  local rest = stdout
  for index, one in ipairs(commands) do
    local from, to, code = rest:find(("@@ %d (%%d+)\n"):format(index))
    if not from then return end
    one.stdout, one.code, rest = rest:sub(1, from - 1), tonumber(code), rest:sub(to + 1)
  end
end

local function folder()
  local dir = tmp.dir()
  os.execute(("cp -r '%s/examples' '%s/examples'; mkdir '%s/bin'"):format(binaries.root, dir, dir))
  for name, path in pairs { lload = binaries.lload(), ["lload-shop"] = binaries.shop() } do
    os.execute(("ln -s '%s' '%s/bin/%s'"):format(path, dir, name))
  end
  return dir
end

local function environment(dir, port, more)
  local env = {
    PATH = dir .. "/bin:" .. os.getenv "PATH", SHOP_PORT = port, SCRATCH = dir .. "/scratch",
    LLOAD_BASE_URL = "http://127.0.0.1:" .. port,
  }
  for _, variables in ipairs { sanitizer.env, more } do
    for name, value in pairs(variables) do env[name] = value end
  end
  return env
end

--- Runs the README at a path. Returns its commands, each with `stdout` and `code` as far as they
--- came, and { dir, stdout, stderr }.
---@param readme string
---@param env table<string, string> what makes it shorter than a reader has it
---@param replacements? table<string, string> the same for what the command lines say
function M.run(readme, env, replacements)
  local port, other = server.free_ports(2)
  local dir, changes = folder(), { ["8080"] = port, ["8081"] = other }
  for from, to in pairs(replacements or {}) do changes[from] = to end
  local commands = M.commands(sources.read(readme), readme)
  local path = tmp.write(dir, "tutorial.sh", script(commands, changes))
  local child = process.spawn({ "sh", path }, {
    cwd = dir, env = environment(dir, port, env), dies_with = "TERM",
    stdout = dir .. "/stdout", stderr = dir .. "/stderr",
  })
  local ended = child:wait(TIMEOUT_S)
  if not ended then child:send_signal "TERM" end
  if not child:wait(10) then child:kill() end
  local ran = { dir = dir, stdout = tmp.read(dir .. "/stdout"), stderr = tmp.read(dir .. "/stderr") }
  assert(ended, readme .. " did not come to its end:\n" .. ran.stdout .. ran.stderr)
  sanitizer.assert_clean(readme, ran.stderr)
  divide(commands, ran.stdout)
  return commands, ran
end

--- Asserts that every command came to its end, and that each `echo $?` printed what is shown.
function M.assert_codes(commands, ran)
  local codes = 0
  for _, one in ipairs(commands) do
    assert(one.code, one.text .. " was not reached:\n" .. ran.stdout .. ran.stderr)
    if one.text == "echo $?" then
      codes = codes + 1
      assert(one.stdout == one.shown, ("exit code %s is not %s:\n%s%s"):format(one.stdout,
        one.shown, ran.stdout, ran.stderr))
    end
  end
  assert(codes > 0, "there is no exit code to compare")
end

return M
