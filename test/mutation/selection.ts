import { seededRandom } from '../../src/base/random.ts'
import type { Mutant } from './mutants.ts'

/** A change with the file that it is made in, relative to the root. */
export interface PlacedMutant extends Mutant {
  readonly file: string
}

/**
 * `count` of the changes, the same for the same seed: every kind in turn, so that the many moved
 * limits do not crowd out the few swapped arguments.
 */
export function choose(
  mutants: readonly PlacedMutant[],
  { count, seed }: { readonly count: number; readonly seed: number },
): readonly PlacedMutant[] {
  const random = seededRandom(seed)
  const byKind = Map.groupBy(mutants, ({ kind }) => kind)
  const piles = Array.from(byKind.values(), (pile) => shuffled(pile, random))
  const chosen: PlacedMutant[] = []
  for (let turn = 0; chosen.length < Math.min(count, mutants.length); turn++) {
    for (const pile of piles) {
      const next = pile[turn]
      if (next !== undefined && chosen.length < count) chosen.push(next)
    }
  }
  return chosen
}

function shuffled(pile: readonly PlacedMutant[], random: () => number): readonly PlacedMutant[] {
  return pile
    .map((mutant) => ({ mutant, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ mutant }) => mutant)
}
