import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { importBundle } from '../../desk/bundle-import.ts'
import { openBundled } from '../../desk/bundle-reading.ts'
import { readPackedLines } from '../../io/bundle-file.ts'
import { openMemoryStore } from '../../store/memory/memory-store.ts'
import { runSituation } from '../../lab/run-situation.ts'
import { situations } from '../../lab/situations.ts'
import { testFolder } from '../../store/test-folder.ts'
import type { Ran } from './runner.test-support.ts'

interface House {
  readonly folder: string
  readonly config: string
  /** The receiving journeys of the situations, by their names. */
  readonly ids: ReadonlyMap<string, string>
  readonly waybill: (...args: string[]) => Promise<Ran>
}

/** The data of a lab in which these situations were tried. */
async function house(t: TestContext, names: readonly string[]): Promise<House> {
  const { folder, remove } = testFolder()
  t.after(remove)
  const ids = new Map<string, string>()
  for (const name of names) {
    const situation = situations.find((one) => one.name === name)
    assert.ok(situation !== undefined)
    const id = await runSituation(situation, {
      folder,
      report: (problem, where) => assert.fail(`${where}: ${String(problem)}`),
      look: ([received]) => received?.journey.id ?? '',
    })
    ids.set(name, id)
  }
  const config = join(folder, 'new.toml')
  const lines = [
    'hostname = "mx.south.example"',
    'domains = ["south.example", "north.example"]',
    `data = ${JSON.stringify(folder)}`,
  ]
  writeFileSync(config, [...lines, '[receive]', 'allow = ["north.example"]', ''].join('\n'))
  const child = fork(join(import.meta.dirname, 'runner.test-support.ts'), {
    env: { ...process.env, NO_COLOR: '1' },
  })
  t.after(() => child.kill())
  return {
    folder,
    config,
    ids,
    waybill: async (...args) => {
      const named = args.includes('--data') || args.includes('--config')
      const where = named ? [] : ['--data', folder]
      child.send([...args, ...where])
      // What `Ran` of that file says.
      const [ran] = (await once(child, 'message')) as [Ran]
      return ran
    },
  }
}

function object(ran: Ran): Record<string, unknown> {
  // Whatever is printed, member by member is compared.
  return JSON.parse(ran.out) as Record<string, unknown>
}

test('two journeys side by side: what differs, and which step ended otherwise first', async (t) => {
  const { waybill, ids } = await house(t, ['hello', 'forged'])
  const [hello = '', forged = ''] = [ids.get('hello'), ids.get('forged')]
  const told = await waybill('diff', hello, forged)
  assert.equal(told.code, 1)
  assert.match(told.out, /^ {2}ip +192\.0\.2\.10 +198\.51\.100\.66$/m)
  assert.match(told.out, /^ {2}SPF +pass +fail$/m)
  assert.match(told.out, /^ {2}DMARC +pass, asks reject +fail, asks reject$/m)
  assert.match(told.out, /The first step that ends otherwise: /)
  const json = object(await waybill('diff', hello, forged, '--json'))
  assert.deepEqual([json['left'], json['right'], json['same']], [hello, forged, false])
  const steps = json['steps'] as {
    id: string
    verdict: boolean
    right: { result: string } | null
  }[]
  const spf = steps.find(({ id }) => id === 'spf.mailfrom')
  assert.deepEqual([spf?.verdict, spf?.right?.result], [true, 'fail'])
  const filed = steps.find(({ id }) => id === 'filed')
  assert.equal(filed?.right, null)
  const same = await waybill('diff', forged, forged)
  assert.deepEqual([same.code, same.out], [0, `${forged} and ${forged}: nothing differs.\n`])
  assert.equal((await waybill('diff', forged, 'nonexistent')).code, 5)
})

