import { OktaRest, type Rest } from '../../../lib/okta/rest.ts';
import type { HttpClient, HttpResponse } from '../../../lib/ports.ts';
import { ZoneStates } from '../../../lib/zones/zone-states.ts';
import { type Bug, WHO_IS_IN } from '../bug.ts';
import type { Hooks } from '../hooks.ts';
import { SERVICE_APP } from '../plan.ts';
import { TOKEN_PATH } from './sign-in.ts';

const isForToken = ({ url }: { readonly url: string }) => url.endsWith(TOKEN_PATH);

/** A call that is made again after a failure shows the proof that it was made with first. */
function reusingProofs(http: HttpClient): HttpClient {
  const failed = new Map<string, string>();
  return async (request) => {
    const call = `${request.method} ${request.url} ${request.headers.authorization}`;
    const proof = failed.get(call);
    failed.delete(call);
    const headers = proof === undefined ? request.headers : { ...request.headers, dpop: proof };
    const answer = await http({ ...request, headers }).catch((error: unknown) => error);
    const isGood = typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 200;
    if (!isGood && proof === undefined && request.headers.dpop !== undefined) failed.set(call, request.headers.dpop);
    if (answer instanceof Error) throw answer;
    return answer as HttpResponse;
  };
}

/** The first token is the only one. */
function keepingToken(http: HttpClient): HttpClient {
  let kept: HttpResponse | undefined;
  return async (request) => {
    if (!isForToken(request)) return http(request);
    const answer = kept ?? (await http(request));
    if (answer.status === 200) kept = answer;
    return answer;
  };
}

/** What Okta says of its nonce is not heard. */
function deafToNonces(http: HttpClient): HttpClient {
  return async (request) => {
    const answer = await http(request);
    const { 'dpop-nonce': _, ...headers } = answer.headers;
    return { ...answer, headers };
  };
}

/** Each call has a token of its own. */
function forgettingToken(http: HttpClient): HttpClient {
  return async (request) => {
    const answer = await http(request);
    if (!isForToken(request) || answer.status !== 200) return answer;
    return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), expires_in: 1 }) };
  };
}

/** Where the first request for a token is answered with a nonce, the next one goes out at once. */
function unrestingToken(): Hooks {
  let isNext = false;
  class NotAskedAgain extends OktaRest {
    override async get(now: number): Promise<Rest> {
      const rest = await super.get(now);
      return isNext ? { ...rest, until: 0 } : rest;
    }
  }
  return {
    states: (table) => new ZoneStates(table, new NotAskedAgain(table)),
    http: (http) => async (request) => {
      isNext = false;
      const answer = await http(request);
      isNext = isForToken(request) && answer.status === 400;
      return answer;
    },
  };
}

const changes = { world: 'unkind', dimensions: [SERVICE_APP] } as const;

/** Bugs that show where Okta is called as a service app. */
export const SIGN_IN_BUGS: readonly Bug[] = [
  {
    name: 'proof-reused',
    what: 'a call that is made again shows the proof of the attempt before',
    breaks: ['each attempt has proofs of its own'],
    hooks: { http: reusingProofs },
    changes: { ...changes, rates: { '5xx': 0.5 } },
  },
  {
    name: 'token-kept',
    what: 'a token that Okta has refused is shown again',
    breaks: ['a refused token is not shown again', ...WHO_IS_IN],
    hooks: { http: keepingToken },
    changes,
  },
  {
    name: 'nonce-unheard',
    what: 'the nonce that Okta asks for is not put into proofs',
    hooks: { http: deafToNonces },
    changes,
  },
  {
    name: 'rest-not-asked-again',
    what: 'a further request for a token goes out although somebody else was refused since the first',
    breaks: ['7 reset time kept'],
    hooks: unrestingToken,
    changes: { ...changes, rates: { '429 with reset': 0.3, 'nonce changed': 0.5, 'token of seconds': 1 } },
  },
  {
    name: 'token-for-each-call',
    what: 'a token is asked for again although the one before is good',
    breaks: ['a good token is kept'],
    hooks: { http: forgettingToken },
    changes,
  },
];
