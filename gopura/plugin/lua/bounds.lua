-- Bounds of what code may take: instructions, time, memory, sizes of texts, depth of coroutines. It gets the globals,
-- functions of Python that find and replace in a bounded number of steps, and which clock counts the thread's own time. It puts
-- functions with bounds in the place of those without; it gives what begins and ends a run.

local globals, matcher_of, find_plain_within, replace_within, CLOCK = ...
local sethook, memory, error, type, select, pcall, tostring, tonumber = debug.sethook, collectgarbage, error, type, select, pcall, tostring, tonumber
local create, resume, yield, status = coroutine.create, coroutine.resume, coroutine.yield, coroutine.status
local find, match, gmatch, gsub, rep, sub, byte = string.find, string.match, string.gmatch, string.gsub, string.rep, string.sub, string.byte
local concat, insert, remove, sort, log, min = table.concat, table.insert, table.remove, table.sort, math.log, math.min

-- The hook below is not asked by machine code.
jit.off()

-- Instructions between two looks; instructions, or what takes as long, and seconds of one run; kilobytes of all code.
local STEP, STEPS, SECONDS, KILOBYTES = 100, 10000000, 0.25, 96 * 1024
-- Bytes of a text and of code; coroutines within each other; how long what C does at once may take, in steps.
local TEXT, CODE, DEPTH, QUICK = 16 * 1024 * 1024, 1024 * 1024, 100, 50000

local steps, looked, calm, till, depth, stopped = 0, 0, 0, math.huge, 0, nil

local ffi = require('ffi')
ffi.cdef('typedef struct { long seconds, nanoseconds; } gopura_time; int clock_gettime(int, gopura_time *);')
local time, read_clock = ffi.new('gopura_time'), ffi.C.clock_gettime
local function clock()
  read_clock(CLOCK, time)
  return tonumber(time.seconds) + tonumber(time.nanoseconds) * 1e-9
end

local hook

-- From now on the hook errs at each instruction, so that pcall cannot go on; `rearm` ends that.
local function stop(why)
  stopped = why
  sethook(hook, '', 1)
  error(why, 0)
end

local function look()
  looked = steps
  if memory('count') > KILOBYTES then
    memory()
    if memory('count') > KILOBYTES then stop('it takes too much memory') end
  end
  if clock() > till then stop('it takes too long') end
end

local function charge(cost)
  steps = steps + cost
  if stopped then error(stopped, 0) end
  if steps > STEPS then stop('it takes too long') end
end

-- Where there is much in memory, one instruction may take long.
function hook()
  charge(STEP)
  if steps - looked >= 1000 or memory('count') > calm then look() end
end

-- Texts -------------------------------------------------------------------------------------------------------------

