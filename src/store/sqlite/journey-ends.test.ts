/** Finding a journey by the end of its id, when there are more than share one text of ends. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { acceptance, journey, now } from '../contract-cases.ts'
import { openWriter } from './open-writer.ts'
import { openReadOnlyStore } from './sqlite-reader.ts'
import { testFolder } from '../test-folder.ts'
import type { Writer } from './writer.ts'

const batch = 500

function idOf(n: number): string {
  return `begin-${'abcdefghij'.at(n % 10) ?? ''}${String(n).padStart(6, '0')}`
}

function write(writer: Writer, from: number, to: number): void {
  for (let first = from; first < to; first += batch) {
    const some = Array.from({ length: Math.min(batch, to - first) }, (_, i) => first + i)
    const outcomes = writer.run(
      some.map((n) => {
        const one = journey(idOf(n), { startedAt: now + n })
        return { type: 'accept', acceptance: acceptance({ journeys: [one] }) }
      }),
    )
    assert.ok(outcomes.every(({ ok }) => ok))
  }
}

function opened(t: TestContext): { readonly folder: string; readonly writer: Writer } {
  const { folder, remove } = testFolder()
  const { writer } = openWriter({ folder, busyTimeoutMs: 0 })
  t.after(() => {
    writer.close()
    remove()
  })
  return { folder, writer }
}

async function found(folder: string, ref: string): Promise<readonly string[]> {
  const reader = openReadOnlyStore({ folder })
  try {
    const answer = await reader.journeys.find(ref)
    if (answer.type === 'found') return [answer.journey.id]
    return answer.type === 'ambiguous' ? answer.ids : []
  } finally {
    reader.close()
  }
}

test('a journey is found by its end, wherever it stands among many', async (t) => {
  const { folder, writer } = opened(t)
  write(writer, 1, 8300)
  for (const n of [1, 2, 4095, 4096, 4097, 8191, 8192, 8193, 8299]) {
    const id = idOf(n)
    assert.deepEqual(await found(folder, id.slice(-6)), [id])
    assert.deepEqual(await found(folder, id.slice(-7).toUpperCase()), [id])
  }
  assert.deepEqual(await found(folder, '7012'), [idOf(7012)])
  assert.deepEqual(await found(folder, '009999'), [])
  // The end fits and what stands before it does not.
  assert.deepEqual(await found(folder, 'x004097'), [])
})

test('journeys that get the keys of removed ones are found by their ends', async (t) => {
  const { folder, writer } = opened(t)
  write(writer, 1, 8200)
  const request = { journeysBefore: now + 1_000_000 }
  const step = { type: 'prune', request } as const
  for (let more = true; more; ) {
    const [outcome] = writer.run([step])
    assert.ok(outcome?.ok === true)
    more = typeof outcome.value === 'object' && 'more' in outcome.value && outcome.value.more
  }
  assert.deepEqual(await found(folder, '004097'), [])
  write(writer, 10_001, 14_200)
  for (const n of [10_001, 14_000, 14_096, 14_097, 14_199]) {
    assert.deepEqual(await found(folder, idOf(n).slice(-6)), [idOf(n)])
  }
})
