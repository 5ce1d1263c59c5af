import { inOneLine } from '../../base/shown-text.ts'
import type { ReplayCounts } from '../../desk/replay-all.ts'
import { isChanged, isOtherVerdict, type ReplayView } from '../../journey/replay-view.ts'
import { wordOf } from '../../journey/told-step.ts'
import { print } from '../output.ts'
import { grouped } from '../progress.ts'

/** One journey of many that comes out another way, in one line. */
export function printChanged(view: ReplayView): void {
  if (!view.replayed) return
  const words = view.steps.filter(isChanged).map((step) => {
    const { label, recorded, now } = step
    return isOtherVerdict(step)
      ? `${label}: ${wordOf(recorded)} -> ${wordOf(now)}`
      : `${label}: for other reasons`
  })
  print(`${view.id}  ${words.join('; ')}`)
}

/** How a replay of all journeys went. */
export function printCounts(counts: ReplayCounts): void {
  const { journeys, same, changed, other_reasons, not_recorded, nothing, not_replayable } = counts
  print(`${grouped(journeys)} journeys: ${grouped(same)} the same, ${grouped(changed)} changed.`)
  const tell = (count: number, text: string): void => {
    if (count > 0) print(`  ${grouped(count)} ${text}`)
  }
  tell(other_reasons, 'with the same verdicts, for other reasons')
  tell(nothing, 'without a verdict to derive')
  tell(not_recorded, 'would need an answer that nobody asked for then')
  tell(not_replayable, 'could not be replayed:')
  for (const [because, count] of Object.entries(counts.because)) {
    print(`    ${grouped(count)}: ${inOneLine(because)}`)
  }
}
