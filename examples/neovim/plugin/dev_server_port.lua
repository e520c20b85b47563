-- Which port can this project's dev server have?
--
--   :DevServerPort       reserves one for the project, the same each time if it is free, and sets $PORT
--   :DevServerPort 5173  the same with this port; when it cannot be had, says why and what to do
--
-- Start the server as always, on $PORT: the reservation yields to it, and is free when Neovim ends. The worker is
-- portreservation serve --stdio, on PATH, or what vim.g.port_reservation_worker names: { 'node', '/path/to/worker.mjs', '--stdio' }.

local worker, reservation

local function show(text, level)
  vim.notify(text, level or vim.log.levels.INFO)
end

local function show_error(err)
  local hint = err.data and err.data.hint
  show(err.message .. (hint and ' ' .. hint or ''), vim.log.levels.ERROR)
end

-- Neovim 0.9 and older take the program and its arguments apart.
local function spawn(command, dispatchers)
  local started, client = pcall(vim.lsp.rpc.start, command, dispatchers)
  if started then return client end
  local reason = client
  started, client = pcall(vim.lsp.rpc.start, command[1], vim.list_slice(command, 2), dispatchers)
  if started then return client end
  show(reason, vim.log.levels.ERROR)
end

local function start_worker()
  local command = vim.g.port_reservation_worker or { 'portreservation', 'serve', '--stdio' }
  worker = spawn(command, {
    on_exit = vim.schedule_wrap(function()
      worker, reservation = nil, nil
    end),
  })
  if not worker then return end
  local params = { protocolVersion = 1, processId = vim.fn.getpid(), clientInfo = { name = 'neovim' } }
  worker.request('initialize', params, function(err) if err then show_error(err) end end)
end

local function request(method, params, on_result, on_error)
  if not worker then start_worker() end
  if not worker then return end
  worker.request(method, params, function(err, result)
    if err then (on_error or show_error)(err) else on_result(result) end
  end)
end

-- Any number between the well-known ports and those that systems hand out by themselves, always the same for a folder.
local function usual_port(folder)
  return 10000 + tonumber(vim.fn.sha256(folder):sub(1, 7), 16) % 20000
end

local function create(port, on_error)
  local folder = vim.fn.getcwd()
  local name = vim.fn.fnamemodify(folder, ':t'):gsub('[%*%?%[%]`%c]', '_')
  local params = { protocol = 'tcp', startPort = port, hold = 'yield', name = name, reason = 'dev server of ' .. folder }
  request('reservation/create', params, function(result)
    local created = result.reservations[1]
    if reservation then request('reservation/release', { token = reservation.token }, function() end) end
    reservation = created
    vim.env.PORT = tostring(created.range.startPort)
    show('The dev server of ' .. name .. ' can have port ' .. vim.env.PORT .. ', now $PORT.')
  end, on_error)
end

local function explain(port, err)
  local params = { protocol = 'tcp', ranges = { { startPort = port, numberOfPorts = 1 } } }
  request('port/inspect', params, function(result)
    local status = result.ports[1]
    if status.canBind then return show_error(err) end
    local remedy = status.remedy and ' Remedy: ' .. (status.remedy.run or status.remedy.sentence) or ''
    show('Port ' .. port .. ' cannot be had. ' .. status.explanation .. remedy, vim.log.levels.WARN)
  end)
end

local function reserve(port)
  if port then return create(port, function(err) explain(port, err) end) end
  create(usual_port(vim.fn.getcwd()), function() create(nil) end)
end

vim.api.nvim_create_user_command('DevServerPort', function(arguments)
  local port = tonumber(arguments.args)
  if port and reservation and port == reservation.range.startPort then port = nil end
  if reservation and not port then return show('The dev server has port ' .. reservation.range.startPort .. '.') end
  reserve(port)
end, { nargs = '?' })
