import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { LOCAL } from '../../local/emulator/paths.ts';
import { findPython } from '../../local/emulator/python.ts';
import { ensureVirtualEnvironment } from '../../local/emulator/virtual-environment.ts';
import { askedConfig } from '../../scripts/build/asked.ts';
import { packageTemplate } from '../../scripts/build/template.ts';
import { run } from '../agent/script.ts';
import { EVERYTHING_SET, templateWith } from './synthesised.ts';

/** What it says of templates that the CDK writes, and that is no mistake. */
const SWITCHED_OFF: Readonly<Record<string, string>> = {
  W3005: 'the CDK says of a role that its function depends on it, though the function refers to it: twice does no harm',
};

/** Not by its own script, in which the folder stands that it was installed in at first. */
const CFN_LINT = 'import sys; from cfnlint.runner import main; sys.exit(main())';

const canCheck = (await findPython()) !== undefined;
if (!canCheck) {
  const said = 'there is no Python to run cfn-lint with';
  if (process.env.CI) throw new Error(`${said}, and CI skips nothing`);
  console.log(`SKIPPED: ${said}`);
}

describe.runIf(canCheck)('cfn-lint', () => {
  it('has nothing to say about the template, however it is configured', { timeout: 300_000 }, async ({ signal }) => {
    const folder = mkdtempSync(join(inject('temporaryFolder'), 'cfn-lint-'));
    const configurations = [{}, EVERYTHING_SET];
    const files = configurations.map((changes, index) => {
      const file = join(folder, `${index}.template.json`);
      writeFileSync(file, JSON.stringify(templateWith(changes).toJSON(), null, 1));
      return file;
    });
    const asking = join(folder, 'asking');
    const bundles = { folder, code: (name: string) => `exports.handler = () => '${name}';` };
    packageTemplate({ config: askedConfig(), out: asking, isAsking: true, bundles });
    files.push(join(asking, 'template.json'));
    const directory = join(LOCAL, 'cfn-lint-venv');
    const requirements = join(import.meta.dirname, 'requirements.txt');
    const progress = { step: () => {}, line: () => {} };
    const python = await ensureVirtualEnvironment({ directory, requirements, progress, signal });
    const ignored = Object.keys(SWITCHED_OFF).flatMap((check) => ['--ignore-checks', check]);
    const lint = await run(python, ['-I', '-c', CFN_LINT, ...ignored, '--template', ...files], {});
    expect(lint).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
