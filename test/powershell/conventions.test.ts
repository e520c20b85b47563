import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ModuleSession, moduleFolder } from './module-session.ts';

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: string[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  items?: Schema;
  /** One, or a list of them. */
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
}
interface Method {
  name: string;
  'x-cmdlet'?: string;
  params: { name: string; required?: boolean; schema: Schema }[];
  /** Schemas whose properties are params too. */
  'x-includeParams'?: string[];
  errors?: { $ref: string }[];
}
interface Parameter {
  type: string;
  mandatory: boolean;
  range?: [number, number];
  set?: string[];
  length?: [number, number];
  byProperty: boolean;
  help: string;
}
interface Command {
  verb: string;
  noun: string;
  parameters: Record<string, Parameter>;
  outputTypes: string[];
  synopsis: string;
  description: string;
  examples: { code: string; remarks: string }[];
  changes: boolean;
}

const schemaOf = (name: string) => JSON.parse(readFileSync(new URL(`../../schemas/${name}`, import.meta.url), 'utf8'));
const resolved = (schema: Schema): Schema => (schema.$ref ? schemaOf(schema.$ref) : schema);
const openrpc = schemaOf('openrpc.json') as { methods: Method[]; components: { errors: Record<string, unknown> } };
const methods = openrpc.methods.filter((method) => method['x-cmdlet']);
const pascal = (name: string) => name[0]!.toUpperCase() + name.slice(1);

/** The contract's params as the cmdlets have them: a range is two parameters, `within` is written as one text. */
function flat({ params, 'x-includeParams': included = [] }: Method): [name: string, schema: Schema][] {
  const labels = included.flatMap((file) =>
    Object.entries(schemaOf(file).properties as Record<string, Schema>).map(([name, schema]) => ({ name, schema })),
  );
  return [...params, ...labels].flatMap(({ name, schema }): [string, Schema][] => {
    if (name === 'workDoneToken') return []; // the module's own
    if (name === 'whatIf') return []; // PowerShell's own parameter, which the worker is asked by
    if (name === 'ranges') return [['port', { type: 'object' }]];
    // How to draw is asked of the terminal, or follows from -Path, -Width and -Plain.
    if (name === 'render') return [];
    if (name === 'range')
      return Object.entries(resolved(schema).properties!).map(([key, value]) => [key, resolved(value)]);
    // Each part of it is a parameter of its own.
    if (name === 'allow')
      return Object.entries(resolved(schema).properties!).map(([key, value]) => [`allow${pascal(key)}`, value]);
    // Of two words one is the default.
    if (name === 'inUse') return [['allowInUse', { type: 'boolean' }]];
    // A document is a text on the wire and a file for people.
    if (name === 'text') return [['path', { type: 'string' }]];
    // A list's words and limits are those of its items.
    const { items, oneOf, ...own } = resolved(schema);
    if (oneOf) return [[name, { ...own, ...resolved(oneOf[0]!) }]];
    return [[name, name === 'within' ? { type: 'string' } : items ? resolved(items) : own]];
  });
}

const ask = `
$commands = @{}
foreach ($command in Get-Command -Module PortReservation) {
  $help = Get-Help $command.Name -Full
  $texts = @{}
  foreach ($one in $help.parameters.parameter) { $texts[$one.name] = ($one.description | ForEach-Object { $_.Text }) -join ' ' }
  $parameters = @{}
  foreach ($parameter in $command.Parameters.Values) {
    if ([System.Management.Automation.Cmdlet]::CommonParameters.Contains($parameter.Name)) { continue }
    $facts = @{ type = $parameter.ParameterType.Name; help = $texts[$parameter.Name]
      mandatory = @($parameter.ParameterSets.Values | Where-Object { -not $_.IsMandatory }).Count -eq 0
      byProperty = @($parameter.ParameterSets.Values | Where-Object { $_.ValueFromPipelineByPropertyName }).Count -gt 0 }
    foreach ($attribute in $parameter.Attributes) {
      if ($attribute -is [System.Management.Automation.ValidateRangeAttribute]) { $facts.range = $attribute.MinRange, $attribute.MaxRange }
      if ($attribute -is [System.Management.Automation.ValidateSetAttribute]) { $facts.set = $attribute.ValidValues }
      if ($attribute -is [System.Management.Automation.ValidateLengthAttribute]) { $facts.length = $attribute.MinLength, $attribute.MaxLength }
    }
    $parameters[$parameter.Name] = $facts
  }
  $commands[$command.Name] = @{
    verb = $command.Verb; noun = $command.Noun; parameters = $parameters; outputTypes = @($command.OutputType | ForEach-Object { $_.Name })
    synopsis = $help.Synopsis; description = ($help.description | ForEach-Object { $_.Text }) -join ' '
    examples = @($help.examples.example | ForEach-Object { @{ code = $_.code; remarks = ($_.remarks | ForEach-Object { $_.Text }) -join '' } })
    changes = $command.Parameters.ContainsKey('WhatIf')
  }
}
$verbs = foreach ($group in 'Common', 'Communications', 'Data', 'Diagnostic', 'Lifecycle', 'Other', 'Security') {
  ([psobject].Assembly.GetType("System.Management.Automation.Verbs$group").GetFields()).Name
}
$module = Get-Module PortReservation
$about = [System.IO.File]::ReadAllText([System.IO.Path]::Combine($module.ModuleBase, 'en-US', 'about_PortReservation.help.txt'))
Report @{ commands = $commands; verbs = $verbs; about = $about; version = $module.Version
  editions = $module.CompatiblePSEditions; powershell = $module.PowerShellVersion
  others = @($module.ExportedCmdlets.Count, $module.ExportedVariables.Count, $module.ExportedAliases.Count)
  help = (Get-Help about_PortReservation).Length -gt 1000 }`;

