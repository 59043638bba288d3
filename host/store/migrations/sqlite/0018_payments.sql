-- Batches of payments, bank files, and what became of their lines. No account stands here: lines name entries of sealed_content.

-- A batch (支払束). number: 1, then one more. decided_on: the day whose orders it holds and on which it must be approved.
-- bank_day: on which the money moves (振込指定日). sender: the office's own account and name in the file, as canonical text; nobody's
-- personal. remark: why two lines that look alike are right; empty where none do. lines, yen: count and sum. digest: the hash of
-- all that two people release.
CREATE TABLE payment_batch (
    municipality integer NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    decided_on text NOT NULL,
    bank_day text NOT NULL,
    sender text NOT NULL,
    remark text NOT NULL,
    lines integer NOT NULL CHECK (lines >= 1),
    yen integer NOT NULL CHECK (yen >= 1),
    digest blob NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number)
) STRICT;

-- A payment (支払明細). id: its number in bank files, batch times 1,000,000 and the place in the batch. yen: of the order, whole.
-- entry: the account it goes to. replaces: the line of the same order that failed or came back before.
CREATE TABLE payment_line (
    municipality integer NOT NULL,
    id integer NOT NULL CHECK (id >= 1),
    batch integer NOT NULL,
    place integer NOT NULL CHECK (place BETWEEN 1 AND 999999),
    payment_order integer NOT NULL,
    entry blob NOT NULL,
    yen integer NOT NULL CHECK (yen >= 1),
    replaces integer,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, batch, place),
    UNIQUE (municipality, batch, payment_order),
    FOREIGN KEY (municipality, batch) REFERENCES payment_batch (municipality, number),
    FOREIGN KEY (municipality, payment_order) REFERENCES payment_order (municipality, number),
    FOREIGN KEY (municipality, replaces) REFERENCES payment_line (municipality, id)
) STRICT;
CREATE INDEX payment_line_order ON payment_line (municipality, payment_order, id);

-- A batch was taken back before it was cut (取下げ).
CREATE TABLE payment_withdrawal (
    municipality integer NOT NULL,
    batch integer NOT NULL,
    reason text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, batch),
    FOREIGN KEY (municipality, batch) REFERENCES payment_batch (municipality, number)
) STRICT;

-- A bank file (振込データ). serial: 1, then one more, without a gap. act: that released it. entry: the file, sealed. sha256: of its
-- bytes. lines, yen: what stands in its trailer; less than the batch's where lines were held back.
CREATE TABLE payment_file (
    municipality integer NOT NULL,
    serial integer NOT NULL CHECK (serial >= 1),
    batch integer NOT NULL,
    act blob NOT NULL,
    entry blob NOT NULL,
    sha256 blob NOT NULL,
    lines integer NOT NULL CHECK (lines >= 1),
    yen integer NOT NULL CHECK (yen >= 1),
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, serial),
    UNIQUE (municipality, batch),
    FOREIGN KEY (municipality, batch) REFERENCES payment_batch (municipality, number)
) STRICT;

-- A line that was released and held back when the file was cut. reason: the word of the stop.
CREATE TABLE payment_held (
    municipality integer NOT NULL,
    line integer NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (municipality, line),
    FOREIGN KEY (municipality, line) REFERENCES payment_line (municipality, id)
) STRICT;

-- That a line is to come back (組戻し): asked of the bank.
CREATE TABLE payment_recall (
    municipality integer NOT NULL,
    line integer NOT NULL,
    reason text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, line),
    FOREIGN KEY (municipality, line) REFERENCES payment_line (municipality, id)
) STRICT;

-- A set of results as it was taken in: the bank's file by its hash, or what a clerk read from paper. call: 1, then one more.
-- paid, failed, returned, exceptions: how many lines of each; repeated ones count nowhere.
CREATE TABLE payment_results (
    municipality integer NOT NULL,
    call integer NOT NULL CHECK (call >= 1),
    source blob NOT NULL,
    paid integer NOT NULL,
    failed integer NOT NULL,
    returned integer NOT NULL,
    exceptions integer NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, call),
    UNIQUE (municipality, source)
) STRICT;

