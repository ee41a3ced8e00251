"""Conversions by real converters: small networks, what the converters of today make of them, and what netmend says."""
