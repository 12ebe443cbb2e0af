import { badge, clock, escapeHtml, wholePage } from '../page/html.ts';
import { numericOrder } from '../page/numeric-order.ts';
import { covered } from './address.ts';
import { faultKind } from './faults.ts';
import type { Address, RequestRecord, SimulatorState, ZoneView } from './types.ts';

/** A documentation address that nobody has: as a gateway it is there only to keep a zone non-empty. */
const PLACEHOLDER = '192.0.2.0-192.0.2.0';

/** The whole page. Without scripts the browser loads it anew every two seconds. */
export function renderPage(state: SimulatorState): string {
  const main = `<main id="state">${renderState(state)}</main>`;
  return wholePage('Okta simulator', main, '<meta http-equiv="refresh" content="2">');
}

/** The part of the page that changes. The script fetches it each second. */
export function renderState(state: SimulatorState): string {
  const zones = state.zones.length === 0 ? '<p>No zones.</p>' : state.zones.map(renderZone).join('');
  return `${renderStatus(state)}${zones}${renderRequests(state.requests)}`;
}

function renderStatus({ at, rateLimit, tokens, faults }: SimulatorState): string {
  const tokenList = tokens.map(({ label, role, state }) => badge(`${label}: ${role}, ${state}`, state === 'valid'));
  const faultList = faults.map(({ fault, remaining, method, zoneId }) =>
    badge(
      [faultKind(fault), remaining === null ? 'all' : `${remaining}x`, method, zoneId]
        .filter((part) => part !== undefined)
        .join(' '),
      false,
    ),
  );
  const { remaining, limit, reset } = rateLimit;
  const seconds = Math.max(0, Math.ceil(reset - at / 1000));
  return `<dl><dt>Time</dt><dd><time>${clock(at)}</time></dd>
<dt>Rate limit</dt><dd>${badge(`${remaining} of ${limit} left`, remaining > 0)} resets in ${seconds} s</dd>
<dt>Tokens</dt><dd>${tokenList.join(' ') || 'none'}</dd>
<dt>Faults</dt><dd>${faultList.join(' ') || 'none'}</dd></dl>`;
}

/** A zone with its gateways, by address. */
export function renderZone(zone: ZoneView): string {
  const { gateways, departed } = zone;
  const shown = [
    ...(gateways ?? []).map((gateway) => ({ ...gateway, html: renderGateway(gateway, zone) })),
    ...Object.keys(departed).map((value) => ({ value, html: `<li class="gone">${escapeHtml(value)}</li>` })),
  ];
  const items = shown.toSorted((a, b) => numericOrder(a.value, b.value)).map(({ html }) => html);
  const placeholder = gateways?.length === 1 && gateways.every(isPlaceholder);
  const proxies = (zone.proxies ?? []).map(({ value }) => `<code>${escapeHtml(value)}</code>`).join(' ');
  return `<section><h2>${escapeHtml(zone.name)} ${badge(zone.status, zone.status === 'ACTIVE')}</h2>
<p class="quiet"><code>${escapeHtml(zone.id)}</code> ${escapeHtml(zone.type)} ${escapeHtml(zone.usage)}${zone.system ? ' system zone' : ''}
 · updated <time>${clock(zone.lastUpdated)}</time></p>
<h3>Gateways (${gateways?.length ?? 0})</h3><ul>${items.join('') || '<li class="quiet">none</li>'}</ul>
${placeholder ? '<p class="quiet">Only the placeholder that keeps the zone non-empty: nobody has access.</p>' : ''}
<p class="quiet">Proxies: ${proxies || 'none'}. ${escapeHtml(inEffect(zone))}</p></section>`;
}

function renderGateway(gateway: Address, zone: ZoneView): string {
  const { type, value } = gateway;
  const classes = [Object.hasOwn(zone.arrived, value) ? 'new' : '', isPlaceholder(gateway) ? 'quiet' : ''];
  const className = classes.filter((name) => name !== '').join(' ');
  return `<li${className === '' ? '' : ` class="${className}"`}><code>${escapeHtml(value)}</code> <small>${type}</small></li>`;
}

function isPlaceholder(gateway: Address): boolean {
  return covered(gateway) === PLACEHOLDER;
}

/** How far what policies act on is behind the configuration. */
function inEffect({ gateways, proxies, status, usage, effective }: ZoneView): string {
  if (effective === null) return 'Not in effect yet.';
  const same =
    set(gateways) === set(effective.gateways) &&
    set(proxies) === set(effective.proxies) &&
    status === effective.status &&
    usage === effective.usage;
  return same ? 'In effect.' : `Okta still acts on ${effective.gateways?.length ?? 0} gateways of about a minute ago.`;
}

function set(addresses: readonly Address[] | null): string {
  return (addresses ?? []).map(covered).sort().join();
}

/** The latest requests, the latest first. */
export function renderRequests(requests: readonly RequestRecord[]): string {
  const rows = requests.map(
    ({ n, at, method, path, status, outcome, role, overlapping, fault }) => `<tr><td>${n}</td><td>${clock(at)}</td>
<td>${escapeHtml(method)}</td><td><code>${escapeHtml(path)}</code></td>
<td>${badge(status === null ? outcome : String(status), status !== null && status < 400)}</td>
<td>${escapeHtml([role ?? 'no valid token', fault, overlapping ? 'overlaps' : null].filter((note) => note !== null).join(', '))}</td></tr>`,
  );
  const head = '<tr><th>#</th><th>Time</th><th>Method</th><th>Path</th><th>Status</th><th></th></tr>';
  return `<section><h2>Last requests</h2>${rows.length === 0 ? '<p>None yet.</p>' : `<table>${head}${rows.join('')}</table>`}</section>`;
}
