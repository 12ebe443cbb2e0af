export type Path = readonly (string | number)[];

/** One thing that is wrong with the configuration, and where. */
export interface Problem {
  readonly path: Path;
  /** What is wrong and what to write instead. */
  readonly message: string;
}

/** `['acls', 'okta-prod', 'zoneIds', 0]` as a person would write it: `acls.okta-prod.zoneIds[0]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[A-Za-z0-9_.-]+$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}
