-- Prefgate's job as one would write it for nginx with Lua: checks the bearer token, renames `platfrom`,
-- validates the five fields and the preferences by the contract's patterns, and leaves a record with
-- what came, what was changed and the tokens as keyed hashes. Written for speed: patterns are compiled
-- once, a body is encoded anew only when it has changed, good names and token hashes are remembered.
-- It does less than prefgate: no other repair, no policy, no rate limit, no name given twice found in
-- JSON, no evidence.

local cjson = require("cjson.safe").new()
local ffi = require "ffi"
local lrucache = require "resty.lrucache"
local find, var = ngx.re.find, ngx.var

ffi.cdef [[
void *HMAC_CTX_new(void);
int HMAC_Init_ex(void *ctx, const char *key, int length, const void *digest, void *engine);
int HMAC_Update(void *ctx, const char *data, size_t length);
int HMAC_Final(void *ctx, unsigned char *out, unsigned int *length);
const void *EVP_sha256(void);
]]

cjson.decode_max_depth(16)

local governed = {}

-- \z, since $ would let a line feed pass.
local patterns = {
  locale = [[^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}\z]],
  device_token = [[^[!-~]{1,4096}\z]],
  device_type = [[^(ios|android)(-[a-z0-9]+)*\z]],
  platform = [[^(ios|android)\z]],
  app_version = [[^[0-9]{1,9}(\.[0-9]{1,9}){0,3}([-+][0-9A-Za-z.]{1,32})?\z]],
}
local name_pattern = [[^[A-Za-z0-9_]{1,128}\z]]
local good_names, token_hashes = lrucache.new(1024), lrucache.new(4096)

local hmac = ffi.C.HMAC_CTX_new()
local digest, hex = ffi.new("unsigned char[32]"), ffi.new("char[64]")
local digits = ffi.new("char[17]", "0123456789abcdef")

function governed.read_key(path)
  local file = assert(io.open(path, "rb"))
  local key = file:read("*a")
  file:close()
  assert(ffi.C.HMAC_Init_ex(hmac, key, #key, ffi.C.EVP_sha256(), nil) == 1)
end

local function keyed_hash(text)
  ffi.C.HMAC_Init_ex(hmac, nil, 0, nil, nil) -- the same key again
  ffi.C.HMAC_Update(hmac, text, #text)
  ffi.C.HMAC_Final(hmac, digest, nil)
  for i = 0, 31 do
    hex[2 * i] = digits[bit.rshift(digest[i], 4)]
    hex[2 * i + 1] = digits[bit.band(digest[i], 15)]
  end
  return "hmac-sha256:" .. ffi.string(hex, 64)
end

local function token_hash(authorization)
  local known = token_hashes:get(authorization)
  if known then return known end
  if not find(authorization, [[^Bearer +[A-Za-z0-9._~+/-]+=*\z]], "ijo") then return nil end
  known = keyed_hash(authorization:match("%S+$"))
  token_hashes:set(authorization, known)
  return known
end

local function answer(status, message, violations)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.print(cjson.encode({response = cjson.null, error = message, violations = violations}))
  return ngx.exit(ngx.HTTP_OK) -- ends this request's Lua here
end

local function check_preferences(preferences, violations)
  if type(preferences) ~= "table" then
    violations[#violations + 1] = "notification_preferences must be an object"
    return
  end
  local count = 0
  for name, value in pairs(preferences) do
    count = count + 1
    if not good_names:get(name) then
      if type(name) == "string" and find(name, name_pattern, "jo") then
        good_names:set(name, true)
      else
        violations[#violations + 1] = "a preference must be named by letters, digits and underscores"
      end
    end
    if type(value) ~= "boolean" then violations[#violations + 1] = name .. " must be true or false" end
  end
  if count > 512 then violations[#violations + 1] = "there are more than 512 preferences" end
end

local function check(fields, is_post)
  local violations = {}
  for name, pattern in pairs(patterns) do
    local value = fields[name]
    if type(value) ~= "string" or not find(value, pattern, "jo") then
      violations[#violations + 1] = name .. " is missing, given twice or wrong"
    end
  end
  if is_post then check_preferences(fields.notification_preferences, violations) end
  if violations[1] then return answer(422, "validation failed", violations) end
end

local function read_fields(is_post)
  if not is_post then return ngx.req.get_uri_args(100) end
  if not find(var.content_type or "", [[^application/json *(;|\z)]], "ijo") then
    return answer(415, "the body must be application/json")
  end
  ngx.req.read_body()
  local fields = cjson.decode(ngx.req.get_body_data() or "")
  if type(fields) ~= "table" then return answer(400, "the body must be a JSON object") end
  return fields
end

function governed.govern()
  local method = ngx.req.get_method()
  local is_post = method == "POST"
  local record = {id = var.request_id, method = method, client = var.remote_addr}
  ngx.ctx.record = record
  if not is_post and method ~= "GET" then return answer(405, "GET or POST") end
  record.token = token_hash(var.http_authorization or "")
  if not record.token then return answer(401, "a bearer token is needed") end

  local fields = read_fields(is_post)
  if fields.platfrom ~= nil then
    if fields.platform ~= nil then return answer(422, "platform is given under two names") end
    fields.platform, fields.platfrom = fields.platfrom, nil
    record.edits = {{op = "move", from = "/platfrom", path = "/platform", rule = "repair.alias"}}
    ngx.header["x-rules"] = "repair.alias"
  end
  check(fields, is_post)
  if record.edits and is_post then ngx.req.set_body_data(cjson.encode(fields)) end
  if record.edits and not is_post then ngx.req.set_uri_args(fields) end
  fields.device_token = keyed_hash(fields.device_token)
  record.fields = fields
end

-- Before the access log is written, which consists of this.
function governed.record()
  local record = ngx.ctx.record
  if not record then return end
  record.time, record.status, record.bytes = ngx.now(), ngx.status, tonumber(var.body_bytes_sent)
  record.duration, record.upstream = ngx.now() - ngx.req.start_time(), var.upstream_addr
  record.upstream_status, record.upstream_duration = var.upstream_status, var.upstream_response_time
  var.record = cjson.encode(record)
end

return governed