let commands: Record<string, Command>;
let facts: {
  verbs: string[];
  about: string;
  version: string;
  editions: string[];
  powershell: string;
  others: number[];
};
let names: string[];
beforeAll(async () => {
  await using session = await ModuleSession.start();
  facts = await session.run(ask);
  commands = (facts as unknown as { commands: Record<string, Command> }).commands;
  names = Object.keys(commands);
});

describe('the contract and the cmdlets', () => {
  it.each(methods.map((method) => [method.name, method['x-cmdlet']!, method] as const))(
    '%s is served by %s',
    (_name, _cmdlet, method) => {
      const command = commands[method['x-cmdlet']!];
      expect(command).toBeDefined();
      for (const [name, schema] of flat(method)) {
        const parameter = command!.parameters[pascal(name)];
        const where = `${method['x-cmdlet']} -${pascal(name)}`;
        expect(parameter, where).toBeDefined();
        if (schema.type === 'integer') expect(parameter!.range, where).toEqual([schema.minimum, schema.maximum]);
        if (schema.enum) expect(parameter!.set!.toSorted(), where).toEqual(schema.enum.map(pascal).sort());
        if (/^(reservation\/create|exclusion\/add)/.test(method.name) && schema.maxLength) {
          expect(parameter!.length, where).toEqual([0, schema.maxLength]);
        }
      }
    },
  );

  it('the cmdlets have no parameter that the contract does not know', () => {
    const known = new Set(methods.flatMap(flat).map(([name]) => pascal(name)));
    const own = [
      'Persistent',
      'Probe',
      'Path',
      'NoClobber',
      'Width',
      'Plain',
      'Layout',
      'Caption',
      'Card',
      'PassThru',
      'WhatIf',
      'Confirm',
    ];
    for (const word of own) known.add(word);
    for (const name of new Set(methods.map((method) => method['x-cmdlet']!))) {
      expect(
        Object.keys(commands[name]!.parameters).filter((parameter) => !known.has(parameter)),
        name,
      ).toEqual([]);
    }
  });

  it('the providers of Start-PortReservationWorker are those of initialize', () => {
    const { schema } = openrpc.methods
      .find(({ name }) => name === 'initialize')!
      .params.find(({ name }) => name === 'provider')!;
    const { set } = commands['Start-PortReservationWorker']!.parameters.Provider!;
    expect(set!.map((word) => word.toLowerCase())).toEqual(schema.enum);
  });

  it.each(methods.map((method) => [method['x-cmdlet']!, method.name, method] as const))(
    'the help of %s names the errors of %s',
    (_cmdlet, _name, method) => {
      const { description } = commands[method['x-cmdlet']!]!;
      for (const { $ref } of method.errors ?? []) {
        const error = $ref.split('/').pop()!;
        // To Test-PortReservation it is no error.
        if (method['x-cmdlet'] === 'Test-PortReservation' && error === 'NotFound') continue;
        expect(description, `${method['x-cmdlet']}: ${error}`).toContain(error);
      }
    },
  );

  it('about_PortReservation explains each error and each enforcement', () => {
    for (const error of Object.keys(openrpc.components.errors))
      expect(facts.about).toMatch(new RegExp(`^ {4}${error} +[A-Z]`, 'm'));
    for (const word of schemaOf('enforcement.schema.json').enum) {
      expect(facts.about).toMatch(new RegExp(`^ {4}${pascal(word)} +[A-Z]`, 'm'));
    }
  });
});

