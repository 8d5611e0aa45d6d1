-- What a harvest remembers. pgSTAC's own tables are never altered.

CREATE TABLE tercet.run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    product text NOT NULL,
    asked jsonb NOT NULL,
    started timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended timestamptz,
    outcome text NOT NULL DEFAULT 'running' CHECK (outcome IN ('running', 'done', 'failed', 'stopped')),
    report jsonb,
    message text
);
CREATE INDEX ON tercet.run (source, started DESC);
COMMENT ON TABLE tercet.run IS 'One row per harvest of one product. A run that was killed stays "running" until the next one.';

CREATE TABLE tercet.cursor (
    source text,
    product text,
    value text NOT NULL,
    moved timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, product)
);
COMMENT ON TABLE tercet.cursor IS 'Where the next harvest goes on. Moves in the transaction that stores what it covers.';

CREATE TABLE tercet.item (
    collection text,
    subject text,
    rank text COLLATE "C",
    archive_id text NOT NULL,
    item_id text NOT NULL,
    freshness text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    record bytea NOT NULL,
    source text NOT NULL,
    product text NOT NULL,
    PRIMARY KEY (collection, subject, rank)
);
CREATE INDEX ON tercet.item USING hash (record);
COMMENT ON COLUMN tercet.item.record IS 'Stands for the raw record and the code that read it: what is known need not be read again.';
COMMENT ON TABLE tercet.item IS 'One row per version of a thing: the fingerprint of its Item tells new, changed and same; the highest rank is current.';

CREATE TABLE tercet.collection (
    id text PRIMARY KEY,
    source text NOT NULL,
    items bigint NOT NULL DEFAULT 0,
    stale boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE tercet.collection IS 'Collections we made. Stale: Items changed since extent, summaries and counts were last made true.';

CREATE TABLE tercet.reject (
    key bytea PRIMARY KEY,
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    source text NOT NULL,
    product text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    -- text, not jsonb: jsonb refuses what a broken record may hold, such as \u0000
    record text NOT NULL,
    run bigint NOT NULL REFERENCES tercet.run,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tercet.reject IS 'Records of which no Item could be made: untouched, with the reason.';

GRANT SELECT ON ALL TABLES IN SCHEMA tercet TO pgstac_read;
