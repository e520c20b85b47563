module.exports = { globalSetup: 'portreservation/jest', testMatch: ['**/*.spec.js'], maxWorkers: 2 };
