"""What hostile files, servers, neighbours and visitors cannot do: see docs/security.md."""
