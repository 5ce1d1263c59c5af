import { useState } from 'preact/hooks'
import type { Problem } from '../types.ts'
import { ask, type Asked, asProblem } from './ask.ts'

/** Something that a reader of the page does, and what came of it. */
export interface Acting {
  readonly problem: Problem | undefined
  /** What was done last, in a sentence. */
  readonly done: string
  readonly busy: boolean
  /** Asks for it; `said` makes the sentence of the answer. Whether it was done. */
  readonly act: <Answer>(
    path: string,
    asked: Asked,
    said: (answer: Answer) => string,
  ) => Promise<boolean>
}

/** Lets a reader do something, with a word on what came of it. */
export function useAct(changed: () => void): Acting {
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [done, setDone] = useState('')
  const [busy, setBusy] = useState(false)
  return {
    problem,
    done,
    busy,
    async act<Answer>(path: string, asked: Asked, said: (answer: Answer) => string) {
      setProblem(undefined)
      setDone('')
      setBusy(true)
      try {
        setDone(said(await ask<Answer>(path, asked)))
        changed()
        return true
      } catch (error) {
        setProblem(asProblem(error))
        return false
      } finally {
        setBusy(false)
      }
    },
  }
}
