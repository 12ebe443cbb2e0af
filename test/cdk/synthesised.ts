import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { inject } from 'vitest';
import { fromFolder } from '../../cdk/function-code.ts';
import { KnocknocOktaStack } from '../../cdk/stack.ts';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { parseConfig } from '../../config/load.ts';

/** A resource as it stands in a template. */
export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties: Record<string, unknown>;
}

const folder = inject('temporaryFolder');

/** A configuration whose zone content can be recognised wherever it turns up. */
export const CONFIG = {
  okta: { domain: 'acme.okta.com' },
  acls: {
    'okta-prod': { zoneIds: ['nzoFIRST', 'nzoSECOND'], alwaysAllow: ['198.51.100.0/24'] },
    'okta-test': { zoneIds: ['nzoTHIRD'] },
  },
  sentinel: '192.0.2.77/32',
};

/** Every key of the configuration that adds something to the stack, or changes what is there. */
export const EVERYTHING_SET = {
  acls: { ...CONFIG.acls, 'okta-test': { zoneIds: ['nzoTHIRD'], allowlist: {} } },
  allowFrom: ['203.0.113.0/24', '2001:db8::/32'],
  kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/Boundary',
  alarmEmail: 'ops@example.com',
  okta: { ...CONFIG.okta, clientKey: 'kms', clientKeyNames: ['1', '2'], checkPolicies: true },
  retainData: false,
  reservedConcurrency: false,
};

/** Nothing is bundled. */
const UNUSED = fromFolder(folder);

/** An ACL whose list is read. */
export const LISTED = { acls: { 'okta-prod': { zoneIds: ['nzo1'], allowlist: {} } } };

/** The stack with some keys of the configuration changed; nothing is bundled, and no function needs to exist. */
export function stackWith(changes: object = {}): { app: App; stack: KnocknocOktaStack } {
  const app = new App({
    analyticsReporting: false,
    outdir: mkdtempSync(join(folder, 'out-')),
    context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] },
  });
  const config = parseConfig({ ...CONFIG, ...changes });
  return { app, stack: new KnocknocOktaStack(app, 'KnocknocOkta', { config, bundles: UNUSED }) };
}

/** By the changes that they were made with: most files ask for the same. */
const templates = new Map<string, Template>();

export function templateWith(changes: object = {}): Template {
  const key = JSON.stringify(changes);
  const template = templates.get(key) ?? Template.fromStack(stackWith(changes).stack);
  templates.set(key, template);
  return template;
}

/** Logical id and resource of all resources of a type. @throws where there is none, of which anything could be said */
export function resourcesOf(template: Template, type: string): [string, Resource][] {
  const found = Object.entries(template.findResources(type));
  if (found.length === 0) throw new Error(`no resource is of the type ${type}`);
  return found.map(([id, resource]) => [id, resource as Resource]);
}

/** The only resource of a type whose logical id begins so. */
export function resourceOf(template: Template, type: string, prefix: string): [string, Resource] {
  const found = resourcesOf(template, type).filter(([id]) => id.startsWith(prefix));
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${found.length} resources ${type} begin with ${prefix}`);
  return only;
}

/** A property deep inside, by its path. */
export function property(resource: Resource, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    resource.Properties,
  );
}

/** The names of the functions, as they begin their logical ids. */
export const FUNCTIONS = ['Webhook', 'Outcome', 'Grants', 'Expiry', 'Zone'] as const;

/** A text with what is only known at the deploy as `${Name}`. */
export function textOf(value: unknown): string {
  const [, parts = []] = (value as { readonly 'Fn::Join'?: readonly [string, readonly unknown[]] })['Fn::Join'] ?? [];
  const shown = (part: unknown) =>
    typeof part === 'string' ? part : `\${${(part as { readonly Ref: string }).Ref.replace('AWS::', '')}}`;
  return typeof value === 'string' ? value : parts.map(shown).join('');
}
