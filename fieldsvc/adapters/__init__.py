"""The outside world, each thing behind a port."""
