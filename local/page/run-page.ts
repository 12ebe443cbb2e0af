import type { HttpResponse } from '../../lib/ports.ts';
import type { Page } from '../knocknoc-simulator/server.ts';
import { PAGE_HEADERS } from './html.ts';
import { type Run, readRun } from './read-run.ts';
import { renderParts, renderRun } from './render-run.ts';
import { RUN_ACTIONS } from './run-actions.ts';

const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' };

/** The page of a local run: who is logged in, who is let in, what the zone holds, what Okta was asked, and buttons. */
export function runPage(run: Run): Page {
  const whole = async (status: number, refused?: string): Promise<HttpResponse> => ({
    ...{ status, headers: PAGE_HEADERS },
    body: renderRun(await readRun(run), refused),
  });
  return async ({ method, path, body }) => {
    const action = Object.hasOwn(RUN_ACTIONS, path) ? RUN_ACTIONS[path] : undefined;
    if (action) {
      if (method !== 'POST') return empty(405, { allow: 'POST' });
      const done = await action(run, new URLSearchParams(body));
      return typeof done === 'string' ? empty(303, { location: `/#${done}` }) : whole(400, done.refused);
    }
    if (path === '/favicon.ico') return empty(204);
    if (path !== '/' && path !== '/page.json') return empty(404);
    if (method !== 'GET' && method !== 'HEAD') return empty(405, { allow: 'GET, HEAD' });
    if (path === '/') return whole(200);
    return { status: 200, headers: JSON_HEADERS, body: JSON.stringify({ parts: renderParts(await readRun(run)) }) };
  };
}

function empty(status: number, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers, body: '' };
}
