-- Readies a LuaJIT machine for code from configurations. It gets `untrusted_lua`, the two lists that belong to it, the path
-- of modules, the names of the functions that Python answers, interface.lua and clients.lua, constants and what bounds.lua gave; it gives
-- what Python compiles and runs code with. From that code nothing of Python, of C or of other code's state can be reached.

local mode, requires, environment, path, functions, interface, clients, constants, bounds = ...
local globals, loaded = _G, package.loaded
local setfenv, setmetatable, getmetatable, rawget = setfenv, setmetatable, getmetatable, rawget
local type, error, pcall, unpack, pairs, ipairs, next = type, error, pcall, unpack, pairs, ipairs, next
local load, loadfile, require, tostring = load, loadfile, require, tostring
local sethook, metatable_of, null = debug.sethook, debug.getmetatable, newproxy()

-- What nobody may have: ways to Python, to C, to bytecode, and to state that all code shares ---------------------------

-- The environment of the run that goes on.
local current

function globals.load(chunk, name, _, env) return load(bounds.whole(chunk), name, 't', env or current) end
function globals.loadstring(chunk, name) return load(bounds.whole(tostring(chunk)), name, 't', current) end
function globals.loadfile(name, _, env) return loadfile(name, 't', env or current) end
package.path, package.cpath = path, ''
package.loaders = { package.loaders[1], package.loaders[2] }
for name in pairs(package.preload) do package.preload[name] = nil end
for _, name in pairs({ 'python', 'debug', 'jit', 'jit.opt', 'jit.util', 'ffi', 'package', '_G' }) do
  globals[name], loaded[name] = nil, nil
end
for _, name in pairs({ 'collectgarbage', 'dofile', 'getfenv', 'module', 'newproxy', 'setfenv' }) do globals[name] = nil end
os.exit, string.dump = nil, nil
getmetatable('').__metatable, getmetatable(io.stdout).__metatable = false, false

-- Views: libraries are shared by all code, so each run gets tables that look like them and cannot be changed ------------

local names = {}
for name, library in pairs(globals) do
  if type(library) == 'table' then names[library] = name end
end

local function seen(value)
  local name = names[value]
  if not name then return value end
  local call = (getmetatable(value) or {}).__call
  return setmetatable({}, {
    __call = call and function(_, ...) return call(value, ...) end,
    __index = function(_, key) return seen(value[key]) end,
    __newindex = function(_, key)
      error('Can not modify ' .. name .. '.' .. tostring(key) .. '. Protected by the sandbox.', 2)
    end,
    __metatable = false,
  })
end

-- What is visible ---------------------------------------------------------------------------------------------------

-- Put what a name such as `os.time` means into the target, and nothing beside it.
local function link(where, source, target, before)
  local head, rest = where:match('^([^.]+)%.?(.*)$')
  local value = source[head]
  if value == nil or target[head] == value then return end
  if rest == '' then target[head] = value return end
  if type(value) ~= 'table' then return end
  local name = before and before .. '.' .. head or head
  if target[head] == nil then
    target[head] = {}
    names[target[head]] = name
  end
  link(rest, value, target[head], name)
end

local base = {}
for name in ([[
  _VERSION assert error ipairs next pairs pcall select tonumber tostring type unpack xpcall
  coroutine.create coroutine.resume coroutine.running coroutine.status coroutine.wrap coroutine.yield
  math.abs math.acos math.asin math.atan math.atan2 math.ceil math.cos math.cosh math.deg math.exp math.floor math.fmod
  math.frexp math.huge math.ldexp math.log math.log10 math.max math.min math.modf math.pi math.pow math.rad math.random
  math.sin math.sinh math.sqrt math.tan math.tanh os.clock os.date os.difftime os.time
  string.byte string.char string.find string.format string.gmatch string.gsub string.len string.lower string.match
  string.rep string.reverse string.sub string.upper table.concat table.insert table.maxn table.remove table.sort
]]):gmatch('%S+') do link(name, globals, base) end

local ask, tables, plugin, phase
local asking = bounds.ask
local function answer(known, ...)
  if not known then error((...), 3) end
  return ...
end

local tree = {}
for name in functions:gmatch('%S+') do
  local part = tree
  for inner in name:gmatch('([^.]+)%.') do
    part[inner] = part[inner] or {}
    part = part[inner]
  end
  part[name:match('[^.]+$')] = function(...)
    asking()
    return answer(ask(name, ...))
  end
