"""
Reads a safetensors file by the text of the format's specification, with the standard library only; arguments: the path, and where to
write what was found. Fails where a rule is broken.
"""
import json
import struct
import sys

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), "duplicate keys"
    return dict(pairs)


data = open(sys.argv[1], "rb").read()
(length,) = struct.unpack("<Q", data[:8])
assert length <= 100_000_000 and length <= len(data) - 8
raw = data[8:8 + length]
assert raw[:1] == b"{"
assert raw.rstrip(b" ")[-1:] == b"}", "padding is spaces only"
header = json.loads(raw.decode("utf-8"), object_pairs_hook=no_duplicates)
metadata = header.pop("__metadata__", {})
assert all(isinstance(key, str) and isinstance(value, str) for key, value in metadata.items())
assert metadata["format"] == "pt", "loaders of Hugging Face ask for it"
body = data[8 + length:]
assert (8 + length) % 4096 == 0, "data starts on a page"
end = 0
for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
    assert set(entry) == {"dtype", "shape", "data_offsets"}, name
    begin, stop = entry["data_offsets"]
    count = 1
    for size in entry["shape"]:
        assert isinstance(size, int) and size >= 0
        count *= size
    assert stop - begin == count * SIZES[entry["dtype"]], name
    assert begin == end, f"hole or overlap before {name}"
    assert begin % SIZES[entry["dtype"]] == 0, f"{name} is not aligned"
    end = stop
assert end == len(body), "the entries fill the file"
with open(sys.argv[2], "wb") as output:
    for name in sorted(header):
        begin, stop = header[name]["data_offsets"]
        output.write(name.encode() + b"\0" + header[name]["dtype"].encode() + b"\0" + json.dumps(header[name]["shape"]).encode() + b"\0" + body[begin:stop])
state = json.loads(metadata["fulgurite"])["state"]
print(json.dumps([len(header), state.get("integers"), metadata.get("views.tied")]))
