"""What one browser tab knows about one job: view models, their making, and one state class per screen."""
