-- Items of several records, Items that belong together, and what the providers do not list any more.

ALTER TABLE tercet.item ADD COLUMN start timestamptz;
ALTER TABLE tercet.item ADD COLUMN local boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN tercet.item.start IS 'When the acquisition starts: sweeps go by it.';
COMMENT ON COLUMN tercet.item.local IS 'Made of a file here, which no provider lists: sweeps leave it alone.';
UPDATE tercet.item AS known SET start = stored.datetime FROM pgstac.items AS stored
    WHERE (stored.collection, stored.id)
    IN ((known.collection, known.item_id), (known.collection || '-superseded', known.archive_id));
CREATE INDEX ON tercet.item (collection, start);
CREATE INDEX ON tercet.item USING hash (item_id);

CREATE TABLE tercet.part (
    collection text,
    subject text,
    key text,
    rank text COLLATE "C" NOT NULL,
    freshness text COLLATE "C" NOT NULL,
    -- text, not jsonb: jsonb refuses what a broken record may hold, such as \u0000
    said text NOT NULL,
    record bytea NOT NULL,
    PRIMARY KEY (collection, subject, key)
);
CREATE INDEX ON tercet.part USING hash (record);
COMMENT ON TABLE tercet.part IS 'What each of several records says of one subject: its Items are made of all of them.';

CREATE TABLE tercet.kin (
    collection text,
    item_id text,
    key text,
    rel text NOT NULL,
    PRIMARY KEY (collection, item_id, key)
);
CREATE INDEX ON tercet.kin (key);
COMMENT ON TABLE tercet.kin IS 'Keys that Items of several Collections share: the API links them by it.';

CREATE TABLE tercet.tombstone (
    collection text,
    subject text,
    rank text COLLATE "C",
    archive_id text NOT NULL,
    freshness text COLLATE "C" NOT NULL,
    item jsonb,
    run bigint NOT NULL REFERENCES tercet.run,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (collection, subject, rank)
);
COMMENT ON TABLE tercet.tombstone IS 'Versions that their provider does not list any more, and the Items that they were.';

CREATE TABLE tercet.sweep (
    source text,
    product text,
    swept timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, product)
);
COMMENT ON TABLE tercet.sweep IS 'When all of a product was last listed.';

CREATE TABLE tercet.description (
    collection text PRIMARY KEY,
    source text NOT NULL,
    said jsonb NOT NULL
);
COMMENT ON TABLE tercet.description IS 'What a provider says of a Collection, as it said it.';

ALTER TABLE tercet.reject ADD COLUMN collection text, ADD COLUMN subject text;
COMMENT ON COLUMN tercet.reject.subject IS 'Of a record that makes an Item only together with others: it is dropped once they came.';

GRANT SELECT ON ALL TABLES IN SCHEMA tercet TO pgstac_read;
