/** What the system asks of a server that runs in the foreground. */
export interface ServerSignals {
  /** Ctrl-C, or the system's wish to stop; also the end of the terminal where nothing is read again. */
  stop(signal: string): void
  /** The same once more: whoever asks does not want to wait. */
  hurry(signal: string): void
  /** SIGHUP of a server that has settings to read again. */
  readonly reload?: () => void
}

/** Listens from now on. A third wish to stop ends the process, whatever it does. */
export function onSignals(signals: ServerSignals): void {
  const { reload } = signals
  let asked = 0
  const stop = (signal: string): void => {
    asked++
    if (asked === 1) signals.stop(signal)
    else if (asked === 2) signals.hurry(signal)
    else process.exit(130)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', reload ?? stop)
}
