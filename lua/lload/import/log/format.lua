--- What a line of an access log looks like: a log_format of nginx as pieces for the engine's
--- line_pattern, the well-known formats by name, and which of them a log has.

local M = {}

--- Where each field goes; the order in which `lines:next(pattern)` gives them.
M.SLOTS = {
  "address", "time", "method", "target", "status", "agent", "duration", "session", "forwarded",
  "arguments", "request",
}

local SLOT = {}
for number, name in ipairs(M.SLOTS) do SLOT[name] = number end

-- What nginx's variables are to us.
local MEANING = {
  remote_addr = "address", http_x_forwarded_for = "forwarded", http_user_agent = "agent",
  time_local = "time", time_iso8601 = "time", msec = "time",
  request_method = "method", request_uri = "target", uri = "target", document_uri = "target",
  args = "arguments", query_string = "arguments", status = "status", request_time = "duration",
}

local COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
local COMBINED = COMMON .. ' "$http_referer" "$http_user_agent"'

-- What is tried on a log of unknown form, in this order; `$rest` is whatever follows.
local KNOWN = {
  { name = "combined", text = COMBINED .. "$rest" },
  { name = "combined with a host before it", text = "$host " .. COMBINED .. "$rest" },
  { name = "common", text = COMMON },
  { name = "common and more", text = COMMON .. " $rest" },
}

local BY_NAME = { combined = COMBINED .. "$rest", common = COMMON }

-- A format as texts and names of variables, in turn.
local function pieces_of(text)
  local pieces, at = {}, 1
  while true do
    local from, to, name = text:find("%$([%a_][%w_]*)", at)
    local braced, last, inner = text:find("%${([%a_][%w_]*)}", at)
    if braced and (not from or braced < from) then from, to, name = braced, last, inner end
    if not from then break end
    pieces[#pieces + 1] = text:sub(at, from - 1)
    pieces[#pieces + 1] = name
    at = to + 1
  end
  pieces[#pieces + 1] = text:sub(at)
  return pieces
end

-- What tells visits apart: a cookie in the log, unless another variable is named.
local function session_of(names, wanted)
  if wanted then return wanted end
  for _, name in ipairs(names) do
    if name:find "^cookie_" then return name end
  end
  return nil
end

-- `"$request"` is a method, a target and a version, which the pattern tells apart at once. The
-- lenient pattern takes whatever clients sent in their place.
local function expand(pieces, is_lenient)
  local list = { pieces[1] }
  for index = 2, #pieces, 2 do
    local name, behind = pieces[index], pieces[index + 1]
    if name == "request" and not is_lenient then
      for _, piece in ipairs { "request_method", " ", "request_uri", " ", "", behind } do
        list[#list + 1] = piece
      end
    else
      list[#list + 1], list[#list + 2] = name, behind
    end
  end
  return list
end

local function pattern_of(pieces, session, is_lenient)
  local list, known = expand(pieces, is_lenient), {}
  for index = 2, #list, 2 do
    local name = list[index]
    local meaning = name == session and "session" or name == "request" and "request"
      or MEANING[name]
    list[index] = meaning and SLOT[meaning] or false
    if meaning then known[meaning] = true end
  end
  return list, known
end

local function problem_of(pieces, known)
  for index = 3, #pieces - 2, 2 do
    if pieces[index] == "" then
      return ("$%s and $%s have nothing between them"):format(pieces[index - 1], pieces[index + 1])
    end
  end
  if not known.time then return "it has no time: $time_local, $time_iso8601 or $msec" end
  if not known.target then return "it has no $request, and no $request_uri or $uri" end
  return nil
end

--- Compiles a format of nginx, or the name of one.
---@param text string
---@param session? string the variable that tells visits apart
---@return table|nil format { name, strict, lenient, session } with lists for line_pattern
---@return string|nil message
function M.compile(text, session)
  local name = BY_NAME[text] and text or "the given format"
  local pieces = pieces_of(BY_NAME[text] or text)
  local names = {}
  for index = 2, #pieces, 2 do names[#names + 1] = pieces[index] end
  if #names == 0 then
    return nil, ('"%s" has no variables of nginx, such as $request; there are also combined, '
      .. "common and json"):format(text)
  end
  local visits = session_of(names, session)
  local strict, known = pattern_of(pieces, visits, false)
  local problem = problem_of(pieces, known)
  if problem then return nil, ('the format "%s" cannot be read: %s'):format(text, problem) end
  if session and not known.session then
    return nil, ('the format "%s" has no $%s, which --session names'):format(text, session)
  end
  return {
    name = name, strict = strict, lenient = (pattern_of(pieces, visits, true)), session = visits,
  }
end

--- Names of the keys of a log_format that writes JSON: `"time":"$time_iso8601"` → time_iso8601 is
--- in `time`.
---@param text string
---@return table<string, string>
function M.json_keys(text)
  local keys = {}
  for key, variable in text:gmatch '"([^"]+)"%s*:%s*"?%${?([%a_][%w_]*)' do
    keys[variable] = key
  end
  return keys
end

--- The meaning of a variable of nginx; nil if it has none for us.
---@param variable string
---@return string|nil
function M.meaning(variable) return variable == "request" and variable or MEANING[variable] end

local function count_matches(engine, format, lines)
  local pattern, count = engine.line_pattern(format.lenient), 0
  for _, line in ipairs(lines) do
    if pattern:match(line) then count = count + 1 end
  end
  return count
end

--- Which of the well-known formats the first lines have: nil if none fits more than half.
---@param engine table lload.engine
---@param lines string[]
---@param session? string
---@return table|string|nil format or "json"
function M.detect(engine, lines, session)
  local json = 0
  for _, line in ipairs(lines) do
    if line:find "^%s*{.*}%s*$" then json = json + 1 end
  end
  if json * 2 > #lines then return "json" end
  for _, known in ipairs(KNOWN) do
    local format = M.compile(known.text, nil)
    if count_matches(engine, format, lines) * 2 > #lines then
      if session then return nil, "only a log_format or JSON can name what tells visits apart" end
      format.name = known.name
      return format
    end
  end
  return nil
end

return M
