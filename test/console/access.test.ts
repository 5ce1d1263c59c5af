/** Keys and second factors on the page of a server that runs, for its operator and for an account. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { appCode } from '../../src/io/test-support/totp-app.ts'
import { openBrowser, openPage } from './test-support/browser.ts'
import { looksRight } from './test-support/looks.ts'
import { ann, type OwnServer, startOwnServer } from './test-support/server.ts'

async function enter(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Log in' }).press('Enter')
}

async function asOperator(page: Page, { page: at, tokenFile }: OwnServer): Promise<void> {
  await page.goto(`${at}/access`)
  await page.getByLabel('Token').fill(readFileSync(tokenFile, 'utf8').trim())
  await enter(page)
}

async function asAnn(page: Page, { page: at }: OwnServer): Promise<void> {
  await page.goto(`${at}/access`)
  await page.getByLabel('I have an account here').check()
  await page.getByLabel('Address').fill(ann.address)
  await page.getByLabel('Password').fill(ann.password)
  await enter(page)
}

/** What stands behind a button that copies it. */
async function sample(page: Page): Promise<string> {
  return (await page.locator('.sample pre').textContent()) ?? ''
}

async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => document.activeElement?.textContent ?? '')
}

test('a key is made, its secret is shown once and opens what it is for, and it is taken away', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const server = await startOwnServer(t)
  const permissions = ['clipboard-write', 'clipboard-read']
  const page = await openPage(browser, t, { bypassCSP: true, permissions })
  page.on('dialog', (dialog) => void dialog.accept())
  await asOperator(page, server)
  await page.getByText('No key yet').waitFor()
  await looksRight(page)
  await page.getByLabel(/^Name, by which/).fill('shop <script>')
  await page.getByLabel(/send: send letters/).press('Space')
  await page.getByLabel(/^Sends from these/).fill('other.example')
  await page.getByRole('button', { name: 'Make the key' }).press('Enter')
  await page
    .getByRole('alert')
    .getByText(/other\.example/)
    .waitFor()
  await page.getByLabel(/^Sends from these/).fill('south.example')
  await page.getByLabel(/^Works until/).fill('2099-12-31')
  await page.getByRole('button', { name: 'Make the key' }).press('Enter')
  await page.getByRole('heading', { name: 'The secret of shop <script>' }).waitFor()
  assert.equal(await focused(page), 'The secret of shop <script>')
  const secret = await sample(page)
  assert.match(secret, /^wb_live_[\w-]{43}$/)
  await page.getByRole('button', { name: 'Copy the secret' }).press('Enter')
  await page.getByText('Copied').first().waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret)
  await looksRight(page)
  const status = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${secret}` }
    return (await fetch(`${server.page}/v1/messages`, { headers })).status
  }
  assert.equal(await status(), 200)
  await page.getByRole('button', { name: 'I have it' }).press('Enter')
  assert.doesNotMatch((await page.textContent('body')) ?? '', /wb_live_/)
  const row = page.getByRole('row', { name: /shop <script>.*read, send.*from south\.example/ })
  await row.getByRole('button', { name: /^Remove the key/ }).press('Enter')
  await page.getByText('The key shop <script> opens nothing any more.').waitFor()
  await page.getByText('No key yet').waitFor()
  assert.equal(await status(), 401)
})

test('the operator sets up a second factor for the login, and takes it away', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const server = await startOwnServer(t)
  const page = await openPage(browser, t, { bypassCSP: true })
  page.on('dialog', (dialog) => void dialog.accept())
  await asOperator(page, server)
  await page.getByRole('button', { name: 'Make a secret' }).press('Enter')
  const code = page.getByLabel(/^2\. The six digits/)
  await code.waitFor()
  const secret = (await sample(page)).replaceAll(' ', '')
  const address = await page
    .getByRole('link', { name: 'the app opens by itself' })
    .getAttribute('href')
  assert.ok(address?.endsWith(`:operator?secret=${secret}&issuer=Waybill%20mx.south.example`))
  await looksRight(page)
  await code.fill('000000')
  await page.keyboard.press('Enter')
  await page.getByText('That is not the code of this moment.').waitFor()
  await code.fill(appCode(secret))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Codes to fall back on, for operator' }).waitFor()
  const [spare = '', ...others] = (await sample(page)).split('\n')
  assert.equal(others.length, 7)
  await looksRight(page)
  // Who is in has not shown a code yet.
  await page.getByRole('button', { name: 'I have it' }).press('Enter')
  await page.getByLabel('Token').waitFor()
  await asOperator(page, server)
  await page.getByLabel('Code of the second factor').fill(spare)
  await enter(page)
  const row = page.getByRole('row', { name: /operator.*asked for.*7 recovery codes left/ })
  await row.getByRole('button', { name: /^Remove/ }).press('Enter')
  await page.getByText('operator logs in without a code from now on.').waitFor()
  await page.getByText('Nobody has one yet.').waitFor()
})

test('an account has its own second factor there and nothing of the house', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const server = await startOwnServer(t)
  const page = await openPage(browser, t, { bypassCSP: true })
  await asAnn(page, server)
  await page.getByText('no second factor').waitFor()
  assert.equal(await page.getByRole('heading', { name: 'Keys for programs' }).count(), 0)
  await page.getByRole('button', { name: 'Set it up' }).press('Enter')
  await page.getByLabel(/^2\. The six digits/).waitFor()
  await page.getByText('begun, not confirmed').waitFor()
  const secret = (await sample(page)).replaceAll(' ', '')
  await page.getByLabel(/^2\. The six digits/).fill(appCode(secret))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /^Codes to fall back on/ }).waitFor()
  const [spare = '', other = ''] = (await sample(page)).split('\n')
  await page.getByRole('button', { name: 'I have it' }).press('Enter')
  await page.getByLabel('Token').waitFor()
  await asAnn(page, server)
  await page.getByLabel('Code of the second factor').fill(other)
  await enter(page)
  await page.getByText('asked for').waitFor()
  await looksRight(page)
  const code = page.getByLabel(/^A code of your app/)
  await code.fill('000000')
  await page.keyboard.press('Enter')
  await page.getByText(/this is none, or was used already/).waitFor()
  await code.fill(spare)
  await page.keyboard.press('Enter')
  await page.getByText('You log in without a code from now on.').waitFor()
  await page.getByText('no second factor').waitFor()
})

test('an account takes a letter back that waits, and is offered nothing else with it', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const server = await startOwnServer(t)
  const page = await openPage(browser, t)
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    void dialog.accept()
  })
  await asAnn(page, server)
  await page.getByText('no second factor').waitFor()
  await page.getByRole('link', { name: 'Send', exact: true }).press('Enter')
  assert.equal(await page.getByLabel('From').inputValue(), ann.address)
  // Its DNS does not answer, so that it waits.
  await page.getByLabel(/^To; several/).fill('friend@elsewhere.example')
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter')
  await page.getByRole('link', { name: /^Journey / }).press('Enter')
  const back = page.getByRole('button', { name: 'Take back' })
  await back.waitFor()
  assert.equal(await page.getByRole('button', { name: /Try now|Hold|Give up/ }).count(), 0)
  await back.press('Enter')
  await back.waitFor({ state: 'detached' })
  assert.deepEqual(asked, [
    'Take 1 message back? It is not tried again; who has it already keeps it.',
  ])
  const waiting = await page.evaluate(async () => {
    return ((await (await fetch('/v1/queue')).json()) as { data: unknown[] }).data
  })
  assert.deepEqual(waiting, [])
})
