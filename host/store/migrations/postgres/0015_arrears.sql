-- What was done about arrears (滞納整理): demand notices, graces and waivers, promises, seizures. What is owed is in the ledger.

-- One step about one household, once for ever; a later step names the one it takes back or follows (of_number). number: 1, then
-- one more for each of the municipality. id: the hash of what was recorded, so that the same is recorded once. step: its word.
-- happened_on: the day it counts from in law (発付日, 誓約日). from_day, until_day: half open, of a grace or waiver; from_day
-- alone is the day from which one was taken back. grace: 0 waiver (減免), 1 grace of collection (徴収猶予), 2 grace of
-- conversion (換価の猶予). fee_yen: the demand fee for each instalment, whole yen. posting: by which the fees are owed. reason: in
-- words, no personal data.
CREATE TABLE arrears_event (
    municipality bigint NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    id bytea NOT NULL,
    household bigint NOT NULL,
    step text NOT NULL,
    happened_on text COLLATE "C" NOT NULL,
    from_day text COLLATE "C",
    until_day text COLLATE "C",
    grace bigint CHECK (grace BETWEEN 0 AND 2),
    of_number bigint,
    fee_yen bigint NOT NULL CHECK (fee_yen >= 0),
    posting bytea,
    reason text NOT NULL,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    UNIQUE (municipality, id),
    FOREIGN KEY (municipality, of_number) REFERENCES arrears_event (municipality, number),
    FOREIGN KEY (municipality, posting) REFERENCES posting (municipality, id),
    CHECK (until_day IS NULL OR from_day < until_day),
    CHECK ((fee_yen > 0) = (posting IS NOT NULL))
);
CREATE INDEX arrears_event_household ON arrears_event (municipality, household, number);
CREATE INDEX arrears_event_day ON arrears_event (municipality, step, happened_on, number);

-- The instalments that a step is about, one or more. collection: 0 ordinary collection (普通徴収), 1 pension deduction (特別徴収).
CREATE TABLE arrears_instalment (
    municipality bigint NOT NULL,
    number bigint NOT NULL,
    line bigint NOT NULL CHECK (line >= 0),
    year bigint NOT NULL,
    collection bigint NOT NULL CHECK (collection BETWEEN 0 AND 1),
    instalment bigint NOT NULL CHECK (instalment BETWEEN 1 AND 999),
    PRIMARY KEY (municipality, number, line),
    UNIQUE (municipality, number, year, collection, instalment),
    FOREIGN KEY (municipality, number) REFERENCES arrears_event (municipality, number)
);

-- What was promised (分納誓約): whole yen by a day.
CREATE TABLE arrears_promise (
    municipality bigint NOT NULL,
    number bigint NOT NULL,
    line bigint NOT NULL CHECK (line >= 0),
    due_on text COLLATE "C" NOT NULL,
    yen bigint NOT NULL CHECK (yen > 0),
    PRIMARY KEY (municipality, number, line),
    FOREIGN KEY (municipality, number) REFERENCES arrears_event (municipality, number)
);

CREATE TRIGGER arrears_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON arrears_event FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER arrears_instalment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON arrears_instalment FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER arrears_promise_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON arrears_promise FOR EACH STATEMENT EXECUTE FUNCTION append_only();
