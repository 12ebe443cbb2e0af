import { CONFIG_VARIABLE } from '../../cdk/function-code.ts';
import { parseConfig } from '../../config/load.ts';
import type { Config } from '../../lib/config.ts';
import { CONFIGURATION_METADATA } from '../../lib/names.ts';

/** A part of a hostname. */
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';

/** What a template asks for when it is deployed, and the text that stands in its place until then. */
export const ASKED = {
  OktaDomain: {
    stands: 'asked-domain.okta.com',
    AllowedPattern: `(?!.*-admin[.]|your-org[.]okta[.]com$)${LABEL}([.]${LABEL})+`,
    Description: "The org's hostname, such as acme.okta.com: no scheme, no path, no -admin",
  },
  Acl: {
    stands: 'AskedAcl',
    AllowedPattern: '(?!__proto__$)[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}',
    Description: 'The name of the ACL, as Knocknoc passes it to the script',
  },
  ZoneIds: {
    stands: 'AskedZoneIds',
    // None of them twice: it would have two lists.
    AllowedPattern: '(?!(.*,)?([^,]+),(.*,)?\\2(,|$))[A-Za-z0-9_-]{1,64}(,[A-Za-z0-9_-]{1,64}){0,39}',
    Description: 'The ids of its zones in Okta, with commas between them: the first is filled first',
  },
  AlarmEmail: {
    stands: 'alarms@email.example',
    AllowedPattern: '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+',
    Description: 'The address that is subscribed to the alarms',
  },
} as const;
const STACK_NAME = { name: 'AWS::StackName', stands: 'AskedStackName' };
const NAMES = [STACK_NAME, ...Object.entries(ASKED).map(([name, { stands }]) => ({ name, stands }))];

/** A template, as far as it is changed here. */
interface Template {
  readonly Parameters?: object;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>;
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
    ...{ stackName: STACK_NAME.stands, alarmEmail: AlarmEmail.stands },
    okta: { ...okta, domain: OktaDomain.stands },
    acls: { [Acl.stands]: { ...acl, zoneIds: [ZoneIds.stands] } },
  });
}

/** Makes a template that was made for such a configuration ask for the rest. The functions have it in their environment. */
export function asking(template: Template): Template {
  const { Metadata = {}, Parameters, ...rest } = template;
  const config = JSON.stringify(Metadata[CONFIGURATION_METADATA]);
  const parameters = Object.entries(ASKED).map(([name, { stands: _, ...asked }]) => [
    name,
    { Type: 'String', ...asked },
  ]);
  const whole: unknown = { ...rest, Resources: withEnvironment(template.Resources, named(config)) };
  return {
    Parameters: { ...Parameters, ...Object.fromEntries(parameters) },
    // Nothing is filled in here: whoever reads it does that, by the parameters of the stack (see `cli/stack-description.ts`).
    Metadata: { ...Metadata, [CONFIGURATION_METADATA]: JSON.parse(named(config, '{{', '}}')) },
    ...(withReferences(whole) as Pick<Template, 'Resources'>),
  };
}

/** What stands for something becomes its name. By default in the form that `Fn::Sub` fills in. */
function named(text: string, begin = '${', end = '}'): string {
  return NAMES.reduce((all, { name, stands }) => all.replaceAll(stands, `${begin}${name}${end}`), text);
}

function withEnvironment(resources: Template['Resources'], config: string): Template['Resources'] {
  // The one list among them becomes several texts of JSON.
  const ZoneIds = { 'Fn::Join': ['","', { 'Fn::Split': [',', { Ref: 'ZoneIds' }] }] };
  const value = { 'Fn::Sub': [config, { ZoneIds }] };
  return Object.fromEntries(
    Object.entries(resources).map(([id, resource]) => {
      if (resource.Type !== 'AWS::Lambda::Function') return [id, resource];
      const { Environment = {}, ...properties }: { Environment?: { Variables?: object } } = resource.Properties ?? {};
      const Variables = { ...Environment.Variables, [CONFIG_VARIABLE]: value };
      return [id, { ...resource, Properties: { ...properties, Environment: { Variables } } }];
    }),
  );
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
