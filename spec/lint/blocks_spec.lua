--- What the pages show besides Lua: command lines of lload parse, JSON is JSON, and links lead
--- somewhere.
local cjson = require "cjson"
local lfs = require "lfs"
local cli = require "lload.cli"
local pages = require "spec.support.pages"
local settings = require "lload.settings"
local sources = require "spec.support.sources"

-- The words of a line as a shell sees them, up to a comment or an operator. Variables that
-- are addresses have one; others stay.
local function shell_words(line)
  local words, at = {}, 1
  while true do
    at = line:find("%S", at)
    if not at or line:find("^[#&|;>]", at) then return words end
    local word = {}
    while at <= #line and not line:find("^[%s;]", at) do
      local quote = line:match("^['\"]", at)
      local stop = quote and assert(line:find(quote, at + 1, true), "no end of the quotes") or at
      word[#word + 1] = quote and line:sub(at + 1, stop - 1) or line:sub(at, at)
      at = stop + 1
    end
    words[#words + 1] = table.concat(word):gsub("%$[%u_]*URL", "http://shop.test")
  end
end

-- A line that runs lload: its variables and its arguments; else nil.
local function invocation(line)
  local at, env = line:match "^%s*%$%s+()" or line:match "^%s*%-%s+()" or 1, {}
  if not line:find("lload%s", at) then return nil end
  local words = shell_words(line:sub(at))
  while words[1] and words[1]:find "^[%u_]+=" do
    local name, value = table.remove(words, 1):match "^([^=]+)=(.*)$"
    env[name] = value
  end
  if not words[1] or not (words[1] == "lload" or words[1]:find "/lload$") then return nil end
  table.remove(words, 1)
  return env, words
end

-- Lines that end in a backslash go on in the next.
local function command_lines(text) return (text:gsub("\\\n%s*", " ") .. "\n"):gmatch "(.-)\n" end

local OURS = { "^examples/", "^scenarios/" }

-- Is there such a file, or one that "*" in the last part of a path stands for?
local function is_there(file)
  local folder, name = file:match "^(.*)/([^/]*%*[^/]*)$"
  if not folder then return lfs.attributes(file) ~= nil end
  local pattern = "/" .. name:gsub("[%-.]", "%%%0"):gsub("%*", "[^/]*") .. "$"
  for _, path in ipairs(sources.files(folder, ".")) do
    if path:sub(#folder + 1):find("^" .. pattern) then return true end
  end
  return false
end

-- Why lload would not take these arguments, or nil. `written` has the files that lines before
-- this one write, and gets what this one does.
local function refusal(env, arguments, written)
  local request, message = cli.parse(arguments)
  if not request then return message end
  local verification = request.given.write_verify
  if written and verification then written[verification] = true end
  local _, problems = settings.read(request, function(name) return env[name] end)
  if problems[1] then return table.concat(problems, "; ") end
  for _, file in ipairs(request.files) do
    for _, pattern in ipairs(OURS) do
      if file:find(pattern) and not is_there(file) and not (written or {})[file] then
        return "there is no " .. file
      end
    end
  end
end

-- JSON as a page may shorten it: `{ … }`, `[ … ]`, and members without the braces around them.
local function decoded(text)
  local whole = text:gsub("([%[{])%s*…%s*([%]}])", "%1%2")
  if whole:find '^%s*"[^"]*":' then whole = "{" .. whole .. "}" end
  return pcall(cjson.decode, whole)
end

-- The text of a page without its blocks.
local function prose(text)
  return (("\n" .. text):gsub("\n%s*```.-\n%s*```", "\n"))
end

-- GitHub's anchors of all headings.
local function anchors(text)
  local found = {}
  for title in prose(text):gmatch "\n#+ ([^\n]+)" do
    found[title:lower():gsub("[^%w_ \128-\255-]", ""):gsub(" ", "-")] = true
  end
  return found
end

-- Why a link on a page leads nowhere, or nil.
local function dead(page, link)
  if link:find "^%a+:" then return nil end
  local path, anchor = link:match "^([^#]*)#?(.*)$"
  local target = path == "" and page or (page:match "^(.*/)" or "") .. path
  if not lfs.attributes(target) then return "there is no " .. target end
  if anchor ~= "" and not anchors(sources.read(target))[anchor] then
    return ("%s has no heading #%s"):format(target, anchor)
  end
end

describe("links on the pages", function()
  for _, page in ipairs(pages.all()) do
    it("lead somewhere in " .. page, function()
      for link in prose(sources.read(page)):gmatch "%]%(([^()%s]+)%)" do
        assert.is_nil(dead(page, link))
      end
    end)
  end
end)

describe("command lines on the pages", function()
  local count = 0

  it("parse, and name files that are there", function()
    local written = {}
    for _, block in ipairs(pages.blocks("sh", "bash", "console", "yaml")) do
      for line in command_lines(block.text) do
        local env, arguments = invocation(line)
        if env then
          count = count + 1
          local why = refusal(env, arguments, written)
          assert.is_nil(why, ("%s: %s: %s"):format(block.place, line, tostring(why)))
        end
      end
    end
  end)

  it("are as many as it looks", function() assert.is_true(count >= 20, count) end)
end)

describe("JSON on the pages", function()
  for _, block in ipairs(pages.blocks "json") do
    it("decodes at " .. block.place, function() assert(decoded(block.text)) end)
  end
end)

describe("the check of blocks", function()
  local function why(line) return refusal(assert(invocation(line))) end

  it("takes a command line apart as a shell does", function()
    local env, arguments = invocation(
      [[$ A=1 build/lload run "a b.lua" --threshold 'x: p(95)<1' -e U="$URL/x" -q # comment]])
    assert.same({ A = "1" }, env)
    assert.same({ "run", "a b.lua", "--threshold", "x: p(95)<1", "-e", "U=http://shop.test/x",
      "-q" }, arguments)
    assert.is_nil(invocation "k6 run lload.js")
    assert.is_nil(invocation "lload-shop --port 8080 &")
  end)

  it("finds what lload would refuse", function()
    assert.is_nil(why "lload run a.lua -u 5 -d 10s > out")
    assert.truthy(why "lload run a.lua --vuss 5")
    assert.truthy(why "lload run a.lua -u many")
    assert.truthy(why "lload rnu a.lua")
    assert.truthy(why "LLOAD_VUS=many lload run a.lua")
    assert.truthy(why "lload run examples/nothing/scenario.lua")
    assert.truthy(why "lload run scenarios/*.txt")
    assert.is_nil(why "lload run scenarios/*.lua")
  end)

  it("follows links to files and headings", function()
    assert.is_nil(dead("docs/ci.md", "../README.md#exit-codes"))
    assert.is_nil(dead("docs/ci.md", "https://example.com/"))
    assert.truthy(dead("docs/ci.md", "README.md"))
    assert.truthy(dead("README.md", "docs/ci.md#nothing-of-the-kind"))
    assert.same({ ["what-it-is"] = true }, anchors "## What it is?\n```sh\n# none\n```\n")
  end)

  it("takes JSON that is shortened, and no other", function()
    assert.is_true((decoded '{ "a": { … }, "b": [ … ] }'))
    assert.is_true((decoded '"a": 1, "b": "x…"'))
    assert.is_false((decoded '{ "a": 1, }'))
  end)
end)
