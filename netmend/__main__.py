"""`python -m netmend`."""

from netmend.cli.main import main

main()
