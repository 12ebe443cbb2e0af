import http from 'node:http';
import { CliFailure } from './cli-failure.ts';

/** The proxies of this machine, as Node.js takes them. */
export interface ProxySettings {
  readonly http_proxy?: string;
  readonly https_proxy?: string;
  readonly no_proxy?: string;
}

/** This machine itself, and where a cloud machine finds its AWS credentials: no proxy knows them. */
const NEVER = ['localhost', '127.0.0.1', '::1', '[::1]', '169.254.169.254', '169.254.170.2', '169.254.170.23'];

/**
 * What `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, in either case. As in curl, a proxy may lack its scheme, and a
 * name in `NO_PROXY` stands for what is below it too.
 * @throws {CliFailure} for a proxy that cannot be used
 */
export function proxySettings(environment: NodeJS.ProcessEnv): ProxySettings {
  const of = (name: 'http_proxy' | 'https_proxy' | 'no_proxy') => environment[name] || environment[name.toUpperCase()];
  const [plain, secure] = [of('http_proxy'), of('https_proxy')];
  const exceptions = (of('no_proxy') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  if ((!plain && !secure) || exceptions.includes('*')) return {};
  const below = exceptions.filter((entry) => /^[a-z0-9]/i.test(entry)).map((entry) => `.${entry}`);
  return {
    ...(plain && { http_proxy: proxyUrl('HTTP_PROXY', plain) }),
    ...(secure && { https_proxy: proxyUrl('HTTPS_PROXY', secure) }),
    no_proxy: [...exceptions, ...below, ...NEVER].join(','),
  };
}

/**
 * From now on this process calls through the proxies: by `fetch`, and by `node:http` and `node:https` without an agent
 * of one's own.
 * @throws {CliFailure} where this Node.js can't
 */
export function useProxies(settings: ProxySettings): void {
  if (Object.keys(settings).length === 0) return;
  if (typeof http.setGlobalProxyFromEnv !== 'function') {
    throw new CliFailure(
      `Node.js ${process.version} cannot use HTTPS_PROXY`,
      'Use Node.js 24.14 or later, or unset HTTPS_PROXY and HTTP_PROXY.',
    );
  }
  http.setGlobalProxyFromEnv({ ...settings });
}

/** What is wrong with it is told without the text, which may hold a password. */
function proxyUrl(name: string, text: string): string {
  const url = text.includes('://') ? text : `http://${text}`;
  if (URL.canParse(url) && /^https?:\/\//i.test(url)) return url;
  throw new CliFailure(
    `${name} does not name a proxy that can be used`,
    'Write it as http://HOST:PORT or https://HOST:PORT, or unset it.',
  );
}
