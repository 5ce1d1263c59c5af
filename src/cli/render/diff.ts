import { inOneLine } from '../../base/shown-text.ts'
import type { DifferentStep, JourneyDiff } from '../../journey/diff.ts'
import { type ToldStep, wordOf } from '../../journey/told-step.ts'
import { print } from '../output.ts'
import { printAnswer } from './replay.ts'

/** Shows what differs between two journeys. */
export function printDiff({
  left,
  right,
  same,
  facts,
  steps,
  first_difference,
}: JourneyDiff): void {
  if (same) return print(`${left} and ${right}: nothing differs.`)
  print(`  ${''.padEnd(11)} ${left.padEnd(30)} ${right}`)
  for (const fact of facts) {
    print(`  ${fact.name.padEnd(11)} ${shown(fact.left).padEnd(30)} ${shown(fact.right)}`)
  }
  for (const step of steps) {
    print(`  ${step.label.padEnd(11)} ${wordIn(step.left).padEnd(30)} ${wordIn(step.right)}`)
  }
  print('')
  for (const step of steps) printBoth(step)
  const first = steps.find(({ id }) => id === first_difference)
  print(
    first === undefined
      ? '\nEvery verdict is the same.'
      : `\nThe first step that ends otherwise: ${first.label} (${first.id}).`,
  )
}

function printBoth({ label, left, right }: DifferentStep): void {
  if (left !== null) printAnswer(`  ${label.padEnd(11)} 1  `, left.answer)
  if (right !== null) printAnswer(`  ${(left === null ? label : '').padEnd(11)} 2  `, right.answer)
}

function shown(fact: string): string {
  return inOneLine(fact === '' ? '-' : fact)
}

function wordIn(step: ToldStep | null): string {
  return step === null ? '-' : wordOf(step)
}
