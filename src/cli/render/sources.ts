import type { SourceStanding } from '../../deliver/source-book.ts'
import { rowTime } from '../commands/list.ts'
import { grouped } from '../progress.ts'

/** The sources of a server, line by line: what each has sent, and what it may not send. */
export function sourceTexts(sources: readonly SourceStanding[]): readonly string[] {
  return sources.flatMap((one) => [
    standingText(one),
    ...one.pauses.map((pause) => pauseText(one, pause)),
  ])
}

/** The same for programs. */
export function sourceJson({ warmUp, pauses, ...rest }: SourceStanding): unknown {
  return {
    ...rest,
    warm_up: warmUp ?? null,
    pauses: pauses.map(({ site, since, until, because }) => ({
      site: site ?? null,
      since: time(since),
      until: time(until),
      because,
    })),
  }
}

function standingText({ name, pool, addresses, hostname, today, warmUp }: SourceStanding): string {
  const who = `${name}  ${addresses.join(', ')} as ${hostname}, pool ${pool}`
  return `${who}; ${todayText(today, warmUp)}`
}

function todayText(today: number, warmUp: SourceStanding['warmUp']): string {
  if (warmUp === undefined) return `${grouped(today)} sent today (UTC)`
  const { day, letters } = warmUp
  if (day < 1) return `its warm-up begins in ${counted(1 - day, 'day')}`
  return `${grouped(today)} of ${grouped(letters)} sent today (UTC), day ${day} of its warm-up`
}

function pauseText(
  { name }: SourceStanding,
  { site, since, until, because }: SourceStanding['pauses'][number],
): string {
  const to = site === undefined ? '' : ` to ${site}`
  const from = since === undefined ? '' : ` since ${rowTime(since)}`
  const end = until === undefined ? 'until somebody ends it' : `until ${rowTime(until)}`
  return `${name}  nothing${to}${from}, ${end}: ${because}`
}

function counted(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? '' : 's'}`
}

function time(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}
