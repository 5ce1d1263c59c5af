import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  jsonLines,
  type Ran,
  startServer,
  waybill,
  writeConfig,
} from '../../app/test-support/processes.ts'
import { referenceIn, SmtpTalk } from '../../app/test-support/smtp-talk.ts'
import { systemClock } from '../../io/clock.ts'
import { openDnsServer } from '../../io/dns-server.ts'
import { testFolder } from '../../store/test-folder.ts'

function folderFor(t: TestContext): string {
  const { folder, remove } = testFolder()
  t.after(remove)
  return folder
}

const forgery = {
  from: 'sender@north.example',
  to: 'receiver@south.example',
  message: 'From: sender@north.example\nSubject: x\n\nHello\n',
}
const stranger = {
  ...forgery,
  from: 'x@stranger.example',
  message: 'From: x@stranger.example\n\nx\n',
}

/** Runs command lines in one process, which is much faster than one for each. */
function openRunner(t: TestContext): (args: readonly string[]) => Promise<Ran> {
  const child = fork(fileURLToPath(new URL('runner.test-support.ts', import.meta.url)))
  t.after(() => child.kill())
  return async (args) => {
    child.send(args)
    // What `Ran` of that file says.
    const [{ out, messages, code }] = (await once(child, 'message')) as [
      { readonly out: string; readonly messages: string; readonly code: number },
    ]
    return { out, said: messages, code }
  }
}

/** A JSON value as an object, for looking into answers. */
function object(value: unknown): Readonly<Record<string, unknown>> {
  assert.ok(typeof value === 'object' && value !== null, JSON.stringify(value))
  return Object.fromEntries(Object.entries(value))
}

test('the lab: its ports, what a stranger may do, what the commands tell of it, and its end', async (t) => {
  const folder = folderFor(t)
  const lab = await startServer(t, ['--lab', '--ports', 'auto', '--data', folder])
  const { ports } = lab
  for (const name of ['smtp', 'submission', 'submissions', 'dns']) {
    assert.ok((ports[name] ?? 0) > 1023, `${name}: ${ports[name]}`)
  }
  const talk = await SmtpTalk.greeted(ports['smtp'] ?? 0)
  const refused = await talk.letter(forgery)
  assert.deepEqual([refused.code, refused.enhanced], [550, '5.7.1'])
  const taken = await talk.letter(stranger)
  assert.equal(taken.code, 250)
  const caught = await talk.letter({ ...forgery, to: ['nobody@south.example', 'a@gmail.com'] })
  assert.equal(caught.code, 250)
  await talk.say('MAIL FROM:<x@stranger.example>', 250)
  const unknown = await talk.say('RCPT TO:<a@@b>', 501)
  await talk.quit()

  // While it runs: the same from the outside.
  const data = ['--data', folder]
  const empty = await waybill(['mail', 'list', 'sender@north.example', ...data])
  assert.deepEqual([empty.code, empty.said], [0, 'No messages there.\n'])
  const id = referenceIn(refused)
  const [shown] = jsonLines(await waybill(['show', id, '--json', ...data])).map(object)
  assert.equal(shown?.['schema'], 'waybill.journey/1')
  assert.equal(object(shown?.['envelope'])['ip'], '198.51.100.66')
  assert.equal(object(shown?.['outcome'])['status'], 'refused')
  const listed = jsonLines(await waybill(['list', '--json', ...data])).map(object)
  assert.deepEqual(
    listed.map((row) => row['status']),
    ['refused', 'delivered', 'delivered', 'refused'],
  )
  assert.deepEqual(Object.keys(listed[0] ?? {}), [
    'id',
    'direction',
    'started_at',
    'status',
    'mail_from',
    'rcpt_to',
    'subject',
    'summary',
    'author',
    'message_id',
  ])
  const unasked = await waybill(['status', ...data])
  assert.equal(unasked.code, 4)
  assert.match(unasked.said, /^This is the lab’s, so whether it runs is not told here: /)
  assert.equal(await lab.stop('SIGTERM'), 0)
  assert.equal(lab.said(), '')
  const stopped = await waybill(['status', '--json', ...data])
  assert.deepEqual([stopped.code, stopped.said], [4, ''])

  const replay = ['replay', id, ...data]
  const same = await waybill(replay)
  assert.deepEqual([same.code, same.said], [0, ''])
  assert.match(same.out, /The same, bit for bit\./)
  const watched = '_dmarc.north.example TXT "v=DMARC1; p=none"'
  const changed = await waybill([...replay, '--dns', watched, '--json'])
  assert.equal(changed.code, 1)
  const [answer] = jsonLines(changed).map(object)
  assert.deepEqual(
    [answer?.['replayed'], answer?.['same'], answer?.['first_difference'], answer?.['missing']],
    [true, false, 'dmarc', []],
  )
  const other = await waybill([...replay, '--ip', '192.0.2.10', '--json'])
  const [home] = jsonLines(other).map(object)
  const { changed: steps } = home ?? {}
  assert.deepEqual(steps, ['spf', 'dmarc', 'decision'])
  assert.deepEqual(home?.['missing'], ['10.2.0.192.in-addr.arpa PTR'])
  const far = await waybill([...replay, '--ip', '192.0.2.77'])
  assert.equal(far.code, 1)
  assert.match(far.out, /\n {2}iprev +\w+ +not in the record\n/)
  assert.match(far.out, /nobody asked then:\n {2}77\.2\.0\.192\.in-addr\.arpa PTR\n/)

  // What was refused before any check holds no verdict: that is an answer and no failure.
  const early = ['replay', referenceIn(unknown), ...data]
  const nothing = await waybill(early)
  assert.deepEqual([nothing.code, nothing.said], [0, ''])
  const words = 'othing to derive again: it was refused before any check.'
  assert.equal(nothing.out, `${referenceIn(unknown)}: n${words}\n`)
  assert.deepEqual(jsonLines(await waybill([...early, '--json'])), [
    {
      id: referenceIn(unknown),
      replayed: true,
      same: true,
      first_difference: null,
      changed: [],
      missing: [],
      steps: [],
      because: `N${words}`,
    },
  ])
})

