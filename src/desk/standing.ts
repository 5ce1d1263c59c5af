import { member, notMeant, type Operation } from './act.ts'
import { downOf, type StatusSources } from './status.ts'
import type { DestinationStanding } from './why-waiting.ts'

/** What the desk needs to say what keeps letters back. */
export interface StandingPart {
  /** Of these destinations: those of which there is something to say. */
  standing(destinations: readonly string[]): readonly DestinationStanding[]
}

/** Asked by `waybill why`: which back-off, pause or limit keeps the mail of these destinations. */
export const queueStanding: Operation<
  StandingPart,
  readonly string[],
  readonly DestinationStanding[]
> = {
  name: 'queue standing',
  read: (input) => {
    const destinations = member(input, 'destinations')
    if (Array.isArray(destinations)) return destinations.map(String)
    throw notMeant('queue standing', '"destinations", a list of names')
  },
  run: (desk, destinations) => Promise.resolve(desk.standing(destinations)),
}

/** What the parts of a running server know of these destinations. */
export function standingOf(
  destinations: readonly string[],
  sources: Pick<StatusSources, 'down' | 'heldBack' | 'clock'>,
): readonly DestinationStanding[] {
  const down = new Map(
    downOf(sources.down(), sources.clock).map(({ destination, because, until }) => {
      return [destination, { because, ...(until === undefined ? {} : { until }) }]
    }),
  )
  const heldBack = sources.heldBack()
  return destinations.flatMap((destination): readonly DestinationStanding[] => {
    const [silent, held] = [down.get(destination), heldBack.get(destination)]
    if (silent === undefined && held === undefined) return []
    return [
      {
        destination,
        ...(silent === undefined ? {} : { down: silent }),
        ...(held === undefined ? {} : { heldBack: held }),
      },
    ]
  })
}
