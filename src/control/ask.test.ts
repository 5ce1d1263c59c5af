import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { WaybillError } from '../base/error.ts'
import { systemClock } from '../io/clock.ts'
import { testFolder } from '../store/test-folder.ts'
import { type Asked, askServer } from './ask.ts'
import { controlSocketPath } from './socket-place.ts'

/** A folder at whose socket somebody listens who does as the test wants. */
async function serve(t: TestContext, act: (socket: Socket) => void): Promise<string> {
  const { folder, remove } = testFolder()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    act(socket)
  })
  await new Promise<void>((resolve) => server.listen(controlSocketPath(folder), resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    remove()
  })
  return folder
}

function ask(folder: string, clock = systemClock): Promise<Asked> {
  return askServer({ operation: 'test', by: 'ann' }, { folder, clock, timeoutMs: 20_000 })
}

const greeting = '{"control":1,"waybill":"0.3.0","process":1}\n'

const strange: readonly (readonly [says: string, message: RegExp])[] = [
  ['220 mx.south.example ESMTP\r\n', /is no Waybill/],
  ['"hello"\n', /is no Waybill/],
  [`${'x'.repeat(300_000)}\n`, /is no Waybill/],
  [`${greeting}"done"\n`, /is no Waybill/],
  ['{"control":0,"waybill":"0.2.9","process":7}\n', /\(Waybill 0\.2\.9, process 7\) is older than/],
  ['{"control":2,"waybill":"0.9.0","process":7}\n', /\(Waybill 0\.9\.0, process 7\) is newer than/],
]
for (const [says, message] of strange) {
  test(`who says ${says.slice(0, 30).trim()} is not asked: ${String(message)}`, async (t) => {
    const folder = await serve(t, (socket) => {
      socket.write(says)
    })
    await assert.rejects(
      ask(folder),
      (problem) =>
        problem instanceof WaybillError &&
        problem.code === 'data-in-use' &&
        message.test(problem.message),
    )
  })
}

test('who goes before the greeting was not asked; who goes after it may have done it', async (t) => {
  const early = await serve(t, (socket) => socket.destroy())
  assert.deepEqual(await ask(early), { type: 'absent', why: 'nobody-listens' })
  const late = await serve(t, (socket) => {
    socket.write(greeting)
    socket.on('data', () => socket.destroy())
  })
  await assert.rejects(ask(late), /ended before it answered/)
})

test('a server that is about to end counts as one that is not there', async (t) => {
  const folder = await serve(t, (socket) => {
    socket.write(greeting)
    socket.on('data', () => socket.write('{"type":"closing"}\n'))
  })
  assert.deepEqual(await ask(folder), { type: 'absent', why: 'nobody-listens' })
})

test('the greeting is waited for, then the answer, each as long as it may take', async (t) => {
  const clock = new ManualClock()
  const mute = await serve(t, () => {})
  const first = ask(mute, clock)
  while (clock.pending === 0) await new Promise(setImmediate)
  clock.advance(10_000)
  await assert.rejects(first, /does not answer; waited 10 s/)
  const asked = Promise.withResolvers<void>()
  const slow = await serve(t, (socket) => {
    socket.write(greeting)
    socket.on('data', () => asked.resolve())
  })
  const second = ask(slow, clock)
  await asked.promise
  clock.advance(20_000)
  await assert.rejects(second, /does not answer; waited 20 s/)
  assert.equal(clock.pending, 0)
})
