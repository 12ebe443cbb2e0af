import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, CfnParameter, CliCredentialsStackSynthesizer, DefaultStackSynthesizer } from 'aws-cdk-lib';
import { zipSync } from 'fflate';
import { fromSources } from '../../cdk/bundle.ts';
import { type Bundles, withEnvironmentConfig } from '../../cdk/function-code.ts';
import { KnocknocOktaStack } from '../../cdk/stack.ts';
import cdkJson from '../../cdk.json' with { type: 'json' };
import type { Config } from '../../lib/config.ts';
import { CONFIGURATION_METADATA } from '../../lib/names.ts';
import { VERSION } from '../../lib/version.ts';
import { ASKED, asking } from './asked.ts';
import { templateReadme } from './template-readme.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Whom nothing depends on: the same code makes the same archive, so that an upload changes nothing. */
const LONG_AGO = new Date('2000-01-01T12:00:00');
/** Of the code in the customer's bucket. */
export const KEY_PREFIX = `knocknoc-okta-zones-${VERSION}/`;

/** Code that lies in a bucket which the template is told, and nothing of a bootstrapped account. */
class CodeInBucket extends CliCredentialsStackSynthesizer {
  constructor() {
    super({ fileAssetsBucketName: `\${CodeBucket}`, bucketPrefix: KEY_PREFIX });
  }

  // A stack takes a synthesizer whose own of these are never undefined.
  override get lookupRole(): string {
    return '';
  }

  override get cloudFormationExecutionRole(): string {
    return '';
  }

  override get bootstrapQualifier(): string {
    return DefaultStackSynthesizer.DEFAULT_QUALIFIER;
  }
}

/** What the CDK says of what goes to a bucket. */
interface Assets {
  readonly files: Readonly<Record<string, { readonly source: { readonly path: string; readonly packaging: string } }>>;
}

/** All that lies in a folder which is made here. */
const PARTS = ['template.json', 'code', 'docs', 'README.md', 'knocknoc-okta.sh', 'LICENSE'];

/**
 * What would be lost or deployed, if such a folder were made there: nothing of anybody else's is ever overwritten.
 * @returns undefined where nothing is there yet, or what was made there before
 */
export function outProblem(out: string): string | undefined {
  if (out === '') return 'the folder has no name';
  if (!existsSync(out)) return undefined;
  if (!statSync(out).isDirectory()) return `${out} is no folder`;
  const there = readdirSync(out);
  if (there.length === 0) return undefined;
  if (!isOurs(join(out, 'template.json'))) return `${out} has something else in it: name an empty folder, or a new one`;
  const other = there.find((name) => !PARTS.includes(name));
  return other === undefined ? undefined : `${out} has more in it than such a folder: ${other}. Name another one`;
}

function isOurs(template: string): boolean {
  try {
    return JSON.parse(readFileSync(template, 'utf8')).Metadata[CONFIGURATION_METADATA] !== undefined;
  } catch {
    return false;
  }
}

interface Package {
  readonly config: Config;
  /** The folder. */
  readonly out: string;
  /** What concerns one customer is asked for when it is deployed: see `askedConfig`. */
  readonly isAsking?: boolean;
  readonly bundles?: Bundles;
}

/**
 * Makes a folder that deploys with the AWS command line alone: the template, the code of the functions as archives, the
 * agent's script, the documents, and a text that says how. It needs no bootstrapped account: the code lies in a bucket that
 * the template is told.
 */
export function packageTemplate({ config, out, isAsking = false, bundles = fromSources() }: Package): void {
  const outdir = mkdtempSync(join(tmpdir(), 'knocknoc-okta-template-'));
  try {
    const app = new App({ analyticsReporting: false, context: cdkJson.context, outdir });
    const stack = new KnocknocOktaStack(app, 'KnocknocOkta', {
      ...{ config, synthesizer: new CodeInBucket(), bundles },
    });
    new CfnParameter(stack, 'CodeBucket', {
      type: 'String',
      description: `The bucket, in the region of the stack, that has the code of the functions at ${KEY_PREFIX}`,
    });
    app.synth();
    for (const part of PARTS) rmSync(join(out, part), { recursive: true, force: true });
    mkdirSync(join(out, 'code'), { recursive: true });
    // Without white space: AWS takes a megabyte.
    const template = JSON.parse(readFileSync(join(outdir, stack.templateFile), 'utf8'));
    writeFileSync(join(out, 'template.json'), JSON.stringify(isAsking ? asking(template) : template));
    writeCode(outdir, join(out, 'code'), stack.artifactId, isAsking);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
  writeFileSync(join(out, 'README.md'), templateReadme(config, KEY_PREFIX, isAsking ? ASKED : undefined));
  copyFileSync(join(ROOT, 'agent/knocknoc-okta.sh'), join(out, 'knocknoc-okta.sh'));
  copyFileSync(join(ROOT, 'LICENSE'), join(out, 'LICENSE'));
  // Alarms and the dashboard name its runbook.
  cpSync(join(ROOT, 'docs'), join(out, 'docs'), { recursive: true });
}

function writeCode(outdir: string, code: string, artifact: string, isAsking: boolean): void {
  const { files }: Assets = JSON.parse(readFileSync(join(outdir, `${artifact}.assets.json`), 'utf8'));
  for (const [hash, { source }] of Object.entries(files)) {
    if (source.packaging !== 'zip') continue;
    const text = readFileSync(join(outdir, source.path, 'index.js'), 'utf8');
    const file = Buffer.from(isAsking ? withEnvironmentConfig(text) : text);
    writeFileSync(join(code, `${hash}.zip`), zipSync({ 'index.js': [file, { level: 9, mtime: LONG_AGO }] }));
  }
}
