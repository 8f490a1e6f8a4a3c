// Cleeng's own React components, shown by a browser against a running Usher: a customer who bought a
// plan through Roku sees that it is Roku's, and what they were charged.
//
// Needs `npm ci` here and `cargo build` in the root; USHER names another binary.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage } from './browser.mjs';
import { buy, signIn, startUsher } from './usher.mjs';

const ANN = 'ann@example.com';
const BASIC = 'S123456789_US';
const PATIENCE_MS = 20_000;

let usher;
let page;

before(async () => {
  usher = await startUsher();
  await buy(usher, ANN, BASIC);
  page = await openPage(usher.gateway);
  const { jwt, refreshToken } = await signIn(usher, ANN);
  // Signed in a while ago: the page has to get itself another token first.
  page.window.mountAccount({ publisherId: usher.publisherId, jwt: outlived(jwt), refreshToken });
});

after(() => {
  page?.window.close();
  usher?.stop();
});

/// A token as it looks to a page when its time is over.
const outlived = (jwt) => {
  const [header, claims, signature] = jwt.split('.');
  const said = JSON.parse(Buffer.from(claims, 'base64url'));
  const over = Buffer.from(JSON.stringify({ ...said, exp: said.iat })).toString('base64url');
  return [header, over, signature].join('.');
};

/// The text of a section, once it is there.
const shown = async (section, text) => {
  const ends = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = page.window.document.getElementById(section)?.textContent ?? '';
    if (found.includes(text)) return found;
    assert.ok(Date.now() < ends, `"${text}" is not in ${section}: "${found}"`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

test('the plan is shown as bought through Roku and managed there', async () => {
  const plan = await shown('plan', 'Subscription purchased via roku');
  assert.match(plan, /Basic monthly/);
  assert.match(plan, /Renews automatically on/);
  assert.match(plan, /\$7\.99/);
  assert.match(plan, /Use an external service to edit the plan/);
  assert.doesNotMatch(plan, /Manage|Unsubscribe|went wrong/);
});

test('the plan cannot be changed there, and the page says why', async () => {
  const plan = await shown('plan', 'Your payment method does not allow switching');
  assert.doesNotMatch(plan, /upgrade|downgrade/i);
});

test('the charge is listed', async () => {
  const transactions = await shown('transactions', 'Basic monthly');
  assert.match(transactions, /T[1-9]\d{8}/);
  assert.doesNotMatch(transactions, /No transactions found/);
});

test('Roku is how it is paid', async () => {
  const payment = await shown('payment', 'Roku');
  assert.doesNotMatch(payment, /Add a payment method/);
});

test('the profile shows whose it is', async () => {
  await shown('profile', 'Profile details');
  const fields = () => [...page.window.document.querySelectorAll('#profile input')];
  const ends = Date.now() + PATIENCE_MS;
  while (!fields().some((field) => field.value === ANN)) {
    assert.ok(Date.now() < ends, 'no field holds the address');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

test('one refresh served every call of the page, and none was refused', () => {
  const refreshes = page.calls.filter(({ path }) => path === '/auths/refresh_token');
  assert.equal(refreshes.length, 1);
  assert.deepEqual(page.calls.filter(({ status }) => status !== 200), []);
  // Each component asks by itself; one that got what it needs does not ask again.
  assert.ok(page.calls.length >= 8 && page.calls.length <= 16, `${page.calls.length} calls`);
});
