"""Who somebody is: accounts, passwords, browser sessions, bearer tokens and consents. What they may do is `access`."""
