-- The load of bench/run, for wrk: byte for byte the same requests, in the same order, to whoever is
-- asked. Of ten requests five are GETs and five are POSTs of 17 preferences; one of each five is
-- misspelt (`platfrom`). `done` prints one line that bench/run reads.

local names = {
  "alarm", "autopark_forward_started", "autopark_completed_success",
  "autopark_unavailable_plugged_in", "charging_started", "charging_interrupted",
  "charging_complete", "key_added", "key_removed", "update_available", "climate_keeper_ended_soc",
  "car_active", "refer_friend", "secret_level", "please_move_car", "grid_fault_contactor_trip",
  "grid_resync_success",
}
local devices = 100
local path = "/api/1/notification_preferences"
-- As long as a real one.
local token = string.rep("bench-token", 60)
local head = table.concat({
  "Host: owner-api.teslamotors.com",
  "User-Agent: com.teslamotors.tesla/4.57.5-4357/95ed25f8/android/15",
  "X-Tesla-User-Agent: TeslaApp/4.57.5-4357/95ed25f8/android/15",
  "X-TXID: 1b4e28ba-2fa1-11d2-883f-0016d3cca427",
  "Accept: */*",
  "Cache-Control: no-cache",
  "Authorization: Bearer " .. token,
}, "\r\n") .. "\r\n"

local function device(i)
  return string.format("bench%017d", i), "APA91b" .. string.rep(string.format("%067d", i * 7919), 2)
end

local function get(i, platform)
  local first, second = device(i)
  return "GET " .. path .. "?locale=en_GB&device_token=" .. first .. "%3A" .. second ..
    "&device_type=android&" .. platform .. "=android&app_version=4.57.5-4357 HTTP/1.1\r\n" ..
    head .. "\r\n"
end

local function post(i, platform)
  local first, second = device(i)
  local preferences = {}
  for n, name in ipairs(names) do
    preferences[n] = '"' .. name .. '":' .. ((n + i) % 3 == 0 and "false" or "true")
  end
  local body = '{"locale":"en_GB","device_token":"' .. first .. ":" .. second ..
    '","device_type":"android","' .. platform .. '":"android","app_version":"4.57.5-4357",' ..
    '"notification_preferences":{' .. table.concat(preferences, ",") .. "}}"
  return "POST " .. path .. " HTTP/1.1\r\n" .. head ..
    "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

local requests = {}
local count, at = 0, 0

function init()
  for i = 0, devices - 1 do
    for turn = 1, 5 do
      local platform = turn == 3 and "platfrom" or "platform"
      requests[count + 1] = get(i, platform)
      requests[count + 2] = post(i, platform)
      count = count + 2
    end
  end
end

function request()
  at = at % count + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
