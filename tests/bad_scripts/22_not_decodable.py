# status: 2
# says: cannot read source: byte 0xff is not utf-8
# says: 22_not_decodable.py:4
name = "ÿþ"