-- What became of a line. outcome: paid (振込済), failed (振込不能, or recalled in time), returned (資金返却, after it was paid). reason: the word
-- of why; empty for paid. on_day: the day the bank states. call: the set it was told in.
CREATE TABLE payment_outcome (
    municipality integer NOT NULL,
    line integer NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('paid', 'failed', 'returned')),
    reason text NOT NULL,
    on_day text NOT NULL,
    call integer NOT NULL,
    PRIMARY KEY (municipality, line, outcome),
    FOREIGN KEY (municipality, line) REFERENCES payment_line (municipality, id),
    FOREIGN KEY (municipality, call) REFERENCES payment_results (municipality, call)
) STRICT;

-- A result that fits no line: a clerk looks at it. place: of the result in its set, from 1. line: the number that the bank states.
-- what: why it does not fit.
CREATE TABLE payment_exception (
    municipality integer NOT NULL,
    call integer NOT NULL,
    place integer NOT NULL CHECK (place >= 1),
    line text NOT NULL,
    what text NOT NULL,
    PRIMARY KEY (municipality, call, place),
    FOREIGN KEY (municipality, call) REFERENCES payment_results (municipality, call)
) STRICT;

CREATE TRIGGER payment_batch_no_update BEFORE UPDATE ON payment_batch BEGIN SELECT RAISE(ABORT, 'payment_batch is append-only'); END;
CREATE TRIGGER payment_batch_no_delete BEFORE DELETE ON payment_batch BEGIN SELECT RAISE(ABORT, 'payment_batch is append-only'); END;
CREATE TRIGGER payment_line_no_update BEFORE UPDATE ON payment_line BEGIN SELECT RAISE(ABORT, 'payment_line is append-only'); END;
CREATE TRIGGER payment_line_no_delete BEFORE DELETE ON payment_line BEGIN SELECT RAISE(ABORT, 'payment_line is append-only'); END;
CREATE TRIGGER payment_withdrawal_no_update BEFORE UPDATE ON payment_withdrawal BEGIN SELECT RAISE(ABORT, 'payment_withdrawal is append-only'); END;
CREATE TRIGGER payment_withdrawal_no_delete BEFORE DELETE ON payment_withdrawal BEGIN SELECT RAISE(ABORT, 'payment_withdrawal is append-only'); END;
CREATE TRIGGER payment_file_no_update BEFORE UPDATE ON payment_file BEGIN SELECT RAISE(ABORT, 'payment_file is append-only'); END;
CREATE TRIGGER payment_file_no_delete BEFORE DELETE ON payment_file BEGIN SELECT RAISE(ABORT, 'payment_file is append-only'); END;
CREATE TRIGGER payment_held_no_update BEFORE UPDATE ON payment_held BEGIN SELECT RAISE(ABORT, 'payment_held is append-only'); END;
CREATE TRIGGER payment_held_no_delete BEFORE DELETE ON payment_held BEGIN SELECT RAISE(ABORT, 'payment_held is append-only'); END;
CREATE TRIGGER payment_recall_no_update BEFORE UPDATE ON payment_recall BEGIN SELECT RAISE(ABORT, 'payment_recall is append-only'); END;
CREATE TRIGGER payment_recall_no_delete BEFORE DELETE ON payment_recall BEGIN SELECT RAISE(ABORT, 'payment_recall is append-only'); END;
CREATE TRIGGER payment_results_no_update BEFORE UPDATE ON payment_results BEGIN SELECT RAISE(ABORT, 'payment_results is append-only'); END;
CREATE TRIGGER payment_results_no_delete BEFORE DELETE ON payment_results BEGIN SELECT RAISE(ABORT, 'payment_results is append-only'); END;
CREATE TRIGGER payment_outcome_no_update BEFORE UPDATE ON payment_outcome BEGIN SELECT RAISE(ABORT, 'payment_outcome is append-only'); END;
CREATE TRIGGER payment_outcome_no_delete BEFORE DELETE ON payment_outcome BEGIN SELECT RAISE(ABORT, 'payment_outcome is append-only'); END;
CREATE TRIGGER payment_exception_no_update BEFORE UPDATE ON payment_exception BEGIN SELECT RAISE(ABORT, 'payment_exception is append-only'); END;
CREATE TRIGGER payment_exception_no_delete BEFORE DELETE ON payment_exception BEGIN SELECT RAISE(ABORT, 'payment_exception is append-only'); END;
