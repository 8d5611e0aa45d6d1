"""Raw records into Items: pure functions, no input or output."""
