"""What an actor may do and what their plan allows. Who the actor is, `identity` says."""
