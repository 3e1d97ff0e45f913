-- The parts of `kong` and `ngx` that are Lua's own business. It gets the functions that Python answers, as a tree by their
-- names; `present`, which gives and takes tables that live as long as the present request; constants from Python; what stands for
-- null, and the metatable of lists.

local root, present, constants, null, list = ...
local kong, ngx = root.kong, root.ngx
local setmetatable, type, tostring, select, unpack, pairs = setmetatable, type, tostring, select, unpack, pairs
local concat = table.concat

local function joined(...)
  local texts = {}
  for at = 1, select('#', ...) do texts[at] = tostring((select(at, ...))) end
  return concat(texts)
end

local function flat(value)
  if type(value) ~= 'table' then return tostring(value) end
  local texts = {}
  for at = 1, #value do texts[at] = flat(value[at]) end
  return concat(texts)
end

-- A table whose fields Python reads and writes.
local function proxy(get, set)
  return setmetatable({}, {
    __index = function(_, name) return get(name) end,
    __newindex = function(_, name, value) set(name, value) end,
    __metatable = false,
  })
end

local function constant(values)
  return proxy(function(name) return values[name] end, function(name)
    error('attempt to modify ' .. tostring(name) .. ' field', 3)
  end)
end

-- kong --------------------------------------------------------------------------------------------------------------

local write = kong.log.write
kong.log.write = nil
for level in ('emerg alert crit err warn notice info debug'):gmatch('%S+') do
  kong.log[level] = function(...) write(level, joined(...)) end
end
local encode, inspecting = root.cjson.encode, true
kong.log.inspect = setmetatable({
  on = function() inspecting = true end,
  off = function() inspecting = false end,
}, { __call = function(_, ...)
  if not inspecting then return end
  local texts = {}
  for at = 1, select('#', ...) do
    local value = select(at, ...)
    local fine, text = pcall(encode, value)
    texts[at] = fine and text or tostring(value)
  end
  write('debug', concat(texts, ' '))
end })
setmetatable(kong.log, { __call = function(_, ...) write('notice', joined(...)) end })

kong.ctx = proxy(present.get, present.set)
kong.configuration = constant(constants.configuration)
kong.version, kong.version_num = constants.version, constants.version_num
kong.pdk_major_version, kong.pdk_version = 1, '1.0.0'

kong.table = {
  new = function() return {} end,
  clear = function(values) for name in pairs(values) do values[name] = nil end end,
  merge = function(first, second)
    local merged = {}
    for name, value in pairs(first or {}) do merged[name] = value end
    for name, value in pairs(second or {}) do merged[name] = value end
    return merged
  end,
}

-- A cache of this node, for all code; `neg_ttl` is for nil, as in Kong.
local MOST, entries, held = 10000, {}, 0

local function fresh(key)
  local entry = entries[key]
  if entry and (not entry.till or entry.till > ngx.now()) then return entry end
end

local function keep(key, value, ttl)
  if not entries[key] then
    if held >= MOST then entries, held = {}, 0 end
    held = held + 1
  end
  entries[key] = { value = value, till = ttl and ttl > 0 and ngx.now() + ttl or nil }
end

kong.cache = {
  get = function(_, key, options, load, ...)
    local entry = fresh(key)
    if entry then return entry.value, nil, 1 end
    if not load then return nil end
    local value, problem, ttl = load(...)
    if problem then return nil, problem end
    options = options or {}
    if value == nil then ttl = ttl or options.neg_ttl else ttl = ttl or options.ttl end
    keep(key, value, ttl)
    return value, nil, 3
  end,
  probe = function(_, key)
    local entry = fresh(key)
    if not entry then return nil end
    return entry.till and entry.till - ngx.now() or 0, nil, entry.value
  end,
  invalidate = function(_, key)
    if entries[key] then entries[key], held = nil, held - 1 end
  end,
  purge = function() entries, held = {}, 0 end,
}
kong.cache.invalidate_local = kong.cache.invalidate

-- ngx ---------------------------------------------------------------------------------------------------------------

local write_log, print_text = ngx.write_log, ngx.print_text
ngx.write_log, ngx.print_text = nil, nil
for number, name in pairs({ [0] = 'STDERR', 'EMERG', 'ALERT', 'CRIT', 'ERR', 'WARN', 'NOTICE', 'INFO', 'DEBUG' }) do
  ngx[name] = number
