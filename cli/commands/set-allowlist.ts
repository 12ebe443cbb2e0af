import { fetchList } from '../../lib/allowlist/fetch-list.ts';
import { type ListAddress, listAddress, USERNAME } from '../../lib/allowlist/list-address.ts';
import { ListFailure } from '../../lib/allowlist/list-failure.ts';
import { type ParsedList, parseList } from '../../lib/allowlist/parse-list.ts';
import { sectionOf, titleOf } from '../advice.ts';
import { CliFailure, usageFailure } from '../cli-failure.ts';
import { type Command, chosenAcl, type Surroundings } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { entriesText } from '../list-status.ts';
import type { Target, VersionedSecret } from '../target.ts';
import { painter } from '../terminal.ts';

export interface SetAllowlistOptions {
  readonly acl?: string;
  /** Store them although Knocknoc could not be asked. */
  readonly unchecked: boolean;
}

const HOW = 'Give the URL and the key, each on a line of its own: … | npm run zone -- set-allowlist';
/** Others may change the secret at the same time. */
const ATTEMPTS = 3;

/** Takes URL and key of an ACL's list, reads the list once, and only then stores them. */
export const setAllowlist: Command<SetAllowlistOptions> = async (target, options, here) => {
  const { terminal } = here;
  const acl = chosenAcl(target, options.acl);
  const secret = secretOf(target, acl);
  const address = await given(acl, here);
  const paint = painter(terminal);
  terminal.note(`reading the list from ${new URL(address.url).host} …`);
  const list = await tryOut(address, options, target, here);
  await store(acl, address, secret);
  terminal.out(`${paint('green', '✔')} URL and key of ${acl} are stored; the next read uses them, without a deploy`);
  if (!list) return EXIT.warning;
  const skipped = Object.entries(list.skipped).map(([why, count]) => `  ${count} left out: ${why}`);
  terminal.out([`  the list has ${entriesText(list.ips.size)}`, ...skipped].join('\n'));
  return skipped.length > 0 ? EXIT.warning : EXIT.fine;
};

function secretOf({ allowlistSecret, config, name }: Target, acl: string): VersionedSecret {
  if (config.acls[acl]?.allowlist && allowlistSecret) return allowlistSecret;
  const advice = `Add "allowlist": {} to acls.${acl} in the configuration, and deploy.`;
  throw new CliFailure(`${name} reads no list for ${acl}`, advice);
}

async function given(acl: string, { terminal }: Surroundings): Promise<ListAddress> {
  const ask = async () => [
    await terminal.askSecretly("URL of the list, as Knocknoc shows it (it holds a token, so it isn't shown): "),
    await terminal.askSecretly('API key with the scope "Read Allowlists" (it is not shown): '),
  ];
  const lines = terminal.canAsk ? await ask() : (await terminal.readInput()).split('\n');
  const [url = '', key = '', ...more] = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (url === '' || key === '' || more.length > 0) throw usageFailure('not one URL and one key were given', HOW);
  try {
    // Judged as the reader does it.
    return listAddress(JSON.stringify({ [acl]: { url, username: USERNAME, key } }), acl);
  } catch (error) {
    if (error instanceof ListFailure) throw usageFailure(`nothing was stored: ${error.message}`, HOW);
    throw error;
  }
}

/** @returns undefined where the server could not be asked, and need not be */
async function tryOut(
  address: ListAddress,
  { unchecked }: SetAllowlistOptions,
  { config }: Target,
  { http }: Surroundings,
): Promise<ParsedList | undefined> {
  try {
    const answer = await fetchList(http, address);
    return answer.kind === 'list' ? parseList(answer.body, config) : undefined;
  } catch (error) {
    if (!(error instanceof ListFailure)) throw error;
    const { code, message } = error;
    if (code === 'LIST001' && unchecked) return undefined;
    const anyway = code === 'LIST001' ? ' To store them anyway: --unchecked' : '';
    throw new CliFailure(`${titleOf(code)}: ${message}`, `Nothing was stored (${sectionOf(code)}).${anyway}`);
  }
}

/** The other ACLs' entries stay as they are. */
async function store(acl: string, address: ListAddress, secret: VersionedSecret): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const seen = await secret.version('current');
    const text = JSON.stringify({ ...entriesOf(seen?.text), [acl]: address });
    if (await secret.replace(text, seen)) return;
  }
  throw new CliFailure('somebody else is changing the secret of the lists', 'Nothing was stored. Try again.');
}

function entriesOf(text = '{}'): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  } catch {
    // Said below: what it holds must not be quoted.
  }
  throw new CliFailure(
    'the secret of the lists holds something that is no JSON object',
    'Correct it by hand in Secrets Manager: docs/knocknoc.md has its form.',
  );
}