test('a catcher: its ports, what was caught, and what is there after the next start', async (t) => {
  const folder = folderFor(t)
  const args = ['--catch', '--ports', 'auto', '--data', folder]
  const catcher = await startServer(t, [...args, '--fault', 'sender:451'])
  const { ports } = catcher
  for (const name of ['smtp', 'submission', 'submissions', 'http']) {
    assert.ok((ports[name] ?? 0) > 1023, `${name}: ${ports[name]}`)
  }
  const talk = await SmtpTalk.greeted(ports['smtp'] ?? 0)
  const failed = await talk.say('MAIL FROM:<app@shop.test>', 451)
  await talk.quit()
  assert.equal(await catcher.stop('SIGTERM'), 0)
  const data = ['--data', folder]
  const shown = await waybill(['show', referenceIn(failed), ...data])
  assert.match(shown.out, /fault +451 +Yes, at MAIL FROM/)

  const again = await startServer(t, args)
  const next = await SmtpTalk.greeted(again.ports['smtp'] ?? 0)
  assert.equal((await next.letter({ ...forgery, to: 'you@customer.test' })).code, 250)
  await next.quit()
  const listed = jsonLines(await waybill(['mail', 'list', 'caught', '--json', ...data]))
  assert.equal(listed.length, 1)
  const replay = await waybill(['replay', 'last', ...data])
  assert.match(replay.out, /The same, bit for bit\./)
  assert.equal(await again.stop('SIGINT'), 0)
  assert.equal(again.said(), '')
})

test('the lab ends by itself on the first Ctrl-C, whoever is still connected', async (t) => {
  const lab = await startServer(t, ['--lab', '--ports', 'auto', '--data', folderFor(t)])
  const talk = await SmtpTalk.greeted(lab.ports['smtp'] ?? 0)
  talk.stall()
  const silent = await SmtpTalk.open(lab.ports['submissions'] ?? 0)
  // Browsers connect before they ask anything, and follow what happens.
  const browser = await SmtpTalk.open(lab.ports['http'] ?? 0)
  const stream = await fetch(`http://localhost:${lab.ports['http']}/v1/events/stream`)
  assert.equal(await lab.stop('SIGINT'), 0)
  assert.match(await stream.text(), /^: Waybill/)
  browser.destroy()
  silent.destroy()
  talk.destroy()
})

