import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  type StartedServer,
  startServer,
  waybill,
  writeConfig,
} from '../../app/test-support/processes.ts'
import { SmtpTalk } from '../../app/test-support/smtp-talk.ts'
import { testFolder } from '../../store/test-folder.ts'

function folderFor(t: TestContext): string {
  const { folder, remove } = testFolder()
  t.after(remove)
  return folder
}

interface Running {
  readonly server: StartedServer
  readonly config: string
  /** Sends SIGHUP and waits until the log has `words`. */
  readonly hangUp: (words: RegExp) => Promise<void>
}

async function run(t: TestContext): Promise<Running> {
  const config = writeConfig(folderFor(t), { dnsPort: 1 })
  const server = await startServer(t, ['--config', config, '--ports', 'auto'])
  return {
    server,
    config,
    async hangUp(words) {
      server.child.kill('SIGHUP')
      await told(server, words)
    },
  }
}

/** Waits for the log. */
async function told({ said, child }: StartedServer, words: RegExp): Promise<void> {
  while (!words.test(said())) {
    assert.equal(child.exitCode, null, said())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function asks(server: StartedServer, recipient: string): Promise<number> {
  const talk = await SmtpTalk.greeted(server.ports['smtp'] ?? 0)
  await talk.say('MAIL FROM:<>', 250)
  const { code } = await talk.say(`RCPT TO:<${recipient}>`)
  await talk.quit()
  return code
}

test('SIGHUP: the settings are read again; a broken file and what cannot change are told', async (t) => {
  const { server, config, hangUp } = await run(t)
  assert.equal(await asks(server, 'new@south.example'), 550)
  const text = readFileSync(config, 'utf8')
  const account = '\n[[account]]\naddress = "new@south.example"\n'
  writeFileSync(config, `${text.replace('mx.south', 'other.south')}${account}`)
  await hangUp(/ info reloaded changed=account unchanged=hostname\n/)
  assert.equal(await asks(server, 'new@south.example'), 250)

  const wrong = '[limits]\nrecipients = 1\nmesage_bytes = 3\n'
  writeFileSync(config, text.replace('[limits]\n', wrong))
  await hangUp(
    / error fault where="SIGHUP, so the settings are as before, [^\n]* code=config-invalid/,
  )
  assert.match(
    server.said(),
    /has 2 problems:\\n {2}limits\.recipients: [^\n]*\\n {2}limits\.mesage_bytes: /,
  )
  assert.equal(await asks(server, 'new@south.example'), 250)

  writeFileSync(config, `${text}[log]\nformat = "json"\n`)
  await hangUp(
    /\n\{"time":"[^"]*","level":"info","event":"reloaded","changed":\["log\.format","account"\],"unchanged":\[\]\}\n/,
  )
  assert.equal(await asks(server, 'new@south.example'), 550)
  assert.equal(await server.stop('SIGTERM'), 0)
})

test('SIGHUP that failed is a fault that `waybill status` tells', async (t) => {
  const { config, hangUp } = await run(t)
  const data = join(dirname(config), 'data')
  const status = (): ReturnType<typeof waybill> => waybill(['status', '--data', data])
  assert.equal((await status()).code, 0)
  writeFileSync(config, 'x = 1\n')
  await hangUp(/ error fault where="SIGHUP, [^\n]* code=config-invalid/)
  const { code, out } = await status()
  assert.equal(code, 1)
  assert.match(out, /\n {2}Faults {2}SIGHUP, so the settings are as before, [^\n]* 1 time, /)
  assert.match(out, /\n! SIGHUP, so the settings are as before, /)
})

test('SIGTERM: the log says that it was heard and when all is on disk; the exit code is 0', async (t) => {
  const { server } = await run(t)
  const talk = await SmtpTalk.greeted(server.ports['smtp'] ?? 0)
  assert.equal(await server.stop('SIGTERM'), 0)
  await talk.closed
  assert.match(server.said(), / info stopping why=SIGTERM\n(?:[^\n]*\n)*[^\n]* info stopped\n$/)
})

test('a second SIGTERM waits for nobody, and still ends in order', async (t) => {
  const { server } = await run(t)
  const talk = await SmtpTalk.greeted(server.ports['smtp'] ?? 0)
  await talk.say('MAIL FROM:<>', 250)
  await talk.say('RCPT TO:<receiver@south.example>', 250)
  await talk.say('DATA', 354)
  server.child.kill('SIGTERM')
  await told(server, / stopping why=SIGTERM\n/)
  // Within its grace of two seconds; the client, who is within a letter, would have had them.
  assert.equal(await server.stop('SIGTERM'), 0)
  await talk.closed
  // What it is told last may be lost with its connection.
  const last = await talk.read().catch(() => undefined)
  assert.ok(last === undefined || last.code === 421)
  assert.match(
    server.said(),
    /why="SIGTERM again: nothing is waited for"\n[^\n]* dropped [^\n]*\n[^\n]* info stopped\n$/,
  )
})

test('SIGHUP ends a lab in order: its terminal has gone', async (t) => {
  const lab = await startServer(t, ['--lab', '--ports', 'auto', '--data', folderFor(t)])
  assert.equal(await lab.stop('SIGHUP'), 0)
  assert.equal(lab.said(), '')
})
