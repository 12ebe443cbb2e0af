import type { Metafile } from 'esbuild';
import { packageFolderOf } from '../scripts/build/package-folder.ts';

/** Bytes that each package has in a bundle, the largest first; the project's own code is one of them. */
export function bytesByPackage(metafile: Metafile): [string, number][] {
  const sums = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = packageFolderOf(path)?.split('node_modules/').at(-1) ?? 'own code';
      sums.set(name, (sums.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}
