import type { AclStatus, GrantStatus, Trouble } from '../../cli/acl-status.ts';
import type { AgentRun } from '../knocknoc-simulator/agent.ts';
import type { Person } from '../knocknoc-simulator/simulator.ts';
import { faultKind } from '../okta-simulator/faults.ts';
import { renderRequests, renderZone } from '../okta-simulator/page.ts';
import type { SimulatorState } from '../okta-simulator/types.ts';
import { badge, clock, escapeHtml, wholePage } from './html.ts';
import { numericOrder } from './numeric-order.ts';
import type { RunView } from './read-run.ts';
import { BREAKS } from './run-actions.ts';

const BROKEN_TABLE = `<p>${badge('The table refuses writes: events are accepted, and not applied.', false)}</p>`;
const TABLE_BUTTONS = `
<form method="post" action="/break-table"><button>Let the table refuse writes</button>
<button formaction="/mend-table">Mend it</button></form>`;

/** The whole page. Its forms stay as they are while the parts between them change, so that nobody loses what they type. */
export function renderRun(view: RunView, refused = ''): string {
  const parts = renderParts(view);
  const options = view.acls.map(([acl]) => `<option>${escapeHtml(acl)}</option>`).join('');
  const breaks = Object.entries(BREAKS).map(
    ([kind, { label }]) => `<button name="kind" value="${kind}">${label}</button>`,
  );
  const main = `<main class="grid">
<section id="knocknoc"><h2>Knocknoc: who is logged in</h2>
${refused === '' ? '' : `<p role="alert">${badge(refused, false)}</p>`}
<form method="post" action="/log-in"><select name="acl" aria-label="ACL">${options}</select>
<input name="user" placeholder="alice@example.com" aria-label="Person" autocomplete="off" required>
<input name="ip" placeholder="203.0.113.7" aria-label="IP" autocomplete="off" required><button>Log in</button></form>
<div id="people">${parts.people}</div></section>
<section id="table"><h2>Grants: who is let in</h2>${view.isTableBroken === undefined ? '' : TABLE_BUTTONS}
<div id="grants">${parts.grants}</div></section>
<div class="wide" id="zones">${parts.zones}</div>
<section class="wide" id="okta"><h2>Okta</h2>
<form method="post" action="/break">${breaks.join('')}<button formaction="/mend">Mend it</button></form>
<form method="post" action="/revoke"><button>Revoke the ${escapeHtml(view.credentials)}</button>
<button formaction="/give-back">Give it back</button></form>
<div id="access">${parts.access}</div></section>
<div class="wide" id="asked">${parts.asked}</div></main>`;
  return wholePage('Knocknoc for Okta, on this machine', main);
}

/** The parts that change, by their ids. */
export function renderParts({ people, agentRuns, acls, okta, apps, isTableBroken = false }: RunView) {
  const ids = new Set(acls.flatMap(([, status]) => (typeof status === 'string' ? [] : zoneIdsOf(status))));
  return {
    people: `${acls.map(([acl]) => renderPeople(acl, people)).join('')}${agentRuns ? renderAgent(agentRuns) : ''}`,
    grants: `${isTableBroken ? BROKEN_TABLE : ''}${acls.map(([acl, status]) => renderGrants(acl, status, people)).join('')}`,
    zones:
      okta.zones
        .filter(({ id }) => ids.size === 0 || ids.has(id))
        .map(renderZone)
        .join('') || '<p>No zones.</p>',
    access: renderOkta(okta, apps),
    asked: renderRequests(okta.requests),
  };
}

function renderPeople(acl: string, people: readonly Person[]): string {
  const rows = people
    .filter((one) => one.acl === acl)
    .toSorted((a, b) => numericOrder(a.ip, b.ip))
    .map(({ user, ip }) => {
      const [name, of] = [escapeHtml(user), escapeHtml(acl)];
      return `<li><code>${escapeHtml(ip)}</code><span>${name}</span>
<form method="post" action="/log-out"><input type="hidden" name="acl" value="${of}"><input type="hidden" name="user" value="${attribute(user)}">
<button id="out-${of}-${attribute(encodeURIComponent(user.toWellFormed()))}" aria-label="Log out ${name}">Log out</button></form></li>`;
    });
  return `<h3>${escapeHtml(acl)}</h3>${rowsOf(rows, 'Nobody is logged in.')}`;
}

