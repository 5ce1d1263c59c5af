import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { octetString } from '../../base/octets.ts'
import { verifyLines, type VerifyLinesOptions } from './verify-lines.ts'

const setup = { zone: undefined, receiver: 'mx.south.example' }
const here = { threads: 0, threadsAfterOctets: 0 }
const threads = { threads: 2, threadsAfterOctets: 0 }

function request(id: unknown): string {
  const spf = { ip: '192.0.2.1', helo: 'mx.example', mailFrom: 'a@b.example' }
  return `${JSON.stringify({ id, spf, dns: { 'b.example': { TXT: ['v=spf1 a -all'] } } })}\n`
}

interface Sink {
  text: string
  write(octets: Uint8Array): Promise<boolean>
}

function sink(): Sink {
  return {
    text: '',
    write(octets) {
      this.text += octetString(octets)
      return Promise.resolve(true)
    },
  }
}

function ids({ text }: Sink): readonly unknown[] {
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => Reflect.get(JSON.parse(line), 'id'))
}

async function run(input: Readable, options: Partial<VerifyLinesOptions>) {
  const out = sink()
  const totals = await verifyLines({
    input,
    write: (octets) => out.write(octets),
    setup,
    ...options,
  })
  return { out, totals }
}

function* pieces(text: string, octets: number): Generator<Buffer, void, undefined> {
  const all = Buffer.from(text)
  for (let at = 0; at < all.length; at += octets) yield all.subarray(at, at + octets)
}

for (const [where, lanes] of Object.entries({ here, 'on threads': threads })) {
  test(`6,000 lines come back in order, answered ${where}`, async () => {
    const count = 6_000
    const text = Array.from({ length: count }, (_, id) => request(id)).join('')
    const { out, totals } = await run(Readable.from(pieces(text, 10_007)), { lanes })
    assert.deepEqual(totals, { lines: count, unreadable: 0 })
    assert.deepEqual(
      ids(out),
      Array.from({ length: count }, (_, id) => id),
    )
  })
}

test('lines that are too long keep their place among the others', async () => {
  const long = `{"id":"${'x'.repeat(500)}"}\n`
  const text = `${request(1)}${long}${request(2)}${request(3)}${long}${long}${request(4)}${long.trim()}`
  const wanted = [1, null, 2, 3, null, null, 4, null]
  for (const octets of [1, 100, 333, 10_000]) {
    const input = Readable.from(pieces(text, octets))
    const { out, totals } = await run(input, { maxLineOctets: 300, lanes: here })
    assert.deepEqual(ids(out), wanted)
    assert.deepEqual(totals, { lines: 8, unreadable: 4 })
  }
})

test('a caller that writes a line has its answer before it writes the next', async () => {
  for (const lanes of [here, threads]) {
    const input = new PassThrough()
    let answered: (() => void) | undefined
    const out = sink()
    const running = verifyLines({
      input,
      setup,
      lanes,
      write: async (octets) => {
        await out.write(octets)
        answered?.()
        return true
      },
    })
    for (let id = 0; id < 20; id++) {
      const answer = new Promise<void>((resolve) => {
        answered = resolve
      })
      input.write(request(id))
      await answer
      assert.equal(ids(out).length, id + 1)
    }
    input.end()
    assert.equal((await running).lines, 20)
  }
})

test('while nobody takes the answers, no more is read', async () => {
  let read = 0
  const line = request('x'.repeat(1000))
  function* endless(): Generator<string, void, undefined> {
    for (;;) {
      read++
      yield line
    }
  }
  const input = Readable.from(endless(), { objectMode: false })
  let stuck: ((goOn: boolean) => void) | undefined
  const running = verifyLines({
    input,
    setup,
    lanes: here,
    write: () => {
      return new Promise((resolve) => {
        stuck = resolve
      })
    },
  })
  let before = -1
  while (before !== read) {
    before = read
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(read * line.length < 2_000_000, `${read} lines were read`)
  stuck?.(false)
  await running
  assert.ok(input.destroyed)
})

test('when the reader goes, the work ends without an error', async () => {
  let writes = 0
  const input = new PassThrough()
  const running = verifyLines({
    input,
    setup,
    lanes: here,
    write: () => Promise.resolve(++writes < 3),
  })
  for (let id = 0; id < 10; id++) {
    input.write(request(id))
    await new Promise((resolve) => setImmediate(resolve))
  }
  // The input never ends by itself.
  assert.deepEqual(await running, { lines: 2, unreadable: 0 })
})

test('an output that breaks, and an input that breaks, end the work with their error', async () => {
  const broken = new Error('no space left')
  const write = (): Promise<boolean> => Promise.reject(broken)
  await assert.rejects(run(Readable.from(pieces(request(1), 100)), { write, lanes: here }), broken)
  const input = new Readable({ read: () => input.destroy(broken) })
  await assert.rejects(run(input, { lanes: here }), broken)
})

test('an empty input has no answers', async () => {
  const { out, totals } = await run(Readable.from([]), { lanes: here })
  assert.deepEqual([out.text, totals], ['', { lines: 0, unreadable: 0 }])
})
