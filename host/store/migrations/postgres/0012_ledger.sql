-- The ledger: postings, their transfers, and what stands on each account.

-- One event of the office, written whole or not at all. id: chosen by whoever made it, once for ever. event: its word; the
-- table of docs/reference/ledger.md says what each may move. booked_on: the day of booking. decision: the decision it follows
-- from; a provisional one cannot post. reference: a file and its line, an act, a reason; no personal data. digest: of its
-- canonical content, transfers included. ordinal: 1, then one more for each of the municipality.
CREATE TABLE posting (
    municipality bigint NOT NULL,
    id bytea NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal >= 1),
    event text NOT NULL,
    booked_on text COLLATE "C" NOT NULL,
    decision bytea,
    reference text NOT NULL,
    digest bytea NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, id),
    UNIQUE (municipality, ordinal),
    FOREIGN KEY (municipality, decision) REFERENCES decision (municipality, id)
);
CREATE INDEX posting_decision ON posting (municipality, decision) WHERE decision IS NOT NULL;
CREATE INDEX posting_day ON posting (municipality, booked_on, ordinal);

-- Whole yen from one account to another. An account is kind, household, year and item; kinds below 20 may never be short of
-- debits, kinds below 40 never of credits. phase: 0 posted, 1 pending, 2 posts a pending one, 3 voids it; the last two name
-- it (of_posting, of_line) and repeat its accounts and amount. yen: more than 0. effective: the day it counts from in law.
CREATE TABLE transfer (
    municipality bigint NOT NULL,
    posting bytea NOT NULL,
    line bigint NOT NULL CHECK (line >= 0),
    debit_kind bigint NOT NULL,
    debit_household bigint NOT NULL,
    debit_year bigint NOT NULL,
    debit_item bigint NOT NULL,
    credit_kind bigint NOT NULL,
    credit_household bigint NOT NULL,
    credit_year bigint NOT NULL,
    credit_item bigint NOT NULL,
    yen bigint NOT NULL CHECK (yen > 0),
    phase bigint NOT NULL CHECK (phase BETWEEN 0 AND 3),
    of_posting bytea,
    of_line bigint,
    effective text COLLATE "C" NOT NULL,
    PRIMARY KEY (municipality, posting, line),
    FOREIGN KEY (municipality, posting) REFERENCES posting (municipality, id),
    FOREIGN KEY (municipality, of_posting, of_line) REFERENCES transfer (municipality, posting, line),
    CHECK ((phase >= 2) = (of_posting IS NOT NULL)),
    CHECK ((of_posting IS NULL) = (of_line IS NULL)),
    CHECK (debit_kind <> credit_kind OR debit_household <> credit_household OR debit_year <> credit_year OR debit_item <> credit_item)
);
-- A pending transfer ends once.
CREATE UNIQUE INDEX transfer_ends ON transfer (municipality, of_posting, of_line) WHERE of_posting IS NOT NULL;
CREATE INDEX transfer_debit ON transfer (municipality, debit_household, debit_kind, debit_year, debit_item);
CREATE INDEX transfer_credit ON transfer (municipality, credit_household, credit_kind, credit_year, credit_item);

-- Money of a household beyond what it owes for an instalment, from where it arose. number: fiscal year, way of collection and
-- instalment in eight digits, then three. cause: its place in the list of causes. posting: by which it arose. The dates of a
-- request and of a tax notice belong to two causes only.
CREATE TABLE overpayment (
    municipality bigint NOT NULL,
    household bigint NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    cause bigint NOT NULL CHECK (cause >= 0),
    arose_on text COLLATE "C" NOT NULL,
    requested_on text COLLATE "C",
    tax_notified_on text COLLATE "C",
    posting bytea NOT NULL,
    PRIMARY KEY (municipality, household, number),
    FOREIGN KEY (municipality, posting) REFERENCES posting (municipality, id)
);
CREATE INDEX overpayment_posting ON overpayment (municipality, posting);

