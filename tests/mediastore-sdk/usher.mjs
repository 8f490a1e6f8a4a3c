// `usher local`, and the calls of a device and a publisher's middleware.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export const startUsher = async () => {
  const binary = process.env.USHER ?? new URL('../../target/debug/usher', import.meta.url).pathname;
  const origin = ['--cors-origin', 'https://www.example.com'];
  const local = ['local', '--json', '--listen', '127.0.0.1:0', ...origin];
  const child = spawn(binary, local, { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await Promise.race([
    new Promise((resolve) => createInterface(child.stdout).once('line', resolve)),
    new Promise((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`usher local ended with ${code}`)));
    })
  ]);
  return { ...JSON.parse(line), stop: () => child.kill() };
};

const post = async (url, headers, body) => {
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
};

/// Buys an offer's product on a Roku, and shows the receipt as a middleware does.
export const buy = async ({ gateway, simulator, publisherToken }, customerEmail, offerId) => {
  const product = offerId.replace('_', '-');
  const { order } = await post(`${simulator}/device/buy`, {}, { product });
  const headers = { 'x-publisher-token': publisherToken };
  await post(`${gateway}/roku/payment`, headers, { customerEmail, offerId, order });
};

/// The tokens that a middleware hands to a page.
export const signIn = ({ gateway, publisherToken }, customerEmail) => {
  const headers = { 'x-publisher-token': publisherToken };
  return post(`${gateway}/sso/auths`, headers, { customerEmail });
};
