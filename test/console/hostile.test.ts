/** Mail that means harm, in every view: it is shown, and it does nothing. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { allRead, openBrowser, openPage, rowsOf } from './test-support/browser.ts'
import { startLab } from './test-support/lab.ts'

const script = '<script>document.title="taken";parent.document.title="taken"</script>'

/** HTML that would tell `spy` that it was opened, and take over the page around it. */
const hostileHtml = (spy: string): string =>
  [
    script,
    '<img src=x onerror="parent.document.title=\'taken\'">',
    `<img src="${spy}/img"><video src="${spy}/video" poster="${spy}/poster"></video>`,
    '<svg onload="parent.document.title=\'taken\'"><script>parent.document.title="taken"</script></svg>',
    `<meta http-equiv="refresh" content="0;url=${spy}/refresh">`,
    `<form action="${spy}/form"><input name="password"><button>Log in</button></form>`,
    `<base href="${spy}/"><a target="_top" href="/base">go</a><object data="${spy}/object"></object>`,
    `<link rel="stylesheet" href="${spy}/css"><link rel="preconnect" href="${spy}">`,
    `<style>body{background:url(${spy}/png)}@import "${spy}/import";</style>`,
    `<iframe src="${spy}/frame"></iframe><p id="kept">still here</p>`,
  ].join('\n')

/** A server that nobody should ask for anything. */
async function openSpy(t: TestContext): Promise<{ readonly at: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { at: `http://127.0.0.1:${address.port}`, asked }
}

/** A letter with more parts than anybody wants. */
function manyParts(count: number): string {
  const part = '--b\r\nContent-Type: text/plain; name="x"\r\n\r\nx\r\n'
  return [
    'From: a@evil.example',
    'To: receiver@south.example',
    'Subject: many parts',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    `${part.repeat(count)}--b--`,
    '',
  ].join('\r\n')
}

function nested(depth: number): string {
  const open = Array.from({ length: depth }, (_, level) => {
    return `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`
  })
  const head = 'From: a@evil.example\r\nSubject: deep\r\nMIME-Version: 1.0\r\n'
  return `${head}${open.join('')}Content-Type: text/plain\r\n\r\nat the bottom\r\n`
}

const tabs = ['', 'message', 'headers', 'source', 'conversation', 'json'] as const

async function lookThrough(page: Page, at: string): Promise<void> {
  for (const tab of tabs) {
    await page.goto(`${at}?tab=${tab}`)
    await page.locator('[data-summary]').waitFor()
    await allRead(page)
    assert.notEqual(await page.title(), 'taken')
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wide <= 0, `${at} ${tab} is ${wide} too wide`)
  }
}

test('scripts, pictures, refreshes and forms in a letter do nothing', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const spy = await openSpy(t)
  const html = hostileHtml(spy.at)
  await lab.send({
    from: `"${script}" <a@evil.example>`,
    to: 'receiver@south.example',
    subject: `${script} \u202Egpj.exe\u200B`,
    html,
    text: script,
    headers: { 'X-Long': 'x'.repeat(20_000), 'X-Script': script },
    attachments: [{ filename: '"><img src=x onerror=alert(1)>.html', content: html }],
  })
  const page = await openPage(browser, t, { viewport: { width: 768, height: 900 } })
  // The frame's own refusals are what is wanted; they are no fault of the page.
  page.removeAllListeners('console')
  await page.goto(lab.page)
  const [id] = await rowsOf(page, 1)
  assert.match((await page.locator('a.row .subject').textContent()) ?? '', /⟨U\+202E⟩gpj\.exe/)
  await lookThrough(page, `${lab.page}/messages/${id}`)
  await page.goto(`${lab.page}/messages/${id}?tab=message`)
  const frame = page.frameLocator('iframe.html')
  await frame.locator('#kept').waitFor()
  assert.deepEqual(spy.asked, [])
  // Straight from its address it may not do more.
  await page.goto(`${lab.page}/v1/messages/${id}/html`)
  await page.locator('#kept').waitFor()
  assert.notEqual(await page.title(), 'taken')
  assert.deepEqual(spy.asked, [])
})

test('ten thousand parts, and a hundred in each other, are shown as far as one reads', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const lab = await startLab(t)
  const envelope = { from: 'a@evil.example', to: 'receiver@south.example' }
  await lab.send({ envelope, raw: manyParts(10_000) })
  await lab.send({ envelope, raw: nested(100) })
  const page = await openPage(browser, t)
  await page.goto(lab.page)
  for (const id of await rowsOf(page, 2)) {
    await lookThrough(page, `${lab.page}/messages/${id}`)
    await page.goto(`${lab.page}/messages/${id}?tab=message`)
    await page.locator('.parts li').first().waitFor()
    assert.ok((await page.locator('.parts li').count()) <= 200)
  }
})
