"""Pictures as SVG text: one picture kind per file, no script, no font, no colour of their own.

Colours come from the page through class names, so that one picture reads in light, in dark and on paper.
"""
