-- Assets that Tercet made of the providers' files, so that a later harvest does not take them from their Items.

CREATE TABLE tercet.made (
    collection text,
    subject text,
    rank text COLLATE "C",
    key text,
    kind text NOT NULL,
    sources jsonb NOT NULL,
    asset jsonb NOT NULL,
    properties jsonb NOT NULL,
    links jsonb NOT NULL,
    extensions text[] NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (collection, subject, rank, key)
);
COMMENT ON TABLE tercet.made IS 'One row per asset that was made of a version: its Item bears it as long as the files it was made of stay.';

CREATE TABLE tercet.unmade (
    collection text,
    subject text,
    rank text COLLATE "C",
    key text,
    kind text NOT NULL,
    item_id text NOT NULL,
    problem text NOT NULL CHECK (problem IN ('forbidden', 'missing', 'failed')),
    reason text NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (collection, subject, rank, key)
);
COMMENT ON TABLE tercet.unmade IS 'Assets that could not be made, and why: the next run tries again.';

GRANT SELECT ON tercet.made, tercet.unmade TO pgstac_read;
