import { keyOf } from './own-sender.ts';
import type { Target } from './target.ts';

export const KEY_IS_SECRET = 'whoever has this key can let anybody in: show it to nobody';

/** What a sender of an ACL needs to know, as variables of its environment: for Knocknoc's agent, and for `npm run send`. */
export async function senderVariables(target: Target, acl: string): Promise<Readonly<Record<string, string>>> {
  const secret = await keyOf(target, acl);
  const { url, knoc } = target.webhook;
  return {
    ...{ KNOCKNOC_OKTA_URL: url, KNOCKNOC_OKTA_SECRET: secret },
    ...knoc,
    ...{ WEBHOOK_URL: url, WEBHOOK_SECRET: secret },
  };
}

/** The lines of a POSIX shell that set them. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`);
  return lines.join('\n');
}
