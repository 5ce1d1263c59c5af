/**
 * Who counts as one sender where mail waits: all that has the same domain in its reverse-path.
 * Notices of our own, whose reverse-path is empty, are one sender too.
 */
export function senderOf({ reversePath }: { readonly reversePath: string }): string {
  return reversePath.slice(reversePath.lastIndexOf('@') + 1).toLowerCase()
}
