"""What any contribution must satisfy, and tiny faulty subjects."""
