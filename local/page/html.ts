import { createHash } from 'node:crypto';
import { readable } from '../../lib/failure-detail.ts';
import { PAGE_SCRIPT, PAGE_STYLE } from './page-assets.ts';

/** Nothing but a page's own script and style runs, whatever a zone or a person is called, and no other page shows it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    `script-src 'sha256-${createHash('sha256').update(PAGE_SCRIPT).digest('base64')}'`,
    `style-src 'sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}'`,
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};

/**
 * A whole page. Its script keeps up to date what has one of the ids in the answer to `/page.json`.
 * @param main HTML. @param withoutScripts HTML for the head, where the browser runs no scripts
 */
export function wholePage(title: string, main: string, withoutScripts = ''): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
${withoutScripts === '' ? '' : `<noscript>${withoutScripts}</noscript>\n`}<style>${PAGE_STYLE}</style></head>
<body><h1>${escapeHtml(title)}</h1>${main}
<p id="lost" hidden></p>
<script>${PAGE_SCRIPT}</script></body></html>
`;
}

export function badge(label: string, good: boolean): string {
  return `<span class="${good ? 'good' : 'bad'}">${escapeHtml(label)}</span>`;
}

/** Time of day, UTC. */
export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** Whatever a zone or a person is called, the name stands where it belongs, and shows every character that it has. */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return readable(text).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
