const { useAll } = require('./ports.js');

test('two uses all ports of its worker', () => useAll('two'));
