import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFunctions, functionsIn } from '../cdk/bundle.ts';
import { guardOutput } from '../cli/guard-output.ts';
import { NOT_RUN, ownCommand } from '../cli/own-command.ts';
import packageJson from '../package.json' with { type: 'json' };
import { packageFolderOf } from './build/package-folder.ts';

/**
 * `npm run sbom -- [--out FOLDER]`: two software bills of materials in CycloneDX. `project.cdx.json` is npm's own, with all
 * that is installed to build and test; `deployed.cdx.json` has what of it is in the functions' bundles, and in which.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IN_FUNCTION = 'knocknoc-okta-zones:function';

interface Component {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

interface Bill {
  readonly serialNumber: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** Npm's bill of what is installed. It needs no network. */
function installed(): Bill {
  const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28, shell: process.platform === 'win32' } as const;
  const bill: Bill = JSON.parse(execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], options));
  // npm calls the project after the folder that it is in.
  return { ...bill, metadata: { ...bill.metadata, component: { ...bill.metadata.component, name: packageJson.name } } };
}

/** The packages in each function's code, as `name@version`. */
function bundled(): Map<string, Set<string>> {
  const functionsOf = new Map<string, Set<string>>();
  // With what only this configuration needs.
  const { metafile } = buildFunctions({ entries: functionsIn(), clientKey: 'kms' });
  for (const [file, { inputs }] of Object.entries(metafile.outputs)) {
    for (const input of Object.keys(inputs)) {
      const found = packageOf(input);
      if (found === undefined) continue;
      functionsOf.set(found, (functionsOf.get(found) ?? new Set()).add(parse(file).name));
    }
  }
  return functionsOf;
}

/** @returns undefined for the project's own code */
function packageOf(input: string): string | undefined {
  const folder = packageFolderOf(input);
  if (folder === undefined) return undefined;
  const { name, version } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  return `${name}@${version}`;
}

/** What of the bill is deployed. @throws where a bundle holds what the bill does not know */
function deployed(bill: Bill): Bill {
  const functionsOf = bundled();
  const known = new Set(bill.components.map((component) => component['bom-ref']));
  const unknown = [...functionsOf.keys()].filter((ref) => !known.has(ref));
  if (unknown.length > 0) throw new Error(`npm knows nothing of ${unknown.join(', ')}: run \`npm ci\``);
  const own = bill.metadata.component['bom-ref'];
  const kept = (ref: string) => ref === own || functionsOf.has(ref);
  return {
    ...bill,
    serialNumber: `urn:uuid:${randomUUID()}`,
    components: bill.components.flatMap((component) => {
      const functions = [...(functionsOf.get(component['bom-ref']) ?? [])].sort();
      const properties = functions.map((value) => ({ name: IN_FUNCTION, value }));
      return functions.length > 0
        ? [{ ...component, properties: [...(component.properties ?? []), ...properties] }]
        : [];
    }),
    dependencies: bill.dependencies
      .filter(({ ref }) => kept(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(kept) })),
  };
}

guardOutput();
const { out } = ownCommand('npm run sbom --', 'Writes the software bills of materials, in CycloneDX.', NOT_RUN)
  .option('--out <folder>', 'where to', join(ROOT, 'sbom'))
  .parse()
  .opts();
const bill = installed();
for (const [name, content] of Object.entries({ project: bill, deployed: deployed(bill) })) {
  const file = join(out, `${name}.cdx.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
  console.log(`${file}: ${content.components.length} components`);
}
