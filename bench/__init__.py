"""Benchmarks: experiments and their committed results. Never part of the tests."""
