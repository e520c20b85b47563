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

-- What another worker is told that wants the port.
local function take(port)
  return vim.fn.system({ vim.env.NODE, vim.env.TAKE, port })
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

seen.first = run('DevServerPort')
seen.port = vim.env.PORT
seen.again = run('DevServerPort')
seen.others = take(seen.port)
seen.listed = vim.json.decode(vim.fn.system({ vim.env.NODE, vim.env.LIST })).reservations

seen.taken = run('DevServerPort ' .. vim.env.TAKEN)
seen.afterTaken = vim.env.PORT
seen.wrong = run('DevServerPort 70000')

-- The server listens on $PORT, and ends.
vim.cmd('new')
local server = vim.fn.termopen(vim.env.SERVE)
wait('the server', function() return vim.api.nvim_buf_get_lines(0, 0, -1, false)[1]:match('^listening on %d+') end)
seen.server = vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]
vim.fn.jobstop(server)
vim.fn.jobwait({ server })
seen.othersAfter = take(seen.port)

-- The worker dies, and the next command starts another.
vim.loop.kill(seen.listed[1].owner.processId, 'sigkill')
wait('a new worker', function() return run('DevServerPort').text:match('can have') end)
seen.othersAgain = take(seen.port)

io.stdout:write(vim.json.encode(seen))
