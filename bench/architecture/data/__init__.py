"""The data that the benchmark's programs train on: small excerpts of real sets, or stand-ins made here."""