function renderAgent(runs: readonly AgentRun[]): string {
  const rows = runs.map(({ at, words, end }) => {
    const how = end ? badge(end.code === null ? 'failed' : `status ${end.code}`, end.code === 0) : 'runs …';
    const said = end ? `<span class="quiet">${escapeHtml(end.said)}</span>` : '';
    return `<li><time>${clock(at)}</time><code>${escapeHtml(words)}</code>${how}${said}</li>`;
  });
  return `<h3>The agent has run its script</h3>${rowsOf(rows, 'Not yet.')}`;
}

function renderGrants(acl: string, status: AclStatus | string, people: readonly Person[]): string {
  if (typeof status === 'string') return `<h3>${escapeHtml(acl)}</h3><p>${badge(status, false)}</p>`;
  const rows = status.grants
    .toSorted((a, b) => numericOrder(a.ip, b.ip))
    .map(
      (grant) => `<li><code>${escapeHtml(grant.ip)}</code><span>${whoHas(grant, acl, people)}</span>
<time>until ${clock(Date.parse(grant.expiresAt))}</time>${badge(IN_ZONE[grant.inZone], grant.inZone === 'yes')}</li>`,
    );
  const good = status.standing === 'right' || status.standing === 'untouched';
  return `<h3>${escapeHtml(acl)} ${badge(STANDING[status.standing], good)}</h3>
${troublesOf(status).map(renderTrouble).join('')}${rowsOf(rows, 'Nobody is let in.')}${renderList(status)}`;
}

const IN_ZONE = { yes: 'in the zone', no: 'not in the zone yet', waiting: 'the zone is full' } as const;
const STANDING = {
  right: 'zone is right',
  rebuilding: 'zone is being put right',
  full: 'zone is full',
  failing: 'zone fails',
  untouched: 'no event yet',
} as const;

/** A list, and a script that is not told, say no names: then those are told who are logged in from there. */
function whoHas({ ip, user, grantId }: GrantStatus, acl: string, people: readonly Person[]): string {
  const there = people.filter((one) => one.acl === acl && one.ip === ip).map((one) => one.user);
  const names = user === undefined ? there : [user];
  const shown = names.length > 0 ? escapeHtml(names.join(', ')) : '<span class="quiet">nobody who is logged in</span>';
  return grantId === undefined ? shown : `${shown} <small>${escapeHtml(grantId)}</small>`;
}

function troublesOf({ lastError, zones, list }: AclStatus) {
  const all = [...(lastError ? [lastError] : []), ...zones.flatMap(({ trouble }) => trouble ?? [])];
  return [...new Map([...all, ...(list?.failure ? [list.failure] : [])].map((one) => [one.code, one])).values()];
}

function renderTrouble({ code, name, detail }: Pick<Trouble, 'name' | 'detail'> & { readonly code: string }): string {
  return `<p>${badge(code, false)} ${escapeHtml(name)}: <span class="quiet">${escapeHtml(detail)}</span></p>`;
}

function renderList({ list }: AclStatus): string {
  if (!list) return '';
  const read = list.readAt === undefined ? 'Not read yet' : `Last read ${clock(Date.parse(list.readAt))}`;
  return `<p class="quiet">Nobody posts: Knocknoc’s list is read. ${read}, ${list.entries ?? 0} on it.</p>`;
}

function renderOkta({ tokens, faults }: SimulatorState, apps: RunView['apps']): string {
  const states = tokens.map(({ label, role, state }) => badge(`${label}: ${role}, ${state}`, state === 'valid'));
  const broken = faults.map(({ fault }) => badge(faultKind(fault), false));
  const ofApps = apps.map(({ clientId, role, status }) =>
    badge(`app ${clientId}: ${role}, ${status}`, status === 'ACTIVE'),
  );
  return `<p>${[...states, ...ofApps, ...broken].join(' ')}</p>`;
}

function zoneIdsOf({ zones }: AclStatus): string[] {
  return zones.map(({ zoneId }) => zoneId);
}

function rowsOf(rows: readonly string[], otherwise: string): string {
  return rows.length > 0 ? `<ul class="rows">${rows.join('')}</ul>` : `<p class="quiet">${otherwise}</p>`;
}

/** As it is, so that it comes back as it was. */
function attribute(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
