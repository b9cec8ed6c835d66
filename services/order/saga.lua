-- What the order service's relay does in Redis for each order.* event, at once:
-- append the event to the stream, and keep the saga's present state for operators.
--
-- KEYS[1] the stream    ARGV event id, type, subject (the order's id), envelope
--
-- An event may come twice (the relay crashed before it noted the first time) or late
-- (two instances relay). The stream's reader drops duplicates by event id; the state
-- only moves to a higher version. It is what the last event said: of a reservation no order.*
-- event tells before the order is CONFIRMED or CANCELLING.
local order = cjson.decode(ARGV[4]) -- first: a script that fails half way is not undone
redis.call('XADD', KEYS[1], '*', 'event', ARGV[4])

local saga = 'saga:order:' .. ARGV[3]
local known = tonumber(redis.call('HGET', saga, 'version') or '0')
if order.data.version <= known then
    return 0
end
redis.call('HSETNX', saga, 'started_at', order.time)
redis.call('HSET', saga,
    'state', order.data.status,
    'reservation', order.data.reservation_id,
    'updated_at', order.time,
    'version', order.data.version)
-- All make room in the end: some 400 bytes each, and Redis refuses to write when it is full. An
-- early event may come again after its saga's end has been forgotten: what it makes looks open,
-- and nothing else would ever take it away.
local over = order.data.status == 'SHIPPED' or order.data.status == 'CANCELLED'
redis.call('EXPIRE', saga, over and 300 or 86400)
return 1
