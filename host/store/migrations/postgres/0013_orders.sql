-- Payment orders (支出命令): what was decided to be paid out, to whom.

-- number: 1, then one more for each of the municipality; the account of the ledger that holds what is to be paid names it.
-- posting: by which that came about. decision: of the rule that proposed it. payee_kind: 0 the head (世帯主), 1 the heirs
-- (相続人), 2 the pension body (年金保険者). payee: the person who is paid, absent for a pension body and for heirs who have
-- named nobody. Yen: principal and interest, 0 or more, together more than 0. decided_on: the day of the decision (支出決定日),
-- which ends the interest. replaces: an earlier order that was taken back for this one.
CREATE TABLE payment_order (
    municipality bigint NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    household bigint NOT NULL,
    posting bytea NOT NULL,
    decision bytea NOT NULL,
    payee_kind bigint NOT NULL CHECK (payee_kind BETWEEN 0 AND 2),
    payee bigint,
    principal_yen bigint NOT NULL CHECK (principal_yen >= 0),
    interest_yen bigint NOT NULL CHECK (interest_yen >= 0),
    decided_on text COLLATE "C" NOT NULL,
    replaces bigint,
    at text COLLATE "C" NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    FOREIGN KEY (municipality, posting) REFERENCES posting (municipality, id),
    FOREIGN KEY (municipality, decision) REFERENCES decision (municipality, id),
    FOREIGN KEY (municipality, replaces) REFERENCES payment_order (municipality, number),
    CHECK (principal_yen + interest_yen > 0),
    UNIQUE (municipality, replaces)
);
CREATE INDEX payment_order_household ON payment_order (municipality, household, number);

CREATE TRIGGER payment_order_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_order FOR EACH STATEMENT EXECUTE FUNCTION append_only();
