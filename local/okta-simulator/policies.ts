import { invalidField, policyNotFound } from './errors.ts';
import { checkRoute, type Route } from './route.ts';
import type { ApiAnswer } from './zone-api.ts';

/** A policy as an administrator has made it; its rules in Okta's own form, served as they are. */
export interface PolicySeed {
  /** Such as ACCESS_POLICY or OKTA_SIGN_ON. */
  readonly type: string;
  readonly name: string;
  readonly status?: 'ACTIVE' | 'INACTIVE';
  /** Where absent, in the order in which policies of the type were made. */
  readonly priority?: number;
  /** The default policy of its type. */
  readonly system?: boolean;
  /** Whom it is for; everybody where absent. */
  readonly conditions?: Readonly<Record<string, unknown>>;
  readonly rules?: readonly Readonly<Record<string, unknown>>[];
}

/** Entries of a page where nobody asks for another number. Okta's own is not known: 67 were once seen on one page. */
const PAGE = 100;

/** The org's policies, for whoever reads them. */
export class Policies {
  readonly #policies = new Map<string, PolicySeed>();
  readonly #domain: string;

  constructor(domain: string) {
    this.#domain = domain;
  }

  set(id: string, seed: PolicySeed): void {
    this.#policies.set(id, seed);
  }

  /** @returns false where there is none */
  remove(id: string): boolean {
    return this.#policies.delete(id);
  }

  /** @throws {OktaError} for everything Okta refuses */
  answer(route: Route, method: string): ApiAnswer {
    checkRoute(route, method);
    const { kind, policyId = '' } = route;
    if (kind === 'policies') return this.#list(new URLSearchParams(route.query));
    const policy = this.#policies.get(policyId);
    if (!policy) throw policyNotFound(policyId);
    const body = kind === 'rules' ? (policy.rules ?? []) : this.#shown(policyId, policy);
    return { status: 200, body, applied: false };
  }

  /** `Link` names the next page only where there is one. */
  #list(query: URLSearchParams): ApiAnswer {
    const type = query.get('type');
    // What Okta answers without a type is not known.
    if (type === null) throw invalidField('type', 'The type of the policies is missing.');
    const all = [...this.#policies].filter(([, policy]) => policy.type === type);
    const from = Number(query.get('after') ?? 0) || 0;
    const limit = Number(query.get('limit') ?? 0) || PAGE;
    const links = [['self', from], ...(from + limit < all.length ? [['next', from + limit]] : [])];
    const link = links.map(
      ([rel, after]) =>
        `<https://${this.#domain}/api/v1/policies?type=${type}&limit=${limit}&after=${after}>; rel="${rel}"`,
    );
    const body = all.slice(from, from + limit).map(([id, policy]) => this.#shown(id, policy));
    return { status: 200, body, applied: false, headers: { link: link.join(', ') } };
  }

  #shown(id: string, policy: PolicySeed): unknown {
    const { type, name, status = 'ACTIVE', system = false, conditions = null } = policy;
    const { priority = 1 + [...this.#policies.values()].filter((other) => other.type === type).indexOf(policy) } =
      policy;
    const self = { href: `https://${this.#domain}/api/v1/policies/${id}` };
    return { id, status, name, priority, system, conditions, type, _links: { self } };
  }
}

/** The usual policy of an app: these zones are let in, and nobody else. */
export function protecting(zoneIds: readonly string[]): PolicySeed {
  const access = (word: string) => ({ appSignOn: { access: word } });
  return {
    type: 'ACCESS_POLICY',
    name: 'Only from the zone',
    rules: [
      {
        ...{ id: 'rul1', status: 'ACTIVE', name: 'From the zone', priority: 1, system: false, type: 'ACCESS_POLICY' },
        conditions: { network: { connection: 'ZONE', include: [...zoneIds] } },
        actions: access('ALLOW'),
      },
      {
        ...{ id: 'rul2', status: 'ACTIVE', name: 'Catch-all Rule', priority: 99, system: true, type: 'ACCESS_POLICY' },
        ...{ conditions: null, actions: access('DENY') },
      },
    ],
  };
}
