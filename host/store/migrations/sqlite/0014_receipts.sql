-- Receipts: what each channel told of payments, file by file, and what became of each.

-- A file that was taken, whole. number: 1, then one more for each of the municipality. source: the place of the channel in the
-- list of channels, 9 for the statement of the designated bank. kind: announced (速報), final (確報), revoked (取消) or
-- statement. serial: of the source; the next one is one more. digest: of the bytes. rows: lines; unpaid: those that say that
-- nothing was paid. yen: their sum as the file states it. content: the bytes, compressed.
CREATE TABLE receipt_file (
    municipality integer NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    source integer NOT NULL CHECK (source BETWEEN 0 AND 9),
    kind text NOT NULL CHECK (kind IN ('announced', 'final', 'revoked', 'statement')),
    serial integer NOT NULL CHECK (serial >= 1),
    made_on text NOT NULL,
    digest blob NOT NULL,
    rows integer NOT NULL CHECK (rows >= 0),
    unpaid integer NOT NULL CHECK (unpaid >= 0),
    yen integer NOT NULL,
    content blob NOT NULL,
    booked_on text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    UNIQUE (municipality, source, serial),
    UNIQUE (municipality, digest)
) STRICT;

-- A payment as its channel names it. number: 1, then one more for each of the municipality; the account of the ledger that
-- holds what is not matched names it. reference: the channel's own number of the payment.
CREATE TABLE receipt (
    municipality integer NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    channel integer NOT NULL CHECK (channel BETWEEN 0 AND 8),
    reference text NOT NULL,
    PRIMARY KEY (municipality, number),
    UNIQUE (municipality, channel, reference)
) STRICT;

-- What was told of a receipt, and what was done with it. kind: announced (速報), final (確報), revoked (速報取消), reversed
-- (収納取消), repeated (told again, nothing counts), matched, released (消込取消) or left (保留) by a clerk. file, line: where
-- it was told; absent for a clerk. slip: its number as told. yen: whole yen, more than 0. household, year, item: the
-- instalment it is said to pay, absent where the slip says none. booking: the posting of the money. used: the posting by
-- which it was used. exception: why a clerk must look. reason: of a clerk, no personal data.
CREATE TABLE receipt_event (
    municipality integer NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal >= 1),
    receipt integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('announced', 'final', 'revoked', 'reversed', 'repeated', 'matched', 'released', 'left')),
    file integer,
    line integer,
    slip text NOT NULL,
    paid_on text NOT NULL,
    booked_on text NOT NULL,
    yen integer NOT NULL CHECK (yen > 0),
    household integer,
    year integer,
    item integer,
    booking blob,
    used blob,
    exception text,
    reason text,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, ordinal),
    FOREIGN KEY (municipality, receipt) REFERENCES receipt (municipality, number),
    FOREIGN KEY (municipality, file) REFERENCES receipt_file (municipality, number),
    FOREIGN KEY (municipality, booking) REFERENCES posting (municipality, id),
    FOREIGN KEY (municipality, used) REFERENCES posting (municipality, id),
    CHECK ((file IS NULL) = (line IS NULL)),
    CHECK (file IS NOT NULL OR reason IS NOT NULL),
    CHECK ((household IS NULL) = (year IS NULL) AND (household IS NULL) = (item IS NULL))
) STRICT;
CREATE INDEX receipt_event_receipt ON receipt_event (municipality, receipt, ordinal);
CREATE INDEX receipt_event_file ON receipt_event (municipality, file) WHERE file IS NOT NULL;
CREATE INDEX receipt_event_exception ON receipt_event (municipality, ordinal) WHERE exception IS NOT NULL;
CREATE INDEX receipt_event_household ON receipt_event (municipality, household, ordinal) WHERE household IS NOT NULL;

-- What the designated bank delivered of a channel's day, a line of a statement. yen: whole yen; below 0 where the bank took it
-- back. delivered_on: the day it was on the office's account. collected_on: the day of payment it is about.
CREATE TABLE delivery (
    municipality integer NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal >= 1),
    file integer NOT NULL,
    line integer NOT NULL,
    delivered_on text NOT NULL,
    channel integer NOT NULL CHECK (channel BETWEEN 0 AND 8),
    collected_on text NOT NULL,
    yen integer NOT NULL CHECK (yen <> 0),
    posting blob NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, ordinal),
    FOREIGN KEY (municipality, file) REFERENCES receipt_file (municipality, number),
    FOREIGN KEY (municipality, posting) REFERENCES posting (municipality, id)
) STRICT;

CREATE TRIGGER receipt_file_no_update BEFORE UPDATE ON receipt_file BEGIN SELECT RAISE(ABORT, 'receipt_file is append-only'); END;
CREATE TRIGGER receipt_file_no_delete BEFORE DELETE ON receipt_file BEGIN SELECT RAISE(ABORT, 'receipt_file is append-only'); END;
CREATE TRIGGER receipt_no_update BEFORE UPDATE ON receipt BEGIN SELECT RAISE(ABORT, 'receipt is append-only'); END;
CREATE TRIGGER receipt_no_delete BEFORE DELETE ON receipt BEGIN SELECT RAISE(ABORT, 'receipt is append-only'); END;
CREATE TRIGGER receipt_event_no_update BEFORE UPDATE ON receipt_event BEGIN SELECT RAISE(ABORT, 'receipt_event is append-only'); END;
CREATE TRIGGER receipt_event_no_delete BEFORE DELETE ON receipt_event BEGIN SELECT RAISE(ABORT, 'receipt_event is append-only'); END;
CREATE TRIGGER delivery_no_update BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'delivery is append-only'); END;
CREATE TRIGGER delivery_no_delete BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'delivery is append-only'); END;
