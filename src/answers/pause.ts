import type { AnswerKind, AnswerReading } from './kinds.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** For how long nothing more is sent, to a destination or from our address to it. */
export interface PauseWanted {
  readonly of: 'destination' | 'source'
  readonly forMs: number
}

/**
 * What a refusal asks to keep back: further letters would hear the same. A refusal for good keeps them
 * back for longer, since each of them would be lost, and who can mend it is a person.
 *
 * @param permanent whether the reply is of the class 5
 */
export function pauseAfter(reading: AnswerReading, permanent: boolean): PauseWanted | undefined {
  const { kind, advice } = reading
  const minutes = minutesFor[kind] ?? usualMinutes
  const forMs = permanent ? hourMs : minutes * minuteMs
  if (advice === 'pause-source') return { of: 'source', forMs }
  if (advice === 'pause-destination') return { of: 'destination', forMs }
  return undefined
}

/** Whether it says of our address itself that it is listed, or not trusted: others may well say so, too. */
export function blamesAddress({ kind, scope }: AnswerReading): boolean {
  return scope === 'ourselves' && (kind === 'listed' || kind === 'reputation')
}

/** For refusals for now. Short: it costs one letter to ask again, and nothing of it is lost. */
const minutesFor: Readonly<Partial<Record<AnswerKind, number>>> = {
  'try-later': 2,
  'rate-limited': 5,
  'system-full': 10,
  'login-wanted': 15,
  'tls-wanted': 15,
  reputation: 15,
  listed: 30,
}

const usualMinutes = 5
