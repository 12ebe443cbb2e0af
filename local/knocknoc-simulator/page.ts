import { createHash } from 'node:crypto';
import type { HttpResponse } from '../../lib/ports.ts';
import type { Person } from './simulator.ts';

/** The colours follow the system's light or dark scheme. */
const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 40rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 1rem 0 .4rem; }
form { display: flex; flex-wrap: wrap; gap: .5rem; } ul { list-style: none; padding: 0; }
li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5rem; padding: .3rem 0; border-bottom: 1px solid light-dark(#ddd, #444); }
input, select, button { font: inherit; padding: .2rem .5rem; min-width: 0; } input { flex: 1 1 9rem; }
.quiet { color: light-dark(#595959, #aaa); }
`;

/** Who is logged in, in numeric order of their IPs, and forms to log in and out. It needs no script. */
export function renderPage(acls: readonly string[], people: readonly Person[]): Pick<HttpResponse, 'headers' | 'body'> {
  const options = acls.map((acl) => `<option>${escaped(acl)}</option>`).join('');
  const lists = acls.map((acl) => listOf(acl, people)).join('');
  const body = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Knocknoc simulator</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body><h1>Knocknoc simulator</h1>
<form method="post" action="/log-in"><select name="acl" aria-label="ACL">${options}</select>
<input name="user" placeholder="alice@example.com" aria-label="Person" required>
<input name="ip" placeholder="203.0.113.7" aria-label="IP" required><button>Log in</button></form>
${lists}</body></html>
`;
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; form-action 'self'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  };
  return { headers, body };
}

function listOf(acl: string, people: readonly Person[]): string {
  const inside = people.filter((one) => one.acl === acl).toSorted((a, b) => compare(a.ip, b.ip));
  const rows = inside.map(
    ({ user, ip }) => `<li><span>${escaped(user)}</span><code>${escaped(ip)}</code>
<form method="post" action="/log-out"><input type="hidden" name="acl" value="${escaped(acl)}">
<input type="hidden" name="user" value="${escaped(user)}"><button>Log out</button></form></li>`,
  );
  const list = rows.length > 0 ? `<ul>${rows.join('')}</ul>` : '<p class="quiet">Nobody is logged in.</p>';
  return `<h2>${escaped(acl)}</h2>${list}`;
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
