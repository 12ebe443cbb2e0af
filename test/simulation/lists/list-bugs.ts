import type { Config } from '../../../lib/config.ts';
import { ITEM, LIST_RECORD } from '../../../lib/names.ts';
import type { HttpClient, HttpRequest, HttpResponse, Item, Table } from '../../../lib/ports.ts';
import type { Bug } from '../bug.ts';
import type { FunctionName } from '../hooks.ts';
import type { Invariant } from '../violation.ts';

const LISTS = { world: 'lists' } as const;
const SAYS: readonly Invariant[] = ['23 nothing but what a list says'];
const FOLLOWED: readonly Invariant[] = ['23 who is listed is in', '23 who is not listed is out'];

/** Changes what the reader of lists gets to see of the table, and no other function. */
function forReader(change: (table: Table) => Partial<Table>) {
  return (table: Table, name: FunctionName): Table => (name === 'allowlist' ? { ...table, ...change(table) } : table);
}

/** Changes answers of Knocknoc's server, and what became of a request that failed. */
function answering(change: (answer: HttpResponse | undefined, request: HttpRequest) => HttpResponse | undefined) {
  return (http: HttpClient): HttpClient =>
    async (request) => {
      const answer = await http(request).catch((error: unknown) => error);
      const changed = change(answer instanceof Error ? undefined : (answer as HttpResponse), request);
      if (changed) return changed;
      throw answer;
    };
}

const EMPTY: HttpResponse = { status: 200, headers: {}, body: '' };

/** Everything that lives waits already when the list is read. */
function allHeldAlready(table: Table): Partial<Table> {
  return {
    get: async (key, options) => {
      const item = await table.get(key, options);
      if (key.item !== LIST_RECORD) return item;
      const acl = key.acl.slice(key.acl.indexOf('#') + 1);
      const names: string[] = [];
      for await (const page of table.queryPrefix(acl, ITEM.grant)) {
        names.push(...page.map(({ item: name }) => name.slice(ITEM.grant.length)));
      }
      return { ...key, ...item, held: { names, at: 0 } };
    },
  };
}

const PUT_OUT = [ITEM.revoked, ITEM.flushed, ITEM.last];
const isPutOut = (name: string) => PUT_OUT.some((item) => name.startsWith(item));

async function* nothing(): AsyncIterable<readonly Item[]> {}

function ending(config: Config, endsGrants: boolean): Config {
  const acls = Object.entries(config.acls).map(([name, acl]) => [
    name,
    acl.allowlist ? { ...acl, allowlist: { ...acl.allowlist, endsGrants } } : acl,
  ]);
  return { ...config, acls: Object.fromEntries(acls) };
}

async function* withoutTime(pages: AsyncIterable<readonly Item[]>): AsyncIterable<readonly Item[]> {
  for await (const page of pages) yield page.map((item) => ({ ...item, stored: 0 }));
}

/** The first list that a process gets is what it has for ever. */
function neverAskingAgain(): (http: HttpClient) => HttpClient {
  return (http) => {
    const known = new Map<string, HttpResponse>();
    return async (request) => {
      const before = known.get(request.url);
      if (before) return before;
      const answer = await http(request);
      if (answer.status === 200 && !answer.tooLarge) known.set(request.url, answer);
      return answer;
    };
  };
}

/** Where one list cannot be read, the next one is not asked for. */
function failingTogether(http: HttpClient): HttpClient {
  let isDown = false;
  return async (request) => {
    if (isDown && request.url.endsWith('acl-2')) throw new Error('not asked for');
    const answer = await http(request).catch((error: unknown) => error);
    if (request.url.endsWith('acl-1')) isDown ||= answer instanceof Error || (answer as HttpResponse).status > 399;
    if (answer instanceof Error) throw answer;
    return answer as HttpResponse;
  };
}

