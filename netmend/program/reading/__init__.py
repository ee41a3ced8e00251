"""Reading a framework's training programs into source elements, and writing new values back.

`scopes` knows which name means what, `bindings` follows values to where they are written, `spans` knows where text may
be inserted or removed. They know no framework; `keras` and `torch` are built on them.
"""
