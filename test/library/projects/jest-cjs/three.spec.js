const { useAll } = require('./ports.js');

test('three uses all ports of its worker', () => useAll('three'));
