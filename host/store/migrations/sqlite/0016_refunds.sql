-- What people said about a refund: consents, notices and claims, representatives of heirs.

-- What a payer agreed to (同意), for one matter and not beyond. number: 1, then one more for each of the municipality. kind: 0 to
-- be paid on the public-money receiving account (公金受取口座), 1 instalments not yet due may be paid with an overpayment, 2 to be
-- paid on the account of the direct debit (口座振替). given_on: a day. given_by: the person. channel: how it was said: 0 on paper,
-- 1 online, 2 by not objecting to a letter that asked. document: where the paper or message is; no personal data.
CREATE TABLE consent (
    municipality integer NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    household integer NOT NULL,
    kind integer NOT NULL CHECK (kind BETWEEN 0 AND 2),
    given_on text NOT NULL,
    given_by integer NOT NULL,
    channel integer NOT NULL CHECK (channel BETWEEN 0 AND 2),
    document text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number)
) STRICT;
CREATE INDEX consent_household ON consent (municipality, household, number);

-- The end of a consent: withdrawn_on is the first day on which it holds no more.
CREATE TABLE consent_withdrawal (
    municipality integer NOT NULL,
    consent integer NOT NULL,
    withdrawn_on text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, consent),
    FOREIGN KEY (municipality, consent) REFERENCES consent (municipality, number)
) STRICT;

-- A notice of refund and appropriation (還付充当通知書) that was sent. number: 1, then one more for each of the municipality.
-- decision: what it tells.
CREATE TABLE refund_notice (
    municipality integer NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    household integer NOT NULL,
    decision blob NOT NULL,
    sent_on text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    FOREIGN KEY (municipality, decision) REFERENCES decision (municipality, id)
) STRICT;
CREATE INDEX refund_notice_household ON refund_notice (municipality, household, number);

-- The overpayments that a notice tells of, by their numbers.
CREATE TABLE refund_notice_overpayment (
    municipality integer NOT NULL,
    notice integer NOT NULL,
    household integer NOT NULL,
    overpayment integer NOT NULL,
    PRIMARY KEY (municipality, notice, overpayment),
    FOREIGN KEY (municipality, notice) REFERENCES refund_notice (municipality, number),
    FOREIGN KEY (municipality, household, overpayment) REFERENCES overpayment (municipality, household, number)
) STRICT;

-- A claim that came in after a notice (還付請求). claimed_on: the day it arrived. form: where the paper or message is; no
-- personal data.
CREATE TABLE refund_claim (
    municipality integer NOT NULL,
    notice integer NOT NULL,
    claimed_on text NOT NULL,
    form text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, notice),
    FOREIGN KEY (municipality, notice) REFERENCES refund_notice (municipality, number)
) STRICT;

-- Who represents the heirs of a head who died (相続人代表者); of several of one head the last one counts. number: 1, then one more
-- for each of the municipality. deceased: the head. heir: the person who represents. document: where the declaration is; no
-- personal data. declared_on: a day.
CREATE TABLE heir (
    municipality integer NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    household integer NOT NULL,
    deceased integer NOT NULL,
    heir integer NOT NULL,
    document text NOT NULL,
    declared_on text NOT NULL,
    at text NOT NULL,
    by_whom text NOT NULL,
    PRIMARY KEY (municipality, number),
    CHECK (heir <> deceased)
) STRICT;
CREATE INDEX heir_household ON heir (municipality, household, number);

-- The decisions about a household's overpayments, whatever their day.
CREATE INDEX decision_of_refund ON decision (municipality, household, case_on, version) WHERE slot = 'refund';

CREATE TRIGGER consent_no_update BEFORE UPDATE ON consent BEGIN SELECT RAISE(ABORT, 'consent is append-only'); END;
CREATE TRIGGER consent_no_delete BEFORE DELETE ON consent BEGIN SELECT RAISE(ABORT, 'consent is append-only'); END;
CREATE TRIGGER consent_withdrawal_no_update BEFORE UPDATE ON consent_withdrawal BEGIN SELECT RAISE(ABORT, 'consent_withdrawal is append-only'); END;
CREATE TRIGGER consent_withdrawal_no_delete BEFORE DELETE ON consent_withdrawal BEGIN SELECT RAISE(ABORT, 'consent_withdrawal is append-only'); END;
CREATE TRIGGER refund_notice_no_update BEFORE UPDATE ON refund_notice BEGIN SELECT RAISE(ABORT, 'refund_notice is append-only'); END;
CREATE TRIGGER refund_notice_no_delete BEFORE DELETE ON refund_notice BEGIN SELECT RAISE(ABORT, 'refund_notice is append-only'); END;
CREATE TRIGGER refund_notice_overpayment_no_update BEFORE UPDATE ON refund_notice_overpayment BEGIN SELECT RAISE(ABORT, 'refund_notice_overpayment is append-only'); END;
CREATE TRIGGER refund_notice_overpayment_no_delete BEFORE DELETE ON refund_notice_overpayment BEGIN SELECT RAISE(ABORT, 'refund_notice_overpayment is append-only'); END;
CREATE TRIGGER refund_claim_no_update BEFORE UPDATE ON refund_claim BEGIN SELECT RAISE(ABORT, 'refund_claim is append-only'); END;
CREATE TRIGGER refund_claim_no_delete BEFORE DELETE ON refund_claim BEGIN SELECT RAISE(ABORT, 'refund_claim is append-only'); END;
CREATE TRIGGER heir_no_update BEFORE UPDATE ON heir BEGIN SELECT RAISE(ABORT, 'heir is append-only'); END;
CREATE TRIGGER heir_no_delete BEFORE DELETE ON heir BEGIN SELECT RAISE(ABORT, 'heir is append-only'); END;
