"""netmend: mend your net. Repairs deep neural networks, with evidence."""

__version__ = "0.1.0"
