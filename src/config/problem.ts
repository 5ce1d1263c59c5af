/** One thing wrong in a configuration: where, what was seen, what is wanted. */
export interface ConfigProblem {
  /** `listen.smtp`, `account[0].address`. */
  readonly key: string
  readonly problem: string
}
