import type { RoadsNow } from '../desk/roads-now.ts'
import { nothingSaid } from './courier-limits.ts'
import type { MailSystem } from './mail-system.ts'

/** What a mail system that runs knows of the ways to destinations. */
export function roadsNow(system: Pick<MailSystem, 'roads' | 'heldBack' | 'letters'>): RoadsNow {
  return {
    plan: () => system.roads.limits?.plan ?? nothingSaid,
    heldBack: () => system.heldBack,
    sites: (destinations) => system.letters.sites(destinations),
  }
}
