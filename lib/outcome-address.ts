/** Where an event's outcome is asked for, and what the address says of the event beside its name. */
export interface OutcomeQuery {
  /** SHA-256 of the body that was posted. */
  readonly bodyHash?: string;
  /** When it was accepted, in whole seconds since the epoch. */
  readonly acceptedAt?: number;
}

/** @param url what was posted to, without a query: an absolute URL or, where that is not known, its path */
export function outcomeAddress(
  url: string,
  event: { readonly acl: string; readonly webhookId: string },
  { bodyHash, acceptedAt }: Required<OutcomeQuery>,
): string {
  return `${url}/events/${event.acl}/${event.webhookId}?hash=${bodyHash}&at=${acceptedAt}`;
}

/** @returns the ACL and the webhook id that a path names, as they stand there; empty where it names none */
export function namesIn(path: string): { readonly acl: string; readonly webhookId: string } {
  const [, acl = '', webhookId = ''] = /\/events\/([^/]*)\/([^/]*)$/.exec(path) ?? [];
  return { acl, webhookId };
}

/**
 * Reads the query of such an address. It is not signed, and so believed in nothing but what its sender alone would have to
 * suffer. What has another form is as if it were not there.
 */
export function readOutcomeQuery(query: string): OutcomeQuery {
  const given = new URLSearchParams(query);
  const [bodyHash = '', at = ''] = [given.get('hash') ?? '', given.get('at') ?? ''];
  if (!/^[\w-]{43}$/.test(bodyHash) || !/^\d{1,12}$/.test(at)) return {};
  return { bodyHash, acceptedAt: Number(at) };
}
