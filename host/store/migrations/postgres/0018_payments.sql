-- Batches of payments, bank files, and what became of their lines. No account stands here: lines name entries of sealed_content.

-- A batch (支払束). number: 1, then one more. decided_on: the day whose orders it holds and on which it must be approved.
-- bank_day: on which the money moves (振込指定日). sender: the office's own account and name in the file, as canonical text; nobody's
-- personal. remark: why two lines that look alike are right; empty where none do. lines, yen: count and sum. digest: the hash of
-- all that two people release.
CREATE TABLE payment_batch (
    municipality bigint NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    decided_on text COLLATE "C" NOT NULL,
    bank_day text COLLATE "C" NOT NULL,
    sender text NOT NULL,
    remark text NOT NULL,
    lines bigint NOT NULL CHECK (lines >= 1),
    yen bigint NOT NULL CHECK (yen >= 1),
    digest bytea NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number)
);

-- A payment (支払明細). id: its number in bank files, batch times 1,000,000 and the place in the batch. yen: of the order, whole.
-- entry: the account it goes to. replaces: the line of the same order that failed or came back before.
CREATE TABLE payment_line (
    municipality bigint NOT NULL,
    id bigint NOT NULL CHECK (id >= 1),
    batch bigint NOT NULL,
    place bigint NOT NULL CHECK (place BETWEEN 1 AND 999999),
    payment_order bigint NOT NULL,
    entry bytea NOT NULL,
    yen bigint NOT NULL CHECK (yen >= 1),
    replaces bigint,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, batch, place),
    UNIQUE (municipality, batch, payment_order),
    FOREIGN KEY (municipality, batch) REFERENCES payment_batch (municipality, number),
    FOREIGN KEY (municipality, payment_order) REFERENCES payment_order (municipality, number),
    FOREIGN KEY (municipality, replaces) REFERENCES payment_line (municipality, id)
);
CREATE INDEX payment_line_order ON payment_line (municipality, payment_order, id);

-- A batch was taken back before it was cut (取下げ).
CREATE TABLE payment_withdrawal (
    municipality bigint NOT NULL,
    batch bigint NOT NULL,
    reason text NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, batch),
    FOREIGN KEY (municipality, batch) REFERENCES payment_batch (municipality, number)
);

-- A bank file (振込データ). serial: 1, then one more, without a gap. act: that released it. entry: the file, sealed. sha256: of its
-- bytes. lines, yen: what stands in its trailer; less than the batch's where lines were held back.
CREATE TABLE payment_file (
    municipality bigint NOT NULL,
    serial bigint NOT NULL CHECK (serial >= 1),
    batch bigint NOT NULL,
    act bytea NOT NULL,
    entry bytea NOT NULL,
    sha256 bytea NOT NULL,
    lines bigint NOT NULL CHECK (lines >= 1),
    yen bigint NOT NULL CHECK (yen >= 1),
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, serial),
    UNIQUE (municipality, batch),
    FOREIGN KEY (municipality, batch) REFERENCES payment_batch (municipality, number)
);

-- A line that was released and held back when the file was cut. reason: the word of the stop.
CREATE TABLE payment_held (
    municipality bigint NOT NULL,
    line bigint NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (municipality, line),
    FOREIGN KEY (municipality, line) REFERENCES payment_line (municipality, id)
);

-- That a line is to come back (組戻し): asked of the bank.
CREATE TABLE payment_recall (
    municipality bigint NOT NULL,
    line bigint NOT NULL,
    reason text NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, line),
    FOREIGN KEY (municipality, line) REFERENCES payment_line (municipality, id)
);

-- A set of results as it was taken in: the bank's file by its hash, or what a clerk read from paper. call: 1, then one more.
-- paid, failed, returned, exceptions: how many lines of each; repeated ones count nowhere.
CREATE TABLE payment_results (
    municipality bigint NOT NULL,
    call bigint NOT NULL CHECK (call >= 1),
    source bytea NOT NULL,
    paid bigint NOT NULL,
    failed bigint NOT NULL,
    returned bigint NOT NULL,
    exceptions bigint NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, call),
    UNIQUE (municipality, source)
);

-- What became of a line. outcome: paid (振込済), failed (振込不能, or recalled in time), returned (資金返却, after it was paid). reason: the word
-- of why; empty for paid. on_day: the day the bank states. call: the set it was told in.
CREATE TABLE payment_outcome (
    municipality bigint NOT NULL,
    line bigint NOT NULL,
    outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('paid', 'failed', 'returned')),
    reason text NOT NULL,
    on_day text COLLATE "C" NOT NULL,
    call bigint NOT NULL,
    PRIMARY KEY (municipality, line, outcome),
    FOREIGN KEY (municipality, line) REFERENCES payment_line (municipality, id),
    FOREIGN KEY (municipality, call) REFERENCES payment_results (municipality, call)
);

-- A result that fits no line: a clerk looks at it. place: of the result in its set, from 1. line: the number that the bank states.
-- what: why it does not fit.
CREATE TABLE payment_exception (
    municipality bigint NOT NULL,
    call bigint NOT NULL,
    place bigint NOT NULL CHECK (place >= 1),
    line text NOT NULL,
    what text COLLATE "C" NOT NULL,
    PRIMARY KEY (municipality, call, place),
    FOREIGN KEY (municipality, call) REFERENCES payment_results (municipality, call)
);

CREATE TRIGGER payment_batch_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_batch FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_line FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_withdrawal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_withdrawal FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_file_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_file FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_held_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_held FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_recall_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_recall FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_results_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_results FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_outcome_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_outcome FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_exception_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_exception FOR EACH STATEMENT EXECUTE FUNCTION append_only();
