"""Problems made from a seed, over every rule, each with a plan that keeps them: for tests and for `bench torture`."""
