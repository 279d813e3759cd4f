"""Settings, database, unit of work, storage, encryption: what slices stand on."""
