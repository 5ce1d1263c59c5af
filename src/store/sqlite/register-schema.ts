/**
 * The step after 0.4.0: what the server remembers by name, and what the queue must know to be fair.
 *
 * - `register` is one table for whatever is remembered until a time (a suppressed address, a pause, a
 *   policy): such things are found by their names, and searched for nothing else.
 * - A lease takes the highest priority first. `queue_waiting` begins with it, so that each priority is
 *   one place of the index, read from there in the order of the due times: few letters have another
 *   priority than 0, so a lease costs the same with a thousand and with a million of them.
 * - What is given to be sent later (`not_before_ms`) waits in an index of its own: a due time far away
 *   is no sign there of a clock that was set back.
 * - Holds that end by themselves are found by their end.
 */
export const registerSchema: string = `
  CREATE TABLE register (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    json TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    expires_ms INTEGER, -- NULL: stays
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX register_by_end ON register (expires_ms) WHERE expires_ms IS NOT NULL;

  ALTER TABLE queue ADD COLUMN account TEXT;
  ALTER TABLE queue ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE queue ADD COLUMN not_before_ms INTEGER;
  ALTER TABLE queue ADD COLUMN hold_reason TEXT NOT NULL DEFAULT '';
  ALTER TABLE queue ADD COLUMN held_until_ms INTEGER;

  DROP INDEX queue_waiting;
  CREATE INDEX queue_waiting ON queue (priority, next_attempt_ms)
    WHERE held = 0 AND lease_owner IS NULL AND not_before_ms IS NULL;
  CREATE INDEX queue_appointed ON queue (priority, next_attempt_ms)
    WHERE held = 0 AND lease_owner IS NULL AND not_before_ms IS NOT NULL;
  CREATE INDEX queue_held_until ON queue (held_until_ms) WHERE held = 1 AND held_until_ms IS NOT NULL;
`