-- Sums of yen on both sides of each account: kept by the triggers on transfer and by nothing else, so the bounds hold for
-- whoever writes. `jorei ledger check` adds the transfers up again.
CREATE TABLE balance (
    municipality bigint NOT NULL,
    household bigint NOT NULL,
    kind bigint NOT NULL,
    year bigint NOT NULL,
    item bigint NOT NULL,
    debits bigint NOT NULL CHECK (debits >= 0),
    credits bigint NOT NULL CHECK (credits >= 0),
    debits_pending bigint NOT NULL CHECK (debits_pending >= 0),
    credits_pending bigint NOT NULL CHECK (credits_pending >= 0),
    PRIMARY KEY (municipality, household, kind, year, item),
    CONSTRAINT balance_bound CHECK (
        (kind >= 20 OR credits + credits_pending <= debits) AND (kind < 20 OR kind >= 40 OR debits + debits_pending <= credits))
);
CREATE INDEX balance_kind ON balance (municipality, kind, year, item);

CREATE FUNCTION posting_of_a_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.decision IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM decision d WHERE d.municipality = NEW.municipality AND d.id = NEW.decision AND d.status = 'decided') THEN
        RAISE EXCEPTION 'only a decision that is settled can post';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER posting_of_a_decision BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION posting_of_a_decision();

-- Once for each statement: a day of a channel is the other side of thousands of receipts of one file, and a row that one
-- transaction changes again and again gets slower with each change.
CREATE FUNCTION transfer_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM added n WHERE n.of_posting IS NOT NULL AND NOT EXISTS (SELECT 1 FROM transfer p
        WHERE p.municipality = n.municipality AND p.posting = n.of_posting AND p.line = n.of_line AND p.phase = 1 AND p.yen = n.yen
        AND p.debit_kind = n.debit_kind AND p.debit_household = n.debit_household AND p.debit_year = n.debit_year AND p.debit_item = n.debit_item
        AND p.credit_kind = n.credit_kind AND p.credit_household = n.credit_household AND p.credit_year = n.credit_year
        AND p.credit_item = n.credit_item)) THEN
        RAISE EXCEPTION 'a transfer can end a pending one of the same accounts and amount only';
    END IF;
    INSERT INTO balance (municipality, household, kind, year, item, debits, credits, debits_pending, credits_pending)
        SELECT n.municipality, n.debit_household, n.debit_kind, n.debit_year, n.debit_item, 0, 0, 0, 0 FROM added n
        UNION SELECT n.municipality, n.credit_household, n.credit_kind, n.credit_year, n.credit_item, 0, 0, 0, 0 FROM added n
        ON CONFLICT DO NOTHING;
    UPDATE balance b SET debits = b.debits + s.d, credits = b.credits + s.c, debits_pending = b.debits_pending + s.dp,
        credits_pending = b.credits_pending + s.cp
    FROM (SELECT municipality, household, kind, year, item, SUM(d)::bigint AS d, SUM(c)::bigint AS c, SUM(dp)::bigint AS dp,
            SUM(cp)::bigint AS cp FROM (
        SELECT n.municipality, n.debit_household AS household, n.debit_kind AS kind, n.debit_year AS year, n.debit_item AS item,
            CASE WHEN n.phase IN (0, 2) THEN n.yen ELSE 0 END AS d, 0 AS c,
            CASE n.phase WHEN 1 THEN n.yen WHEN 0 THEN 0 ELSE -n.yen END AS dp, 0 AS cp FROM added n
        UNION ALL SELECT n.municipality, n.credit_household, n.credit_kind, n.credit_year, n.credit_item, 0,
            CASE WHEN n.phase IN (0, 2) THEN n.yen ELSE 0 END, 0,
            CASE n.phase WHEN 1 THEN n.yen WHEN 0 THEN 0 ELSE -n.yen END FROM added n) AS sides
        GROUP BY municipality, household, kind, year, item) AS s
    WHERE b.municipality = s.municipality AND b.household = s.household AND b.kind = s.kind AND b.year = s.year AND b.item = s.item;
    RETURN NULL;
END
$$;
CREATE TRIGGER transfer_counts AFTER INSERT ON transfer REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION transfer_counts();

CREATE FUNCTION balance_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'balance keeps every account';
END
$$;
CREATE TRIGGER posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER balance_keeps BEFORE DELETE OR TRUNCATE ON balance FOR EACH STATEMENT EXECUTE FUNCTION balance_keeps();
CREATE TRIGGER overpayment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON overpayment FOR EACH STATEMENT EXECUTE FUNCTION append_only();
