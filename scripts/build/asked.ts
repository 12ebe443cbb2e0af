import { CONFIG_VARIABLE } from '../../cdk/function-code.ts';
import { MEMORY_MB_OF_MANY_ZONES } from '../../cdk/zone-updater.ts';
import { parseConfig } from '../../config/load.ts';
import type { Config } from '../../lib/config.ts';
import { CONFIGURATION_METADATA } from '../../lib/names.ts';

/** A part of a hostname, and its last one. */
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const LAST_LABEL = '[a-z]([a-z0-9-]{0,61}[a-z0-9])?';
const NAME = '[A-Za-z0-9_+-]+';

/**
 * What a template asks for when it is deployed, and the text that stands in its place until then. All longest answers together
 * fit into a function's environment, of which AWS takes 4 KB.
 */
export const ASKED = {
  OktaDomain: {
    stands: 'asked-domain.okta.com',
    AllowedPattern: `(?![^.]*[^.-]-admin[.]|your-org[.]okta[.]com$)(${LABEL}[.])+${LAST_LABEL}`,
    MaxLength: 253,
    Description: "The org's hostname, such as acme.okta.com: no scheme, no path, no -admin",
    ConstraintDescription: 'must be a hostname in small letters, such as acme.okta.com: no scheme, no path, no -admin',
  },
  Acl: {
    stands: 'AskedAcl',
    AllowedPattern: '(?!__proto__$|[.]{1,2}$)[A-Za-z0-9_.-]{1,64}',
    Description: 'The name of the ACL, as Knocknoc passes it to the script',
    ConstraintDescription: 'must be 1 to 64 letters, digits, "_", "." or "-"',
  },
  ZoneIds: {
    stands: 'AskedZoneIds',
    // None of them twice: it would have two lists.
    AllowedPattern: '(?!(.*,)?([^,]+),(.*,)?\\2(,|$))[A-Za-z0-9_-]{1,64}(,[A-Za-z0-9_-]{1,64}){0,39}',
    MaxLength: 1500,
    Description: 'The ids of its zones in Okta, with commas between them: the first is filled first',
    ConstraintDescription:
      'must be up to 40 ids, such as nzo1abcdefGHIJKLM0h7, with commas and no spaces between them, and none twice',
  },
  AlarmEmail: {
    stands: 'alarms@email.example',
    AllowedPattern: `${NAME}([.]${NAME})*@[A-Za-z0-9]+([.-][A-Za-z0-9]+)*[.][A-Za-z]{2,}`,
    MaxLength: 254,
    Description: 'The address that is subscribed to the alarms',
    ConstraintDescription: 'must be an email address, such as ops@example.com',
  },
  ReservedConcurrency: {
    stands: 'AskedReservedConcurrency',
    AllowedValues: ['true', 'false'],
    Default: 'true',
    Description: "Whether concurrency is reserved: false where the account's quota is too small for it",
  },
} as const;
const RESERVES = 'ReservesConcurrency';
const STACK_NAME = { name: 'AWS::StackName', stands: 'AskedStackName' };
const NAMES = [STACK_NAME, ...Object.entries(ASKED).map(([name, { stands }]) => ({ name, stands }))];

/** A template, as far as it is changed here. */
interface Template {
  readonly Parameters?: object;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly Conditions?: object;
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: FunctionProperties }>>;
}

interface FunctionProperties {
  readonly Environment?: { readonly Variables?: object };
  readonly ReservedConcurrentExecutions?: number;
  readonly MemorySize?: number;
}

interface Others {
  readonly okta?: object;
  /** Of the one ACL. */
  readonly acl?: object;
  readonly [key: string]: unknown;
}

/**
 * A configuration for everybody: what concerns one customer is asked for when it is deployed.
 * @param others the rest of it, as in a configuration file
 * @throws {ConfigError} with all that is wrong with it
 */
export function askedConfig({ okta = {}, acl = {}, ...others }: Others = {}): Config {
  const { OktaDomain, Acl, ZoneIds, AlarmEmail } = ASKED;
  return parseConfig({
    ...others,
    ...{ reservedConcurrency: true, stackName: STACK_NAME.stands, alarmEmail: AlarmEmail.stands },
    okta: { ...okta, domain: OktaDomain.stands },
    acls: { [Acl.stands]: { ...acl, zoneIds: [ZoneIds.stands] } },
  });
}

/**
 * Makes a template that was made for such a configuration ask for the rest. The functions have their configuration in the
 * environment.
 */
export function asking(template: Template): Template {
  const { Metadata = {}, Parameters, Conditions, Resources, ...rest } = template;
  const asked = { reservedConcurrency: ASKED.ReservedConcurrency.stands };
  const config = JSON.stringify({ ...Object(Metadata[CONFIGURATION_METADATA]), ...asked });
  const parameters = Object.entries(ASKED).map(([name, { stands: _, ...how }]) => [name, { Type: 'String', ...how }]);
  const functions = Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Function');
  const changed = functions.map(([id, one]) => [id, { ...one, Properties: ofFunction(id, one.Properties, config) }]);
  const whole: unknown = { ...rest, Resources: { ...Resources, ...Object.fromEntries(changed) } };
  return {
    Parameters: { ...Parameters, ...Object.fromEntries(parameters) },
    Conditions: { ...Conditions, [RESERVES]: { 'Fn::Equals': [{ Ref: 'ReservedConcurrency' }, 'true'] } },
    // Nothing is filled in here: whoever reads it does that, by the parameters of the stack (see `cli/stack-description.ts`).
    Metadata: { ...Metadata, [CONFIGURATION_METADATA]: JSON.parse(named(config, '{{', '}}')) },
    ...(withReferences(whole) as Pick<Template, 'Resources'>),
  };
}

/** What stands for something becomes its name. By default in the form that `Fn::Sub` fills in. */
function named(text: string, begin = '${', end = '}'): string {
  return NAMES.reduce((all, { name, stands }) => all.replaceAll(stands, `${begin}${name}${end}`), text);
}

/** What its properties are with any answer: nobody knows yet how many zones there are, and whether it may reserve. */
function ofFunction(id: string, properties: FunctionProperties, config: string): object {
  const { Environment = {}, ReservedConcurrentExecutions: reserved, MemorySize } = properties;
  // The one list among them becomes several texts of JSON, and what is true or false is none.
  const ZoneIds = { 'Fn::Join': ['","', { 'Fn::Split': [',', { Ref: 'ZoneIds' }] }] };
  const text = named(config).replace(/"(\$\{ReservedConcurrency\})"/, '$1');
  return {
    ...properties,
    MemorySize: id.startsWith('ZoneFunction') ? MEMORY_MB_OF_MANY_ZONES : MemorySize,
    Environment: { Variables: { ...Environment.Variables, [CONFIG_VARIABLE]: { 'Fn::Sub': [text, { ZoneIds }] } } },
    ReservedConcurrentExecutions: { 'Fn::If': [RESERVES, reserved, { Ref: 'AWS::NoValue' }] },
  };
}

/** What stands for something that is asked for becomes a reference to it. */
function withReferences(value: unknown): unknown {
  if (typeof value === 'string') {
    const text = named(value);
    if (text === value) return value;
    if (value.includes('${')) throw new Error(`this text has references already: ${value}`);
    return { 'Fn::Sub': text };
  }
  if (Array.isArray(value)) return value.map(withReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withReferences(one)]));
}
