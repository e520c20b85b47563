#!/usr/bin/env node
import { runWorker } from './run-worker.ts';

runWorker(process.argv.slice(2), 'worker.mjs');
