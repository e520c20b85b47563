-- Uses examples/neovim as its user would and prints one JSON object with what was seen.
local seen, notes = {}, {}
vim.notify = function(text, level) table.insert(notes, { text = text, isProblem = (level or 0) > vim.log.levels.INFO }) end

local function wait(what, condition)
  if not vim.wait(50000, condition, 5) then error(what .. ' did not happen: ' .. vim.inspect(notes)) end
end

-- What the command says.
local function run(command)
  local before = #notes
  vim.cmd(command)
  wait(command, function() return #notes > before end)
  return notes[#notes]
end

-- Whether an ordinary server gets the port.
local function can_listen(port)
  local server = vim.loop.new_tcp()
  local bound = server:bind('0.0.0.0', tonumber(port)) and server:listen(1, function() end)
  server:close()
  return bound ~= nil
end

-- Newer Neovims take program and arguments as one list; they are told apart as there.
if vim.env.NEWER then
  local start = vim.lsp.rpc.start
  vim.lsp.rpc.start = function(command, dispatchers)
    vim.validate({ cmd = { command, 't' }, dispatchers = { dispatchers, 't' } })
    return start(command[1], vim.list_slice(command, 2), dispatchers)
  end
end

vim.g.port_reservation_worker = { vim.env.NODE, vim.env.WORKER, '--stdio', '--provider', 'ledger' }

seen.tooEarly = run('DevServer true')
seen.first = run('DevServerPort')
seen.port = vim.env.PORT
seen.again = run('DevServerPort')
seen.isHeld = not can_listen(seen.port)
seen.listed = vim.json.decode(vim.fn.system({ vim.env.NODE, vim.env.LIST })).reservations

seen.taken = run('DevServerPort ' .. vim.env.TAKEN)
seen.afterTaken = vim.env.PORT
seen.wrong = run('DevServerPort 70000')

-- The server listens on $PORT, is visited, and ends.
local before = #notes
vim.cmd('DevServer ' .. vim.env.SERVE)
wait('the server', function() return vim.api.nvim_buf_get_lines(0, 0, -1, false)[1]:match('^listening on %d+') end)
seen.server = vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]
vim.fn.jobstop(vim.b.terminal_job_id)
wait('the end of the server', function() return #notes > before end)
seen.after = notes[#notes]
seen.isHeldAfter = not can_listen(seen.port)

-- The worker dies, and the next command starts another.
vim.loop.kill(seen.listed[1].owner.processId, 'sigkill')
wait('the end of the worker', function() return can_listen(seen.port) end)
wait('a new worker', function() return run('DevServerPort').text:match('can have') end)
seen.isHeldAgain = not can_listen(seen.port)

io.stdout:write(vim.json.encode(seen))