describe('house rules', () => {
  it('about_PortReservation names each command, and each error that the module makes', () => {
    const listed = facts.about.split('SEE ALSO')[1]!.match(/\S+-\S+/g);
    expect(listed?.sort()).toEqual([...names].sort());
    const sources = readdirSync(moduleFolder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ps1'))
      .map((file) => readFileSync(`${moduleFolder}/${file}`, 'utf8'))
      .join('\n');
    const made = /(?:New-ErrorRecord |\$id(?:, \$category)? = |^ {4}-32\d{3} = )'?([A-Z]\w+)/gm;
    const ids = new Set([...sources.matchAll(made)].map(([, id]) => id!));
    expect(ids.size).toBeGreaterThan(30);
    const explained = facts.about.split('\nERRORS\n')[1]!.split('\nTHE WORKER\n')[0];
    for (const id of ids) expect(explained).toMatch(new RegExp(`\\b${id}\\b`));
  });

  it('the manifest exports functions alone, for both editions, in the version of the package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(facts).toMatchObject({
      version,
      editions: ['Desktop', 'Core'],
      powershell: '5.1',
      others: [0, 0, 0],
      help: true,
    });
    const files = readdirSync(`${moduleFolder}/Public`).map((file) => file.replace('.ps1', ''));
    expect(names.sort()).toEqual(files.sort());
  });

  it('names are an approved verb and a singular noun of the product', () => {
    for (const name of names) {
      expect(facts.verbs, name).toContain(commands[name]!.verb);
      expect(commands[name]!.noun).toMatch(
        /^(With)?Port(Reservation(Worker|Socket)?|Exclusion|DynamicRange|Status|Map|Document)$|^FreePortRange$/,
      );
    }
  });

  it('what changes something takes -WhatIf and -Confirm, and nothing else does', () => {
    const changing = names.filter((name) => /^(?!Get|Test|Find|Import-PortDocument$)/.test(name));
    expect(names.filter((name) => commands[name]!.changes).sort()).toEqual(changing.sort());
    expect(names.filter((name) => commands[name]!.parameters.Confirm).sort()).toEqual(changing.sort());
  });

  it('every command has help: synopsis, description, output, examples with remarks, a text for each parameter', () => {
    for (const [name, command] of Object.entries(commands)) {
      expect(command.synopsis, name).toMatch(/^[A-Z][^\n]{20,}\.$/);
      expect(command.description.length, name).toBeGreaterThan(100);
      expect(command.outputTypes, name).not.toEqual([]);
      expect(command.examples.length, name).toBeGreaterThan(0);
      for (const { code, remarks } of command.examples) {
        expect(code, name).toContain(command.noun);
        expect(remarks, `${name}: ${code}`).toMatch(/\w{4}/);
      }
      for (const [parameter, { help, range }] of Object.entries(command.parameters)) {
        if (parameter === 'WhatIf' || parameter === 'Confirm') continue;
        expect(help, `${name} -${parameter}`).toMatch(/^[A-Z0-9][\s\S]*\.$/);
        for (const limit of range ?? []) expect(help, `${name} -${parameter}`).toContain(String(limit));
      }
    }
  });

  it('help is read in a window of 120 columns without a line that is cut', () => {
    // Get-Help moves a parameter's text in by 8.
    const lines = names.flatMap((name) => {
      const { synopsis, description, parameters } = commands[name]!;
      const texts = [synopsis, description, ...Object.values(parameters).map(({ help }) => help)];
      return texts.join('\n').split('\n');
    });
    expect(lines.filter((line) => line.trim().length > 111)).toEqual([]);
    expect(facts.about.split('\n').filter((line) => line.trimEnd().length > 119)).toEqual([]);
  });

  it('what a reservation has binds by name into every command that can use it', () => {
    const properties = ['Protocol', 'StartPort', 'NumberOfPorts', 'Name', 'Lifetime'];
    for (const name of new Set(methods.map((method) => method['x-cmdlet']!))) {
      const { parameters } = commands[name]!;
      for (const property of properties) {
        if (parameters[property]) expect(parameters[property].byProperty, `${name} -${property}`).toBe(true);
      }
    }
  });
});
