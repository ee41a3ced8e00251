# status: 5
# says: wrote a file of more than 2 GiB
# says: let it print and write less
with open("big", "wb") as file:
    file.truncate(3 << 30)
