/** @returns why grants can't be written into this zone, or undefined where they can */
export function whyUnusable(zone: {
  readonly type: string;
  readonly status?: string | null | undefined;
  readonly usage?: string | null | undefined;
  readonly system?: boolean | null | undefined;
}): string | undefined {
  if (zone.type !== 'IP') return `it is of type ${zone.type}, not IP`;
  if (zone.system) return "it is one of Okta's own (system) zones";
  if (zone.usage === 'BLOCKLIST') return 'it is a blocklist: what is in it is refused';
  if (typeof zone.status === 'string' && zone.status !== 'ACTIVE') return `it is ${zone.status}, not ACTIVE`;
  return undefined;
}
