import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCall, type SendmailCall } from './arguments.ts'

const usual: SendmailCall = {
  mode: 'deliver',
  recipients: [],
  fromHeader: false,
  dotIsText: false,
  sender: undefined,
  fullName: undefined,
  notify: null,
  ret: null,
  envid: null,
  config: undefined,
  server: undefined,
  json: false,
}

const calls: readonly (readonly [line: string, call: Partial<SendmailCall>])[] = [
  ['ann@example.org', { recipients: ['ann@example.org'] }],
  ['-t', { fromHeader: true }],
  ['-t -i', { fromHeader: true, dotIsText: true }],
  ['-ti', { fromHeader: true, dotIsText: true }],
  ['-oi -t', { fromHeader: true, dotIsText: true }],
  [
    '-i -f ann@example.org -- -odd@example.org',
    { dotIsText: true, sender: 'ann@example.org', recipients: ['-odd@example.org'] },
  ],
  ['-fann@example.org bob', { sender: 'ann@example.org', recipients: ['bob'] }],
  ['-r ann@example.org bob', { sender: 'ann@example.org', recipients: ['bob'] }],
  ['-f <> bob', { sender: '', recipients: ['bob'] }],
  // What cron of Debian says, and PHP.
  [
    '-FCronDaemon -i -B8BITMIME -oem root',
    { fullName: 'CronDaemon', dotIsText: true, recipients: ['root'] },
  ],
  [
    '-i -FCronDaemon -B8BITMIME -oem -oi -- root',
    { fullName: 'CronDaemon', dotIsText: true, recipients: ['root'] },
  ],
  ['-t -i -fwww@example.org', { fromHeader: true, dotIsText: true, sender: 'www@example.org' }],
  [
    '-N success,delay -R hdrs -V x1 bob',
    { notify: ['SUCCESS', 'DELAY'], ret: 'HDRS', envid: 'x1', recipients: ['bob'] },
  ],
  ['-N never bob', { notify: ['NEVER'], recipients: ['bob'] }],
  ['-odb -oem -v -bm bob', { recipients: ['bob'] }],
  ['-bp', { mode: 'list-queue' }],
  ['-q', { mode: 'run-queue' }],
  ['-q30m', { mode: 'run-queue' }],
  ['-bi', { mode: 'new-aliases' }],
  ['-C /etc/w.toml bob', { config: '/etc/w.toml', recipients: ['bob'] }],
  [
    '--config=/etc/w.toml --server 127.0.0.1:2525 --json bob',
    { config: '/etc/w.toml', server: '127.0.0.1:2525', json: true, recipients: ['bob'] },
  ],
  ['-O ErrorMode=q -L tag -X log -h 3 bob', { recipients: ['bob'] }],
]
for (const [line, call] of calls) {
  test(`sendmail ${line}`, () => {
    assert.deepEqual(readCall(line.split(' ')), { type: 'call', call: { ...usual, ...call } })
  })
}

const wrongs: readonly (readonly [line: string, RegExp])[] = [
  ['-bs', /speak SMTP/],
  ['-bd', /waybill start/],
  ['-bv bob', /-bv is not/],
  ['-f', /-f wants a value/],
  ['-z', /-z is no option/],
  ['--nothing', /no option/],
  ['--server', /wants a value/],
  ['-R all', /full or hdrs/],
  ['-N often', /-N wants/],
  ['-N never,success', /-N wants/],
  ['-B 9BIT', /7BIT or 8BITMIME/],
]
for (const [line, problem] of wrongs) {
  test(`sendmail ${line} is wrong`, () => {
    const read = readCall(line.split(' '))
    assert.ok(read.type === 'wrong')
    assert.match(read.problem, problem)
  })
}
