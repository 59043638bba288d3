-- The ledger: postings, their transfers, and what stands on each account.

-- One event of the office, written whole or not at all. id: chosen by whoever made it, once for ever. event: its word; the
-- table of docs/reference/ledger.md says what each may move. booked_on: the day of booking. decision: the decision it follows
-- from; a provisional one cannot post. reference: a file and its line, an act, a reason; no personal data. digest: of its
-- canonical content, transfers included. ordinal: 1, then one more for each of the municipality.
CREATE TABLE posting (
    municipality integer NOT NULL,
    id blob NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal >= 1),
    event text NOT NULL,
    booked_on text NOT NULL,
    decision blob,
    reference text NOT NULL,
    digest blob NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, ordinal),
    FOREIGN KEY (municipality, decision) REFERENCES decision (municipality, id)
) STRICT;
CREATE INDEX posting_decision ON posting (municipality, decision) WHERE decision IS NOT NULL;
CREATE INDEX posting_day ON posting (municipality, booked_on, ordinal);

-- Whole yen from one account to another. An account is kind, household, year and item; kinds below 20 may never be short of
-- debits, kinds below 40 never of credits. phase: 0 posted, 1 pending, 2 posts a pending one, 3 voids it; the last two name
-- it (of_posting, of_line) and repeat its accounts and amount. yen: more than 0. effective: the day it counts from in law.
CREATE TABLE transfer (
    municipality integer NOT NULL,
    posting blob NOT NULL,
    line integer NOT NULL CHECK (line >= 0),
    debit_kind integer NOT NULL,
    debit_household integer NOT NULL,
    debit_year integer NOT NULL,
    debit_item integer NOT NULL,
    credit_kind integer NOT NULL,
    credit_household integer NOT NULL,
    credit_year integer NOT NULL,
    credit_item integer NOT NULL,
    yen integer NOT NULL CHECK (yen > 0),
    phase integer NOT NULL CHECK (phase BETWEEN 0 AND 3),
    of_posting blob,
    of_line integer,
    effective text NOT NULL,
    PRIMARY KEY (municipality, posting, line),
    FOREIGN KEY (municipality, posting) REFERENCES posting (municipality, id),
    FOREIGN KEY (municipality, of_posting, of_line) REFERENCES transfer (municipality, posting, line),
    CHECK ((phase >= 2) = (of_posting IS NOT NULL)),
    CHECK ((of_posting IS NULL) = (of_line IS NULL)),
    CHECK (debit_kind <> credit_kind OR debit_household <> credit_household OR debit_year <> credit_year OR debit_item <> credit_item)
) STRICT;
-- A pending transfer ends once.
CREATE UNIQUE INDEX transfer_ends ON transfer (municipality, of_posting, of_line) WHERE of_posting IS NOT NULL;
CREATE INDEX transfer_debit ON transfer (municipality, debit_household, debit_kind, debit_year, debit_item);
CREATE INDEX transfer_credit ON transfer (municipality, credit_household, credit_kind, credit_year, credit_item);

-- Money of a household beyond what it owes for an instalment, from where it arose. number: fiscal year, way of collection and
-- instalment in eight digits, then three. cause: its place in the list of causes. posting: by which it arose. The dates of a
-- request and of a tax notice belong to two causes only.
CREATE TABLE overpayment (
    municipality integer NOT NULL,
    household integer NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    cause integer NOT NULL CHECK (cause >= 0),
    arose_on text NOT NULL,
    requested_on text,
    tax_notified_on text,
    posting blob NOT NULL,
    PRIMARY KEY (municipality, household, number),
    FOREIGN KEY (municipality, posting) REFERENCES posting (municipality, id)
) STRICT;
CREATE INDEX overpayment_posting ON overpayment (municipality, posting);

