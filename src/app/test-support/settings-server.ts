import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { silent } from '../../base/log.ts'
import { parseConfig } from '../../config/config.ts'
import type { Settings } from '../../config/settings.ts'
import type { DnsServer } from '../../io/dns-server.ts'
import type { LabClock } from '../../lab/clock.ts'
import { openReadOnlyStore } from '../../store/sqlite/sqlite-reader.ts'
import type { ReadPorts } from '../../store/reads.ts'
import { testFolder } from '../../store/test-folder.ts'
import { openServer } from '../open-server.ts'
import type { RunningServer } from '../running-server.ts'
import { forTest } from './both-ways.ts'
import { journeyIn, replayAll, type TestJourney } from './replay-all.ts'
import type { TestNetwork } from './test-network.ts'

/** A whole server, opened as `waybill start` opens it from a file of settings. */
export interface SettingsServer {
  readonly server: RunningServer
  /** Its data folder. */
  readonly data: string
  /** What it has written, as another process would read it. */
  readonly reader: ReadPorts
  /** Reads other settings in, as SIGHUP does; `more` stands in place of what was there. */
  readonly reload: (more: string) => Promise<void>
  /** Waits until the journey is as it should be. */
  readonly journeyWhere: (id: string, is: (journey: TestJourney) => boolean) => Promise<TestJourney>
  /** Waits until it is so; looks after each commit that concerns a journey. */
  readonly when: (isSo: () => boolean | Promise<boolean>) => Promise<void>
}

/** What a server of a test is opened with. */
export interface SettingsServerPlan {
  readonly hostname: string
  readonly domain: string
  /** Tables of `waybill.toml` behind the usual ones. */
  readonly more: string
  readonly dns: DnsServer
  readonly network: TestNetwork
  readonly clock: LabClock
  /** What was only handed on cannot be judged again: its octets went with it. */
  readonly replay?: boolean
}

/**
 * Opens a server by the text of its settings, on free ports of loopback. After the test every journey
 * that it wrote is replayed; a fault of ours fails the test.
 */
export async function openSettingsServer(
  t: TestContext,
  plan: SettingsServerPlan,
): Promise<SettingsServer> {
  const { folder, remove } = testFolder()
  const data = join(folder, 'data')
  const read = (more: string): Settings => {
    const { address, port } = plan.dns.endpoint
    const found = parseConfig(
      `hostname = "${plan.hostname}"
       domains = ["${plan.domain}"]
       data = ${JSON.stringify(data)}
       [listen]
       address = "127.0.0.1"
       [http]
       port = 0
       [mta_sts]
       enabled = false
       [dns]
       servers = ["${address}:${port}"]
       ${more}`,
    )
    assert.ok(found.type === 'settings', JSON.stringify(found))
    return forTest(found.settings)
  }
  const problems: string[] = []
  const server = await openServer({
    settings: read(plan.more),
    autoPorts: true,
    dialer: plan.network,
    clock: plan.clock,
    loopbackIsSelf: false,
    log: silent,
    report: (problem, where) => problems.push(`${where}: ${String(problem)}`),
    broken: (problem) => problems.push(problem.message),
  })
  const reader = openReadOnlyStore({ folder: data })
  t.after(async () => {
    server.hurry()
    await server.close()
    try {
      if (plan.replay !== false) await replayAll(reader)
    } finally {
      reader.close()
      remove()
    }
    assert.deepEqual(problems, [])
  })
  const when: SettingsServer['when'] = async (isSo) => {
    const changes = server.changes({ only: ['journey'] })
    while (!(await isSo())) await changes.next()
    await changes.return?.()
  }
  return {
    server,
    data,
    reader,
    when,
    async reload(more) {
      await server.reload(read(more))
    },
    async journeyWhere(id, is) {
      let journey: TestJourney | undefined
      await when(async () => {
        if ((await reader.journeys.find(id)).type !== 'found') return false
        journey = await journeyIn(reader, id)
        return is(journey)
      })
      return journey ?? assert.fail('no journey')
    },
  }
}
