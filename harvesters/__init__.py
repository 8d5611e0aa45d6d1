"""One module per source: pages of raw records, nothing else."""
