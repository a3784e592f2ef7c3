-- Users in a chat room: each holds a connection, says something now and then, and hears it again.

local lload = require "lload"
local ws, check, group, think = lload.ws, lload.check, lload.group, lload.think

-- In on_start, so that it lasts for all iterations of the user.
local function join(vu)
  vu.socket = ws.connect("/ws/:room", {
    params = { room = "lobby" }, protocols = "chat.v1", timeout = "5s", name = "join",
  })
end

local function say(vu)
  local socket = vu.socket
  if socket.state ~= "open" then
    check(socket, { ["is connected"] = function() return false end })
    think(1)
    return join(vu)
  end
  local text = ("user %d says %d"):format(vu.id, vu.iteration)
  socket:ping()
  local answer = group("say and hear", function()
    socket:send { say = text }
    return (socket:receive "2s")
  end)
  check(answer, { ["hears what it said"] = function(a) return a and a:find(text, 1, true) end })
  think(0.1, 0.3)
end

return {
  name = "websocket",
  base_url = lload.env("BASE_URL", "http://127.0.0.1:8081"),
  stages = {
    talk = { executor = "ramping-vus", start_vus = 1, steps = {
      { duration = "2s", target = 20 }, { duration = "2s", target = 20 },
    } },
  },
  thresholds = {
    ws_session_failed = "rate==0",
    ws_connecting = "p(95)<1s",
    ws_ping = "p(95)<200",
    ["group_duration{group:say and hear}"] = "p(95)<200",
    checks = "rate>99%",
  },
  on_start = join,
  journey = say,
  on_stop = function(vu) vu.socket:close(1000, "bye") end,
}