test('the gate: all as it was, and what another configuration changes', async (t) => {
  const { waybill, ids, config, folder } = await house(t, ['hello', 'forged'])
  const forged = ids.get('forged') ?? ''
  const before = join(folder, 'before.toml')
  writeFileSync(before, 'hostname = "mx.south.example"\ndomains = ["south.example"]\n')
  const good = await waybill('replay', '--all')
  assert.equal(good.code, 0, good.messages)
  assert.match(good.out, /^\d+ journeys: \d+ the same, 0 changed\.$/m)
  const json = object(await waybill('replay', '--all', '--json'))
  assert.deepEqual([json['changed'], json['changed_count'], json['other_reasons']], [[], 0, 0])

  const changed = await waybill('replay', '--all', '--config', config)
  assert.equal(changed.code, 1)
  assert.ok(
    changed.out.includes(`${forged}  decision: refuse, asks reject -> deliver, asks reject`),
  )
  const list = object(await waybill('replay', '--all', '--config', config, '--json'))
  const entries = list['changed'] as { id: string; site: string; steps: { id: string }[] }[]
  const entry = entries.find(({ id }) => id === forged)
  assert.deepEqual([entry?.site, entry?.steps.map(({ id }) => id)], ['south', ['decision']])

  const there = ['--data', folder] as const
  assert.equal((await waybill('replay', '--all', '--config', config, ...there)).out, changed.out)
  const other = await waybill('replay', '--all', '--rules', config)
  assert.deepEqual([other.code, other.out], [1, changed.out])
  const asNow = await waybill('replay', '--all', '--rules', before, '--config', config)
  assert.deepEqual([asNow.code, asNow.out], [0, good.out])

  const one = await waybill('replay', forged, '--rules', config)
  assert.equal(one.code, 1)
  assert.match(one.out, /By the rules of .*new\.toml\./)
  assert.match(one.out, /^ {2}decision +was {2}Refused: /m)
  for (const args of [['replay'], ['replay', 'last', '--all']]) {
    const wrong = await waybill(...args)
    assert.equal(wrong.code, 2)
    assert.match(wrong.messages, /It must be said which journey is meant/)
  }
  const broken = join(config, '..', 'broken.toml')
  writeFileSync(broken, 'hostname = 3\n')
  const refused = await waybill('replay', forged, '--rules', broken)
  assert.deepEqual([refused.code, /is no configuration: /.test(refused.messages)], [2, true])
  const author = await waybill('replay', forged, '--from', '\n')
  assert.equal(author.code, 2)
})

test('for one journey --config names the data folder alone, as since 0.1.0', async (t) => {
  const { waybill, ids, config, folder } = await house(t, ['forged'])
  const forged = ids.get('forged') ?? ''
  const plain = await waybill('replay', forged, '--data', folder)
  const named = await waybill('replay', forged, '--config', config)
  assert.deepEqual([named.code, named.out], [0, plain.out])
  const json = object(await waybill('replay', forged, '--config', config, '--json'))
  assert.deepEqual([json['same'], json['first_difference']], [true, null])
  const both = await waybill('replay', forged, '--config', config, '--data', folder)
  assert.deepEqual(
    [both.code, /Either --data or --config, not both/.test(both.messages)],
    [2, true],
  )
})

test('a bundle is shown and replayed as the journey was, and can be brought in elsewhere', async (t) => {
  const { waybill, ids, folder } = await house(t, ['forged', 'hello'])
  const [hello = '', forged = ''] = [ids.get('hello'), ids.get('forged')]
  const both = join(folder, 'both.waybill')
  const made = await waybill('export', hello, forged, '--out', both, '--json')
  assert.deepEqual(object(made), { file: both, journeys: 2, redacted: false })
  const shown = await waybill('show', forged, '--json')
  assert.equal((await waybill('show', both, forged, '--json')).out, shown.out)
  assert.equal((await waybill('replay', both, forged)).code, 0)
  const watched = ['--dns', '_dmarc.north.example TXT "v=DMARC1; p=none"']
  const [one, other] = [
    await waybill('replay', forged, ...watched),
    await waybill('replay', both, forged, ...watched),
  ]
  assert.deepEqual([other.code, other.out], [1, one.out])
  const which = await waybill('show', both)
  assert.equal(which.code, 2)
  assert.ok(which.messages.includes(hello) && which.messages.includes(forged))
  assert.equal((await waybill('show', both, 'zzzz')).code, 5)

  const elsewhere = join(folder, 'elsewhere')
  const brought = await waybill('import', both, '--json', '--data', elsewhere)
  const { messages } = object(brought)
  assert.deepEqual(object(brought), { journeys: 2, known: 0, messages })
  const there = await waybill('show', forged, '--json', '--data', elsewhere)
  assert.equal(there.out, shown.out)
  const again = await waybill('import', both, '--data', elsewhere)
  assert.equal(
    again.out,
    '0 journeys and 0 letters were brought in. 2 were here already and stay as they are.\n',
  )
  const acts = await waybill('audit', '--json', '--data', elsewhere)
  assert.match(acts.out, /"what":"import"/)
  assert.equal((await waybill('import', both)).code, 2)
  const taken = await waybill('export', forged, '--out', both)
  assert.deepEqual([taken.code, /is there already/.test(taken.messages)], [2, true])
  assert.equal(
    (await waybill('export', 'from:nobody@x.example', '--out', `${folder}/n.waybill`)).code,
    5,
  )
  assert.equal((await waybill('export', forged, '--out', `${folder}/x.zip`)).code, 2)
  const filtered = join(folder, 'refused.waybill')
  const refused = await waybill('export', 'status:refused', '--out', filtered, '--json')
  assert.equal(object(refused)['journeys'], 1)
})