test('a real server: letters, the mailbox in every form, and its end', async (t) => {
  const folder = folderFor(t)
  const dns = await openDnsServer({ port: 0, clock: systemClock, zones: { '': {} } })
  t.after(() => dns.close())
  const config = writeConfig(folder, { dnsPort: dns.endpoint.port })
  const server = await startServer(t, ['--config', config, '--ports', 'auto'])
  assert.deepEqual(Object.keys(server.ports), ['smtp', 'submission', 'submissions', 'http'])
  const talk = await SmtpTalk.greeted(server.ports['smtp'] ?? 0)
  const message = 'From: x@stranger.example\nSubject: Hello\n\nFrom here\n.\nthere\n'
  const id = referenceIn(await talk.letter({ ...stranger, message }))

  const data = ['--data', join(folder, 'data')]
  const [row, ...more] = jsonLines(await waybill(['mail', 'list', '--json', ...data])).map(object)
  assert.deepEqual(more, [])
  assert.deepEqual(
    [row?.['account'], row?.['mailbox'], row?.['id'], row?.['from'], row?.['subject']],
    ['receiver@south.example', 'Inbox', id, 'x@stranger.example', 'Hello'],
  )
  const shown = await waybill(['mail', 'show', 'last', ...data])
  assert.match(
    shown.out,
    /^Return-Path: <x@stranger\.example>\r\nAuthentication-Results: mx\.south/,
  )
  assert.ok(shown.out.endsWith('\r\n\r\nFrom here\r\n.\r\nthere\r\n'))
  const [json] = jsonLines(await waybill(['mail', 'show', id, '--json', ...data])).map(object)
  assert.equal(Buffer.from(String(json?.['message']), 'base64').toString(), shown.out)
  const queue = await waybill(['queue', 'list', '--json', ...data])
  assert.deepEqual([queue.code, queue.out], [0, ''])

  const inUse = await waybill(['start', '--config', config, '--ports', 'auto'])
  assert.equal(inUse.code, 4)
  assert.match(inUse.said, /is in use by another Waybill \(process \d+\)/)
  const otherData = ['--data', join(folder, 'other')]
  const portTaken = await waybill([
    'start',
    '--config',
    fixedPort(folder, server.ports),
    ...otherData,
  ])
  assert.equal(portTaken.code, 4)
  assert.match(
    portTaken.said,
    /Port \d+ is taken by another program \(127\.0\.0\.1:\d+\)\.\n {2}\S/,
  )
  assert.equal(await server.stop('SIGTERM'), 0)
  const told = server.said().trimEnd().split('\n')
  assert.deepEqual(
    told.map((line) => line.split(' ')[2]),
    ['started', 'accepted', 'stopping', 'dropped', 'stopped'],
  )
  assert.ok(told[1]?.includes(` id=${id} `))

  const strange = ['mail', 'list', 'reciever@south.example', ...data]
  const unknown = await waybill(strange)
  assert.deepEqual([unknown.code, unknown.out], [5, ''])
  assert.equal(
    unknown.said,
    'waybill: No message was ever filed for an account "reciever@south.example".\n' +
      '  Did you mean "receiver@south.example"?\n',
  )
  const nowhere = join(folder, 'nowhere')
  const far = await waybill(['mail', 'export', 'x@far.example', '--out', nowhere, ...data])
  assert.deepEqual([far.code, far.out, existsSync(nowhere)], [5, '', false])
  assert.match(far.said, /\n {2}There is mail for: receiver@south\.example\. /)
  const junk = ['mail', 'list', 'Receiver@South.example', '--mailbox', 'junk', ...data]
  const none = await waybill(junk)
  assert.deepEqual([none.code, none.out, none.said], [0, '', 'No messages there.\n'])
  const elsewhere = await waybill(['mail', 'show', 'zzzz', ...data])
  assert.deepEqual([elsewhere.code, elsewhere.out], [5, ''])

  const maildir = join(folder, 'maildir')
  const account = 'receiver@south.example'
  const exported = await waybill(['mail', 'export', account, '--out', maildir, '--json', ...data])
  assert.deepEqual(jsonLines(exported), [{ account, format: 'maildir', messages: 1 }])
  const second = ['mail', 'export', account, '--out', maildir, ...data]
  assert.match((await waybill(second)).said, /^0 messages written to .*maildir, 1 there already$/m)
  assert.deepEqual(jsonLines(await waybill([...second, '--json'])), [
    { account, format: 'maildir', messages: 1, written: 0, there: 1, gone: 0 },
  ])
  const mbox = join(folder, 'mail.mbox')
  const toMbox = ['mail', 'export', account, '--format', 'mbox', ...data, '--out']
  await waybill([...toMbox, mbox])
  const again = await waybill([...toMbox, mbox])
  assert.equal(again.code, 2)
  assert.match(again.said, /Cannot write .*mail\.mbox: there is a file of this name already/)
  const nowhereAtAll = await waybill([...toMbox, join(nowhere, 'mail.mbox')])
  assert.equal(nowhereAtAll.code, 5)
  assert.match(nowhereAtAll.said, /Cannot write .*: the folder that it should be in is not there/)
  if (existsSync('/proc/self')) {
    const never = await waybill(['mail', 'export', account, '--out', '/proc/x', ...data])
    assert.equal(never.code, 2)
    assert.match(never.said, /There can be no folder \/proc\/x\/tmp: \/proc takes no folders\./)
  }
  checkExports(maildir, mbox, shown.out)
})

