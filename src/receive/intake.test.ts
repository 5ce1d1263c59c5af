import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf } from '../base/octets.ts'
import type { ContentSink } from '../store/ports/contents.ts'
import type { NewContent } from '../store/ports/post.ts'
import type { Holding } from './guard.ts'
import { MessageIntake, NoRoom } from './intake.ts'

class Sink implements ContentSink {
  octets = 0
  aborted = false

  push(chunk: Uint8Array): undefined {
    this.octets += chunk.length
    return undefined
  }

  finish(): ReturnType<ContentSink['finish']> {
    const source = { type: 'octets', octets: new Uint8Array(0) } as const
    return Promise.resolve({ sha256: '', size: this.octets, source })
  }

  shorten(content: NewContent): Promise<NewContent> {
    return Promise.resolve(content)
  }

  abort(): void {
    this.aborted = true
  }
}

const watcher = { header: (): void => {}, body: (): void => {} }

/** Room for `most` octets; what was asked for. */
function room(most: number): Holding & { readonly asked: number[]; released: number } {
  const asked: number[] = []
  return {
    asked,
    released: 0,
    grow(octets) {
      asked.push(octets)
      return octets > most ? 'network' : undefined
    },
    release() {
      this.released++
    },
  }
}

const kib = 1024

test('a small letter needs no room; a header and what is gathered for the disk do', async () => {
  const holding = room(Infinity)
  const intake = new MessageIntake(new Sink(), watcher, holding)
  await intake.push(octetsOf(`X: ${'x'.repeat(16 * kib - 3)}`))
  assert.deepEqual(holding.asked, [])
  await intake.push(octetsOf('x'.repeat(kib)))
  // Twice 17 KiB: in the header, and on the way to the disk. 32 KiB are everybody's.
  assert.deepEqual(holding.asked, [2 * kib])
  await intake.push(octetsOf('\r\n\r\n'))
  const header = 17 * kib + 4
  assert.equal(holding.asked.at(-1), 2 * header - 32 * kib)
  await intake.push(new Uint8Array(100 * kib))
  assert.equal(holding.asked.at(-1), 2 * header + 100 * kib - 32 * kib, 'the body is no header')
  await intake.push(new Uint8Array(2000 * kib))
  assert.equal(holding.asked.at(-1), header + 512 * kib - 32 * kib, 'two buffers at most')
  assert.equal(holding.released, 0)
  assert.equal((await intake.finish()).type, 'taken')
  intake.release()
  assert.equal(holding.released, 1)
})

test('without room it ends, keeps nothing, and says whose share is used up', async () => {
  const holding = room(10 * kib)
  const sink = new Sink()
  const intake = new MessageIntake(sink, watcher, holding)
  await intake.push(octetsOf(`X: ${'x'.repeat(20 * kib)}`))
  await assert.rejects(
    async () => intake.push(octetsOf('x'.repeat(kib))),
    (problem) => problem instanceof NoRoom && problem.of === 'network',
  )
  intake.abort()
  assert.deepEqual([sink.aborted, holding.released], [true, 1])
  assert.equal(sink.octets, 20 * kib + 3, 'what is too much goes nowhere')
})

test('a field of what arrives has 256 KiB, those that name a sender 16 KiB', async () => {
  const problemOf = async (name: string, octets: number): Promise<unknown> => {
    const intake = new MessageIntake(new Sink(), watcher, room(Infinity))
    await intake.push(octetsOf(`${name}: ${'x'.repeat(octets - name.length - 4)}\r\n\r\n`))
    const taken = await intake.finish()
    return taken.type === 'problem' ? taken.problem : undefined
  }
  for (const [name, most] of [
    ['Subject', 256 * kib],
    ['From', 16 * kib],
  ] as const) {
    assert.equal(await problemOf(name, most), undefined, name)
    const problem = { type: 'field-too-long', field: name.toLowerCase(), maxOctets: most }
    assert.deepEqual(await problemOf(name, most + 1), problem)
  }
})
