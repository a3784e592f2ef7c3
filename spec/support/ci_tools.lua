--- Other people's readers of what lload writes for CI services, by their Debian packages.

local cjson = require "cjson"
local cli = require "spec.support.cli"
local tmp = require "spec.support.tmp"

local M = {}

local PYTHON = "/usr/bin/python3" -- Debian's: the one that sees Debian's modules

local function run(...)
  local r = cli.program { ... }
  assert(r.code == 0, r.stderr)
  return r.stdout
end

--- Fails with what xmllint says unless a report is as readers of JUnit want it.
---@param path string
function M.assert_junit(path)
  run("xmllint", "--noout", "--nonet", "--schema", "spec/support/junit.xsd", path)
end

--- The suites that python3-junitparser reads from a report.
---@param path string
---@return table[]
function M.junit(path)
  return cjson.decode(run(PYTHON, "spec/support/read_junit.py", path))
end

--- The HTML that GitHub's own parser makes of a text in Markdown.
---@param markdown string
---@return string
function M.html(markdown)
  local path = tmp.write(tmp.dir(), "page.md", markdown)
  return run("cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", path)
end

--- The value of a file in YAML.
---@param path string
---@return table
function M.yaml(path)
  local program = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)"
  return cjson.decode(run(PYTHON, "-c", program, path))
end

--- Why a text is no YAML; nil when it is.
---@param yaml string
---@return string|nil
function M.yaml_problem(yaml)
  local path = tmp.write(tmp.dir(), "page.yml", yaml)
  local program = "import sys, yaml; yaml.safe_load(open(sys.argv[1], encoding='utf-8'))"
  local r = cli.program { PYTHON, "-c", program, path }
  return r.code ~= 0 and r.stderr or nil
end

return M
