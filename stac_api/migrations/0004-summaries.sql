-- What a harvest needs to say the truth of a Collection without reading all of its Items.

CREATE TABLE tercet.summary (
    collection text PRIMARY KEY,
    items bigint NOT NULL,
    names jsonb NOT NULL,
    summary jsonb NOT NULL
);
COMMENT ON TABLE tercet.summary IS 'What the Items of a Collection had in common when last counted; where there is none all are read.';

CREATE TABLE tercet.change (
    collection text,
    item_id text,
    facts jsonb,
    PRIMARY KEY (collection, item_id)
);
COMMENT ON TABLE tercet.change IS 'Items that were written or removed since then, and what the summary holds of them: null where they are new.';

GRANT SELECT ON tercet.summary, tercet.change TO pgstac_read;
