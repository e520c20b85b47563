-- Neovim's own JSON-RPC client creates, lists and releases a reservation. Prints one JSON object with what it saw.
local worker, node = vim.env.WORKER, vim.env.NODE

local failures = {}
local exit_code
local client = vim.lsp.rpc.start(node, { worker, '--stdio', '--provider', 'ledger' }, {
  on_error = function(code, err) table.insert(failures, { code = code, err = tostring(err) }) end,
  on_exit = function(code) exit_code = code end,
})

local function request(method, params)
  local answered, err, result = false, nil, nil
  client.request(method, params, function(e, r) answered, err, result = true, e, r end)
  if not vim.wait(20000, function() return answered end, 5) then error(method .. ' was not answered') end
  return result, err
end

local seen = {}
seen.initialize = request('initialize', { protocolVersion = 1, clientInfo = { name = 'neovim' }, processId = vim.fn.getpid() })
client.notify('initialized', vim.empty_dict())
seen.created = request('reservation/create', { protocol = 'tcp', numberOfPorts = 3, name = 'grüße 🚢' })
seen.listed = request('reservation/list', { name = 'grüße*' })
seen.released = request('reservation/release', { token = seen.created.token })
local _, err = request('reservation/release', { token = seen.created.token })
seen.again = err
seen.left = request('reservation/list', vim.empty_dict())
request('shutdown', vim.empty_dict())
client.notify('exit', vim.empty_dict())
vim.wait(20000, function() return exit_code ~= nil end, 5)
seen.exit_code = exit_code
seen.failures = failures
io.stdout:write(vim.json.encode(seen))
