-- `resty.http` and `resty.redis`, through the clients of the node: code that calls them waits, and others are served. It gets
-- what has a run wait, the function that tells the phase, and what stands for null.

local wait, phase, null = ...
local setmetatable, type, tostring, error, pairs, unpack, select = setmetatable, type, tostring, error, pairs, unpack, select

local WAITING = { certificate = 'ssl_certificate', rewrite = 'rewrite', access = 'access' }
local function available()
  local now = phase()
  if not WAITING[now] then error('API disabled in the context of ' .. now .. '_by_lua*', 3) end
end

-- An object with these methods, which its user cannot reach to change them.
local function object(methods, values)
  return setmetatable(values, { __index = function(_, name) return methods[name] end, __metatable = false })
end

local any_case = { __index = function(values, name)
  if type(name) ~= 'string' then return nil end
  name = name:lower()
  for known, value in pairs(values) do
    if known:lower() == name then return value end
  end
end, __metatable = false }

-- resty.http --------------------------------------------------------------------------------------------------------

local http, methods = { _VERSION = '0.17.1' }, {}

function http.new()
  available()
  return object(methods, { timeouts = { 60000, 60000, 60000 } })
end

function methods:set_timeout(milliseconds) self.timeouts = { milliseconds, milliseconds, milliseconds } end
function methods:set_timeouts(connect, send, read)
  local known = self.timeouts
  self.timeouts = { connect or known[1], send or known[2], read or known[3] }
end
function methods:set_keepalive() return 1 end
function methods:get_reused_times() return 0 end
function methods:close() return 1 end

function methods:request_uri(uri, options)
  available()
  if type(uri) ~= 'string' then return nil, 'bad uri: ' .. tostring(uri) end
  local answer, problem = wait('http', uri, options or {}, self.timeouts)
  if not answer then return nil, problem end
  setmetatable(answer.headers, any_case)
  answer.has_body = #answer.body > 0
  answer.read_body = function() return answer.body end
  return answer
end

-- resty.redis -------------------------------------------------------------------------------------------------------

local redis, commands = { _VERSION = '0.30' }, {}

function redis.new()
  available()
  return object(commands, { server = {}, timeout = 60000 })
end

local function ask(self, command, ...)
  available()
  if not self.server.host then return nil, 'not initialized' end
  local problem, value = wait('redis', self.server, self.timeout, command, ...)
  if not problem then return value end
  if value == nil then return nil, problem end
  return false, problem
end

function commands:connect(host, port, options)
  available()
  if type(port) == 'table' then port, options = nil, port end
  options = options or {}
  self.server = { host = host, port = port or 6379, ssl = options.ssl, verify = options.ssl_verify, name = options.server_name }
  local fine, problem = ask(self, 'connect')
  if not fine then
    self.server = {}
    return nil, problem
  end
  return 1
end

-- Kept for the commands that follow: the connection is one of the node's, for this server, user and database.
local function with(self, changes)
  local before, now = self.server, {}
  for name, value in pairs(before) do now[name] = value end
  for name, value in pairs(changes) do now[name] = value end
  self.server = now
  local fine, problem = ask(self, 'ping')
  if not fine then
    self.server = before
    return fine, problem
  end
  return 'OK'
end

function commands:auth(first, second)
  return with(self, second and { username = first, password = second } or { password = first })
end
function commands:select(database) return with(self, { database = database }) end
function commands:set_timeout(milliseconds) self.timeout = milliseconds end
function commands:set_timeouts(_, _, read) self.timeout = read or self.timeout end
function commands:set_keepalive() return 1 end
function commands:get_reused_times() return 0 end
function commands:close() return 1 end
function commands:array_to_hash(list)
  local hash = {}
  for at = 1, #list, 2 do hash[list[at]] = list[at + 1] end
  return hash
end

for name in ([[
  append decr decrby del exists expire expireat get getset hdel hexists hget hgetall hincrby hkeys hlen hmget hmset hset hsetnx
  hvals incr incrby incrbyfloat keys lindex llen lpop lpush lrange lrem ltrim mget mset persist pexpire ping psetex pttl publish
  rpop rpush sadd scard set setex setnx sismember smembers srem strlen ttl type zadd zcard zincrby zrange zrangebyscore zrem
  zscore eval evalsha
]]):gmatch('%S+') do
  commands[name] = function(self, ...) return ask(self, name, ...) end
end

redis.null = null
return { ['resty.http'] = http, ['resty.redis'] = redis }
