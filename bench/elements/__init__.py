"""How well hidden elements of correct programs are restored, and what a corpus of such programs covers."""
