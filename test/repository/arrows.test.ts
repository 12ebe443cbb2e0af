import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';

/** A file that could be written one day: the folder it is in, and its text or what it imports. */
type Probe = readonly [folder: string, says: string];

const refusedImports: readonly Probe[] = [
  ['lib', './grants/grant-book.ts'],
  ['lib', './addresses/ip-address.ts'],
  ['lib', 'node:fs'],
  ['lib/addresses', '../okta/client.ts'],
  ['lib/addresses', '../grants/grant-book.ts'],
  ['lib/okta', '../grants/grant-book.ts'],
  ['lib/okta', '../zones/zone-state.ts'],
  ['lib/okta', '../adapters/fetch-http.ts'],
  ['lib/okta', 'node:timers/promises'],
  ['lib/grants', '../zones/zone-state.ts'],
  ['lib/grants', '../webhook/webhook-event.ts'],
  ['lib/grants', '@aws-sdk/lib-dynamodb'],
  ['lib/zones', '../expiry/expire-grants.ts'],
  ['lib/zones', '@middy/core'],
  ['lib/zones', 'node:fs/promises'],
  ['lib/webhook', '../outcome/await-outcome.ts'],
  ['lib/outcome', '../webhook/accept-webhook.ts'],
  ['lib/expiry', '../outcome/await-outcome.ts'],
  ['lib/expiry', '../../config/load.ts'],
  ['lib/allowlist', '../../functions/grants.ts'],
  ['lib/adapters', '../grants/grant-items.ts'],
  ['lib/adapters', '../addresses/ip-address.ts'],
  ['functions', '../cli/target.ts'],
  ['functions', '@aws-sdk/client-sqs'],
  ['config', '../lib/zones/zone-state.ts'],
  ['config', '../cdk/stack.ts'],
  ['cdk', '../functions/webhook.ts'],
  ['cdk', '../lib/grants/grant-book.ts'],
  ['cdk', '../lib/ports.ts'],
  ['cli', '../local/main.ts'],
  ['cli/commands', '../../local/stand-ins/memory-table.ts'],
  ['cli/commands', '../../functions/zone.ts'],
  ['cli/doctor', '../../cdk/alarm-texts.ts'],
  ['local', '../test/helpers/virtual-system.ts'],
  ['local/emulator', '../../cdk/stack.ts'],
];

const allowedImports: readonly Probe[] = [
  ['lib', './error-codes.ts'],
  ['lib/addresses', '../names.ts'],
  ['lib/okta', '../addresses/address-block.ts'],
  ['lib/zones', '../okta/client.ts'],
  ['lib/zones', '../grants/grant-book.ts'],
  ['lib/zones', 'node:crypto'],
  ['lib/expiry', '../zones/zone-state.ts'],
  ['lib/outcome', 'valibot'],
  ['lib/adapters', '@aws-sdk/client-sqs'],
  ['lib/adapters', '../ports.ts'],
  ['functions', '../lib/adapters/system-clock.ts'],
  ['config', '../lib/addresses/address-block.ts'],
  ['cdk', '../config/load.ts'],
  ['cdk', '../lib/names.ts'],
  ['cli', './local-run/run-file.ts'],
  ['cli/commands', '../../lib/zones/zone-state.ts'],
  ['local/emulator', '../../cli/emulated-url.ts'],
];

const impure = [
  'Date.now()',
  'new Date()',
  'Math.random()',
  'crypto.randomUUID()',
  "fetch('https://example.com')",
  'process.env',
  'globalThis.process',
  'setTimeout(() => undefined, 1)',
  "console.log('')",
];

/** Every folder whose files are told what they may import: a new room of lib/ too. */
const rooms = readdirSync('lib', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `lib/${entry.name}`)
  .concat('lib', 'functions', 'config', 'cdk', 'cli', 'local');

/** The folders of the pure core, and some that may touch the world. */
const pure = ['lib', ...rooms.filter((room) => room.startsWith('lib/') && room !== 'lib/adapters')];
const worldly = ['lib/adapters', 'functions', 'cli'];

interface Written {
  readonly path: string;
  readonly text: string;
}

/** Each probe is a file of its own, so that one run of the linter judges all. */
function probe(folder: string, text: string): Written {
  return { path: `${folder}/${text.replaceAll(/[^a-z0-9]+/gi, '-')}.ts`, text };
}

const importing = ([folder, module]: Probe) =>
  probe(folder, `import { value } from '${module}';\nexport const other = value;\n`);
const saying = (folder: string, expression: string) => probe(folder, `export const value = ${expression};\n`);
const importingATest = (room: string) =>
  importing([room, `${'../'.repeat(room.split('/').length)}test/commands/test.ts`]);

const barrel = { path: 'lib/zones/barrel.ts', text: "export * from './zone-state.ts';\n" };
const cycle = [
  { path: 'lib/zones/egg.ts', text: "import { hen } from './hen.ts';\nexport const egg = () => hen;\n" },
  { path: 'lib/zones/hen.ts', text: "import { egg } from './egg.ts';\nexport const hen = () => egg;\n" },
];

describe('the linter, with the configuration of this project', () => {
  /** The rules that each file breaks, by its path. */
  const broken = new Map<string, string[]>();

  beforeAll(() => {
    const root = mkdtempSync(join(inject('temporaryFolder'), 'arrows-'));
    for (const part of ['biome.jsonc', '.biome']) cpSync(part, join(root, part), { recursive: true });
    const files = [
      ...[...refusedImports, ...allowedImports].map(importing),
      ...[...pure, ...worldly].flatMap((folder) => impure.map((expression) => saying(folder, expression))),
      ...rooms.map(importingATest),
      ...[barrel, ...cycle],
    ];
    for (const { path, text } of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
      broken.set(path, []);
    }
    const options = ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none'];
    const { stdout } = spawnSync(join(process.cwd(), 'node_modules/.bin/biome'), options, {
      cwd: root,
      encoding: 'utf8',
    });
    const report: { diagnostics: { category: string; location: { path: string } }[] } = JSON.parse(stdout);
    for (const { category, location } of report.diagnostics) broken.get(location.path)?.push(category);
  });

  const rulesBrokenBy = (file: Written) => broken.get(file.path);

  it.each(refusedImports)('does not let a file of %s import %s', (...arrow) => {
    expect(rulesBrokenBy(importing(arrow))).toEqual(['lint/style/noRestrictedImports']);
  });

  it.each(allowedImports)('lets a file of %s import %s', (...arrow) => {
    expect(rulesBrokenBy(importing(arrow))).toEqual([]);
  });

  it.each(rooms)('knows the room %s, and lets it import no test', (room) => {
    expect(rulesBrokenBy(importingATest(room))).toEqual(['lint/style/noRestrictedImports']);
  });

  it.each(pure)('keeps time, randomness, network and environment out of %s', (room) => {
    const unseen = impure.filter((expression) => rulesBrokenBy(saying(room, expression))?.length === 0);
    expect(unseen).toEqual([]);
  });

  it.each(worldly)('lets %s touch the world', (room) => {
    expect(impure.flatMap((expression) => rulesBrokenBy(saying(room, expression)))).toEqual([]);
  });

  it('refuses barrel files', () => {
    expect(rulesBrokenBy(barrel)).toEqual(['lint/performance/noBarrelFile']);
  });

  it('refuses files that import one another in a circle', () => {
    expect(cycle.map(rulesBrokenBy)).toEqual([['lint/suspicious/noImportCycles'], ['lint/suspicious/noImportCycles']]);
  });
});
