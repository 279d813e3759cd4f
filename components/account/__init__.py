"""What the account screens draw: sign-in and register forms, trust statement, data-flow table."""
