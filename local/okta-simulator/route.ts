import { methodNotSupported, pathNotFound } from './errors.ts';

export interface Route {
  readonly kind: 'token' | 'policies' | 'policy' | 'rules' | 'list' | 'zone' | 'activate' | 'deactivate' | 'unknown';
  /** Path without the query. */
  readonly path: string;
  /** As it came, without the question mark. */
  readonly query: string;
  readonly zoneId: string | null;
  readonly policyId?: string;
}

const METHODS: Readonly<Record<Exclude<Route['kind'], 'unknown'>, readonly string[]>> = {
  token: ['POST'],
  policies: ['GET'],
  policy: ['GET'],
  rules: ['GET'],
  list: ['GET', 'POST'],
  zone: ['GET', 'PUT', 'DELETE'],
  activate: ['POST'],
  deactivate: ['POST'],
};

export function parseRoute(target: string): Route {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const [, id, action] = /^\/api\/v1\/zones(?:\/([^/]+)(?:\/lifecycle\/(activate|deactivate))?)?$/.exec(path) ?? [];
  const route = { path, query, zoneId: id === undefined ? null : decode(id) };
  if (path === '/oauth2/v1/token') return { ...route, kind: 'token' };
  const [, policyId, rules] = /^\/api\/v1\/policies(?:\/([^/]+)(\/rules)?)?$/.exec(path) ?? [];
  if (policyId !== undefined) return { ...route, policyId: decode(policyId), kind: rules ? 'rules' : 'policy' };
  if (path === '/api/v1/policies') return { ...route, kind: 'policies' };
  if (path === '/api/v1/zones') return { ...route, kind: 'list' };
  if (id === undefined) return { ...route, kind: 'unknown' };
  if (action === 'activate' || action === 'deactivate') return { ...route, kind: action };
  return { ...route, kind: 'zone' };
}

/** @throws {OktaError} 404 for a path, 405 for a method that the API does not have */
export function checkRoute(route: Route, method: string): void {
  if (route.kind === 'unknown') throw pathNotFound(route.path);
  if (!METHODS[route.kind].includes(method)) throw methodNotSupported();
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
