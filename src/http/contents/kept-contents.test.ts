import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { acceptance, journey, message } from '../../store/contract-cases.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import type { ReadPorts } from '../../store/reads.ts'
import type { ContentForm } from './content-task.ts'
import { KeptContents } from './kept-contents.ts'

const forms: readonly ContentForm[] = [
  { type: 'parts' },
  { type: 'text' },
  { type: 'links' },
  { type: 'codes' },
  { type: 'part', n: 0 },
]

/** An archive of so many letters that counts how often one is read from it. */
async function archive(letters: number) {
  const store = openMemoryStore()
  const read: string[] = []
  const gone = new Set<string>()
  for (let n = 1; n <= letters; n++) {
    const journeys = [journey(`JOURNEY${n}`, { messageId: `m${n}` })]
    const letter = message(`m${n}`, `Subject: ${n}\r\n\r\nletter ${n}`)
    await store.post.accept(acceptance({ message: letter, journeys }))
  }
  const messages: ReadPorts['messages'] = {
    async open(id) {
      const opened = gone.has(id) ? undefined : await store.messages.open(id)
      if (opened === undefined) return undefined
      return {
        ...opened,
        chunks() {
          read.push(id)
          return opened.chunks()
        },
      }
    },
  }
  const of = (n: number) => ({ id: `JOURNEY${n}`, messageId: `m${n}`, subject: '' })
  return { name: '', reads: { ...store, messages }, read, gone, of }
}

async function textOf(
  contents: KeptContents,
  from: Awaited<ReturnType<typeof archive>>,
  n: number,
): Promise<string> {
  const shown = await contents.show(from, from.of(n), { type: 'text' })
  return shown.type === 'shown' ? new TextDecoder().decode(shown.octets) : ''
}

test('whoever looks at all tabs of a message at once, and again, has it read once', async () => {
  const contents = new KeptContents()
  const from = await archive(1)
  await Promise.all(forms.map((form) => contents.show(from, from.of(1), form)))
  assert.equal(await textOf(contents, from, 1), 'letter 1')
  assert.deepEqual(from.read, ['m1'])
})

test('what is deleted, or not for who asks, is not shown, although another has it open', async () => {
  const contents = new KeptContents()
  const from = await archive(1)
  await textOf(contents, from, 1)
  const notTheirs = { ...from.reads, messages: { open: () => Promise.resolve(undefined) } }
  const asked = contents.show({ name: '', reads: notTheirs }, from.of(1), { type: 'text' })
  await assert.rejects(asked, { code: 'not-found' })
  from.gone.add('m1')
  await assert.rejects(textOf(contents, from, 1), { code: 'not-found' })
  assert.equal(contents.open, 0, 'nothing is left of it')
})

test('messages of one name in two archives are two', async () => {
  const contents = new KeptContents()
  const [north, south] = [await archive(1), await archive(1)]
  await textOf(contents, { ...north, name: 'north' }, 1)
  await textOf(contents, { ...south, name: 'south' }, 1)
  assert.deepEqual([north.read, south.read], [['m1'], ['m1']])
})

test('what nobody looks at for half a minute is closed, and the oldest of many', async () => {
  let now = 0
  const contents = new KeptContents(undefined, () => now)
  const from = await archive(20)
  await textOf(contents, from, 1)
  now = 30_000
  await textOf(contents, from, 2)
  assert.equal(contents.open, 1)
  for (let n = 3; n <= 20; n++) await textOf(contents, from, n)
  assert.equal(contents.open, 16)
  from.read.length = 0
  await textOf(contents, from, 20)
  await textOf(contents, from, 4)
  assert.deepEqual(from.read, ['m4'])
})

test('a thread that dies fails what it was asked, and the next one reads anew', async () => {
  let started = 0
  const contents = new KeptContents(() => {
    if (started++ > 0) return new Worker(new URL('./content-worker.ts', import.meta.url))
    return new Worker('process.exit(3)', { eval: true })
  })
  const from = await archive(1)
  await assert.rejects(textOf(contents, from, 1), /has ended/)
  assert.equal(contents.open, 0)
  assert.equal(await textOf(contents, from, 1), 'letter 1')
  assert.deepEqual(from.read, ['m1', 'm1'])
})