test('a server whose DNS never answers still ends when it is told to', async (t) => {
  const folder = folderFor(t)
  const asked = Promise.withResolvers<void>()
  const onQuestion = (): void => asked.resolve()
  const dns = await openDnsServer({ port: 0, clock: systemClock, onQuestion })
  t.after(() => dns.close())
  dns.setFault('*', { type: 'silent' })
  const config = writeConfig(folder, { dnsPort: dns.endpoint.port })
  const server = await startServer(t, ['--config', config, '--ports', 'auto'])
  const talk = await SmtpTalk.greeted(server.ports['smtp'] ?? 0)
  await talk.say('MAIL FROM:<x@stranger.example>', 250)
  await talk.say('RCPT TO:<receiver@south.example>', 250)
  await asked.promise
  const begun = performance.now()
  assert.equal(await server.stop('SIGTERM'), 0)
  assert.ok(performance.now() - begun < 2500, `it took ${performance.now() - begun} ms`)
})

function fixedPort(folder: string, ports: Readonly<Record<string, number>>): string {
  const path = join(folder, 'fixed.toml')
  const text = `hostname = "a.example"\ndomains = ["a.example"]\n[listen]\naddress = "127.0.0.1"\nsmtp = ${ports['smtp'] ?? 0}\n[dns]\nservers = ["127.0.0.1"]\n`
  writeFileSync(path, text)
  return path
}

function checkExports(maildir: string, mbox: string, message: string): void {
  const files = readdirSync(maildir, { recursive: true, encoding: 'utf8' })
  const letters = files.filter((name) => statSync(join(maildir, name)).isFile()).sort()
  // Beside the letter stands what was exported, so that a second export doubles nothing.
  assert.equal(letters.length, 2, files.join(', '))
  assert.equal(letters[1], 'waybill-exported')
  const unix = message.replaceAll('\r\n', '\n')
  assert.equal(readFileSync(join(maildir, letters[0] ?? ''), 'utf8'), unix)
  const text = readFileSync(mbox, 'utf8')
  assert.match(
    text,
    /^From x@stranger\.example \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\nReturn-Path: /,
  )
  assert.ok(text.includes('\n\n>From here\n.\nthere\n'))
}

test('a configuration with several faults is told them all, each with its key', async (t) => {
  const folder = folderFor(t)
  const path = join(folder, 'waybill.toml')
  writeFileSync(
    path,
    [
      'hostname = "not a name"',
      'domians = ["south.example"]',
      '[listen]',
      'smtp = 70000',
      '[receive]',
      'on_temperror = "wait"',
      '[[account]]',
      'address = "nobody"',
      '',
    ].join('\n'),
  )
  const command = openRunner(t)
  for (const args of [
    ['start', '--config', path],
    ['config', 'test', path],
  ]) {
    const ran = await command(args)
    assert.equal(ran.code, 2)
    assert.equal(ran.out, '')
    for (const words of [
      /waybill\.toml has 6 problems:/,
      / {2}hostname: "not a name" is not a domain name/,
      / {2}domains: is missing/,
      / {2}domians: is no setting; did you mean "domains"\?/,
      / {2}listen\.smtp: 70000 is not a port: 0 to 65535/,
      / {2}receive\.on_temperror: "wait" is none of: deliver, defer/,
      / {2}account\[0\]\.address: "nobody" is not a mail address/,
    ]) {
      assert.match(ran.said, words)
    }
  }
})

