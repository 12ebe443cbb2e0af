/**
 * The folder of the package that an input of esbuild is from, within the project; undefined for the project's own code.
 * What is before `node_modules` depends on where the build was started.
 */
export function packageFolderOf(input: string): string | undefined {
  return /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}
