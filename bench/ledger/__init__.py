"""The stock ledger under every verb in any order, and killed before every statement."""
