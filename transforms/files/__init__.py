"""Product files made fit for tilers, tables and eyes: each module makes one kind of file of an Item."""
