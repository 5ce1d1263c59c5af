import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
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
  const lines = ['hostname = "mx.south.example"', 'domains = ["south.example", "north.example"]']
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
      child.send([...args, '--data', folder])
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
  const { waybill, ids, config } = await house(t, ['hello', 'forged'])
  const forged = ids.get('forged') ?? ''
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

  const one = await waybill('replay', forged, '--config', config)
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
  const refused = await waybill('replay', forged, '--config', broken)
  assert.deepEqual([refused.code, /is no configuration: /.test(refused.messages)], [2, true])
  const author = await waybill('replay', forged, '--from', '\n')
  assert.equal(author.code, 2)
})
