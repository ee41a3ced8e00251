"""One file per kind of source element; `_find` finds and changes those of all kinds."""
