/** The page of a server of one's own: nobody sees anything before they have logged in. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { appCode } from '../../src/io/test-support/totp-app.ts'
import { root } from '../docs/page.ts'
import { openBrowser, openPage } from './test-support/browser.ts'
import { ann, startOwnServer } from './test-support/server.ts'

test('an operator logs in with the token, an account with its password, and out again', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const server = await startOwnServer(t)
  const page = await openPage(browser, t)
  await page.goto(`${server.page}/queue`)
  const enter = page.getByRole('button', { name: 'Log in' })
  await page.getByLabel('Token').fill('wb_live_wrong')
  await enter.click()
  await page.getByText('There is no such token').waitFor()
  await page.getByLabel('Token').fill(readFileSync(server.tokenFile, 'utf8').trim())
  await enter.click()
  await page.getByRole('heading', { name: 'Queue' }).waitFor()
  const [cookie] = await page.context().cookies()
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict'])
  // The session holds over a new load of the page.
  await page.reload()
  await page.getByRole('heading', { name: 'Queue' }).waitFor()
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByLabel('I have an account here').check()
  await page.getByLabel('Address').fill(ann.address)
  await page.getByLabel('Password').fill(ann.password)
  await enter.click()
  await page.getByRole('button', { name: 'Log out' }).waitFor()
  const seen = await page.evaluate(async () => await (await fetch('/v1/session')).json())
  assert.equal((seen as { account: string }).account, ann.address)
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByLabel('Token').waitFor()
  assert.deepEqual(await page.context().cookies(), [])
})

test('an account with a second factor is asked for its code, and finds nothing of the house', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const server = await startOwnServer(t)
  const waybill = (...args: string[]): string => {
    const all = [...args, '--account', ann.address, '--config', server.config]
    return execFileSync(join(root, 'waybill'), all, { encoding: 'utf8', stdio: 'pipe' })
  }
  const { secret } = JSON.parse(waybill('totp', 'add', '--json')) as { readonly secret: string }
  const [spare = ''] = waybill('totp', 'confirm', appCode(secret)).split('\n')
  const page = await openPage(browser, t)
  await page.goto(`${server.page}/`)
  await page.getByLabel('I have an account here').check()
  await page.getByLabel('Address').fill(ann.address)
  await page.getByLabel('Password').fill(ann.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByLabel('Code of the second factor').fill(spare)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('What you get and send appears here').waitFor()
  const ways = await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link')
    .allTextContents()
  assert.deepEqual(ways, ['Messages', 'Send', 'Queue', 'Access', 'Live log'])
})
