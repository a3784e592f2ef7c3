--- The built-in metrics, and what may be asked of each kind of metric.

local M = {}

--- Name → kind of every built-in metric.
---@type table<string, "counter"|"rate"|"gauge"|"trend">
M.BUILT_IN = {
  http_reqs = "counter",
  iterations = "counter",
  dropped_iterations = "counter",
  iterations_failed = "counter",
  iteration_errors = "counter",
  data_sent = "counter",
  data_received = "counter",
  http_req_failed = "rate",
  checks = "rate",
  vus = "gauge",
  vus_max = "gauge",
  http_req_duration = "trend",
  http_req_failed_duration = "trend",
  http_req_blocked = "trend",
  http_req_looking_up = "trend",
  http_req_connecting = "trend",
  http_req_tls_handshaking = "trend",
  http_req_sending = "trend",
  http_req_waiting = "trend",
  http_req_receiving = "trend",
  iteration_duration = "trend",
  iteration_lag = "trend",
  iteration_response_time = "trend",
  group_duration = "trend",
  http_stream_first_event = "trend",
  http_stream_events = "counter",
  http_cache_hits = "rate",
  ws_sessions = "counter",
  ws_session_failed = "rate",
  ws_session_duration = "trend",
  ws_connecting = "trend",
  ws_msgs_sent = "counter",
  ws_msgs_received = "counter",
  ws_ping = "trend",
}

--- Kind → the aggregations a threshold may use.
M.AGGREGATIONS = {
  counter = { "count", "rate" },
  rate = { "rate" },
  gauge = { "value", "min", "max" },
  trend = { "avg", "min", "med", "max", "p(x)", "count" },
}

--- Is the value of this aggregation a time in ms? Only the built-in trends are known to be.
---@param metric string
---@param aggregation string
---@return boolean
function M.is_time(metric, aggregation)
  return M.BUILT_IN[metric] == "trend" and aggregation ~= "count"
end

return M
