"""Making faulty programs with known ground truth from a correct one, after DeepCrime."""
