/** The commands as processes: the examples of docs/verify.md, and what an example cannot show. */
import assert from 'node:assert/strict'
import { fork, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { exitCodes } from '../output.ts'
import type { Ran } from './runner.test-support.ts'

const root = join(import.meta.dirname, '../../..')
const page = readFileSync(join(root, 'docs/verify.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'waybill-verify-'))
after(() => rmSync(folder, { recursive: true }))

const options = ['--disable-warning=ExperimentalWarning', '--conditions=waybill-source']
const env = { ...process.env, NO_COLOR: '1' }
const runner = fork(join(import.meta.dirname, 'runner.test-support.ts'), {
  cwd: folder,
  env,
  execArgv: options,
  serialization: 'json',
})
after(() => runner.disconnect())

/** Runs a command line in the process that all of these tests share. */
function waybill(args: readonly string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    runner.once('exit', reject)
    runner.once('message', (ran: Ran) => {
      runner.off('exit', reject)
      resolve(ran)
    })
    runner.send(args)
  })
}

/** In a process of its own, with standard input. */
const main = [...options, join(root, 'src/cli/main.ts')]

function process_(args: readonly string[], input: string): Ran {
  const done = spawnSync(process.execPath, [...main, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
    input,
  })
  return { out: done.stdout, messages: done.stderr, code: done.status ?? -1 }
}

function write(name: string, text: string): void {
  mkdirSync(join(folder, dirname(name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}

function block(name: string): string {
  const found = page.split(`\n\`\`\`${name}\n`)[1]?.split('```')[0]
  assert.ok(found !== undefined, `docs/verify.md has no block ${name}`)
  return found
}

const letter = block('text letter.eml')
const requests = block('jsonl requests.jsonl')
write('zone.json', block('json zone.json'))
write('letter.eml', letter)
write('received.eml', `${letter.replace('Subject: ', 'Subject: [tea] ')}-- \nThe tea list\n`)
const connection = [
  '--ip',
  '198.51.100.7',
  '--mail-from',
  'ann@north.example',
  '--zone',
  'zone.json',
]
const at = ['--at', '2026-11-23']

for (const [, command = '', shown] of page.matchAll(/\n```console\n\$ waybill (.*)\n([^]*?)```/g)) {
  test(`the page shows what "waybill ${command}" prints`, async () => {
    const { out, code } = await waybill(command.split(' '))
    assert.equal(out, shown)
    assert.equal(code, command.startsWith('dkim diff') ? exitCodes.no : exitCodes.yes)
  })
}

test('the requests of the page have the answers of the page', () => {
  const done = process_(['verify', '--jsonl', '--receiver', 'mx.south.example'], requests)
  assert.equal(done.out, block('jsonl answers'))
  assert.equal(done.messages, '2 of 6 lines could not be read.\n')
  assert.equal(done.code, exitCodes.yes)
})

const forged = letter.replace('cake', 'cookies')
const verdicts: readonly (readonly [string, string, readonly string[], number])[] = [
  ['a letter that passes', letter, connection, exitCodes.yes],
  ['a letter without SPF', letter, ['--zone', 'zone.json'], exitCodes.yes],
  ['a forged letter', forged, ['--zone', 'zone.json'], exitCodes.no],
  ['a domain without a policy', letter.replaceAll('north', 'other'), connection, exitCodes.yes],
  ['a letter of nobody', letter.replace('From: Ann', 'X: '), connection, exitCodes.no],
]
for (const [name, text, more, code] of verdicts) {
  test(`${name}: exit code ${code}`, async () => {
    write('case.eml', text)
    assert.equal((await waybill(['verify', 'case.eml', ...at, ...more])).code, code)
  })
}

test('a letter on standard input', () => {
  const { out, code } = process_(['verify', '-', ...at, ...connection], letter)
  assert.match(out, /^-\n {2}From: Ann .*\n.*\n\n {2}SPF +pass /)
  assert.equal(code, exitCodes.yes)
})

test('DNS that does not answer: exit code 3', async () => {
  write(
    'broken.json',
    '{"_dmarc.north.example":{"error":"SERVFAIL"},"north.example":{"error":"TIMEOUT"}}',
  )
  const zone = ['--zone', 'broken.json']
  const codes = [
    (await waybill(['verify', 'letter.eml', ...at, ...zone])).code,
    (await waybill(['spf', '192.0.2.1', 'north.example', ...zone])).code,
    (await waybill(['dmarc', 'north.example', ...zone])).code,
  ]
  assert.deepEqual(codes, [exitCodes.couldNotTell, exitCodes.couldNotTell, exitCodes.couldNotTell])
})

test('an mbox file: a line each, the sum on standard error, the worst decides', async () => {
  const start = 'From ann@north.example Mon Nov 23 18:29:07 2026\n'
  write('box', [letter, forged, letter].map((text) => `${start}${text}\n`).join(''))
  const args = ['verify', 'box', ...at, '--zone', 'zone.json']
  const { out, messages, code } = await waybill(args)
  assert.equal(
    out,
    [
      'box:1  dkim=pass dmarc=pass  Ann <ann@north.example>  Tea at four',
      'box:2  dkim=fail dmarc=fail  Ann <ann@north.example>  Tea at four',
      'box:3  dkim=pass dmarc=pass  Ann <ann@north.example>  Tea at four',
      '',
    ].join('\n'),
  )
  assert.equal(messages, '3 messages. DMARC: 2 pass, 1 fail.\n')
  assert.equal(code, exitCodes.no)
  // With an address the sender in the From line is taken.
  const withIp = await waybill([...args, '--ip', '198.51.100.7'])
  assert.match(withIp.out, /^box:1 {2}spf=pass dkim=pass dmarc=pass/)
  assert.equal(withIp.code, exitCodes.yes, 'SPF vouches for the changed one too')
})

test('a Maildir as JSON: an answer each, with evidence when it is asked for', async () => {
  write('md/cur/1:2,S', letter)
  write('md/new/2', `Return-Path: <bounce@north.example>\n${letter}`)
  const { out } = await waybill([
    'verify',
    'md',
    '--json',
    '-v',
    ...at,
    '--ip',
    '192.0.2.10',
    '--zone',
    'zone.json',
  ])
  const answers = out
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  const [first, second] = answers.map((one) => ({
    id: member(one, 'id'),
    spf: member(one, 'spf', 'domain'),
    sender: member(one, 'evidence', 'spf', 'sender'),
  }))
  // Nothing says who sent the first: a null path, and no HELO.
  assert.deepEqual(first, { id: 'md/cur/1:2,S', spf: '', sender: 'postmaster@' })
  assert.deepEqual(second, { id: 'md/new/2', spf: 'north.example', sender: 'bounce@north.example' })
})

function member(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((one, name) => {
    return typeof one === 'object' && one !== null ? Reflect.get(one, name) : undefined
  }, value)
}

test('a bounce is compared by the message that it brings back', async () => {
  const boundary = 'Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n'
  const returned = letter.replace('Tea', 'Coffee')
  write(
    'bounce.eml',
    `${boundary}--b\n\nSorry.\n--b\nContent-Type: message/rfc822\n\n${returned}\n--b--\n`,
  )
  const header = letter.slice(0, letter.indexOf('\n\n') + 1)
  write('short.eml', `${boundary}--b\nContent-Type: text/rfc822-headers\n\n${header}\n--b--\n`)
  const whole = await waybill(['dkim', 'diff', 'letter.eml', 'bounce.eml'])
  assert.match(whole.messages, /is a bounce; comparing the message that it brings back/)
  assert.match(whole.out, /\nChanged: subject\.\n$/)
  const short = await waybill(['dkim', 'diff', 'letter.eml', 'short.eml', '--json'])
  assert.deepEqual([member(JSON.parse(short.out), 'fields'), short.code], [[], exitCodes.yes])
})

const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
  [['verify'], exitCodes.usage, /Which message\?/],
  [
    ['verify', 'nowhere.eml'],
    exitCodes.notFound,
    /Cannot read nowhere\.eml: there is no such file/,
  ],
  [['verify', 'letter.eml', '--jsonl'], exitCodes.usage, /verify --jsonl < letter\.eml/],
  [['verify', 'letter.eml', '--ip', 'x'], exitCodes.usage, /Not an IP address/],
  [['verify', 'letter.eml', '--zone', 'letter.eml'], exitCodes.usage, /is not JSON/],
  [['verify', 'letter.eml', '--zone', 'nowhere.json'], exitCodes.notFound, /Cannot read/],
  [['spf', '1.2.3', 'north.example'], exitCodes.usage, /Not an IP address/],
  [['dmarc', 'a..b'], exitCodes.usage, /Not a domain name/],
  [['dkim', 'diff', 'letter.eml', 'nowhere.eml'], exitCodes.notFound, /Cannot read/],
  [['dkim', 'diff', 'zone.json', 'letter.eml'], exitCodes.couldNotTell, /nothing to compare under/],
  [['dkim', 'check', '.'], exitCodes.usage, /is a folder, not one message/],
]
for (const [args, code, message] of wrong) {
  test(`"waybill ${args.join(' ')}": exit code ${code}`, async () => {
    const done = await waybill(args)
    assert.match(done.messages, message)
    assert.equal(done.out, '')
    assert.equal(done.code, code)
  })
}

test('a reader that goes away ends the work quietly', async () => {
  const child = spawn(process.execPath, [...main, 'verify', '--jsonl'], { env, cwd: folder })
  const line = requests.split('\n')[0] ?? ''
  let messages = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (messages += text))
  child.stdin.on('error', () => undefined) // it closes first
  child.stdout.once('data', () => {
    child.stdout.destroy()
    child.stdin.write(`${line}\n`.repeat(10))
  })
  child.stdin.write(`${line}\n`)
  const code = await new Promise((resolve) => child.once('exit', resolve))
  assert.deepEqual([code, messages], [exitCodes.yes, ''])
})