-- Up to which length of a text C may look for a pattern: it goes back without a bound, for each repetition once more.
local lengths, known = {}, 0
local function quick_length(pattern)
  local length = lengths[pattern]
  if length then return length end
  local _, repeated = gsub(pattern, '[*+-]', '')
  local _, balanced = gsub(pattern, '%%b', '')
  local _, optional = gsub(pattern, '%?', '')
  length = (QUICK / 2 ^ optional / (#pattern + 1)) ^ (1 / (repeated + balanced + 1))
  if known == 1000 then lengths, known = {}, 0 end
  lengths[pattern], known = length, known + 1
  return length
end

local function is_quick(text, pattern)
  return type(text) ~= 'string' or type(pattern) ~= 'string' or #text <= quick_length(pattern)
end

local function begin_of(text, from)
  from = tonumber(from) or 1
  if from < 0 then from = #text + from + 1 end
  return from < 1 and 0 or from > #text and #text or from - 1
end

local function within(left, outcome, ...)
  steps = STEPS - left
  if outcome == -2 then stop('it takes too long') end
  if outcome == -1 then error((...), 4) end
  if outcome == 1 then return ... end
end

local function search(matcher, from, anchors)
  return within(matcher(from, anchors, STEPS - min(steps, STEPS)))
end

local function captured(text, first, last, ...)
  if not first then return end
  if last == -1 then return first, captured(text, ...) end
  return sub(text, first, last), captured(text, ...)
end

local function found(text, first, last, ...)
  if not first then return nil end
  return first, last, captured(text, ...)
end

local function matched(text, first, last, ...)
  if not first then return nil end
  if select('#', ...) == 0 then return sub(text, first, last) end
  return captured(text, ...)
end

function string.find(text, pattern, from, plain)
  if is_quick(text, pattern) then return find(text, pattern, from, plain) end
  if plain or not find(pattern, '[%^$*+?.()%[%%-]') then
    local first = find_plain_within(text, pattern, begin_of(text, from))
    if first then return first, first + #pattern - 1 end
    return nil
  end
  return found(text, search(matcher_of(text, pattern), begin_of(text, from), true))
end

function string.match(text, pattern, from)
  if is_quick(text, pattern) then return match(text, pattern, from) end
  return matched(text, search(matcher_of(text, pattern), begin_of(text, from), true))
end

function string.gmatch(text, pattern)
  if is_quick(text, pattern) then return gmatch(text, pattern) end
  local at, matcher = 0, matcher_of(text, pattern)
  local function step(first, last, ...)
    at = first and (last < first and first or last) or #text + 1
    return matched(text, first, last, ...)
  end
  return function()
    if at > #text then return nil end
    return step(search(matcher, at, false))
  end
end

local function replacement_for(text, by, first, last, ...)
  local value
  local whole = sub(text, first, last)
  if type(by) == 'table' then
    value = by[select('#', ...) == 0 and whole or (...)]
  elseif select('#', ...) == 0 then
    value = by(whole)
  else
    value = by(...)
  end
  if not value then return whole end
  if type(value) ~= 'string' and type(value) ~= 'number' then
    error('invalid replacement value (a ' .. type(value) .. ')', 4)
  end
  return tostring(value)
end

local function search_values(text, matcher, at) return found(text, search(matcher, at - 1, true)) end

-- What calls functions of the code is no C: C neither waits nor counts how deep it is in itself.
local function replaced(text, pattern, by, most)
  local parts, count, at, kept, only = {}, 0, 1, 1, byte(pattern) == 94
  local function step(first, last, ...)
    if not first then return false end
    parts[#parts + 1] = sub(text, kept, first - 1)
    parts[#parts + 1] = replacement_for(text, by, first, last, ...)
    kept, at, count = last + 1, last < first and first + 1 or last + 1, count + 1
    return not only
  end
  local matcher = not is_quick(text, pattern) and matcher_of(text, pattern)
  while count < most and at <= #text + 1 do
    if matcher then
      if not step(search_values(text, matcher, at)) then break end
    elseif not step(find(text, pattern, at)) then
      break
    end
  end
  parts[#parts + 1] = sub(text, kept)
  return concat(parts), count
end

function string.gsub(text, pattern, by, most)
  local kind = type(by)
  if type(text) == 'number' then text = tostring(text) end
  if type(text) ~= 'string' or type(pattern) ~= 'string' then return gsub(text, pattern, by, most) end
  if kind == 'function' or kind == 'table' then return replaced(text, pattern, by, tonumber(most) or #text + 1) end
  if kind ~= 'string' and kind ~= 'number' then return gsub(text, pattern, by, most) end
  if #text <= quick_length(pattern) and #tostring(by) < 1000 then return gsub(text, pattern, by, most) end
  return within(replace_within(text, pattern, tostring(by), tonumber(most) or #text + 1, STEPS - min(steps, STEPS), TEXT))
end

function string.rep(text, times, separator)
  local length = #text + #(separator or '')
  if length * times > TEXT then error('a text becomes too long', 2) end
  return rep(text, times, separator)
end

-- Code that C would read piece by piece, calling a function of the code for each.
local function whole(chunk)
  if type(chunk) == 'function' then
    local parts = {}
    for part in chunk do
      if part == '' then break end
      parts[#parts + 1] = part
    end
    chunk = concat(parts)
  end
  if type(chunk) == 'string' then
    if #chunk > CODE then error('the code is too long', 3) end
    charge(#chunk)
  end
  return chunk
end

-- Lists -------------------------------------------------------------------------------------------------------------

local function moved(list, at)
  if type(list) == 'table' then charge(#list - (tonumber(at) or #list) > 100 and (#list - at) / 8 or 0) end
end

function table.insert(list, at, ...)
  if select('#', ...) == 0 then return insert(list, at) end
  moved(list, at)
  return insert(list, at, ...)
end

function table.remove(list, at)
  if at == nil then return remove(list) end
  moved(list, at)
  return remove(list, at)
end

-- Functions that C calls back: a few of them within each other.
local sorting = 0
function table.sort(list, before)
  if type(list) == 'table' and #list > 1 then charge(#list * log(#list) / 2) end
  if sorting == 10 then error('C stack overflow', 2) end
  sorting = sorting + 1
  local fine, problem = pcall(sort, list, before)
  sorting = sorting - 1
  if not fine then error(problem, 0) end
end

-- Coroutines --------------------------------------------------------------------------------------------------------

-- What a run yields that waits for Python, through all coroutines of the code.
local WAIT = {}

local function left(...)
  depth = depth - 1
  return ...
end

local function resumed(thread, fine, first, ...)
  if fine and first == WAIT then return resumed(thread, resume(thread, yield(WAIT, ...))) end
  return fine, first, ...
end

function coroutine.resume(thread, ...)
  if depth == DEPTH then error('C stack overflow', 2) end
  depth = depth + 1
  return left(resumed(thread, resume(thread, ...)))
end

local within_resume = coroutine.resume
local function unwrapped(fine, first, ...)
  if not fine then error(first, 0) end
  return first, ...
end

function coroutine.wrap(body)
  local thread = create(body)
  return function(...) return unwrapped(within_resume(thread, ...)) end
end

-- The handler of the original runs where the hook does not.
function globals.xpcall(run, handler, ...)
  local results = { pcall(run, ...) }
  if results[1] then return unpack(results, 1, table.maxn(results)) end
  return false, handler(results[2])
end

-- Runs --------------------------------------------------------------------------------------------------------------

-- Code that yields with nobody to resume it goes on at once, as in OpenResty: what follows may refuse the request.
local function outcome(thread, fine, first, ...)
  if not fine then error(first, 0) end
  if first == WAIT then return true, steps, depth, ... end
  if status(thread) == 'dead' then return false end
  return outcome(thread, resume(thread))
end

sethook(hook, '', STEP)

return {
  STEP = STEP, hook = hook, whole = whole,
  rearm = function() steps, looked, stopped, sorting, calm, till = 0, 0, nil, 0, math.huge, math.huge end,
  -- A run begins, or goes on after so many steps and so deep in coroutines.
  begin = function(after, within_coroutines)
    steps, depth, looked, stopped, sorting = after or 0, within_coroutines or 0, after or 0, nil, 0
    calm, till = memory('count') + 1024, clock() + SECONDS
  end,
  -- Readies a run that may wait: each call of what it gives says whether it does, then its steps and depth, and what for.
  thread = function(run)
    local thread = create(run)
    return function(...) return outcome(thread, resume(thread, ...)) end
  end,
  wait = function(...) return yield(WAIT, ...) end,
  -- Before Python is called, which takes memory where Lua could not refuse it.
  ask = function()
    if memory('count') > KILOBYTES then look() end
    if stopped then error(stopped, 0) end
  end,
}
