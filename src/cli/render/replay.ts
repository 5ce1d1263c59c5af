import { inOneLine } from '../../base/shown-text.ts'
import {
  isChanged,
  isOtherVerdict,
  type ReplayedStepView,
  type ReplayView,
} from '../../journey/replay-view.ts'
import { wordOf } from '../../journey/told-step.ts'
import { columns, paint, print, say, wrapped } from '../output.ts'

/** Shows what a replay came to. @param changes what was changed, in words */
export function printReplay(view: ReplayView, changes: readonly string[]): void {
  const { id } = view
  if (!view.replayed) return say(`${id} cannot be replayed: ${view.because}`)
  if (view.because !== undefined) return print(`${id}: ${view.because.replace(/^N/, 'n')}`)
  const changed = changes.length === 0 ? '' : ` ${changes.map((one) => `${one}.`).join(' ')}`
  printAnswer('', `Replaying ${id} from its recorded answers (no network).${changed}`)
  print('')
  const wide = Math.max(26, ...view.steps.map(({ recorded }) => wordOf(recorded).length))
  print(`  ${'step'.padEnd(11)} ${'recorded'.padEnd(wide)} now`)
  for (const step of view.steps) print(rowOf(step, wide))
  const different = view.steps.filter(isChanged)
  if (different.length > 0) print('')
  for (const step of different) printAnswers(step)
  const { unused = [], missing, first_difference: first } = view
  if (unused.length > 0) {
    print('\nNobody asked for this, then or now, so it changes nothing:')
    for (const question of unused) print(`  ${question}`)
  }
  if (missing.length > 0) {
    print('\nNot in the record, because nobody asked then:')
    for (const question of missing) print(`  ${inOneLine(question)}`)
    print("Until you say it with --dns 'NAME TYPE VALUE', DNS counts as silent there.")
  }
  if (first !== null) print(`\nThe first step that differs: ${first}.`)
  else if (missing.length === 0) print('\nThe same, bit for bit.')
  else print('\nAll else is the same, bit for bit.')
}

function rowOf(step: ReplayedStepView, wide: number): string {
  const now = step.missing.length > 0 ? 'not in the record' : wordOf(step.now)
  // The same word may rest on something else: DMARC on one signature instead of two.
  const changed = isOtherVerdict(step) ? '<- changed' : '<- for other reasons'
  const mark = isChanged(step) ? `  ${paint('yellow', changed)}` : ''
  return `  ${step.label.padEnd(11)} ${wordOf(step.recorded).padEnd(wide)} ${now}${mark}`
}

/** What a step says now, below what it said then. */
function printAnswers({ label, recorded, now }: ReplayedStepView): void {
  printAnswer(`  ${label.padEnd(11)} was  `, recorded.answer)
  printAnswer(`  ${''.padEnd(11)} now  `, now.answer)
}

/** An answer behind its head, broken where the terminal ends. */
export function printAnswer(head: string, answer: string): void {
  const indent = head.length
  print(`${head}${wrapped(answer, { width: columns(), indent, used: indent })}`)
}
