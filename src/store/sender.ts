/**
 * Who counts as one sender where mail waits: the account that was logged in, else all that has the
 * same domain in its reverse-path. Notices of our own, without either, are one sender too.
 */
export function senderOf({
  account,
  reversePath,
}: {
  readonly account?: string
  readonly reversePath: string
}): string {
  return (account ?? reversePath.slice(reversePath.lastIndexOf('@') + 1)).toLowerCase()
}
