import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunction } from '../cdk/bundle.ts';
import { loadConfig } from '../cdk/config.ts';

export interface LoadTime {
  readonly name: string;
  readonly bytes: number;
  readonly baselineBytes: number;
  /** Milliseconds, medians. */
  readonly loadMs: number;
  readonly baselineMs: number;
}

/** The AWS clients that each function uses. The baseline is a function that does nothing but make them. */
const CLIENTS: Readonly<Record<string, readonly (keyof typeof MAKE)[]>> = {
  webhook: ['dynamodb', 'sqs', 'secrets'],
  grants: ['dynamodb', 'sqs'],
  expiry: ['dynamodb', 'sqs'],
  zone: ['dynamodb', 'sqs', 'secrets'],
};

const MAKE = {
  dynamodb: `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, TransactWriteCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
made.push(DynamoDBDocumentClient.from(new DynamoDBClient({})), GetCommand, TransactWriteCommand, paginateQuery);`,
  sqs: `import { SQSClient, SendMessageCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
made.push(new SQSClient({}), SendMessageCommand, SendMessageBatchCommand);`,
  secrets: `import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
made.push(new SecretsManagerClient({}), GetSecretValueCommand);`,
} as const;

const ROOT = join(import.meta.dirname, '..');

/**
 * How long each function's bundle takes to load in a fresh process, against the bare AWS clients it
 * uses, built the same way. Both are measured in turns, so that a busy machine slows both.
 * @param rounds fresh processes for each
 */
export function measureLoadTimes(rounds: number): LoadTime[] {
  const config = loadConfig(join(ROOT, 'config.example.json'));
  // Inside the repository, so that the baseline's imports resolve.
  const directory = mkdtempSync(join(ROOT, 'bench', '.tmp-'));
  try {
    const subjects = Object.entries(CLIENTS).map(([name, clients]) => {
      const entry = join(directory, `${name}-baseline.ts`);
      const [imports, statements] = split(clients);
      writeFileSync(
        entry,
        `${imports}\nconst made: unknown[] = [];\n${statements}\nexport const handler = () => made;\n`,
      );
      const own = join(directory, name);
      const baseline = join(directory, `${name}-baseline`);
      for (const outdir of [own, baseline]) mkdirSync(outdir);
      const { bytes } = bundleFunction({ entry: join(ROOT, 'functions', `${name}.ts`), outdir: own, config });
      const { bytes: baselineBytes } = bundleFunction({ entry, outdir: baseline, config });
      // The package is ESM; a bundle is CommonJS, as on Lambda, where no package.json is above it.
      for (const outdir of [own, baseline]) writeFileSync(join(outdir, 'package.json'), '{"type":"commonjs"}');
      return { name, bytes, baselineBytes, own, baseline, times: { own: [] as number[], baseline: [] as number[] } };
    });
    for (let round = 0; round <= rounds; round += 1) {
      for (const { own, baseline, times } of subjects) {
        const measured = { own: load(own), baseline: load(baseline) };
        if (round === 0) continue; // The first fills the file cache.
        times.own.push(measured.own);
        times.baseline.push(measured.baseline);
      }
    }
    return subjects.map(({ name, bytes, baselineBytes, times }) => ({
      ...{ name, bytes, baselineBytes },
      loadMs: median(times.own),
      baselineMs: median(times.baseline),
    }));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function split(clients: readonly (keyof typeof MAKE)[]): [string, string] {
  const lines = clients.flatMap((client) => MAKE[client].split('\n'));
  const isImport = (line: string) => line.startsWith('import');
  return [lines.filter(isImport).join('\n'), lines.filter((line) => !isImport(line)).join('\n')];
}

/** @returns milliseconds from before `require` to after it, in a fresh process */
function load(directory: string): number {
  const script = `const t=process.hrtime.bigint();require(${JSON.stringify(join(directory, 'index.js'))});
process.stdout.write(String(Number(process.hrtime.bigint()-t)/1e6))`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ['-e', script], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1' },
  });
  if (status !== 0) throw new Error(`the bundle does not load: ${stderr}`);
  return Number(stdout);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
