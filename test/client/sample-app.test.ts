/** What docs/client.md promises, on a small application that sends mail, in catch mode. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import nodemailer from 'nodemailer'
import { chromium } from 'playwright-core'
import { WaitTimeoutError, Waybill } from 'waybill/client'
import { root } from '../docs/page.ts'
import { peersAreHere, program } from '../interop/peers.ts'

interface Ports {
  readonly smtp: number
  readonly http: number
}

async function startCatcher(t: TestContext): Promise<Ports> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-client-'))
  const args = ['start', '--catch', '--ports', 'auto', '--json', '--data', folder]
  const child = spawn(join(root, 'waybill'), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const { ports } = JSON.parse(line) as { readonly ports: Ports }
    child.stdout.resume()
    return ports
  }
  throw new Error('The catcher ended before it was ready.')
}

/** An application with a form for forgotten passwords. */
async function startApp(t: TestContext, smtp: number): Promise<string> {
  const mailer = nodemailer.createTransport({ host: '127.0.0.1', port: smtp })
  const tokens = new Map<string, string>()
  const server = createServer((request, response) => {
    const { searchParams, pathname } = new URL(request.url ?? '/', 'http://app.example')
    const say = (body: string): void => {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(`<!doctype html><title>App</title>${body}`)
    }
    const email = searchParams.get('email')
    if (pathname === '/send' && email !== null) {
      const token = `t${tokens.size}`
      tokens.set(token, email)
      const href = `http://${request.headers.host}/reset?token=${token}&from=mail`
      const letter = {
        from: 'The App <app@app.example>',
        to: email,
        subject: 'Reset your password',
        text: `Follow ${href}\nor enter this code: 482913`,
        html: `<p><a href="${href.replace('&', '&amp;')}">Reset it</a> or enter this code: <b>482913</b></p>`,
      }
      mailer.sendMail(letter).then(
        () => say('<p>Look into your mail'),
        (problem: unknown) => say(`<p>${String(problem)}`),
      )
    } else if (pathname === '/reset') {
      const known = tokens.get(searchParams.get('token') ?? '')
      say(known === undefined ? '<p>Unknown' : `<h1>A new password for ${known}</h1>`)
    } else say('<form action="/send"><input id="email" name="email"><button>Send</button></form>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    mailer.close()
    server.closeAllConnections()
    server.close()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

test('a browser asks for a new password and follows the link of the letter', async (t) => {
  if (!peersAreHere(t, { programs: ['chromium'] })) return
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
  const browser = await chromium.launch({ executablePath: program('chromium'), args })
  t.after(() => browser.close())
  const ports = await startCatcher(t)
  const app = await startApp(t, ports.smtp)
  const page = await browser.newPage()
  const inbox = new Waybill({ url: `http://localhost:${ports.http}` }).inbox()

  await page.goto(app)
  await page.fill('#email', inbox.address)
  await page.click('text=Send')
  const message = await inbox.waitFor({ subject: /reset/i, timeout: 30_000 })
  assert.deepEqual(message.codes, ['482913'])
  assert.equal(message.links[0]?.text, 'Reset it')
  assert.equal(message.journey.outcome.status, 'delivered')
  await page.goto(message.links[0]?.href ?? '')
  await page.getByRole('heading', { name: `A new password for ${inbox.address}` }).waitFor()
})

test('two inboxes do not see each other, and who waits in vain learns why', async (t) => {
  const ports = await startCatcher(t)
  const app = await startApp(t, ports.smtp)
  const mail = new Waybill({ url: `http://localhost:${ports.http}` })
  const [one, other] = [mail.inbox(), mail.inbox()]
  await (await fetch(`${app}/send?email=${one.address}`)).text()
  const message = await one.waitFor({ timeout: 30_000 })
  assert.match(message.text, /482913/)
  assert.match(new TextDecoder().decode(await message.raw()), /^Return-Path: <app@app\.example>/m)
  const parts = await message.parts()
  const html = parts.find(({ type }) => type === 'text/html')
  assert.match(new TextDecoder().decode(await message.part(html?.n ?? 0)), /Reset it/)
  await assert.rejects(other.waitFor({ timeout: 0 }), (problem) => {
    assert.ok(problem instanceof WaitTimeoutError)
    assert.ok(problem.message.includes(`to ${one.address}`), problem.message)
    return true
  })
})

test('waybill wait prints the link or the code, and says by its exit code what it found', async (t) => {
  const ports = await startCatcher(t)
  const app = await startApp(t, ports.smtp)
  await (await fetch(`${app}/send?email=ann@shop.example`)).text()
  const url = `http://localhost:${ports.http}`
  const wait = (...args: string[]): [number | null, string] => {
    const env = { ...process.env, WAYBILL_URL: url }
    const { status, stdout } = spawnSync(join(root, 'waybill'), ['wait', ...args], { env })
    return [status, stdout.toString().trim()]
  }
  const to = ['--to', 'ann@shop.example']
  assert.deepEqual(wait(...to, '--code'), [0, '482913'])
  assert.deepEqual(wait(...to, '--link'), [0, `${app}/reset?token=t0&from=mail`])
  assert.deepEqual(wait(...to, '--subject', 'welcome', '--timeout', '0s'), [1, ''])
  assert.equal(wait(...to, '--url', 'http://127.0.0.1:1')[0], 4)
  assert.equal(wait(...to, '--timeout', 'long')[0], 2)
})

test('a helper made for Mailpit finds the letter, and deletes it', async (t) => {
  const ports = await startCatcher(t)
  const app = await startApp(t, ports.smtp)
  await (await fetch(`${app}/send?email=ann@shop.example`)).text()
  const api = `http://localhost:${ports.http}/api/v1`
  interface Listed {
    readonly messages: readonly { readonly ID: string }[]
  }
  const search = async (): Promise<Listed> => {
    const query = encodeURIComponent('to:"ann@shop.example" subject:reset')
    return (await (await fetch(`${api}/search?query=${query}`)).json()) as Listed
  }
  const [found] = (await search()).messages
  const message = await (await fetch(`${api}/message/${found?.ID}`)).json()
  assert.match((message as { readonly Text: string }).Text, /482913/)
  await fetch(`${api}/messages`, { method: 'DELETE' })
  assert.deepEqual((await search()).messages, [])
})
