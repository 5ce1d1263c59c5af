import { countIn, countOn, type CountedWindow } from './window-counter.ts'

/** By which rules an account is held that sends far above its habit. */
export interface HabitRules {
  /** How many times its habit is too much. */
  readonly factor: number
  /** Recipients that are never too much, whatever the habit is. */
  readonly least: { readonly hour: number; readonly day: number }
  /** Younger accounts have no habit yet: theirs is taken to be `least` until then. */
  readonly newMs: number
  /** Accounts that are never held, in lower case. */
  readonly exempt: ReadonlySet<string>
  /** So long after it was released nothing holds an account again. */
  readonly passMs: number
}

/** The spans of time in which it is counted. */
export type HabitSpan = 'hour' | 'day'

/** What is known of one span. */
export interface SpanHabit {
  readonly window: CountedWindow
  /** The most that was counted at once since `HabitFigure.foldedAt`. */
  readonly peak: number
  /** The most of a day, smoothed over weeks. */
  readonly usual: number
}

/**
 * What an account usually sends to other servers: recipients in the fullest hour of a day, and in a
 * day. A few numbers, however much it sends. Plain data; times in Unix milliseconds.
 */
export interface HabitFigure {
  /** When something of it was counted first. */
  readonly since: number
  /** When the days before were last made part of the habit. */
  readonly foldedAt: number
  readonly hour: SpanHabit
  readonly day: SpanHabit
  /** The hold rule that was made because of it, until that is gone. */
  readonly rule?: string
  /** Somebody released it: until then nothing holds it. */
  readonly passUntil?: number
}

/** How what an account sends compares with its habit. */
export type HabitVerdict =
  | { readonly result: 'usual' }
  | {
      readonly result: 'unusual'
      readonly per: HabitSpan
      /** Recipients in the last hour or day. */
      readonly sent: number
      /** What it usually sends in its fullest one. */
      readonly usual: number
      /** More than this was too much. */
      readonly most: number
      /** Its habit is not known yet. */
      readonly isNew: boolean
    }

const spanMs = { hour: 3_600_000, day: 86_400_000 } as const
const dayMs = spanMs.day
/** A habit grows by this part of what a fuller day had more, so that one day alone makes none. */
const rising = 1 / 4
/** It falls by this part of what an emptier day had less: four weeks. */
const falling = 1 / 28

/** The figure with so many more recipients. @param figure absent: the first ones */
export function countSent(
  figure: HabitFigure | undefined,
  count: number,
  now: number,
): HabitFigure {
  const known = figure === undefined ? undefined : folded(figure, now)
  const { since = now, foldedAt = now } = known ?? {}
  const on = (span: HabitSpan): SpanHabit => {
    const before = known?.[span]
    const at = { windowMs: spanMs[span], nowMs: now }
    const window = countOn(before?.window, count, at)
    const peak = Math.max(before?.peak ?? 0, countIn(window, at.windowMs, now))
    return { window, peak, usual: before?.usual ?? 0 }
  }
  return { ...known, since, foldedAt, hour: on('hour'), day: on('day') }
}

/** Whether it is far above the habit. Says nothing of a pass, nor of who is exempt. */
export function judgeHabit(figure: HabitFigure, rules: HabitRules, now: number): HabitVerdict {
  const isNew = now - figure.since < rules.newMs
  for (const per of ['hour', 'day'] as const) {
    const { window, usual } = figure[per]
    const least = rules.least[per]
    const most = Math.max(least, rules.factor * (isNew ? Math.max(least, usual) : usual))
    const sent = Math.round(countIn(window, spanMs[per], now))
    if (sent > most) {
      return {
        result: 'unusual',
        per,
        sent,
        usual: Math.ceil(usual),
        most: Math.floor(most),
        isNew,
      }
    }
  }
  return { result: 'usual' }
}

/** Why it is held, with the figures: the words of the hold, and of all that is told of it. */
export function unusualText(verdict: HabitVerdict & { readonly result: 'unusual' }): string {
  const { per, sent, usual, most, isNew } = verdict
  const habit = isNew
    ? `it is new here, so ${grouped(most)} are the most`
    : usual === 0
      ? 'usually none'
      : `usually at most ${grouped(usual)}`
  return `sent ${grouped(sent)} in the last ${per}; ${habit}`
}

/** Days that are over become part of the habit, those without any mail too. */
function folded(figure: HabitFigure, now: number): HabitFigure {
  const days = Math.floor((now - figure.foldedAt) / dayMs)
  if (days < 1) return figure
  const on = ({ window, peak, usual }: SpanHabit): SpanHabit => {
    const part = peak > usual ? rising : falling
    const first = usual + (peak - usual) * part
    return { window, peak: 0, usual: first * (1 - falling) ** (days - 1) }
  }
  const foldedAt = figure.foldedAt + days * dayMs
  return { ...figure, foldedAt, hour: on(figure.hour), day: on(figure.day) }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
