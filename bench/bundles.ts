import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { bundleFunction } from '../cdk/bundle.ts';
import type { FunctionName } from '../cdk/function-code.ts';
import { parseConfig } from '../config/load.ts';
import type { Config } from '../lib/config.ts';

export const FUNCTIONS = ['webhook', 'outcome', 'grants', 'expiry', 'zone'] as const satisfies readonly FunctionName[];

export interface Bundled {
  readonly name: string;
  /** What `require` is given. */
  readonly file: string;
  readonly bytes: number;
  readonly metafile: Metafile;
}

const ROOT = join(import.meta.dirname, '..');

const IMPORTS = {
  dynamodb: `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, TransactWriteCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';`,
  sqs: `import { SQSClient, SendMessageCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';`,
  secrets: `import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';`,
} as const;

const MADE = {
  dynamodb:
    'DynamoDBDocumentClient.from(new DynamoDBClient({})), GetCommand, PutCommand, TransactWriteCommand, paginateQuery',
  sqs: 'new SQSClient({}), SendMessageCommand, SendMessageBatchCommand',
  secrets: 'new SecretsManagerClient({}), GetSecretValueCommand',
} as const;

/** The AWS clients that each function uses. The baseline is a function that does nothing but make them. */
const CLIENTS: Readonly<Record<FunctionName, readonly (keyof typeof MADE)[]>> = {
  webhook: ['dynamodb', 'sqs', 'secrets'],
  outcome: ['dynamodb', 'secrets'],
  grants: ['dynamodb', 'sqs'],
  expiry: ['dynamodb', 'sqs'],
  zone: ['dynamodb', 'sqs', 'secrets'],
};

const SMALL = { okta: { domain: 'acme.okta.com' }, acls: { 'okta-prod': { zoneIds: ['nzo1abcdefGHIJKLM0h7'] } } };

/** Bundles as they are deployed, in a folder that goes when the work is over. */
export class Bundles {
  // Inside the repository, so that the imports of baselines resolve.
  readonly #folder = mkdtempSync(join(ROOT, 'bench', '.tmp-'));
  readonly #config: Config;

  /** @param settings as in a configuration file */
  constructor(settings: object = SMALL) {
    this.#config = parseConfig(settings);
  }

  /** One of the functions. @param wholeSdk with all of the SDK's search for credentials, as it is not deployed */
  own(name: FunctionName, wholeSdk = false): Bundled {
    return this.#bundle(wholeSdk ? `${name}-whole` : name, join(ROOT, 'functions', `${name}.ts`), wholeSdk);
  }

  /** A function that does nothing but make the AWS clients that the real one can't do without. */
  bareClients(name: FunctionName, wholeSdk: boolean): Bundled {
    const clients = CLIENTS[name];
    const entry = join(this.#folder, `${name}-bare.ts`);
    const imports = clients.map((client) => IMPORTS[client]).join('\n');
    const made = clients.map((client) => MADE[client]).join(', ');
    writeFileSync(entry, `${imports}\nconst made = [${made}];\nexport const handler = () => made;\n`);
    return this.#bundle(`${name}-bare${wholeSdk ? '-whole' : ''}`, entry, wholeSdk);
  }

  /** A file of bench/baselines. */
  baseline(name: string): Bundled {
    return this.#bundle(name, join(ROOT, 'bench', 'baselines', `${name}.ts`));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #bundle(name: string, entry: string, wholeSdk = false): Bundled {
    const outdir = join(this.#folder, name);
    mkdirSync(outdir);
    const { bytes, metafile } = bundleFunction({ entry, outdir, config: this.#config, wholeSdk });
    // The package is ESM; a bundle is CommonJS, as on Lambda, where no package.json is above it.
    writeFileSync(join(outdir, 'package.json'), '{"type":"commonjs"}');
    return { name, file: join(outdir, 'index.js'), bytes, metafile };
  }
}
