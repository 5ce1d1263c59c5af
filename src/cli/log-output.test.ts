import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { LogLine } from '../base/log.ts'
import { openLog } from './log-output.ts'

const line: LogLine = { level: 'info', event: 'accepted', fields: { client: '192.0.2.1' } }
const fault: LogLine = { level: 'error', event: 'fault', fields: { where: 'x', problem: 'y' } }

test('lines that find no room are counted, and told when there is room', () => {
  const written: string[] = []
  let room = true
  const log = openLog({ format: 'text', depth: 'all' }, new ManualClock(), (text) => {
    if (room) written.push(text)
    return room
  })
  log.log(line)
  room = false
  log.log(line)
  log.log(line)
  log.log(line)
  assert.equal(written.length, 1)
  room = true
  log.log(line)
  log.log(line)
  const time = '1970-01-01T00:00:00.000Z'
  assert.deepEqual(written, [
    `${time} info accepted client=192.0.2.1\n`,
    `${time} warning limit limit=log lines=3 why="nobody read standard error fast enough"\n`,
    `${time} info accepted client=192.0.2.1\n`,
    `${time} info accepted client=192.0.2.1\n`,
  ])
})

test('of a log that tells faults alone nothing else is heard; its form can change under way', () => {
  const written: string[] = []
  const log = openLog({ format: 'text', depth: 'faults' }, new ManualClock(), (text) => {
    return written.push(text) > 0
  })
  log.log(line)
  log.log({ ...line, level: 'warning' })
  log.log(fault)
  log.use({ format: 'json', depth: 'all' })
  log.log(line)
  assert.deepEqual(written, [
    '1970-01-01T00:00:00.000Z error fault where=x problem=y\n',
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"accepted","client":"192.0.2.1"}\n',
  ])
})

test('what was counted is told when the log closes', () => {
  const written: string[] = []
  const clock = new ManualClock()
  const log = openLog({ format: 'text', depth: 'all' }, clock, (text) => written.push(text) > 0)
  for (let i = 0; i < 25; i++) log.log({ ...line, event: 'refused' })
  log.close()
  assert.equal(written.length, 21)
  assert.match(written[20] ?? '', / info refused client=192\.0\.2\.1 more=5 seconds=60\n$/)
  assert.equal(clock.pending, 0)
})

/** Writes more than any pipe holds, then says on standard output how it went. */
const chatter = `
  import { livePastReaders, print, tellWithoutWaiting } from ${JSON.stringify(new URL('output.ts', import.meta.url))}
  livePastReaders()
  const line = 'x'.repeat(1023) + '\\n'
  let told = 0
  let lost = 0
  for (let i = 0; i < 4000; i++) {
    if (tellWithoutWaiting(line)) told++
    else lost++
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  print(JSON.stringify({ told, lost }))
  process.exit()
`

async function chat(
  stderr: 'pipe' | number,
  read: boolean,
): Promise<{ told: number; lost: number }> {
  const args = ['--conditions=waybill-source', '--input-type=module', '-e', chatter]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', stderr] })
  if (child.stdout === null) throw new Error('no standard output')
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  if (!read) child.stderr?.destroy()
  await once(child, 'close')
  // What the program above prints.
  return JSON.parse(out) as { told: number; lost: number }
}

test('a reader who has gone, one who never reads and a full disk neither end nor stop the program', async (t) => {
  const gone = await chat('pipe', false)
  assert.equal(gone.told + gone.lost, 4000)
  const full = openSync('/dev/full', 'w')
  t.after(() => closeSync(full))
  const nowhere = await chat(full, true)
  assert.equal(nowhere.told + nowhere.lost, 4000)
  // Standard error is a pipe whose other end waits until the program is over.
  const script = '{ "$@" 2>&1 >&3 | { read -r _ <&4; }; } 3>&1 4<&0'
  const args = [
    process.execPath,
    '--conditions=waybill-source',
    '--input-type=module',
    '-e',
    chatter,
  ]
  const shell = spawn('sh', ['-c', script, 'sh', ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  let out = ''
  shell.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    shell.stdin.end('over\n')
  })
  await once(shell, 'close')
  const blocked = JSON.parse(out) as { told: number; lost: number }
  assert.equal(blocked.told + blocked.lost, 4000)
  assert.ok(blocked.lost > 2000 && blocked.told > 500, JSON.stringify(blocked))
})
