export default { globalSetup: './ports.js', testMatch: ['**/*.spec.js'], maxWorkers: 2, transform: {} };
