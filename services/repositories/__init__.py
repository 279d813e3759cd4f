"""Where code comes from: source addresses, preflight, pinned snapshots, filters, secret scan, Git plumbing."""