end

-- What belongs to the request that code runs for; tables live as long as it.
local present = {}
local function key_of(name) return name == 'plugin' and 'plugin ' .. plugin or name end
-- What plugins in Python share is found in `shared` too.
local python = { __index = function(_, name) return answer(ask('kong.ctx.in_python', name)) end }
function present.get(name)
  local key = key_of(name)
  if not tables[key] then tables[key] = name == 'shared' and setmetatable({}, python) or {} end
  return tables[key]
end
function present.set(name, value) tables[key_of(name)] = value end
function present.phase() return phase end

-- By this lists are known from objects, when they are empty.
local list = { __metatable = false }

local kong, ngx_of, modules = interface(tree, present, constants, null, list)
local ngx = ngx_of(seen)
-- Other code may have run meanwhile.
local function gone_on(own, ...)
  current = own
  return ...
end
local function wait(...) return gone_on(current, bounds.wait(...)) end
for name, module in pairs(clients(wait, present.phase, null)) do modules[name] = module end
for name, module in pairs(modules) do
  loaded[name], names[module] = module, name
end

local function named(value, name)
  names[value] = name
  for key, part in pairs(value) do
    if type(part) == 'table' and type(key) == 'string' and next(part) then named(part, name .. '.' .. key) end
  end
end
named(kong, 'kong')
named(tree.ngx, 'ngx')

local allowed = { require = function(name)
  if not requires[name] then error("require '" .. tostring(name) .. "' not allowed within sandbox", 2) end
  return seen(require(name))
end }
for _, name in ipairs(environment) do link(name, globals, allowed) end
globals.require = function(name) return seen(require(name)) end

local function visible(own, others, more)
  return function(self, name)
    if name == '_G' then return self end
    local value = own[name]
    if value == nil then value = others[name] end
    if value == nil and more then value = more[name] end
    return seen(value)
  end
end

local sandboxed = mode == 'sandbox'
local of_code = {
  __index = visible({ kong = kong, ngx = ngx }, sandboxed and allowed or globals, sandboxed and base),
  __metatable = false,
}
local of_expressions = setmetatable({}, {
  __index = visible({ type = type, tostring = tostring, tonumber = tonumber }, sandboxed and allowed or globals),
  __newindex = function() error('This environment is read-only.', 2) end,
  __metatable = false,
})

-- For Python --------------------------------------------------------------------------------------------------------

local any_case = { __index = function(values, name)
  if type(name) ~= 'string' then return nil end
  name = name:lower()
  return rawget(values, name) or rawget(values, (name:gsub('_', '-')))
end }

return {
  compile = function(code) return load(code, code, 't') end,
  compile_expression = function(parameters, code)
    return load('local ' .. parameters .. ' = ... return (' .. code .. ')', '=template', 't', of_expressions)
  end,
  -- Who answers, the tables of the request, which plugin's code runs, in which phase, and what a run took before it waited.
  begin = function(by, own, name, now, steps, depth)
    ask, tables, plugin, phase = by, own, name, now
    bounds.begin(steps, depth)
  end,
  thread = bounds.thread,
  run = function(code)
    -- What it sets ends with this run.
    current = setmetatable({}, of_code)
    setfenv(code, current)
    local result = code()
    return result
  end,
  -- Codes that run one after the other; one that gives a function the first time is that function from then on.
  chain = function(codes)
    local own, begun = {}, {}
    for at, code in ipairs(codes) do
      own[at] = setmetatable({}, of_code)
      setfenv(code, own[at])
    end
    return function()
      for at, code in ipairs(codes) do
        current = own[at]
        local result = code()
        if not begun[at] and type(result) == 'function' then
          codes[at] = result
          result()
        end
        begun[at] = true
      end
    end
  end,
  evaluate = function(expression, ...)
    current = of_expressions
    bounds.begin()
    return tostring(expression(...) or '')
  end,
  any_case = function(values) return setmetatable(values, any_case) end,
  null = null,
  list = function(values) return setmetatable(values, list) end,
  is_list = function(values) return metatable_of(values) == list end,
  rearm = bounds.rearm,
  rehook = sethook,
  hook = bounds.hook,
  step = bounds.STEP,
}
