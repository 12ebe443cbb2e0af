import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { packageFolderOf } from './package-folder.ts';

interface Package {
  readonly name: string;
  readonly license: string;
  readonly text: string;
}

/** The licenses of the packages that are in some bundles, each text once: most ask for going wherever the code goes. */
export function licensesOf(root: string, bundles: readonly Metafile[]): string {
  const inputs = bundles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap((output) => Object.keys(output.inputs)),
  );
  const folders = new Set(inputs.flatMap((input) => packageFolderOf(input) ?? []));
  const byText = new Map<string, Package[]>();
  for (const folder of [...folders].sort()) {
    const found = packageIn(join(root, folder));
    byText.set(found.text, [...(byText.get(found.text) ?? []), found]);
  }
  return [...byText]
    .map(([text, packages]) => `${packages.map(({ name, license }) => `${name} (${license})`).join('\n')}\n\n${text}`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function packageIn(folder: string): Package {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trimEnd();
  return { name: `${name}@${version}`, license: String(license), text: `${text}\n` };
}
