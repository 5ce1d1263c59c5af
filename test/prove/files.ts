/**
 * How many files a plain letter goes through: a server that has no session threads takes one without
 * TLS and signature from a stranger and files it. Each source counts of which something is called
 * meanwhile on the main thread; the writer has a thread of its own.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { SmtpTalk } from '../../src/app/test-support/smtp-talk.ts'
import { systemClock } from '../../src/io/clock.ts'
import { openDnsServer } from '../../src/io/dns-server.ts'

const src = fileURLToPath(new URL('../../src', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'waybill-files-'))
const zone = {
  'stranger.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  '_dmarc.stranger.example': { TXT: ['v=DMARC1; p=reject'] },
  'mx.stranger.example': { A: ['127.0.0.1'] },
  '1.0.0.127.in-addr.arpa': { PTR: ['mx.stranger.example'] },
}
const dns = await openDnsServer({ port: 0, clock: systemClock, zones: { '': zone } })
const config = join(folder, 'waybill.toml')
writeFileSync(
  config,
  `hostname = "mx.south.example"
domains = ["south.example"]
data = ${JSON.stringify(join(folder, 'data'))}
[listen]
address = "127.0.0.1"
[dns]
servers = ["127.0.0.1:${dns.endpoint.port}"]
[limits]
threads = 1
[[account]]
address = "receiver@south.example"
`,
)
const server = spawn(
  process.execPath,
  [
    '--conditions=waybill-source',
    '--disable-warning=ExperimentalWarning',
    `--import=${new URL('calls-hook.ts', import.meta.url).href}`,
    join(src, 'cli', 'main.ts'),
    'start',
    '--config',
    config,
    '--ports',
    'auto',
    '--json',
    '--log',
    'faults',
  ],
  { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
)
try {
  const [ready] = await once(createInterface({ input: told(server) }), 'line')
  const { ports } = JSON.parse(String(ready))
  // What the start leaves behind is over when nothing is called any more.
  while ((await calledSince(server)).length > 0) await setTimeout(300)
  await sendLetter(ports.smtp)
  const files = await calledSince(server)
  for (const file of files) process.stdout.write(`${file}\n`)
  process.stdout.write(`${files.length} files run for a plain letter in\n`)
} finally {
  server.kill()
  await once(server, 'close')
  await dns.close()
  rmSync(folder, { recursive: true, force: true })
}

function told({ stdout }: ChildProcess): NonNullable<ChildProcess['stdout']> {
  assert.ok(stdout !== null)
  return stdout
}

/** The sources of which something was called since this was asked last, by their names below `src`. */
async function calledSince(child: ChildProcess): Promise<readonly string[]> {
  const answer = once(child, 'message')
  child.send('take')
  const [urls] = await answer
  assert.ok(Array.isArray(urls))
  const paths = urls
    .filter((url) => typeof url === 'string' && url.startsWith('file:'))
    .map((url: string) => relative(src, fileURLToPath(url)))
  return Array.from(new Set(paths.filter((path) => !path.startsWith('..')))).toSorted()
}

async function sendLetter(port: number): Promise<void> {
  const message = [
    'From: Stranger <a@stranger.example>',
    'To: receiver@south.example',
    'Subject: Hello',
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    'Message-ID: <1@stranger.example>',
    '',
    'Dear receiver,',
    '',
    'this is a letter.',
    '',
  ].join('\r\n')
  const talk = await SmtpTalk.greeted(port, { helo: 'mx.stranger.example' })
  const said = await talk.letter({
    from: 'a@stranger.example',
    to: 'receiver@south.example',
    message,
  })
  assert.equal(said.code, 250, said.text)
  await talk.quit()
}
