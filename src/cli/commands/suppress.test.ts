import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { testFolder } from '../../store/test-folder.ts'
import { runner } from './command-lines.test-support.ts'
import type { Ran } from './runner.test-support.ts'

function open(t: TestContext): {
  readonly folder: string
  readonly suppress: (...args: string[]) => Promise<Ran>
  readonly audit: () => Promise<Ran>
} {
  const { folder, remove } = testFolder()
  t.after(remove)
  const config = join(folder, 'waybill.toml')
  const data = join(folder, 'data')
  const lines = [
    'hostname = "mx.south.example"',
    'domains = ["south.example"]',
    `data = ${JSON.stringify(data)}`,
  ]
  writeFileSync(config, lines.join('\n'))
  const run = runner(t)
  return {
    folder,
    suppress: (...args) => run('suppress', ...args, '--config', config),
    audit: () => run('audit', '--json', '--data', data),
  }
}

function addresses({ out }: Ran): readonly string[] {
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).address)
}

test('addresses come onto the list and off it, and the audit says who did that', async (t) => {
  const { suppress, audit } = open(t)
  const none = await suppress('list')
  assert.deepEqual([none.code, none.out], [0, ''])
  assert.match(none.messages, /No address is suppressed/)

  const wish = ['b@north.example', 'A@north.example', 'a@NORTH.example', '--until', '2999-01-31']
  const dry = await suppress('add', ...wish, '--dry-run')
  assert.equal(dry.out, '2 addresses would be put on the list.\n')
  const added = await suppress('add', ...wish, '--why', 'she asked for it')
  assert.equal(added.out, '2 addresses were put on the list.\n')
  const { out } = await suppress('list', 'north')
  assert.match(
    out,
    /^a@NORTH\.example {2}by-hand +since \d{4}-\d\d-\d\d until 2999-01-31 +she asked/,
  )
  assert.equal((await suppress('list', 'south')).out, '')

  const would = await suppress(
    'remove',
    'B@north.example',
    'x@north.example',
    '--dry-run',
    '--json',
  )
  assert.deepEqual(JSON.parse(would.out), { removed: 1, dry_run: true })
  const removed = await suppress('remove', 'B@north.example', 'x@north.example')
  assert.equal(removed.out, '1 address was taken off the list.\n')
  assert.deepEqual(addresses(await suppress('list', '--json')), ['a@NORTH.example'])
  const gone = await suppress('remove', 'b@north.example')
  assert.match(gone.out + gone.messages, /0 addresses were taken off.*waybill suppress list/s)

  const acts = (await audit()).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ what, why, detail }) => [what, why, detail])
  assert.deepEqual(acts.toReversed(), [
    [
      'suppress add',
      'she asked for it',
      { added: 2, first: ['b@north.example', 'a@NORTH.example'] },
    ],
    ['suppress remove', '', { removed: 1, first: ['B@north.example', 'x@north.example'] }],
  ])
})

test('what is exported is imported as it was, and so is a plain list', async (t) => {
  const { folder, suppress } = open(t)
  const file = join(folder, 'list')
  const plain = ['# gone', '', ...Array.from({ length: 600 }, (_, n) => `u${n}@north.example`)]
  writeFileSync(file, plain.join('\r\n'))
  assert.match((await suppress('import', file, '--dry-run')).out, /^600 addresses would be put/)
  assert.equal((await suppress('list', '--json')).out, '')
  assert.match((await suppress('import', file)).out, /^600 addresses were put/)
  await suppress('add', 'c@north.example', '--reason', 'complaint', '--until', '2999-01-31')
  const { out } = await suppress('export')
  assert.equal(out.trim().split('\n').length, 601)

  const other = open(t)
  const copy = join(other.folder, 'copy')
  writeFileSync(copy, out.replace('2999-01-31', '2998-01-31'))
  assert.match((await other.suppress('import', copy, '--json')).out, /"added":601/)
  const found = JSON.parse((await other.suppress('list', 'c@north', '--json')).out)
  assert.deepEqual([found.reason, found.until.slice(0, 4)], ['complaint', '2998'])
})

test('what is no address is told with its line, and nothing is added', async (t) => {
  const { folder, suppress } = open(t)
  const bad = await suppress('add', 'north.example')
  assert.equal(bad.code, 2)
  assert.match(bad.messages, /"north\.example" is no address/)
  const over = await suppress('add', 'a@north.example', '--until', '2001-01-01')
  assert.equal(over.code, 2)
  assert.match(over.messages, /is over already/)
  const file = join(folder, 'list')
  for (const line of ['nobody', '{"address":1', '{"reason":"x"}']) {
    writeFileSync(file, `a@north.example\n${line}\n`)
    const ran = await suppress('import', file)
    assert.equal(ran.code, 2, line)
    assert.match(ran.messages, /Line 2 of .* has no address/)
  }
  assert.equal((await suppress('list', '--json')).out, '')
  const none = await suppress('import', join(folder, 'nothing'))
  assert.notEqual(none.code, 0)
  assert.match(none.messages, /nothing/)
})