-- Sums of yen on both sides of each account: kept by the triggers on transfer and by nothing else, so the bounds hold for
-- whoever writes. `jorei ledger check` adds the transfers up again.
CREATE TABLE balance (
    municipality integer NOT NULL,
    household integer NOT NULL,
    kind integer NOT NULL,
    year integer NOT NULL,
    item integer NOT NULL,
    debits integer NOT NULL CHECK (debits >= 0),
    credits integer NOT NULL CHECK (credits >= 0),
    debits_pending integer NOT NULL CHECK (debits_pending >= 0),
    credits_pending integer NOT NULL CHECK (credits_pending >= 0),
    PRIMARY KEY (municipality, household, kind, year, item),
    CONSTRAINT balance_bound CHECK (
        (kind >= 20 OR credits + credits_pending <= debits) AND (kind < 20 OR kind >= 40 OR debits + debits_pending <= credits))
) STRICT, WITHOUT ROWID;
CREATE INDEX balance_kind ON balance (municipality, kind, year, item);

CREATE TRIGGER posting_of_a_decision BEFORE INSERT ON posting WHEN NEW.decision IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM decision d WHERE d.municipality = NEW.municipality AND d.id = NEW.decision AND d.status = 'decided')
BEGIN SELECT RAISE(ABORT, 'only a decision that is settled can post'); END;
CREATE TRIGGER transfer_ends_its_own BEFORE INSERT ON transfer WHEN NEW.of_posting IS NOT NULL AND NOT EXISTS (SELECT 1 FROM transfer p
        WHERE p.municipality = NEW.municipality AND p.posting = NEW.of_posting AND p.line = NEW.of_line AND p.phase = 1 AND p.yen = NEW.yen
        AND p.debit_kind = NEW.debit_kind AND p.debit_household = NEW.debit_household AND p.debit_year = NEW.debit_year AND p.debit_item = NEW.debit_item
        AND p.credit_kind = NEW.credit_kind AND p.credit_household = NEW.credit_household AND p.credit_year = NEW.credit_year AND p.credit_item = NEW.credit_item)
BEGIN SELECT RAISE(ABORT, 'a transfer can end a pending one of the same accounts and amount only'); END;
CREATE TRIGGER transfer_counts AFTER INSERT ON transfer BEGIN
    INSERT INTO balance (municipality, household, kind, year, item, debits, credits, debits_pending, credits_pending)
        VALUES (NEW.municipality, NEW.debit_household, NEW.debit_kind, NEW.debit_year, NEW.debit_item, 0, 0, 0, 0) ON CONFLICT DO NOTHING;
    INSERT INTO balance (municipality, household, kind, year, item, debits, credits, debits_pending, credits_pending)
        VALUES (NEW.municipality, NEW.credit_household, NEW.credit_kind, NEW.credit_year, NEW.credit_item, 0, 0, 0, 0) ON CONFLICT DO NOTHING;
    UPDATE balance SET
        debits = debits + CASE WHEN NEW.phase IN (0, 2) THEN NEW.yen ELSE 0 END,
        debits_pending = debits_pending + CASE NEW.phase WHEN 1 THEN NEW.yen WHEN 0 THEN 0 ELSE -NEW.yen END
        WHERE municipality = NEW.municipality AND household = NEW.debit_household AND kind = NEW.debit_kind
        AND year = NEW.debit_year AND item = NEW.debit_item;
    UPDATE balance SET
        credits = credits + CASE WHEN NEW.phase IN (0, 2) THEN NEW.yen ELSE 0 END,
        credits_pending = credits_pending + CASE NEW.phase WHEN 1 THEN NEW.yen WHEN 0 THEN 0 ELSE -NEW.yen END
        WHERE municipality = NEW.municipality AND household = NEW.credit_household AND kind = NEW.credit_kind
        AND year = NEW.credit_year AND item = NEW.credit_item;
END;

CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'posting is append-only'); END;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'posting is append-only'); END;
CREATE TRIGGER transfer_no_update BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'transfer is append-only'); END;
CREATE TRIGGER transfer_no_delete BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'transfer is append-only'); END;
CREATE TRIGGER balance_no_delete BEFORE DELETE ON balance BEGIN SELECT RAISE(ABORT, 'balance keeps every account'); END;
CREATE TRIGGER overpayment_no_update BEFORE UPDATE ON overpayment BEGIN SELECT RAISE(ABORT, 'overpayment is append-only'); END;
CREATE TRIGGER overpayment_no_delete BEFORE DELETE ON overpayment BEGIN SELECT RAISE(ABORT, 'overpayment is append-only'); END;
