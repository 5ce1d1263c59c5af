import { WaybillError } from '../base/error.ts'
import { nearest } from '../base/nearest.ts'
import { InTurn } from '../desk/in-turn.ts'
import type {
  Happened,
  LabDesk,
  LabTime,
  SituationView,
  ZoneRecord,
} from '../desk/lab-operations.ts'
import { normalizeName } from '../dns/resolver.ts'
import type { ZoneName } from '../dns/zone-table.ts'
import type { Store } from '../store/ports/store.ts'
import type { Lab } from './lab.ts'
import { letHappen } from './run-situation.ts'
import type { Situation } from './situation.ts'
import { findSituation, situations } from './situations.ts'

/** What people can do with a lab that runs. */
export class RunningLab implements LabDesk {
  readonly #lab: Lab
  /** One situation after the other: each changes what the next would meet. */
  readonly #turn = new InTurn()

  constructor(lab: Lab) {
    this.#lab = lab
  }

  get situations(): readonly SituationView[] {
    return situations.map(({ name, title, outcome, question, experiment }) => {
      return { name, title, outcome, question, experiment }
    })
  }

  happen(name: string): Promise<Happened> {
    const situation = knownSituation(name)
    return this.#turn.do(() => this.#happen(situation))
  }

  get time(): LabTime {
    const { clock } = this.#lab
    return { now: new Date(clock.now()).toISOString(), ahead_ms: clock.aheadMs }
  }

  advance(ms: number): void {
    this.#lab.clock.advance(ms)
    this.#lab.north.site.wakeQueue()
    this.#lab.south.site.wakeQueue()
  }

  get records(): readonly ZoneRecord[] {
    return Object.entries(this.#lab.zone).flatMap(([name, types]) =>
      Object.entries(types).map(([type, values]) => ({ name, type, values: textsOf(values) })),
    )
  }

  putRecord({ name: written, type, values }: ZoneRecord): void {
    const name = normalizeName(written)
    const { [name]: before = {}, ...others } = this.#lab.zone
    const kept = Object.entries(before).filter(([one]) => one !== type)
    const types = [...kept, ...(values.length === 0 ? [] : [[type, values] as const])]
    // What it is, is read where it is served.
    const record = Object.fromEntries(types) as ZoneName
    this.#lab.setZone(types.length === 0 ? others : { ...others, [name]: record })
  }

  resetZone(): void {
    this.#lab.setZone(this.#lab.ordinaryZone)
  }

  reset(): Promise<void> {
    return this.#turn.do(async () => {
      this.resetZone()
      this.#lab.endGreylist()
      this.#lab.trouble.end()
      this.#lab.faults.set([])
      await empty(this.#lab.north.store, this.#lab.clock.now())
      await empty(this.#lab.south.store, this.#lab.clock.now())
    })
  }

  async #happen(situation: Situation): Promise<Happened> {
    const { zone } = this.#lab
    try {
      const found = await letHappen(situation, this.#lab)
      return {
        situation: situation.name,
        outcome: found[0]?.journey.status ?? 'nothing',
        journeys: found.map(({ reader, journey: { id, direction } }) => {
          return { id, direction, site: reader === this.#lab.north.store ? 'north' : 'south' }
        }),
      }
    } finally {
      this.#lab.setZone(zone)
      this.#lab.endGreylist()
      this.#lab.trouble.end()
    }
  }
}

function knownSituation(name: string): Situation {
  const situation = findSituation(name)
  if (situation !== undefined) return situation
  const near = nearest(
    name,
    situations.map((one) => one.name),
  )
  throw new WaybillError('not-found', `There is no situation "${name.slice(0, 50)}".`, {
    hint: near === undefined ? 'waybill lab list shows them all.' : `Did you mean "${near}"?`,
  })
}

function textsOf(values: unknown): readonly string[] {
  if (typeof values === 'string') return [values]
  if (!Array.isArray(values)) return []
  return values.map((value: unknown) => (Array.isArray(value) ? value.join('') : String(value)))
}

/** Removes every message and every journey. */
async function empty(store: Store, now: number): Promise<void> {
  const rows = await store.mailboxes.items({})
  const items = rows.map(({ account, mailbox, uid }) => ({ account, mailbox, uid }))
  await store.mailboxes.remove({ items, at: now })
  await store.retention.prune({ journeysBefore: now + 1 })
}