test('exit codes: wrong use is 2, what is not there is 5', async (t) => {
  const folder = folderFor(t)
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['start'], 2, /Say what to start: --lab, --catch, or --config/],
    [['start', '--lab', '--config', 'x'], 2, /not both/],
    [['start', '--lab', '--ports', 'some'], 2, /Only "auto" is known/],
    [['start', '--config', join(folder, 'none.toml')], 5, /Cannot read the configuration/],
    [['show', 'last', '--data', folder], 5, /There is no mail data in/],
    [['lab', 'run', 'forget'], 5, /There is no situation "forget"\.\n {2}Did you mean "forged"\?/],
    [['shwo', 'last'], 2, /unknown command 'shwo'\n\(Did you mean show\?\)/],
    [['mail', 'list', '--mailbox', 'Sent', '--data', folder], 2, /There are Inbox and Junk/],
    [['list', '--limit', '0'], 2, /a number above 0/],
    [['replay', 'last', '--dns', 'nonsense'], 2, /Example: /],
    [['replay', 'last', '--ip', '1.2.3'], 2, /Not an IP address/],
    [['spf', '192.0.2.1', ''], 2, /Wants an address such as joe@north\.example/],
    [['spf', '192.0.2.1', 'two words'], 2, /Wants an address such as/],
    [['show'], 2, /missing required argument 'id'\n\(waybill show --help tells how it is used\)/],
    [['mail', 'shwo'], 2, /\(Did you mean show\?\)\n\(waybill mail --help tells/],
    [
      ['start', '--lab', '--ports', 'auto', '--data', '/proc/x'],
      2,
      /There can be no folder \/proc\/x/,
    ],
    [['dmarc', 'a.example', '--zone', join(folder, 'no')], 5, /Cannot read .*no such file\./],
  ]
  const command = openRunner(t)
  for (const [args, code, words] of cases) {
    const ran = await command(args)
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.said}`)
    assert.equal(ran.out, '')
    assert.match(ran.said, words)
  }
})

test('a port that was asked for by its number and is taken is an error', async (t) => {
  const folder = folderFor(t)
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const address = other.address()
  assert.ok(typeof address === 'object' && address !== null)
  const port = String(address.port)
  const command = openRunner(t)
  for (const name of ['--smtp-port', '--submission-port', '--submissions-port', '--dns-port']) {
    const ran = await command(['start', '--lab', '--ports', 'auto', name, port, '--data', folder])
    assert.equal(ran.code, 4, name)
    assert.match(ran.said, new RegExp(`Port ${port} .*is (?:taken|used) by another program`))
  }
})

test('a situation as one command: its outcome and its journeys as one JSON object', async () => {
  const ran = await waybill(['lab', 'run', 'hello', '--json'])
  assert.deepEqual([ran.code, ran.said], [0, ''])
  const [answer] = jsonLines(ran).map(object)
  assert.deepEqual([answer?.['situation'], answer?.['outcome']], ['hello', 'delivered'])
  const journeys = answer?.['journeys']
  assert.ok(Array.isArray(journeys))
  assert.deepEqual(
    journeys.map((journey) => object(journey)['direction']),
    ['in', 'out'],
  )
})

test('what a situation says to try next shows what it promises', async (t) => {
  const cwd = folderFor(t)
  for (const [situation, words] of [
    ['no-mx', /where to\? +ok +no-mx\.south\.example has no MX record/],
    ['server-down', /down\.south\.example \(203\.0\.113\.29:25.*connected +ok/s],
    ['eleven-lookups', /permerror[^]*DNS h10\.north\.example A: /],
  ] as const) {
    const ran = await waybill(['lab', 'run', situation], { cwd })
    const tried = /^Try: +\.\/waybill (.+?)(?: {2}\(.*\))?$/m.exec(ran.out)?.[1] ?? ''
    const shown = await waybill(tried.split(' '), { cwd })
    assert.equal(shown.code, 0, tried)
    assert.match(shown.out, words)
  }
})

test('what is told to be tried next finds the folder that was named', async (t) => {
  const data = join(folderFor(t), "the lab's")
  const ran = await waybill(['lab', 'run', 'no-mx', '--data', data])
  const said = `'${data.replace("'", "'\\''")}'`
  assert.match(ran.out, /^Try: +\.\/waybill show \S+ --data '.*' {2}\(see/m)
  assert.ok(ran.out.includes(said), ran.out)
})

test('a situation leaves its own journeys and no connection that broke off', async (t) => {
  const data = ['--data', folderFor(t)]
  assert.equal((await waybill(['lab', 'run', 'forged', ...data])).code, 0)
  const rows = jsonLines(await waybill(['list', '--json', ...data])).map(object)
  assert.deepEqual(
    rows.map((row) => row['status']),
    ['refused'],
  )
})