end
for name, status in pairs(constants.statuses) do ngx['HTTP_' .. name] = status end
for name, number in pairs(constants.methods) do ngx['HTTP_' .. name] = number end
ngx.OK, ngx.ERROR, ngx.AGAIN, ngx.DONE, ngx.DECLINED = 0, -1, -2, -4, -5
ngx.null = null
ngx.config = { subsystem = 'http', debug = false }

function ngx.log(level, ...) write_log(level, joined(...)) end

function ngx.print(...)
  local texts = {}
  for at = 1, select('#', ...) do texts[at] = flat((select(at, ...))) end
  return print_text(concat(texts))
end

function ngx.say(...) return ngx.print({ flat({ ... }), '\n' }) end

function ngx.update_time() end
function ngx.get_phase() return present.phase() end
function ngx.eof() return 1 end
function ngx.flush() return 1 end

ngx.header = proxy(ngx.header.get, ngx.header.set)
ngx.var = proxy(ngx.var.get, ngx.var.set)
ngx.arg = proxy(ngx.arg.get, ngx.arg.set)

local get_status, set_status = ngx.status.get, ngx.status.set
ngx.status = nil

-- Regular expressions -------------------------------------------------------------------------------------------------

local re = ngx.re
local find_groups, substitute = re.find_groups, re.substitute
re.find_groups, re.substitute = nil, nil

function re.match(subject, regex, options, context)
  local groups, bounds = find_groups(subject, regex, options, context and context.pos)
  if groups and context then context.pos = bounds[1][2] + 1 end
  return groups
end

function re.find(subject, regex, options, context, nth)
  local groups, bounds = find_groups(subject, regex, options, context and context.pos)
  if not groups then return nil end
  if context then context.pos = bounds[1][2] + 1 end
  local bound = bounds[(nth or 0) + 1]
  if bound and bound[1] > 0 then return bound[1], bound[2] end
end

function re.gmatch(subject, regex, options)
  local from = 1
  return function()
    if from > #subject + 1 then return nil end
    local groups, bounds = find_groups(subject, regex, options, from)
    if not groups then from = #subject + 2 return nil end
    from = bounds[1][2] < bounds[1][1] and bounds[1][1] + 1 or bounds[1][2] + 1
    return groups
  end
end

local function replaced(subject, regex, replacement, options, once)
  if type(replacement) ~= 'function' then return substitute(subject, regex, replacement, options, once) end
  local parts, count, from = {}, 0, 1
  while from <= #subject + 1 do
    local groups, bounds = find_groups(subject, regex, options, from)
    if not groups then break end
    local first, last = bounds[1][1], bounds[1][2]
    parts[#parts + 1] = subject:sub(from, first - 1) .. tostring(replacement(groups))
    count, from = count + 1, last + 1
    if last < first then
      parts[#parts + 1] = subject:sub(first, first)
      from = first + 1
    end
    if once then break end
  end
  return concat(parts) .. subject:sub(from), count
end

function re.sub(subject, regex, replacement, options) return replaced(subject, regex, replacement, options, true) end
function re.gsub(subject, regex, replacement, options) return replaced(subject, regex, replacement, options, false) end

-- Modules -------------------------------------------------------------------------------------------------------------

local cjson = root.cjson
local safe = {}
for name, run in pairs(cjson) do
  safe[name] = function(...)
    local fine, value = pcall(run, ...)
    if fine then return value end
    -- Without the place in this file.
    return nil, (tostring(value):gsub('^interface:%d+: ', ''))
  end
end
for _, module in pairs({ cjson, safe }) do
  module.null, module.array_mt, module.empty_array = null, list, setmetatable({}, list)
end

return kong, function(view)
  return proxy(function(name)
    if name == 'status' then return get_status() end
    if name == 'ctx' then return present.get('ngx') end
    if name == 'headers_sent' then return present.late() end
    return view(ngx[name])
  end, function(name, value)
    if name == 'status' then return set_status(value) end
    if name == 'ctx' then return present.set('ngx', value) end
    error('attempt to modify ngx.' .. tostring(name), 3)
  end)
end, { cjson = cjson, ['cjson.safe'] = safe }
