/**
 * The step after 0.2.0: accounts, domains and aliases with ids, mailboxes as IMAP wants them, what
 * people did, counts that are kept, and the log of what was committed.
 *
 * Why the tables are cut as they are:
 * - An item has its uid in its mailbox (RFC 9051 §2.3.1.1): given in ascending order from `uid_next`,
 *   never twice, below 2^31, because some clients keep it in a signed number of 32 bits. What was
 *   filed before keeps its uid, so that uids of old mailboxes have gaps, as uids may.
 * - `modseq` grows with every change in its mailbox (RFC 7162 §3.1). An item that goes leaves a row
 *   in `expunged`; `forgotten_modseq` is the highest of those that were pruned since: who knows a
 *   mailbox from before that must compare all uids (RFC 7162 §3.2.5.2).
 * - What came has a modseq that ascends with its uid, so only items that were changed since need an
 *   index to be found by their modseq.
 * - `mailbox_item` has no row ids: whoever reads it reads one mailbox in the order of its uids.
 * - Ids of accounts and mailboxes are never given twice, nor is the UIDVALIDITY of a mailbox, although
 *   its name may be.
 * - `kept_count` and the counts of a mailbox stand beside the rows, so that nobody has to count a
 *   million of them. The writer keeps them, once in a transaction: by triggers it cost a tenth more.
 * - An id is found by its end in `journey_ends`, which has a text for each 4,096 journeys, and in the
 *   journeys behind the last of these: some milliseconds for a million. An index would cost a page
 *   that is written for each journey, as ids have chance at their ends.
 * - `change_log` has one row for each transaction, so that it costs one small write. Its number is
 *   that of the last change in it. The newest row stays whatever is pruned.
 */
export const mailboxSchema = `
  CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT,
    created_ms INTEGER NOT NULL,
    origin TEXT NOT NULL -- 'settings', 'store', or 'mail': known by a letter that was filed alone
  ) STRICT;

  CREATE TABLE domain (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    created_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE alias (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL UNIQUE COLLATE NOCASE,
    targets TEXT NOT NULL, -- JSON: [address, …]
    may_send INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account (id),
    role TEXT, -- 'inbox', 'junk', …; NULL: one that a person made
    name TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid_next INTEGER NOT NULL CHECK (uid_next BETWEEN 1 AND 2147483648),
    highest_modseq INTEGER NOT NULL,
    forgotten_modseq INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0,
    unseen INTEGER NOT NULL DEFAULT 0,
    octets INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE UNIQUE INDEX mailbox_by_name ON mailbox (account, name);
  CREATE UNIQUE INDEX mailbox_by_role ON mailbox (account, role) WHERE role IS NOT NULL;

  CREATE TABLE kept_count (
    key INTEGER PRIMARY KEY CHECK (key = 1),
    messages INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    held INTEGER NOT NULL,
    journeys INTEGER NOT NULL,
    uid_validity INTEGER NOT NULL -- the last one that was given
  ) STRICT;
  INSERT INTO kept_count
    SELECT 1, (SELECT count(*) FROM message), (SELECT count(*) FROM queue),
      (SELECT count(*) FROM queue WHERE held = 1), (SELECT count(*) FROM journey), unixepoch();

  INSERT OR IGNORE INTO account (address, created_ms, origin)
    SELECT account, min(received_ms), 'mail' FROM mailbox_item GROUP BY account ORDER BY min(uid);

  ALTER TABLE mailbox_item RENAME TO older_item;
  INSERT INTO mailbox (account, role, name, uid_validity, uid_next, highest_modseq, messages, unseen,
      octets)
    SELECT account.id,
        CASE older_item.mailbox WHEN 'Inbox' THEN 'inbox' WHEN 'Junk' THEN 'junk' END,
        older_item.mailbox, kept_count.uid_validity, max(uid) + 1, max(uid), count(*), count(*),
        sum(message.size)
      FROM older_item JOIN account ON account.address = older_item.account
        JOIN message ON message.key = older_item.message, kept_count
      GROUP BY account.id, older_item.mailbox;

  CREATE TABLE mailbox_item (
    mailbox INTEGER NOT NULL REFERENCES mailbox (id),
    uid INTEGER NOT NULL CHECK (uid BETWEEN 1 AND 2147483647),
    message INTEGER NOT NULL REFERENCES message (key),
    size INTEGER NOT NULL,
    journey_id TEXT NOT NULL,
    internal_ms INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    changed INTEGER NOT NULL, -- 1 when its modseq is not the one that it came with
    flags TEXT NOT NULL, -- with spaces around each: ' \\Seen $Forwarded '; '' when there are none
    PRIMARY KEY (mailbox, uid)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO mailbox_item (mailbox, uid, message, size, journey_id, internal_ms, modseq, changed,
      flags)
    SELECT mailbox.id, uid, message, message.size, journey_id, received_ms, uid, 0, ''
      FROM older_item JOIN account ON account.address = older_item.account
        JOIN mailbox ON mailbox.account = account.id AND mailbox.name = older_item.mailbox
        JOIN message ON message.key = older_item.message
      ORDER BY mailbox.id, uid;
  DROP TABLE older_item;
  CREATE INDEX mailbox_item_by_message ON mailbox_item (message);
  CREATE INDEX mailbox_item_changed ON mailbox_item (mailbox, modseq) WHERE changed = 1;

  CREATE TABLE expunged (
    mailbox INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    modseq INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, -- by the machine's clock
    PRIMARY KEY (mailbox, modseq, uid)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX expunged_by_time ON expunged (at_ms);

  CREATE TABLE journey_ends (
    last INTEGER PRIMARY KEY, -- the greatest key of its block
    ends TEXT NOT NULL -- the last four letters of each id, with spaces between
  ) STRICT;
  INSERT INTO journey_ends
    SELECT (key - 1) / 4096 * 4096 + 4096 AS last, group_concat(lower(substr(id, -4)), ' ')
      FROM journey WHERE key <= (SELECT max(key) FROM journey) / 4096 * 4096 GROUP BY last;

  CREATE TABLE act (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    who TEXT NOT NULL,
    door TEXT NOT NULL,
    what TEXT NOT NULL,
    why TEXT NOT NULL,
    detail TEXT NOT NULL -- JSON
  ) STRICT;
  CREATE INDEX act_by_what ON act (what, number);

  CREATE TABLE change_log (
    last INTEGER PRIMARY KEY, -- the number of the last change in it
    changes TEXT NOT NULL -- JSON: a list
  ) STRICT;
`
