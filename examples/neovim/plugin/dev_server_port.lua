-- Which port can this project's dev server have?
--
--   :DevServerPort            reserves one for the project, the same each time if it is free, and sets $PORT
--   :DevServerPort 5173       the same with this port; when it cannot be had, says why and what to do
--   :DevServer npm run dev    lets go of the port and starts the server on it, in a terminal; takes it back when that ends
--
-- The reservation ends with Neovim. The worker is portreservation serve --stdio, on PATH, or what vim.g.port_reservation_worker
-- names, such as { 'node', '/path/to/worker.mjs', '--stdio' }.

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
  local params = { protocol = 'tcp', startPort = port, name = name, reason = 'dev server of ' .. folder }
  request('reservation/create', params, function(created)
    if reservation then request('reservation/release', { token = reservation.token }, function() end) end
    reservation = created
    vim.env.PORT = tostring(created.range.startPort)
    show('The dev server of ' .. name .. ' can have port ' .. vim.env.PORT .. ', now $PORT.')
  end, on_error)
end

local function explain(port, err)
  local params = { protocol = { 'tcp' }, port = { { startPort = port, numberOfPorts = 1 } } }
  request('port/inspect', params, function(result)
    local status = result.ports[1]
    if status.canBind then return show_error(err) end
    local remedy = status.remedy and ' Remedy: ' .. status.remedy or ''
    show('Port ' .. port .. ' cannot be had. ' .. status.explanation .. remedy, vim.log.levels.WARN)
  end)
end

local function reserve(port)
  if port then return create(port, function(err) explain(port, err) end) end
  create(usual_port(vim.fn.getcwd()), function() create(nil) end)
end

local function run(command)
  local port = reservation.range.startPort
  request('reservation/release', { token = reservation.token }, function()
    reservation = nil
    vim.cmd('botright new')
    vim.api.nvim_create_autocmd('TermClose', { buffer = 0, once = true, callback = function() reserve(port) end })
    vim.fn.termopen(command)
  end)
end

vim.api.nvim_create_user_command('DevServerPort', function(arguments)
  local port = tonumber(arguments.args)
  if port and reservation and port == reservation.range.startPort then port = nil end
  if reservation and not port then return show('The dev server has port ' .. reservation.range.startPort .. '.') end
  reserve(port)
end, { nargs = '?' })

vim.api.nvim_create_user_command('DevServer', function(arguments)
  if not reservation then return show('Reserve a port first: :DevServerPort', vim.log.levels.ERROR) end
  run(arguments.args)
end, { nargs = '+', complete = 'shellcmd' })
