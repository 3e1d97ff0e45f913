-- Walks the requests of a file with lines `HOST PATH KEY`, one after the other; prints `RESULT {json}` at the end.
local requests, place = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local host, path, key = line:match("^(%S+) (%S+) (%S+)$")
    local headers = { Host = host, apikey = key ~= "-" and key or nil }
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %f, "errors": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
