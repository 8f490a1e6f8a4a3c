// A browser with that page. The SDK knows no host but Cleeng's: calls to it go to Usher, as they do
// once a publisher has changed the host name, and they are asked for first, as browsers do (CORS).

import { build } from 'esbuild';
import { JSDOM, VirtualConsole } from 'jsdom';

const CLEENG = 'https://mediastoreapi.cleeng.com';
const ORIGIN = 'https://www.example.com';

export const openPage = async (gateway) => {
  const bundle = await build({
    entryPoints: [new URL('./page.jsx', import.meta.url).pathname],
    bundle: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    format: 'iife',
    jsx: 'automatic',
    logLevel: 'error',
    write: false
  });
  const page = new JSDOM('<main id="account"></main>', {
    pretendToBeVisual: true,
    runScripts: 'outside-only',
    url: `${ORIGIN}/account`,
    virtualConsole: new VirtualConsole()
  });
  const { window } = page;
  const calls = [];
  window.fetch = (url, options) => pageFetch(gateway, calls, String(url), options);
  window.matchMedia = () => ({ matches: false, addListener() {}, removeListener() {} });
  window.eval(bundle.outputFiles[0].text);
  return { window, calls };
};

const pageFetch = async (gateway, calls, url, options = {}) => {
  if (!url.startsWith(CLEENG)) throw new TypeError(`${url} is not to be called`);
  const target = url.replace(CLEENG, gateway);
  const method = options.method ?? 'GET';
  await preflight(target, method, Object.keys(options.headers ?? {}));
  const headers = { ...options.headers, origin: ORIGIN };
  const answer = await fetch(target, { ...options, headers });
  assertAllowed(answer, url);
  calls.push({ path: url.replace(CLEENG, ''), method, status: answer.status });
  return answer;
};

const preflight = async (target, method, names) => {
  const wanted = names.map((name) => name.toLowerCase()).filter((name) => name !== 'accept');
  const answer = await fetch(target, {
    method: 'OPTIONS',
    headers: {
      origin: ORIGIN,
      'access-control-request-method': method,
      'access-control-request-headers': wanted.join(',')
    }
  });
  assertAllowed(answer, target);
  const listed = (name) => (answer.headers.get(name) ?? '').toLowerCase().split(',');
  const allowed = listed('access-control-allow-headers');
  const refused = wanted.filter((name) => !allowed.includes(name));
  if (!answer.ok || refused.length > 0) throw new TypeError(`headers refused: ${refused}`);
  if (!listed('access-control-allow-methods').includes(method.toLowerCase())) {
    throw new TypeError(`${method} refused`);
  }
};

const assertAllowed = (answer, url) => {
  const allowed = answer.headers.get('access-control-allow-origin');
  if (allowed !== ORIGIN) throw new TypeError(`${url} lets ${allowed} in, and not ${ORIGIN}`);
};
