"""Writes files as the safetensors library does, with the standard library only; argument: the directory."""
import json
import os
import struct
import sys


def write(name, entries, metadata=None):
    header, body = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for key, (dtype, shape, data) in entries.items():
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(sys.argv[1], name), "wb") as output:
        output.write(struct.pack("<Q", len(text)) + text + body)


write("plain.safetensors", {
    "model.weight": ("F32", [2, 3], struct.pack("<6f", *range(6))),
    "half": ("F16", [2], struct.pack("<2e", 0.5, -2)),
    "scalar": ("I64", [], struct.pack("<q", -7)),
    "empty": ("U8", [0, 4], b""),
    "mask": ("BOOL", [3], b"\1\0\1"),
}, {"format": "pt"})
write("unsigned.safetensors", {"ids": ("U32", [1], b"\1\0\0\0")})
write("no_tensors.safetensors", {})
print("ok")
