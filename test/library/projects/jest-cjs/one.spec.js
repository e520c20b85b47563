const { useAll } = require('./ports.js');

test('one uses all ports of its worker', () => useAll('one'));
