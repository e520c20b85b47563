// Validators that ajv compiles ahead of time, bundled so that they need nothing at run time.
import standaloneCode from 'ajv/dist/standalone/index.js';
import { bundledText } from './bundle.mjs';

/**
 * ajv gathers all faults, however many, and copies them at each level; nobody reads more than the first. Where a value has
 * more than these it is wrong for certain: what does not fit one of several choices is dropped again before the next.
 */
const stopAtMany = `
const mostFaults = 100;
class ManyFaults { constructor(faults) { this.faults = faults; } }
function add(faults, fault) {
  if (faults === null) return [fault];
  if (faults.push(fault) > mostFaults) throw new ManyFaults(faults);
  return faults;
}
function join(faults, more) {
  if (faults === null) return more;
  for (const fault of more) add(faults, fault);
  return faults;
}
function bounded(validate) {
  const check = (value) => {
    check.errors = null;
    try {
      const isValid = validate(value);
      check.errors = validate.errors;
      return isValid;
    } catch (error) {
      if (!(error instanceof ManyFaults)) throw error;
      check.errors = error.faults;
      return false;
    }
  };
  return check;
}
`;

/** What is done to ajv's code, in this order: what it reads like, and what stands there instead. */
const rewritings = [
  [
    /const (err\d+) = (\{(?:(?!;if\(vErrors).)*\});if\(vErrors === null\)\{vErrors = \[\1\];\}else \{vErrors\.push\(\1\);\}/g,
    'vErrors = add(vErrors, $2);',
  ],
  [/vErrors === null \? (validate\d+)\.errors : vErrors\.concat\(\1\.errors\)/g, 'join(vErrors, $1.errors)'],
  [/export const (\w+) = (validate\d+);/g, 'export const $1 = /* @__PURE__ */ bounded($2);'],
  // What nobody reads of a fault is left out: every start pays for reading this code.
  [/schemaPath:"[^"]*",/g, ''],
  [/,schema:(?:(?!,parentSchema:).)*(?=,parentSchema:)/g, ''],
  [/,data(:\w+)?\}\);/g, '});'],
  [/,\s?parentData(?::\w+)?,\s?parentDataProperty(?::(?:"[^"]*"|\w+))?,\s?rootData(?:=data)?\}/g, '}'],
];

function rewritten(code) {
  const text = rewritings.reduce((before, [pattern, by]) => before.replace(pattern, by), code);
  const isBounded = text.includes('bounded(') && !/vErrors\.(?:push|concat)|parentData\b/.test(text);
  if (!isBounded) throw new Error('ajv writes code of another form now, which would gather faults without a bound');
  return stopAtMany + text;
}

/**
 * The code of some validators, and what it was bundled from.
 * @param ajv has the schemas, and options `source`, `esm`, `allErrors` and `verbose`
 * @param exports the schema of each name
 * @param file where they will stand
 * @param more code beside them
 */
export const compiledValidators = (ajv, exports, file, more = '') =>
  bundledText(`${rewritten(standaloneCode(ajv, exports))}\n${more}`, file);
