import pytest

from netmend.corpus.licences import PERMISSIVE, licence_files, licence_of

BSD = "Redistribution and use ... Redistributions of source code must retain the above copyright notice\n"
TEXTS = {
    "MIT": "The MIT License (MIT)\n\nPermission is hereby granted, free of charge, to any person\nobtaining a copy of",
    "Apache-2.0": "                      Apache License\n                Version 2.0, January 2004\n",
    "BSD-2-Clause": BSD,
    "BSD-3-Clause": BSD + "Neither the name ... may be used to endorse or\npromote products derived from this software",
    "ISC": "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is",
    "Unlicense": "This is free and unencumbered software released into the public domain.",
    "CC0-1.0": "CC0 1.0 Universal\n\nCREATIVE COMMONS CORPORATION IS NOT A LAW FIRM",
    "CC-BY-4.0": "Attribution 4.0 International\n\n====\n",
    "CC-BY-SA": "Attribution-ShareAlike 4.0 International",
    "CC-BY-NC": "Creative Commons Attribution-NonCommercial 4.0",
    "GPL": "                    GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007",
    "": "All rights reserved. Ask before you copy anything.",
}


@pytest.mark.parametrize(("name", "text"), TEXTS.items(), ids=lambda each: each[:12])
def test_a_licence_is_known_by_its_text_however_it_is_wrapped(name, text):
    assert licence_of([text]) == name
    assert licence_of(["  " + text.replace(" ", "\n   ").upper()]) == name


def test_only_licences_that_ask_for_little_are_permissive():
    refused = {"GPL", "CC-BY-SA", "CC-BY-NC", "CC-BY-ND", "MPL-2.0", ""}
    assert not refused & PERMISSIVE
    assert set(TEXTS) - refused <= PERMISSIVE


def test_of_several_files_one_that_is_not_permissive_decides():
    assert licence_of([TEXTS["MIT"], TEXTS["CC-BY-SA"]]) == "CC-BY-SA"
    assert licence_of([TEXTS[""], TEXTS["MIT"]]) == "MIT"
    assert licence_of([]) == ""


def test_licence_files_lie_at_the_top():
    paths = ["LICENSE", "license.md", "LICENCE-CODE.txt", "COPYING", "UNLICENSE", "vendor/LICENSE", "README.md"]
    assert licence_files(paths) == tuple(paths[:5])
