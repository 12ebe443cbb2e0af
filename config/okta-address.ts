import { isIPv4 } from 'node:net';

/** What config.example.json has, so that it can't be deployed as it stands. */
const PLACEHOLDER = 'your-org.okta.com';
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * What is wrong with `okta.domain`, and what to write instead.
 * @returns undefined for a plain hostname that serves the org's API
 */
export function domainProblem(domain: string): string | undefined {
  const wrong: string[] = [];
  let host = domain.trim();
  if (host !== domain) wrong.push('white space');
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(host)?.[0];
  if (scheme) {
    wrong.push(`a scheme ("${scheme}")`);
    host = host.slice(scheme.length);
  }
  const end = host.search(/[/?#\\]/);
  if (end >= 0) {
    wrong.push(/^[/\\]$/.test(host.slice(end)) ? 'a trailing slash' : 'a path');
    host = host.slice(0, end);
  }
  if (host.includes('@')) {
    wrong.push('a user name');
    host = host.slice(host.lastIndexOf('@') + 1);
  }
  const port = /:\d*$/.exec(host)?.[0];
  if (port) {
    wrong.push(`a port ("${port}")`);
    host = host.slice(0, -port.length);
  }
  if (host.toLowerCase() === PLACEHOLDER) return `"${PLACEHOLDER}" is a placeholder; write the hostname of your org`;
  // The admin console's host: it does not serve the org's API to others.
  const org = host.replace(/^([^.]*[^.-])-admin\./i, '$1.');
  if (org !== host) wrong.push('the admin console\'s "-admin"');
  if (!isHostname(org)) return `"${domain}" is not a hostname; write the org's, such as "${example(org)}"`;
  return wrong.length > 0
    ? `must be the org's hostname alone, without ${wrong.join(', ')}; write "${org.toLowerCase()}"`
    : undefined;
}

/**
 * What is wrong with `okta.baseUrl`, and what to write instead. It is for tests alone: the token goes wherever it says,
 * so it can say nothing but this machine.
 * @returns undefined for the origin of a loopback host
 */
export function baseUrlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !/^https?:\/\//i.test(text) || /\s/.test(text)) {
    return `"${text}" is not an http(s) URL; leave it out, or write the origin of a test server such as "http://127.0.0.1:8443"`;
  }
  if (!isLoopback(url.hostname)) {
    return `"${url.hostname}" is not this machine; leave it out: the functions call https://{okta.domain} (a base URL is for tests, on loopback hosts alone)`;
  }
  const origin = `"${url.origin}"`;
  if (url.username !== '' || url.password !== '') return `must not carry a user name or password; write ${origin}`;
  if (url.pathname !== '/' || text.includes('?') || text.includes('#')) {
    return `must have no path and no query; write ${origin}`;
  }
  return undefined;
}

/** The origin of a good `okta.baseUrl`: no trailing slash, host in lower case. */
export function originOf(baseUrl: string): string {
  return new URL(baseUrl).origin;
}

function isHostname(host: string): boolean {
  const labels = host.toLowerCase().split('.');
  // What ends in a number is an IPv4 address to a URL, and none that is valid.
  const isName = /^[a-z]/.test(labels.at(-1) ?? '');
  return host.length <= 253 && labels.length > 1 && isName && labels.every((label) => LABEL.test(label));
}

/** `acme` alone most likely means the org of that name. */
function example(host: string): string {
  return LABEL.test(host.toLowerCase()) ? `${host.toLowerCase()}.okta.com` : 'acme.okta.com';
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}
