import { silent } from '../base/log.ts'
import { OutgoingSources } from '../app/outgoing-sources.ts'
import { sourcePlan } from '../app/source-settings.ts'
import type { Settings } from '../config/settings.ts'
import type { SourceBook } from '../deliver/source-book.ts'
import { PersonPauses } from '../desk/pauses.ts'
import { systemClock } from '../io/clock.ts'
import type { ReadOnlyStore } from '../store/sqlite/sqlite-reader.ts'

/**
 * The sources of the settings, with what the data says of today and of what people have paused. Which
 * sites refuse one, the running server alone knows.
 */
export async function sourcesOf(
  settings: Settings,
  reader: ReadOnlyStore | undefined,
): Promise<SourceBook | undefined> {
  if (settings.source.length === 0) return undefined
  const register = {
    find: async (...asked: Parameters<ReadOnlyStore['register']['find']>) => {
      return await reader?.register.find(...asked)
    },
    list: async (...asked: Parameters<ReadOnlyStore['register']['list']>) => {
      return (await reader?.register.list(...asked)) ?? []
    },
    put: onlyRead,
    remove: onlyRead,
  }
  const plan = sourcePlan(settings)
  const persons = new PersonPauses({ register, now: () => systemClock.now() })
  persons.knows(plan.sources)
  const sources = new OutgoingSources({
    log: silent,
    register,
    persons,
    clock: systemClock,
    report: broken,
  })
  sources.use(plan)
  await Promise.all([persons.load(), sources.loaded()])
  return sources.book
}

function onlyRead(): never {
  throw new Error('route: it only reads')
}

function broken(problem: unknown): never {
  throw new Error('route: what sources have sent cannot be read', { cause: problem })
}
