/** The form for a test message, without a mouse, and at every width. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { looksRight } from './test-support/looks.ts'
import { openBrowser, openPage } from './test-support/browser.ts'
import { startLab } from './test-support/lab.ts'

test('a message is foreseen, then sent, and its journey is one key away; nothing of it needs a mouse', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const page = await openPage(browser, t, { bypassCSP: true })
  const { keyboard } = page
  const keys: string[] = []
  page.on('request', (request) => {
    const key = request.headers()['idempotency-key']
    if (key !== undefined) keys.push(key)
  })
  await page.goto(lab.page)
  await page.getByRole('link', { name: 'write it here' }).press('Enter')
  await page.getByLabel('Subject').fill('Lunch?')
  // Enter in a field sends nothing.
  await keyboard.press('Enter')
  await page.getByText('Taken for delivery to receiver@south.example.').waitFor()
  await page.locator('[data-step]', { hasText: 'MX of south.example is' }).waitFor()
  const focused = await page.evaluate(() => document.activeElement?.textContent)
  assert.match(focused ?? '', /^What would happen/)
  const { data } = await askJson(`${lab.page}/v1/messages?q=subject:lunch`)
  assert.deepEqual(data, [])
  assert.deepEqual(keys, [])
  await looksRight(page)
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
  const taken = page.getByRole('status').filter({ hasText: 'It was taken.' })
  await taken.getByText('queued').waitFor()
  await looksRight(page)
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'A')
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Lunch?' }).waitFor()
  await page.locator('[data-summary]').waitFor()
  // What was written is still there, and sent again it is another letter.
  await keyboard.press('u')
  await page.getByRole('link', { name: 'Send', exact: true }).press('Enter')
  assert.equal(await page.getByLabel('Subject').inputValue(), 'Lunch?')
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
  await taken.waitFor()
  assert.equal(new Set(keys).size, 2)
})

test('an answer that was lost is asked for again under the same key, and no second letter is made', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const page = await openPage(browser, t)
  await page.goto(`${lab.page}/send`)
  let lost = 0
  await page.route('**/v1/messages', async (route) => {
    if (lost++ > 0) return await route.continue()
    await route.fetch()
    return await route.abort()
  })
  await page.getByLabel('Subject').fill('Once')
  const send = page.getByRole('button', { name: 'Send', exact: true })
  await send.click()
  await page.getByText('The server does not answer.').waitFor()
  await send.click()
  await page.getByText('It was taken.').waitFor()
  assert.equal(lost, 2)
  const { data } = await askJson(`${lab.page}/v1/messages?q=subject:once`)
  assert.equal(data.filter(({ direction }) => direction === 'out').length, 1)
})

test('a whole message is taken as it is; one that is refused says why, with its journey', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const page = await openPage(browser, t, { bypassCSP: true })
  await page.goto(`${lab.page}/send`)
  await page.getByLabel('whole, with its header').check()
  await page.getByLabel(/^Envelope from/).fill('')
  await page.getByLabel(/^Envelope to/).fill('')
  await page
    .getByLabel('The message')
    .fill(
      'From: Ann <sender@north.example>\nTo: receiver@south.example\nSubject: Grüße\nX-Mine: yes\n\nHello\n',
    )
  const send = page.getByRole('button', { name: 'Send', exact: true })
  await send.click()
  const way = page.getByRole('link', { name: /^Journey / })
  await way.waitFor()
  const id = ((await way.getAttribute('href')) ?? '').replace('/messages/', '')
  const raw = await (await fetch(`${lab.page}/v1/messages/${id}/raw`)).text()
  assert.match(raw, /^X-Mine: yes\r$/m)
  assert.match(raw, /^Subject: Grüße\r$/m)
  await page.getByLabel(/^Envelope from/).fill('somebody@south.example')
  await page.getByLabel(/^Envelope to/).fill('no address')
  await send.click()
  await page.getByRole('alert').getByText('/rcpt_to').first().waitFor()
  await looksRight(page)
  await page.getByLabel(/^Envelope to/).fill('nobody@south.example')
  await page.getByLabel('The message').fill('From: receiver@south.example\n\nHello\n')
  await send.click()
  await page.getByRole('link', { name: 'Its journey tells why' }).click()
  await page.locator('[data-summary]').waitFor()
})

interface Listed {
  readonly direction: string
}

async function askJson(at: string): Promise<{ readonly data: readonly Listed[] }> {
  return (await (await fetch(at)).json()) as { readonly data: readonly Listed[] }
}
