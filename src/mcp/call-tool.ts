import { checked as checkedBy } from '../protocol/check.ts';
import { InvalidParamsError, ServiceError } from '../protocol/errors.ts';
import type { Validator } from '../protocol/generated/validators/validator.ts';
import type { CallOptions } from '../service/call-options.ts';
import type { Tools } from './generated/contract.ts';
import { toolParams } from './generated/validators.js';
import { failureText } from './hints.ts';
import { inWords } from './in-words.ts';
import type { Params } from './messages.ts';
import type { Toolbox } from './toolbox.ts';

/** A result of tools/call. */
export interface ToolResult {
  content: { type: 'text'; text: string }[];
  structuredContent?: object;
  isError?: true;
}

const isTool = (name: string): name is keyof Tools => Object.hasOwn(toolParams, name);

/** A failure that whoever called can act on, as the protocol wants it told; undefined for any other. */
function failed(error: unknown): ToolResult | undefined {
  const text = textOf(error);
  return text === undefined ? undefined : { isError: true, content: [{ type: 'text', text }] };
}

function textOf(error: unknown): string | undefined {
  if (error instanceof InvalidParamsError) return `Invalid arguments: ${error.message}.`;
  return error instanceof ServiceError ? failureText(error) : undefined;
}

function checked<N extends keyof Tools>(name: N, args: Params): Tools[N]['params'] {
  const validate: Validator<Tools[N]['params']> = toolParams[name];
  return checkedBy(validate, args);
}

async function outcome<N extends keyof Tools>(
  name: N,
  args: Params,
  toolbox: () => Promise<Toolbox>,
  options: CallOptions,
): Promise<ToolResult> {
  const params = checked(name, args);
  const tools = await toolbox();
  const result = await tools[name](params, options);
  return { content: [{ type: 'text', text: inWords[name](result) }], structuredContent: result };
}

/**
 * Calls a tool; undefined where there is none of this name.
 * @param toolbox opens the service, at the first call that needs it
 */
export async function callTool(
  name: string,
  args: Params,
  toolbox: () => Promise<Toolbox>,
  options: CallOptions,
): Promise<ToolResult | undefined> {
  if (!isTool(name)) return undefined;
  try {
    return await outcome(name, args, toolbox, options);
  } catch (error) {
    const result = failed(error);
    if (!result) throw error;
    return result;
  }
}