const ofLists: readonly Bug[] = [
  {
    name: 'guard-dropped',
    what: 'one read ends more than half of ten grants and more',
    breaks: ['23 at most half at one read'],
    hooks: { table: forReader(allHeldAlready) },
  },
  {
    name: 'held-forgotten',
    what: 'that a large removal waits is forgotten, so that it waits for ever',
    breaks: FOLLOWED,
    hooks: {
      table: forReader((table) => ({
        write: (writes) =>
          table.write(
            writes.map((write) => {
              if (!('update' in write)) return write;
              const { held, ...set } = write.set ?? {};
              return { ...write, set };
            }),
          ),
      })),
    },
  },
  {
    name: 'lag-ignored',
    what: 'who came a moment ago is put out, since the list does not know of it yet',
    breaks: SAYS,
    hooks: {
      table: forReader((table) => ({ queryPrefix: (...query) => withoutTime(table.queryPrefix(...query)) })),
    },
  },
  {
    name: 'put-out-forgotten',
    what: 'who was revoked or flushed a moment ago is let in by a list that does not know of it yet',
    breaks: SAYS,
    hooks: {
      table: forReader((table) => ({
        get: (key, options) => (isPutOut(key.item) ? Promise.resolve(undefined) : table.get(key, options)),
        queryPrefix: (...query) => (isPutOut(query[1]) ? nothing() : table.queryPrefix(...query)),
      })),
    },
  },
  {
    name: 'redirect-followed',
    what: 'another host that the server names gets the key',
    breaks: ['23 the key goes to its host alone'],
    hooks: {
      knocknoc: (http) => async (request) => {
        const answer = await http(request);
        const { location } = answer.headers;
        return answer.status === 302 && location !== undefined ? http({ ...request, url: location }) : answer;
      },
    },
  },
  {
    name: 'outage-empties',
    what: 'a server that does not answer has nobody on its list',
    breaks: SAYS,
    hooks: { knocknoc: answering((answer) => answer ?? EMPTY) },
  },
  {
    name: 'refusal-empties',
    what: 'a status that is no success comes with a list',
    breaks: SAYS,
    hooks: { knocknoc: answering((answer) => answer && { ...answer, status: answer.status === 304 ? 304 : 200 }) },
  },
  {
    name: 'page-is-a-list',
    what: 'HTML or JSON with status 200 is a list with nobody in it',
    breaks: SAYS,
    hooks: {
      knocknoc: answering((answer) => answer && (/^[<[{]/.test(answer.body) ? { ...answer, body: '' } : answer)),
    },
  },
  {
    name: 'cut-silently',
    what: 'of a list that is too large the first part counts',
    breaks: SAYS,
    hooks: {
      knocknoc: answering((answer) => {
        if (!answer?.tooLarge) return answer;
        const { tooLarge, ...rest } = answer;
        return rest;
      }),
    },
  },
  {
    name: 'forms-unread',
    what: 'an IP that is written in another form is not on the list',
    breaks: SAYS,
    hooks: {
      knocknoc: answering(
        (answer) =>
          answer && { ...answer, body: answer.body.replaceAll(/^(?:\[| |::ffff:|.*\/32|.*\/128|.*[A-F]).*$/gm, '') },
      ),
    },
  },
  {
    name: 'position-unread',
    what: 'while the list is the same, nothing that happens to the grants is seen',
    breaks: FOLLOWED,
    hooks: {
      table: forReader((table) => ({
        get: (key, options) => (key.item === ITEM.wake ? Promise.resolve(undefined) : table.get(key, options)),
      })),
    },
  },
  {
    name: 'not-modified-for-ever',
    what: 'a list is never asked for again',
    breaks: FOLLOWED,
    hooks: () => ({ knocknoc: neverAskingAgain() }),
  },
  {
    name: 'own-grants-alone',
    what: 'with endsGrants, a lost revoke is not healed',
    breaks: FOLLOWED,
    hooks: { config: (config, name) => (name === 'allowlist' ? ending(config, false) : config) },
  },
  {
    name: 'grants-of-others',
    what: 'without endsGrants, a grant of a sender is ended too',
    breaks: SAYS,
    hooks: { config: (config, name) => (name === 'allowlist' ? ending(config, true) : config) },
  },
  {
    name: 'lists-fail-together',
    what: 'where one list cannot be read, another is not read either',
    breaks: FOLLOWED,
    hooks: () => ({ knocknoc: failingTogether }),
  },
];

/** Bugs of whoever reads lists. */
export const LIST_BUGS: readonly Bug[] = ofLists.map((bug) => ({ ...bug, changes: LISTS }));