test('a redacted bundle shows each verdict and says what it cannot replay', async (t) => {
  const { waybill, ids, folder } = await house(t, ['forged'])
  const forged = ids.get('forged') ?? ''
  const file = join(folder, 'redacted.waybill')
  assert.equal((await waybill('export', forged, '--redact', '--out', file)).code, 0)
  const shown = await waybill('show', file, '-v')
  assert.equal(shown.code, 0)
  assert.ok(!/[\w.]+(?<!r-[0-9a-f]{10})@/.test(shown.out), shown.out)
  assert.match(shown.out, /r-[0-9a-f]{10}@north\.example/)
  const replayed = await waybill('replay', file)
  assert.equal(replayed.code, 3)
  assert.match(replayed.messages, /The bundle is redacted: the letter that it takes is not in it\./)
})

test('what is no bundle is told in one sentence', async (t) => {
  const { folder, remove } = testFolder()
  t.after(remove)
  const head = {
    line: 'bundle',
    format: 'waybill.bundle/1',
    made_by: '0',
    made_at: '',
    redacted: false,
  }
  const lines = (...all: readonly unknown[]): Buffer =>
    gzipSync([head, ...all].map((one) => JSON.stringify(one)).join('\n'))
  const id = '1m8edbxm7yja8t5h'
  const journey = {
    line: 'journey',
    id,
    status: 'refused',
    summary: '',
    appended: [],
    message: null,
  }
  const letter = { line: 'message', id: 'm1', size: 3, prefix: '', omit: [] }
  const octets = { line: 'octets', octets: Buffer.from('abc').toString('base64') }
  const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ['text', Buffer.from('hello'), /is no bundle, or is damaged/],
    ['empty', gzipSync(''), /no end: it was cut/],
    ['cut', lines({ line: 'end', journeys: 0 }).subarray(0, 40), /is no bundle, or is damaged/],
    ['other format', gzipSync(JSON.stringify({ ...head, format: 'x/9' })), /of another format/],
    ['no end', lines(), /no end: it was cut/],
    ['count', lines({ line: 'end', journeys: 4 }), /fewer journeys than it says/],
    ['not JSON', gzipSync('{'), /a line that is not JSON/],
    ['unknown line', lines({ line: 'other' }), /a kind that is not known/],
    [
      'record',
      lines({ ...journey, record: '{}' }, { line: 'end', journeys: 1 }),
      /record cannot be read/,
    ],
    [
      'deep',
      lines({ ...journey, record: '['.repeat(1_000_000) }, { line: 'end', journeys: 1 }),
      /record cannot be read/,
    ],
    ['no letter', lines({ ...journey, record: '{}', message: 'm1' }), /whose letter is not in it/],
    ['short letter', lines(letter, { line: 'whole', sha256: hash }), /another length than it says/],
    ['long letter', lines(letter, octets, octets), /longer than it says/],
    [
      'changed letter',
      lines(letter, octets, { line: 'whole', sha256: hash.replace('b', 'c') }),
      /its hash is another/,
    ],
    ['ranges', lines({ ...letter, omit: [[2, 1]] }), /ranges that are none/],
    ['huge line', gzipSync(Buffer.alloc(17 << 20, 'a')), /a line of more than 16777216 octets/],
  ]
  for (const [name, file, problem] of cases) {
    const path = join(folder, `${name.replace(' ', '-')}.waybill`)
    writeFileSync(path, file)
    await assert.rejects(openBundled(readPackedLines(path)), problem, name)
    const store = openMemoryStore()
    await assert.rejects(importBundle(readPackedLines(path), store), problem, name)
    assert.deepEqual(await store.counts(), { messages: 0, queued: 0, held: 0, journeys: 0 })
  }
  await assert.rejects(
    openBundled(readPackedLines(join(folder, 'none.waybill'))),
    /There is no file/,
  )
})
