-- Keeps one comment of a pull request up to date:
--   luajit scripts/ci/comment.lua SUMMARY.md
-- The comment is found again by a hidden first line and by who wrote it, and changed in place. A
-- comment that cannot be written is a warning: the verdict of a run is its exit code.
--
-- Reads from the environment: GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_API_URL, GITHUB_EVENT_PATH,
-- PULL_REQUEST (its number, when the event does not tell), COMMENT_KEY (of several comments on one
-- pull request), COMMENT_AUTHOR. Needs curl and lua-cjson.

local cjson = require "cjson"

local MOST = 65000 -- bytes; GitHub takes 65,536 characters
local PER_PAGE, MOST_PAGES = 100, 50
local FIRST_PAUSE_S, TRIES = 1, 3

local function say(level, message)
  print(("::%s::lload: %s"):format(level, (message:gsub("[%%\r\n]", {
    ["%"] = "%25", ["\r"] = "%0D", ["\n"] = "%0A",
  }))))
end

-- Ends the program; a comment that could not be written does not make the job red.
local function give_up(message)
  say("warning", "no comment on the pull request: " .. message)
  os.exit(0)
end

local function environment(name, default)
  local value = os.getenv(name)
  if value == nil or value == "" then return default end
  return value
end

local function read(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local content = file:read "*a"
  file:close()
  return content
end

local function write(path, content)
  local file = assert(io.open(path, "wb"))
  assert(file:write(content))
  assert(file:close())
end

local function remove(...)
  for _, path in ipairs { ... } do os.remove(path) end
end

-- A value in a configuration file of curl.
local function quoted(value)
  return '"' .. value:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
end

-- Everything is in a file that only we read: arguments are seen by every process.
local function configuration(request, body, answer)
  local lines = {
    "silent", "show-error", "max-time = 30", "proto = =http,https",
    "request = " .. quoted(request.method), "url = " .. quoted(request.url),
    "output = " .. quoted(answer), 'write-out = "%{http_code}"',
    'header = "Accept: application/vnd.github+json"',
    'header = "X-GitHub-Api-Version: 2022-11-28"',
    "header = " .. quoted("Authorization: Bearer " .. request.token),
  }
  if request.body then
    lines[#lines + 1] = 'header = "Content-Type: application/json"'
    lines[#lines + 1] = "data-binary = " .. quoted("@" .. body)
  end
  return table.concat(lines, "\n") .. "\n"
end

-- One exchange: the status (0 when there was no answer) and the text of the answer.
local function exchange(request)
  local config, body, answer = os.tmpname(), os.tmpname(), os.tmpname()
  write(config, configuration(request, body, answer))
  if request.body then write(body, cjson.encode(request.body)) end
  local pipe = assert(io.popen(("curl --config '%s'"):format(config)))
  local status = tonumber(pipe:read "*a") or 0
  pipe:close()
  local content = read(answer) or ""
  remove(config, body, answer)
  return status, content
end

local Api = {}
Api.__index = Api

-- Asks the API; what may be a passing fault is tried again. Nothing is created twice: when the
-- answer to a POST was lost, nobody knows what became of it.
function Api:ask(method, path, body)
  local request = { method = method, url = self.base .. path, token = self.token, body = body }
  local status, content
  for try = 1, TRIES do
    status, content = exchange(request)
    local passing = status == 0 or status == 429 or status >= 500
    if not passing or method == "POST" or try == TRIES then break end
    os.execute(("sleep %d"):format(FIRST_PAUSE_S * try))
  end
  local ok, value = pcall(cjson.decode, content)
  return status, ok and type(value) == "table" and value or {}
end

local function why(status)
  if status == 0 then return "the API does not answer" end
  if status == 401 or status == 403 or status == 404 then
    return ("the token may not (status %d); for pull requests from forks see docs/ci.md")
      :format(status)
  end
  return ("the API answers with status %d"):format(status)
end

local function escaped(s)
  return (s:gsub("[^%w._~-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- A workflow_run that began in a fork does not name its pull request: it is the open one whose head
-- is the commit that was tested.
local function of_workflow_run(api, run)
  local owner = type(run.head_repository) == "table" and run.head_repository.owner.login
  if not owner or type(run.head_branch) ~= "string" then return nil end
  local status, pulls = api:ask("GET", ("/pulls?state=open&head=%s"):format(
    escaped(owner .. ":" .. run.head_branch)))
  if status ~= 200 then give_up(why(status)) end
  for _, pull in ipairs(pulls) do
    if pull.head.sha == run.head_sha then return pull.number end
  end
  return nil
end

local function pull_request(api)
  local number = environment "PULL_REQUEST"
  if number then return number:match "^%d+$" end
  local path = environment "GITHUB_EVENT_PATH"
  local ok, event = pcall(cjson.decode, path and read(path) or "")
  if not ok or type(event) ~= "table" then return nil end
  if type(event.pull_request) == "table" then return event.pull_request.number end
  if type(event.workflow_run) == "table" then return of_workflow_run(api, event.workflow_run) end
  return nil
end

-- Somebody else's comment may begin with the same line: who wrote it could change it afterwards.
local function is_ours(comment, marker, author)
  return type(comment.body) == "string" and comment.body:sub(1, #marker) == marker
    and type(comment.user) == "table" and comment.user.login == author
end

local function find(api, number, marker, author)
  for page = 1, MOST_PAGES do
    local status, comments = api:ask("GET",
      ("/issues/%d/comments?per_page=%d&page=%d"):format(number, PER_PAGE, page))
    if status ~= 200 then give_up(why(status)) end
    for _, comment in ipairs(comments) do
      if is_ours(comment, marker, author) then return comment.id end
    end
    if #comments < PER_PAGE then return nil end
  end
  return nil
end

local function publish(api, number, marker, text)
  local body = { body = marker .. text }
  local id = find(api, number, marker, environment("COMMENT_AUTHOR", "github-actions[bot]"))
  local status, comment
  if id then
    status, comment = api:ask("PATCH", ("/issues/comments/%.0f"):format(id), body)
  else
    status, comment = api:ask("POST", ("/issues/%d/comments"):format(number), body)
  end
  if status ~= 200 and status ~= 201 then give_up(why(status)) end
  print(("%s %s"):format(id and "updated" or "wrote", tostring(comment.html_url or "a comment")))
end

-- What is too long, whoever made it, is cut at the end of a line.
local function fitting(text)
  if #text <= MOST then return text end
  return text:sub(1, MOST):match "^(.*\n)" .. "\nThe rest is cut off.\n"
end

local function main(path)
  local text = read(path or "")
  if not text then
    say("error", ("comment: cannot read %s"):format(path or "a summary; name it"))
    return 2
  end
  local key = environment("COMMENT_KEY", "lload")
  local token, repository = environment "GITHUB_TOKEN", environment "GITHUB_REPOSITORY"
  if not key:find "^[%w._-]+$" or #key > 100 then
    say("error", "comment: the key takes letters, digits, . _ and -, at most 100")
    return 2
  elseif not token or not repository or not repository:find "^%w[%w._-]*/[%w._-]+$" then
    say("error", "comment: GITHUB_TOKEN and GITHUB_REPOSITORY are needed")
    return 2
  end
  local api = setmetatable({
    base = environment("GITHUB_API_URL", "https://api.github.com") .. "/repos/" .. repository,
    token = token,
  }, Api)
  local number = pull_request(api)
  if not number then
    print "no pull request here: nothing to comment on"
    return 0
  end
  publish(api, number, ("<!-- lload:%s -->\n"):format(key), fitting(text))
  return 0
end

os.exit(main(arg[1]))
