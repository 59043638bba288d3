-- What years of history lay between a city and its annual assessment.

-- A case shows lasting facts whole, and of the kinds that repeat every year one year only. Each has its own way in: the
-- other years are not passed over person by person. The person stands first, unlike in SQLite: before PostgreSQL has
-- counted the table it looks the person up without the day, which else would read the whole index for each.
CREATE INDEX fact_lasting ON fact (municipality, person) WHERE kind NOT IN ('incomes', 'property', 'pensions');
CREATE INDEX fact_yearly ON fact (municipality, person, valid_from) WHERE kind IN ('incomes', 'property', 'pensions');

-- Whom a revision touched, in the order in which a run decides. In that of their ids, which are digests, every page of
-- decisions was strewn over all that the revision ever made, and writing one grew dearer with each year.
DROP INDEX decision_revision;
CREATE INDEX decision_revision ON decision (revision, municipality, slot, case_on, household, version);
