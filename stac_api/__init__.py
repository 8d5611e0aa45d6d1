"""The database, the loader with its ledger, and the served API."""
