"""Page frames: public, portal and workspace."""
