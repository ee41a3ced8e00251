"""What runs inside the interpreter of the subject; it imports nothing from outside this folder."""
